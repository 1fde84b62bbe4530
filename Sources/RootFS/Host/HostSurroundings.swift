// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// What a usable shell expects beside its libraries.

extension HostClosure {
  /// Directories and links that programs take for granted, in the shape that this host gives them: with a merged
  /// `/usr`, `/bin` is a link here as there.
  mutating func addLayout() throws(RootFSError) {
    for name in ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"] {
      if case .link(_, let target) = try files.look(at: name) {
        addLink(name, to: target, .layout)
        if let place = try files.resolve(name), place.isDirectory {
          addDirectory(place.path, 0o755, .layout)
        }
      }
    }
    for (path, mode) in Self.directories { addDirectory(path, mode, .layout) }
  }

  private static let directories: [(String, UInt32)] = [
    ("/etc", 0o755), ("/home", 0o755), ("/run", 0o755), ("/usr", 0o755), ("/var", 0o755),
    ("/root", 0o700), ("/tmp", 0o1777), ("/var/tmp", 0o1777),
    // The runtime mounts over these.
    ("/dev", 0o755), ("/proc", 0o555), ("/sys", 0o555),
  ]

  mutating func addSurroundings() throws(RootFSError) {
    let shell = try addShell()
    addText("/etc/passwd", Self.passwd(shell: shell))
    addText("/etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n")
    addText("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")
    // Whoever runs the container mounts its own over these.
    for path in ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"] { addText(path, "") }
    for path in ["/etc/services", "/etc/protocols"] { try addIfRegular(path, .nameService) }
    try addTerminals()
    try addLocale()
  }

  private static func passwd(shell: String) -> String {
    """
    root:x:0:0:root:/root:\(shell)
    nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin

    """
  }

  /// Makes `/bin/sh` a requested shell where the host's own is not among the programs.
  ///
  /// - Returns: the login shell of root.
  private mutating func addShell() throws(RootFSError) -> String {
    let shells = ["bash", "dash", "zsh", "ksh", "ash", "fish", "busybox"]
    let known = requested.filter { shells.contains($0.name) || $0.name == "sh" }
    let posix = ["bash", "dash", "ash", "ksh", "busybox"]
    let directory = try files.resolve("/bin")?.path ?? "/bin"
    let path = directory + "/sh"
    let candidate = posix.lazy.compactMap { name in known.first { $0.name == name } }.first
    if !contains(path), let candidate {
      let isNeighbour = HostFiles.parent(of: candidate.realPath) == directory
      let target = isNeighbour ? HostFiles.name(of: candidate.realPath) : candidate.path
      addLink(path, to: target, .command(name: "sh"))
    }
    return known.first?.path ?? "/bin/sh"
  }

  /// Descriptions of common terminals, from all places where ncurses looks.
  private mutating func addTerminals() throws(RootFSError) {
    let prefixes = ["xterm", "screen", "tmux"]
    let names: Set<String> = [
      "linux", "vt100", "vt102", "vt220", "ansi", "dumb", "rxvt", "rxvt-256color", "rxvt-unicode",
      "rxvt-unicode-256color", "alacritty", "foot", "st", "st-256color", "konsole", "konsole-256color",
    ]
    let letters = Set((prefixes + names).compactMap { $0.utf8.first })
    for root in ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"] {
      for letter in letters.sorted() {
        // Directories are named by the first letter, on file systems that ignore case by its number.
        let number = String(letter, radix: 16)
        for directory in [root + "/" + String(UnicodeScalar(letter)), root + "/" + number] {
          guard let place = try files.resolve(directory), place.isDirectory else { continue }
          for name in try files.list(directory)
          where names.contains(name) || prefixes.contains(where: { name.hasPrefix($0) }) {
            try addIfRegular(directory + "/" + name, .terminal)
          }
        }
      }
    }
  }

  private mutating func addLocale() throws(RootFSError) {
    for root in ["/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8"] {
      guard let place = try files.resolve(root), place.isDirectory else { continue }
      for name in try files.list(root) {
        let path = root + "/" + name
        if try !addIfRegular(path, .locale) {
          for inner in try files.list(path) { try addIfRegular(path + "/" + inner, .locale) }
        }
      }
    }
  }

  @discardableResult
  mutating func addIfRegular(_ path: String, _ reason: HostReason) throws(RootFSError) -> Bool {
    guard let place = try files.resolve(path), !place.isDirectory, place.identity.mode & 0o170000 == 0o100000
    else { return false }
    try add(path, reason)
    return true
  }
}
