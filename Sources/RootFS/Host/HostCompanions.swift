// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import Linux

// What programs open by themselves while they run, which no header names.

extension HostClosure {
  /// Entries that one directory may bring with it.
  private static let maximumEntries = 200_000

  /// Adds what was asked for besides the programs.
  mutating func addAddition(_ path: String) throws(RootFSError) {
    guard let place = try files.resolve(path) else {
      throw RootFSError(
        .notFound, "no such file or directory on this machine, or it may not be looked at", subject: path)
    }
    if place.isDirectory { return try addTree(path, .addition(path: path)) }
    let real = try add(path, .addition(path: path))
    let isProgram = place.identity.mode & 0o111 != 0
    if isProgram, try isRunnable(real) { try addExecutable(path, real, depth: 0) }
  }

  /// Whether the kernel would run a file: a script, or a program that names its loader or needs none.
  private func isRunnable(_ path: String) throws(RootFSError) -> Bool {
    let file = try LibrarySearch.open(path)
    let head = try FileBytes(file: file.fd).bytes(at: 0, count: 4)
    if head.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) { return true }
    guard head == ELFFile.magic else { return false }
    let elf = try LibrarySearch.read(path)
    return elf.interpreter != nil || elf.needed.isEmpty
  }

  /// Adds a directory with everything in it that the caller may read. Links are kept, and what they lead to comes with them;
  /// devices, sockets and pipes do not.
  private mutating func addTree(_ path: String, _ reason: HostReason) throws(RootFSError) {
    guard let top = try files.resolve(path), top.isDirectory else { return }
    try add(path, reason)
    var pending = [top.path]
    var count = 0
    while let directory = pending.popLast() {
      for name in try files.list(directory, remembers: true) {
        count += 1
        guard count <= Self.maximumEntries else {
          throw RootFSError(
            .limitExceeded, "has more than \(Self.maximumEntries) files; --volume shows it without copying",
            subject: path)
        }
        let child = (directory == "/" ? "" : directory) + "/" + name
        switch try files.look(at: child) {
        case .absent, .denied: break
        case .directory:
          try add(child, reason)
          pending.append(child)
        case .link(_, let target):
          if try files.resolve(child) == nil {
            insert(HostMember(path: child, content: .link(target: target), reason: reason))
          } else if try addIfRegular(child, reason) == false {
            try addDirectoryLink(child, reason)
          }
        case .file: if access(child, R_OK) == 0 { try addIfRegular(child, reason) }
        }
      }
    }
  }

  private mutating func addDirectoryLink(_ path: String, _ reason: HostReason) throws(RootFSError) {
    guard let place = try files.resolve(path), place.isDirectory else { return }
    try add(path, reason)
  }

  // MARK: Companions

  /// Adds what the programs that are there by now need beside their libraries.
  mutating func addCompanions() throws(RootFSError) {
    try addLateLibraries()
    var known: Set<String> = []
    for (path, real) in executables {
      for place in Self.data(of: HostFiles.name(of: real), libraries: libraries?.search.defaults.paths ?? [])
      where known.insert(place).inserted {
        guard let found = try files.resolve(place) else { continue }
        if found.isDirectory {
          let before = members.count
          try addTree(place, .data(of: path))
          try addLibrariesOfMembers(from: before)
        } else {
          try addIfRegular(place, .data(of: path))
        }
      }
    }
  }

  /// Libraries that the C library itself loads: where users and hosts are looked up (before glibc 2.34), and what
  /// unwinds the stacks of threads that are cancelled.
  private mutating func addLateLibraries() throws(RootFSError) {
    guard let (search, program, _) = libraries, libraries?.loaded.contains("libc.so.6") == true else {
      return
    }
    for name in ["libnss_files.so.2", "libnss_dns.so.2", "libgcc_s.so.1"] {
      guard libraries?.loaded.contains(name) == false else { continue }
      for library in try search.find(name, for: program) {
        try add(library, .loadedLater(name: name, by: "libc.so.6"), search)
        try addLateLibraries(of: library.object)
      }
    }
  }

  /// Adds the libraries of modules and programs among the members from `start` on.
  private mutating func addLibrariesOfMembers(from start: Int) throws(RootFSError) {
    guard libraries != nil else { return }
    for member in members[start...] {
      guard case .file(let identity) = member.content,
        identity.mode & 0o111 != 0 || member.path.utf8.suffix(3).elementsEqual(".so".utf8)
      else { continue }
      let file = try LibrarySearch.open(member.path)
      guard try FileBytes(file: file.fd).bytes(at: 0, count: 4) == ELFFile.magic else { continue }
      let elf = try LibrarySearch.read(member.path)
      try addLateLibraries(
        of: LoadedObject(path: member.path, realPath: member.path, elf: elf, parent: libraries?.program))
    }
  }

  private mutating func addLateLibraries(of object: LoadedObject) throws(RootFSError) {
    guard let (search, _, known) = libraries, object.elf.architecture == libraries?.program.elf.architecture
    else { return }
    var loaded = known
    try addLibraries(of: object, search, &loaded, isOptional: true)
    libraries?.loaded = loaded
  }

  /// Where well-known programs have their data. Those that do without are not listed; what is not there on this host does not
  /// matter.
  ///
  /// - Parameters:
  ///   - name: the program's own name, not that of a link to it.
  ///   - libraries: the directories of libraries, below which some keep it.
  static func data(of name: String, libraries: [String]) -> [String] {
    let certificates = ["/etc/ssl/openssl.cnf", "/etc/ssl/certs", "/usr/lib/ssl", "/etc/pki/tls/certs"]
    func below(_ names: String...) -> [String] {
      libraries.flatMap { place in names.map { place + "/" + $0 } }
    }
    if name.hasPrefix("python3.") {
      // python3.11-dbg and the like have the library of python3.11.
      let version = String(name.prefix { $0 != "-" && $0 != "_" })
      return ["/usr/lib/" + version, "/usr/lib64/" + version, "/etc/" + version] + certificates
    }
    if name == "perl" || name.hasPrefix("perl5") {
      return below("perl", "perl-base", "perl5") + [
        "/usr/share/perl", "/usr/share/perl5/core_perl", "/etc/perl",
      ]
    }
    if name == "vim" || name.hasPrefix("vim.") { return ["/usr/share/vim", "/etc/vim", "/etc/vimrc"] }
    switch name {
    case "curl", "wget", "openssl": return certificates
    case "git": return ["/usr/lib/git-core", "/usr/libexec/git-core", "/usr/share/git-core"] + certificates
    case "ip", "tc", "ss", "bridge": return ["/etc/iproute2", "/usr/share/iproute2"]
    case "file": return ["/usr/share/misc/magic.mgc", "/usr/lib/file/magic.mgc", "/usr/share/file"]
    case "nano": return ["/usr/share/nano", "/etc/nanorc"]
    case "gawk": return ["/usr/share/awk"] + below("gawk")
    case "zsh", "zsh5": return below("zsh") + ["/usr/share/zsh", "/etc/zsh"]
    case "iconv": return below("gconv")
    case "ssh": return ["/etc/ssh/ssh_config"]
    default: return []
    }
  }
}
