# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""A container with raw sockets sends frames that make others believe in what is not: no neighbour hears them, nor the host.

The same frames go through once the rules are gone, so the tests would hear them.
"""
import json
import shutil

import frames
import pytest
from frames import ALL_NODES, BROADCAST, Listener, arp, ethernet, icmp, icmpv6, ipv4, ipv6, udp, vlan
from harness.case import eventually
from hosts import settings, sleeper

pytestmark = pytest.mark.skipif(not (shutil.which("ip") and shutil.which("nft")), reason="needs ip and nft")
GATEWAY, GATEWAY6 = "10.8.0.1", "fd00:8::1"


class Party:
    """A container as its neighbours know it."""

    def __init__(self, net, name):
        known = settings(net, name)["Networks"]["wire"]
        self.mac, self.ip, self.ip6 = known["MacAddress"], known["IPAddress"], known["GlobalIPv6Address"]
        self.link_local = frames.link_local(self.mac)
        self.prefix = ["nsenter", f"--net=/proc/{net.inspect(name)['State']['Pid']}/ns/net"]
        endpoint = json.loads(net("network", "inspect", "wire").succeeds().out)[0]["Containers"][net.inspect(name)["Id"]]
        self.port = endpoint["HostInterface"]


@pytest.fixture
def wire(net, root):
    """Two containers in a network with both IP versions; the evil one has the rights to send anything."""
    net("network", "create", "--subnet", "10.8.0.0/24", "--ipv6", "--subnet", "fd00:8::/64", "wire").succeeds()
    sleeper(net, root, "victim", "--network", "wire")
    sleeper(net, root, "evil", "--network", "wire", "--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW")
    return Party(net, "evil"), Party(net, "victim")


def of_ipv4(evil, victim):
    offer = bytes([2, 1, 6, 0]) + bytes(232)
    return {
        "ARP: the gateway is here": arp(evil.mac, evil.mac, GATEWAY),
        "ARP: the victim is here": arp(evil.mac, evil.mac, victim.ip),
        "ARP: the gateway is here, to the victim": arp(evil.mac, evil.mac, GATEWAY, destination=victim.mac),
        "ARP: I am at another's": arp(evil.mac, victim.mac, evil.ip),
        "ARP: asking as the victim": arp(evil.mac, evil.mac, victim.ip, operation=1, target=GATEWAY),
        "ARP: of another kind of network": arp(evil.mac, evil.mac, evil.ip, kind=6),
        "IPv4 from the victim": ethernet(evil.mac, BROADCAST, 0x800, ipv4(victim.ip, "10.8.0.255", 17, udp(9, 9))),
        "IPv4 from outside": ethernet(evil.mac, BROADCAST, 0x800, ipv4("192.0.2.9", "10.8.0.255", 17, udp(9, 9))),
        "DHCP offer": ethernet(evil.mac, BROADCAST, 0x800, ipv4(evil.ip, "255.255.255.255", 17, udp(67, 68, offer))),
        "ICMP redirect": ethernet(evil.mac, victim.mac, 0x800, ipv4(evil.ip, victim.ip, 1, icmp(5, 1, frames.ip(evil.ip)))),
        "ICMP router": ethernet(evil.mac, BROADCAST, 0x800, ipv4(evil.ip, "224.0.0.1", 1, icmp(9, 0, bytes(12)))),
    }


def of_ipv6(evil, victim):
    own, everybody = evil.link_local, "ff02::1"

    def message(kind, rest, source=own, target=everybody, headers=None, to=ALL_NODES):
        body = icmpv6(source, target, kind, rest)
        first, before = headers or (58, b"")
        return ethernet(evil.mac, to, 0x86dd, ipv6(source, target, first, before + body))

    options, fragment, routing = bytes([58, 0, 1, 4, 0, 0, 0, 0]), bytes([58, 0, 0, 0, 0, 0, 0, 1]), bytes([58, 0, 0, 0, 0, 0, 0, 0])
    authentication = bytes([58, 1]) + bytes(10)
    lie = frames.advertisement(GATEWAY6, evil.mac)
    router = frames.router(evil.mac)
    found = {
        "neighbour: the gateway is here": message(136, lie),
        "neighbour: the gateway is here, to the victim": message(136, lie, target=victim.ip6, to=victim.mac),
        "neighbour: the victim is here": message(136, frames.advertisement(victim.ip6, evil.mac)),
        "neighbour, from the gateway": message(136, lie, source=GATEWAY6),
        "router": message(134, router),
        "redirect": message(137, bytes(4) + frames.ip(evil.ip6) + frames.ip("fd00:99::1")),
        "the victim's address is taken": message(135, bytes(4) + frames.ip(victim.ip6), source="::",
                                                 target="ff02::1:ff00:2", to="33:33:ff:00:00:02"),
        "IPv6 from the victim": message(128, bytes(4), source=victim.ip6),
        "DHCPv6": ethernet(evil.mac, ALL_NODES, 0x86dd, ipv6(own, everybody, 17, udp(547, 546, bytes(8)))),
    }
    for name, headers in {"hop-by-hop options": (0, options), "routing": (43, routing), "options": (60, options),
                          "fragment": (44, fragment), "authentication": (51, authentication)}.items():
        found[f"router, behind a header: {name}"] = message(134, router, headers=headers)
        found[f"neighbour, behind a header: {name}"] = message(136, lie, headers=headers)
    return found


def of_no_ip(evil):
    return {
        "VLAN": vlan(broadcast(evil)), "VLAN of providers": vlan(broadcast(evil), kind=0x88a8),
        "VLAN in a VLAN": vlan(vlan(broadcast(evil))),
        "ARP in a VLAN": vlan(arp(evil.mac, evil.mac, GATEWAY, target="10.8.0.99")),
        "PPPoE": ethernet(evil.mac, BROADCAST, 0x8863, bytes(40)), "LLDP": ethernet(evil.mac, BROADCAST, 0x88cc, bytes(40)),
        "experiment": ethernet(evil.mac, BROADCAST, 0x88b5, bytes(40)),
        "MPLS": ethernet(evil.mac, BROADCAST, 0x8847, bytes(40)),
        "spanning tree": ethernet(evil.mac, "01:80:c2:00:00:00", 38, b"\x42\x42\x03" + bytes(35)),
    }


def broadcast(party):
    """A frame that everybody is to hear."""
    return ethernet(party.mac, BROADCAST, 0x800, ipv4(party.ip, "10.8.0.255", 17, udp(9, 9)))


def heard(evil, ears, made):
    """Which of the frames each of the interfaces hears; a legal one comes last."""
    end = broadcast(evil)
    listeners = [Listener(prefix, interface, end[14:34]) for prefix, interface in ears]
    frames.send(evil.prefix, "eth0", [*made.values(), end])
    return [{name for name, sent in made.items() if any(frames.is_same(frame, sent) for frame in found)}
            for found in [listener.frames() for listener in listeners]]


def test_nobody_hears_lies(net, host, wire):
    evil, victim = wire
    net("exec", "victim", "sh", "-c", f"ping -c 1 -W 2 {GATEWAY} && ping -6 -c 1 -W 2 {GATEWAY6}").succeeds()
    stolen = ethernet(victim.mac, BROADCAST, 0x800, ipv4(evil.ip, "10.8.0.255", 17, udp(9, 9)))
    # The last one: whoever believes it sends what is for the victim elsewhere.
    made = {**of_ipv4(evil, victim), **of_ipv6(evil, victim), **of_no_ip(evil), "a frame of the victim": stolen}
    assert len({frames.bare(frame) for frame in made.values()}) == len(made)
    ears = [(victim.prefix, "eth0"), (host.prefix, "roost0")]
    assert heard(evil, ears, made) == [set(), set()]
    # What others know is as before.
    for address in [victim.ip, victim.ip6]:
        assert victim.mac in host("ip", "neigh", "show", address, "dev", "roost0")
    assert "2001:db8:bad" not in host("ip", "-6", "route") + host(*victim.prefix, "ip", "-6", "route")
    # Without the rules the neighbour hears all of them: nothing else has kept them back.
    host("nft", "flush", "ruleset")
    neighbour, _ = heard(evil, ears, made)
    assert set(made) - neighbour == set()


def test_frames_for_bridges_do_not_go_around_the_rules(net, host, wire):
    """The kernel hands frames to 01:80:c2:00:00:0x to the host and learns from them, where prerouting does not look."""
    evil, victim = wire
    net("exec", "victim", "ping", "-c", "1", "-W", "2", GATEWAY).succeeds()

    def home():
        """The port behind which the bridge believes the victim to be."""
        table = json.loads(host("bridge", "-json", "fdb", "show", "br", "roost0"))
        return {entry["ifname"] for entry in table if entry["mac"] == victim.mac}

    attack = {last: ethernet(victim.mac, f"01:80:c2:00:00:0{last}", 0x88cc, bytes(46)) for last in "023ef"}
    assert home() == {victim.port}
    ears = [(host.prefix, "roost0")]
    heard(evil, ears, attack)
    assert home() == {victim.port}
    host("nft", "flush", "ruleset")
    # The victim's own next frame (a router solicitation, say) puts this right again, so look at once and more than once.
    eventually(lambda: heard(evil, ears, attack) and home() == {evil.port}, "the victim's frames go to the neighbour")


def test_the_host_believes_no_router(net, host, wire):
    """accept_ra of bridges is off, so that what rules do not see changes nothing: without rules, too."""
    evil, _ = wire
    host("nft", "flush", "ruleset")
    made = {"router": of_ipv6(*wire)["router"]}
    assert heard(evil, [(host.prefix, "roost0")], made) == [set(made)]
    assert "2001:db8:bad" not in host("ip", "-6", "route") and "2001:db8:bad" not in host("ip", "-6", "address")


def test_honest_containers_are_heard(net, host, wire):
    """What the rules are to let through: addresses that were allotted, of both versions, and answers to questions."""
    evil, victim = wire
    for name, other in [("evil", victim), ("victim", evil)]:
        net("exec", name, "sh", "-c", f"ping -c 1 -W 2 {other.ip} && ping -6 -c 1 -W 2 {other.ip6}").succeeds()
        # The kernel takes a second or two to find that nobody has this address (RFC 4862, 5.4).
        eventually(lambda: net("exec", name, "ping", "-6", "-c", "1", "-W", "1", f"{other.link_local}%eth0").status == 0,
                   "an answer from a link-local address", seconds=20)
        # Too large for one packet.
        net("exec", name, "sh", "-c", f"ping -s 4000 -c 1 -W 2 {other.ip} && ping -6 -s 4000 -c 1 -W 2 {other.ip6}").succeeds()
