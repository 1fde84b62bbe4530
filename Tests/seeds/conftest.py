# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The five systems, end to end, on a machine of their own: the sandbox of Tests/integration with a network and a host name
in addition, so that bridges, addresses and names are nobody else's."""
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

from harness import sandbox, users  # noqa: E402
from harness.case import eventually  # noqa: E402
from harness.https import Server, make_authority  # noqa: E402
from harness.runtime import Runtime, default_path  # noqa: E402

import material  # noqa: E402
from machine import Machine  # noqa: E402
from page import Page  # noqa: E402

SCRATCH = Path("/tmp/seeds")
NUMBERS = itertools.count(1)


def pytest_configure(config):
    if config.option.collectonly or config.option.help or sandbox.session():
        return
    if os.geteuid() != 0:
        pytest.exit("these tests need root: they make namespaces, bridges and cgroups", returncode=2)
    runtime = default_path(REPOSITORY)
    keep = {str(REPOSITORY), os.getcwd(), str(roost_path().parent)}
    if isinstance(runtime, Path):
        keep.add(str(runtime.parent))
    config.pluginmanager.getplugin("capturemanager").stop_global_capturing()
    sandbox.enter(sorted(path for path in keep if os.path.isdir(path)), whole_machine=True)


def roost_path():
    return Path(os.environ.get("ROOST") or REPOSITORY / "bin/roost").absolute()


@pytest.fixture(scope="session")
def programs():
    """A directory of PATH with roost in it."""
    if not os.access(roost_path(), os.X_OK):
        pytest.exit(f"{roost_path()}: no such program; build it, or choose one with ROOST=/path/to/roost", returncode=2)
    subprocess.run(["hostname", "host"], check=True, timeout=10)
    directory = SCRATCH / "bin"
    directory.mkdir(parents=True)
    (directory / "roost").symlink_to(roost_path())
    return directory


@pytest.fixture(scope="session")
def runtime():
    return Runtime(default_path(REPOSITORY))


@pytest.fixture(scope="session")
def store(programs):
    """Where material is kept that tests have in common."""
    directory = SCRATCH / "material"
    directory.mkdir()
    return directory


@pytest.fixture(scope="session")
def minirootfs(store):
    return material.minirootfs(store)


@pytest.fixture(scope="session")
def initrd(store):
    return material.initrd(store)


@pytest.fixture
def machine(programs, runtime):
    """A directory of the test's own to type in. Afterwards no container, cgroup or interface may be left."""
    number = next(NUMBERS)
    directory, etc = SCRATCH / f"machine{number}", SCRATCH / f"etc{number}"
    directory.mkdir()
    etc.mkdir()
    made = Machine(programs, runtime, directory)
    before = interfaces()
    # What is written below /etc is the test's own, too.
    with users.known(etc, subordinate=True):
        yield made
        left = made.clean_up()
    assert not left, f"left behind: {left}"
    eventually(lambda: interfaces() <= before, f"no interface is left: {interfaces()}")
    subprocess.run(["rm", "-rf", "--one-file-system", directory, etc], check=True, timeout=60)


def interfaces():
    """Those of the tests' own network, without the bridges of default networks, one for each machine, which stay; /sys shows
    the machine's."""
    listing = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True, timeout=10).stdout
    names = {line.split()[0].partition("@")[0] for line in listing.splitlines()}
    return {name for name in names if not re.fullmatch(r"roost\d+", name)}


@pytest.fixture
def bridge():
    """`br0`, as an administrator makes one, with a host at the other end of it."""
    script = """
        ip link add br0 type bridge
        ip address add 192.168.1.1/24 dev br0
        ip link set br0 up"""
    subprocess.run(["sh", "-ec", script], check=True, timeout=10)
    yield "br0"
    subprocess.run(["ip", "link", "del", "br0"], check=True, timeout=10)


@pytest.fixture
def openvswitch():
    """The same of Open vSwitch: its own daemons, forwarding in user space, as kernels may lack its module."""
    script = """
        test -e /dev/net/tun || { mkdir -p /dev/net; mknod /dev/net/tun c 10 200; }
        mkdir -p /run/openvswitch
        ovsdb-tool create /run/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
        ovsdb-server --remote=punix:/run/openvswitch/db.sock --pidfile --detach --no-chdir /run/openvswitch/conf.db
        ovs-vsctl --no-wait init
        ovs-vswitchd --pidfile --detach --disable-system --no-chdir --log-file=/run/openvswitch/log
        ovs-vsctl --timeout=10 add-br br0 -- set bridge br0 datapath_type=netdev
        ip address add 192.168.1.1/24 dev br0
        ip link set br0 up"""
    subprocess.run(["sh", "-ec", script], check=True, timeout=60, stderr=subprocess.DEVNULL)
    yield "br0"
    subprocess.run(["sh", "-ec", "ovs-vsctl del-br br0; kill $(cat /run/openvswitch/*.pid)"], check=True, timeout=30)


@pytest.fixture
def mirror(machine, tmp_path):
    """The host that Alpine's root file systems come from, as this machine knows and trusts it: a server of the test's own."""
    name = "dl-cdn.alpinelinux.org"
    certificate, key = make_authority(tmp_path, name)
    # Of the test's own /etc.
    with open("/etc/hosts", "a") as hosts:
        hosts.write(f"127.0.0.1 {name}\n")
    with open("/etc/ssl/certs/ca-certificates.crt", "a") as trusted:
        trusted.write(certificate.read_text())
    server = Server(certificate, key, port=443)
    yield server
    server.close()


@pytest.fixture
def page(request):
    """The page that the test's module is about."""
    return Page(request.module.PAGE)
