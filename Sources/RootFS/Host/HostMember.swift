// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Why something of the host is in a `host:` tree.
public enum HostReason: Sendable, Equatable {
  /// Named in the reference.
  case requested(name: String)
  /// Makes a requested program that is elsewhere known as a command.
  case command(name: String)
  /// A directory or link on the way to something else.
  case way(to: String)
  /// Loads the program `path` (`PT_INTERP`).
  case loader(of: String)
  /// A library that `path` needs, and where the loader will find it.
  case library(name: String, neededBy: String, foundBy: LibrarySource)
  /// Runs the script `path` (`#!`).
  case scriptInterpreter(of: String)
  /// A library that `path` loads only when it needs it (dlopen(3)).
  case loadedLater(name: String, by: String)
  /// Files without which the program `path` does little.
  case data(of: String)
  /// Asked for besides the programs.
  case addition(path: String)
  /// Numbers of services and protocols by name, for what asks the C library.
  case nameService
  /// Tells the loader about libraries outside its default directories.
  case loaderCache
  /// Describes a terminal to programs that draw on it.
  case terminal
  /// The character set and texts of the locale C.UTF-8.
  case locale
  /// What every root file system has.
  case layout

  /// How the loader finds a library.
  public enum LibrarySource: String, Sendable, Equatable {
    case path = "named with a path"
    case runpath = "by DT_RUNPATH"
    case rpath = "by DT_RPATH"
    case cache = "by /etc/ld.so.cache"
    case defaultDirectory = "in a default directory"
    case variant = "for other processors"
  }
}

extension HostReason: CustomStringConvertible {
  /// One line without the path concerned, such as `library libc.so.6, needed by /usr/bin/bash, found …`.
  public var description: String {
    switch self {
    case .requested(let name): "requested as \(name)"
    case .command(let name): "makes \(name) a command"
    case .way(let path): "on the way to \(path)"
    case .loader(let path): "program loader of \(path)"
    case .library(let name, let path, let source):
      "library \(name), needed by \(path), found \(source.rawValue)"
    case .scriptInterpreter(let path): "runs the script \(path)"
    case .loadedLater(let name, let path): "library \(name), which \(path) loads when it needs it"
    case .data(let path): "data of \(path)"
    case .addition(let path): "asked for by --with \(path)"
    case .nameService: "names of services and protocols"
    case .loaderCache: "list of libraries outside the loader's default directories"
    case .terminal: "terminal description"
    case .locale: "locale C.UTF-8"
    case .layout: "part of every root file system"
    }
  }
}

/// One file, link or directory of a `host:` tree.
public struct HostMember: Sendable, Equatable {
  /// What it is.
  public enum Content: Sendable, Equatable {
    /// A directory with these permission bits.
    case directory(mode: UInt32)
    /// A symbolic link.
    case link(target: String)
    /// The host's file of the same path.
    case file(FileIdentity)
    /// A file with this text and these permission bits.
    case text(String, mode: UInt32)
  }

  /// Absolute, without links on the way, the same on the host and in the tree.
  public var path: String
  /// What it is.
  public var content: Content
  /// Why it is there.
  public var reason: HostReason
}

/// What tells that a file is still the same.
///
/// The change time is left out on purpose: linking a file into a tree changes it.
public struct FileIdentity: Sendable, Equatable {
  /// The file system.
  public var device: UInt64
  /// The file.
  public var inode: UInt64
  /// Size in bytes.
  public var sizeBytes: Int64
  /// Last change of the content, nanoseconds since 1970.
  public var modifiedNanoseconds: Int64
  /// Type and permission bits.
  public var mode: UInt32
  /// Owner.
  public var userID: UInt32
  /// Group.
  public var groupID: UInt32
}
