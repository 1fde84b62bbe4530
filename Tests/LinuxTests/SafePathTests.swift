// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Linux
import SafePath
import Testing

@Suite("Paths inside a root")
struct SafePathTests {
  let scratch: Scratch
  let root: RootDirectory

  init() throws {
    scratch = try Scratch()
    try mkdirat(scratch.fd, "root", mode: 0o755)
    try mkdirat(scratch.fd, "outside", mode: 0o755)
    root = try RootDirectory(hostPath: scratch.path + "/root")
  }

  private func exists(_ path: String) -> Bool {
    (try? fstatat(scratch.fd, path, followLinks: false)) != nil
  }

  @Test(
    "links and .. stop at the root",
    arguments: ["/outside", "../outside", "../../../../outside", "/../outside"])
  func containment(target: String) throws {
    try symlinkat(target, root.directory.fd, "link")
    _ = try root.makeDirectory("/link/made")
    #expect(exists("root/outside/made"))
    #expect(!exists("outside/made"))
  }

  @Test("a link to nothing is followed inside the root, and its target made")
  func danglingLink() throws {
    try symlinkat("/run/deep", root.directory.fd, "var")
    _ = try root.makeDirectory("/var/lib/x")
    #expect(exists("root/run/deep/lib/x"))
    _ = try root.makeFile("/var/lib/file")
    #expect(exists("root/run/deep/lib/file"))
  }

  @Test("what is asked of a path is asked inside the root")
  func status() throws {
    try mkdirat(scratch.fd, "outside/directory", mode: 0o755)
    try symlinkat("../../outside/directory", root.directory.fd, "link")
    #expect(try root.status(of: "/link") == nil)
    try mkdirat(root.directory.fd, "outside", mode: 0o755)
    _ = try root.makeFile("/outside/directory")
    #expect(try root.status(of: "/link")?.isRegular == true)
    #expect(try root.status(of: "/")?.isDirectory == true)
  }

  @Test("links that lead in a circle are an error")
  func circle() throws {
    try symlinkat("b", root.directory.fd, "a")
    try symlinkat("a", root.directory.fd, "b")
    #expect(throws: SyscallError.self) { _ = try root.makeDirectory("/a/x") }
  }

  @Test("magic links of proc are refused")
  func magicLinks() throws {
    let host = try RootDirectory(hostPath: "/")
    let error = #expect(throws: SyscallError.self) { _ = try host.open("/proc/self/cwd", .path) }
    #expect(error?.errno == .tooManyLinks)
  }

  @Test("a link is no ordinary directory", arguments: ["/elsewhere", "elsewhere", "/nowhere"])
  func ordinary(target: String) throws {
    try mkdirat(root.directory.fd, "elsewhere", mode: 0o755)
    try symlinkat(target, root.directory.fd, "proc")
    let error = #expect(throws: SyscallError.self) { _ = try root.makeOrdinaryDirectory("/proc") }
    #expect(error?.errno == .invalidArgument)
    _ = try root.makeOrdinaryDirectory("/sys")
    #expect(exists("root/sys"))
  }

  @Test("a file in the place of a directory is an error, and stays")
  func fileInTheWay() throws {
    _ = try root.makeFile("/file")
    #expect(throws: SyscallError.self) { _ = try root.makeDirectory("/file/below") }
    #expect(throws: SyscallError.self) { _ = try root.makeParent(of: "/..") }
    #expect(try root.openIfPresent("/file/below", .path) == nil)
    #expect(try root.openIfPresent("/nothing", .path) == nil)
  }

  @Test("what is not a proc file system is not taken for one")
  func fakeProc() throws {
    #expect(throws: SyscallError.self) { _ = try Verified.procDirectory(scratch.path) }
    _ = try Verified.procDirectory("/proc/self")
  }

  @Test("components leave out what means nothing")
  func parts() {
    #expect(components("//a/./b//c/") == ["a", "b", "c"])
    #expect(components("/") == [])
    #expect(components("a/../b") == ["a", "..", "b"])
  }
}
