// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

@testable import RootFS

/// An ELF file, or the loader's cache of libraries.
func tryProgram(_ bytes: [UInt8]) {
  func expectDamage(_ read: () throws(RootFSError) -> Void) {
    do throws(RootFSError) { try read() } catch {
      demand(error.code == .damagedProgram, "\(error)")
      demandLine("\(error)")
    }
  }
  expectDamage { () throws(RootFSError) in
    let file = try ELFFile(MemoryBytes(content: bytes))
    let texts = file.needed + file.auxiliary + [file.interpreter, file.soname].compactMap { $0 }
    demand(texts.allSatisfy { !$0.utf8.contains(0) }, "NUL in \(texts)")
  }
  expectDamage { () throws(RootFSError) in
    let paths = try LoaderCache(bytes).paths.values.joined()
    demand(paths.allSatisfy { $0.utf8.first == UInt8(ascii: "/") }, "a relative path in \(Array(paths))")
  }
}

/// A tar archive, which must read the same whatever portions it comes in.
func tryArchive(_ bytes: [UInt8]) {
  let whole = Reading(bytes, step: .max)
  let portions = Reading(bytes, step: 77)
  demand(whole == portions, "portions make a difference: \(whole) and \(portions)")
  if let problem = whole.problem { demandLine(problem) }
}

/// The members of an archive, up to the error that ends it.
private struct Reading: Equatable {
  var entries: [TarEntry] = []
  var content: [[UInt8]] = []
  var problem: String?

  init(_ bytes: [UInt8], step: Int) {
    var limits = TarLimits()
    limits.entries = 1000
    var reader = TarReader(MemorySource(bytes, step: step), limits: limits)
    do throws(RootFSError) {
      while let entry = try reader.next() {
        entries.append(entry)
        content.append([])
        while case let part = try reader.content(), !part.isEmpty {
          content[content.count - 1] += Array(part)
        }
        demand(entry.userID != .max && entry.groupID != .max, "no owner: \(entry)")
        demand(!entry.path.contains(0) && !entry.linkTarget.contains(0), "NUL in a name: \(entry)")
      }
    } catch {
      problem = "\(error)"
    }
  }
}
