# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`--userns`, `--uidmap`, `--gidmap`: root's containers with other ids on the host."""
import os

import pytest


def outside(container):
    status = os.stat(f"/proc/{container.pid}")
    return status.st_uid, status.st_gid


@pytest.mark.parametrize("overlay", [(), ("--overlay",)], ids=["in place", "layer"])
def test_auto(roost, root, overlay):
    container = roost.start("--userns", "auto", *overlay, root, "sleep", "1000")
    uid, gid = outside(container)
    assert uid == gid and uid >= 524288 and uid % 65536 == 0
    assert roost("exec", "box", "id", "-u").succeeds().out == "0\n"
    roost("rm", "--force", "box").succeeds()
    container.wait()


def test_two_containers_share_no_ids(roost, root):
    first = roost.start("--userns", "auto", "--overlay", root, "sleep", "1000", name="one")
    second = roost.start("--userns", "auto", "--overlay", root, "sleep", "1000", name="two")
    assert outside(first) != outside(second)
    assert len(os.listdir(roost.state / "ids")) == 2
    for name, container in (("one", first), ("two", second)):
        roost("rm", "--force", name).succeeds()
        container.wait()
    assert os.listdir(roost.state / "ids") == []


def test_files_keep_their_owners_inside(roost, root):
    """Root's files of a root in place are the container's root's, and what it makes is root's again outside."""
    result = roost.run("--userns", "auto", root, "sh", "-c", "stat -c %u:%g /bin/busybox; echo x >/made")
    assert result.succeeds().out == "0:0\n"
    assert os.stat(root / "made").st_uid == 0


def test_layer_keeps_owners(roost, root):
    (root / "theirs").write_text("x")
    os.chown(root / "theirs", 33, 44)
    result = roost.run("--userns", "auto", "--overlay", root, "sh", "-c",
                       "stat -c %u:%g /theirs; chown 55:66 /theirs; stat -c %u:%g /theirs; touch /new")
    assert result.succeeds().lines == ["33:44", "55:66"]
    assert os.stat(root / "theirs").st_uid == 33


def test_maps_by_hand(roost, root):
    result = roost.run("--uidmap", "0:200000:1000", "--gidmap", "0:300000:2000", "--overlay", root, "cat",
                       "/proc/self/uid_map", "/proc/self/gid_map")
    assert [line.split() for line in result.succeeds().lines] == [["0", "200000", "1000"], ["0", "300000", "2000"]]


def test_user_outside_the_maps(roost, root):
    roost.run("--uidmap", "0:200000:10", "--user", "33", "--overlay", root, "true").fails("--user: user 33", status=125)


@pytest.mark.parametrize("flags", [
    ("--userns", "keep"), ("--uidmap", "0"), ("--uidmap", "0:1:0"), ("--uidmap", "0:4294967295:1"),
    ("--uidmap", "1:1000:5"), ("--uidmap", "0:1000:5", "--uidmap", "4:9000:5"), ("--userns", "host", "--uidmap", "0:1:1"),
    ("--userns", "auto", "--gidmap", "0:1:1"), ("--uidmap", "-1:0:1"), ("--uidmap", "0:0:4294967295"),
])
def test_nonsense_is_refused(roost, root, flags):
    roost.run(*flags, root, "true").fails(flags[-2] if len(flags) == 2 else "--u", status=125)


def test_host(roost, root):
    assert roost.run("--userns", "host", root, "cat", "/proc/self/uid_map").succeeds().out.split() == [
        "0", "0", "4294967295"]


def test_terminal(roost, root):
    roost.run("--userns", "auto", "--network", "host", "--overlay", root, "true").succeeds()
