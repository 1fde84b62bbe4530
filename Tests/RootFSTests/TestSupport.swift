// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Linux
import Testing

@testable import RootFS

let isRoot = geteuid() == 0

/// A directory that goes away with the value.
final class Scratch {
  let path: String

  init() throws {
    var template = Array((NSTemporaryDirectory() + "/roost-rootfs-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
    let made = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let real = realpath(made, nil) else { throw CocoaError(.fileNoSuchFile) }
    path = String(cString: real)
    free(real)
  }

  deinit {
    // Through the remover, because Foundation cannot remove names that are not UTF-8.
    do throws(SyscallError) {
      let parent = try openat(.workingDirectory, HostFiles.parent(of: path), [.path, .directory])
      try TreeRemover.remove(HostFiles.name(of: path), from: parent.fd)
    } catch {
      Issue.record("cannot remove \(path): \(error)")
    }
  }

  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    return path + "/" + name
  }

  func makeDirectory(_ name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
    return path + "/" + name
  }

  func store(_ name: String = "store") throws -> RootFSStore { try RootFSStore(path: path + "/" + name) }
}

/// Runs a program and returns what it printed; nil if it does not exist or fails.
@discardableResult
func run(_ arguments: [String], environment: [String: String]? = nil) throws -> String? {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = arguments
  if let environment { process.environment = environment }
  let output = Pipe()
  process.standardOutput = output
  process.standardError = FileHandle.nullDevice
  try process.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
}

func hasProgram(_ name: String) -> Bool {
  ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"].contains { access($0 + name, X_OK) == 0 }
}

/// Everything that can be seen of a tree: names, types, modes, owners, sizes, times, targets, contents.
func listing(_ root: String, times: Bool = true) throws -> [String: String] {
  // Ordinary find(1) output, so that the oracle is not our own code.
  let format = times ? "%P\t%y %m %U %G %n %T@ %l\\0" : "%P\t%y %m %U %G %n %l\\0"
  guard let text = try run(["find", root, "-printf", format]) else { throw CocoaError(.fileReadUnknown) }
  var result: [String: String] = [:]
  for line in text.utf8.split(separator: 0) {
    let parts = String(Substring(line)).split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
    result[String(parts[0])] = String(parts[1])
  }
  guard let sums = try run(["find", root, "-type", "f", "-exec", "sha256sum", "-z", "{}", "+"]) else {
    throw CocoaError(.fileReadUnknown)
  }
  for line in sums.utf8.split(separator: 0) {
    let text = String(Substring(line))
    let name = String(text.dropFirst(66 + root.count + 1))
    result[name, default: ""] += " " + text.prefix(64)
  }
  return result
}

/// Unpacks an archive in memory into `root`, a new directory.
func unpack(
  _ archive: [UInt8], into root: String, options: UnpackOptions = UnpackOptions(), step: Int = .max
) throws(RootFSError) -> UnpackReport {
  let made = mkdir(root, 0o755)
  guard made == 0 || errno == EEXIST else { throw .system("create \(root)", errno: errno) }
  let directory: Descriptor
  do throws(SyscallError) {
    directory = try openat(.workingDirectory, root, [.readOnly, .directory])
  } catch {
    throw .system("open \(root)", errno: error.errno.rawValue)
  }
  var limits = TarLimits()
  limits.entries = options.maximumEntries
  let reader = TarReader(MemorySource(archive, step: step), limits: limits)
  var unpacker = try TreeUnpacker(reader, into: directory.fd, options: options)
  try unpacker.unpack {}
  return unpacker.report
}

/// All members of an archive with their stored content.
func members(
  _ archive: [UInt8], step: Int = .max, limits: TarLimits = TarLimits()
) throws(RootFSError) -> [(entry: TarEntry, content: [UInt8])] {
  var reader = TarReader(MemorySource(archive, step: step), limits: limits)
  var result: [(entry: TarEntry, content: [UInt8])] = []
  while let entry = try reader.next() {
    var content: [UInt8] = []
    while true {
      let part = try reader.content()
      if part.isEmpty { break }
      content.append(contentsOf: part)
    }
    result.append((entry, content))
  }
  return result
}

/// The error that `body` throws; records an issue if it throws none.
func failure(
  _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws(RootFSError) -> Void
) -> RootFSError? {
  do throws(RootFSError) {
    try body()
    Issue.record(comment ?? "nothing was thrown", sourceLocation: sourceLocation)
    return nil
  } catch {
    return error
  }
}

/// A reproducible source of chance.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    // splitmix64
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
