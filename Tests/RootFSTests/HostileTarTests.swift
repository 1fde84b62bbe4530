// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Testing

@testable import RootFS

/// An archive that tries something, and what must come of it.
struct HostileCase: Sendable, CustomTestStringConvertible {
  enum Outcome: Sendable {
    /// Refused, with a message that names this entry (nil: no entry is to blame).
    case refused(RootFSError.Code, entry: String?)
    /// Unpacked; nothing outside is touched, and this path inside exists, as a link or otherwise.
    case harmless(inside: String?)
  }

  var name: String
  var outcome: Outcome
  var archive: [UInt8]

  init(_ name: String, _ outcome: Outcome, _ build: (inout TarWriter) -> Void) {
    self.name = name
    self.outcome = outcome
    archive = TarWriter.archive(build)
  }

  var testDescription: String { name }
}

/// The archives that hurt other programs. Beside the root lies a decoy, `decoy/file`, which must not change.
@Suite struct HostileTarTests {
  static let escapes: [HostileCase] = [
    HostileCase("parent", .refused(.refusedEntry, entry: "../decoy/x")) { $0.file("../decoy/x") },
    HostileCase("parent inside", .refused(.refusedEntry, entry: "a/../../decoy/x")) {
      $0.directory("a")
      $0.file("a/../../decoy/x")
    },
    HostileCase("parent at the end", .refused(.refusedEntry, entry: "a/..")) { $0.directory("a/..") },
    HostileCase("absolute name", .harmless(inside: "decoy/x")) { $0.file("/decoy/x") },
    HostileCase("many slashes", .harmless(inside: "decoy/x")) { $0.file("///./decoy//.//x") },
    HostileCase("relative link, then child", .harmless(inside: "decoy/x")) {
      $0.symbolicLink("link", "../decoy")
      $0.file("link/x")
    },
    HostileCase("link to the root, then child", .harmless(inside: "decoy/x")) {
      $0.symbolicLink("link", "/")
      $0.file("link/decoy/x")
    },
    HostileCase("link far up, then child", .harmless(inside: "decoy/x")) {
      $0.symbolicLink("link", "../../../../../../../../decoy")
      $0.file("link/x")
    },
    HostileCase("link through proc", .harmless(inside: "proc/self/root/decoy/x")) {
      $0.symbolicLink("link", "/proc/self/root/decoy")
      $0.file("link/x")
    },
    HostileCase("link in a link's target", .harmless(inside: "decoy/x")) {
      $0.directory("a")
      $0.symbolicLink("a/up", "../..")
      $0.symbolicLink("b", "a/up/decoy")
      $0.file("b/x")
    },
    HostileCase("link loop", .refused(.system, entry: "a/x")) {
      $0.symbolicLink("a", "b")
      $0.symbolicLink("b", "a")
      $0.file("a/x")
    },
    HostileCase("link to itself", .refused(.system, entry: "a/x")) {
      $0.symbolicLink("a", "a")
      $0.file("a/x")
    },
    HostileCase("file over a link", .harmless(inside: "link")) {
      $0.symbolicLink("link", "../decoy/file")
      $0.file("link", "overwritten")
    },
    HostileCase("directory over a link", .harmless(inside: "link/x")) {
      $0.symbolicLink("link", "../decoy")
      $0.directory("link", mode: 0o777)
      $0.file("link/x")
    },
    HostileCase("fifo over a link", .harmless(inside: "link")) {
      $0.symbolicLink("link", "../decoy/file")
      $0.device("link", "6", 0, 0)
    },
    HostileCase("mode through a link", .harmless(inside: "link")) {
      $0.directory("link")
      $0.symbolicLink("link", "../decoy")
    },
    HostileCase("a component that is a file", .refused(.refusedEntry, entry: "f/x")) {
      $0.file("f")
      $0.file("f/x")
    },
    HostileCase("the root as a file", .refused(.refusedEntry, entry: "./")) {
      var header = TarWriter.Header("./", "2")
      header.link = Array("/decoy".utf8)
      $0.add(header)
    },
  ]

  static let hardLinks: [HostileCase] = [
    HostileCase("hard link upwards", .refused(.refusedEntry, entry: "x")) {
      $0.hardLink("x", "../decoy/file")
    },
    HostileCase("hard link absolute", .refused(.system, entry: "x")) { $0.hardLink("x", "/decoy/file") },
    HostileCase("hard link through a link", .refused(.system, entry: "x")) {
      $0.symbolicLink("link", "../decoy")
      $0.hardLink("x", "link/file")
    },
    HostileCase("hard link to a link", .harmless(inside: "x")) {
      $0.symbolicLink("link", "../decoy/file")
      $0.hardLink("x", "link")
    },
    HostileCase("write through a hard link to a link", .harmless(inside: "x")) {
      $0.symbolicLink("link", "../decoy/file")
      $0.hardLink("x", "link")
      $0.file("x", "overwritten")
    },
    HostileCase("hard link to itself", .refused(.system, entry: "x")) { $0.hardLink("x", "x") },
    HostileCase("hard link to its own file", .harmless(inside: "x")) {
      $0.file("x")
      $0.hardLink("x", "x")
    },
    HostileCase("hard link to nothing", .refused(.system, entry: "x")) { $0.hardLink("x", "absent") },
    HostileCase("hard link to a directory", .refused(.system, entry: "x")) {
      $0.directory("d")
      $0.hardLink("x", "d")
    },
    HostileCase("hard link to the root", .refused(.refusedEntry, entry: "x")) { $0.hardLink("x", "./") },
    HostileCase("hard link with data", .refused(.refusedEntry, entry: "x")) {
      $0.file("f")
      var header = TarWriter.Header("x", "1")
      header.link = Array("f".utf8)
      header.size = 512
      $0.add(header, [UInt8](repeating: 0, count: 512))
    },
  ]

  static let names: [HostileCase] = [
    HostileCase("empty name", .refused(.refusedEntry, entry: "\"\"")) { $0.file("") },
    HostileCase("name of 5000 bytes", .refused(.limitExceeded, entry: "nnnn")) {
      $0.long("L", [UInt8](repeating: 0x6e, count: 5000))
      $0.file("short")
    },
    HostileCase("component of 256 bytes", .refused(.limitExceeded, entry: "nnnn")) {
      $0.long("L", [UInt8](repeating: 0x6e, count: 256))
      $0.file("short")
    },
    HostileCase("nested 300 deep", .refused(.limitExceeded, entry: "d/d/d")) {
      $0.long("L", Array(String(repeating: "d/", count: 300).utf8))
      $0.directory("short")
    },
    HostileCase("NUL in a pax name", .refused(.refusedEntry, entry: nil)) {
      $0.pax([("path", [0x61, 0, 0x62])])
      $0.file("short")
    },
    HostileCase("pax name upwards", .refused(.refusedEntry, entry: "../decoy/x")) {
      $0.pax(["path": "../decoy/x"])
      $0.file("innocent")
    },
    HostileCase("pax link upwards", .refused(.refusedEntry, entry: "x")) {
      $0.pax(["linkpath": "../decoy/file"])
      $0.hardLink("x", "innocent")
    },
    HostileCase("name for all members", .refused(.refusedEntry, entry: nil)) {
      $0.pax(["path": "same"], type: "g")
      $0.file("x")
    },
    HostileCase("two names for one member", .refused(.refusedEntry, entry: "a")) {
      $0.pax(["path": "a"])
      $0.long("L", Array("b".utf8))
      $0.file("c")
    },
    HostileCase("not UTF-8", .harmless(inside: nil)) {
      var header = TarWriter.Header("x")
      header.name = [0xff, 0xfe, 0x2f, 0x80]
      $0.add(header)
    },
    HostileCase("names that differ in case", .harmless(inside: "File")) {
      $0.file("file")
      $0.file("File")
    },
    HostileCase("control characters", .harmless(inside: nil)) { $0.file("a\u{1b}[31m\nb") },
    HostileCase("link without target", .refused(.damagedArchive, entry: "x")) { $0.symbolicLink("x", "") },
    HostileCase("whiteout", .refused(.refusedEntry, entry: ".wh.x")) { $0.file(".wh.x", "") },
    HostileCase("whiteout of the parent", .refused(.refusedEntry, entry: "a/.wh...")) {
      $0.file("a/.wh...", "")
    },
    HostileCase("whiteout without a name", .refused(.refusedEntry, entry: ".wh.")) { $0.file(".wh.", "") },
    HostileCase("opaque root", .refused(.refusedEntry, entry: ".wh..wh..opq")) {
      $0.file(".wh..wh..opq", "")
    },
  ]

  static let numbers: [HostileCase] = [
    HostileCase("size of 8 EB", .refused(.limitExceeded, entry: "x")) {
      var header = TarWriter.Header("x")
      header.patches = [(124, TarWriter.base256(.max, width: 12))]
      $0.add(header)
    },
    HostileCase("size negative", .refused(.damagedArchive, entry: "x")) {
      var header = TarWriter.Header("x")
      header.patches = [(124, TarWriter.base256(-512, width: 12))]
      $0.add(header)
    },
    HostileCase("size beyond 64 bits", .refused(.damagedArchive, entry: "x")) {
      var header = TarWriter.Header("x")
      header.patches = [(124, [0x80] + [UInt8](repeating: 0xff, count: 11))]
      $0.add(header)
    },
    HostileCase("size not octal", .refused(.damagedArchive, entry: "x")) {
      var header = TarWriter.Header("x")
      header.patches = [(124, Array("00000000009\0".utf8))]
      $0.add(header)
    },
    HostileCase("pax size negative", .refused(.damagedArchive, entry: nil)) {
      $0.pax(["size": "-1"])
      $0.file("x")
    },
    HostileCase("pax size beyond 64 bits", .refused(.damagedArchive, entry: nil)) {
      $0.pax(["size": "18446744073709551616"])
      $0.file("x")
    },
    HostileCase("owner that means unchanged", .refused(.refusedEntry, entry: nil)) {
      $0.pax(["uid": "4294967295"])
      $0.file("x")
    },
    HostileCase("owner that wraps to root", .refused(.refusedEntry, entry: "x")) {
      var header = TarWriter.Header("x")
      header.patches = [(108, TarWriter.base256(4_294_967_296, width: 8))]
      $0.add(header)
    },
    HostileCase("time of -2^63", .harmless(inside: "x")) {
      $0.pax(["mtime": "-9223372036854775808"])
      $0.file("x")
    },
    HostileCase("extended header of 2 MiB", .refused(.limitExceeded, entry: nil)) {
      $0.pax(["comment": String(repeating: "c", count: 2 << 20)])
      $0.file("x")
    },
    HostileCase("long name of 1 GiB", .refused(.limitExceeded, entry: nil)) {
      var header = TarWriter.Header("././@LongLink", "L")
      header.size = 1 << 30
      $0.add(header)
    },
    HostileCase("thousand attributes", .refused(.limitExceeded, entry: nil)) {
      $0.pax((0..<1000).map { ("SCHILY.xattr.user.a\($0)", [0x61]) })
      $0.file("x")
    },
    HostileCase("directory with data", .refused(.refusedEntry, entry: "d")) {
      var header = TarWriter.Header("d", "5")
      header.size = 512
      $0.add(header, [UInt8](repeating: 0, count: 512))
    },
    HostileCase("link with data", .refused(.refusedEntry, entry: "l")) {
      var header = TarWriter.Header("l", "2")
      header.link = Array("t".utf8)
      header.size = 512
      $0.add(header, [UInt8](repeating: 0, count: 512))
    },
    HostileCase("unknown type", .refused(.unsupported, entry: "x")) { $0.add(TarWriter.Header("x", "Z")) },
    HostileCase("multi-volume", .refused(.unsupported, entry: "x")) { $0.add(TarWriter.Header("x", "M")) },
  ]

  static let structure: [HostileCase] = [
    HostileCase("wrong checksum", .refused(.damagedArchive, entry: nil)) {
      var header = TarWriter.Header("x")
      header.checksum = Array("000000\0 ".utf8)
      $0.add(header)
    },
    HostileCase("second archive behind the end", .refused(.damagedArchive, entry: nil)) {
      $0.file("x")
      $0.end()
      $0.file("../decoy/x")
    },
    HostileCase("garbage behind the end", .refused(.damagedArchive, entry: nil)) {
      $0.file("x")
      $0.end()
      $0.addContent(Array("garbage".utf8))
    },
    HostileCase("extended header for nobody", .refused(.damagedArchive, entry: nil)) {
      $0.pax(["path": "x"])
    },
    HostileCase("archive in an archive", .harmless(inside: "inner.tar")) {
      var header = TarWriter.Header("inner.tar")
      let inner = TarWriter.archive { $0.file("../decoy/x") }
      header.size = UInt64(inner.count)
      $0.add(header, inner)
    },
    HostileCase("sparse map out of range", .refused(.damagedArchive, entry: "x")) {
      $0.pax(["GNU.sparse.realsize": "10", "GNU.sparse.map": "0,4,8,4", "GNU.sparse.name": "x"])
      $0.file("y", "12345678")
    },
    HostileCase("sparse map that overflows", .refused(.damagedArchive, entry: "x")) {
      $0.pax([
        "GNU.sparse.realsize": "10", "GNU.sparse.map": "18446744073709551615,4", "GNU.sparse.name": "x",
      ])
      $0.file("y", "1234")
    },
    HostileCase("sparse map that overlaps", .refused(.damagedArchive, entry: "x")) {
      $0.pax(["GNU.sparse.realsize": "10", "GNU.sparse.map": "0,4,2,4", "GNU.sparse.name": "x"])
      $0.file("y", "12345678")
    },
    HostileCase("sparse map with other data", .refused(.damagedArchive, entry: "x")) {
      $0.pax(["GNU.sparse.realsize": "10", "GNU.sparse.map": "0,4", "GNU.sparse.name": "x"])
      $0.file("y", "12345678")
    },
    HostileCase("sparse file of 8 EB", .refused(.limitExceeded, entry: "x")) {
      $0.pax(["GNU.sparse.realsize": "9223372036854775807", "GNU.sparse.map": "0,1", "GNU.sparse.name": "x"])
      $0.file("y", "1")
    },
    HostileCase("sparse name upwards", .refused(.refusedEntry, entry: "../decoy/x")) {
      $0.pax(["GNU.sparse.realsize": "1", "GNU.sparse.map": "0,1", "GNU.sparse.name": "../decoy/x"])
      $0.file("y", "1")
    },
    HostileCase("sparse map of a billion runs", .refused(.limitExceeded, entry: "x")) {
      $0.pax([
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1", "GNU.sparse.name": "x",
      ])
      $0.file("y", "1000000000\n" + String(repeating: "\0", count: 501))
    },
    HostileCase("full directory replaced", .refused(.refusedEntry, entry: "d")) {
      $0.directory("d")
      $0.file("d/x")
      $0.symbolicLink("d", "../decoy")
    },
    HostileCase("link replaced by directory, then child", .harmless(inside: "d/x")) {
      $0.symbolicLink("d", "../decoy")
      $0.directory("d")
      $0.file("d/x")
    },
    HostileCase("directory replaced by link, then child", .harmless(inside: "decoy/x")) {
      $0.directory("d")
      $0.symbolicLink("d", "../decoy")
      $0.file("d/x")
    },
  ]

  static let all = escapes + hardLinks + names + numbers + structure

  @Test(arguments: all)
  func touchesNothingOutside(hostile: HostileCase) throws {
    let scratch = try Scratch()
    let decoy = try scratch.makeDirectory("decoy")
    _ = try scratch.write("decoy/file", Array("untouched".utf8))
    let before = try listing(decoy)
    let root = scratch.path + "/root"
    var error: RootFSError?
    do throws(RootFSError) {
      _ = try RootFSTests.unpack(hostile.archive, into: root, step: 700)
    } catch let thrown { error = thrown }
    switch hostile.outcome {
    case .harmless(let inside):
      #expect(error == nil)
      let names = try listing(root)
      if let inside { #expect(names[inside] != nil, "\(names.keys.sorted())") }
    case .refused(let code, let entry):
      let error = try #require(error, "was not refused")
      #expect(error.code == code, "\(error)")
      if let entry { #expect(error.entry?.contains(entry) == true, "\(error)") }
      #expect(error.description.utf8.count < 400 && !error.description.contains("\n"))
    }
    #expect(try listing(decoy) == before)
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: scratch.path)).subtracting(["decoy", "root"])
        .isEmpty)
  }

  @Test func boundsTheNumberOfEntries() throws {
    let scratch = try Scratch()
    let archive = TarWriter.archive { tar in for index in 0..<50 { tar.file("f\(index)", "") } }
    var options = UnpackOptions()
    options.maximumEntries = 49
    let error = failure { () throws(RootFSError) in
      _ = try RootFSTests.unpack(archive, into: scratch.path + "/root", options: options)
    }
    #expect(error?.code == .limitExceeded)
    #expect(error?.entry?.contains("f49") == true)
    options.maximumEntries = 50
    #expect(try RootFSTests.unpack(archive, into: scratch.path + "/other", options: options).entries == 50)
  }

  /// Whatever a damaged archive makes, it makes below the root.
  @Test func mutationsStayInside() throws {
    let scratch = try Scratch()
    let decoy = try scratch.makeDirectory("decoy")
    _ = try scratch.write("decoy/file", Array("untouched".utf8))
    let before = try listing(decoy)
    var dice = Dice(7)
    let seeds = Self.escapes.map { $0.archive } + Self.structure.map { $0.archive }
    for round in 0..<400 {
      var archive = seeds[round % seeds.count]
      for _ in 0..<3 {
        let block = Int.random(in: 0..<(archive.count / 512), using: &dice) * 512
        let offset = block + Int.random(in: 0..<260, using: &dice)
        archive[offset] = [0x2e, 0x2f, 0x00, 0x30, 0x31, 0x32, 0x35, 0x61].randomElement(using: &dice) ?? 0
      }
      TarReaderTests.repairChecksums(&archive)
      do throws(RootFSError) {
        _ = try RootFSTests.unpack(archive, into: scratch.path + "/root\(round)")
      } catch {
        #expect(error.description.utf8.count < 600)
      }
    }
    #expect(try listing(decoy) == before)
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
    #expect(names.allSatisfy { $0 == "decoy" || $0.hasPrefix("root") }, "\(names)")
  }
}
