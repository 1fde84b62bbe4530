// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// The process's own arguments.
enum Arguments {
  /// All arguments, the program's name first. Ends the process when one is not UTF-8: OCI configurations are JSON, which
  /// cannot carry it, and a repaired text would be another text.
  static func all() -> [String] {
    var result: [String] = []
    for index in 0..<Int(CommandLine.argc) {
      guard let pointer = CommandLine.unsafeArgv[index] else { break }
      guard let text = String(validatingCString: pointer) else {
        Output.error("argument \(index) is not UTF-8 text")
        exit(Program.engineFailure)
      }
      result.append(text)
    }
    return result
  }

  /// The command that `--init` wraps, when we were started as a container's process 1: `/sbin/roost-init -- COMMAND…`.
  static func initCommand(_ arguments: [String]) -> [String]? {
    guard let name = arguments.first, name.hasSuffix("/roost-init"), arguments.count > 1, arguments[1] == "--"
    else {
      return nil
    }
    return Array(arguments.dropFirst(2))
  }
}
