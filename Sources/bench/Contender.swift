// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// A program that is measured.
struct Contender: Sendable {
  enum Kind: Sendable { case runtime, floor, engine }

  let name: String
  let path: String
  let kind: Kind

  static let ours = "roost-runtime"
  /// Whom the others are compared with.
  static let yardstick = "crun"

  /// Those that exist here, and a line for each that does not.
  static func find(_ options: Options, directory: String) -> (found: [Contender], missing: [String]) {
    let bin = absolute(options.bin, directory)
    let wanted: [(String, Kind, [String])] = [
      (ours, .runtime, ["\(bin)/roost-runtime"]),
      (yardstick, .runtime, places.map { "\($0)/crun" }),
      ("runc", .runtime, places.map { "\($0)/runc" }),
      ("floor", .floor, [options.floor.map { absolute($0, directory) } ?? "\(bin)/floor"]),
      ("roost", .engine, ["\(bin)/roost"]),
    ]
    var found: [Contender] = []
    var missing: [String] = []
    for (name, kind, candidates) in wanted {
      if let path = candidates.first(where: isExecutable) {
        found.append(Contender(name: name, path: path, kind: kind))
      } else {
        missing.append("\(name): not found at \(candidates.joined(separator: ", ")); skipped")
      }
    }
    return (found, missing)
  }

  private static let places = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

  static func absolute(_ path: String, _ directory: String) -> String {
    path.hasPrefix("/") ? path : "\(directory)/\(path)"
  }

  private static func isExecutable(_ path: String) -> Bool {
    do throws(SyscallError) {
      try checkExecutable(.workingDirectory, path)
      return true
    } catch {
      return false
    }
  }
}
