// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Networking
import OCI

/// A container as a picture: its namespaces as boxes, and what reaches in from the host as arrows.
public struct Picture: Equatable, Sendable {
  /// A box with lines of text, any of which may be an end of an arrow.
  struct Box: Equatable, Sendable {
    /// Whose the thing is: the container's own, another's that it joins, or the host's.
    enum Style: Equatable, Sendable { case own, joined, host }

    var id: String
    var title: String
    var style: Style
    var rows: [String] = []
    /// Lines left out, because nobody could read so many.
    var more = 0
  }

  /// From a line of a box to a line of another; boxes by id, lines from 0, -1 for the heading.
  struct Arrow: Equatable, Sendable {
    var from: (box: String, row: Int)
    var to: (box: String, row: Int)
    var label: String

    static func == (a: Arrow, b: Arrow) -> Bool { a.from == b.from && a.to == b.to && a.label == b.label }
  }

  let title: String
  private(set) var host: [Box] = []
  private(set) var container: [Box] = []
  private(set) var arrows: [Arrow] = []

  /// More lines of one kind than this are counted instead of shown.
  private static let mostRows = 24

  public init(_ exposition: Exposition) {
    title = exposition.title.withoutControlCharacters
    let spec = exposition.spec
    addProcess(spec)
    addFiles(spec)
    addNetwork(spec, exposition.network)
    addCgroups(spec, exposition)
    addNames(spec)
  }

  // MARK: Parts

  private func box(_ type: NamespaceType, _ title: String, _ spec: Spec) -> Box {
    guard let namespace = spec.linux?.namespace(type) else {
      return Box(id: type.rawValue, title: "\(title): the host's", style: .host)
    }
    guard let path = namespace.path else { return Box(id: type.rawValue, title: "new \(title)", style: .own) }
    return Box(id: type.rawValue, title: "\(title) of \(path.withoutControlCharacters)", style: .joined)
  }

  private mutating func addProcess(_ spec: Spec) {
    var pid = box(.pid, "PID namespace", spec)
    if let process = spec.process {
      let first = pid.style == .own ? "1  " : ""
      pid.rows.append(first + process.args.joined(separator: " ").withoutControlCharacters)
      pid.rows.append(
        "uid \(process.user.uid), gid \(process.user.gid)"
          + (process.noNewPrivileges ? ", no new privileges" : ""))
      let capabilities = process.capabilities?.bounding.count ?? 0
      pid.rows.append(
        "\(capabilities) capabilit\(capabilities == 1 ? "y" : "ies") at most"
          + (spec.linux?.seccomp == nil ? ", no seccomp filter" : ", seccomp filter"))
      for limit in process.rlimits {
        pid.rows.append("\(limit.type.rawValue) \(Self.limit(limit.soft)), at most \(Self.limit(limit.hard))")
      }
    }
    container.append(Self.cut(pid))
    guard let linux = spec.linux, linux.namespace(.user) != nil else { return }
    var user = box(.user, "user namespace", spec)
    var users = Box(id: "ids", title: "ids of the host", style: .host)
    for map in linux.uidMappings {
      user.rows.append("users \(Self.range(map.containerID, map.size))")
      users.rows.append("users \(Self.range(map.hostID, map.size))")
      arrows.append(
        Arrow(from: (users.id, users.rows.count - 1), to: (user.id, user.rows.count - 1), label: "mapped"))
    }
    for map in linux.gidMappings {
      user.rows.append("groups \(Self.range(map.containerID, map.size))")
      users.rows.append("groups \(Self.range(map.hostID, map.size))")
      arrows.append(
        Arrow(from: (users.id, users.rows.count - 1), to: (user.id, user.rows.count - 1), label: "mapped"))
    }
    container.append(user)
    if !users.rows.isEmpty { host.append(users) }
  }

  private mutating func addFiles(_ spec: Spec) {
    var mounts = box(.mount, "mount namespace", spec)
    var files = Box(id: "files", title: "files of the host", style: .host)
    if let root = spec.root {
      mounts.rows.append("/" + (root.readonly ? "  (read-only)" : ""))
      files.rows.append(root.path.withoutControlCharacters)
      arrows.append(Arrow(from: (files.id, 0), to: (mounts.id, 0), label: "root"))
    }
    for mount in spec.mounts {
      guard mounts.rows.count < Self.mostRows else { mounts.more += 1; continue }
      let isBind = mount.type == "bind" || mount.options.contains("bind") || mount.options.contains("rbind")
      let isReadOnly = mount.options.contains("ro") || mount.options.contains("rro")
      let name = mount.destination.withoutControlCharacters
      mounts.rows.append(name + (isBind ? "" : "  \(mount.type ?? "")") + (isReadOnly ? "  (read-only)" : ""))
      guard isBind, let source = mount.source else { continue }
      files.rows.append(source.withoutControlCharacters)
      arrows.append(
        Arrow(from: (files.id, files.rows.count - 1), to: (mounts.id, mounts.rows.count - 1), label: "bind"))
    }
    let hidden = spec.linux?.maskedPaths.count ?? 0
    let locked = spec.linux?.readonlyPaths.count ?? 0
    if hidden + locked > 0 { mounts.rows.append("\(hidden) paths hidden, \(locked) read-only") }
    container.append(mounts)
    if !files.rows.isEmpty { host.append(files) }
  }

  private mutating func addNetwork(_ spec: Spec, _ steps: [NetworkStep]) {
    var inside = box(.network, "network namespace", spec)
    if !steps.isEmpty { inside = Box(id: inside.id, title: "new network namespace", style: .own) }
    var outside = Box(id: "interfaces", title: "interfaces of the host", style: .host)
    if inside.style == .own { inside.rows.append("lo  127.0.0.1/8") }
    for step in steps {
      switch step {
      case .cable(let host, let name, let address, _):
        inside.rows.append("\(name)  \(address)")
        outside.rows.append(host)
        connect(outside, inside, "veth")
      case .macvlan(let parent, _, let name, _, _): attach(parent, name, "macvlan", &outside, &inside)
      case .ipvlan(let parent, _, let name, _): attach(parent, name, "ipvlan", &outside, &inside)
      case .plugins(let network, let name): attach("cni:\(network)", name, "CNI", &outside, &inside)
      case .address(let name, let prefix): Self.extend(&inside, name, "\(prefix)")
      case .hostAddress(let name, let prefix): Self.extend(&outside, name, "\(prefix)")
      case .port(let name, let bridge), .openvswitchPort(let name, let bridge):
        Self.extend(&outside, name, "port of \(bridge)")
      case .bridge(let name, _, _, let addresses):
        outside.rows.append("\(name)  " + addresses.map { "\($0)" }.joined(separator: " "))
      case .defaultRoute(let gateway, let name): Self.extend(&inside, name, "default via \(gateway)")
      case .rules(let endpoint):
        for port in endpoint.ports { outside.rows.append("port \(port)") }
      default: break
      }
    }
    container.append(Self.cut(inside))
    if !outside.rows.isEmpty { host.append(Self.cut(outside)) }
  }

  private mutating func attach(
    _ parent: String, _ name: String, _ label: String, _ outside: inout Box, _ inside: inout Box
  ) {
    outside.rows.append(parent)
    inside.rows.append(name)
    connect(outside, inside, label)
  }

  private mutating func connect(_ outside: Box, _ inside: Box, _ label: String) {
    arrows.append(
      Arrow(from: (outside.id, outside.rows.count - 1), to: (inside.id, inside.rows.count - 1), label: label))
  }

  private static func extend(_ box: inout Box, _ name: String, _ text: String) {
    guard let row = box.rows.firstIndex(where: { $0 == name || $0.hasPrefix(name + " ") }) else { return }
    box.rows[row] += "  " + text
  }

  private mutating func addCgroups(_ spec: Spec, _ exposition: Exposition) {
    var inside = box(.cgroup, "cgroup namespace", spec)
    let directories = exposition.cgroups
    var outside = Box(id: "cgroups", title: "cgroups of the host", style: .host)
    for directory in directories where !directory.limits.isEmpty {
      outside.rows.append(directory.path.withoutControlCharacters)
      for (index, limit) in directory.limits.enumerated() {
        inside.rows.append(limit.withoutControlCharacters)
        if index == 0 {
          arrows.append(
            Arrow(
              from: (outside.id, outside.rows.count - 1), to: (inside.id, inside.rows.count - 1),
              label: "limits"))
        }
      }
    }
    container.append(inside)
    if !outside.rows.isEmpty { host.append(outside) }
  }

  private mutating func addNames(_ spec: Spec) {
    var uts = box(.uts, "UTS namespace", spec)
    if let name = spec.hostname { uts.rows.append("host name \(name.withoutControlCharacters)") }
    container.append(uts)
    container.append(box(.ipc, "IPC namespace", spec))
    if spec.linux?.namespace(.time) != nil { container.append(box(.time, "time namespace", spec)) }
  }

  // MARK: Words

  private static func cut(_ box: Box) -> Box {
    var box = box
    if box.rows.count > mostRows {
      box.more = box.rows.count - mostRows
      box.rows.removeLast(box.more)
    }
    return box
  }

  private static func range(_ first: UInt32, _ size: UInt32) -> String {
    size == 1 ? "\(first)" : "\(first)–\(UInt64(first) + UInt64(size) - 1)"
  }

  private static func limit(_ value: UInt64) -> String { value == .max ? "unlimited" : "\(value)" }
}
