// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// Some programs of this machine with everything that they need to start: loaders, libraries, interpreters of
/// scripts, links on the way, and the files that a usable shell expects.
///
/// The answer comes from reading ELF files; running `ldd` would run the programs' own loaders.
struct HostClosure {
  /// The requested names, in order.
  let programs: [String]
  /// Parents before children, every path once.
  private(set) var members: [HostMember] = []
  /// Everything that was asked of the host on the way.
  let files = HostFiles()

  private let searchPath: [String]
  private var positions: [String: Int] = [:]
  private var finished: Set<String> = []
  private var loaders: [String: LoaderDirectories] = [:]
  /// How the first program that has any finds its libraries, and the names of all that were found.
  var libraries: (search: LibrarySearch, program: LoadedObject, loaded: Set<String>)?
  private var cache: LoaderCache?
  private var needsCache = false
  /// All programs, with the interpreters of scripts: the path by which each was found, and where it really is.
  private(set) var executables: [(path: String, realPath: String)] = []
  /// Where each requested program really is.
  private var places: [(name: String, path: String, realPath: String)] = []

  /// Scripts may name scripts as interpreters; the kernel gives up after five.
  private static let maximumScripts = 5

  /// Collects the closure of `programs`.
  ///
  /// - Parameters:
  ///   - programs: command names or absolute paths.
  ///   - additions: absolute paths of programs, files and directories that are wanted besides.
  ///   - searchPath: directories separated by colons, as in `PATH`; relative ones do not count.
  /// - Throws: `notFound` for a program, `missingLibrary`, `damagedProgram`, `unsupported`.
  init(of programs: [String], additions: [String] = [], searchPath: String) throws(RootFSError) {
    self.programs = programs
    self.searchPath = searchPath.utf8.split(separator: UInt8(ascii: ":")).compactMap {
      $0.first == slash ? String(Substring($0)) : nil
    }
    if let place = try files.resolve(LoaderCache.path), !place.isDirectory {
      cache = try LoaderCache(try Self.content(of: LoaderCache.path, limit: LoaderCache.maximumBytes))
    }
    try addLayout()
    for name in programs { try addRequested(name) }
    for path in additions { try addAddition(path) }
    try addCompanions()
    if needsCache { try add(LoaderCache.path, .loaderCache) }
    try addSurroundings()
  }

  // MARK: Programs

  private mutating func addRequested(_ name: String) throws(RootFSError) {
    let path = try find(name)
    let real = try add(path, .requested(name: name))
    try addExecutable(path, real, depth: 0)
    places.append((HostFiles.name(of: path), path, real))
    let directory = HostFiles.parent(of: path)
    guard !SystemPath.directories.contains(directory) else { return }
    // Without this a program that lives elsewhere would only be known by its path.
    let link = "/usr/local/bin/" + HostFiles.name(of: path)
    if positions[link] == nil { addLink(link, to: path, .command(name: name)) }
  }

  /// The path of the command `name`, as execvp(3) finds it.
  private func find(_ name: String) throws(RootFSError) -> String {
    if name.utf8.first == slash {
      guard let place = try files.resolve(name) else {
        throw RootFSError(
          .notFound, "no such program on this machine, or it may not be looked at", subject: name)
      }
      guard !place.isDirectory else { throw RootFSError(.unsupported, "is a directory", subject: name) }
      return name
    }
    for directory in searchPath {
      let path = (directory == "/" ? "" : directory) + "/" + name
      if let place = try files.resolve(path), !place.isDirectory, place.identity.mode & 0o111 != 0 {
        return path
      }
    }
    let list = searchPath.joined(separator: ":")
    throw RootFSError(.notFound, "no such command in PATH (\(list))", subject: name)
  }

  mutating func addExecutable(
    _ path: String, _ real: String, depth: Int
  ) throws(RootFSError) {
    guard finished.insert(path).inserted else { return }
    let head: [UInt8]
    do throws(RootFSError) {
      let file = try LibrarySearch.open(real)
      head = try FileBytes(file: file.fd).bytes(at: 0, count: 256)
    } catch {
      throw error.about(real)
    }
    executables.append((path, real))
    if head.starts(with: ELFFile.magic) {
      try addObject(LoadedObject(path: path, realPath: real, elf: try LibrarySearch.read(real), parent: nil))
    } else if head.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) {
      guard depth < Self.maximumScripts else {
        throw RootFSError(.unsupported, "is a script of a script of a script, too deep to run", subject: path)
      }
      try addScript(path, head, depth: depth)
    } else {
      throw RootFSError(.unsupported, "is neither an ELF program nor a script", subject: path)
    }
  }

  /// Adds the interpreter that the first line names, and for `env` the program that it will look for.
  private mutating func addScript(_ path: String, _ head: [UInt8], depth: Int) throws(RootFSError) {
    let line = head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
    let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map {
      String(decoding: $0, as: UTF8.self)
    }
    guard let interpreter = words.first, interpreter.utf8.first == slash else {
      throw RootFSError(.unsupported, "is a script without an absolute interpreter", subject: path)
    }
    var names = [interpreter]
    if HostFiles.name(of: interpreter) == "env" {
      let program = words.dropFirst().first { $0.utf8.first != UInt8(ascii: "-") && !$0.contains("=") }
      if let program { names.append(program) }
    }
    for name in names {
      let found: String
      do throws(RootFSError) { found = try find(name) } catch {
        throw RootFSError(error.code, "\(error.reason) (interpreter of the script \(path))", subject: name)
      }
      let real = try add(found, .scriptInterpreter(of: path))
      try addExecutable(found, real, depth: depth + 1)
    }
  }

  // MARK: Libraries

  /// Adds the loader of a program, and breadth first all libraries that it would load.
  private mutating func addObject(_ program: LoadedObject) throws(RootFSError) {
    guard let loader = program.elf.interpreter else {
      // A static program; or a library that somebody named, which no process starts with.
      if program.elf.needed.isEmpty { return }
      throw RootFSError(.unsupported, "is a shared library, not a program", subject: program.path)
    }
    guard let place = try files.resolve(loader), !place.isDirectory else {
      throw RootFSError(.missingLibrary, "its loader \(loader) does not exist", subject: program.path)
    }
    try add(loader, .loader(of: program.path))
    let search = try search(for: loader, place.path)
    // The loader is itself a library, and already there when the libraries ask for it.
    var loaded: Set<String> = [HostFiles.name(of: loader)]
    if let soname = try LibrarySearch.read(place.path).soname { loaded.insert(soname) }
    try addLibraries(of: program, search, &loaded)
    if libraries == nil { libraries = (search, program, []) }
    libraries?.loaded.formUnion(loaded)
  }

  /// Adds, breadth first, what `program` would load.
  ///
  /// - Parameter isOptional: whether it may be missing: then it is for a part of the program that nobody may use.
  mutating func addLibraries(
    of program: LoadedObject, _ search: LibrarySearch, _ loaded: inout Set<String>, isOptional: Bool = false
  ) throws(RootFSError) {
    var queue = [program]
    var next = 0
    while next < queue.count {
      let object = queue[next]
      next += 1
      for name in object.elf.needed + object.elf.auxiliary where !loaded.contains(name) {
        let found = try search.find(name, for: object)
        guard let first = found.first else {
          if isOptional || !object.elf.needed.contains(name) { continue }
          throw missing(name, object, program, search)
        }
        loaded.insert(name)
        if let soname = first.object.elf.soname { loaded.insert(soname) }
        for library in found {
          let reason: HostReason =
            isOptional
            ? .loadedLater(name: name, by: object.path)
            : .library(name: name, neededBy: object.path, foundBy: library.source)
          try add(library, reason, search)
          queue.append(library.object)
        }
      }
    }
  }

  /// Adds a library that was found, and the list of libraries if that is how the loader will find it.
  mutating func add(
    _ library: LibrarySearch.Found, _ reason: HostReason, _ search: LibrarySearch
  ) throws(RootFSError) {
    try add(library.object.path, reason)
    let isDefault = search.defaults.paths.contains(HostFiles.parent(of: library.object.path))
    if library.source == .cache, !isDefault { needsCache = true }
  }

  private mutating func search(for loader: String, _ real: String) throws(RootFSError) -> LibrarySearch {
    if let known = loaders[loader] { return LibrarySearch(files: files, cache: cache, defaults: known) }
    let content = try Self.content(of: real, limit: LoaderDirectories.maximumLoaderBytes)
    var directories = LoaderDirectories(loader: content, path: loader)
    let isMusl = HostFiles.name(of: loader).hasPrefix("ld-musl")
    if isMusl {
      try addMuslPath(loader, &directories)
    } else if directories.paths.isEmpty {
      // A loader of unknown build: search where distributions put libraries, and let the cache tell it.
      directories.paths = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"]
      needsCache = cache != nil
    }
    loaders[loader] = directories
    return LibrarySearch(files: files, cache: isMusl ? nil : cache, defaults: directories)
  }

  /// musl's directories can be replaced by a file in `/etc`, named for the machine as the loader is.
  private mutating func addMuslPath(
    _ loader: String, _ directories: inout LoaderDirectories
  ) throws(RootFSError) {
    let name = HostFiles.name(of: loader)
    guard let end = name.utf8.firstIndex(of: UInt8(ascii: ".")) else { return }
    let path = "/etc/" + name[..<end] + ".path"
    guard let place = try files.resolve(path), !place.isDirectory else { return }
    let text = String(decoding: try Self.content(of: path, limit: 1 << 16), as: UTF8.self)
    directories.paths = text.split { $0 == "\n" || $0 == ":" }.map(String.init)
    try add(path, .loaderCache)
  }

  private func missing(
    _ name: String, _ object: LoadedObject, _ program: LoadedObject, _ search: LibrarySearch
  ) -> RootFSError {
    let directories = (search.ownDirectories(of: object) + search.defaults.paths).prefix(6)
    let via = object === program ? "" : " of \(object.path)"
    return RootFSError(
      .missingLibrary,
      "its library \(name)\(via) was found neither in \(LoaderCache.path) nor in "
        + directories.joined(separator: ", "),
      subject: program.path)
  }

  // MARK: Members

  /// Adds the host's file at `path` with all links and directories on the way.
  ///
  /// - Returns: the path without links.
  @discardableResult
  mutating func add(_ path: String, _ reason: HostReason) throws(RootFSError) -> String {
    var visited: [HostFiles.Visit] = []
    guard let place = try files.resolve(path, visit: { visited.append($0) }) else {
      throw RootFSError(.notFound, "does not exist or cannot be followed", subject: path)
    }
    for (step, answer, isLast) in visited {
      switch answer {
      case .absent, .denied: break
      case .directory:
        insert(HostMember(path: step, content: .directory(mode: 0o755), reason: .way(to: path)))
      case .link(_, let target):
        insert(
          HostMember(path: step, content: .link(target: target), reason: isLast ? reason : .way(to: path)))
      case .file(let identity):
        guard identity.mode & 0o170000 == 0o100000 else {
          throw RootFSError(.unsupported, "is not a regular file", subject: path)
        }
        insert(HostMember(path: step, content: .file(identity), reason: reason))
      }
    }
    return place.path
  }

  /// Adds a link that the host does not have, and the directories above it.
  mutating func addLink(_ path: String, to target: String, _ reason: HostReason) {
    addParents(of: path, reason)
    insert(HostMember(path: path, content: .link(target: target), reason: reason))
  }

  /// Adds a file with a text of ours, and the directories above it.
  mutating func addText(_ path: String, _ text: String, mode: UInt32 = 0o644) {
    addParents(of: path, .layout)
    insert(HostMember(path: path, content: .text(text, mode: mode), reason: .layout))
  }

  /// Adds a directory, whether or not the host has it, and those above it.
  mutating func addDirectory(_ path: String, _ mode: UInt32, _ reason: HostReason) {
    addParents(of: path, reason)
    if let position = positions[path] {
      if case .directory = members[position].content { members[position].content = .directory(mode: mode) }
      return
    }
    insert(HostMember(path: path, content: .directory(mode: mode), reason: reason))
  }

  private mutating func addParents(of path: String, _ reason: HostReason) {
    let parent = HostFiles.parent(of: path)
    if !parent.isEmpty, positions[parent] == nil { addDirectory(parent, 0o755, reason) }
  }

  mutating func insert(_ member: HostMember) {
    if positions[member.path] != nil { return }
    positions[member.path] = members.count
    members.append(member)
  }

  func contains(_ path: String) -> Bool { positions[path] != nil }

  /// The requested programs: how they are called, and where they really are.
  var requested: [(name: String, path: String, realPath: String)] { places }

  private static func content(of path: String, limit: Int) throws(RootFSError) -> [UInt8] {
    do throws(SyscallError) {
      return try readFile(.workingDirectory, path, limit: limit)
    } catch {
      throw RootFSError(.system, "cannot read", subject: path, errno: error.errno.rawValue)
    }
  }
}
