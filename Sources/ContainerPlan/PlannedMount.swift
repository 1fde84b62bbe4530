// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux
public import OCI

/// A mount whose options have been understood.
public struct PlannedMount: Equatable, Sendable {
  /// What is mounted.
  public enum Content: Equatable, Sendable {
    /// A new instance, or the kernel's shared one, of a file system type.
    case fileSystem(type: String, source: String, parameters: [Parameter])
    /// A copy of an existing mount or part of one.
    case bind(source: String, recursive: Bool)
    /// A copy of what earlier entries have mounted, by its path in the container.
    case bindInside(path: String, recursive: Bool)
    /// The container's own cgroups, as its cgroup layout has them.
    case cgroups
    /// No new mount: other attributes for the one that is there.
    case remount
  }

  /// A value for the file system itself: fsconfig(2)'s key and value, or a flag.
  public struct Parameter: Equatable, Sendable {
    public var key: String
    public var value: String?

    public init(_ key: String, _ value: String? = nil) {
      self.key = key
      self.value = value
    }
  }

  /// Its place in `mounts`.
  public var index: Int
  /// Absolute, without `.` or `..`.
  public var destination: String
  public var content: Content
  /// Attributes of this mount alone.
  public var attributes = MountAttributeChange()
  /// Of those that `attributes` clears, the ones that nobody has named: they stay where the kernel refuses.
  public var unnamed: MountAttributes = []
  /// Attributes of this mount and all below it (`rro` and its like).
  public var recursiveAttributes = MountAttributeChange()
  public var propagation: PlannedPropagation?
  /// What the image has at the destination is copied into the new file system first.
  public var copyUp = false
  /// A file or directory that the link at the source points to is not taken in its place.
  public var followSourceLink = true
  /// A link at the destination is covered itself, instead of what it points to; bind mounts only.
  public var followDestinationLink = true
  public var idMapping: IDMappedMount?
  /// The source is opened inside the root, and the runtime maps its ids: the container's rights do not extend to the host's
  /// file systems.
  public var isMappedByRuntime = false

  public init(index: Int, destination: String, content: Content) {
    self.index = index
    self.destination = destination
    self.content = content
  }

  public var origin: Origin { Origin("/mounts", index) }

  /// A read-only `/dev` of the container's own: read-only only once it holds what belongs there.
  var isFilledDevices: Bool {
    guard case .fileSystem = content else { return false }
    return destination == "/dev" && attributes.setting.contains(.readOnly)
  }

  var writable: PlannedMount {
    var copy = self
    copy.attributes.setting.subtract(.readOnly)
    return copy
  }

  var isBind: Bool {
    if case .bind = content { true } else { false }
  }
}

/// How ids on an idmapped mount are translated (mount_setattr(2), `MOUNT_ATTR_IDMAP`).
public struct IDMappedMount: Equatable, Sendable {
  /// Empty, as the other: those of the user namespace that the container joins.
  public var uidMappings: [IDMapping]
  public var gidMappings: [IDMapping]
  public var recursive: Bool

  public init(uidMappings: [IDMapping], gidMappings: [IDMapping], recursive: Bool) {
    self.uidMappings = uidMappings
    self.gidMappings = gidMappings
    self.recursive = recursive
  }
}
