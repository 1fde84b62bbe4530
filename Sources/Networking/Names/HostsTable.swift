// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import Netlink

/// What hosts(5) says.
struct HostsTable: Equatable {
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
        if addresses[name]?.contains(address) != true { addresses[name, default: []].append(address) }
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
/// Whoever is root in the container may write it, and finds himself what he has written. It is short, or not read.
struct HostsFile {
  private let path: String
  private var version: Version?
  private(set) var table = HostsTable([])

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

    /// The kernel's clock for files ticks a hundred times per second or more: what was written just now may be written again
    /// without a trace.
    var isSettled: Bool { realtimeNanoseconds() - changedNanoseconds > 20_000_000 }
  }

  init(path: String) { self.path = path }

  /// Looks at the file. One that is gone, or cannot be read, says nothing.
  mutating func refresh() {
    do throws(SyscallError) {
      let file = try openat(.workingDirectory, path, [.readOnly, .noFollow, .nonBlocking])
      let found = Version(try fstat(file.fd))
      if found == version { return }
      version = found.isSettled ? found : nil
      table = HostsTable(try readAll(file.fd, limit: NetworkStore.longestFile))
    } catch {
      version = nil
      table = HostsTable([])
    }
  }
}
