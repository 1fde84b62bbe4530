# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Roots, layers, mounts."""
import os
import tarfile

import pytest
from harness import sandbox


def test_a_directory_is_used_in_place(roost, root):
    roost.run(root, "touch", "/made").succeeds()
    assert (root / "made").exists()


@pytest.mark.parametrize("form", ["{}", "dir:{}"])
def test_forms_of_directories(roost, root, form):
    assert roost.run(form.format(root), "echo", "x").succeeds().out == "x\n"
    relative = os.path.relpath(root, root.parent)
    assert roost.run(form.format("./" + relative), "echo", "x", cwd=root.parent).succeeds().out == "x\n"


def test_overlay_leaves_the_directory_alone(roost, root):
    before = sorted(os.listdir(root))
    roost.run("--overlay", root, "sh", "-c", "touch /made; rm /bin/probe; echo x >> /etc/passwd").succeeds()
    assert sorted(os.listdir(root)) == before and (root / "bin/probe").exists()
    assert "x\n" not in (root / "etc/passwd").read_text().splitlines(True)


def test_the_layers_root_has_the_roots_owner_and_mode(roost, root):
    os.chmod(root, 0o711)
    os.chown(root, 5, 6)
    assert roost.run("--overlay", root, "stat", "-c", "%a %u %g", "/").succeeds().out == "711 5 6\n"


@pytest.mark.parametrize("name", ["a:b,c\\d", "x" * 200, "ü ö"])
def test_overlay_on_awkward_paths(roost, root, name):
    awkward = root.parent / name / ("y" * 100)
    awkward.parent.mkdir()
    root.rename(awkward)
    assert roost.run("--overlay", f"dir:{awkward}", "echo", "x").succeeds().out == "x\n"


def test_what_a_container_made_is_removed_whatever_it_is(roost, root):
    # A link to outside, a deep nest, a name that is no text, an immutable-looking mode, a mount point of its own.
    script = (
        "ln -s /etc /out; i=0; while [ $i -lt 150 ]; do mkdir d; cd d; i=$((i+1)); done; cd /;"
        " mkdir \"$(printf '\\377\\376')\"; touch \"$(printf '/\\377\\376/\\303(')\"; mkdir /none; chmod 0 /none; mkfifo /pipe")
    roost.run("--overlay", root, "sh", "-c", script).succeeds()
    assert roost.is_empty()


def test_an_archive_is_unpacked_once(roost, root, case):
    archive = case.directory / "root.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(root, ".")
    roost.run(archive, "sh", "-c", "touch /made; echo x > /etc/passwd").succeeds()
    roots = list((roost.state / "roots/sha256").iterdir())
    assert len(roots) == 1
    again = roost.run(archive, "sh", "-c", "ls /made; cat /etc/passwd")
    assert "root:x:0" in again.out and "No such file" in again.err
    assert list((roost.state / "roots/sha256").iterdir()) == roots


def test_a_damaged_archive_is_an_error(roost, case):
    archive = case.directory / "root.tar"
    archive.write_bytes(b"no archive" * 1000)
    roost.run(archive, "true").fails("root.tar", status=125)
    assert not roost.ids()


def test_host_programs(roost):
    result = roost.run("host:bash,ls", "bash", "-c", "ls / && echo $BASH_VERSION").succeeds()
    assert "etc" in result.lines
    assert roost.run("-i", "host:bash", stdin=b"echo $0; exit 4").status == 4


def test_read_only(roost, root):
    script = "touch /x 2>/dev/null || echo refused; touch /tmp/y && echo fine"
    result = roost.run("--read-only", "--tmpfs", "/tmp", root, "sh", "-c", script).succeeds()
    assert result.lines == ["refused", "fine"]


def test_tmpfs(roost, root):
    flags = ["--tmpfs", "/run:size=1m,mode=700,exec", "--tmpfs", "/var", "--shm-size", "2m"]
    lines = roost.run(*flags, root, "mount").succeeds().lines
    options = {line.split()[2]: line.split()[5].strip("()").split(",") for line in lines}
    assert {"nosuid", "nodev", "size=1024k", "mode=700"} <= set(options["/run"]) and "noexec" not in options["/run"]
    assert {"nosuid", "nodev", "noexec"} <= set(options["/var"])
    assert {"nosuid", "nodev", "noexec", "size=2048k"} <= set(options["/dev/shm"])


def test_volumes(roost, root, case):
    data = case.directory_for("data", {"file": "content"})
    assert roost.run("-v", f"{data}:/mnt", root, "cat", "/mnt/file").succeeds().out == "content"
    roost.run("-v", "./data:/mnt", root, "sh", "-c", "echo new > /mnt/new", cwd=case.directory).succeeds()
    assert (data / "new").read_text() == "new\n"
    roost.run("-v", f"{data}:/mnt:ro", root, "touch", "/mnt/x").fails("Read-only")
    roost.run("-v", f"{data}/file:/etc/one", root, "cat", "/etc/one").succeeds()


def test_a_missing_volume_source_becomes_a_directory(roost, root, case):
    roost.run("-v", f"{case.directory}/a/b:/mnt", root, "touch", "/mnt/x").succeeds()
    assert (case.directory / "a/b/x").exists()


def test_read_only_reaches_the_mounts_below(roost, root, case):
    data = case.directory_for("data", {"below/file": "x"})
    sandbox.mount("none", str(data / "below"), "tmpfs")
    try:
        roost.run("-v", f"{data}:/mnt:ro", root, "touch", "/mnt/below/x").fails("Read-only")
        flags = ["--mount", f"type=bind,src={data},dst=/mnt,ro,bind-recursive=writable"]
        roost.run(*flags, root, "touch", "/mnt/below/x").succeeds()
        assert (data / "below/x").exists()
    finally:
        sandbox.unmount(str(data / "below"))


def test_outer_mounts_come_before_inner_ones(roost, root, case):
    data = case.directory_for("data", {"file": "x"})
    roost.run("-v", f"{data}:/mnt/inner", "--tmpfs", "/mnt", root, "cat", "/mnt/inner/file").succeeds()


def test_own_files_can_be_replaced(roost, root, case):
    data = case.directory_for("data", {"hosts": "mine"})
    assert roost.run("-v", f"{data}/hosts:/etc/hosts", root, "cat", "/etc/hosts").succeeds().out == "mine"


def test_own_files_belong_to_one_container(roost, root):
    roost.run("--overlay", root, "sh", "-c", "echo 1.2.3.4 x >> /etc/hosts").succeeds()
    assert "1.2.3.4" not in roost.run("--overlay", root, "cat", "/etc/hosts").succeeds().out


def test_files_of_others_are_not_written_through_links(roost, root, case):
    outside = case.directory_for("outside", {"target": "safe"})
    (root / "etc/hosts").symlink_to(outside / "target")
    roost.run("--overlay", root, "sh", "-c", "echo x >> /etc/hosts")
    assert (outside / "target").read_text() == "safe"


def test_no_mount_of_a_container_is_seen_outside(roost, root):
    before = open("/proc/self/mountinfo").read()
    container = roost.start("--overlay", "--tmpfs", "/mnt", root, "sleep", "1000")
    assert open("/proc/self/mountinfo").read() == before
    container.roost("rm", "-f", "box").succeeds()
