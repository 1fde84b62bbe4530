// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import RootFS

/// What `roost rootfs` does with the roots that are stored.
extension ContainerEngine {
  /// The columns of `rootfs ls`.
  public static let rootColumns: [(field: String, heading: String)] = [
    ("ID", "ID"), ("Source", "SOURCE"), ("RunningFor", "CREATED"), ("Size", "SIZE"), ("Files", "FILES"),
    ("UsedBy", "USED BY"),
  ]
  /// Headings of fields that `--format 'table …'` may name besides.
  public static let rootHeadings = ["CreatedAt": "CREATED AT", "Digest": "DIGEST"]

  /// Rows of `rootfs ls`, the newest first.
  ///
  /// - Parameter full: Whether ids are shown whole.
  public func listRoots(full: Bool) throws(EngineError) -> [Document] {
    let now = realtimeNanoseconds()
    let users = try rootUsers()
    return try located { () throws(RootFSError) in try rootStore().list() }.reversed().map { tree in
      let created = tree.createdSeconds &* 1_000_000_000
      let hex = tree.digest.hex
      return .record([
        .init("CreatedAt", .string(Timestamp.plain(created))),
        .init("Digest", .string(tree.digest.description)),
        .init("Files", .string("\(tree.entries)")),
        .init("ID", .string(full ? hex : String(hex.prefix(12)))),
        .init("RunningFor", .string(Timestamp.duration(nanoseconds: now - created) + " ago")),
        .init("Size", .string(SizeText.format(Int64(clamping: tree.fileBytes)))),
        .init("Source", .string(tree.source.hasControlCharacter ? tree.source.quoted : tree.source)),
        .init("UsedBy", .string((users[hex] ?? []).joined(separator: ","))),
      ])
    }
  }

  /// What `rootfs inspect` prints, and an error for each name that could not be shown.
  ///
  /// - Parameter format: A template; nil for a JSON array; `json` for one line each.
  public func inspectRoots(
    _ names: [String], format: String?
  ) throws(EngineError) -> (text: String, errors: [EngineError]) {
    let users = try rootUsers()
    var documents: [Document] = []
    var errors: [EngineError] = []
    for name in names {
      do throws(EngineError) {
        let tree = try findRoot(name)
        documents.append(
          .record([
            .init("Digest", .string(tree.digest.description)),
            .init("Source", .string(tree.source)),
            .init("Path", .string(tree.path)),
            .init("Created", .string(Timestamp.rfc3339(tree.createdSeconds &* 1_000_000_000))),
            .init("Archive", .optional(tree.archive?.description)),
            .init("Files", .integer(Int64(clamping: tree.entries))),
            .init("SizeBytes", .integer(Int64(clamping: tree.fileBytes))),
            .init("Warnings", .strings(tree.warnings)),
            .init("InUse", .bool(tree.isInUse)),
            .init("UsedBy", .strings(users[tree.digest.hex] ?? [])),
          ]))
      } catch { errors.append(error) }
    }
    return (try Self.text(of: documents, format: format), errors)
  }

  /// Removes a stored root.
  ///
  /// - Returns: Its digest.
  /// - Throws: ``EngineError`` when a container, even one that has ended, or a mount needs it.
  public func removeRoot(_ name: String) throws(EngineError) -> String {
    let tree = try findRoot(name)
    if let user = try rootUsers()[tree.digest.hex]?.first {
      throw EngineError("\(name): the container \(user) needs it; `roost rm \(user)` removes that")
    }
    if let place = try mountPoints()[tree.digest.hex]?.first {
      throw EngineError("\(name): is mounted on \(place); `umount \(place)` ends that")
    }
    try located { () throws(RootFSError) in try rootStore().remove(tree.digest) }
    return tree.digest.description
  }

  /// Removes all roots that nothing needs, and what interrupted commands have left.
  ///
  /// - Returns: The digests, and the bytes that were in their files.
  public func pruneRoots() throws(EngineError) -> (digests: [String], freedBytes: Int64) {
    let needed = Set(try rootUsers().keys).union(try mountPoints().keys)
    let report = try located { () throws(RootFSError) in
      try rootStore().prune(keeping: Set(needed.compactMap { RootFSDigest($0) }))
    }
    return (report.removed.map(\.digest.description), Int64(clamping: report.freedBytes))
  }

  /// Shows a stored root, read-only, on a directory.
  public func mountRoot(_ name: String, on directory: String) throws(EngineError) {
    guard caller.isRoot else {
      throw EngineError(
        "only root can mount on this machine: `roost rootfs export \(name) | tar x` gives you a copy")
    }
    let (tree, lease) = try takeRoot(name)
    defer { withExtendedLifetime(lease) {} }
    do {
      let mount = try openTreeClone(.workingDirectory, tree.path, recursive: false)
      try mountSetAttributes(
        mount.fd, .init(setting: [.readOnly, .noSUID, .noDevices]), recursive: false)
      let place = try openat(.workingDirectory, hostPath(directory), [.path, .directory])
      try moveMount(mount.fd, onto: place.fd)
    } catch {
      throw EngineError("\(directory.quoted): cannot mount \(name) here: \(error)")
    }
  }

  /// Writes a stored root as a tar archive, by tar(1), which knows hard links, holes and attributes.
  ///
  /// - Parameter output: Where to, compressed as its name says; nil for standard output.
  public func exportRoot(_ name: String, to output: String?) throws(EngineError) {
    let (tree, lease) = try takeRoot(name)
    defer { withExtendedLifetime(lease) {} }
    if output == nil, isTerminal(.standardOutput) {
      throw EngineError("the archive would go to the terminal: write it to a file with --output FILE")
    }
    let program = "/usr/bin/tar"
    var arguments = [
      program, "--create", "--format=posix", "--pax-option=delete=atime,delete=ctime", "--sort=name",
      "--numeric-owner", "--sparse", "--xattrs", "--xattrs-include=*", "--directory", tree.path,
    ]
    // Under another name until it is whole: who finds the file has all of it.
    let target = output.map { hostPath($0) }
    let temporary = target.map { path in
      let name = path.pieces(separatedBy: Byte.slash).last ?? ""
      return "\(path.dropLast(name.count)).\(Linux.getpid())-\(name)"
    }
    if let temporary {
      arguments += ["--file", temporary, "--auto-compress"]
    } else {
      arguments += ["--file", "-"]
    }
    let status = try ChildProcess.spawn(arguments + ["."], input: .empty).wait()
    guard status == .exited(0) else {
      var failure = EngineError("\(name): tar could not write the archive; it said why")
      if let temporary { remove(temporary, &failure) }
      throw failure
    }
    guard let target, let temporary else { return }
    do { try renameat(.workingDirectory, temporary, .workingDirectory, target) } catch {
      var failure = EngineError("\(output ?? ""): \(error)")
      remove(temporary, &failure)
      throw failure
    }
  }

  /// Removes what a failed attempt has made, if it has come so far.
  private func remove(_ path: String, _ failure: inout EngineError) {
    do { try unlinkat(.workingDirectory, path) } catch {
      if error.errno != .noEntry { failure.cleanupFailures.append("cannot remove \(path): \(error)") }
    }
  }

  /// Rows of `rootfs explain`: everything that a `host:` root would have, and why.
  public func explainRoot(_ name: String, _ wanted: RootOptions) throws(EngineError) -> [Document] {
    guard case .host(let programs) = try Self.parse(name) else {
      throw EngineError(
        "\(name): only what is in host: roots needs a reason; `roost rootfs inspect` tells about others")
    }
    let members = try located { () throws(RootFSError) in
      try RootFSStore.explain(host: programs, additions: wanted.additions.map(hostPath))
    }
    return members.sorted { $0.path < $1.path }.map { member in
      var target = ""
      var bytes: Int64 = 0
      let kind: String
      switch member.content {
      case .directory: kind = "directory"
      case .link(let to):
        kind = "link"
        target = to
      case .file(let identity):
        kind = "file"
        bytes = identity.sizeBytes
      case .text(let text, _):
        kind = "made"
        bytes = Int64(text.utf8.count)
      }
      return .record([
        .init("Kind", .string(kind)), .init("Path", .string(member.path)),
        .init("Size", .string(kind == "file" || kind == "made" ? SizeText.format(bytes) : "")),
        .init("SizeBytes", .integer(bytes)), .init("Target", .string(target)),
        .init("Why", .string(member.reason.description)),
      ])
    }
  }

  /// The columns of `rootfs explain`.
  public static let explainedRootColumns: [(field: String, heading: String)] = [
    ("Path", "PATH"), ("Kind", "KIND"), ("Size", "SIZE"), ("Why", "WHY"),
  ]

  // MARK: -

  private func rootStore() throws(RootFSError) -> RootFSStore { try RootFSStore(path: rootStorePath) }

  /// Words what the store says as an error of ours, once the directory around it is known to be ours.
  private func located<R>(_ body: () throws(RootFSError) -> R) throws(EngineError) -> R {
    _ = try PrivateDirectory.open(location.path)
    do { return try body() } catch { throw EngineError(error.description) }
  }

  /// A stored root by its digest, the beginning of it, or the reference that it was made from.
  private func findRoot(_ name: String) throws(EngineError) -> StoredRootFS {
    let trees = try located { () throws(RootFSError) in try rootStore().list() }
    let prefix = name.hasPrefix("sha256:") ? String(name.dropFirst(7)) : name
    let isDigest =
      prefix.utf8.count >= 4 && prefix.utf8.allSatisfy { Byte.isDigit($0) || (0x61...0x66).contains($0) }
    var found = isDigest ? trees.filter { $0.digest.hex.hasPrefix(prefix) } : []
    // The newest of what a reference has given over time.
    if found.isEmpty { found = trees.last { $0.source == name }.map { [$0] } ?? [] }
    guard let first = found.first else {
      throw EngineError(
        "\(name.quoted): no such root file system is stored; `roost rootfs ls` shows those that are")
    }
    guard found.count == 1 else {
      throw EngineError(
        "\(name.quoted): \(found.count) root file systems begin like this; write more of the digest")
    }
    return first
  }

  /// A stored root, kept from being removed as long as the lease lives.
  private func takeRoot(_ name: String) throws(EngineError) -> (StoredRootFS, RootFSLease) {
    let tree = try findRoot(name)
    guard let lease = try located({ () throws(RootFSError) in try rootStore().hold(tree.digest) }) else {
      throw EngineError("\(name.quoted): was removed just now")
    }
    return (tree, lease)
  }

  /// The names of the containers that need a stored root, by its digest.
  private func rootUsers() throws(EngineError) -> [String: [String]] {
    var users: [String: [String]] = [:]
    let (containers, errors) = try list(all: true)
    // A container that cannot be read may need anything.
    if let error = errors.first { throw error }
    for view in containers {
      guard let digest = view.record.document["Roost"]?["RootDigest"]?.text else { continue }
      users[digest, default: []].append(view.record.name)
    }
    return users
  }

  /// Where stored roots are mounted in this mount namespace, by digest (proc_pid_mountinfo(5)).
  private func mountPoints() throws(EngineError) -> [String: [String]] {
    let text: String
    do {
      text = try readText(.workingDirectory, "/proc/self/mountinfo", limit: 64 << 20)
    } catch {
      throw EngineError("cannot find out what is mounted: \(error)")
    }
    var places: [String: [String]] = [:]
    for line in text.pieces(separatedBy: Byte.newline) {
      let fields = line.pieces(separatedBy: Byte.space)
      guard fields.count > 4 else { continue }
      let parts = fields[3].pieces(separatedBy: Byte.slash)
      guard parts.count >= 3, parts[parts.count - 1] == "root", parts[parts.count - 3] == "sha256" else {
        continue
      }
      places[parts[parts.count - 2], default: []].append(fields[4])
    }
    return places
  }
}
