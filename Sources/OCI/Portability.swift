// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Something about a configuration that `lint` tells.
public struct LintNote: Equatable, Sendable, CustomStringConvertible {
  /// A JSON pointer.
  public var pointer: String
  public var text: String

  public init(_ pointer: String, _ text: String) {
    self.pointer = pointer
    self.text = text
  }

  public var description: String { "\(pointer): \(text)" }
}

extension Spec {
  /// What this runtime applies and others are known to ignore, or to refuse, without the configuration being wrong: runc
  /// before 1.4, crun 1.28, youki 0.7.
  public var portabilityNotes: [LintNote] {
    var notes: [LintNote] = []
    func note(_ condition: Bool, _ pointer: String, _ text: String) {
      if condition { notes.append(LintNote(pointer, text)) }
    }
    note(process == nil, "/process", "runc refuses to create a container without it")
    if let process { processNotes(process, note) }
    for (index, mount) in mounts.enumerated() {
      for (place, option) in mount.options.enumerated() {
        if let text = Self.optionNotes[option] { note(true, "/mounts/\(index)/options/\(place)", text) }
      }
      note(
        !mount.uidMappings.isEmpty, "/mounts/\(index)/uidMappings", "refused by youki")
    }
    for pair in annotations {
      guard let known = RuntimeAnnotation(rawValue: pair.key), known != .stopSignal else { continue }
      let isOurs = known == .landlockPaths || known == .landlockPorts
      note(
        true, "/annotations/\(pair.key)",
        isOurs
          ? "this runtime's own: others run the container without a fence"
          : "crun's own: ignored by runc and youki")
    }
    if let linux { linuxNotes(linux, note) }
    return notes
  }

  private typealias Take = (_ condition: Bool, _ pointer: String, _ text: String) -> Void

  private static let optionNotes: [String: String] = [
    "nosymfollow": "ignored by crun on bind mounts, unknown to youki",
    "symfollow": "ignored by crun on bind mounts, unknown to youki",
    "rnosymfollow": "ignored by crun", "rsymfollow": "ignored by crun",
    "iversion": "refused by crun and youki", "noiversion": "refused by crun and youki",
    "silent": "refused by crun and youki", "loud": "refused by crun and youki",
    "idmap": "refused by youki", "ridmap": "refused by youki", "tmpcopyup": "ignored by youki",
    "copy-symlink": "crun's own: refused by runc", "src-nofollow": "crun's own: refused by runc",
    "dest-nofollow": "crun's own: refused by runc",
  ]

  private func processNotes(_ process: Process, _ note: Take) {
    note(process.consoleSize != nil, "/process/consoleSize", "ignored by youki")
    note(process.selinuxLabel != nil, "/process/selinuxLabel", "ignored by youki")
    note(
      process.user.umask == nil, "/process/user/umask",
      "absent: crun sets 0022 where others keep the caller's")
    for (key, names) in process.capabilities?.sets ?? [] {
      for (index, name) in names.enumerated() {
        note(
          CapabilityName.number(of: name) == nil, "/process/capabilities/\(key)/\(index)",
          "unknown capability \(quoted(name)): left out with a warning; crun says nothing")
      }
    }
  }

  private func linuxNotes(_ linux: LinuxConfig, _ note: Take) {
    note(linux.namespace(.time) != nil, "/linux/namespaces", "time namespaces: refused by youki before 0.7")
    note(!linux.netDevices.isEmpty, "/linux/netDevices", "ignored by runc before 1.4")
    note(linux.memoryPolicy != nil, "/linux/memoryPolicy", "ignored by runc before 1.4")
    if let rdt = linux.intelRdt {
      note(true, "/linux/intelRdt", "ignored by runc before 1.4 where the kernel has no resctrl")
      note(!rdt.schemata.isEmpty, "/linux/intelRdt/schemata", "ignored by runc before 1.4")
      note(rdt.enableMonitoring, "/linux/intelRdt/enableMonitoring", "ignored by runc before 1.4")
    }
    note(
      linux.seccomp?.flags?.contains(.waitKillableReceive) == true, "/linux/seccomp/flags",
      "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: unknown to runc before 1.5")
    guard let resources = linux.resources else { return }
    let place = "/linux/resources"
    note(!resources.rdma.isEmpty, "\(place)/rdma", "ignored by crun and youki")
    note(!resources.hugepageLimits.isEmpty, "\(place)/hugepageLimits", "crun does not count reservations")
    note(resources.pids?.limit == 0, "\(place)/pids/limit", "0: no limit with runc before 1.4")
    note(resources.memory?.checkBeforeUpdate == true, "\(place)/memory/checkBeforeUpdate", "ignored by youki")
    note(
      resources.memory?.kernel != nil, "\(place)/memory/kernel",
      "ignored by runc, and by all on cgroup version 2")
    note(
      resources.memory?.kernelTCP != nil, "\(place)/memory/kernelTCP", "ignored by all on cgroup version 2")
    note(
      resources.blockIO?.leafWeight != nil, "\(place)/blockIO/leafWeight",
      "refused by youki and by Linux 5.0 on")
  }
}

extension Capabilities {
  fileprivate var sets: [(String, [String])] {
    [
      ("bounding", bounding), ("effective", effective), ("inheritable", inheritable),
      ("permitted", permitted),
      ("ambient", ambient),
    ]
  }
}
