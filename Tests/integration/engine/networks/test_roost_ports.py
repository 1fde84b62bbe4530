# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Published ports: who reaches them, and what the container sees of him."""
import hashlib
import re
import resource
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from harness.case import eventually
from hosts import CLIENT, PEER, inside, listens, running, server, settings, sleeper

pytestmark = pytest.mark.skipif(not (shutil.which("ip") and shutil.which("nft")), reason="needs ip and nft")


def test_published_port(net, root, host, other):
    """From the host, from its loopback, from another host; the client's address is kept."""
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


def test_the_hosts_own_firewall_decides(net, root, host, other):
    """What an administrator's chain drops stays dropped, at whatever priority it is."""
    server(net, root, "web", "-p", "8080:80")
    for priority in [-100, 100]:
        host("nft", f"add table inet own; add chain inet own f {{ type filter hook forward priority {priority}; }}; "
             "add rule inet own f ct status dnat drop")
        assert "hello" not in other("busybox", "nc", "-w", "1", "192.0.2.1", "8080", check=False)
        host("nft", "delete", "table", "inet", "own")
        assert "hello" in other("busybox", "nc", "-w", "3", "192.0.2.1", "8080")


@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_a_published_port_keeps_the_clients_address(net, root, host, other, kind):
    """Programs of the test's own in the namespaces: what a server sees as its peer, and that answers come back."""
    container = sleeper(net, root, "box", "--network", "default", "-p", f"5353:53/{kind}")
    for client, address, peer in [(other, "192.0.2.1", "192.0.2.2"), (host, "127.0.0.1", "10.210.0.1"),
                                  (host, "192.0.2.1", "192.0.2.1")]:
        with inside(container, PEER, kind, "53") as server:
            assert client(sys.executable, "-c", CLIENT, kind, address, "5353") == "answer\n"
            # Never a loopback address, which services trust.
            assert server.stdout.readline() == peer + "\n"


def test_port_of_loopback_is_not_for_the_lan(net, root, host, other):
    server(net, root, "web", "--network", "default", "-p", "127.0.0.1:8080:80")
    assert "hello" in host("busybox", "nc", "-w", "3", "127.0.0.1", "8080")
    assert "hello" not in other("busybox", "nc", "-w", "1", "192.0.2.1", "8080", check=False)
    other.sh("ip route add 127.0.0.1/32 via 192.0.2.1 table local; ip route del 127.0.0.0/8 table local; "
             "sysctl -qw net.ipv4.conf.all.route_localnet=1", check=False)
    assert "hello" not in other("busybox", "nc", "-w", "1", "127.0.0.1", "8080", check=False)


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


def test_port_of_an_ipv6_address(net, root, host, other):
    """A client of another host comes through with its own address."""
    net("network", "create", "--ipv6", "--subnet", "fd00:1::/64", "six").succeeds()
    host.sh("ip address add fd00:7::1/64 dev lan nodad")
    other.sh("ip address add fd00:7::2/64 dev eth0 nodad")
    container = sleeper(net, root, "box", "--network", "six", "-p", "[fd00:7::1]:8080:80")
    for client, peer in [(other, "fd00:7::2"), (host, "fd00:7::1")]:
        with inside(container, PEER.replace("AF_INET", "AF_INET6").replace("0.0.0.0", "::"), "tcp", "80") as server:
            assert client(sys.executable, "-c", CLIENT.replace("AF_INET", "AF_INET6"), "tcp", "fd00:7::1", "8080") \
                == "answer\n"
            assert server.stdout.readline() == peer + "\n"


@pytest.mark.parametrize("port, words", [
    ("[::1]:8080:80/sctp", r"on the IPv6 loopback roost passes on tcp and udp alone"),
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


# The IPv6 loopback: no kernel translates its ports, roost itself passes on what comes there.

CLIENT6 = CLIENT.replace("AF_INET", "AF_INET6")

# Sends so many bytes while it reads to the end, and says what the SHA-256 of what came is.
BOTH_WAYS = """
import hashlib, socket, sys, threading, time
role, host, port, size, seed, pause = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]), float(sys.argv[6])
block = hashlib.sha256(bytes([seed])).digest() * 2048
family = socket.AF_INET6 if ":" in host else socket.AF_INET
if role == "server":
    server = socket.create_server((host, port), family=family)
    print("ready", flush=True)
    stream, _ = server.accept()
else:
    stream = socket.create_connection((host, port), timeout=60)

def send():
    for _ in range(size // len(block)):
        stream.sendall(block)
    stream.shutdown(socket.SHUT_WR)

sender = threading.Thread(target=send)
sender.start()
digest, count = hashlib.sha256(), 0
while data := stream.recv(65536):
    digest.update(data)
    count += len(data)
    time.sleep(pause)
sender.join()
print(count, digest.hexdigest(), flush=True)
"""


@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_port_of_the_ipv6_loopback(net, root, host, kind):
    container = sleeper(net, root, "box", "-p", f"[::1]:5353:53/{kind}")
    with inside(container, PEER, kind, "53") as server:
        assert host(sys.executable, "-c", CLIENT6, kind, "::1", "5353") == "answer\n"
        # Never a loopback address, which services trust.
        assert server.stdout.readline() == "10.210.0.1\n"
    assert settings(net, "box")["Ports"] == {f"53/{kind}": [{"HostIp": "::1", "HostPort": "5353"}]}
    # Asked for at this address alone, and nothing of it is in the rules.
    assert "5353" not in host("nft", "list", "ruleset")
    assert "[::1]:5353" in host("ss", "-Hnl46", f"--{kind}") and "0.0.0.0:5353" not in host("ss", "-Hnl46", f"--{kind}")
    net("rm", "--force", "box").succeeds()
    eventually(lambda: "5353" not in host("ss", "-Hnl46", f"--{kind}"), "the port is closed")


@pytest.mark.parametrize("kind", ["tcp", "udp"])
@pytest.mark.parametrize("bound", ["0.0.0.0", "::"])
def test_port_without_an_address_is_the_ipv6_loopbacks_too(net, root, host, kind, bound):
    """`localhost` is `::1` for many programs. The container's program may know IPv4 only."""
    net("network", "create", "--ipv6", "--subnet", "fd00:1::/64", "six").succeeds()
    container = sleeper(net, root, "box", "--network", "six", "-p", f"8080:80/{kind}")
    program = PEER.replace("0.0.0.0", bound)
    if bound == "::":
        program = program.replace("AF_INET", "AF_INET6")
    for address in ["::1", "127.0.0.1"]:
        with inside(container, program, kind, "80") as server:
            client = CLIENT6 if address == "::1" else CLIENT
            assert host(sys.executable, "-c", client, kind, address, "8080") == "answer\n"
            if bound == "::" and address == "::1":
                assert server.stdout.readline() == "fd00:1::1\n"


@pytest.mark.parametrize("slow", ["neither", "client", "server"])
def test_relay_carries_all_that_both_sides_say(net, root, host, slow):
    """Much at once in both directions, each with an end of its own, also past a reader who takes his time."""
    container = sleeper(net, root, "box", "-p", "[::1]:8080:80")
    size = 32 << 20 if slow == "neither" else 4 << 20
    pauses = {name: 0.002 if slow == name else 0 for name in ("client", "server")}
    digests = {seed: hashlib.sha256(hashlib.sha256(bytes([seed])).digest() * (size // 32)).hexdigest() for seed in (1, 2)}
    with inside(container, BOTH_WAYS, "server", "0.0.0.0", 80, size, 1, pauses["server"]) as server:
        said = host(sys.executable, "-c", BOTH_WAYS, "client", "::1", "8080", size, "2", pauses["client"])
        assert said == f"{size} {digests[1]}\n"
        assert server.stdout.readline() == f"{size} {digests[2]}\n"


def test_relay_and_ports_that_are_taken(net, root, host):
    listener = host.popen(sys.executable, "-c", "import socket, time\n"
                          "server = socket.create_server(('::1', 8081), family=socket.AF_INET6)\n"
                          "print('ready', flush=True)\ntime.sleep(1000)", stdout=subprocess.PIPE, text=True)
    with running(listener):
        for port in ["[::1]:8081:80", "8081:80"]:
            result = net.run("-p", port, root, "true")
            result.fails(re.escape("-p [::1]:8081->80/tcp: address already in use; another program listens"), status=125)
            assert len(result.err.splitlines()) == 1 and not net.ids(), result.err
    sleeper(net, root, "first", "-p", "[::1]:8080:80")
    for port in ["[::1]:8080:80", "8080:80"]:
        net.run("-p", port, root, "true").fails(re.escape("-p [::1]:8080->80/tcp: container "), status=125)
    net.run("-p", "127.0.0.1:8080:80", root, "true").succeeds()


def test_relays_of_two_containers(net, root, host):
    """Ranges and ports that the system chooses; each has its own."""
    first = sleeper(net, root, "first", "-p", "[::1]:8000-8001:80-81", "-p", "82")
    second = sleeper(net, root, "second", "-p", "[::1]::80", "-p", "8002:81")
    chosen = settings(net, "second")["Ports"]["80/tcp"][0]["HostPort"]
    open_to_all = settings(net, "first")["Ports"]["82/tcp"][0]
    assert int(chosen) > 0 and open_to_all["HostIp"] == "0.0.0.0"
    net("network", "reload").succeeds()
    for container, inner, outer in [(first, "80", "8000"), (first, "81", "8001"), (second, "80", chosen),
                                    (second, "81", "8002"), (first, "82", open_to_all["HostPort"])]:
        with inside(container, PEER, "tcp", inner):
            assert host(sys.executable, "-c", CLIENT6, "tcp", "::1", outer) == "answer\n"


def test_relay_serves_nobody_else(net, root, host):
    """After a container was disconnected its address may be another's."""
    net("network", "create", "--subnet", "10.5.0.0/30", "tiny").succeeds()
    container = sleeper(net, root, "box", "--network", "tiny", "-p", "[::1]:8080:80", "-p", "[::1]:53:53/udp")
    with inside(container, PEER, "udp", "53"):
        assert host(sys.executable, "-c", CLIENT6, "udp", "::1", "53") == "answer\n"
    net("network", "disconnect", "tiny", "box").succeeds()
    other = sleeper(net, root, "other", "--network", "tiny")
    for kind, inner, outer in [("tcp", "80", "8080"), ("udp", "53", "53")]:
        with inside(other, PEER, kind, inner):
            assert "answer" not in host(sys.executable, "-c", CLIENT6, kind, "::1", outer, check=False)
    eventually(lambda: "[::1]" not in host("ss", "-Hnltu46"), "the ports are closed")
    assert container.process.poll() is None


MANY = """
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
port, count = int(sys.argv[1]), int(sys.argv[2])
streams = [socket.create_connection(("::1", port), timeout=60) for _ in range(count)]
print("ready", flush=True)
sys.stdin.readline()
for stream in streams:
    stream.close()
# Those who had to wait, and whoever comes now, are served.
stream = socket.create_connection(("::1", port), timeout=60)
stream.sendall(b"question")
print(stream.recv(100).decode(), flush=True)
"""

ECHO = """
import resource, selectors, socket
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
server = socket.create_server(("0.0.0.0", 80), backlog=4096)
waiting = selectors.DefaultSelector()
waiting.register(server, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in waiting.select():
        if key.fileobj is server:
            waiting.register(server.accept()[0], selectors.EVENT_READ)
            continue
        try:
            data = key.fileobj.recv(100)
            if data:
                key.fileobj.sendall(data)
                continue
        except OSError:
            pass
        waiting.unregister(key.fileobj)
        key.fileobj.close()
"""


def test_relay_is_bounded(net, root, host):
    """More connections than it takes: they wait. What ends is given back."""
    container = sleeper(net, root, "box", "-p", "[::1]:8080:80")
    descriptors = Path(f"/proc/{container.process.pid}/fd")
    before = len(list(descriptors.iterdir()))
    with inside(container, ECHO):
        client = host.popen(sys.executable, "-c", MANY, "8080", "700", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True)
        with running(client):
            eventually(lambda: len(list(descriptors.iterdir())) >= before + 1024, "the relay is full")
            assert len(list(descriptors.iterdir())) <= before + 1024
            client.stdin.write("\n")
            client.stdin.close()
            assert client.stdout.readline() == "question\n"
        eventually(lambda: len(list(descriptors.iterdir())) == before, "all descriptors are given back")


SINK = """
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("0.0.0.0", 80))
print("ready", flush=True)
while True:
    if server.recv(100) == b"hello":
        print("heard", flush=True)
"""


def test_relay_forgets_clients_that_flood_it(net, root, host):
    """Two thousand that send one datagram each, and never come back: the latest stay, and whoever comes now is heard."""
    container = sleeper(net, root, "box", "-p", "[::1]:8080:80/udp")
    descriptors = Path(f"/proc/{container.process.pid}/fd")
    before = len(list(descriptors.iterdir()))
    send = "import socket\nfor n in range({}):\n  s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\n" \
           "  s.sendto(b'{}', ('::1', 8080))"
    with inside(container, SINK) as sink:
        # What comes too fast is lost before the relay sees it.
        eventually(lambda: host(sys.executable, "-c", send.format(2000, "x")) == "" and
                   len(list(descriptors.iterdir())) == before + 512, "the relay is full")
        host(sys.executable, "-c", send.format(1, "hello"))
        assert sink.stdout.readline() == "heard\n"
        assert len(list(descriptors.iterdir())) == before + 512


def test_ports_beyond_the_usual_limit_of_descriptors(net, root, host):
    """A socket or two for each; the container's own limit stays."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))
    try:
        container = net.start("-p", "8000-8399:8000-8399", root, "sh", "-c", "ulimit -n; exec sleep 1000", name="box")
        assert container.line() == "300"
        for port in ["8000", "8399"]:
            with inside(container, PEER, "tcp", port):
                assert host(sys.executable, "-c", CLIENT6, "tcp", "::1", port) == "answer\n"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_relay_tells_who_breaks_off(net, root, host):
    """A reset at one end is one at the other; a port that nobody listens at is one, too."""
    container = sleeper(net, root, "box", "-p", "[::1]:8080:80")
    lines = "".join(f"  {line}\n" for line in CLIENT6.strip().splitlines())
    client = f"try:\n{lines}except ConnectionError: print('reset')"
    assert host(sys.executable, "-c", client, "tcp", "::1", "8080") == "reset\n"
    reset = "import socket, struct\nserver = socket.create_server(('0.0.0.0', 80))\nprint('ready', flush=True)\n" \
            "stream, _ = server.accept()\nstream.recv(1)\n" \
            "stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\nstream.close()"
    with inside(container, reset):
        assert host(sys.executable, "-c", client, "tcp", "::1", "8080") == "reset\n"


def test_relay_and_last_words(net, root, host):
    """What a program says last is heard, although its container has ended by then. Nothing of the relay is in there."""
    container = net.start("-p", "[::1]:8080:80", root, "sh", "-c",
                          "ls -l /proc/self/fd | grep -c socket; dd if=/dev/zero bs=65536 count=32 2>/dev/null >/words; "
                          "echo ready; exec nc -l -p 80 -e cat /words", name="box")
    assert container.line() == "0" and container.line() == "ready"
    eventually(lambda: listens(container.pid, 80), "the program listens")
    read = "import socket\ns = socket.create_connection(('::1', 8080), timeout=60)\n" \
           "n = 0\nwhile data := s.recv(65536): n += len(data)\nprint(n)"
    assert host(sys.executable, "-c", read) == f"{32 * 65536}\n"
    assert container.process.wait(timeout=60) == 0


def test_relay_is_explained(net, root):
    out = net("explain", "-p", "[::1]:8080:80", "-p", "53:53/udp", root, "true").succeeds().out
    assert "Pass on what comes to [::1]:8080->80/tcp, [::1]:53->53/udp while the container runs" in out
    assert "No packet from ::1 leaves" in out and "translate ports: 53->53/udp" in out
