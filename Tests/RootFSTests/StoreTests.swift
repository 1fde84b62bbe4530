// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Linux
import Testing

@testable import RootFS

@Suite struct StoreTests {
  private static let archive = TarWriter.archive { tar in
    tar.directory("./")
    tar.directory("etc")
    tar.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    tar.symbolicLink("bin", "usr/bin")
    tar.file("bin/sh", "#!/bin/true\n", mode: 0o755)
  }

  /// Makes the file old enough for the index.
  private func settle(_ path: String) throws {
    while try !ArchiveIndex.isSettled(fstatat(.workingDirectory, path)) { usleep(5000) }
  }

  @Test func unpacksOnceAndFindsAgain() throws {
    let scratch = try Scratch()
    let path = try scratch.write("x.tar", Self.archive)
    try settle(path)
    let store = try scratch.store()
    var steps: [RootFSProgress] = []
    let first = try store.prepare(.path(path)) { steps.append($0) }
    #expect(!first.wasCached && first.isShared)
    #expect(first.digest == RootFSDigest(hashing: Self.archive))
    #expect(first.path == store.path + "/sha256/" + (first.digest?.hex ?? "") + "/root")
    #expect(try listing(first.path)["usr/bin/sh"] != nil)
    #expect(steps.first == .reading(doneBytes: 0, totalBytes: UInt64(Self.archive.count)))
    #expect(
      steps.contains(.reading(doneBytes: UInt64(Self.archive.count), totalBytes: UInt64(Self.archive.count))))
    #expect(steps.last == .syncing)
    // The second time nothing is read: the content may even be unreadable.
    let again = try scratch.store().prepare(.archive(path)) { Issue.record("\($0)") }
    #expect(again.wasCached && again.path == first.path)
    // Another file with the same content is read, and not unpacked.
    let copy = try scratch.write("copy.tar", Self.archive)
    let third = try store.prepare(.path(copy)) { Issue.record("\($0)") }
    #expect(third.wasCached && third.digest == first.digest)
  }

  @Test func noticesEdits() throws {
    let scratch = try Scratch()
    let path = try scratch.write("x.tar", Self.archive)
    try settle(path)
    let store = try scratch.store()
    let first = try store.prepare(.path(path))
    // Same size, same modification time, other content.
    let before = try fstatat(.workingDirectory, path)
    let other = TarWriter.archive { tar in
      tar.directory("./")
      tar.directory("etc")
      tar.file("etc/passwd", "toor:x:0:0::/root:/bin/sh\n")
      tar.symbolicLink("bin", "usr/bin")
      tar.file("bin/sh", "#!/bin/true\n", mode: 0o755)
    }
    #expect(other.count == Self.archive.count)
    let file = try openat(.workingDirectory, path, .writeOnly)
    try writeAll(file.fd, other)
    try setModificationTime(
      .workingDirectory, path, seconds: before.modifiedNanoseconds / 1_000_000_000,
      nanoseconds: before.modifiedNanoseconds % 1_000_000_000)
    let second = try store.prepare(.path(path))
    #expect(second.digest != first.digest)
    #expect(second.digest == RootFSDigest(hashing: other))
  }

  @Test func optionsThatChangeTheTreeChangeItsName() throws {
    let scratch = try Scratch()
    let path = try scratch.write("x.tar", Self.archive)
    let store = try scratch.store()
    var options = UnpackOptions()
    options.devices = .refuse
    let plain = try store.prepare(.path(path))
    let strict = try store.prepare(.path(path), options: options)
    #expect(plain.digest != strict.digest)
    #expect(try store.inspect(#require(strict.digest)).archive == plain.digest)
  }

  @Test func checksTheDigestThatWasAskedFor() throws {
    let scratch = try Scratch()
    let path = try scratch.write("x.tar", Self.archive)
    try settle(path)
    let store = try scratch.store()
    var wrong = UnpackOptions()
    wrong.expectedDigest = RootFSDigest(hashing: [])
    var right = UnpackOptions()
    right.expectedDigest = RootFSDigest(hashing: Self.archive)
    let prepare = { (options: UnpackOptions) throws(RootFSError) in
      try store.prepare(.path(path), options: options)
    }
    // Before anything is stored, and from the index.
    #expect(failure { () throws(RootFSError) in _ = try prepare(wrong) }?.code == .digestMismatch)
    #expect(try store.list().isEmpty)
    #expect(try prepare(right).digest == right.expectedDigest)
    #expect(failure { () throws(RootFSError) in _ = try prepare(wrong) }?.code == .digestMismatch)
    right.devices = .refuse
    #expect(try !prepare(right).wasCached)
  }

  @Test func noticesEditsWhileItReads() throws {
    let scratch = try Scratch()
    let path = try scratch.write("x.tar", Self.archive)
    let store = try scratch.store()
    let error = failure { () throws(RootFSError) in
      _ = try store.prepare(.path(path)) { step in
        guard case .reading(0, _) = step else { return }
        let file = FileHandle(forWritingAtPath: path)
        file?.seekToEndOfFile()
        file?.write(Data(count: 512))
      }
    }
    #expect(error?.code == .inputChanged)
    #expect(try store.list().isEmpty)
  }

  @Test func waitsForWhoeverMakesTheSame() throws {
    let scratch = try Scratch()
    let path = try scratch.write("x.tar", Self.archive)
    let store = try scratch.store()
    _ = try store.prune()
    let name = ArchiveIndex.name(try fstatat(.workingDirectory, path), UnpackOptions())
    let results = Results()
    let place = store.path
    do {
      let maker = try store.lock(name)
      Thread.detachNewThread {
        do throws(RootFSError) {
          _ = try RootFSStore(path: place).prepare(.path(path)) { step in
            if step == .waiting { results.add("waiting") }
          }
          results.add("done")
        } catch { results.add("\(error)") }
      }
      while results.all.isEmpty { usleep(1000) }
      #expect(results.all == ["waiting"])
      withExtendedLifetime(maker) {}
    }
    while results.all.count < 2 { usleep(1000) }
    #expect(results.all == ["waiting", "done"])
  }

  @Test func usesDirectoriesInPlace() throws {
    let scratch = try Scratch()
    let path = try scratch.makeDirectory("root")
    _ = try scratch.makeDirectory("root/bin")
    let store = try scratch.store()
    for reference in [RootFSReference.path(path), .directory(path), .directory(path + "/../root/.")] {
      let prepared = try store.prepare(reference)
      #expect(prepared.path == path && !prepared.isShared && prepared.digest == nil && prepared.lease == nil)
    }
    let file = try scratch.write("file", [])
    #expect(
      failure { () throws(RootFSError) in _ = try store.prepare(.directory(file)) }?.code == .unsupported)
    #expect(
      failure { () throws(RootFSError) in _ = try store.prepare(.directory(path + "/x")) }?.code == .notFound)
    #expect(
      failure { () throws(RootFSError) in _ = try store.prepare(.path(path + "/x")) }?.code == .notFound)
    #expect(failure { () throws(RootFSError) in _ = try store.prepare(.archive(path)) }?.code == .unsupported)
    #expect(
      failure { () throws(RootFSError) in _ = try store.prepare(.path("/dev/null")) }?.code == .unsupported)
    mkfifo(scratch.path + "/fifo", 0o600)
    let fifo = failure { () throws(RootFSError) in _ = try store.prepare(.archive(scratch.path + "/fifo")) }
    #expect(fifo?.code == .unsupported)
  }

  @Test func failuresLeaveNothing() throws {
    let scratch = try Scratch()
    let store = try scratch.store()
    let truncated = try scratch.write("x.tar", Array(Self.archive.dropLast(1500)))
    let hostile = try scratch.write(
      "y.tar",
      TarWriter.archive {
        $0.file("a"); $0.file("../b")
      })
    let bomb = try scratch.write(
      "z.tar", TarWriter.archive { $0.file("a", String(repeating: "a", count: 5000)) })
    var options = UnpackOptions()
    options.maximumRatio = 0
    options.ratioFreeBytes = 4096
    for (path, options, code) in [
      (truncated, UnpackOptions(), RootFSError.Code.damagedArchive),
      (hostile, UnpackOptions(), .refusedEntry),
      (bomb, options, .limitExceeded),
    ] {
      let error = failure { () throws(RootFSError) in _ = try store.prepare(.path(path), options: options) }
      #expect(error?.code == code)
      #expect(error?.description.hasPrefix(path + ": ") == true, "\(String(describing: error))")
    }
    #expect(try store.list().isEmpty)
    let names = Set(try FileManager.default.contentsOfDirectory(atPath: store.path))
    #expect(names == ["sha256", "index", "locks", "downloads"])
  }

  @Test func manyAtOnceUnpackOnce() throws {
    let scratch = try Scratch()
    let content = TarWriter.archive { tar in for index in 0..<500 { tar.file("f\(index)") } }
    let path = try scratch.write("x.tar", content)
    try settle(path)
    let results = Results()
    let place = scratch.path + "/store"
    for _ in 0..<8 {
      Thread.detachNewThread {
        do throws(RootFSError) {
          // Each has a store of its own, as each process would.
          let prepared = try RootFSStore(path: place).prepare(.path(path))
          results.add(prepared.wasCached ? "cached" : "made")
        } catch { results.add("\(error)") }
      }
    }
    while results.all.count < 8 { usleep(1000) }
    #expect(results.all.sorted() == [String](repeating: "cached", count: 7) + ["made"])
    #expect(try scratch.store().list().count == 1)
  }

  @Test func leasesKeepTreesFromBeingRemoved() throws {
    let scratch = try Scratch()
    let path = try scratch.write("x.tar", Self.archive)
    try settle(path)
    let store = try scratch.store()
    var prepared: PreparedRootFS? = try store.prepare(.path(path))
    let digest = try #require(prepared?.digest)
    #expect(try store.inspect(digest).isInUse)
    #expect(failure { () throws(RootFSError) in try store.remove(digest) }?.code == .inUse)
    #expect(try store.prune().removed.isEmpty)
    // A duplicate counts as much as the lease: a monitor inherits one.
    var monitors: Descriptor? = try prepared?.lease?.duplicate()
    prepared = nil
    #expect(failure { () throws(RootFSError) in try store.remove(digest) }?.code == .inUse)
    monitors = nil
    _ = monitors
    #expect(try !store.inspect(digest).isInUse)
    #expect(try store.prune(keeping: [digest]).removed.isEmpty)
    let report = try store.prune()
    #expect(report.removed.map { $0.digest } == [digest] && report.freedBytes == 38)
    #expect(failure { () throws(RootFSError) in try store.remove(digest) }?.code == .notFound)
    #expect(failure { () throws(RootFSError) in _ = try store.inspect(digest) }?.code == .notFound)
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.path + "/index").isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.path + "/locks") == ["store"])
    #expect(try !store.prepare(.path(path)).wasCached)
  }

  /// What a killed command leaves is removed by the next one that makes something, and what a living one has is not.
  @Test func sweepsLeftoversOfTheDead() throws {
    let scratch = try Scratch()
    let path = try scratch.write("x.tar", Self.archive)
    let store = try scratch.store()
    _ = try store.prune()
    let living = try store.makeTemporaryTree()
    _ = try scratch.makeDirectory("store/tmp-1-deadbeef-0/root/d")
    chmod(scratch.path + "/store/tmp-1-deadbeef-0/root/d", 0)
    _ = try store.prepare(.path(path))
    let names = Set(try FileManager.default.contentsOfDirectory(atPath: store.path))
    #expect(names == ["sha256", "index", "locks", "downloads", living.name])
    try store.discard(living)
  }

  @Test func incompleteTreesDoNotCount() throws {
    let scratch = try Scratch()
    let path = try scratch.write("x.tar", Self.archive)
    try settle(path)
    let store = try scratch.store()
    let first = try store.prepare(.path(path))
    try unlinkat(.workingDirectory, HostFiles.parent(of: first.path) + "/complete")
    try unlinkat(.workingDirectory, first.path + "/etc/passwd")
    let second = try store.prepare(.path(path))
    #expect(!second.wasCached && second.path == first.path)
    #expect(try listing(second.path)["etc/passwd"] != nil)
    try unlinkat(.workingDirectory, HostFiles.parent(of: first.path) + "/complete")
    #expect(try store.list().isEmpty)
    #expect(try store.prune().leftovers == 1)
    #expect(try store.digests().isEmpty)
  }

  @Test func refusesStoresThatOthersCanEnter() throws {
    let scratch = try Scratch()
    let path = try scratch.makeDirectory("store")
    for mode: mode_t in [0o755, 0o770, 0o701, 0o777] {
      chmod(path, mode)
      #expect(failure { () throws(RootFSError) in _ = try RootFSStore(path: path) }?.code == .untrustedStore)
    }
    chmod(path, 0o700)
    _ = try RootFSStore(path: path)
    if isRoot {
      chown(path, 1, 1)
      #expect(failure { () throws(RootFSError) in _ = try RootFSStore(path: path) }?.code == .untrustedStore)
    }
    #expect(
      failure { () throws(RootFSError) in _ = try RootFSStore(path: "relative") }?.code == .untrustedStore)
    let new = try RootFSStore(path: scratch.path + "/a/b/c")
    #expect(try Linux.fstat(new.directory.fd).mode & 0o7777 == 0o700)
  }

  @Test func hostTreesAreMadeAgainWhenTheHostChanges() throws {
    let scratch = try Scratch()
    let bin = try scratch.makeDirectory("bin")
    let script = try scratch.write("bin/hello", Array("#!/bin/sh\necho hello\n".utf8))
    chmod(script, 0o755)
    let store = try scratch.store()
    let path = bin + ":" + HostClosureTests.standardPath
    let first = try store.prepare(.host(["hello"]), searchPath: path)
    #expect(!first.wasCached)
    #expect(try store.prepare(.host(["hello"]), searchPath: path).wasCached)
    // A new file in an earlier directory of PATH changes the answer.
    let earlier = try scratch.makeDirectory("earlier")
    let longer = earlier + ":" + path
    #expect(try store.prepare(.host(["hello"]), searchPath: longer).digest == first.digest)
    let other = try scratch.write("earlier/hello", Array("#!/bin/sh\necho other\n".utf8))
    chmod(other, 0o755)
    let second = try store.prepare(.host(["hello"]), searchPath: longer)
    #expect(!second.wasCached && second.digest != first.digest)
    // So does a new file under the old name.
    try renameat(.workingDirectory, other, .workingDirectory, script)
    let third = try store.prepare(.host(["hello"]), searchPath: path)
    #expect(!third.wasCached && third.digest != first.digest)
    let text = try String(contentsOfFile: third.path + script, encoding: .utf8)
    #expect(text.contains("other"))
    // The first tree still has what it was made with.
    #expect(try String(contentsOfFile: first.path + script, encoding: .utf8).contains("hello"))
  }

  @Test func damagedIndexEntriesAreMadeAgain() throws {
    let scratch = try Scratch()
    let store = try scratch.store()
    let first = try store.prepare(.host(["ls"]), searchPath: HostClosureTests.standardPath)
    let index = store.path + "/index/"
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: index).first)
    let manifest = [UInt8](try Data(contentsOf: URL(fileURLWithPath: index + name)))
    #expect(HostManifest.validDigest(manifest) == first.digest)
    for length in [0, 10, 40, manifest.count / 2, manifest.count - 1] {
      #expect(HostManifest.validDigest(Array(manifest[..<length])) == nil || manifest[length - 1] == 0)
      try Data(manifest[..<length]).write(to: URL(fileURLWithPath: index + name))
      #expect(
        try store.prepare(.host(["ls"]), searchPath: HostClosureTests.standardPath).digest == first.digest)
    }
    var dice = Dice(9)
    for _ in 0..<2000 {
      var damaged = manifest
      damaged[Int.random(in: 0..<damaged.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
      _ = HostManifest.validDigest(damaged)
    }
  }

  @Test func removalFollowsNoLinks() throws {
    let scratch = try Scratch()
    let outside = try scratch.makeDirectory("outside")
    _ = try scratch.write("outside/file", [1])
    _ = try scratch.makeDirectory("tree/a/b")
    try symlinkat(outside, .workingDirectory, scratch.path + "/tree/a/link")
    try symlinkat(outside, .workingDirectory, scratch.path + "/link")
    let parent = try openat(.workingDirectory, scratch.path, [.readOnly, .directory])
    try TreeRemover.remove("tree", from: parent.fd)
    #expect(access(scratch.path + "/tree", F_OK) != 0)
    #expect(throws: SyscallError.self) { try TreeRemover.remove("link", from: parent.fd) }
    #expect(access(outside + "/file", F_OK) == 0)
    try TreeRemover.remove("tree", from: parent.fd)
  }

  /// Somebody may have mounted something into a tree, even from the same file system: its content is not the tree's.
  @Test(.enabled(if: isRoot, "mounting needs root"))
  func removalStopsAtMounts() throws {
    let scratch = try Scratch()
    let path = scratch.path
    _ = try scratch.makeDirectory("outside")
    _ = try scratch.write("outside/file", [1])
    _ = try scratch.makeDirectory("tree/a")
    let results = Results()
    // The mount lives in a namespace of this thread alone.
    Thread.detachNewThread {
      do throws(SyscallError) {
        try unshare(.newMount)
        try setPropagation("/", .private, recursive: true)
        let mount = try openTreeClone(.workingDirectory, path + "/outside", recursive: false)
        let target = try openat(.workingDirectory, path + "/tree/a", .path)
        try moveMount(mount.fd, onto: target.fd)
        let parent = try openat(.workingDirectory, path, [.readOnly, .directory])
        try TreeRemover.remove("tree", from: parent.fd)
        results.add("removed")
      } catch { results.add("\(error)") }
    }
    while results.all.isEmpty { usleep(1000) }
    #expect(results.all[0].contains("mounted"), "\(results.all)")
    #expect(access(path + "/outside/file", F_OK) == 0)
  }
}

/// What threads have to say.
private final class Results: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [String] = []

  func add(_ value: String) { lock.withLock { values.append(value) } }
  var all: [String] { lock.withLock { values } }
}
