# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Attacks through the root file system: links in the place of mount points, objects that are exchanged meanwhile."""
import os
import threading
from pathlib import Path

import pytest

from test_security import exchange, victim  # noqa: F401 (a fixture)

#: How often a race is tried; `make test-all` has the full number.
RACES = int(os.environ.get("ROOST_RACES", "60"))

KINDS = {"tmpfs": ("tmpfs", ()), "mqueue": ("mqueue", ()), "sysfs": ("sysfs", ("ro",)), "devpts": ("devpts", ("newinstance",)),
         "cgroup": ("cgroup", ("ro",)), "proc": ("proc", ())}


def swapping(place, link):
    """A thread that exchanges two names until `stop` is set."""
    stop, swaps = threading.Event(), []

    def swap():
        while not stop.is_set():
            exchange(place, link)
            swaps.append(1)

    thread = threading.Thread(target=swap)
    thread.start()

    def end():
        stop.set()
        thread.join()
        return len(swaps)

    return end


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", ["absolute", "relative", "last"])
def test_every_type_on_a_link(bundle, victim, kind, target):  # noqa: F811
    """Each file system takes the same way to its target, which ends inside the root."""
    (bundle.rootfs / "link").symlink_to({"absolute": victim, "relative": "../../../../.." + str(victim),
                                         "last": "../victim"}[target])
    name, options = KINDS[kind]
    bundle.writable().mount("/link" if target == "last" else "/link/sub", name, *options, kind=kind).run("true")
    assert not any(str(victim) in line for line in open("/proc/self/mountinfo"))


@pytest.mark.roost
@pytest.mark.parametrize("kind", ["bind", "tmpfs", "mqueue", "cgroup"])
def test_target_that_is_exchanged(bundle, case, victim, kind):  # noqa: F811
    """CVE-2021-30465, CVE-2024-45310, for each way to mount."""
    source = case.directory_for("source")
    place, link = bundle.rootfs / "swap", bundle.rootfs / "link"
    place.mkdir()
    link.symlink_to(victim)
    if kind == "bind":
        bundle.bind("/swap/a/b", source)
    else:
        bundle.mount("/swap/a/b", *KINDS.get(kind, (kind, ()))[:1], kind=kind)
    bundle.writable()
    end = swapping(place, link)
    try:
        for _ in range(RACES):
            bundle.run("true")
    finally:
        swaps = end()
    assert swaps > RACES


@pytest.mark.roost
@pytest.mark.parametrize("what", ["masked", "read-only", "device", "cwd"])
def test_other_places_that_are_exchanged(bundle, victim, what):  # noqa: F811
    place, link = bundle.rootfs / "swap", bundle.rootfs / "link"
    (place / "file").parent.mkdir()
    (place / "file").write_text("")
    link.symlink_to(victim)
    bundle.writable()
    if what == "masked":
        bundle.linux["maskedPaths"] = ["/swap/file", "/swap"]
    elif what == "read-only":
        bundle.linux["readonlyPaths"] = ["/swap/file", "/swap"]
    elif what == "device":
        bundle.linux["devices"] = [{"path": "/swap/node", "type": "c", "major": 1, "minor": 3}]
    else:
        bundle.process["cwd"] = "/swap/made"
    end = swapping(place, link)
    try:
        for _ in range(RACES):
            bundle.run("true")
    finally:
        swaps = end()
    assert swaps > RACES


@pytest.mark.roost
def test_dev_null_of_the_image_that_is_exchanged(bundle, victim):  # noqa: F811
    """CVE-2025-31133 as a race: the mask is never what the image makes of /dev/null."""
    for point in ("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"):
        bundle.without_mount(point)
    null, link = bundle.rootfs / "dev/null", bundle.rootfs / "dev/link"
    os.mknod(null, 0o666 | 0o020000, os.makedev(1, 3))
    link.symlink_to(victim / "file")
    bundle.linux["maskedPaths"] = ["/etc/passwd"]
    bundle.writable()
    end = swapping(null, link)
    try:
        for _ in range(RACES):
            assert "precious" not in bundle.run("cat", "/etc/passwd").out
    finally:
        end()


@pytest.mark.parametrize("point", ["/proc", "/sys"])
def test_kernel_view_of_two_containers_with_one_root(bundle, case, point):
    """CVE-2019-19921: the second container's /proc is a link into the first one's files, made while it starts."""
    second = case.bundle()
    second.spec["root"]["path"] = str(bundle.rootfs)
    container = bundle.writable().sleeper()
    name = point.lstrip("/")
    (bundle.rootfs / name).rename(bundle.rootfs / "moved")
    (bundle.rootfs / name).symlink_to("/tmp")
    try:
        second.run("true").fails()
    finally:
        (bundle.rootfs / name).unlink()
        (bundle.rootfs / "moved").rename(bundle.rootfs / name)
    container.stop()


def test_link_into_proc_as_a_target(bundle, case):
    """A harmless destination that the image leads into /proc."""
    source = case.directory_for("source", {"file": "false"})
    (bundle.rootfs / "link").symlink_to("/proc/self")
    result = bundle.writable().bind("/link/attr/exec", source / "file").run("true")
    if bundle.case.runtime.name == "roost":
        result.fails("/proc")


def test_path_of_70_kilobytes(bundle):
    """A length that wraps around 16 bits."""
    bundle.process["args"] = ["true"]
    bundle.mount("/" + "a/" * 35000, "tmpfs", kind="tmpfs")
    assert bundle.run("true").status != 0


def test_host_mounts_are_the_same_after_many_runs(bundle):
    before = Path("/proc/self/mountinfo").read_text()
    for _ in range(20):
        bundle.run("true").succeeds()
    assert Path("/proc/self/mountinfo").read_text() == before


def test_old_root_is_gone(bundle):
    """pivot_root, and nothing of the host is mounted inside."""
    text = bundle.run("cat", "/proc/self/mountinfo").succeeds().out
    assert "shared:" not in text
    assert sum(line.split()[4] == "/" for line in text.splitlines()) == 1


def test_file_made_through_a_mapped_mount_has_the_mapped_owner(bundle, case):
    source = case.directory_for("source")
    bundle.user_namespace().writable()
    maps = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    bundle.mounts.append({"destination": "/data", "type": "bind", "source": str(source),
                          "options": ["bind", "idmap"], "uidMappings": maps, "gidMappings": maps})
    result = bundle.run("touch", "/data/made")
    if result.status == 0:
        assert (source / "made").stat().st_uid == 0
