// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Linux
import Testing

@testable import Engine

/// A directory for one test, removed with it.
final class Scratch {
  let path: String

  init() throws {
    var template = Array("/tmp/roost-engine-test-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw EngineError("mkdtemp failed") }
    path = String(cString: made)
  }

  deinit {
    // Not the remover under test.
    _ = try? FileManager.default.removeItem(atPath: path)
  }

  static func makeFile(_ path: String) throws {
    _ = try openat(.workingDirectory, path, [.writeOnly, .create, .exclusive], mode: 0o600)
  }

  func store() throws -> Store {
    try Store(StateLocation(path: path + "/state", runtimePath: path + "/state/run"))
  }
}

@Suite struct StateLocationTests {
  private func choose(
    _ asked: String?, _ environment: [String: String], isRoot: Bool
  ) throws(EngineError) -> StateLocation {
    try StateLocation.choose(asked: asked, environment: environment, isRoot: isRoot, workingDirectory: "/w")
  }

  @Test func defaults() throws {
    #expect(
      try choose(nil, [:], isRoot: true) == StateLocation(path: "/var/lib/roost", runtimePath: "/run/roost"))
    #expect(
      try choose(nil, ["HOME": "/h"], isRoot: false)
        == StateLocation(path: "/h/.local/share/roost", runtimePath: "/h/.local/share/roost/run"))
    #expect(
      try choose(nil, ["XDG_DATA_HOME": "/d", "XDG_RUNTIME_DIR": "/r", "HOME": "/h"], isRoot: false)
        == StateLocation(path: "/d/roost", runtimePath: "/r/roost"))
    #expect(failure { () throws(EngineError) in try choose(nil, [:], isRoot: false) }.contains("--root"))
  }

  @Test func ownDirectory() throws {
    let own = StateLocation(path: "/w/x", runtimePath: "/w/x/run")
    #expect(try choose("x", ["ROOST_ROOT": "/y"], isRoot: true) == own)
    #expect(try choose(nil, ["ROOST_ROOT": "../w/x/."], isRoot: false) == own)
  }
}

@Suite struct StoreTests {
  private let id = String(repeating: "ab", count: 32)

  @Test func directoriesAreOursAlone() throws {
    let scratch = try Scratch()
    let store = try scratch.store()
    let container = try store.create(id)
    for path in ["state", "state/containers", "state/names", "state/containers/\(id)"] {
      let status = try fstatat(.workingDirectory, "\(scratch.path)/\(path)")
      #expect(status.mode & 0o777 == 0o700, "\(path)")
    }
    #expect(container.path == "\(scratch.path)/state/containers/\(id)")
    #expect(try store.ids() == [id])
    #expect(failure { () throws(EngineError) in _ = try store.create(id) }.contains("file exists"))
  }

  @Test func aDirectoryThatOthersCanWriteToIsRefused() throws {
    let scratch = try Scratch()
    mkdir(scratch.path + "/state", 0o777)
    chmod(scratch.path + "/state", 0o777)
    do {
      _ = try scratch.store()
      Issue.record("accepted")
    } catch let error as EngineError {
      #expect(error.message.contains("others can write there (mode 777)"))
    }
  }

  @Test func aLinkInPlaceOfAContainerIsRefused() throws {
    let scratch = try Scratch()
    let store = try scratch.store()
    try symlinkat("/etc", .workingDirectory, "\(store.location.path)/containers/\(id)")
    #expect(failure { () throws(EngineError) in _ = try store.open(id) }.contains(id))
  }

  @Test func namesAreUnique() throws {
    let scratch = try Scratch()
    let store = try scratch.store()
    let other = String(repeating: "cd", count: 32)
    _ = try store.create(id)
    _ = try store.create(other)
    #expect(try store.reserve("web", for: id))
    #expect(try !store.reserve("web", for: other))
    #expect(try store.find("web").id == id)
    // Only its owner can give a name up.
    try store.release("web", of: other)
    #expect(try store.find("web").id == id)
    try store.remove(id, name: "web")
    #expect(try store.reserve("web", for: other))
    #expect(try store.find("web").id == other)
  }

  @Test func aNameWithoutAContainerIsTakenOver() throws {
    let scratch = try Scratch()
    let store = try scratch.store()
    _ = try store.create(id)
    try symlinkat(String(repeating: "0", count: 64), .workingDirectory, "\(store.location.path)/names/web")
    #expect(try store.reserve("web", for: id))
    #expect(try store.find("web").id == id)
  }

  @Test func lookUps() throws {
    let scratch = try Scratch()
    let store = try scratch.store()
    let similar = "abac" + String(repeating: "0", count: 60)
    _ = try store.create(id)
    _ = try store.create(similar)
    // A name that looks like the beginning of another container's id wins.
    #expect(try store.reserve("abab", for: similar))
    #expect(try store.find(id).id == id)
    #expect(try store.find("abab").id == similar)
    #expect(try store.find("ababa").id == id)
    #expect(
      failure { () throws(EngineError) in _ = try store.find("aba") }.contains("beginning of 2 containers"))
    for unknown in ["nosuch", "", "../x", "f", "abab/", "ABAB", "\u{1b}[31m", id + "0"] {
      let message = failure { () throws(EngineError) in _ = try store.find(unknown) }
      let suggestion =
        unknown.lowercased().hasPrefix("abab") && unknown != id + "0" ? "; did you mean abab?" : ""
      #expect(message == "no such container: \(unknown.quoted)\(suggestion)")
    }
  }

  @Test func theLockIsHeldAsLongAsTheDirectoryIsOpen() throws {
    let scratch = try Scratch()
    let store = try scratch.store()
    let watcher = try store.create(id)
    do {
      let monitor = try store.find(id)
      #expect(try monitor.lock())
      #expect(try watcher.hasMonitor())
      #expect(try !watcher.lock())
    }
    #expect(try !watcher.hasMonitor())
    #expect(try watcher.lock())
  }

  @Test func statesAreReplacedInOneStep() throws {
    let scratch = try Scratch()
    let store = try scratch.store()
    let container = try store.create(id)
    #expect(try container.readState() == ContainerState(phase: .created))
    var state = ContainerState(phase: .running)
    state.pid = 42
    state.startTicks = .max
    state.bootID = "b"
    state.startedNanoseconds = 5
    try container.write(state)
    #expect(try container.readState() == state)
    state = ContainerState(phase: .exited)
    state.exitCode = 137
    state.outOfMemory = true
    state.error = "line\nbreak \u{1b}"
    try container.write(state)
    #expect(try container.readState() == state)
    #expect(try container.readRecord() == nil)
  }

  @Test(arguments: [
    "", "{", "[]", "{}", #"{"version":2}"#, #"{"version":1,"phase":"frob"}"#,
    #"{"version":1,"phase":"running","pid":99999999999}"#, #"{"version":1,"phase":"running","pid":"x"}"#,
  ])
  func damagedStatesAreErrors(_ text: String) throws {
    let scratch = try Scratch()
    let container = try scratch.store().create(id)
    try container.replace("state.json", Array(text.utf8))
    #expect(failure { () throws(EngineError) in try container.readState() }.contains("state.json"))
  }
}

@Suite struct TreeRemoverTests {
  private func remove(_ name: String, _ scratch: Scratch) throws {
    let parent = try openat(.workingDirectory, scratch.path, [.readOnly, .directory])
    try TreeRemover.remove(name, in: parent.fd)
  }

  private func exists(_ path: String) -> Bool {
    (try? fstatat(.workingDirectory, path, followLinks: false)) != nil
  }

  @Test func linksAreRemovedAndNotFollowed() throws {
    let scratch = try Scratch()
    mkdir(scratch.path + "/keep", 0o755)
    mkdir(scratch.path + "/tree", 0o755)
    try Scratch.makeFile(scratch.path + "/keep/file")
    symlink("../keep", scratch.path + "/tree/link")
    symlink("nowhere", scratch.path + "/tree/dangling")
    mkfifo(scratch.path + "/tree/fifo", 0o600)
    link(scratch.path + "/keep/file", scratch.path + "/tree/hard")
    try remove("tree", scratch)
    #expect(!exists(scratch.path + "/tree"))
    #expect(exists(scratch.path + "/keep/file"))
    try remove("tree", scratch)
  }

  @Test func theNameItselfMayBeALinkOrAFile() throws {
    let scratch = try Scratch()
    mkdir(scratch.path + "/keep", 0o755)
    symlink("keep", scratch.path + "/link")
    try Scratch.makeFile(scratch.path + "/file")
    try remove("link", scratch)
    try remove("file", scratch)
    #expect(!exists(scratch.path + "/link") && !exists(scratch.path + "/file"))
    #expect(exists(scratch.path + "/keep"))
  }

  @Test func nestsOfAnyDepthAndNamesOfAnyBytes() throws {
    let scratch = try Scratch()
    mkdir(scratch.path + "/tree", 0o755)
    // Names that the remover uses for itself may be there already.
    mkdir(scratch.path + "/tree/.roost-removing-1", 0o755)
    mkdir(scratch.path + "/tree/.roost-removing-1/full", 0o755)
    try Scratch.makeFile(scratch.path + "/tree/.roost-removing-2")
    var fd = open(scratch.path + "/tree", O_RDONLY | O_DIRECTORY)
    for level in 0..<300 {
      let name: [CChar] = level % 97 == 5 ? [CChar(bitPattern: 0xff), CChar(bitPattern: 0xfe), 0] : [100, 0]
      #expect(mkdirat(fd, name, 0o755) == 0)
      let file: [CChar] = [CChar(bitPattern: 0xc3), 40, 0]
      close(openat(fd, file, O_CREAT | O_WRONLY, 0o600))
      let next = openat(fd, name, O_RDONLY | O_DIRECTORY)
      close(fd)
      fd = next
    }
    close(fd)
    try remove("tree", scratch)
    #expect(!exists(scratch.path + "/tree"))
  }
}

@Suite struct LivenessTests {
  @Test func theNameInStatMayHoldAnything() {
    let rest = "S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 2 3"
    #expect(Liveness.startTicks(inStat: "7 (a) b) \n(c) \(rest)") == 12345)
    #expect(
      Liveness.startTicks(inStat: "7 (zombie) Z 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 2 3")
        == nil)
    for damaged in ["", "7", "7 (a", "7 (a) S", "7 (a) S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 x"] {
      #expect(Liveness.startTicks(inStat: damaged) == nil, "\(damaged)")
    }
  }

  @Test func aProcessIsItsIdAndItsStartTime() throws {
    var state = ContainerState(phase: .running)
    state.pid = Linux.getpid()
    state.bootID = try Liveness.bootID()
    state.startTicks = try #require(try Liveness.startTicks(of: state.pid))
    #expect(try Liveness.open(state) != nil)
    state.startTicks += 1
    #expect(try Liveness.open(state) == nil)
    state.startTicks -= 1
    state.bootID = "another boot"
    #expect(try Liveness.open(state) == nil)
    state.bootID = try Liveness.bootID()
    state.phase = .exited
    #expect(try Liveness.open(state) == nil)
  }
}
