// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// What keeps the bench from measuring, in one line.
struct BenchError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Runs system calls, and says what they were for when one fails.
func attempting<Value: ~Copyable>(
  _ purpose: String, _ body: () throws(SyscallError) -> Value
) throws(BenchError) -> Value {
  do throws(SyscallError) {
    return try body()
  } catch {
    throw BenchError("\(purpose): \(error.call): \(error.errno)")
  }
}
