# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""maskedPaths and readonlyPaths."""
import os

import pytest

from harness import mountinfo


def test_masked_file_reads_as_nothing(bundle):
    assert bundle.run("stat", "-c", "%F %t:%T", "/proc/keys").succeeds().out == "character special file 1:3\n"
    assert bundle.sh("head -c 10 /proc/keys | wc -c").out == "0\n"


def test_masked_directory_is_empty_and_read_only(bundle):
    bundle.linux["maskedPaths"] = ["/etc"]
    result = bundle.sh("ls /etc | wc -l; touch /etc/x || echo refused")
    assert result.lines == ["0", "refused"]


def test_masked_file_of_the_root(bundle):
    bundle.linux["maskedPaths"] = ["/etc/passwd"]
    assert bundle.sh("cat /etc/passwd | wc -c").out == "0\n"
    assert "root" in (bundle.rootfs / "etc/passwd").read_text()


def test_masked_path_that_is_absent_is_skipped(bundle):
    bundle.linux["maskedPaths"] = ["/proc/absent", "/absent/too"]
    bundle.run("true").succeeds()


def test_masked_path_through_a_symlink_stays_inside(bundle, case):
    """A link in the image that points to a file of the host must not mask that file for the host."""
    outside = case.directory_for("outside", {"file": "text"})
    (bundle.rootfs / "link").symlink_to(outside / "file")
    bundle.linux["maskedPaths"] = ["/link"]
    bundle.run("true")
    assert (outside / "file").read_text() == "text"


def test_masked_path_cannot_be_uncovered(bundle):
    bundle.run("umount", "/proc/keys").fails("not permitted")


def test_masked_default_paths_all(bundle):
    table = mountinfo.of(bundle)
    for path in bundle.linux["maskedPaths"]:
        if os.path.exists(path):
            assert path in table, path


@pytest.mark.parametrize("path", ["/proc/sys/kernel/hostname", "/proc/irq/default_smp_affinity"])
def test_read_only_path(bundle, path):
    bundle.run("sh", "-c", f"echo x >{path}").fails("read-only")


def test_read_only_directory_of_the_root(bundle):
    bundle.writable().linux["readonlyPaths"] = ["/etc"]
    bundle.run("touch", "/etc/x").fails("read-only")
    bundle.run("touch", "/x").succeeds()


def test_read_only_path_that_is_absent_is_skipped(bundle):
    bundle.linux["readonlyPaths"] = ["/absent", "/proc/absent/too"]
    bundle.run("true").succeeds()


def test_read_only_path_keeps_the_flags_below(bundle):
    table = mountinfo.of(bundle)
    assert {"ro", "nosuid", "nodev", "noexec"} & table["/proc/sys"].options >= {"ro"}


def test_read_only_path_below_a_mount(bundle):
    bundle.mount("/scratch", "tmpfs", "mode=755", kind="tmpfs")
    bundle.linux["readonlyPaths"] = ["/scratch"]
    bundle.run("touch", "/scratch/x").fails("read-only")


def test_no_masked_and_no_read_only_paths(bundle):
    del bundle.linux["maskedPaths"], bundle.linux["readonlyPaths"]
    assert bundle.run("stat", "-c", "%F", "/proc/keys").succeeds().out.startswith("regular")


def test_masked_paths_hold_for_exec(bundle):
    assert bundle.sleeper().exec("sh", "-c", "head -c 10 /proc/keys | wc -c").succeeds().out == "0\n"


@pytest.mark.differs(runc="mounts one for each", crun="1.8.1 mounts one for each")
@pytest.mark.roost
def test_masked_directories_share_one_file_system(bundle):
    for name in ("a", "b", "c"):
        (bundle.rootfs / name).mkdir()
    bundle.linux["maskedPaths"] = ["/a", "/b", "/c"]
    assert len(set(bundle.run("stat", "-c", "%d", "/a", "/b", "/c").succeeds().lines)) == 1
