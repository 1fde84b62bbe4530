// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux
import Netlink

// Names of containers: each container's /etc/hosts ends with the others of its networks, and whoever joins or leaves writes
// the files of those who are there. The files are bind-mounted, so the containers see it at once; the name server says what
// they say.
extension Networks {
  /// What separates the file's own text from what is kept up to date.
  static let marker = "# Others in the same networks, kept up to date by roost:\n"

  /// A container's lines in the files of others.
  static func lines(_ endpoint: Endpoint) -> [UInt8] {
    guard !endpoint.names.isEmpty else { return [] }
    let names = endpoint.names.joined(separator: " ")
    return Array(endpoint.addresses.map { "\($0.address)\t\(names)\n" }.joined().utf8)
  }

  /// The file's text with the lines of others; as it is where there never were any.
  static func hosts(_ text: [UInt8], others: [[UInt8]]) -> [UInt8] {
    let mark = Array(marker.utf8)
    let start = text.indices.first { text[$0...].starts(with: mark) }
    if start == nil, others.isEmpty { return text }
    var result = Array(text[..<(start ?? text.endIndex)])
    if let last = result.last, last != 0x0a { result.append(0x0a) }
    result += mark
    for lines in others { result += lines }
    return result
  }

  /// Writes the files of all containers of some networks.
  ///
  /// - Parameters:
  ///   - names: The networks in which something has changed.
  ///   - former: A container that has left them.
  ///   - file: The path of a container's hosts file.
  public func publishNames(
    in names: [String], former: String? = nil, file: (String) -> String
  ) throws(NetworkingError) {
    try naming("names") {
      try store.locked(exclusively: true) {
        // Each endpoint is turned into text once, however many files it goes into.
        var members: [String: [(container: String, lines: [UInt8])]] = [:]
        var networks: [String: [String]] = [:]
        for name in try store.names() {
          for endpoint in try store.endpoints(of: name) {
            members[name, default: []].append((endpoint.container, Self.lines(endpoint)))
            networks[endpoint.container, default: []].append(name)
          }
        }
        for container in Set(
          names.flatMap { (members[$0] ?? []).map(\.container) } + [former].compactMap { $0 })
        {
          let company = (networks[container] ?? []).flatMap { members[$0] ?? [] }
          let others = company.filter { $0.container != container }.map(\.lines)
          try Self.rewrite(file(container)) { Self.hosts($0, others: others) }
        }
      }
    }
  }

  /// Replaces the text of a container's own file in place: the container has the file itself, not its name.
  public static func rewrite(_ path: String, _ change: ([UInt8]) -> [UInt8]) throws(SyscallError) {
    let file: Descriptor
    do {
      file = try openat(.workingDirectory, path, [.readWrite, .noFollow, .nonBlocking])
    } catch {
      // Being made or removed. Or the container has a lease on it (fcntl(2)), for whose end nobody waits.
      if error.errno == .noEntry || error.errno == .tryAgain { return }
      throw error
    }
    // A container that has filled its file keeps it.
    let status = try fstat(file.fd)
    guard status.isRegular, status.sizeBytes < NetworkStore.longestFile else { return }
    let old = try readAll(file.fd, limit: NetworkStore.longestFile)
    let new = change(old)
    if new == old { return }
    // Nobody shall find the end of the old text behind the new one.
    try pwriteAll(file.fd, new + [UInt8](repeating: 0x0a, count: max(0, old.count - new.count)))
    try ftruncate(file.fd, Int64(new.count))
  }
}
