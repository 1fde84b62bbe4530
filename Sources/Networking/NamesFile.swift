// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import Netlink

// Names of containers, without a name server: each container's /etc/hosts ends with the others of its networks, and
// whoever joins or leaves writes the files of those who are there. The files are bind-mounted, so the containers see it
// at once. There is no process that could die, no port that a container could want for itself, and nothing that could
// forward questions out of an internal network.
extension Networks {
  /// What separates the file's own text from what is kept up to date.
  static let marker = "# Others in the same networks, kept up to date by roost:\n"

  /// The file's text with the lines of others.
  static func hosts(_ text: String, others: [Endpoint]) -> String {
    let bytes = Array(text.utf8)
    let mark = Array(marker.utf8)
    var own = bytes
    for start in bytes.indices where bytes[start...].starts(with: mark) {
      own = Array(bytes[..<start])
      break
    }
    if let last = own.last, last != 0x0a { own.append(0x0a) }
    var result = String(decoding: own, as: UTF8.self) + marker
    for endpoint in others where !endpoint.names.isEmpty {
      for prefix in endpoint.addresses {
        result += "\(prefix.address)\t\(endpoint.names.joined(separator: " "))\n"
      }
    }
    return result
  }

  /// Writes the files of all containers of some networks.
  ///
  /// - Parameters:
  ///   - names: The networks in which something has changed.
  ///   - file: The path of a container's hosts file.
  public func publishNames(in names: [String], file: (String) -> String) throws(NetworkingError) {
    try naming("names") {
      try store.locked(exclusively: true) {
        var all: [Endpoint] = []
        for name in try store.names() { all += try store.endpoints(of: name) }
        let affected = Set(all.filter { names.contains($0.network) }.map(\.container))
        for container in affected {
          let own = Set(all.filter { $0.container == container }.map(\.network))
          let others = all.filter { own.contains($0.network) && $0.container != container }
          try Self.rewrite(file(container), others)
        }
      }
    }
  }

  /// Replaces the text in place: the container has the file itself, not its name.
  private static func rewrite(_ path: String, _ others: [Endpoint]) throws {
    let file: Descriptor
    do {
      file = try openat(.workingDirectory, path, [.readWrite, .noFollow])
    } catch {
      // Being made, being removed, or replaced by a file of the user's.
      if error.errno == .noEntry { return }
      throw error
    }
    // A container that has filled its file keeps it.
    let status = try fstat(file.fd)
    guard status.isRegular, status.sizeBytes < NetworkStore.longestFile else { return }
    let old = String(decoding: try readAll(file.fd, limit: NetworkStore.longestFile), as: UTF8.self)
    let new = hosts(old, others: others)
    if new == old || others.isEmpty && !old.contains(marker) { return }
    let bytes = Array(new.utf8)
    try pwriteAll(file.fd, bytes)
    try ftruncate(file.fd, Int64(bytes.count))
  }
}
