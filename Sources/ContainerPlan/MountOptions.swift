// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux
internal import OCI

/// One row of the table of mount options: a word and what it does.
struct MountOption: Sendable {
  enum Effect: Sendable {
    case set(MountAttributes, recursive: Bool)
    case clear(MountAttributes, recursive: Bool)
    case bind(recursive: Bool)
    case propagation(MountPropagation, recursive: Bool)
    /// A flag of the superblock that the kernel parses by this name.
    case superblock(StaticString)
    /// Accepted and without effect: the default, or something that current kernels do by themselves.
    case nothing
    case remount
    case copyUp
    case sourceNoFollow
    case destinationNoFollow
    case idmap(recursive: Bool)
  }

  let name: StaticString
  let effect: Effect

  init(_ name: StaticString, _ effect: Effect) {
    self.name = name
    self.effect = effect
  }
}

/// The options of runtime-spec's `config.md` ("Linux mount options") and those that callers are known to send. What is
/// not here goes to the file system as a parameter.
public enum MountOptions {
  static let table: [MountOption] = [
    MountOption("defaults", .nothing),
    MountOption("bind", .bind(recursive: false)), MountOption("rbind", .bind(recursive: true)),
    MountOption("ro", .set(.readOnly, recursive: false)),
    MountOption("rw", .clear(.readOnly, recursive: false)),
    MountOption("nosuid", .set(.noSUID, recursive: false)),
    MountOption("suid", .clear(.noSUID, recursive: false)),
    MountOption("nodev", .set(.noDevices, recursive: false)),
    MountOption("dev", .clear(.noDevices, recursive: false)),
    MountOption("noexec", .set(.noExec, recursive: false)),
    MountOption("exec", .clear(.noExec, recursive: false)),
    MountOption("noatime", .set(.noAccessTime, recursive: false)),
    MountOption("atime", .clear(.noAccessTime, recursive: false)),
    MountOption("relatime", .clear(.accessTimeMask, recursive: false)),
    MountOption("norelatime", .nothing),
    MountOption("strictatime", .set(.strictAccessTime, recursive: false)),
    MountOption("nostrictatime", .clear(.strictAccessTime, recursive: false)),
    MountOption("nodiratime", .set(.noDirectoryAccessTime, recursive: false)),
    MountOption("diratime", .clear(.noDirectoryAccessTime, recursive: false)),
    MountOption("nosymfollow", .set(.noSymlinkFollow, recursive: false)),
    MountOption("symfollow", .clear(.noSymlinkFollow, recursive: false)),
    MountOption("private", .propagation(.private, recursive: false)),
    MountOption("rprivate", .propagation(.private, recursive: true)),
    MountOption("shared", .propagation(.shared, recursive: false)),
    MountOption("rshared", .propagation(.shared, recursive: true)),
    MountOption("slave", .propagation(.slave, recursive: false)),
    MountOption("rslave", .propagation(.slave, recursive: true)),
    MountOption("unbindable", .propagation(.unbindable, recursive: false)),
    MountOption("runbindable", .propagation(.unbindable, recursive: true)),
    MountOption("rro", .set(.readOnly, recursive: true)),
    MountOption("rrw", .clear(.readOnly, recursive: true)),
    MountOption("rnosuid", .set(.noSUID, recursive: true)),
    MountOption("rsuid", .clear(.noSUID, recursive: true)),
    MountOption("rnodev", .set(.noDevices, recursive: true)),
    MountOption("rdev", .clear(.noDevices, recursive: true)),
    MountOption("rnoexec", .set(.noExec, recursive: true)),
    MountOption("rexec", .clear(.noExec, recursive: true)),
    MountOption("rnoatime", .set(.noAccessTime, recursive: true)),
    MountOption("ratime", .clear(.noAccessTime, recursive: true)),
    MountOption("rrelatime", .clear(.accessTimeMask, recursive: true)),
    MountOption("rnorelatime", .nothing),
    MountOption("rstrictatime", .set(.strictAccessTime, recursive: true)),
    MountOption("rnostrictatime", .clear(.strictAccessTime, recursive: true)),
    MountOption("rnodiratime", .set(.noDirectoryAccessTime, recursive: true)),
    MountOption("rdiratime", .clear(.noDirectoryAccessTime, recursive: true)),
    MountOption("rnosymfollow", .set(.noSymlinkFollow, recursive: true)),
    MountOption("rsymfollow", .clear(.noSymlinkFollow, recursive: true)),
    MountOption("sync", .superblock("sync")), MountOption("async", .nothing),
    MountOption("dirsync", .superblock("dirsync")), MountOption("lazytime", .superblock("lazytime")),
    MountOption("nolazytime", .nothing), MountOption("mand", .nothing), MountOption("nomand", .nothing),
    MountOption("iversion", .nothing), MountOption("noiversion", .nothing), MountOption("silent", .nothing),
    MountOption("loud", .nothing), MountOption("remount", .remount), MountOption("tmpcopyup", .copyUp),
    MountOption("src-nofollow", .sourceNoFollow), MountOption("copy-symlink", .sourceNoFollow),
    MountOption("dest-nofollow", .destinationNoFollow),
    MountOption("idmap", .idmap(recursive: false)), MountOption("ridmap", .idmap(recursive: true)),
  ]

  /// All words that the runtime understands itself, for `features`.
  public static var names: [String] { table.map { "\($0.name)" } }

  /// Words that need something of the kernel which old ones lack.
  ///
  /// - Parameters:
  ///   - attribute: whether mounts have these attributes.
  ///   - recursive: whether mount_setattr(2) exists.
  ///   - idmap: whether mounts can be idmapped.
  public static func names(
    attribute: (MountAttributes) -> Bool, recursive: Bool, idmap: Bool
  ) -> [String] {
    let possible = table.filter { row in
      switch row.effect {
      case .set(let flag, let isRecursive), .clear(let flag, let isRecursive):
        return attribute(flag) && (recursive || !isRecursive)
      case .idmap: return idmap
      default: return true
      }
    }
    return possible.map { "\($0.name)" }
  }

  static func effect(of option: String) -> MountOption.Effect? {
    var option = option
    return option.withUTF8 { bytes -> MountOption.Effect? in
      for row in table
      where row.name.utf8CodeUnitCount == bytes.count
        && memcmp(row.name.utf8Start, bytes.baseAddress, bytes.count)
      {
        return row.effect
      }
      return nil
    }
  }

  @inline(__always)
  private static func memcmp(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>?, _ count: Int) -> Bool {
    guard let b else { return count == 0 }
    for index in 0..<count where a[index] != b[index] { return false }
    return true
  }
}

/// The options of one mount, taken together.
struct ParsedMountOptions {
  var attributes = MountAttributeChange()
  var recursiveAttributes = MountAttributeChange()
  var bind = false
  var recursiveBind = false
  var propagation: PlannedPropagation?
  var remount = false
  var copyUp = false
  var followSourceLink = true
  var followDestinationLink = true
  var idmap: Bool?
  var parameters: [PlannedMount.Parameter] = []
  /// The first option that says the opposite of an earlier one. runc takes the last, crun the sum of both.
  var contradiction: Int?
  private var said: (own: MountAttributeChange, below: MountAttributeChange) = (.init(), .init())

  /// Of the access time modes, which are values of one field, the last counts, as with mount(8).
  init(_ options: [String]) {
    for (index, option) in options.enumerated() {
      apply(option)
      if contradiction == nil && isContradictory { contradiction = index }
    }
  }

  private var isContradictory: Bool {
    !said.own.setting.isDisjoint(with: said.own.clearing)
      || !said.below.setting.isDisjoint(with: said.below.clearing)
  }

  /// Attributes of which there is only yes and no.
  static let switches: MountAttributes = [.readOnly, .noSUID, .noDevices, .noExec, .noSymlinkFollow]

  private mutating func apply(_ option: String) {
    guard let effect = MountOptions.effect(of: option) else {
      for part in option.utf8.split(separator: 0x2C) { addParameter(part) }
      return
    }
    switch effect {
    case .set(let flag, let recursive): change(recursive, set: flag, clear: [])
    case .clear(let flag, let recursive): change(recursive, set: [], clear: flag)
    case .bind(let recursive):
      bind = true
      recursiveBind = recursiveBind || recursive
    case .propagation(let type, let recursive):
      propagation = PlannedPropagation(type, recursive: recursive)
    case .superblock(let name): parameters.append(.init("\(name)"))
    case .nothing: break
    case .remount: remount = true
    case .copyUp: copyUp = true
    case .sourceNoFollow: followSourceLink = false
    case .destinationNoFollow: followDestinationLink = false
    case .idmap(let recursive): idmap = recursive
    }
  }

  private mutating func change(_ recursive: Bool, set: MountAttributes, clear: MountAttributes) {
    func update(_ change: inout MountAttributeChange) {
      // The access time modes are one field: the last word decides.
      if !set.isDisjoint(with: .accessTimeMask) { change.setting.subtract(.accessTimeMask) }
      change.setting.subtract(clear)
      change.clearing.subtract(set)
      change.setting.formUnion(set)
      change.clearing.formUnion(clear)
    }
    if recursive { update(&recursiveAttributes) } else { update(&attributes) }
    func note(_ words: inout MountAttributeChange) {
      words.setting.formUnion(set.intersection(ParsedMountOptions.switches))
      words.clearing.formUnion(clear.intersection(ParsedMountOptions.switches))
    }
    if recursive { note(&said.below) } else { note(&said.own) }
  }

  private mutating func addParameter(_ part: Substring.UTF8View) {
    if let equals = part.firstIndex(of: 0x3D) {
      let value = part[part.index(after: equals)...]
      parameters.append(
        .init(String(decoding: part[..<equals], as: UTF8.self), String(decoding: value, as: UTF8.self)))
    } else {
      parameters.append(.init(String(decoding: part, as: UTF8.self)))
    }
  }
}
