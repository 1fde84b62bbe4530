// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Linux
import Testing

@testable import RootFS

@Suite struct DecompressionTests {
  static let formats = [("gzip", "gz"), ("xz", "xz"), ("zstd", "zst")].filter { hasProgram($0.0) }.map {
    $0.0
  }

  private static func limit(_ bytes: UInt64) -> ArchiveInput.OutputLimit {
    ArchiveInput.OutputLimit(usableBytes: bytes, reservedBytes: 0, ratio: .max, ratioFreeBytes: .max)
  }

  /// Compresses with the real program.
  private static func compress(_ bytes: [UInt8], _ program: String, _ options: [String] = []) throws
    -> [UInt8]
  {
    let scratch = try Scratch()
    let path = try scratch.write("x", bytes)
    let command = ([program] + options + ["-c", path]).joined(separator: " ") + " > \(path).out"
    try #require(try run(["sh", "-c", command]) != nil)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + ".out")))
  }

  /// Reads an archive's bytes through the pipeline, as unpacking does.
  private static func decompress(
    _ bytes: [UInt8], limit: UInt64 = .max, chunk: Int = 1 << 20
  ) throws(RootFSError) -> (output: [UInt8], digest: RootFSDigest?) {
    final class Position { var value = 0 }
    let position = Position()
    let format = try ArchiveFormat.detect(Array(bytes.prefix(ArchiveFormat.prefixBytes)))
    let input = try ArchiveInput(format: format, limit: Self.limit(limit)) {
      (buffer) throws(RootFSError) -> Int in
      let count = min(buffer.count, bytes.count - position.value, chunk)
      buffer.copyBytes(from: bytes[position.value..<(position.value + count)])
      position.value += count
      return count
    }
    let pipeline = try ArchivePipeline(input)
    defer { pipeline.finish() }
    var output: [UInt8] = []
    while true {
      let window = try pipeline.window()
      if window.isEmpty { break }
      output.append(contentsOf: window)
      pipeline.consume(window.count)
    }
    return (output, pipeline.finish())
  }

  /// Some megabytes that compress a little, so that every buffer is filled more than once.
  private static let text: [UInt8] = {
    var dice = Dice(1)
    var words: [UInt8] = []
    while words.count < 6 << 20 { words += Array("word\(UInt16.random(in: 0...9999, using: &dice)) ".utf8) }
    return TarWriter.archive { tar in
      var header = TarWriter.Header("f")
      header.size = UInt64(words.count)
      tar.add(header, words)
    }
  }()

  @Test(arguments: formats)
  func givesBackWhatWasCompressed(program: String) throws {
    let compressed = try Self.compress(Self.text, program, ["-1"])
    for chunk in [1000, 1 << 20] {
      let (output, digest) = try Self.decompress(compressed, chunk: chunk)
      #expect(output == Self.text)
      #expect(digest == RootFSDigest(hashing: compressed))
    }
    let (plain, digest) = try Self.decompress(Self.text)
    #expect(plain == Self.text && digest == RootFSDigest(hashing: Self.text))
  }

  @Test(arguments: formats)
  func readsConcatenatedMembers(program: String) throws {
    let half = Self.text.count / 2
    let first = try Self.compress(Array(Self.text[..<half]), program, ["-1"])
    let second = try Self.compress(Array(Self.text[half...]), program, ["-1"])
    #expect(try Self.decompress(first + second, chunk: 4093).output == Self.text)
  }

  @Test(arguments: formats)
  func noticesTruncationAndDamage(program: String) throws {
    let archive = TarWriter.archive { $0.file("f", String(repeating: "some text ", count: 100)) }
    let compressed = try Self.compress(archive, program)
    #expect(try Self.decompress(compressed).output == archive)
    for length in 8..<compressed.count {
      let error = failure("\(length) of \(compressed.count) bytes") { () throws(RootFSError) in
        _ = try Self.decompress(Array(compressed[..<length]))
      }
      #expect(error?.code == .damagedArchive)
    }
    var dice = Dice(3)
    for _ in 0..<300 {
      var damaged = compressed
      let index = Int.random(in: 8..<damaged.count, using: &dice)
      damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
      do throws(RootFSError) {
        // Some bits say nothing about the content, such as those of the file name or time.
        #expect(try Self.decompress(damaged, limit: 1 << 20).output == archive, "byte \(index)")
      } catch {
        #expect([.damagedArchive, .limitExceeded, .unsupported].contains(error.code), "\(error)")
      }
    }
  }

  @Test(arguments: formats)
  func refusesDataBehindTheEnd(program: String) throws {
    let compressed = try Self.compress(TarWriter.archive { $0.file("f") }, program)
    let error = failure { () throws(RootFSError) in
      _ = try Self.decompress(compressed + Array("garbage of some length, not a header".utf8))
    }
    #expect(error?.code == .damagedArchive)
    if program == "gzip" {
      #expect(try Self.decompress(compressed + [UInt8](repeating: 0, count: 3000)).output.count == 2048)
    }
  }

  @Test(arguments: formats)
  func stopsAtTheLimit(program: String) throws {
    // 64 MiB of zeros behind a header: a bomb of a few kilobytes.
    var header = TarWriter.Header("zeros")
    header.size = 64 << 20
    let bomb = header.block + [UInt8](repeating: 0, count: (64 << 20) + 1024)
    let compressed = try Self.compress(bomb, program, ["-9"])
    #expect(compressed.count < 100_000)
    let error = failure { () throws(RootFSError) in _ = try Self.decompress(compressed, limit: 10 << 20) }
    #expect(error?.code == .limitExceeded)
    #expect(error?.description.contains("free beyond a reserve") == true)
    #expect(try Self.decompress(compressed, limit: UInt64(bomb.count)).output.count == bomb.count)
  }

  /// Frames that ask for more memory than is ever given, hand-made: RFC 8878, section 3.1.1.1.
  @Test func boundsTheWindowOfZstd() throws {
    // Magic, descriptor without single segment, window descriptor 2^(10+exponent), an empty last block.
    func frame(exponent: UInt8) -> [UInt8] {
      [0x28, 0xb5, 0x2f, 0xfd, 0x00, exponent << 3, 0x01, 0x00, 0x00]
    }
    #expect(try Self.decompress(frame(exponent: 17)).output.isEmpty)
    for exponent: UInt8 in [18, 22, 31] {
      let error = failure { () throws(RootFSError) in _ = try Self.decompress(frame(exponent: exponent)) }
      #expect(error?.code == .limitExceeded, "2^\(10 + exponent)")
    }
  }

  @Test(.enabled(if: hasProgram("xz"), "needs xz"))
  func boundsTheDictionaryOfXZ() throws {
    let compressed = try Self.compress(
      TarWriter.archive { $0.file("f") }, "xz", ["--lzma2=preset=0,dict=256MiB"])
    let error = failure { () throws(RootFSError) in _ = try Self.decompress(compressed) }
    #expect(error?.code == .limitExceeded)
  }

  @Test(
    arguments: [
      ("bzip2", Array("BZh9".utf8)), ("zip", [0x50, 0x4b, 0x03, 0x04]), ("lz4", [0x04, 0x22, 0x4d, 0x18]),
      ("squashfs", Array("hsqs".utf8)),
      ("EROFS", [UInt8](repeating: 1, count: 1024) + [0xe2, 0xe1, 0xf5, 0xe0]),
      ("ext4", [UInt8](repeating: 1, count: 1080) + [0x53, 0xef]), ("ELF", [0x7f, 0x45, 0x4c, 0x46]),
      ("empty", []), ("neither", Array("hello, world".utf8)), ("XFS", Array("XFSB".utf8)),
    ] as [(String, [UInt8])])
  func namesWhatItDoesNotRead(name: String, prefix: [UInt8]) {
    let error = failure { () throws(RootFSError) in _ = try ArchiveFormat.detect(prefix) }
    #expect(error?.code == .unsupported)
    #expect(error?.reason.contains(name) == true, "\(String(describing: error))")
  }

  @Test func tellsFormatsByTheirBytes() throws {
    #expect(try ArchiveFormat.detect([0x1f, 0x8b, 8]) == .gzip)
    #expect(try ArchiveFormat.detect([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]) == .xz)
    #expect(try ArchiveFormat.detect([0x28, 0xb5, 0x2f, 0xfd]) == .zstd)
    #expect(try ArchiveFormat.detect([0x50, 0x2a, 0x4d, 0x18]) == .zstd)
    #expect(try ArchiveFormat.detect(TarReaderTests.sample) == .plain)
    #expect(try ArchiveFormat.detect(TarWriter.archive { _ in }) == .plain)
    var old = TarWriter.Header("f")
    old.magic = []
    #expect(try ArchiveFormat.detect(old.block) == .plain)
  }

  /// A pipeline that is given up early must not hang or leak its thread.
  @Test func canBeGivenUpAtAnyTime() throws {
    let threads = { () throws -> Int in
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }
    let before = try threads()
    for _ in 0..<50 {
      let input = try ArchiveInput(format: .plain, limit: Self.limit(.max)) {
        (buffer) throws(RootFSError) -> Int in
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        return buffer.count
      }
      let pipeline = try ArchivePipeline(input)
      _ = try pipeline.window()
      #expect(pipeline.finish() == nil)
    }
    // Other tests have threads of their own, but fewer than fifty.
    #expect(try threads() < before + 40)
  }
}
