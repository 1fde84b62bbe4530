// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI

/// The names that only explanations use.
extension Words {
  static func flags(_ flags: CloneFlags) -> String {
    let table: [(CloneFlags, String)] = [
      (.newMount, "CLONE_NEWNS"), (.newUTS, "CLONE_NEWUTS"), (.newIPC, "CLONE_NEWIPC"),
      (.newNetwork, "CLONE_NEWNET"), (.newPID, "CLONE_NEWPID"), (.newUser, "CLONE_NEWUSER"),
      (.newCgroup, "CLONE_NEWCGROUP"), (.newTime, "CLONE_NEWTIME"), (.parent, "CLONE_PARENT"),
    ]
    return table.filter { flags.contains($0.0) }.map { $0.1 }.joined(separator: "|")
  }

  static func name(_ type: NamespaceType) -> String {
    switch type {
    case .pid: "PID"
    case .network: "network"
    case .mount: "mount"
    case .ipc: "IPC"
    case .uts: "UTS"
    case .user: "user"
    case .cgroup: "cgroup"
    case .time: "time"
    }
  }

  /// The manual page of a type of namespace.
  static func manual(_ type: NamespaceType) -> String {
    switch type {
    case .pid: "pid_namespaces(7)"
    case .network: "network_namespaces(7)"
    case .mount: "mount_namespaces(7)"
    case .ipc: "ipc_namespaces(7)"
    case .uts: "uts_namespaces(7)"
    case .user: "user_namespaces(7)"
    case .cgroup: "cgroup_namespaces(7)"
    case .time: "time_namespaces(7)"
    }
  }

  /// The option of unshare(1) and nsenter(1).
  static func option(_ type: NamespaceType) -> String {
    switch type {
    case .pid: "--pid"
    case .network: "--net"
    case .mount: "--mount"
    case .ipc: "--ipc"
    case .uts: "--uts"
    case .user: "--user"
    case .cgroup: "--cgroup"
    case .time: "--time"
    }
  }

  static func kernelNames(_ set: MountAttributes) -> String {
    let names = attributes.filter { set.contains($0.0) }.map { $0.kernel }
    return names.isEmpty ? "0" : names.joined(separator: "|")
  }

  static func kernelName(_ propagation: MountPropagation) -> String {
    switch propagation {
    case .private: "MS_PRIVATE"
    case .shared: "MS_SHARED"
    case .slave: "MS_SLAVE"
    case .unbindable: "MS_UNBINDABLE"
    }
  }
}
