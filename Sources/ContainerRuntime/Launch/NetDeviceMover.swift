// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import JSON
internal import Linux
internal import Netlink
internal import OCI

/// Moves network devices into the container's namespace (`config-linux.md`, "Network Devices").
///
/// A device goes down and loses its addresses when it moves. The global permanent ones are given back, and it is brought
/// up. The kernel takes devices back by itself when the namespace ends: hardware returns, virtual ones are gone.
final class NetDeviceMover {
  private let outside: NetlinkSocket
  private let inside: NetlinkSocket
  private let home: OwnedDescriptor
  private let target: FD
  private var moved: [Moved] = []

  /// What is needed to take a device back.
  private struct Moved {
    var link: Link
    var addresses: [InterfaceAddress]
    var index: Int32
  }

  /// - Parameter namespace: the container's network namespace.
  init(into namespace: FD) throws(StepFailure) {
    target = namespace
    outside = try NetDeviceMover.checked("") { () throws(NetlinkError) in try NetlinkSocket(.route) }
    let home = OwnedDescriptor(
      try step { () throws(SyscallError) in try openat(.workingDirectory, "/proc/self/ns/net", .readOnly) })
    self.home = home
    // A socket stays in the namespace in which it was made.
    try step("entering the container's network namespace") { () throws(SyscallError) in
      try setns(namespace, .newNetwork)
    }
    let socket: NetlinkSocket?
    var failure: NetlinkError?
    do throws(NetlinkError) { socket = try NetlinkSocket(.route) } catch {
      socket = nil
      failure = error
    }
    try step("leaving the container's network namespace") { () throws(SyscallError) in
      try setns(home.fd, .newNetwork)
    }
    guard let socket else { throw StepFailure("\(failure.map { "\($0)" } ?? "netlink")") }
    inside = socket
  }

  /// All or none: what can be known beforehand is, and what has moved comes back if a later device fails.
  func move(_ devices: [NetDevice]) throws(StepFailure) {
    var links: [Link] = []
    for device in devices { links.append(try find(device)) }
    do throws(StepFailure) {
      for (device, link) in zip(devices, links) { try move(device, link) }
    } catch {
      var failure = error
      for one in moved.reversed() {
        do throws(NetlinkError) { try takeBack(one) } catch {
          failure.message += "; \(one.link.name) did not come back: \(error)"
        }
      }
      throw failure
    }
  }

  private func find(_ device: NetDevice) throws(StepFailure) -> Link {
    let pointer = NetDeviceMover.pointer(device)
    let link = try NetDeviceMover.checked(pointer) { () throws(NetlinkError) in
      try outside.link(named: device.hostName)
    }
    guard let link else {
      throw StepFailure("network device \(device.hostName): no such device (config.json: \(pointer))")
    }
    let name = device.name ?? device.hostName
    let present = try NetDeviceMover.checked(pointer) { () throws(NetlinkError) in
      try name.utf8.last == 0x64 && name.hasSuffix("%d") ? nil : inside.link(named: name)
    }
    guard present == nil else {
      throw StepFailure(
        "network device \(device.hostName): the container has a device \(name) already (config.json: \(pointer)/name)"
      )
    }
    return link
  }

  private func move(_ device: NetDevice, _ link: Link) throws(StepFailure) {
    try NetDeviceMover.checked(NetDeviceMover.pointer(device)) { () throws(NetlinkError) in
      let addresses = try outside.addresses(ofInterface: link.index).filter { $0.isGlobal && $0.isPermanent }
      let before = Set(try inside.links().map { $0.index })
      var change = LinkProperties(name: device.name ?? device.hostName)
      change.namespace = target
      try outside.send(.setLink(index: link.index, change, object: device.hostName))
      // It keeps its number unless a device of the container has it, and with a template the kernel chose the name.
      guard let arrived = try inside.links().first(where: { !before.contains($0.index) }) else {
        throw NetlinkError("RTM_NEWLINK", .noDevice, object: device.hostName)
      }
      moved.append(Moved(link: link, addresses: addresses, index: arrived.index))
      try setUp(inside, arrived.index, addresses)
    }
  }

  private func setUp(
    _ socket: NetlinkSocket, _ index: Int32, _ addresses: [InterfaceAddress]
  ) throws(NetlinkError) {
    for var address in addresses {
      address.interface = index
      try socket.send(.add(address))
    }
    var change = LinkProperties()
    change.isUp = true
    try socket.send(.setLink(index: index, change))
  }

  private func takeBack(_ one: Moved) throws(NetlinkError) {
    var change = LinkProperties(name: one.link.name)
    change.namespace = home.fd
    try inside.send(.setLink(index: one.index, change, object: one.link.name))
    guard let link = try outside.link(named: one.link.name) else { return }
    if one.link.isUp { try setUp(outside, link.index, one.addresses) }
  }

  private static func pointer(_ device: NetDevice) -> String {
    JSONPointer.appending(device.hostName, to: "/linux/netDevices")
  }

  private static func checked<R>(
    _ pointer: String, _ body: () throws(NetlinkError) -> R
  ) throws(StepFailure) -> R {
    do throws(NetlinkError) { return try body() } catch {
      throw StepFailure("network device: \(error)\(pointer.isEmpty ? "" : " (config.json: \(pointer))")")
    }
  }
}
