// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import OCI
import Seccomp

/// Which seccomp profile a container gets.
enum SeccompChoice {
  /// The profile for `--security-opt seccomp=…`; nil where none is wanted.
  ///
  /// - Parameter capabilities: The container's.
  /// - Throws: ``EngineError`` naming the flag and the place in the file.
  static func profile(for options: RunOptions, capabilities: [String]) throws(EngineError) -> SeccompProfile?
  {
    switch options.security.seccomp {
    case .unconfined: return nil
    case nil where options.privileged: return nil
    case nil, .builtin: return DefaultProfile(capabilities: Set(capabilities)).profile
    case .file(let path):
      do {
        return try SeccompFile.read(
          path,
          SeccompFile.Circumstances(
            capabilities: capabilities, architecture: .current, kernel: try runningKernel()))
      } catch {
        throw error.within("--security-opt seccomp=\(path)")
      }
    }
  }

  private static func runningKernel() throws(EngineError) -> (Int, Int) {
    do {
      let release = try readText(.workingDirectory, "/proc/sys/kernel/osrelease", limit: 256)
      guard let version = SeccompFile.kernelVersion(release) else {
        throw EngineError("the kernel's release \(release.quoted) cannot be understood")
      }
      return version
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError("\(error)")
    }
  }
}
