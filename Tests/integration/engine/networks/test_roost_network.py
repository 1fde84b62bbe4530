# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Networks of containers. The engine runs in network namespaces that the tests make; `ip` and `nft` look at the result."""
import re
import shutil
import signal
import subprocess

import pytest
from harness.case import eventually
from hosts import server, settings, sleeper

pytestmark = pytest.mark.skipif(not (shutil.which("ip") and shutil.which("nft")), reason="needs ip and nft")


def test_default_network(net, root, host):
    """A bridge with an address, an address for the container, a default route, and both reach each other."""
    result = net.run("--network", "default", root, "sh", "-c",
                     "ip -4 -o address show dev eth0; ip route; ping -c 1 -W 2 $(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p')")
    result.succeeds()
    assert re.search(r"inet 10\.210\.0\.2/16", result.out)
    assert "default via 10.210.0.1 dev eth0" in result.out
    assert "1 packets received" in result.out
    link = host.links()["roost0"]
    assert link["linkinfo"]["info_kind"] == "bridge" and "UP" in link["flags"]
    # The cable goes with the container's namespace.
    eventually(lambda: not [name for name in host.links() if name.startswith("r") and name != "roost0"], "no cable left")
    assert not list((net.state / "networks/default/leases").iterdir())
    net("network", "prune").succeeds()
    assert list(host.links()) == ["lo"]
    assert host("nft", "list", "ruleset") == ""


def test_network_of_those_who_ask_for_none(net, root, host):
    """Docker's default; `none` is a choice."""
    result = net.run(root, "ip", "-4", "-o", "address", "show", "dev", "eth0").succeeds()
    assert "10.210.0.2/16" in result.out and "roost0" in host.links()
    assert "eth0" not in net.run("--network", "none", root, "ip", "-o", "link").succeeds().out
    server(net, root, "web", "-p", "8080:80")
    assert "hello" in host("busybox", "nc", "-w", "3", "127.0.0.1", "8080")
    assert settings(net, "web")["Networks"]["default"]["IPAddress"] == settings(net, "web")["IPAddress"]
    assert "ake the bridge roost0" in net("explain", root, "true").succeeds().out


def test_without_rights_over_the_network(net, root, host):
    """As in a container without CAP_NET_ADMIN: the error says how to do without."""
    setpriv = ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"]
    net.host = type("Weak", (), {"prefix": [*host.prefix, *setpriv]})
    result = net.run(root, "true").fails("not permitted", "CAP_NET_ADMIN", "--network host", status=125)
    assert len(result.err.splitlines()) == 1 and not net.ids(), result.err
    assert net("network", "ls", "-q").out == "" and list(host.links()) == ["lo"]
    assert "--network host" not in net.run("--network", "default", root, "true").fails(status=125).err
    net.run("--network", "host", root, "true").succeeds()


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_kernel_without_rules(net, root, host, case):
    """A network without rules would be open to everybody: nothing is made, and the error says how to do without."""
    log = case.directory / "log"
    strace = ["strace", "-qq", "-o", str(log), "-e", "trace=socket"]
    prefix = host.prefix
    net.host = type("Traced", (), {"prefix": [*prefix, *strace]})
    net.run(root, "true").succeeds()
    number = [line for line in log.read_text().splitlines() if line.startswith("socket(")].index(
        next(line for line in log.read_text().splitlines() if "NETLINK_NETFILTER" in line)) + 1
    net("network", "prune").succeeds()
    inject = ["-e", f"inject=socket:error=EPROTONOSUPPORT:when={number}+"]
    net.host = type("Lacking", (), {"prefix": [*prefix, *strace, *inject]})
    result = net.run(root, "true").fails("this kernel lacks nf_tables", "with --network none the container starts",
                                         status=125)
    assert len(result.err.splitlines()) == 1 and not net.ids(), result.err
    net.host = host
    assert net("network", "ls", "-q").out == "" and list(host.links()) == ["lo"]


def test_teardown_that_fails_does_not_count(net, root, host):
    """The payload's exit code stays, and so does a container without --rm."""
    script = "trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done"
    container = net.start(root, "sh", "-c", script, name="box")
    assert container.line() == "ready"
    # An endpoint that cannot be removed.
    lease = next((net.state / "networks/default/leases").iterdir())
    lease.unlink()
    lease.mkdir()
    (lease / "file").touch()
    container.signal(signal.SIGTERM)
    assert container.wait() == 3 and "roost network prune tries again" in container.err
    assert net.inspect("box")["State"]["ExitCode"] == 3
    shutil.rmtree(lease)


def test_containers_reach_each_other_by_name(net, root):
    first = sleeper(net, root, "first", "--network", "default", "--network-alias", "alias")
    result = net.run("--network", "default", root, "sh", "-c",
                     "ping -c 1 -W 2 first && ping -c 1 -W 2 alias").succeeds()
    assert result.out.count("1 packets received") == 2
    # Whoever is there learns of those who come, and of those who go.
    second = sleeper(net, root, "second", "--network", "default")
    net("exec", "first", "ping", "-c", "1", "-W", "2", "second").succeeds()
    second.process.terminate()
    net("rm", "--force", "second")
    eventually(lambda: "second" not in net("exec", "first", "cat", "/etc/hosts").out, "second is forgotten")
    assert first.process.poll() is None


def test_networks_are_apart(net, root):
    net("network", "create", "one").succeeds()
    net("network", "create", "two").succeeds()
    sleeper(net, root, "first", "--network", "one")
    address = settings(net, "first")["IPAddress"]
    net.run("--network", "one", root, "ping", "-c", "1", "-W", "2", address).succeeds()
    net.run("--network", "two", root, "ping", "-c", "1", "-W", "1", address).fails(status=1)


def test_size_of_packets(net, root, host):
    """The network's, at both ends of the cable; what is larger is carried in pieces."""
    net("network", "create", "small", "--opt", "mtu=1280").succeeds()
    first = sleeper(net, root, "first", "--network", "small")
    result = net.run("--network", "small", root, "sh", "-c",
                     "cat /sys/class/net/eth0/mtu; ping -c 1 -W 2 -s 4000 first").succeeds()
    assert result.lines[0] == "1280" and "1 packets received" in result.out
    assert {link["mtu"] for link in host.links().values() if link.get("master")} == {1280}
    assert first.process.poll() is None


def test_masquerade(net, root, host, other):
    """The outside sees the host's address."""
    net.run("--network", "default", root, "ping", "-c", "1", "-W", "2", "192.0.2.2").succeeds()


def test_internal_network(net, root, host, other):
    net("network", "create", "--internal", "inner").succeeds()
    result = net.run("--network", "inner", root, "sh", "-c",
                     "ip route; cat /etc/resolv.conf; ping -c 1 -W 1 192.0.2.2").fails(status=1)
    assert "default" not in result.out and re.findall("nameserver (.*)", result.out) == ["127.0.0.11"]
    net.run("--network", "inner", "-p", "80", root, "true").fails("internal")


def test_reload_restores_what_others_removed(net, root, host):
    server(net, root, "web", "--network", "default", "-p", "8080:80")
    host("nft", "flush", "ruleset")
    assert "hello" not in host("busybox", "nc", "-w", "1", "127.0.0.1", "8080", check=False)
    net("network", "reload").succeeds()
    assert "hello" in host("busybox", "nc", "-w", "3", "127.0.0.1", "8080")
    host("ip", "link", "delete", "roost0")
    net("network", "reload").succeeds()
    assert "hello" in host("busybox", "nc", "-w", "3", "127.0.0.1", "8080")


def test_the_next_container_repairs(net, root, host):
    net.run("--network", "default", root, "true").succeeds()
    host.sh("ip link delete roost0; nft flush ruleset")
    net.run("--network", "default", root, "ping", "-c", "1", "-W", "2", "10.210.0.1").succeeds()
    # A command that was killed has made a bridge and not yet named it.
    host.sh("ip link set roost0 alias ''")
    net.run("--network", "default", root, "ping", "-c", "1", "-W", "2", "10.210.0.1").succeeds()
    assert host.links()["roost0"]["ifalias"].endswith(" default")
    # Somebody else's bridge has another hardware address.
    host.sh("ip link delete roost0; ip link add roost0 type bridge")
    net.run("--network", "default", root, "true").fails("there is an interface roost0 that is not this network's")


def test_spoofing_is_dropped(net, root, host):
    """A container with CAP_NET_RAW takes another's address and hardware address: nobody sees it."""
    sleeper(net, root, "victim", "--network", "default")
    victim = settings(net, "victim")
    sleeper(net, root, "evil", "--network", "default", "--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW")
    net("exec", "evil", "ping", "-c", "1", "-W", "2", "10.210.0.1").succeeds()
    address = "10.210.0.99"
    net("exec", "evil", "ip", "address", "add", f"{address}/16", "dev", "eth0").succeeds()
    net("exec", "evil", "ping", "-c", "1", "-W", "1", "-I", address, "10.210.0.1").fails(status=1)
    net("exec", "evil", "sh", "-c", f"arping -c 1 -w 1 -A -I eth0 {victim['IPAddress']} || true")
    net("exec", "victim", "ping", "-c", "1", "-W", "2", "10.210.0.1").succeeds()
    neighbours = host("ip", "neigh", "show", "dev", "roost0")
    assert address not in neighbours
    assert f"{victim['IPAddress']} lladdr {victim['MacAddress']}" in neighbours
    # Another hardware address: nothing gets through at all.
    net("exec", "evil", "sh", "-c", "ip link set eth0 down; ip link set eth0 address 02:00:00:00:00:99; "
        "ip link set eth0 up; ip route add default via 10.210.0.1; ping -c 1 -W 1 10.210.0.1").fails(status=1)


def test_ipv6(net, root, host):
    net("network", "create", "--ipv6", "--subnet", "fd00:1::/64", "six").succeeds()
    result = net.run("--network", "six", root, "sh", "-c",
                     "cat /proc/sys/net/ipv6/conf/eth0/accept_ra; ip -6 -o address show dev eth0; "
                     "ping -6 -c 1 -W 2 fd00:1::1").succeeds()
    assert result.lines[0] == "0"
    assert "fd00:1::2/64" in result.out and "1 packets received" in result.out
    assert host("cat", "/proc/sys/net/ipv6/conf/roost0/accept_ra").strip() == "0"
    sleeper(net, root, "first", "--network", "six")
    net.run("--network", "six", root, "ping", "-6", "-c", "1", "-W", "2", "first").succeeds()


def test_kernel_without_ipv6(net, host):
    script = 'busybox mount -t tmpfs tmpfs /proc/sys/net && exec "$@"'
    net.host = type("Lacking", (), {"prefix": [*host.prefix, "unshare", "--mount", "sh", "-c", script, "sh"]})
    net("network", "create", "--ipv6", "six").fails("--ipv6: this kernel has no IPv6")
    assert net("network", "ls", "-q").out == "" and list(host.links()) == ["lo"]


def test_plain_cable(net, root, host):
    """S1: --ip inside, --host-ip outside, both ends ping each other."""
    container = sleeper(net, root, "box", "--ip", "10.0.0.1/24", "--host-ip", "10.0.0.2/24")
    net("exec", "box", "ping", "-c", "1", "-W", "2", "10.0.0.2").succeeds()
    host("ping", "-c", "1", "-W", "2", "10.0.0.1") if shutil.which("ping") else host("busybox", "ping", "-c", "1", "10.0.0.1")
    assert container.process.poll() is None


def test_existing_bridge(net, root, host):
    """S2: a bridge that exists, an address and a gateway."""
    host.sh("ip link add br0 type bridge; ip address add 10.3.0.1/24 dev br0; ip link set br0 up")
    result = net.run("--network", "bridge:br0", "--ip", "10.3.0.7/24", "--gateway", "10.3.0.1",
                     "--mac-address", "02:00:00:00:03:07", root, "sh", "-c",
                     "cat /sys/class/net/eth0/address; ip route; ping -c 1 -W 2 10.3.0.1").succeeds()
    assert result.lines[0] == "02:00:00:00:03:07"
    assert "default via 10.3.0.1" in result.out
    assert "br0" in host.links()


def test_macvlan(net, root, host):
    host.sh("ip link add p0 type veth peer name p1; ip link set p0 up; ip link set p1 up; ip address add 10.4.0.1/24 dev p1")
    net.run("--network", "macvlan:p0", "--ip", "10.4.0.2/24", root, "ping", "-c", "1", "-W", "2", "10.4.0.1").succeeds()


def test_ipvlan(net, root, host):
    """An interface of its own where the kernel has the kind; else the error says so."""
    host.sh("ip link add p0 type veth peer name p1; ip link set p0 up; ip link set p1 up; ip address add 10.4.0.1/24 dev p1")
    arguments = ("--network", "ipvlan:p0", "--ip", "10.4.0.2/24", root, "ping", "-c", "1", "-W", "2", "10.4.0.1")
    if subprocess.run([*host.prefix, "ip", "link", "add", "link", "p0", "name", "i0", "type", "ipvlan"],
                      capture_output=True).returncode == 0:
        host("ip", "link", "delete", "i0")
        net.run(*arguments).succeeds()
    else:
        net.run(*arguments).fails("this kernel has no interfaces of the kind ipvlan", status=125)


def test_networks_of_others(net, root, host):
    sleeper(net, root, "first", "--network", "default")
    address = settings(net, "first")["IPAddress"]
    result = net.run("--network", "container:first", root, "ip", "-4", "-o", "address").succeeds()
    assert address in result.out
    pid = net.inspect("first")["State"]["Pid"]
    result = net.run("--network", f"ns:/proc/{pid}/ns/net", root, "ip", "-4", "-o", "address").succeeds()
    assert address in result.out


def test_ids_of_its_own(net, root):
    """`--userns auto`: the container's root does not own the network, so it can use it, but not change it."""
    flags = ("--userns", "auto", "--overlay", "--network", "default", "--cap-add", "NET_ADMIN")
    result = net.run(*flags, "-p", "8080:80", root, "sh", "-c",
                     "id -u; nc -w 2 10.210.0.1 1 2>&1; ip -4 -o address show dev eth0; "
                     "ls -d /sys/kernel; ip link set eth0 mtu 1000").fails()
    assert result.lines[0] == "0" and "Connection refused" in result.out and "10.210.0.2/16" in result.out
    assert "/sys/kernel" in result.out and "not permitted" in result.err


def test_settings_of_the_network(net, root):
    """The engine makes them where the container has no rights over its network."""
    for flags in [(), ("--userns", "auto", "--overlay")]:
        for network in ["none", "default"]:
            result = net.run(*flags, "--network", network, "--sysctl", "net.core.somaxconn=511", "--sysctl",
                             "kernel.shmmni=77", root, "cat", "/proc/sys/net/core/somaxconn",
                             "/proc/sys/kernel/shmmni").succeeds()
            assert result.lines == ["511", "77"], (flags, network)
    net.run("--userns", "auto", "--overlay", "--sysctl", "net.core.nosuch=1", root, "true").fails(
        "net.core.nosuch", "no such file", status=125)
    sleeper(net, root, "first")
    net.run("--userns", "auto", "--overlay", "--network", "container:first", "--sysctl", "net.core.somaxconn=1", root,
            "true").fails("no rights over a network that it joins", status=125)


def test_connect_and_disconnect(net, root):
    net("network", "create", "one").succeeds()
    sleeper(net, root, "box", "--network", "default")
    net("network", "connect", "one", "box").succeeds()
    assert "eth1" in net("exec", "box", "ip", "-o", "link").out
    net.run("--network", "one", root, "ping", "-c", "1", "-W", "2", "box").succeeds()
    net("network", "rm", "one").fails("in use by 1 container")
    net("network", "disconnect", "one", "box").succeeds()
    assert "eth1" not in net("exec", "box", "ip", "-o", "link").out
    net("network", "rm", "one").succeeds()


def test_killed_engine_leaves_nothing_for_long(net, root, host):
    container = sleeper(net, root, "box", "--network", "default", "-p", "8080:80")
    pid = container.pid
    container.process.kill()
    container.process.wait()
    subprocess.run(["kill", "-9", str(pid)], check=False)
    net("rm", "--force", "box").succeeds()
    # The next one gets the same address and the same port.
    result = net.run("--network", "default", "-p", "8080:80", "--ip", "10.210.0.2", root, "true")
    result.succeeds()
    net("network", "prune").succeeds()
    assert list(host.links()) == ["lo"]


def test_addresses_run_out(net, root):
    net("network", "create", "--subnet", "10.5.0.0/30", "tiny").succeeds()
    sleeper(net, root, "first", "--network", "tiny")
    net.run("--network", "tiny", root, "true").fails("no free address is left in 10.5.0.0/30")
    net("rm", "--force", "first").succeeds()
    net.run("--network", "tiny", root, "true").succeeds()


def test_rate(net, root, host):
    sleeper(net, root, "box", "--network", "default,rate=10mbit")
    assert host("tc", "qdisc", "show").count("tbf") == 1
    assert "rate 10Mbit" in host("tc", "qdisc", "show")


def test_listing(net):
    net("network", "create", "--subnet", "10.6.0.0/24", "--label", "a=b", "one").succeeds()
    assert net("network", "ls", "--format", "{{.Name}} {{.Driver}} {{.Subnets}}").out == "one bridge 10.6.0.0/24\n"
    assert net("network", "inspect", "--format", "{{.Labels.a}}", "one").out == "b\n"
    net("network", "rm", "one").succeeds()
    assert net("network", "ls", "-q").out == ""


def test_explain(net, root):
    result = net("explain", "--network", "default", "-p", "8080:80", root, "true").succeeds()
    text = " ".join(result.out.split())
    for words in ["Make the bridge roost0", "Lay a cable", "10.210.0.2/16", "8080->80/tcp", "ip link add"]:
        assert words in text
    assert not list((net.state / "networks").iterdir()) if (net.state / "networks").exists() else True


@pytest.mark.parametrize("arguments, words", [
    (["--network", "nosuch"], 'there is no network "nosuch"'),
    (["--network", "bridge:nosuch", "--ip", "10.0.0.1/24"], "no such bridge"),
    (["--network", "bridge:lo", "--ip", "10.0.0.1/24"], "lo is no bridge"),
    (["--network", "bridge:br0"], "--ip ADDRESS/LENGTH is needed"),
    (["--network", "bridge:br0", "--ip", "10.0.0.1"], "the length of the block is missing"),
    (["--network", "bridge:br0", "--ip", "10.0.0.1/24", "--gateway", "10.0.1.1"], "outside of 10.0.0.0/24"),
    (["--ip", "10.0.0.1/24"], "--ip 10.0.0.1: network default has no subnet with this address"),
    (["--network", "none", "--ip", "10.0.0.1/24"], "--ip: the network none has no interface"),
    (["--ip", "10.0.0.1/33"], "is no address"),
    (["--network", "none", "-p", "80"], "--publish: the network none"),
    (["-p", "8080:80", "-p", "8080:81"], "is given twice"),
    (["--network", "default", "-p", "0:80/icmp"], "not tcp, udp or sctp"),
    (["--network", "default", "-p", "80-81:80"], "differ in length"),
    (["--network", "default", "-p", "8080:80", "-p", "8080:81"], "is given twice"),
    (["--network", "default", "-p", "192.0.2.77:8080:80"], "does not have the address"),
    (["--network", "default", "--ip", "10.210.0.1"], "this is the gateway"),
    (["--network", "default", "--ip", "10.9.0.1"], "no subnet with this address"),
    (["--network", "default", "--mac-address", "ff:ff:ff:ff:ff:ff"], "no interface may have this address"),
    (["--network", "container:nosuch"], "no such container"),
    (["--network", "ns:/etc/passwd"], "not a network namespace"),
    (["--network", "ns:nosuch"], "must be absolute"),
    (["--network", "host", "--network", "none"], "was asked for before"),
])
def test_bad_flags(net, root, host, arguments, words):
    result = net.run(*arguments, root, "true").fails(status=125)
    assert words in result.err
    assert len(result.err.splitlines()) == 1, result.err
    assert not net.ids()
    assert not [name for name in host.links() if name not in ("lo", "roost0")]


@pytest.mark.parametrize("arguments, words", [
    (["--subnet", "10.0.0.0"], "expected ADDRESS/LENGTH"),
    (["--subnet", "10.0.0.1/24"], "10.0.0.0/24 is the block"),
    (["--subnet", "10.0.0.0/31"], "too small"),
    (["--subnet", "10.0.0.0/24", "--gateway", "10.0.1.1"], "outside of every --subnet"),
    (["--subnet", "10.0.0.0/24", "--gateway", "10.0.0.255"], "not an address of a machine"),
    (["--subnet", "10.0.0.0/24", "--ip-range", "10.0.1.0/25"], "outside of every --subnet"),
    (["--subnet", "192.0.2.128/25"], "overlaps with 192.0.2.1/24, which the host uses"),
    (["--subnet", "10.7.0.0/25"], "overlaps with network other"),
    (["--opt", "mtu=1"], "expected 68 to 65535"),
    (["--opt", "nosuch=1"], "unknown option"),
    (["--driver", "nosuch"], "expected bridge, macvlan or ipvlan"),
    (["--driver", "macvlan"], "--opt parent=INTERFACE is needed"),
])
def test_bad_networks(net, host, arguments, words):
    host.sh("ip link add lan type bridge; ip address add 192.0.2.1/24 dev lan; ip link set lan up")
    net("network", "create", "--subnet", "10.7.0.0/24", "other").succeeds()
    result = net("network", "create", *arguments, "bad").fails(status=125)
    assert words in result.err and len(result.err.splitlines()) == 1
    assert net("network", "ls", "-q").out == "other\n"
