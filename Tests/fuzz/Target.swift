// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What is fuzzed. Each target takes any bytes; what it must not do is crash, hang, or break what it demands of itself.
enum Target: String, CaseIterable {
  /// The one that the command line names.
  nonisolated(unsafe) static var chosen = Target.configuration

  case cgroups
  case configuration
  case elf
  case identities
  case mounts
  case names
  case seccomp
  case state
  case tar
  case users

  func tryInput(_ bytes: [UInt8]) {
    switch self {
    case .cgroups: tryCgroupFiles(bytes)
    case .configuration: tryConfiguration(bytes)
    case .elf: tryProgram(bytes)
    case .identities: tryIdentities(bytes)
    case .mounts: tryMountOptions(bytes)
    case .names: tryNames(bytes)
    case .seccomp: tryProfile(bytes)
    case .state: tryRecord(bytes)
    case .tar: tryArchive(bytes)
    case .users: tryUserDatabase(bytes)
    }
  }
}

/// Ends the program, which libFuzzer reports with its input, unless the condition holds.
func demand(_ holds: Bool, _ problem: @autoclosure () -> String) {
  if !holds { fatalError(problem()) }
}

/// Demands that an error is a line that can be shown to people.
func demandLine(_ message: String) {
  demand(
    !message.isEmpty && message.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } && message.utf8.count < 2000,
    "not a line: \(message.debugDescription)")
}

/// The parts of an input that has several, as texts: NUL separates them. Missing ones are empty.
func parts(_ bytes: [UInt8], _ count: Int) -> [String] {
  let found = bytes.split(separator: 0, maxSplits: count - 1, omittingEmptySubsequences: false)
    .map { String(decoding: $0, as: UTF8.self) }
  return found + [String](repeating: "", count: count - found.count)
}
