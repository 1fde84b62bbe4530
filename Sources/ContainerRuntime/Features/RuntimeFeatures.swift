// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
public import OCI
internal import Seccomp

extension Features {
  /// Docker and podman look at this one, whatever runtime it is.
  static let checkpointKey = "org.opencontainers.runc.checkpoint.enabled"

  /// Everything that this runtime implements, whatever the host: the tables of the parser and of the plan's compiler, and
  /// what the rest of the runtime adds.
  public static var ofRuntime: Features {
    var features = Features()
    features.mountOptions = MountOptions.names
    features.annotations = [KeyValue(checkpointKey, "true")]
    features.linux.cgroup = CgroupFeatures(v1: true, v2: true, systemd: true, systemdUser: true, rdma: true)
    features.potentiallyUnsafeConfigAnnotations.append("org.systemd.property.")
    features.linux.seccomp = SeccompFeatures()
    features.linux.apparmor = true
    features.linux.selinux = true
    features.linux.memoryPolicy = MemoryPolicyFeatures()
    features.linux.intelRdt = IntelRdtFeatures(enabled: false, schemata: false, monitoring: false)
    features.linux.idmap = true
    features.linux.netDevices = false
    return features
  }
}
