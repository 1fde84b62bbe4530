# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`roost network reload` after other programs have removed or changed what a network is made of."""
import shutil

import pytest
from hosts import server, settings

pytestmark = pytest.mark.skipif(not (shutil.which("ip") and shutil.which("nft")), reason="needs ip and nft")

#: What others do; $INET and $BRIDGE are our tables, $PORT is the host's end of the container's cable.
HARM = {
    "all rules are flushed": "nft flush ruleset",
    "the table of addresses is removed": "nft delete table inet $INET",
    "the table of ports is removed": "nft delete table bridge $BRIDGE",
    "the table of addresses is flushed": "nft flush table inet $INET",
    "the bridge is removed": "ip link delete roost0",
    "the bridge is down": "ip link set roost0 down",
    "the bridge has lost its address": "ip address flush dev roost0",
    "the port has left the bridge": "ip link set $PORT nomaster",
    "the port is down": "ip link set $PORT down",
    "nothing is forwarded": "echo 0 >/proc/sys/net/ipv4/ip_forward",
    "all of it": "nft flush ruleset; ip link delete roost0; echo 0 >/proc/sys/net/ipv4/ip_forward",
}


def rules(host):
    """Our rules and elements, in words."""
    return sorted(line.strip() for line in host("nft", "--stateless", "list", "ruleset").splitlines())


def test_reload_after_harm(net, root, host):
    server(net, root, "web", "-p", "8080:80")
    address, identifier = settings(net, "web")["IPAddress"], net.inspect("web")["Id"]
    port = f"r{identifier[:12]}0"
    tables = dict(line.split()[1:] for line in host("nft", "list", "tables").splitlines())
    before = rules(host)
    assert "hello" in host("busybox", "nc", "-w", "5", address, "80")
    for name, script in HARM.items():
        host.sh(f"INET={tables['inet']} BRIDGE={tables['bridge']} PORT={port}; {script}")
        net("network", "reload").succeeds()
        assert rules(host) == before, name
        assert "hello" in host("busybox", "nc", "-w", "5", address, "80", check=False), name
        assert "hello" in host("busybox", "nc", "-w", "5", "127.0.0.1", "8080", check=False), name
        assert host("cat", "/proc/sys/net/ipv4/ip_forward") == "1\n", name


def test_reload_after_the_run_directory_was_wiped(net, root, host):
    """Networks are written down elsewhere: what /run forgets is no loss."""
    server(net, root, "web", "-p", "8080:80")
    run = net.state / "run"
    kept = run.rename(net.state / "kept")
    try:
        run.mkdir(mode=0o700)
        host.sh("nft flush ruleset; ip link delete roost0")
        net("network", "reload").succeeds()
        assert "hello" in host("busybox", "nc", "-w", "5", "127.0.0.1", "8080")
    finally:
        shutil.rmtree(run)
        kept.rename(run)
