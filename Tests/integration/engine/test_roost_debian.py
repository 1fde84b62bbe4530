# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`debootstrap:SUITE`: Debian systems from packages, for root and for ordinary users. Needs a mirror of Debian."""
import json
import os
import shutil
import subprocess
import urllib.request

import pytest
from harness import sandbox, users

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
#: Installing takes a minute on a slow machine.
LONG = 280


def has_mirror():
    try:
        with urllib.request.urlopen(f"{MIRROR}/dists/{SUITE}/Release", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture
def mirror():
    # mount(8), which the programs use, makes this directory for its own notes and leaves it.
    os.makedirs("/run/mount", exist_ok=True)
    with sandbox.machine_network():
        if not has_mirror():
            pytest.skip(f"{MIRROR} cannot be reached")
        yield MIRROR


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


def check(result):
    lines = result.succeeds().lines
    assert lines[0] == f"VERSION_CODENAME={SUITE}" and "root:x:0:0" in lines[1] and lines[2] == "0 0"
    assert lines[3].startswith("apt ")


def trees(roots):
    """The stored trees by name, and which directory each is."""
    return {entry.name: entry.inode() for entry in os.scandir(roots / "sha256") if entry.is_dir()}


SCRIPT = "grep CODENAME= /etc/os-release; head -n 1 /etc/passwd; stat -c '%u %g' /bin/su; apt --version"


@needs("mmdebstrap")
def test_the_hosts_own_mirror(roost, mirror):
    name = f"debootstrap:{SUITE}"
    check(roost.run(name, "sh", "-c", SCRIPT, timeout=LONG))
    roots = roost.state / "roots"
    assert not [entry for entry in os.listdir(roots) if entry.startswith("tmp-")]
    packages = [file for _, _, files in os.walk(roots / "packages") for file in files if file.endswith(".deb")]
    assert len(packages) > 50
    # Stored: the same tree, without a program and without a mirror.
    stored = trees(roots)
    check(roost.run("--pull", "never", name, "sh", "-c", SCRIPT))
    assert len(stored) == 1 and trees(roots) == stored
    assert json.loads(roost("rootfs", "inspect", name).succeeds().out)[0]["Source"] == name
    roost("rootfs", "rm", name).succeeds()
    roost("rootfs", "prune").succeeds()
    assert not os.listdir(roots / "packages")


@needs("debootstrap")
def test_debootstrap_where_there_is_no_mmdebstrap(roost, mirror):
    hidden = shutil.which("mmdebstrap")
    if hidden:
        sandbox.mount("/dev/null", hidden, "none", sandbox.MS_BIND)
    try:
        check(roost.run(f"debootstrap:{SUITE},{mirror}", "sh", "-c", SCRIPT, timeout=LONG))
    finally:
        if hidden:
            sandbox.unmount(hidden)
    assert not [entry for entry in os.listdir(roost.state / "roots") if entry.startswith("tmp-")]


def become_ordinary(roost, case):
    """From here on an ordinary user types, with a home of his own."""
    home = case.directory_for("home")
    for directory in (case.directory, case.directory.parent):
        os.chmod(directory, 0o755)
    os.chown(home, users.UID, users.UID)
    roost.state = home / "state"
    roost.options = {"user": users.UID, "group": users.UID, "extra_groups": [], "cwd": home}


@needs("mmdebstrap")
def test_an_ordinary_user(roost, case, mirror):
    become_ordinary(roost, case)
    with users.known(case.directory, subordinate=True):
        check(roost.run(f"debootstrap:{SUITE},{mirror}", "sh", "-c", SCRIPT, timeout=LONG))
        roost("rootfs", "prune").succeeds()
        assert not os.listdir(roost.state / "roots/sha256")


def test_an_ordinary_user_without_subordinate_ids(roost, case):
    become_ordinary(roost, case)
    with users.known(case.directory, subordinate=False):
        roost.run(f"debootstrap:{SUITE}", "true").explains("subordinate ids", "usermod")


@needs("mmdebstrap")
def test_what_fails_says_why(roost):
    roost.run(f"debootstrap:{SUITE},http://127.0.0.1:9/debian", "true", timeout=60).explains("debootstrap:", "cannot be made")
    roots = roost.state / "roots"
    assert not os.listdir(roots / "sha256") and not [entry for entry in os.listdir(roots) if entry.startswith("tmp-")]


@pytest.mark.parametrize("name", ["debootstrap:", "debootstrap:--help", "debootstrap:a b", "debootstrap:x,ftp://host/",
                                  "debootstrap:bookworm,", "debootstrap:../x", "debootstrap:x,http://h/a b"])
def test_bad_names(roost, name):
    roost.run(name, "true").explains("debootstrap|mirror")


def test_no_program_at_all(roost):
    hidden = [path for path in map(shutil.which, ("mmdebstrap", "debootstrap")) if path]
    for path in hidden:
        sandbox.mount("/dev/null", path, "none", sandbox.MS_BIND)
    try:
        roost.run(f"debootstrap:{SUITE}", "true").explains("install the package mmdebstrap")
        assert subprocess.run(["ls", roost.state / "roots/sha256"], capture_output=True, check=True).stdout == b""
    finally:
        for path in hidden:
            sandbox.unmount(path)
