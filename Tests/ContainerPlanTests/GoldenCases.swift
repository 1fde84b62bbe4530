// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Cgroups
import ContainerPlan
import OCI

/// The configurations whose plans are recorded.
enum GoldenCases {
  typealias Maker = @Sendable () throws -> Plan

  static let parts: [[String: Maker]] = [whole, namespaces, files, processes, executions]

  static var all: [String: Maker] {
    parts.reduce(into: [:]) { result, part in result.merge(part) { first, _ in first } }
  }

  /// Those whose explanation is recorded as well.
  static let explained = [
    "default", "default-v2", "rootless", "create-hooks", "stage", "limits-hybrid", "exec-terminal",
    "landlock", "everything", "systemd",
  ]

  static func plan(_ spec: Spec, _ change: (inout Case) -> Void = { _ in }) throws -> Plan {
    var configuration = Case(spec)
    change(&configuration)
    return try configuration.compile()
  }

  // MARK: Whole containers

  private static let whole: [String: Maker] = [
    "default": { try plan(.standard(cgroupNamespace: false)) { $0.cgroups = Hosts.hybrid } },
    "default-v2": { try plan(.standard(cgroupNamespace: true)) { $0.cgroups = Hosts.v2 } },
    "rootless": {
      var spec = Spec.standard(cgroupNamespace: true)
      spec.makeRootless(uid: 1000, gid: 1000)
      return try plan(spec) { $0.host.effectiveUserID = 1000 }
    },
    "rootless-cgroup-mount": {
      var spec = Spec.standard(cgroupNamespace: false)
      spec.makeRootless(uid: 1000, gid: 1000)
      return try plan(spec) {
        $0.host.effectiveUserID = 1000
        $0.cgroups = Hosts.v2
      }
    },
    "minimal-run": { try plan(.small()) },
    "minimal-create": { try plan(.small()) { $0.request.operation = .create } },
    "create-hooks": {
      try plan(.small { $0.hooks = .everyPoint }) { $0.request.operation = .create }
    },
    "run-hooks-of-runtime": {
      try plan(.small { $0.hooks = .one(\.createRuntime, Hook(path: "/usr/bin/net", timeout: 5)) })
    },
    "run-hooks-in-user-namespace": {
      try plan(
        .small([Namespace(.mount), Namespace(.user)]) {
          $0.mapRoot()
          $0.hooks = .everyPoint
        })
    },
    "run-hooks-no-pivot": { try plan(.small { $0.hooks = .everyPoint }) { $0.request.noPivot = true } },
    "run-hooks-no-mount-namespace": { try plan(.small([]) { $0.hooks = .everyPoint }) },
    "run-hooks-of-container": {
      try plan(.small { $0.hooks = .one(\.startContainer, Hook(path: "/bin/ready")) })
    },
    "limits-hybrid": { try plan(.small { $0.linux?.resources = .several }) { $0.cgroups = Hosts.hybrid } },
    "limits-v2": { try plan(.small { $0.linux?.resources = .several }) { $0.cgroups = Hosts.v2 } },
    "systemd": {
      try plan(.small([Namespace(.mount), Namespace(.cgroup)]) { $0.linux?.resources = .several }) {
        $0.cgroups = Hosts.v2
        $0.systemd = SystemdOptions(.system)
        $0.systemd?.deviceGroups = [DeviceGroup(isBlock: false, major: 136, name: "pts")]
      }
    },
    "systemd-hybrid-stage": {
      var namespaces = [Namespace(.mount), Namespace(.user)]
      namespaces.append(Namespace(.network, path: "/run/netns/blue"))
      return try plan(.small(namespaces)) {
        $0.cgroups = Hosts.hybrid
        $0.systemd = SystemdOptions(.user)
      }
    },
    "no-pivot": { try plan(.small()) { $0.request.noPivot = true } },
    "no-new-keyring": { try plan(.small()) { $0.request.noNewKeyring = true } },
    "preserve-descriptors": {
      try plan(.small([Namespace(.mount), Namespace(.pid)])) {
        $0.request.preserveDescriptors = 2
        $0.request.listenDescriptors = 1
      }
    },
    "everything": {
      try plan(.everything) {
        $0.cgroups = Hosts.v2
        $0.request.operation = .create
      }
    },
  ]
}
