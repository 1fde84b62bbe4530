// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Explain
import Networking

// What gives the container its network, in words.
extension NetworkStep {
  var explained: ExplainedStep {
    let (why, calls, manual) = reasons
    let text = summary
    return ExplainedStep(
      .network, text.prefix(1).uppercased() + text.dropFirst(), why: why, requestedBy: "--network",
      calls: calls,
      manual: manual, shell: shell)
  }

  private static func request(_ message: String) -> [String] { ["sendto(rtnetlink, \(message))"] }

  private var reasons: (why: String, calls: [String], manual: [String]) {
    switch self {
    case .bridge(let name, _, _, _):
      return (
        "Containers of one network are ports of one bridge, which is also their way out. Before the namespace, so that "
          + "nothing is left half connected when it fails.",
        Self.request("RTM_NEWLINK {\(name), kind=bridge}"), ["ip-link(8)", "rtnetlink(7)"]
      )
    case .hostSetting(let path, let value):
      return (
        "What the bridge needs of the host to pass packets on, and to be passed nothing that it should not have.",
        ["write(\"/proc/sys/net/\(path)\", \"\(value)\")"], ["proc_sys_net(5)"]
      )
    case .namespace:
      return (
        "By the engine and not by the runtime: the interfaces must be there before the program runs, and only whoever "
          + "stands outside can lay a cable into it. The runtime joins it below.",
        ["unshare(CLONE_NEWNET)"], ["network_namespaces(7)"]
      )
    case .setting(let path, let value):
      return (
        "Before the first interface, as an interface takes over what holds when it is made, and before /proc/sys becomes "
          + "read-only.",
        ["write(\"/proc/sys/net/\(path)\", \"\(value)\")"], ["proc_sys_net(5)", "network_namespaces(7)"]
      )
    case .cable(let host, let inside, _, _):
      return (
        "What goes in at one end comes out at the other, across the border of the namespace. One request makes both "
          + "ends, the inner one in its place: it never has a name on the host that another could take.",
        Self.request("RTM_NEWLINK {\(host), kind=veth, peer={\(inside), IFLA_NET_NS_FD}}"),
        ["veth(4)", "rtnetlink(7)"]
      )
    case .port(let interface, let bridge):
      return (
        "Before the interface comes up, so that the first packet already finds its way.",
        Self.request("RTM_SETLINK {\(interface), IFLA_MASTER=\(bridge)}"), ["ip-link(8)"]
      )
    case .openvswitchPort:
      return (
        "The bridge belongs to Open vSwitch, whose database says what its ports are: its own tool adds one.",
        [],
        ["ovs-vsctl(8)"]
      )
    case .hostAddress(let interface, let prefix):
      return (
        "The host's side of the cable: without an address of its own the host could not be reached over it.",
        Self.request("RTM_NEWADDR {\(interface), \(prefix)}"), ["ip-address(8)"]
      )
    case .hostUp(let interface), .up(let interface):
      return (
        "An interface carries nothing before it is up.", Self.request("RTM_SETLINK {\(interface), IFF_UP}"),
        ["ip-link(8)", "netdevice(7)"]
      )
    case .macvlan(let parent, _, let inside, _, _):
      return (
        "A second hardware address on the host's interface: the container stands beside the host on its network.",
        Self.request("RTM_NEWLINK {\(inside), kind=macvlan, link=\(parent), IFLA_NET_NS_FD}"), ["ip-link(8)"]
      )
    case .ipvlan(let parent, _, let inside, _):
      return (
        "Another address behind the host's own hardware address, for networks that permit only one.",
        Self.request("RTM_NEWLINK {\(inside), kind=ipvlan, link=\(parent), IFLA_NET_NS_FD}"), ["ip-link(8)"]
      )
    case .address(let interface, let prefix):
      return (
        "From outside, since the program shall not need CAP_NET_ADMIN.",
        Self.request("RTM_NEWADDR {\(interface), \(prefix)}"), ["ip-address(8)"]
      )
    case .defaultRoute(let gateway, let interface):
      return (
        "After the address and the interface: the kernel refuses a route by a neighbour whom it cannot reach.",
        Self.request("RTM_NEWROUTE {default via \(gateway) dev \(interface)}"), ["ip-route(8)"]
      )
    case .rate:
      return (
        "A token bucket at each end, since each limits only what it sends.",
        Self.request("RTM_NEWQDISC {tbf}"),
        ["tc-tbf(8)"]
      )
    case .plugins(let network, _):
      return (
        "Programs of others, which the configuration \(network) names, do what theirs is to do; they get the namespace's "
          + "path and answer with addresses.",
        ["execve(plugin, …) /* each, with CNI_COMMAND=ADD */"], ["execve(2)"]
      )
    case .carrier(let request):
      return (
        "Nobody but root may make interfaces on the host. The program has one in the container's namespace, and turns its "
          + "packets into sockets of the user's own.",
        ["execve(\"\(request.program.rawValue)\", …)"],
        ["\(request.program.rawValue)(1)"]
      )
    case .rules(let endpoint):
      return (
        "A container shall not pretend to be another."
          + (endpoint.translatedPorts.isEmpty
            ? "" : " Published ports are translated by the kernel; no process copies data.")
          + " Last, when everything that the rules are about exists.",
        ["sendto(nfnetlink, NFT_MSG_NEWSETELEM …)"], ["nft(8)"]
      )
    case .nameServer:
      return (
        "Others of its networks have names, which no server outside knows. roost itself answers for them, in the container's "
          + "own namespace, from its /etc/hosts; with other questions it asks whom the host asks.",
        ["bind(\(NameServer.address))", "sendto(nfnetlink, NFT_MSG_NEWRULE …)", "epoll_wait(…)"],
        ["resolv.conf(5)", "hosts(5)", "nft(8)"]
      )
    case .relay:
      return (
        "No packet from ::1 leaves this machine's loopback, whatever rules say: for these ports roost itself ends the "
          + "connection and makes another to the container, as long as it runs.",
        ["listen(…)", "epoll_wait(…)", "accept4(…)", "connect(…)"], ["epoll(7)", "ipv6(7)"]
      )
    }
  }
}
