# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Many containers in one network, many one after the other, and engines that are killed in the midst of it."""
import random
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.case import eventually
from hosts import settings

pytestmark = pytest.mark.skipif(not (shutil.which("ip") and shutil.which("nft")), reason="needs ip and nft")
MANY = 200
WORKERS = 6


def left(net, host):
    """What containers of the default network have left in the engine's directory, the kernel's rules and its interfaces."""
    networks = net.state / "networks"
    found = [str(path) for kind in ["leases", "endpoints"] for path in (networks / "default" / kind).glob("*")]
    found += [str(path) for path in networks.glob(".*") if path.is_dir() and path.name != ".ports"]
    found += [str(path) for path in (networks / ".ports").glob("*")]
    for line in host("nft", "list", "tables").splitlines():
        _, family, table = line.split()
        for name in ["ports", "hardware", "addresses4"] if family == "bridge" else ["ports4", "ports_of_address4"]:
            if "elements" in host("nft", "list", "set" if family == "bridge" else "map", family, table, name):
                found.append(f"elements of {name}")
    return found + [name for name in host.links() if name not in ("lo", "roost0")]


def test_many_at_the_same_time(net, root, host):
    """All have addresses of their own, reach the gateway and know each other; all go, and nothing of them stays."""
    script = "ping -c 1 -W 20 10.210.0.1 >/dev/null && ip -4 -o address show dev eth0 && exec sleep 1000"

    def start(number):
        process = net.popen("run", "--rm", "--name", f"c{number}", root, "sh", "-c", script, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return process, process.stdout.readline().decode()

    with ThreadPoolExecutor(WORKERS) as pool:
        started = list(pool.map(start, range(MANY)))
    lines = [line for _, line in started]
    assert all("10.210." in line for line in lines), [process.communicate() for process, line in started if not line][:1]
    addresses = {line.split()[3] for line in lines}
    assert addresses == {f"10.210.0.{last}/16" for last in range(2, MANY + 2)}
    assert len([name for name in host.links() if name.startswith("r")]) == MANY + 1
    known = net("exec", "c0", "cat", "/etc/hosts").succeeds().out
    assert all(f"\tc{number} " in known for number in range(1, MANY))
    address = settings(net, "c100")["IPAddress"]
    net("exec", "--privileged", "c7", "ping", "-c", "1", "-W", "20", address).succeeds()
    net("kill", *[f"c{number}" for number in range(MANY)]).succeeds()
    for process, _ in started:
        _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (137, b"")
    assert not net.ids()
    eventually(lambda: not left(net, host), "nothing is left", seconds=60)


def test_one_after_the_other(net, root, host):
    """The same address and the same port again and again, by several commands at the same time."""
    def cycles(worker):
        for _ in range(8):
            result = net.run("-p", f"{8000 + worker}:80", root, "ip", "-4", "-o", "address", "show", "dev", "eth0").succeeds()
            assert int(result.out.split("10.210.0.")[1].split("/")[0]) in range(2, WORKERS + 2), result.out

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(cycles, range(WORKERS)))
    eventually(lambda: not left(net, host), "nothing is left", seconds=60)


def test_engines_that_are_killed(net, root, host):
    """Whenever the engine dies, rm and prune find all of it, and the next container has the first address."""
    moment = random.Random(7)
    for number in range(24):
        process = net.popen("run", "--rm", "-p", "8080:80", "--name", f"c{number}", root, "sh", "-c", "echo; exec sleep 1000",
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if number % 3:
            time.sleep(moment.random() * 0.06)
        else:
            process.stdout.readline()
        process.kill()
        process.wait()
        if moment.random() < 0.5:
            for identifier in net.ids():
                net("rm", "--force", identifier)
    for identifier in net.ids():
        net("rm", "--force", identifier).succeeds()
    assert not net.ids()
    result = net.run("-p", "8080:80", root, "ip", "-4", "-o", "address", "show", "dev", "eth0").succeeds()
    assert "10.210.0." in result.out
    net("network", "prune").succeeds()
    eventually(lambda: not left(net, host) and list(host.links()) == ["lo"], "nothing is left", seconds=60)
    assert host("nft", "list", "ruleset") == ""
    assert "10.210.0.2/16" in net.run(root, "ip", "-4", "-o", "address", "show", "dev", "eth0").succeeds().out
