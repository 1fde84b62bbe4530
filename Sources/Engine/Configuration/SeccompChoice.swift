// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

/// Which seccomp profile a container gets.
enum SeccompChoice {
  /// The profile for `--security-opt seccomp=…`; nil where none is wanted.
  ///
  /// - Throws: ``EngineError`` naming the flag and the place in the file.
  static func profile(for options: RunOptions, workingDirectory: String) throws(EngineError) -> SeccompProfile? {
    switch options.security.seccomp {
    case .unconfined: return nil
    case .builtin: return builtin
    case nil: return options.privileged ? nil : builtin
    case .file(let name):
      throw EngineError("--security-opt seccomp=\(name): profiles from files are not available yet")
    }
  }

  private static var builtin: SeccompProfile? { nil }
}
