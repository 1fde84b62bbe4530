# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""linux.netDevices: devices move into the container with their addresses, or nothing moves."""
import ctypes
import os
import re
import subprocess

import pytest

pytestmark = pytest.mark.roost
CLONE_NEWNET = 0x40000000


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def _libc(call, *arguments):
    if getattr(ctypes.CDLL(None, use_errno=True), call)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), call)


@pytest.fixture(autouse=True)
def network():
    """A network namespace of the test's own stands for the host's."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    _libc("unshare", CLONE_NEWNET)
    try:
        yield
    finally:
        _libc("setns", home, CLONE_NEWNET)
        os.close(home)


def dummy(name, *addresses, up=True):
    for kind in (["dummy"], ["veth", "peer", "name", f"{name}-peer"]):
        if subprocess.run(["ip", "link", "add", name, "type", *kind], capture_output=True).returncode == 0:
            break
    else:
        pytest.skip("this kernel makes no devices to move")
    for address in addresses:
        ip("address", "add", address, "dev", name)
    if up:
        ip("link", "set", name, "up")


def names():
    return set(re.findall(r"^\d+: ([^:@]+)", ip("-o", "link"), re.MULTILINE))


def inside(bundle, *words):
    return bundle.run("ip", *words).succeeds().out


def test_moves_with_its_addresses_and_is_up(bundle):
    dummy("box0", "192.0.2.7/24", "2001:db8::7/64")
    bundle.linux["netDevices"] = {"box0": {}}
    shown = inside(bundle, "address", "show", "dev", "box0")
    assert "192.0.2.7/24" in shown and "2001:db8::7/64" in shown
    assert re.search(r"<[^>]*\bUP\b[^>]*>", shown)
    assert "box0" not in names()


def test_link_local_addresses_are_not_carried_over(bundle):
    dummy("box0", "169.254.7.7/16")
    ip("address", "flush", "dev", "box0")
    ip("address", "add", "169.254.7.7/16", "dev", "box0", "scope", "link")
    bundle.linux["netDevices"] = {"box0": {}}
    assert "169.254.7.7" not in inside(bundle, "address", "show", "dev", "box0")


def test_gets_another_name(bundle):
    dummy("box0", "192.0.2.7/24")
    bundle.linux["netDevices"] = {"box0": {"name": "eth0"}}
    assert "192.0.2.7/24" in inside(bundle, "address", "show", "dev", "eth0")


def test_name_template(bundle):
    dummy("box0", "192.0.2.7/24")
    dummy("box1", "192.0.2.8/24")
    bundle.linux["netDevices"] = {"box0": {"name": "net%d"}, "box1": {"name": "net%d"}}
    shown = inside(bundle, "-o", "address", "show")
    assert re.search(r"net0\s+inet 192\.0\.2\.7/24", shown) and re.search(r"net1\s+inet 192\.0\.2\.8/24", shown)


def test_device_that_is_down_comes_up(bundle):
    dummy("box0", up=False)
    bundle.linux["netDevices"] = {"box0": {}}
    assert re.search(r"<[^>]*\bUP\b", inside(bundle, "link", "show", "dev", "box0"))


def test_parameters_of_the_device(bundle):
    """It is there before sysctls are set."""
    dummy("box0")
    bundle.linux["netDevices"] = {"box0": {"name": "eth0"}}
    bundle.linux["sysctl"] = {"net.ipv4.conf.eth0.forwarding": "1"}
    assert bundle.run("cat", "/proc/sys/net/ipv4/conf/eth0/forwarding").succeeds().out == "1\n"


def test_missing_device_leaves_the_others(bundle):
    dummy("box0")
    bundle.linux["netDevices"] = {"box0": {}, "none0": {}}
    bundle.run("true").fails("no such device", "/linux/netDevices/none0")
    assert "box0" in names()


def test_name_that_is_taken(bundle):
    dummy("box0", "192.0.2.7/24")
    bundle.linux["netDevices"] = {"box0": {"name": "lo"}}
    bundle.run("true").fails("has a device lo already", "/linux/netDevices/box0/name")
    assert "192.0.2.7/24" in ip("address", "show", "dev", "box0")


def test_joined_namespace(bundle, case):
    dummy("box0", "192.0.2.7/24")
    first = bundle.sleeper()
    second = case.bundle().namespace("network", f"/proc/{first.pid}/ns/net")
    second.linux["netDevices"] = {"box0": {}}
    assert "192.0.2.7/24" in inside(second, "address", "show", "dev", "box0")
    # It never moves back by itself: the namespace lives on.
    assert "192.0.2.7/24" in first.exec("ip", "address", "show", "dev", "box0").succeeds().out
    assert "box0" not in names()
    first.stop()


def test_in_a_user_namespace(bundle):
    dummy("box0", "192.0.2.7/24")
    bundle.user_namespace().linux["netDevices"] = {"box0": {}}
    assert "192.0.2.7/24" in inside(bundle, "address", "show", "dev", "box0")


def test_hook_sees_the_device(bundle, case):
    dummy("box0")
    bundle.linux["netDevices"] = {"box0": {"name": "eth0"}}
    seen = case.path("seen")
    bundle.hook("createRuntime", "/bin/sh", "-c", "pid=$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/'); "
                f"nsenter --net=/proc/$pid/ns/net ip link > {seen}",
                env=["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
    bundle.run("true").succeeds()
    assert "eth0" in seen.read_text()
