// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

/// What a runtime implements, whatever the host (`features.md` and `features-linux.md`).
///
/// Words that are part of this module's types are filled in; the rest belongs to other modules and is set by the caller.
/// `nil` leaves a member out, which means "unknown".
public struct Features: Equatable, Sendable, JSONEncodable {
  public var ociVersionMin = "1.0.0"
  public var ociVersionMax = Spec.version
  public var hooks: [String] = [
    "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
  ]
  /// Every mount option that the runtime does not pass on to the file system.
  public var mountOptions: [String]?
  /// Facts about the runtime under reverse domain names.
  public var annotations: [KeyValue] = []
  /// Annotations of a configuration that change what the runtime does, names or prefixes that end in a dot.
  public var potentiallyUnsafeConfigAnnotations = RuntimeAnnotation.allCases.map { $0.rawValue }
  public var linux = LinuxFeatures()

  public init() {}

  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("ociVersionMin", ociVersionMin)
      json.member("ociVersionMax", ociVersionMax)
      json.member("hooks", hooks)
      json.member("mountOptions", mountOptions)
      json.member("linux", linux)
      json.pairs("annotations", annotations)
      json.list("potentiallyUnsafeConfigAnnotations", potentiallyUnsafeConfigAnnotations)
    }
  }
}

/// ``Features`` that exist on Linux.
public struct LinuxFeatures: Equatable, Sendable, JSONEncodable {
  public var namespaces = NamespaceType.allCases
  /// Names of capabilities(7).
  public var capabilities = CapabilityName.all
  public var cgroup: CgroupFeatures?
  public var seccomp: SeccompFeatures?
  /// Whether `process.apparmorProfile` is implemented.
  public var apparmor: Bool?
  /// Whether `process.selinuxLabel` is implemented.
  public var selinux: Bool?
  public var memoryPolicy: MemoryPolicyFeatures?
  public var intelRdt: IntelRdtFeatures?
  /// Whether mounts may have id mappings.
  public var idmap: Bool?
  /// Whether `linux.netDevices` is implemented.
  public var netDevices: Bool?

  public init() {}

  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.list("namespaces", namespaces)
      json.list("capabilities", capabilities)
      json.member("cgroup", cgroup)
      json.member("seccomp", seccomp)
      json.enabled("apparmor", apparmor)
      json.enabled("selinux", selinux)
      json.member("intelRdt", intelRdt)
      json.member("memoryPolicy", memoryPolicy)
      if let idmap {
        json.member("mountExtensions") { json in json.object { $0.enabled("idmap", idmap) } }
      }
      json.enabled("netDevices", netDevices)
    }
  }
}

/// Which cgroup versions and managers a runtime implements.
public struct CgroupFeatures: Equatable, Sendable, JSONEncodable {
  public var v1: Bool?
  public var v2: Bool?
  /// Systemd's system instance as manager.
  public var systemd: Bool?
  /// Systemd's user instance as manager.
  public var systemdUser: Bool?
  public var rdma: Bool?

  public init(
    v1: Bool? = nil, v2: Bool? = nil, systemd: Bool? = nil, systemdUser: Bool? = nil, rdma: Bool? = nil
  ) {
    self.v1 = v1
    self.v2 = v2
    self.systemd = systemd
    self.systemdUser = systemdUser
    self.rdma = rdma
  }

  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("v1", v1)
      json.member("v2", v2)
      json.member("systemd", systemd)
      json.member("systemdUser", systemdUser)
      json.member("rdma", rdma)
    }
  }
}

/// Which words of a seccomp profile a runtime implements.
public struct SeccompFeatures: Equatable, Sendable, JSONEncodable {
  public var enabled = true
  public var actions = SeccompAction.allCases
  public var operators = SeccompOperator.allCases
  /// Architectures that a profile may name; those of other machines need no code.
  public var archs: [SeccompArchitecture]
  public var knownFlags = SeccompFlag.allCases
  /// Flags that the runtime passes to the kernel.
  public var supportedFlags = SeccompFlag.allCases

  public init(archs: [SeccompArchitecture] = SeccompArchitecture.allCases) {
    self.archs = archs
  }

  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("enabled", enabled)
      json.list("actions", actions)
      json.list("operators", operators)
      json.list("archs", archs)
      json.list("knownFlags", knownFlags)
      json.list("supportedFlags", supportedFlags)
    }
  }
}

/// Which words of `linux.memoryPolicy` a runtime implements.
public struct MemoryPolicyFeatures: Equatable, Sendable, JSONEncodable {
  public var modes = MemoryPolicyMode.allCases
  public var flags = MemoryPolicyFlag.allCases

  public init() {}

  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.list("modes", modes)
      json.list("flags", flags)
    }
  }
}

/// Which parts of `linux.intelRdt` a runtime implements.
public struct IntelRdtFeatures: Equatable, Sendable, JSONEncodable {
  public var enabled: Bool
  public var schemata: Bool
  public var monitoring: Bool

  public init(enabled: Bool, schemata: Bool, monitoring: Bool) {
    self.enabled = enabled
    self.schemata = schemata
    self.monitoring = monitoring
  }

  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("enabled", enabled)
      json.member("schemata", schemata)
      json.member("monitoring", monitoring)
    }
  }
}

extension JSONWriter {
  /// An object whose only member says whether something is implemented.
  fileprivate mutating func enabled(_ key: String, _ isEnabled: Bool?) {
    guard let isEnabled else { return }
    member(key) { json in json.object { $0.member("enabled", isEnabled) } }
  }
}
