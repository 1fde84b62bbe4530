# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Published ports: who reaches them, and what the container sees of him."""
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
from harness.case import eventually
from hosts import CLIENT, PEER, Host, server, settings, sleeper

pytestmark = pytest.mark.skipif(not (shutil.which("ip") and shutil.which("nft")), reason="needs ip and nft")


@contextmanager
def listening(container, program, kind, port):
    """A server of the test's own in a container's network, which says who comes."""
    server = subprocess.Popen(["nsenter", f"--net=/proc/{container.pid}/ns/net", sys.executable, "-c", program, kind, port],
                              stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout.readline() == "ready\n"
        yield server
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def test_published_port(net, root, host):
    """From the host, from its loopback, from another host; the client's address is kept."""
    other = Host()
    try:
        host.cable(other, "lan", "192.0.2.1/24", "eth0", "192.0.2.2/24")
        server(net, root, "web", "--network", "default", "-p", "8080:80")
        for address in ["127.0.0.1", "192.0.2.1"]:
            assert "hello" in host("busybox", "nc", "-w", "3", address, "8080"), address
        assert "hello" in other("busybox", "nc", "-w", "3", "192.0.2.1", "8080")
        # Ports that are not published stay closed to the outside.
        address = settings(net, "web")["IPAddress"]
        other("ip", "route", "add", "10.210.0.0/16", "via", "192.0.2.1")
        assert "hello" not in other("busybox", "nc", "-w", "1", address, "80", check=False)
        # Hairpin: a container uses the published port of another and of itself.
        net.run("--network", "default", root, "nc", "-w", "3", "192.0.2.1", "8080").succeeds().out.index("hello")
        assert settings(net, "web")["Ports"] == {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}
    finally:
        other.end()


@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_a_published_port_keeps_the_clients_address(net, root, host, kind):
    """Programs of the test's own in the namespaces: what a server sees as its peer, and that answers come back."""
    other = Host()
    try:
        host.cable(other, "lan", "192.0.2.1/24", "eth0", "192.0.2.2/24")
        container = sleeper(net, root, "box", "--network", "default", "-p", f"5353:53/{kind}")
        for client, address, peer in [(other, "192.0.2.1", "192.0.2.2"), (host, "127.0.0.1", "10.210.0.1"),
                                      (host, "192.0.2.1", "192.0.2.1")]:
            with listening(container, PEER, kind, "53") as server:
                assert client(sys.executable, "-c", CLIENT, kind, address, "5353") == "answer\n"
                # Never a loopback address, which services trust.
                assert server.stdout.readline() == peer + "\n"
    finally:
        other.end()


def test_port_of_loopback_is_not_for_the_lan(net, root, host):
    other = Host()
    try:
        host.cable(other, "lan", "192.0.2.1/24", "eth0", "192.0.2.2/24")
        server(net, root, "web", "--network", "default", "-p", "127.0.0.1:8080:80")
        assert "hello" in host("busybox", "nc", "-w", "3", "127.0.0.1", "8080")
        assert "hello" not in other("busybox", "nc", "-w", "1", "192.0.2.1", "8080", check=False)
        other.sh("ip route add 127.0.0.1/32 via 192.0.2.1 table local; ip route del 127.0.0.0/8 table local; "
                 "sysctl -qw net.ipv4.conf.all.route_localnet=1", check=False)
        assert "hello" not in other("busybox", "nc", "-w", "1", "127.0.0.1", "8080", check=False)
    finally:
        other.end()


def test_taken_port(net, root, host):
    listener = host.popen("busybox", "nc", "-l", "-p", "8080", stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: "8080" in host("ss", "-tln"), "somebody listens")
        net.run("--network", "default", "-p", "8080:80", root, "true").fails("-p 8080->80/tcp: address already in use")
    finally:
        listener.kill()
        listener.wait()
    sleeper(net, root, "first", "--network", "default", "-p", "8080:80")
    net.run("--network", "default", "-p", "8080:80", root, "true").fails("8080")
    assert not list((net.state / "networks/default/endpoints").glob("*.new"))


def test_port_of_an_ipv6_address(net, root, host):
    """A client of another host comes through with its own address."""
    other = Host()
    try:
        net("network", "create", "--ipv6", "--subnet", "fd00:1::/64", "six").succeeds()
        host.cable(other, "lan", "192.0.2.1/24", "eth0", "192.0.2.2/24")
        host.sh("ip address add fd00:7::1/64 dev lan nodad")
        other.sh("ip address add fd00:7::2/64 dev eth0 nodad")
        container = sleeper(net, root, "box", "--network", "six", "-p", "[fd00:7::1]:8080:80")
        for client, peer in [(other, "fd00:7::2"), (host, "fd00:7::1")]:
            with listening(container, PEER.replace("AF_INET", "AF_INET6").replace("0.0.0.0", "::"), "tcp", "80") as server:
                assert client(sys.executable, "-c", CLIENT.replace("AF_INET", "AF_INET6"), "tcp", "fd00:7::1", "8080") \
                    == "answer\n"
                assert server.stdout.readline() == peer + "\n"
    finally:
        other.end()


@pytest.mark.parametrize("port, words", [
    ("[::1]:8080:80", r"the kernel translates no ports of the IPv6 loopback"),
    ("[::]:8080:80", None),
    ("[fe80::1]:8080:80", r"network default gives the container no IPv6 address"),
])
def test_ports_that_would_lead_nowhere(net, root, port, words):
    result = net.run("-p", port, root, "true")
    if words is None:
        result.succeeds()
    else:
        result.fails(words, status=125)
        assert len(result.err.splitlines()) == 1 and not net.ids(), result.err


def test_sctp(net, root):
    """Published where the kernel has it; else the error says so."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET, socket.IPPROTO_SCTP).close()
    except OSError:
        result = net.run("-p", "8080:80/sctp", root, "true").fails("-p 8080->80/sctp: this kernel has no sctp", status=125)
        assert len(result.err.splitlines()) == 1 and not net.ids(), result.err
        return
    sleeper(net, root, "box", "-p", "8080:80/sctp")
    assert settings(net, "box")["Ports"] == {"80/sctp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}
    net.run("-p", "8080:81/sctp", root, "true").fails("8080", status=125)
