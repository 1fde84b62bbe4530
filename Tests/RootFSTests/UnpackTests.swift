// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Linux
import Testing

@testable import RootFS

@Suite struct UnpackTests {
  @Test func laterMembersReplaceEarlierOnes() throws {
    let scratch = try Scratch()
    let root = scratch.path + "/root"
    let archive = TarWriter.archive { tar in
      tar.file("f", "old")
      tar.file("f", "new")
      tar.directory("d", mode: 0o700)
      tar.file("d/x", "kept")
      tar.directory("d", mode: 0o711)
      tar.directory("empty")
      tar.file("empty", "file now")
      tar.symbolicLink("l", "one")
      tar.symbolicLink("l", "two")
      tar.file("h", "first")
      tar.hardLink("h", "f")
    }
    _ = try unpack(archive, into: root)
    #expect(try String(contentsOfFile: root + "/f", encoding: .utf8) == "new")
    #expect(try String(contentsOfFile: root + "/h", encoding: .utf8) == "new")
    #expect(try String(contentsOfFile: root + "/d/x", encoding: .utf8) == "kept")
    #expect(try String(contentsOfFile: root + "/empty", encoding: .utf8) == "file now")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: root + "/l") == "two")
    #expect(try fstatat(.workingDirectory, root + "/d").mode & 0o7777 == 0o711)
  }

  /// Debian's archives have `bin -> usr/bin` and then files of either name.
  @Test func followsLinksOnTheWayInsideTheRoot() throws {
    let scratch = try Scratch()
    let root = scratch.path + "/root"
    let archive = TarWriter.archive { tar in
      tar.directory("usr/bin")
      tar.symbolicLink("bin", "usr/bin")
      tar.symbolicLink("sbin", "/usr/bin")
      tar.file("bin/a")
      tar.file("sbin/b")
      tar.hardLink("sbin/c", "bin/a")
      tar.symbolicLink("future", "later/place")
      tar.file("future/d")
    }
    _ = try unpack(archive, into: root)
    let names = try listing(root)
    for name in ["usr/bin/a", "usr/bin/b", "usr/bin/c", "later/place/d"] {
      #expect(names[name] != nil, "\(name)")
    }
    #expect(names["bin"]?.hasPrefix("l ") == true)
  }

  @Test func namesNeedNotBeText() throws {
    let scratch = try Scratch()
    let root = scratch.path + "/root"
    let name: [UInt8] = [0xff, 0x80, 0x61]
    let archive = TarWriter.archive { tar in
      var header = TarWriter.Header("")
      header.name = name
      header.size = 1
      tar.add(header, [0x21])
      header = TarWriter.Header("", "2")
      header.name = [0xfe]
      header.link = name
      tar.add(header)
    }
    _ = try unpack(archive, into: root)
    let content = withCString(Array((root + "/").utf8) + name + [0]) { path in
      let file = fopen(path, "r")
      defer { if let file { fclose(file) } }
      return file.map { fgetc($0) }
    }
    #expect(content == 0x21)
  }

  @Test func directoriesNeedNotBeListed() throws {
    let scratch = try Scratch()
    let root = scratch.path + "/root"
    _ = try unpack(TarWriter.archive { $0.file("a/b/c") }, into: root)
    for name in ["", "/a", "/a/b"] {
      #expect(try fstatat(.workingDirectory, root + name).mode & 0o7777 == 0o755, "\(name)")
    }
  }

  @Test func readOnlyDirectoriesCanBeFilled() throws {
    let scratch = try Scratch()
    let root = scratch.path + "/root"
    let archive = TarWriter.archive { tar in
      tar.directory("./", mode: 0o555)
      tar.directory("d", mode: 0o500)
      tar.directory("d/e", mode: 0)
      tar.file("d/e/f", mode: 0)
    }
    _ = try unpack(archive, into: root)
    #expect(try fstatat(.workingDirectory, root).mode & 0o7777 == 0o555)
    #expect(try fstatat(.workingDirectory, root + "/d").mode & 0o7777 == 0o500)
    #expect(try fstatat(.workingDirectory, root).modifiedNanoseconds == 1_000_000_000 * 1_000_000_000)
  }

  @Test func devicesAreLeftOutUnlessAsked() throws {
    let scratch = try Scratch()
    let archive = TarWriter.archive { tar in
      tar.directory("dev")
      tar.device("dev/null", "3", 1, 3)
      tar.device("dev/sda", "4", 8, 0)
      tar.hardLink("dev/zwei", "dev/null")
      tar.device("dev/fifo", "6", 0, 0)
    }
    let report = try unpack(archive, into: scratch.path + "/skip")
    #expect(report.skippedDevices == 3)
    #expect(report.warnings.count == 1)
    #expect(Set(try listing(scratch.path + "/skip").keys) == ["", "dev", "dev/fifo"])
    var options = UnpackOptions()
    options.devices = .refuse
    let error = failure { () throws(RootFSError) in
      _ = try unpack(archive, into: scratch.path + "/refuse", options: options)
    }
    #expect(error?.code == .refusedEntry && error?.entry == "\"dev/null\"")
  }

  @Test(.enabled(if: isRoot, "needs root"))
  func devicesAreMadeWhenAsked() throws {
    let scratch = try Scratch()
    var options = UnpackOptions()
    options.devices = .create
    let archive = TarWriter.archive { tar in
      tar.device("null", "3", 1, 3)
      tar.hardLink("other", "null")
    }
    _ = try unpack(archive, into: scratch.path + "/root", options: options)
    let status = try fstatat(.workingDirectory, scratch.path + "/root/other")
    #expect(status.isCharacterDevice && status.specialDevice == makeDevice(major: 1, minor: 3))
    let whiteout = TarWriter.archive { $0.device("w", "3", 0, 0) }
    let error = failure { () throws(RootFSError) in
      _ = try unpack(whiteout, into: scratch.path + "/other", options: options)
    }
    #expect(error?.code == .refusedEntry)
  }

  @Test(.enabled(if: isRoot, "needs root"))
  func ownersAndSetIDBitsAreKeptByRoot() throws {
    let scratch = try Scratch()
    let root = scratch.path + "/root"
    let archive = TarWriter.archive { tar in
      var header = TarWriter.Header("f")
      header.userID = 1234
      header.groupID = 4321
      header.mode = 0o6755
      tar.add(header)
      header.name = Array("d".utf8)
      header.type = UInt8(ascii: "5")
      header.mode = 0o3775
      tar.add(header)
      header = TarWriter.Header("l", "2")
      header.userID = 7
      header.link = Array("absent".utf8)
      tar.add(header)
      tar.file("d/inherits", mode: 0o644)
    }
    _ = try unpack(archive, into: root)
    for (name, mode) in [("f", UInt32(0o6755)), ("d", 0o3775)] {
      let status = try fstatat(.workingDirectory, root + "/" + name)
      #expect(status.uid == 1234 && status.gid == 4321 && status.mode & 0o7777 == mode, "\(name)")
    }
    #expect(try fstatat(.workingDirectory, root + "/l", followLinks: false).uid == 7)
    #expect(try fstatat(.workingDirectory, root + "/d/inherits").gid == 0)
  }

  @Test func setIDBitsGoWithTheirOwner() throws {
    let scratch = try Scratch()
    let root = scratch.path + "/root"
    var options = UnpackOptions()
    options.ownership = .caller
    let archive = TarWriter.archive { tar in
      var header = TarWriter.Header("stranger")
      header.userID = 1234
      header.groupID = 1234
      header.mode = 0o6755
      tar.add(header)
      header = TarWriter.Header("root")
      header.mode = 0o4755
      tar.add(header)
    }
    let report = try unpack(archive, into: root, options: options)
    #expect(report.droppedSetID == 1)
    let stranger = try fstatat(.workingDirectory, root + "/stranger")
    #expect(stranger.mode & 0o7777 == 0o755 && stranger.uid == geteuid())
    #expect(try fstatat(.workingDirectory, root + "/root").mode & 0o7777 == 0o4755)
  }

  @Test(.enabled(if: isRoot, "needs root"))
  func onlyHarmlessAttributesAreSet() throws {
    let scratch = try Scratch()
    let root = scratch.path + "/root"
    // cap_net_raw in the kernel's version 2 layout (linux/capability.h, struct vfs_cap_data).
    let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let archive = TarWriter.archive { tar in
      tar.pax([
        ("SCHILY.xattr.security.capability", capability), ("SCHILY.xattr.user.note", [0x61]),
        ("SCHILY.xattr.user.overlay.redirect", [0x2f]), ("SCHILY.xattr.trusted.overlay.redirect", [0x2f]),
        ("SCHILY.xattr.trusted.overlay.opaque", [0x79]), ("SCHILY.xattr.security.selinux", [0x78]),
        ("SCHILY.xattr.system.posix_acl_access", [2, 0, 0, 0]),
      ])
      tar.file("f")
    }
    let report = try unpack(archive, into: root)
    let names = try listAttributes(root + "/f")
    #expect(names.isSubset(of: ["security.capability", "user.note"]), "\(names)")
    #expect(names.contains("security.capability"))
    #expect(report.droppedAttributes == 7 - UInt64(names.count))
    let bad = TarWriter.archive { tar in
      tar.pax([("SCHILY.xattr.security.capability", [0, 0, 0, 9] + [UInt8](repeating: 0, count: 16))])
      tar.file("f")
    }
    let error = failure { () throws(RootFSError) in _ = try unpack(bad, into: scratch.path + "/other") }
    #expect(error?.code == .system && error?.entry == "\"f\"")
  }

  private func listAttributes(_ path: String) throws -> Set<String> {
    let script = "import os,sys; print('\\n'.join(os.listxattr(sys.argv[1])))"
    let text = try #require(try run(["/usr/bin/python3", "-c", script, path]), "needs /usr/bin/python3")
    return Set(text.split(separator: "\n").map(String.init))
  }

  /// The same archive, unpacked by GNU tar and by us.
  @Test(
    .enabled(if: isRoot && hasProgram("tar"), "needs root and GNU tar"),
    arguments: [
      ["--format=gnu"], ["--format=ustar"], ["--format=pax"], ["--format=v7"], ["--format=pax", "-S"],
    ])
  func unpacksWhatGNUTarPacks(format: [String]) throws {
    let scratch = try Scratch()
    let source = try Self.makeDebianLikeTree(scratch, format[0])
    let archive = scratch.path + "/x.tar"
    try #require(try run(["tar", "-c", "-C", source, "-f", archive] + format + ["."]) != nil)
    let expected = try scratch.makeDirectory("expected")
    try #require(try run(["tar", "-x", "-p", "--same-owner", "-C", expected, "-f", archive]) != nil)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: archive)))
    var options = UnpackOptions()
    options.devices = .create
    _ = try unpack(bytes, into: scratch.path + "/found", options: options)
    let (left, right) = (try listing(expected), try listing(scratch.path + "/found"))
    #expect(left.count > 30)
    for (name, line) in left { #expect(right[name] == line, "\(name)") }
    #expect(left.count == right.count)
  }

  private static func makeDebianLikeTree(_ scratch: Scratch, _ format: String) throws -> String {
    let source = try scratch.makeDirectory("source")
    let script = """
      set -e
      umask 022
      mkdir -p usr/bin usr/sbin usr/lib/x usr/lib64 etc/init.d var/lib/empty tmp root dev
      ln -s usr/bin bin; ln -s usr/sbin sbin; ln -s usr/lib lib
      chmod 1777 tmp; chmod 700 root; chmod 2775 var/lib/empty
      for i in 1 2 3 4 5 6 7 8 9; do head -c $((i * 511)) /dev/urandom > usr/bin/prog$i; chmod 755 usr/bin/prog$i; done
      cp usr/bin/prog1 usr/bin/su; chmod 4755 usr/bin/su
      ln usr/bin/prog2 usr/bin/alias
      ln -s /etc/alternatives/none usr/bin/dangling
      echo root:x:0:0:root:/root:/bin/sh > etc/passwd
      : > etc/empty; echo secret > etc/shadow; chmod 640 etc/shadow; chown 0:42 etc/shadow
      chown 1000:1000 var/lib/empty; touch -d '1999-12-31 23:59:59' etc/passwd usr/lib/x
      """
    // What the older formats cannot store.
    let special = "\nmkfifo var/pipe; mknod dev/null c 1 3; chmod 666 dev/null"
    let long = """

      mkdir -p usr/share/$(printf 'd%.0s' $(seq 1 120))/$(printf 'e%.0s' $(seq 1 120))
      echo long > usr/share/$(printf 'd%.0s' $(seq 1 120))/$(printf 'e%.0s' $(seq 1 90))
      """
    let extra = format == "--format=v7" ? "" : format == "--format=ustar" ? special : special + long
    try #require(try run(["sh", "-c", "cd \(source) && " + script + extra]) != nil)
    return source
  }
}
