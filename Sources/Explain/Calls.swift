// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerPlan
internal import Linux
internal import OCI

/// System calls as the runtime makes them, in strace(1)'s manner; descriptors are given names.
enum Calls {
  /// mount_setattr(2) of an open mount.
  static func setattr(_ mount: String, _ change: MountAttributeChange, recursive: Bool) -> String {
    var fields: [String] = []
    if !change.setting.isEmpty { fields.append("attr_set=\(Words.kernelNames(change.setting))") }
    var clearing = change.clearing
    // The access time modes are values of one field, which is cleared whole.
    let clearsTime = !change.setting.union(clearing).isDisjoint(with: .accessTimeMask)
    clearing.subtract(.accessTimeMask)
    var cleared = clearing.isEmpty ? [] : [Words.kernelNames(clearing)]
    if clearsTime { cleared.append("MOUNT_ATTR__ATIME") }
    if !cleared.isEmpty { fields.append("attr_clr=\(cleared.joined(separator: "|"))") }
    if let propagation = change.propagation { fields.append("propagation=\(Words.kernelName(propagation))") }
    let flags = "AT_EMPTY_PATH" + (recursive ? "|AT_RECURSIVE" : "")
    return "mount_setattr(\(mount), \"\", \(flags), {\(fields.joined(separator: ", "))}, 32)"
  }

  /// What makes ids on a mount appear as others.
  static func idMapping(_ mapping: IDMappedMount, recursive: Bool) -> [String] {
    let flags = "AT_EMPTY_PATH" + (recursive ? "|AT_RECURSIVE" : "")
    return [
      "clone3({flags=CLONE_NEWUSER|CLONE_PIDFD, exit_signal=SIGCHLD}, 88)",
      "write(uid_map, \(Quoting.c(Words.mappings(mapping.uidMappings, separator: "\n"))))",
      "write(gid_map, \(Quoting.c(Words.mappings(mapping.gidMappings, separator: "\n"))))",
      "mount_setattr(mount, \"\", \(flags), {attr_set=MOUNT_ATTR_IDMAP, userns_fd=user}, 32)",
    ]
  }

  /// Of a source that is open.
  static func copyOfSource(recursive: Bool) -> String {
    "open_tree(source, \"\", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_EMPTY_PATH\(recursive ? "|AT_RECURSIVE" : ""))"
  }

  static func attributesOfSource(_ mount: PlannedMount) -> [String] {
    let propagation = mount.propagation ?? PlannedPropagation(.private, recursive: true)
    var calls = [setattr("mount", .init(propagation: propagation.type), recursive: propagation.recursive)]
    if !mount.attributes.isEmpty { calls.append(setattr("mount", mount.attributes, recursive: false)) }
    if !mount.recursiveAttributes.isEmpty {
      calls.append(setattr("mount", mount.recursiveAttributes, recursive: true))
    }
    if let mapping = mount.idMapping { calls += idMapping(mapping, recursive: mapping.recursive) }
    return calls
  }

  /// What is done to a mount after it is attached.
  static func afterAttaching(_ mount: PlannedMount) -> [String] {
    var calls: [String] = []
    if !mount.recursiveAttributes.isEmpty {
      calls.append(setattr("mount", mount.recursiveAttributes, recursive: true))
    }
    if let propagation = mount.propagation {
      calls.append(setattr("mount", .init(propagation: propagation.type), recursive: propagation.recursive))
    }
    return calls
  }

  static let attach = "move_mount(mount, \"\", target, \"\", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH)"

  /// A path opened as the container would resolve it.
  static func openInRoot(_ path: String, _ flags: String = "O_PATH|O_CLOEXEC") -> String {
    "openat2(root, \(Quoting.c(path)), {flags=\(flags), resolve=RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS}, 24)"
  }

  /// The directories that the container sees below `/sys/fs/cgroup`: those of version 1 where there are any.
  static func visibleCgroups(_ plan: Plan) -> [CgroupDirectory] {
    let all = plan.cgroups?.directories ?? []
    let first = all.filter { $0.hierarchy.version == .v1 }
    return first.isEmpty ? all : first
  }
}
