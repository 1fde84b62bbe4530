// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Netlink

extension NetworkStep {
  /// What the step does, in one line.
  public var summary: String {
    switch self {
    case .bridge(let name, _, _, let addresses):
      "make the bridge \(name) if it is missing, with \(addresses.map { "\($0)" }.joined(separator: " and "))"
    case .hostSetting(let path, let value): "set the host's net.\(path.replacingSlashes) to \(value)"
    case .namespace:
      "make a network namespace, which ends with the last process in it and takes its interfaces along"
    case .setting(let path, let value): "set the container's net.\(path.replacingSlashes) to \(value)"
    case .cable(let host, let inside, let address, _):
      "lay a cable between \(host) on the host and \(inside) (\(address)) in the container"
    case .port(let interface, let bridge): "make \(interface) a port of the bridge \(bridge)"
    case .openvswitchPort(let interface, let bridge):
      "make \(interface) a port of the Open vSwitch bridge \(bridge)"
    case .hostAddress(let interface, let prefix): "give the host's \(interface) the address \(prefix)"
    case .hostUp(let interface): "bring the host's \(interface) up"
    case .macvlan(let parent, let mode, let inside, _, _):
      "make \(inside) in the container, a macvlan (\(mode.rawValue)) on \(parent)"
    case .ipvlan(let parent, let mode, let inside, _):
      "make \(inside) in the container, an ipvlan (\(mode.rawValue)) on \(parent)"
    case .address(let interface, let prefix): "give the container's \(interface) the address \(prefix)"
    case .up(let interface): "bring the container's \(interface) up"
    case .defaultRoute(let gateway, let interface): "route what goes elsewhere via \(gateway) on \(interface)"
    case .rate(let host, _, let rate): "limit \(host) to \(rate) bits per second in each direction"
    case .plugins(let network, let interface): "let the plug-ins of cni:\(network) make \(interface)"
    case .carrier(let request):
      "let \(request.program.rawValue) carry what goes in and out\(Self.words(request.ports))"
    case .rules(let endpoint):
      "let \(endpoint.hostInterface) send from its own addresses only"
        + Self.words(endpoint.translatedPorts)
    case .relay(let ports, _):
      "pass on what comes to \(ports.map { "\($0)" }.joined(separator: ", ")) while the container runs"
    case .nameServer:
      "answer questions about names at the container's \(NameServer.address) while it runs"
    }
  }

  private static func words(_ ports: [PublishedPort]) -> String {
    ports.isEmpty ? "" : ", and translate ports: \(ports.map { "\($0)" }.joined(separator: ", "))"
  }

  /// The same with ip(8), sysctl(8), tc(8) and nft(8); `$NS` stands for the container's namespace.
  public var shell: [String] {
    switch self {
    case .bridge(let name, let alias, let mtu, let addresses):
      let groups = "0x" + String(Self.forwardedGroups, radix: 16)
      return [
        "ip link add \(name)\(Self.mtu(mtu)) type bridge group_fwd_mask \(groups)",
        "ip link set \(name) alias '\(alias)'",
      ]
        + addresses.map { "ip address add \($0) dev \(name)" } + ["ip link set \(name) up"]
    case .hostSetting(let path, let value): return ["echo \(value) > /proc/sys/net/\(path)"]
    case .namespace: return ["NS=roost-$$; ip netns add $NS"]
    case .setting(let path, let value):
      return ["ip netns exec $NS sh -c 'echo \(value) > /proc/sys/net/\(path)'"]
    case .cable(let host, let inside, let address, let mtu):
      return [
        "ip link add \(host)\(Self.mtu(mtu)) type veth peer name \(inside)\(Self.mtu(mtu)) address \(address) netns $NS"
      ]
    case .port(let interface, let bridge):
      return ["ip link set \(interface) addrgenmode none master \(bridge)"]
    case .openvswitchPort(let interface, let bridge):
      return ["ovs-vsctl --may-exist add-port \(bridge) \(interface)"]
    case .hostAddress(let interface, let prefix):
      return ["ip address add \(Self.words(prefix)) dev \(interface)"]
    case .hostUp(let interface): return ["ip link set \(interface) up"]
    case .macvlan(let parent, let mode, let inside, let address, let mtu):
      return [
        "ip link add link \(parent) name \(inside)\(address.map { " address \($0)" } ?? "")\(Self.mtu(mtu)) netns $NS "
          + "type macvlan mode \(mode.rawValue)"
      ]
    case .ipvlan(let parent, let mode, let inside, let mtu):
      return [
        "ip link add link \(parent) name \(inside)\(Self.mtu(mtu)) netns $NS type ipvlan mode \(mode.rawValue)"
      ]
    case .address(let interface, let prefix):
      return ["ip -n $NS address add \(Self.words(prefix)) dev \(interface)"]
    case .up(let interface): return ["ip -n $NS link set \(interface) up"]
    case .defaultRoute(let gateway, let interface):
      return ["ip -n $NS route add default via \(gateway) dev \(interface)"]
    case .rate(let host, let inside, let rate):
      let limit = "root tbf rate \(rate)bit burst 64kb latency 100ms"
      return ["tc qdisc add dev \(host) \(limit)", "tc -n $NS qdisc add dev \(inside) \(limit)"]
    case .plugins(let network, let interface):
      return ["CNI_IFNAME=\(interface) cnitool add \(network) /run/netns/$NS"]
    case .carrier(let request): return [request.shell]
    case .rules(let endpoint): return Self.rules(endpoint)
    case .relay(let ports, let addresses): return ports.map { Self.relay($0, addresses) }
    case .nameServer:
      return ["ip netns exec $NS dnsmasq --listen-address=\(NameServer.address) --bind-interfaces"]
    }
  }

  /// ip(8) leaves the broadcast address out unless it is asked for.
  private static func words(_ prefix: IPPrefix) -> String {
    "\(prefix)" + (prefix.address.version == .v4 && prefix.length < 31 ? " brd +" : "")
  }

  private static func mtu(_ bytes: UInt32?) -> String { bytes.map { " mtu \($0)" } ?? "" }

  private static func relay(_ port: PublishedPort, _ addresses: [IPAddress]) -> String {
    let word = port.transport.rawValue.uppercased()
    let target = addresses.max { $0.version < $1.version }.map { $0.version == .v6 ? "[\($0)]" : "\($0)" }
    let options = "bind=[::1]\(port.transport == .tcp ? ",reuseaddr" : ""),fork"
    return "socat \(word)6-LISTEN:\(port.hostPort),\(options) \(word):\(target ?? ""):\(port.containerPort) &"
  }

  private static func rules(_ endpoint: Endpoint) -> [String] {
    var result: [String] = []
    for (family, elements) in [
      ("inet", Firewall.portElements(endpoint)), ("bridge", Firewall.guardElements(endpoint)),
    ] {
      for (set, members) in elements.sorted(by: { $0.key < $1.key }) {
        let text = members.map(\.nftText).joined(separator: ", ")
        result.append("nft add element \(family) roost \(set) '{ \(text) }'")
      }
    }
    return result
  }
}

extension FilterElement {
  /// In the grammar of nft(8).
  var nftText: String {
    let left = key.map(\.nftText).joined(separator: " . ")
    return value.isEmpty ? left : "\(left) : \(value.map(\.nftText).joined(separator: " . "))"
  }
}

extension FilterDatum {
  var nftText: String {
    switch self {
    case .address(let address): "\(address)"
    case .hardwareAddress(let address): "\(address)"
    case .transportProtocol(let number):
      TransportProtocol.allCases.first { $0.number == number }?.rawValue ?? "\(number)"
    case .port(let port): "\(port)"
    case .interface(let name): "\"\(name)\""
    }
  }
}

extension String {
  fileprivate var replacingSlashes: String { split(separator: "/").joined(separator: ".") }
}
