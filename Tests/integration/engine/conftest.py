# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The engine's tests run in the sandbox of the runtime's, with `roost` from ROOST or bin/roost on top."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cni import DIRECTORY  # noqa: E402
from hosts import Host, NetworkedRoost  # noqa: E402
from roost import Roost  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def roost_path():
    path = Path(os.environ.get("ROOST") or REPOSITORY / "bin/roost").absolute()
    if not os.access(path, os.X_OK):
        pytest.exit(f"{path}: no such program; build it, or choose one with ROOST=/path/to/roost", returncode=2)
    return path


@pytest.fixture
def roost(roost_path, case):
    """The engine with a state directory of its own; the leak check comes after its clean-up."""
    made = Roost(roost_path, case)
    ordinary = case.clean_up

    def clean_up():
        left = made.clean_up()
        ordinary()
        assert not left, f"cgroups left behind: {left}"

    case.clean_up = clean_up
    return made


@pytest.fixture
def root(case):
    """A root file system: a directory with busybox."""
    return case.template.copy(case.directory / "root")


@pytest.fixture
def static_roost(roost_path):
    """Skips where roost needs shared libraries: it cannot be a container's init then."""
    with open(roost_path, "rb") as file:
        if b"/ld-linux" in file.read(4096):
            pytest.skip("roost is linked dynamically, so it cannot run inside containers")


@pytest.fixture
def host(case):
    made = Host()
    ordinary = case.clean_up

    def clean_up():
        ordinary()
        made.end()

    case.clean_up = clean_up
    return made


@pytest.fixture
def other(host):
    """A neighbour of the host, 192.0.2.2, who knows it as 192.0.2.1."""
    made = Host()
    host.cable(made, "lan", "192.0.2.1/24", "eth0", "192.0.2.2/24")
    yield made
    made.end()


@pytest.fixture
def net(roost, host):
    """`roost` in the host's network namespace."""
    roost.__class__ = NetworkedRoost
    roost.host = host
    roost.network = None
    return roost


@pytest.fixture
def configure(case):
    """Writes configurations of CNI plug-ins; the sandbox's mount namespace hides the machine's own."""
    subprocess.run(["mkdir", "-p", DIRECTORY], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", DIRECTORY], check=True)

    def write(name, *plugins, version="1.0.0", **members):
        text = json.dumps({"cniVersion": version, "name": name, **members, "plugins": list(plugins)})
        (DIRECTORY / f"10-{name}.conflist").write_text(text)

    yield write
    subprocess.run(["umount", DIRECTORY], check=True)
