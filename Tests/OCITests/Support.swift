// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import JSON
import OCI
import Testing

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The error of a configuration that must be refused.
func refusal(_ text: String) -> SpecError? {
  do {
    _ = try Spec(validating: bytes(text), source: "config.json")
    return nil
  } catch {
    return error
  }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A valid configuration that has every property; the integration tests and the fuzzer start from it, too.
let fullConfiguration = {
  let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "configuration.json")
  do {
    return try String(contentsOf: file, encoding: .utf8)
  } catch {
    preconditionFailure("\(file.path): \(error)")
  }
}()
