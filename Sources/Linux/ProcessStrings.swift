// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// The words that this process was started with, its own name first. What is not UTF-8 is repaired.
public func processArguments() -> [String] {
  strings(cl_arguments())
}

/// This process's environment, as `NAME=VALUE` (environ(7)).
public func processEnvironment() -> [String] {
  strings(cl_environment())
}

private func strings(_ list: UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
  guard var position = list else { return [] }
  var result: [String] = []
  while let text = position.pointee {
    result.append(String(cString: text))
    position += 1
  }
  return result
}
