// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

/// A program or library as the loader sees it.
final class LoadedObject {
  /// The path by which it was found: `$ORIGIN` is the directory of this path.
  let path: String
  /// The path without links.
  let realPath: String
  let elf: ELFFile
  /// The object that needs this one; nil for programs.
  let parent: LoadedObject?

  init(path: String, realPath: String, elf: ELFFile, parent: LoadedObject?) {
    self.path = path
    self.realPath = realPath
    self.elf = elf
    self.parent = parent
  }
}

/// Finds libraries as ld.so(8) would in a process that was started without `LD_*` variables.
struct LibrarySearch {
  /// A library that fits.
  struct Found {
    var object: LoadedObject
    var source: HostReason.LibrarySource
  }

  let files: HostFiles
  /// nil if the host has none, or the loader does not read it (musl).
  let cache: LoaderCache?
  let defaults: LoaderDirectories

  /// All files that a process may load for `name`, the one for every processor first; empty if there is none.
  func find(_ name: String, for object: LoadedObject) throws(RootFSError) -> [Found] {
    if name.utf8.contains(slash) {
      for path in expand(name, for: object) {
        if let found = try candidate(path, for: object) { return [Found(object: found, source: .path)] }
      }
      return []
    }
    let isRunpath = object.elf.runpath != nil
    for directory in ownDirectories(of: object) {
      let found = try inDirectory(directory, name, for: object, source: isRunpath ? .runpath : .rpath)
      if !found.isEmpty { return found }
    }
    if let cache, !object.elf.ignoresDefaultDirectories {
      var found: [Found] = []
      for path in cache.paths[name] ?? [] {
        if let library = try candidate(path, for: object) {
          found.append(Found(object: library, source: .cache))
        }
      }
      if !found.isEmpty { return found }
    }
    if object.elf.ignoresDefaultDirectories { return [] }
    for directory in defaults.paths {
      let found = try inDirectory(directory, name, for: object, source: .defaultDirectory)
      if !found.isEmpty { return found }
    }
    return []
  }

  /// The directories that the object and those that loaded it name. A `DT_RUNPATH` stands alone; a `DT_RPATH` also
  /// serves whatever is loaded on behalf of its object.
  func ownDirectories(of object: LoadedObject) -> [String] {
    if let runpath = object.elf.runpath { return split(runpath, for: object) }
    var directories: [String] = []
    var current: LoadedObject? = object
    while let owner = current {
      if owner.elf.runpath == nil, let rpath = owner.elf.rpath { directories += split(rpath, for: owner) }
      current = owner.parent
    }
    return directories
  }

  private func split(_ list: String, for object: LoadedObject) -> [String] {
    list.utf8.split(separator: UInt8(ascii: ":")).flatMap { expand(String(Substring($0)), for: object) }
  }

  /// Replaces the loader's tokens. Relative directories would depend on where the program is started: they are dropped.
  private func expand(_ text: String, for object: LoadedObject) -> [String] {
    var results = [text]
    for (token, values) in tokens(for: object) {
      results = results.flatMap { result in
        let hasToken = result.contains("$" + token) || result.contains("${" + token + "}")
        if !hasToken { return [result] }
        return values.map {
          replacing("$" + token, with: $0, in: replacing("${" + token + "}", with: $0, in: result))
        }
      }
    }
    return results.filter { $0.utf8.first == slash }
  }

  private func tokens(for object: LoadedObject) -> [(String, [String])] {
    let origin = HostFiles.parent(of: object.parent == nil ? object.realPath : object.path)
    var libraries = defaults.paths.map { String($0.drop { $0 == "/" }) }.filter { !$0.hasPrefix("usr/") }
    if libraries.isEmpty { libraries = ["lib64", "lib"] }
    return [("ORIGIN", [origin.isEmpty ? "/" : origin]), ("LIB", libraries), ("PLATFORM", [Self.machine])]
  }

  /// The machine's name, which is also the loader's name for the platform on most of them.
  private static let machine: String = {
    var name = utsname()
    guard uname(&name) == 0 else { return "" }
    return withUnsafeBytes(of: &name.machine) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }()

  private func inDirectory(
    _ directory: String, _ name: String, for object: LoadedObject, source: HostReason.LibrarySource
  ) throws(RootFSError) -> [Found] {
    guard let plain = try candidate(directory + "/" + name, for: object) else { return [] }
    var found = [Found(object: plain, source: source)]
    // Builds for newer processors. The tree shall work wherever its libraries do, hence all of them.
    let variants = directory + "/glibc-hwcaps"
    guard let place = try files.resolve(variants), place.isDirectory else { return found }
    for level in try files.list(variants) {
      if let library = try candidate(variants + "/" + level + "/" + name, for: object) {
        found.append(Found(object: library, source: .variant))
      }
    }
    return found
  }

  /// The library at `path` if it exists and is for the same machine as `object`; the loader passes over others.
  private func candidate(_ path: String, for object: LoadedObject) throws(RootFSError) -> LoadedObject? {
    guard let place = try files.resolve(path), !place.isDirectory else { return nil }
    let elf = try Self.read(place.path)
    guard elf.architecture == object.elf.architecture else { return nil }
    return LoadedObject(path: path, realPath: place.path, elf: elf, parent: object)
  }

  /// The headers of the file at `path`.
  static func read(_ path: String) throws(RootFSError) -> ELFFile {
    do throws(RootFSError) {
      let file = try open(path)
      return try ELFFile(FileBytes(file: file.fd))
    } catch {
      throw error.about(path)
    }
  }

  static func open(_ path: String) throws(RootFSError) -> Descriptor {
    do throws(SyscallError) {
      return try openat(.workingDirectory, path, [.readOnly, .nonBlocking, .noControllingTerminal])
    } catch {
      throw RootFSError(.system, "cannot open", subject: path, errno: error.errno.rawValue)
    }
  }

  private func replacing(_ token: String, with value: String, in text: String) -> String {
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    let pattern = Array(token.utf8)
    while let first = rest.first {
      if rest.starts(with: pattern) {
        result += value.utf8
        rest = rest.dropFirst(pattern.count)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
