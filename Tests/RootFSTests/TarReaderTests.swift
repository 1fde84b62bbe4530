// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Testing

@testable import RootFS

@Suite struct TarReaderTests {
  /// Members of every kind, and names and contents of every length that matters.
  static let sample = TarWriter.archive { tar in
    tar.pax(["comment": "made by a test"], type: "g")
    tar.directory("./")
    tar.directory("usr/")
    tar.file("usr/a", String(repeating: "a", count: 511))
    tar.file("usr/b", String(repeating: "b", count: 512))
    tar.file("usr/c", String(repeating: "c", count: 513))
    tar.file("usr/empty", "")
    tar.symbolicLink("bin", "usr")
    tar.hardLink("usr/d", "usr/a")
    tar.device("null", "3", 1, 3)
    tar.device("disk", "4", 8, 0)
    tar.device("pipe", "6", 0, 0)
    tar.long("L", Array(String(repeating: "n", count: 150).utf8))
    tar.file("short")
    tar.pax(["path": "usr/ü", "mtime": "1.5", "uid": "70000", "SCHILY.xattr.user.k": "v=w\n"])
    tar.file("other")
  }

  @Test(arguments: [1, 7, 511, 512, 513, 4096, Int.max])
  func readsEveryKindWhateverTheWindows(step: Int) throws {
    let found = try members(Self.sample, step: step)
    #expect(
      found.map { $0.entry.kind } == [
        .directory, .directory, .file, .file, .file, .file, .symbolicLink, .hardLink, .characterDevice,
        .blockDevice, .fifo, .file, .file,
      ])
    #expect(found[2].content == [UInt8](repeating: 0x61, count: 511))
    #expect(found[4].content == [UInt8](repeating: 0x63, count: 513))
    #expect(found[6].entry.linkTarget == Array("usr".utf8))
    #expect(found[8].entry.deviceMajor == 1 && found[8].entry.deviceMinor == 3)
    #expect(found[11].entry.path.count == 150)
    let last = found[12].entry
    #expect(String(decoding: last.path, as: UTF8.self) == "usr/ü")
    #expect(last.userID == 70000)
    #expect(last.modifiedSeconds == 1 && last.modifiedNanoseconds == 500_000_000)
    #expect(last.attributes == [.init(name: Array("user.k".utf8), value: Array("v=w\n".utf8))])
  }

  @Test func skipsContentThatNobodyReads() throws {
    var reader = TarReader(MemorySource(Self.sample, step: 100))
    var count = 0
    while try reader.next() != nil { count += 1 }
    #expect(count == 13)
    #expect(try reader.next() == nil)
  }

  /// A cut anywhere but behind the end mark's first block is noticed, and never accepted as a smaller archive.
  @Test func noticesTruncationAtEveryBlock() throws {
    let archive = Self.sample
    for length in stride(from: 0, through: archive.count - 1024, by: 512) {
      for cut in [length, length + 1, length + 200] where cut <= archive.count - 1024 {
        let error = failure("cut at \(cut)") { () throws(RootFSError) in
          _ = try members(Array(archive[..<cut]))
        }
        #expect(error?.code == .damagedArchive, "cut at \(cut)")
      }
    }
    #expect(try members(Array(archive[..<(archive.count - 512)])).count == 13)
  }

  @Test func readsOldDialects() throws {
    let v7 = TarWriter.archive { tar in
      var header = TarWriter.Header("dir/")
      header.magic = []
      header.prefix = Array("not a prefix".utf8)
      tar.add(header)
      header.name = Array("f".utf8)
      header.type = 0
      tar.add(header)
    }
    let found = try members(v7)
    #expect(found.map { $0.entry.kind } == [.directory, .file])
    #expect(found[0].entry.path == Array("dir/".utf8))
    let ustar = TarWriter.archive { tar in
      var header = TarWriter.Header("name")
      header.prefix = Array("long/prefix".utf8)
      tar.add(header)
      header.magic = Array("ustar  \u{0}".utf8)
      tar.add(header)
    }
    #expect(
      try members(ustar).map { String(decoding: $0.entry.path, as: UTF8.self) } == [
        "long/prefix/name", "name",
      ])
  }

  @Test func readsBase256Numbers() throws {
    let archive = TarWriter.archive { tar in
      var header = TarWriter.Header("f")
      header.patches = [
        (108, TarWriter.base256(3_000_000_000, width: 8)), (116, TarWriter.base256(4_294_967_294, width: 8)),
        (124, TarWriter.base256(3, width: 12)), (136, TarWriter.base256(-5, width: 12)),
      ]
      tar.add(header, [1, 2, 3])
    }
    let found = try members(archive)
    #expect(found[0].entry.userID == 3_000_000_000 && found[0].entry.groupID == 4_294_967_294)
    #expect(found[0].entry.modifiedSeconds == -5)
    #expect(found[0].content == [1, 2, 3])
  }

  @Test(arguments: [
    (Int64(0), "0"), (1, "1"), (-1, "-1"), (-2, "-1.5"), (0, "0.000000001"), (.max, "9223372036854775807"),
    (.min, "-9223372036854775808"), (-1, "-0.25"), (12, "12.123456789123"),
  ])
  func readsPaxTimes(seconds: Int64, text: String) throws {
    let records = try PaxRecords(TarWriter.paxRecord("mtime", Array(text.utf8)), limits: TarLimits())
    #expect(records.modified?.seconds == seconds)
    #expect((0..<1_000_000_000).contains(records.modified?.nanoseconds ?? -1))
  }

  @Test(arguments: [
    "", "5 a=\n", "x", "6 a=b", "99999999999999999999999 a=b\n", "3 =", "7 a b c\n", "0 a=b\n", "-6 a=b\n",
  ])
  func refusesMalformedRecords(text: String) throws {
    if text.isEmpty {
      #expect(try PaxRecords([], limits: TarLimits()) == PaxRecords())
    } else if text == "5 a=\n" {
      #expect(try PaxRecords(Array(text.utf8), limits: TarLimits()) == PaxRecords())
    } else {
      let error = failure { () throws(RootFSError) in
        _ = try PaxRecords(Array(text.utf8), limits: TarLimits())
      }
      #expect(error?.code == .damagedArchive)
    }
  }

  @Test func globalHeadersApplyToAllThatFollow() throws {
    let archive = TarWriter.archive { tar in
      tar.pax(["uid": "5", "gid": "6", "mtime": "7"], type: "g")
      tar.file("a")
      tar.pax(["uid": "8"])
      tar.file("b")
      tar.pax(["gid": ""], type: "g")
      tar.file("c")
    }
    let found = try members(archive)
    #expect(found.map { $0.entry.userID } == [5, 8, 5])
    #expect(found.map { $0.entry.groupID } == [6, 6, 6])
    #expect(found.map { $0.entry.modifiedSeconds } == [7, 7, 7])
  }

  /// All four ways in which GNU tar stores holes, written by GNU tar itself.
  @Test(
    .enabled(if: hasProgram("tar"), "needs GNU tar"),
    arguments: [
      ["--format=gnu"], ["--format=pax", "--sparse-version=0.0"], ["--format=pax", "--sparse-version=0.1"],
      ["--format=pax", "--sparse-version=1.0"],
    ])
  func readsSparseFiles(format: [String]) throws {
    let scratch = try Scratch()
    let source = try scratch.makeDirectory("source")
    // Thirty runs, so that the old format needs blocks that continue the map.
    var content = [UInt8](repeating: 0, count: 4 << 20)
    for run in 0..<30 {
      content[(run * 131072)..<(run * 131072 + 4096)] = [UInt8](repeating: UInt8(run + 1), count: 4096)[...]
    }
    let path = try scratch.write("source/holes", content)
    try run(["fallocate", "--dig-holes", path])
    let tar = scratch.path + "/x.tar"
    try #require(try run(["tar", "-c", "-S", "-C", source, "-f", tar] + format + ["."]) != nil)
    let archive = [UInt8](try Data(contentsOf: URL(fileURLWithPath: tar)))
    try #require(archive.count < 2 << 20, "tar found no holes")
    _ = try unpack(archive, into: scratch.path + "/root")
    let unpacked = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/root/holes")))
    #expect(unpacked == content)
    let blocks = try #require(try run(["stat", "-c", "%b", scratch.path + "/root/holes"]))
    #expect((Int(blocks.dropLast()) ?? .max) < 4096, "the holes were filled")
  }

  /// Any damage to any byte gives an archive or an error, not a crash, and bounded memory.
  @Test func survivesMutation() {
    var dice = Dice(42)
    for round in 0..<3000 {
      var archive = Self.sample
      for _ in 0..<Int.random(in: 1...4, using: &dice) {
        archive[Int.random(in: 0..<archive.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
      }
      if round % 3 == 0 { Self.repairChecksums(&archive) }
      do throws(RootFSError) {
        let found = try members(archive, step: 777)
        #expect(found.count <= 13)
      } catch {
        #expect(error.description.utf8.count < 600 && !error.description.contains("\n"))
      }
    }
  }

  /// Makes headers valid again, so that mutations reach what is behind the checksum.
  static func repairChecksums(_ archive: inout [UInt8]) {
    for start in stride(from: 0, to: archive.count - 511, by: 512)
    where archive[(start + 257)..<(start + 262)].elementsEqual("ustar".utf8) {
      for index in 148..<156 { archive[start + index] = 0x20 }
      let sum = archive[start..<(start + 512)].reduce(0) { $0 + Int($1) }
      let digits = Array(String(sum, radix: 8).utf8)
      for (index, digit) in ([UInt8](repeating: 0x30, count: 6 - digits.count) + digits).enumerated() {
        archive[start + 148 + index] = digit
      }
      archive[start + 154] = 0
    }
  }
}
