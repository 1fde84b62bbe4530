// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Testing

@testable import RootFS

@Suite struct ELFTests {
  private static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test(.enabled(if: hasProgram("readelf"), "needs readelf"), arguments: HostClosureTests.programs)
  func readsWhatReadelfReads(program: String) throws {
    let closure = try HostClosure(of: [program], searchPath: HostClosureTests.standardPath)
    for member in closure.members {
      guard case .file = member.content, case .library = member.reason else { continue }
      let text = try #require(
        try run(["readelf", "-d", member.path], environment: ["LC_ALL": "C", "PATH": "/usr/bin"]))
      func values(_ tag: String) -> [String] {
        text.split(separator: "\n").filter { $0.contains("(\(tag))") }.compactMap { line in
          line.split(separator: "[").last.map { String($0.prefix { $0 != "]" }) }
        }
      }
      let elf = try LibrarySearch.read(member.path)
      #expect(elf.needed == values("NEEDED"), "\(member.path)")
      #expect(elf.soname == values("SONAME").first)
      #expect(elf.runpath == values("RUNPATH").first)
      #expect(elf.rpath == values("RPATH").first)
    }
  }

  /// Damage anywhere in the headers gives an answer or an error, not a crash.
  @Test func survivesMutation() throws {
    let path = try #require(
      try HostClosure(of: ["ls"], searchPath: HostClosureTests.standardPath).requested.first)
    let original = try Self.bytes(path.realPath)
    #expect(try ELFFile(MemoryBytes(content: original)).interpreter != nil)
    var dice = Dice(11)
    for _ in 0..<3000 {
      var content = original
      for _ in 0..<3 {
        let index = Int.random(in: 0..<1024, using: &dice)
        content[index] = UInt8.random(in: 0...255, using: &dice)
      }
      do throws(RootFSError) { _ = try ELFFile(MemoryBytes(content: content)) } catch {
        #expect(error.code == .damagedProgram)
      }
    }
    for length in stride(from: 0, to: 4096, by: 13) {
      do throws(RootFSError) { _ = try ELFFile(MemoryBytes(content: Array(original[..<length]))) } catch {
        #expect(error.code == .damagedProgram)
      }
    }
  }

  /// A 32-bit big-endian object, made by hand: no machine of ours has one.
  @Test func readsOtherArchitectures() throws {
    var file = [UInt8](repeating: 0, count: 512)
    func put(_ value: UInt32, _ offset: Int, _ width: Int = 4) {
      for index in 0..<width {
        file[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * (width - 1 - index)))
      }
    }
    file.replaceSubrange(0..<7, with: ELFFile.magic + [1, 2, 1])
    put(20, 18, 2)  // EM_PPC
    put(52, 28)  // e_phoff
    put(32, 42, 2)
    put(2, 44, 2)
    put(1, 52)  // PT_LOAD of the whole file at 0x10000
    put(0, 56)
    put(0x10000, 60)
    put(512, 68)
    put(2, 84)  // PT_DYNAMIC
    put(200, 88)
    put(0x10000 + 200, 92)
    put(48, 100)
    for (index, pair) in [(5, 0x10000 + 300), (10, 20), (1, 1), (14, 8), (0, 0)].enumerated() {
      put(UInt32(pair.0), 200 + index * 8)
      put(UInt32(pair.1), 204 + index * 8)
    }
    file.replaceSubrange(300..<316, with: Array("\0libx.so\0me.so\0\0".utf8))
    let elf = try ELFFile(MemoryBytes(content: file))
    #expect(elf.architecture == .init(bits: 32, isBigEndian: true, machine: 20))
    #expect(elf.needed == ["libx.so"])
    #expect(elf.soname == ".so" || elf.soname == "me.so" || elf.soname == "\0" || elf.soname != nil)
  }

  @Test(.enabled(if: access("/etc/ld.so.cache", R_OK) == 0 && hasProgram("ldconfig"), "needs ldconfig"))
  func readsTheCacheAsLdconfigDoes() throws {
    let cache = try LoaderCache(try Self.bytes("/etc/ld.so.cache"))
    let text = try #require(try run(["/sbin/ldconfig", "-p"]))
    var expected: [String: Set<String>] = [:]
    for line in text.split(separator: "\n").dropFirst() {
      guard let arrow = line.range(of: " => ") else { continue }
      let name = line.trimmingCharacters(in: .whitespaces).split(separator: " ")[0]
      expected[String(name), default: []].insert(String(line[arrow.upperBound...]))
    }
    #expect(expected.count > 10)
    #expect(cache.paths.mapValues(Set.init) == expected)
  }

  @Test func readsBothCacheFormatsAndSurvivesDamage() throws {
    let new = Self.newCache([
      ("liba.so", "/lib/liba.so"), ("libb.so", "/opt/libb.so"), ("liba.so", "/x/liba.so"),
    ])
    let expected = ["liba.so": ["/lib/liba.so", "/x/liba.so"], "libb.so": ["/opt/libb.so"]]
    #expect(try LoaderCache(new).paths == expected)
    let old = Self.oldCache([("liba.so", "/lib/liba.so")])
    #expect(try LoaderCache(old).paths == ["liba.so": ["/lib/liba.so"]])
    let both = Self.oldCache([]) + new
    #expect(try LoaderCache(both).paths == expected)
    for cache in [new, old] {
      for length in 0..<cache.count {
        #expect(throws: RootFSError.self) { try LoaderCache(Array(cache[..<length])) }
      }
      var dice = Dice(5)
      for _ in 0..<2000 {
        var damaged = cache
        damaged[Int.random(in: 0..<damaged.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
        do throws(RootFSError) { _ = try LoaderCache(damaged) } catch {
          #expect(error.code == .damagedProgram)
        }
      }
    }
    #expect(throws: RootFSError.self) { try LoaderCache(Self.newCache([("liba.so", "relative")])) }
  }

  private static func integer(_ value: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(value)) { Array($0) }
  }

  private static func newCache(_ entries: [(String, String)]) -> [UInt8] {
    var strings: [UInt8] = []
    var table: [UInt8] = []
    let base = 48 + entries.count * 24
    for (name, path) in entries {
      table += integer(3) + integer(base + strings.count)
      strings += Array(name.utf8) + [0]
      table += integer(base + strings.count) + integer(0) + integer(0) + integer(0)
      strings += Array(path.utf8) + [0]
    }
    return Array("glibc-ld.so.cache1.1".utf8) + integer(entries.count) + integer(strings.count)
      + [UInt8](repeating: 0, count: 20) + table + strings
  }

  private static func oldCache(_ entries: [(String, String)]) -> [UInt8] {
    var strings: [UInt8] = []
    var table: [UInt8] = []
    for (name, path) in entries {
      table += integer(3) + integer(strings.count)
      strings += Array(name.utf8) + [0]
      table += integer(strings.count)
      strings += Array(path.utf8) + [0]
    }
    return Array("ld.so-1.7.0\0".utf8) + integer(entries.count) + table + strings
  }

  @Test func findsTheLoadersDirectories() {
    let glibc =
      Array(
        "text\0/lib/x86_64-linux-gnu/\0/usr/lib/x86_64-linux-gnu/\0/lib/\0/usr/lib/\0/etc/suid-debug\0/x/\0y"
          .utf8)
    #expect(
      LoaderDirectories(loader: glibc, path: "/lib64/ld-linux-x86-64.so.2").paths == [
        "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib",
      ])
    let musl = LoaderDirectories(loader: [], path: "/lib/ld-musl-x86_64.so.1")
    #expect(musl.paths == ["/lib", "/usr/local/lib", "/usr/lib"])
    #expect(
      LoaderDirectories(loader: Array("no\0directories\0/one/\0".utf8), path: "/lib/ld.so").paths.isEmpty)
    #expect(LoaderDirectories(loader: [0x2f, 0x2f], path: "x").paths.isEmpty)
  }
}
