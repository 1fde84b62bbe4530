# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`--network cni:NAME` with Debian's plug-ins, and with one that fails in every way."""
import os
import shutil
from pathlib import Path

import pytest
from harness.case import eventually
from hosts import listens, settings, sleeper

PLUGINS = "/usr/lib/cni"
pytestmark = pytest.mark.skipif(not (os.access(f"{PLUGINS}/bridge", os.X_OK) and shutil.which("iptables")),
                                reason="needs containernetworking-plugins and iptables")


def ipam(case):
    return {"type": "host-local", "ranges": [[{"subnet": "10.9.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": str(case.directory / "ipam")}


def bridge(case):
    return {"type": "bridge", "bridge": "cni9", "isGateway": True, "ipMasq": False, "ipam": ipam(case)}


def test_bridge_with_ports(net, root, host, configure, case):
    configure("test", bridge(case), {"type": "portmap", "capabilities": {"portMappings": True}},
              {"type": "tuning", "sysctl": {"net.core.somaxconn": "500"}})
    container = net.start("--network", "cni:test", "-p", "8080:80", root, "sh", "-c",
                          "cat /proc/sys/net/core/somaxconn; exec nc -ll -p 80 -e echo hello", name="box")
    assert container.line() == "500"
    assert settings(net, "box")["Ports"]["80/tcp"][0]["HostPort"] == "8080"
    eventually(lambda: listens(container.pid, 80), "the container listens")
    assert "hello" in host("busybox", "nc", "-w", "3", "10.9.0.1", "8080")
    net("exec", "box", "ping", "-c", "1", "-W", "2", "10.9.0.1").succeeds()
    net("rm", "--force", "box").succeeds()
    # DEL was called: the address is free again, the rule is gone.
    assert not [name for name in os.listdir(case.directory / "ipam/test") if name[0].isdigit()]
    assert "8080" not in host("iptables", "-t", "nat", "-S")


def test_firewall(net, root, host, configure, case):
    """The plug-in lets the container's packets pass as long as there is one."""
    configure("test", bridge(case), {"type": "firewall", "backend": "iptables"})
    container = sleeper(net, root, "box", "--network", "cni:test")
    address = settings(net, "box")["IPAddress"]
    assert f"{address}/32" in host("iptables", "-S", "CNI-FORWARD")
    net("rm", "--force", "box").succeeds()
    container.wait()
    assert f"{address}/32" not in host("iptables", "-S", "CNI-FORWARD")


def test_macvlan(net, root, host, configure, case):
    host.sh("ip link add up9 type bridge; ip link set up9 up")
    configure("test", {"type": "macvlan", "master": "up9", "ipam": ipam(case)})
    container = sleeper(net, root, "box", "--network", "cni:test")
    net.run("--network", "cni:test", root, "ping", "-c", "1", "-W", "2", settings(net, "box")["IPAddress"]).succeeds()
    assert container.process.poll() is None


def test_addresses_that_were_asked_for(net, root, host, configure, case):
    """Debian's plug-ins with the capabilities ips and mac; what the configuration does not declare is an error."""
    asked = {**bridge(case), "capabilities": {"ips": True, "mac": True}}
    configure("test", asked)
    flags = ["--network", "cni:test", "--ip", "10.9.0.77", "--mac-address", "02:00:00:00:09:77"]
    result = net.run(*flags, root, "sh", "-c", "cat /sys/class/net/eth0/address; ip -4 -o address show dev eth0").succeeds()
    assert result.lines[0] == "02:00:00:00:09:77" and "10.9.0.77/24" in result.out
    configure("test", bridge(case))
    net.run(*flags, root, "true").fails('--ip: no plug-in of cni:test has the capability "ips"')


def test_versions_that_debians_plugins_speak(net, root, configure, case):
    """containernetworking-plugins of Debian 12 know 1.0.0, not yet 1.1.0: of a list of versions the common one is taken."""
    configure("test", bridge(case), version="1.0.0", cniVersions=["0.4.0", "1.0.0", "1.1.0"])
    net.run("--network", "cni:test", root, "ping", "-c", "1", "-W", "2", "10.9.0.1").succeeds()
    configure("test", bridge(case), version="0.4.0")
    net.run("--network", "cni:test", root, "ping", "-c", "1", "-W", "2", "10.9.0.1").succeeds()


def test_reload_has_plugins_look(net, root, host, configure, case):
    configure("test", bridge(case))
    sleeper(net, root, "box", "--network", "cni:test")
    net("network", "reload").succeeds()
    host.sh(f"nsenter --net=/proc/{net.inspect('box')['State']['Pid']}/ns/net ip address flush dev eth0")
    result = net("network", "reload").fails("--network cni:test: bridge CHECK: ", status=1)
    assert len(result.err.splitlines()) == 1, result.err


def test_point_to_point(net, root, host, configure, case):
    configure("test", {"type": "ptp", "ipam": ipam(case)})
    net.run("--network", "cni:test", root, "ping", "-c", "1", "-W", "2", "10.9.0.1").succeeds()


def test_killed_engine(net, root, configure, case):
    configure("test", bridge(case), version="1.0.0")
    container = sleeper(net, root, "box", "--network", "cni:test")
    container.process.kill()
    container.process.wait()
    net("rm", "--force", "box").succeeds()
    net("network", "prune").succeeds()
    assert not [name for name in os.listdir(case.directory / "ipam/test") if name[0].isdigit()]


@pytest.mark.parametrize("script, words", [
    ('echo \'{"code": 7, "msg": "no luck", "details": "today"}\'; exit 1', "no luck: today (code 7)"),
    ("echo nonsense >&2; exit 1", "nonsense"),
    ("echo nonsense", "its answer makes no sense"),
    ("exit 3", "status 3"),
])
def test_plugin_that_fails(net, root, host, configure, case, script, words):
    directory = case.directory / "plugins"
    directory.mkdir()
    plugin = directory / "bad"
    plugin.write_text(f"#!/bin/sh\n[ $CNI_COMMAND = ADD ] || exit 0\n{script}\n")
    plugin.chmod(0o755)
    configure("test", {"type": "bad"})
    result = net.run("--network", "cni:test", root, "true", env={"CNI_PATH": str(directory)}).fails(status=125)
    assert words in result.err and len(result.err.splitlines()) == 1, result.err
    assert not net.ids() and list(host.links()) == ["lo"]


def test_removal_that_fails_is_tried_again(net, root, configure, case):
    directory = case.directory / "plugins"
    directory.mkdir()
    plugin = directory / "stubborn"
    log = case.directory / "log"
    plugin.write_text(f"#!/bin/sh\necho $CNI_COMMAND >>{log}\n[ $CNI_COMMAND = ADD ] || [ -e {log}.may ] || exit 1\necho '{{}}'\n")
    plugin.chmod(0o755)
    configure("test", {"type": "stubborn"})
    env = {"CNI_PATH": str(directory)}
    result = net.run("--network", "cni:test", root, "true", env=env).succeeds()
    assert "stubborn DEL" in result.err and "roost network prune tries again" in result.err
    assert len(result.err.splitlines()) == 1 and not net.ids(), result.err
    net("network", "prune").fails("stubborn DEL", status=125)
    Path(f"{log}.may").touch()
    net("network", "prune").succeeds()
    net("network", "prune").succeeds()
    assert log.read_text().split() == ["ADD", "DEL", "DEL", "DEL"]


def test_what_is_missing(net, root, configure):
    net.run("--network", "cni:test", root, "true").fails("no configuration in /etc/cni/net.d has this name")
    configure("test", {"type": "nosuch"})
    net.run("--network", "cni:test", root, "true").fails('the plug-in "nosuch" is not in')
    configure("test", {"type": "../evil"})
    net.run("--network", "cni:test", root, "true").fails("is not in")
    configure("test", {"type": "bridge"}, version="9.0.0")
    net.run("--network", "cni:test", root, "true").fails('"9.0.0" is not one of')
