// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// Makes the tree that a tar archive describes, below a directory that nobody else can reach.
///
/// - A member goes where its name leads inside the root: links on the way are followed as the container would follow
///   them, and never out of it. The last component is never followed: what is there is replaced.
/// - Later members replace earlier ones of the same name; a directory is kept by a directory and otherwise replaced
///   only when it is empty.
/// - Directories get owner, mode and time at the end, when nothing is made in them any more.
struct TreeUnpacker<Source: ByteSource> {
  private var reader: TarReader<Source>
  private let root: FD
  private let options: UnpackOptions
  private let owners: OwnerPolicy
  /// Where members go.
  private let walker: DirectoryWalker
  /// Where the targets of hard links are; apart from `walker` because linkat(2) needs both directories at once.
  private let targets: DirectoryWalker
  private let directories = DirectoryRecords()
  private var skipped: Set<ArchivePath> = []
  private(set) var report = UnpackReport()

  /// - Parameter root: an empty directory, open for reading; stays open.
  init(_ reader: TarReader<Source>, into root: FD, options: UnpackOptions) throws(RootFSError) {
    self.reader = reader
    self.root = root
    self.options = options
    owners = try OwnerPolicy(options.ownership, root: root)
    walker = DirectoryWalker(root: root)
    targets = DirectoryWalker(root: root)
    directories.noteImplied(ArchivePath())
    walker.onCreate = { [directories] path in directories.noteImplied(path) }
  }

  /// Makes everything.
  ///
  /// - Parameter step: called from time to time, for progress.
  /// - Throws: an error that names the member at fault. What was made until then stays.
  mutating func unpack(_ step: () -> Void) throws(RootFSError) {
    var sinceStep: UInt64 = 0
    while let entry = try reader.next() {
      do throws(RootFSError) { try make(entry, step) } catch { throw error.inEntry(entry.path) }
      sinceStep += 512 + entry.size
      if sinceStep >= 1 << 20 {
        sinceStep = 0
        step()
      }
    }
    report.droppedAttributes += try directories.apply(below: root, owners)
    step()
  }

  private mutating func make(_ entry: TarEntry, _ step: () -> Void) throws(RootFSError) {
    let path = try ArchivePath(entry.path)
    guard !path.isRoot else {
      guard entry.kind == .directory else {
        throw RootFSError(.refusedEntry, "only a directory can be the root")
      }
      return note(entry, at: path)
    }
    guard !path.component(path.depth - 1).starts(with: Array(".wh.".utf8)) else {
      throw RootFSError(
        .refusedEntry, "is a whiteout: the archive is a layer of an image, not a whole root file system")
    }
    try walker.enterParent(of: path, create: true)
    if !skipped.isEmpty { skipped.remove(path) }
    switch entry.kind {
    case .file: try makeFile(entry, path, step)
    case .directory: try makeDirectory(entry, path)
    case .symbolicLink: try makeSymbolicLink(entry, path)
    case .hardLink: try makeHardLink(entry, path)
    case .fifo: try makeNode(entry, path, type: UInt32(S_IFIFO), device: 0)
    case .characterDevice, .blockDevice: try makeDevice(entry, path)
    }
    report.entries += 1
  }

  // MARK: Files

  private mutating func makeFile(
    _ entry: TarEntry, _ path: ArchivePath, _ step: () -> Void
  ) throws(RootFSError) {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let fd = try creating(path, "create the file") { Raw.openat($0, $1, flags, 0o600) }
    let file = Descriptor(owning: fd)
    try writeContent(of: entry, to: file.fd, step)
    if owners.mustSet(entry.userID, entry.groupID) {
      try perform("set the owner") { Raw.fchown(file.fd, entry.userID, entry.groupID) }
    }
    let mode = permittedMode(entry)
    try perform("set the mode") { Raw.fchmod(file.fd, mode) }
    try setAttributes(of: entry, on: file.fd)
    try perform("set the time") {
      Raw.utimens(file.fd, nil, entry.modifiedSeconds, entry.modifiedNanoseconds)
    }
    report.fileBytes += entry.size
  }

  private mutating func writeContent(
    of entry: TarEntry, to file: FD, _ step: () -> Void
  ) throws(RootFSError) {
    guard let segments = entry.segments else {
      try copyContent(entry.size, to: file, at: 0, step)
      return
    }
    for segment in segments {
      try copyContent(segment.count, to: file, at: segment.offset, step)
    }
    guard let size = Int64(exactly: entry.size) else {
      throw RootFSError(.limitExceeded, "has \(entry.size) bytes")
    }
    try perform("set the size") { Raw.ftruncate(file, size) }
  }

  private mutating func copyContent(
    _ count: UInt64, to file: FD, at offset: UInt64, _ step: () -> Void
  ) throws(RootFSError) {
    guard var position = Int64(exactly: offset) else {
      throw RootFSError(.limitExceeded, "has data at byte \(offset)")
    }
    var rest = count
    while rest > 0 {
      let window = try reader.content(atMost: rest)
      try perform("write") { Raw.pwriteAll(file, window, at: position) }
      rest -= UInt64(window.count)
      position += Int64(window.count)
      if window.count >= 1 << 18 { step() }
    }
  }

  /// The mode that the file may have: set-ID bits mean their owner, and go when the owner does.
  private mutating func permittedMode(_ entry: TarEntry) -> UInt32 {
    if owners.areKept { return entry.mode }
    var mode = entry.mode
    // The caller's own id is root inside the container: set-ID programs of root keep their meaning.
    if entry.userID != 0 { mode &= ~UInt32(S_ISUID) }
    if entry.groupID != 0 { mode &= ~UInt32(S_ISGID) }
    if mode != entry.mode { report.droppedSetID += 1 }
    return mode
  }

  // MARK: Directories, links, nodes

  private mutating func makeDirectory(_ entry: TarEntry, _ path: ArchivePath) throws(RootFSError) {
    var result = path.withLastComponent { Raw.mkdirat(walker.directory, $0, 0o700) }
    if result == -EEXIST {
      if try status(path, in: walker.directory).isDirectory {
        result = 0
      } else {
        result = try creating(path, "create the directory") { Raw.mkdirat($0, $1, 0o700) }
      }
    }
    guard result >= 0 else { throw .system("create the directory", errno: -result) }
    var place = walker.canonicalPath
    try place.append(path.component(path.depth - 1))
    note(entry, at: place)
  }

  private mutating func note(_ entry: TarEntry, at place: ArchivePath) {
    directories.note(
      place,
      DirectoryRecords.Record(
        mode: permittedMode(entry), userID: entry.userID, groupID: entry.groupID,
        modified: (entry.modifiedSeconds, entry.modifiedNanoseconds), attributes: entry.attributes))
  }

  private mutating func makeSymbolicLink(_ entry: TarEntry, _ path: ArchivePath) throws(RootFSError) {
    let target = entry.linkTarget
    guard !target.isEmpty else { throw RootFSError(.damagedArchive, "is a symbolic link without a target") }
    guard target.count <= ArchivePath.maximumBytes else {
      throw RootFSError(
        .limitExceeded, "the link's target has \(target.count) bytes; at most 4095 are possible")
    }
    let terminated = target + [0]
    _ = try creating(path, "create the symbolic link") { directory, name in
      withCString(terminated) { Raw.symlinkat($0, directory, name) }
    }
    try setOwnerAndTime(entry, path)
  }

  private mutating func makeHardLink(_ entry: TarEntry, _ path: ArchivePath) throws(RootFSError) {
    let target: ArchivePath
    do throws(RootFSError) { target = try ArchivePath(entry.linkTarget) } catch {
      var described = error
      described.reason = "hard link to \(quoted(entry.linkTarget)): " + error.reason
      throw described
    }
    guard !target.isRoot else { throw RootFSError(.refusedEntry, "is a hard link to the root") }
    if skipped.contains(target) {
      report.skippedDevices += 1
      skipped.insert(path)
      return
    }
    let doing = "link to \(quoted(entry.linkTarget))"
    do throws(RootFSError) { try targets.enterParent(of: target, create: false) } catch {
      throw RootFSError(error.code, "cannot \(doing): " + error.reason, errno: error.errno)
    }
    let source = targets.directory
    let link = { (directory: FD, name: Raw.Name) in
      target.withLastComponent { Raw.linkat(source, $0, directory, name) }
    }
    let result = path.withLastComponent { link(walker.directory, $0) }
    guard result == -EEXIST else {
      if result < 0 { throw .system(doing, errno: -result) }
      return
    }
    // The same file under the same name, or under another one that was linked before: nothing to do, and removing
    // the name first could remove the only one.
    let here = try status(path, in: walker.directory)
    let there = try status(target, in: source)
    if here.inode == there.inode && here.device == there.device { return }
    _ = try creating(path, doing) { link($0, $1) }
  }

  private mutating func makeDevice(_ entry: TarEntry, _ path: ArchivePath) throws(RootFSError) {
    switch options.devices {
    case .skip:
      report.skippedDevices += 1
      skipped.insert(path)
    case .refuse:
      throw RootFSError(.refusedEntry, "is a device node")
    case .create:
      // Character device 0:0 is how overlayfs marks a name as deleted.
      guard entry.deviceMajor != 0 || entry.deviceMinor != 0 else {
        throw RootFSError(.refusedEntry, "is device 0:0, the mark of a deleted file")
      }
      let type = entry.kind == .characterDevice ? UInt32(S_IFCHR) : UInt32(S_IFBLK)
      try makeNode(
        entry, path, type: type, device: Linux.makeDevice(major: entry.deviceMajor, minor: entry.deviceMinor))
    }
  }

  private mutating func makeNode(
    _ entry: TarEntry, _ path: ArchivePath, type: UInt32, device: UInt64
  ) throws(RootFSError) {
    _ = try creating(path, "create the node") { Raw.mknodat($0, $1, type | 0o600, device) }
    let mode = permittedMode(entry)
    if owners.mustSet(entry.userID, entry.groupID) {
      try perform("set the owner") {
        path.withLastComponent { Raw.fchownat(walker.directory, $0, entry.userID, entry.groupID) }
      }
    }
    // The node was made a moment ago in a tree that nobody else reaches, so that the name is not a link.
    try perform("set the mode") { path.withLastComponent { Raw.fchmodat(walker.directory, $0, mode) } }
    try setTime(entry, path)
  }

  // MARK: Helpers

  private func status(_ path: ArchivePath, in directory: FD) throws(RootFSError) -> Raw.Status {
    do throws(Errno) {
      return try path.withLastComponent { Raw.status(directory, $0) }.get()
    } catch {
      throw .system("look at what is there", errno: error.rawValue)
    }
  }

  private func setOwnerAndTime(_ entry: TarEntry, _ path: ArchivePath) throws(RootFSError) {
    if owners.mustSet(entry.userID, entry.groupID) {
      try perform("set the owner") {
        path.withLastComponent { Raw.fchownat(walker.directory, $0, entry.userID, entry.groupID) }
      }
    }
    try setTime(entry, path)
  }

  private func setTime(_ entry: TarEntry, _ path: ArchivePath) throws(RootFSError) {
    try perform("set the time") {
      path.withLastComponent {
        Raw.utimens(walker.directory, $0, entry.modifiedSeconds, entry.modifiedNanoseconds)
      }
    }
  }

  /// Calls `create` for the name, and once more after removing what is in its place.
  private func creating(
    _ path: ArchivePath, _ doing: String, _ create: (FD, Raw.Name) -> Int32
  ) throws(RootFSError) -> Int32 {
    let directory = walker.directory
    var result = path.withLastComponent { create(directory, $0) }
    if result == -EEXIST {
      try remove(path, from: directory)
      result = path.withLastComponent { create(directory, $0) }
    }
    guard result >= 0 else { throw .system(doing, errno: -result) }
    return result
  }

  private func remove(_ path: ArchivePath, from directory: FD) throws(RootFSError) {
    var result = path.withLastComponent { Raw.unlinkat(directory, $0) }
    if result == -EISDIR {
      result = path.withLastComponent { Raw.unlinkat(directory, $0, isDirectory: true) }
      if result == -ENOTEMPTY || result == -EEXIST {
        throw RootFSError(.refusedEntry, "would replace a directory that is not empty")
      }
    }
    guard result >= 0 else { throw .system("replace what is there", errno: -result) }
    // What was removed may be a directory or link that the other walker went through.
    targets.reset()
  }

  private mutating func setAttributes(of entry: TarEntry, on file: FD) throws(RootFSError) {
    for attribute in entry.attributes {
      if try !AttributePolicy.set(attribute, on: file, asRoot: owners.areKept) {
        report.droppedAttributes += 1
      }
    }
  }
}

/// Turns `-errno` into an error; `doing` completes "cannot …".
func perform(_ doing: String, _ call: () -> Int32) throws(RootFSError) {
  let result = call()
  if result < 0 { throw .system(doing, errno: -result) }
}
