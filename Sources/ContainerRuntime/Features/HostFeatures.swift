// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Cgroups
internal import ContainerPlan
internal import Linux
public import OCI
internal import Seccomp

extension Features {
  /// The features without what this machine's kernel does not have or does not give to the caller.
  public func onThisHost() throws(RuntimeError) -> Features {
    var features = self
    let known = Set(
      MountOptions.names(
        attribute: Probe.mountAttributes(_:), recursive: Probe.mountAttributes, idmap: Probe.idmappedMounts))
    features.mountOptions = mountOptions?.filter(known.contains)
    if (try? CriuProgram(name: "criu").find()) == nil {  // bestEffort: why it is not there is not asked
      for index in features.annotations.indices
      where features.annotations[index].key == Features.checkpointKey {
        features.annotations[index].value = "false"
      }
    }
    features.linux.namespaces.removeAll { !HostKernel.hasNamespace($0) }
    features.linux.capabilities = Array(linux.capabilities.prefix(try HostKernel.capabilityCount()))
    features.linux.cgroup = try linux.cgroup?.onThisHost()
    features.linux.seccomp = linux.seccomp?.onThisHost
    features.linux.memoryPolicy = linux.memoryPolicy?.onThisHost
    let fileSystems = try HostKernel.fileSystems()
    features.linux.apparmor = linux.apparmor == true && HostKernel.hasAppArmor
    features.linux.selinux = linux.selinux == true && fileSystems.contains("selinuxfs")
    if !fileSystems.contains("resctrl") {
      features.linux.intelRdt = IntelRdtFeatures(enabled: false, schemata: false, monitoring: false)
    }
    features.linux.idmap = linux.idmap == true && Probe.idmappedMounts
    features.linux.netDevices = linux.netDevices == true && HostKernel.hasNamespace(.network)
    return features
  }
}

extension CgroupFeatures {
  fileprivate func onThisHost() throws(RuntimeError) -> CgroupFeatures {
    let host = try cgroupOperation { () throws(CgroupError) in try CgroupHost.detect(isThorough: true) }
    var features = self
    features.v1 = v1 == true && host.hierarchies.contains { $0.version == .v1 }
    features.v2 = v2 == true && host.hierarchies.contains { $0.version == .v2 }
    features.rdma = rdma == true && host.hierarchies.contains { $0.controllers.contains(.rdma) }
    features.systemd = systemd == true && HostKernel.exists("/run/systemd/system")
    features.systemdUser = systemdUser == true && HostKernel.exists("/run/user/\(effectiveUserID())/systemd")
    return features
  }
}

extension SeccompFeatures {
  fileprivate var onThisHost: SeccompFeatures {
    var features = self
    features.actions.removeAll { !Probe.seccompAction($0.filterResult) }
    let native = NativeArchitecture.current.conventionNames
    features.archs.removeAll { !native.contains($0) }
    features.supportedFlags.removeAll { !Probe.seccompFlags($0.number) }
    features.enabled = !features.actions.isEmpty
    return features
  }
}

extension MemoryPolicyFeatures {
  fileprivate var onThisHost: MemoryPolicyFeatures {
    var features = self
    features.modes.removeAll { mode in
      let takesNodes = mode != .default && mode != .local
      return !Probe.memoryPolicy(mode: MemoryPolicyNumbers.value(mode, []), nodes: takesNodes ? [1] : [])
    }
    features.flags.removeAll { flag in
      !Probe.memoryPolicy(mode: MemoryPolicyNumbers.value(.bind, [flag]), nodes: [1])
    }
    return features
  }
}

/// What the kernel says about itself in its file systems.
enum HostKernel {
  static func hasNamespace(_ type: NamespaceType) -> Bool { exists("/proc/self/ns/\(type.fileName)") }

  static func exists(_ path: String) -> Bool {
    // path: files of the kernel, written out by the callers
    (try? fstatat(.workingDirectory, path)) != nil  // bestEffort: what cannot be asked for is not there
  }

  static var hasAppArmor: Bool {
    // bestEffort: the file is absent where the module is
    // path: a file of the kernel
    (try? readText(.workingDirectory, "/sys/module/apparmor/parameters/enabled", limit: 16)) == "Y"
  }

  static func capabilityCount() throws(RuntimeError) -> Int {
    let text = try read("/proc/sys/kernel/cap_last_cap")
    guard let last = Int(text) else { throw RuntimeError("/proc/sys/kernel/cap_last_cap: \"\(text)\"") }
    return last + 1
  }

  /// The names in /proc/filesystems.
  static func fileSystems() throws(RuntimeError) -> Set<String> {
    let lines = try read("/proc/filesystems").utf8.split(separator: 0x0A)
    return Set(
      lines.compactMap { $0.split(separator: 0x09).last.map { String(decoding: $0, as: UTF8.self) } })
  }

  private static func read(_ path: String) throws(RuntimeError) -> String {
    // path: files of the kernel, written out by the callers
    do throws(SyscallError) { return try readText(.workingDirectory, path) } catch {
      throw RuntimeError(error, path)
    }
  }
}

extension NamespaceType {
  /// The name below `/proc/PID/ns`.
  var fileName: String {
    switch self {
    case .network: "net"
    case .mount: "mnt"
    default: rawValue
    }
  }
}
