# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Names of containers for programs that ask a name server, and what becomes of questions about others."""
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest
from harness.case import eventually
from hosts import CLIENT, PEER, inside, settings, sleeper
from names import Upstream, ask, ask_all, within

pytest.importorskip("dns", reason="needs Debian's python3-dnspython")
pytestmark = pytest.mark.skipif(not (shutil.which("ip") and shutil.which("nft")), reason="needs ip and nft")

OUTSIDE = "192.0.2.53"
# Names whose questions must come this way, and through no search domain.
DNS = ["--dns", OUTSIDE, "--dns-search", "."]
# Nobody is there, which the kernel says at once.
NOBODY = ["--dns", "127.0.0.1"]


@pytest.fixture
def outside(other):
    """A host beyond the engine's, with further addresses."""
    other.sh(f"ip address add {OUTSIDE}/24 dev eth0; ip address add 192.0.2.54/24 dev eth0")
    return other


def resolver(net, name="box"):
    """The lines of a container's resolv.conf that are no comments."""
    text = net("exec", name, "cat", "/etc/resolv.conf").succeeds().out
    return [line for line in text.splitlines() if not line.startswith("#")]


@contextmanager
def answering(host, address=OUTSIDE):
    upstream = Upstream(host, address)
    try:
        yield upstream
    finally:
        if upstream.process.poll() is None:
            upstream.end()


def test_containers_find_each_other(net, root):
    """By name, id and alias; addresses alone are known of a name, and names alone of an address."""
    first = sleeper(net, root, "first", "--network-alias", "alias")
    second = sleeper(net, root, "second", "--hostname", "Host", *NOBODY)
    address = settings(net, "first")["IPAddress"]
    place = within(second)
    for answer in ask_all(place, [{"name": name, "transport": transport} for transport in ["udp", "tcp"]
                                  for name in ["first", "alias", "FIRST", "first.", first.id[:12]]]):
        assert (answer["code"], answer["records"]) == ("NOERROR", [address])
        assert answer["flags"] == ["QR", "AA", "RD", "RA"] and answer["lifetimes"] == [5]
    for answer in ask_all(place, [{"name": name} for name in ["second", "host", "localhost"]]):
        assert answer["code"] == "NOERROR" and answer["records"]
    assert ask(place, "localhost", "AAAA")["records"] == ["::1"]
    for answer in ask_all(place, [{"name": "first", "kind": kind} for kind in ["AAAA", "MX", "TXT", "HTTPS"]]):
        assert (answer["code"], answer["records"]) == ("NOERROR", [])
    assert ask(place, "first", "ANY")["records"] == [address]
    reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
    assert ask(place, reverse, "PTR")["records"] == ["first."]
    assert ask(place, reverse, "TXT")["records"] == []
    # As a program in the container does it.
    assert address in net("exec", "second", "nslookup", "first").succeeds().out
    # Extensions are answered with extensions.
    assert ask(place, "first", extensions=True)["edns"] == 0 and ask(place, "first")["edns"] == -1
    first.process.terminate()
    net("rm", "--force", "first")
    eventually(lambda: not ask(place, "first").get("records"), "first is forgotten")
    third = sleeper(net, root, "third")
    assert ask(place, "third")["records"] == [settings(net, "third")["IPAddress"]]
    assert third.process.poll() is None


def test_addresses_of_both_versions(net, root):
    net("network", "create", "--ipv6", "six").succeeds()
    first = sleeper(net, root, "first", "--network", "six")
    address = settings(net, "first")["GlobalIPv6Address"]
    assert ask(within(first), "first", "AAAA")["records"] == [address]
    assert len(ask(within(first), "first", "ANY")["records"]) == 2
    digits = "".join(part.zfill(4) for part in subprocess.run(
        [sys.executable, "-c", f"import ipaddress; print(ipaddress.ip_address({address!r}).exploded)"],
        capture_output=True, text=True, check=True).stdout.strip().split(":"))
    assert ask(within(first), ".".join(reversed(digits)) + ".ip6.arpa", "PTR")["records"]


def test_names_of_other_networks_are_unknown(net, root):
    for name in ["one", "two"]:
        net("network", "create", name).succeeds()
    first = sleeper(net, root, "first", "--network", "one", *NOBODY)
    second = sleeper(net, root, "second", "--network", "two", *NOBODY)
    assert ask(within(second), "first").get("records") == [], "not its network's"
    net("network", "connect", "one", "second").succeeds()
    assert ask(within(second), "first")["records"] == [settings(net, "first")["IPAddress"]]
    assert ask(within(first), "second")["code"] == "NOERROR"
    net("network", "disconnect", "one", "second").succeeds()
    assert ask(within(second), "first").get("records") == []


def test_other_questions_go_outside(net, root, outside):
    """By the container's own way, from ports and with numbers that nobody can guess; answers come back as they are."""
    with answering(outside) as upstream:
        box = sleeper(net, root, "box", *DNS)
        place = within(box)
        assert resolver(net) == ["nameserver 127.0.0.11", "options ndots:0"]
        for transport in ["udp", "tcp"]:
            answer = ask(place, "www.example", transport=transport)
            assert (answer["records"], answer["lifetimes"]) == (["192.0.2.80"], [60])
            assert ask(place, "nowhere.example", transport=transport)["code"] == "NXDOMAIN"
        assert "TC" in ask(place, "long.example", "TXT")["flags"]
        long = ask(place, "long.example", "TXT", transport="tcp")
        assert len("".join(long["records"])) > 25000 and "TC" not in long["flags"]
        assert "192.0.2.80" in net("exec", "box", "nslookup", "www.example").succeeds().out
        ask_all(place, [{"name": "more.example"}] * 8)
        # Nobody outside learns the names of containers.
        ask(place, "box", "MX")
        asked = upstream.end()
    assert {line[4] for line in asked} == {"192.0.2.1"}, "masqueraded"
    assert not [line for line in asked if line[1].startswith("box")]
    questions = [line for line in asked if line[1] == "more.example."]
    assert len({line[3] for line in questions}) > 4 and len({line[5] for line in questions}) > 4


def test_forged_answers_are_not_believed(net, root, outside):
    """Of another sender, with another number, to another question, cut off."""
    with answering(outside):
        box = sleeper(net, root, "box", *DNS)
        assert ask(within(box), "forged.example")["records"] == ["192.0.2.80"]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("name, first_answers", [("www.example", False), ("silent.example", True), ("useless.example", True)])
def test_the_next_server_is_asked(net, root, outside, transport, name, first_answers):
    """When the first one is not there, says nothing, or says that it cannot."""
    with answering(outside, "192.0.2.54") as second:
        box = sleeper(net, root, "box", "--dns", OUTSIDE, "--dns", "192.0.2.54", "--dns-search", ".")
        if first_answers:
            with answering(outside) as first:
                answer = ask(within(box), name, transport=transport)
                assert first.end()
        else:
            answer = ask(within(box), name, transport=transport)
        asked = second.end()
    if first_answers:
        assert answer["code"] == "SERVFAIL" and asked
    else:
        assert answer["records"] == ["192.0.2.80"]


def test_internal_networks_ask_nobody(net, root, host, outside):
    """No packet leaves, not even the engine's own."""
    with answering(outside) as upstream:
        net("network", "create", "--internal", "inner").succeeds()
        box = sleeper(net, root, "box", "--network", "inner", *DNS)
        assert ask(within(box), "secret.example")["code"] == "SERVFAIL"
        assert ask(within(box), "secret.example", transport="tcp")["code"] == "SERVFAIL"
        assert ask(within(box), "box")["records"] == [settings(net, "box")["IPAddress"]]
        assert upstream.end() == []
        # With a way out it has somebody to ask.
        net("network", "create", "outer").succeeds()
        net("network", "connect", "outer", "box").succeeds()
    with answering(outside):
        assert ask(within(box), "www.example")["records"] == ["192.0.2.80"]


def test_port_53_is_the_containers(net, root):
    """On all its addresses, for a server of its own."""
    box = sleeper(net, root, "box")
    with inside(box, PEER, "udp", 53), inside(box, PEER, "tcp", 53):
        for kind in ["udp", "tcp"]:
            assert ask(within(box), "box", transport=kind)["code"] == "NOERROR"
            done = subprocess.run([*within(box), sys.executable, "-c", CLIENT, kind, "127.0.0.1", "53"],
                                  capture_output=True, text=True, timeout=30)
            assert done.stdout == "answer\n", done.stderr


def test_after_the_end_of_roost(net, root, outside):
    """The container lives on: it is told at once that nobody answers, until `reload` has it ask outside by itself."""
    box = sleeper(net, root, "box", *DNS)
    place = within(box)
    assert ask(place, "box")["code"] == "NOERROR"
    box.process.kill()
    box.process.wait()
    for kind in ["udp", "tcp"]:
        done = subprocess.run([*place, sys.executable, "-c", CLIENT, kind, "127.0.0.11", "53"], capture_output=True,
                              text=True, timeout=30)
        assert "ConnectionRefusedError" in done.stderr
    net("network", "reload").succeeds()
    assert resolver(net) == [f"nameserver {OUTSIDE}", "options ndots:0"]
    with answering(outside):
        assert "192.0.2.80" in net("exec", "box", "nslookup", "www.example").out
    net("rm", "--force", "box").succeeds()


def test_container_with_a_hosts_file_of_the_users(net, root, case):
    own = case.directory / "hosts"
    own.write_text("192.0.2.9\tothers\n")
    first = sleeper(net, root, "first")
    result = net.run("-v", f"{own}:/etc/hosts", root, "nslookup", "first").succeeds()
    assert settings(net, "first")["IPAddress"] in result.out and first.process.poll() is None


def test_whoever_joins_a_containers_network_has_its_names(net, root):
    sleeper(net, root, "first")
    result = net.run("--network", "container:first", root, "nslookup", "first").succeeds()
    assert settings(net, "first")["IPAddress"] in result.out


def test_more_addresses_than_a_datagram_holds(net, root):
    """Without extensions 512 bytes; a connection has them all. What root writes into /etc/hosts holds for him."""
    box = sleeper(net, root, "box")
    net("exec", "box", "sh", "-c", "for i in $(seq 100); do echo 198.51.100.$i many; done >> /etc/hosts").succeeds()
    place = within(box)
    short = ask(place, "many")
    assert "TC" in short["flags"] and 25 < len(short["records"]) < 35
    assert len(ask(place, "many", extensions=True)["records"]) > 60
    whole = ask(place, "many", transport="tcp")
    assert "TC" not in whole["flags"] and len(whole["records"]) == 100


def test_a_hosts_file_without_sense(net, root):
    """Too long, or no lines at all: nothing is known, nothing breaks."""
    box = sleeper(net, root, "box")
    assert ask(within(box), "box")["code"] == "NOERROR"
    net("exec", "box", "sh", "-c", "dd if=/dev/zero bs=1M count=3 >> /etc/hosts 2> /dev/null").succeeds()
    assert ask(within(box), "box")["code"] == "NOERROR", "what it said before"
    net("exec", "box", "sh", "-c", "head -c 9999 /dev/urandom > /etc/hosts; (echo; echo 198.51.100.1 back) >> /etc/hosts").succeeds()
    eventually(lambda: ask(within(box), "back").get("records") == ["198.51.100.1"], "back is known")


HOSTILE = r"""
import os, random, socket, struct
server = ("127.0.0.11", 53)
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
head = lambda flags=0x100, q=1, an=0, ns=0, ar=0: struct.pack("!6H", 7, flags, q, an, ns, ar)
messages = [b"", b"\0", os.urandom(11), head(), head(q=0), head(q=65535), head(0x8180), head(0x2800)]
messages += [head() + name + b"\0\1\0\1" for name in (
    b"\xc0\x0c", b"\x3f", b"\x40" + b"a" * 64, b"\1a" * 200 + b"\0", b"\xff" * 300, (b"\x3f" + b"a" * 63) * 4 + b"\0")]
messages += [head(ar=65535) + b"\3box\0\0\1\0\1" + tail for tail in (
    b"", b"\0\0\x29", b"\0\0\x29\0\0\0\0\0\0\xff\xff", b"\xc0\x0c" * 500, b"\0\0\x29\0\1\0\0\0\0\0\0" * 50)]
random.seed(1)
messages += [os.urandom(random.randrange(1, 600)) for _ in range(500)]
for message in messages:
    client.sendto(message, server)
for pieces in [[b"\0"], [b"\0\0"], [b"\xff\xff", b"a" * 100], [b"\0\5", b"abcde"], [b"\0\14" + head(0x8180)]]:
    stream = socket.create_connection(server)
    for piece in pieces:
        stream.sendall(piece)
    stream.close()
"""


def test_hostile_questions(net, root):
    """Garbage, names without end, compression in a question, streams that break off: the next question is answered."""
    box = sleeper(net, root, "box")
    subprocess.run([*within(box), sys.executable, "-c", HOSTILE], check=True, timeout=60)
    assert ask(within(box), "box")["code"] == "NOERROR"
    assert ask(within(box), "box", transport="tcp")["code"] == "NOERROR"
    assert box.process.poll() is None


FLOOD = r"""
import socket, time, dns.message
server = ("127.0.0.11", 53)
for _ in range(20):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for n in range(100):
        client.sendto(dns.message.make_query(f"silent.n{n}.example", "A").to_wire(), server)
streams = []
for _ in range(200):
    stream = socket.create_connection(server)
    stream.sendall(b"\0")
    streams.append(stream)
print("ready", flush=True)
time.sleep(1000)
"""


FORGER = """
import socket, time
forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
forger.bind(("127.0.0.11", 53))
try:
    forger.sendto(b"lie", ("127.0.0.1", 4000))
    print("sent", flush=True)
except PermissionError:
    print("ready", flush=True)
time.sleep(1000)
"""


def test_nobody_else_answers(net, root):
    """Whoever has the address and the port in the container cannot send answers of his own; those of roost come."""
    box = sleeper(net, root, "box")
    with inside(box, FORGER):
        assert ask(within(box), "box")["records"] == [settings(net, "box")["IPAddress"]]


@pytest.mark.parametrize("server", ["127.0.0.11", "::ffff:127.0.0.11", "192.0.2.77"])
def test_a_server_that_asks_itself(net, root, server):
    """By its own address, or by way of somebody who leads back to it: a question goes round once."""
    box = sleeper(net, root, "box", "--dns", server)
    place = within(box)
    if server == "192.0.2.77":
        rules = "add table ip t; add counter ip t round; add chain ip t o { type filter hook output priority -400; }; " \
            "add rule ip t o ip daddr 192.0.2.77 counter name round ip daddr set 127.0.0.11"
        subprocess.run([*place, "sh", "-ec", f"ip route add 192.0.2.77 dev lo; nft '{rules}'"], check=True)
    assert ask(place, "www.example")["code"] == "SERVFAIL"
    assert ask(place, "box")["code"] == "NOERROR"
    if server == "192.0.2.77":
        counters = subprocess.run([*place, "nft", "list", "counters"], capture_output=True, text=True, check=True).stdout
        assert re.search(r"packets (\d+)", counters)[1] == "1", counters


def test_names_of_containers_before_those_of_domains(net, root, outside, case):
    """A record for all names of the host's domain does not stand before a container."""
    with answering(outside) as upstream:
        first = sleeper(net, root, "first")
        box = sleeper(net, root, "box", "--dns", OUTSIDE, "--dns-search", "corp.example")
        assert "options ndots:0" in resolver(net)
        own = case.directory / "resolv.conf"
        own.write_text(net("exec", "box", "cat", "/etc/resolv.conf").out)
        script = f"busybox mount -o bind {own} /etc/resolv.conf; busybox mount -o bind /dev/null /etc/hosts; " \
            "exec getent ahostsv4 first"
        done = subprocess.run([*within(box), "unshare", "--mount", "sh", "-c", script], capture_output=True, text=True,
                              timeout=60)
        assert settings(net, "first")["IPAddress"] in done.stdout, done.stderr
        assert first.process.poll() is None and not upstream.end()


LEASE = """
import fcntl, os, sys, time
file = os.open(sys.argv[1], os.O_RDONLY)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
import signal
signal.signal(signal.SIGIO, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(1000)
"""


def test_a_lease_on_the_hosts_file(net, root):
    """A container that keeps its hosts file from being written keeps nobody waiting."""
    box = sleeper(net, root, "box")
    with inside(box, LEASE, f"/proc/{box.pid}/root/etc/hosts"):
        # The kernel would have everybody wait for 45 seconds (/proc/sys/fs/lease-break-time).
        assert net.popen("run", "--rm", root, "true").wait(timeout=40) == 0
        assert "box" in net("exec", "box", "cat", "/etc/hosts").out


def test_floods(net, root, outside):
    """Questions that nobody answers and streams on which nothing comes: who comes last is served, and descriptors are counted."""
    with answering(outside):
        box = sleeper(net, root, "box", *DNS)
        with inside(box, FLOOD):
            assert ask(within(box), "box")["code"] == "NOERROR"
            assert ask(within(box), "box", transport="tcp")["code"] == "NOERROR"
            # The one outside may not have been able to take it among all the others.
            eventually(lambda: ask(within(box), "www.example").get("records") == ["192.0.2.80"], "it is asked for, too")
            assert len(os.listdir(f"/proc/{box.process.pid}/fd")) < 256 + 2 * 32 + 64
    eventually(lambda: len(os.listdir(f"/proc/{box.process.pid}/fd")) < 64, "all is given back")


def test_streams(net, root, outside):
    """Questions one behind the other, in pieces, with an answer of the outside between."""
    with answering(outside):
        box = sleeper(net, root, "box", *DNS)
        program = """
import socket, struct, dns.message
stream = socket.create_connection(("127.0.0.11", 53))
wires = [dns.message.make_query(name, "A", id=n).to_wire() for n, name in enumerate(["box", "www.example", "box", "a.example"])]
data = b"".join(struct.pack("!H", len(wire)) + wire for wire in wires)
for start in range(0, len(data), 7):
    stream.sendall(data[start:start + 7])
stream.shutdown(socket.SHUT_WR)
while head := stream.recv(2, socket.MSG_WAITALL):
    answer = dns.message.from_wire(stream.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL))
    print(answer.id, answer.question[0].name, len(answer.answer))
"""
        done = subprocess.run([*within(box), sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
        assert done.stdout.splitlines() == ["0 box. 1", "1 www.example. 1", "2 box. 1", "3 a.example. 1"], done.stderr


def test_without_anybody_to_ask(net, root, host):
    """No server where one should be: the answer says so."""
    box = sleeper(net, root, "box", *NOBODY)
    for answer in ask_all(within(box), [{"name": "www.example", "transport": kind} for kind in ["udp", "tcp"]]):
        assert answer["code"] == "SERVFAIL"
