// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import Netlink

/// What hosts(5) says.
struct HostsTable: Equatable {
  /// Of one name; further ones are passed over.
  static let mostAddresses = 256

  private var addresses: [DomainName: [IPAddress]] = [:]
  private var names: [IPAddress: DomainName] = [:]

  init(_ text: [UInt8]) {
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
      guard let first = words.first, let address = IPAddress(String(decoding: first, as: UTF8.self)) else {
        continue
      }
      for word in words.dropFirst() {
        guard let name = DomainName(String(decoding: word, as: UTF8.self)) else { continue }
        if names[address] == nil { names[address] = name }
        let known = addresses[name] ?? []
        guard known.count < Self.mostAddresses, !known.contains(address) else { continue }
        addresses[name, default: []].append(address)
      }
    }
  }

  /// What is known of what a question is about; nil when somebody else may know. A name that is known has nothing besides
  /// its addresses.
  func records(for question: NameQuestion) -> [NameRecord]? {
    guard question.isOfInternet else { return nil }
    func isAskedFor(_ record: NameRecord) -> Bool {
      question.kind == NameRecord.Kind.any || question.kind == record.kind
    }
    if let address = question.name.reversedAddress, let name = names[address] {
      return [.pointer(name)].filter(isAskedFor)
    }
    return addresses[question.name]?.map { .address($0) }.filter(isAskedFor)
  }
}

/// A container's hosts file, read again when it has changed.
///
/// Whoever is root in the container may write it, and finds himself what he has written: as long as a file of a thousand
/// containers, and not all the time.
struct HostsFile {
  private static let longestBytes = 256 << 10
  /// The kernel's clock for files ticks a hundred times per second or more: what was written just now may be written again
  /// without a trace.
  private static let settlingNanoseconds: Int64 = 20_000_000

  private let path: String
  private var version: Version?
  private var lastReading: Int64 = 0
  /// What it said when it could be read last; nil: never.
  private(set) var table: HostsTable?

  private struct Version: Equatable {
    let inode: UInt64
    let sizeBytes: Int64
    let modifiedNanoseconds: Int64
    let changedNanoseconds: Int64

    init(_ status: FileStatus) {
      inode = status.inode
      sizeBytes = status.sizeBytes
      modifiedNanoseconds = status.modifiedNanoseconds
      changedNanoseconds = status.changedNanoseconds
    }
  }

  init(path: String) { self.path = path }

  /// Looks at the file.
  mutating func refresh() {
    let now = monotonicNanoseconds()
    if version == nil, table != nil, now - lastReading < Self.settlingNanoseconds { return }
    do throws(SyscallError) {
      let file = try openat(.workingDirectory, path, [.readOnly, .noFollow, .nonBlocking])
      let found = Version(try fstat(file.fd))
      if found == version { return }
      lastReading = now
      version = realtimeNanoseconds() - found.changedNanoseconds > Self.settlingNanoseconds ? found : nil
      table = HostsTable(try readAll(file.fd, limit: Self.longestBytes))
    } catch {
      // What it said before holds until it says something else.
      version = nil
    }
  }
}
