# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Roots on standard input, what `roost rootfs` does with those that are stored, and roots that are none."""
import contextlib
import hashlib
import io
import json
import os
import pty
import subprocess
import tarfile

import pytest
from harness import sandbox


def tar(root, mode="w"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as made:
        made.add(root, ".")
    return buffer.getvalue()


def stored(roost):
    directory = roost.state / "roots/sha256"
    return sorted(os.listdir(directory)) if directory.is_dir() else []


def listing(directory):
    done = subprocess.run(["find", ".", "-printf", "%P %y %m %U %G %n %s %l\n"], cwd=directory, capture_output=True,
                          text=True, check=True, timeout=30)
    # Sizes of directories are the file system's own affair.
    return sorted(" ".join(word for n, word in enumerate(line.split(" ")) if n != 6 or " d " not in line)
                  for line in done.stdout.splitlines())


# Standard input.


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_standard_input(roost, root, mode):
    archive = tar(root, mode)
    assert roost.run("-", "echo", "x", stdin=archive).succeeds().out == "x\n"
    name = hashlib.sha256(archive).hexdigest()
    assert stored(roost) == [name]
    roost.run("-", "touch", "/made", stdin=archive).succeeds()
    roost.run("--checksum", "sha256:" + name, "-", "ls", "/made", stdin=archive).fails("No such file")
    assert stored(roost) == [name]


def test_standard_input_that_is_no_root(roost, root, case):
    archive = tar(root, "w:gz")
    roost.run("-", "true", stdin=b"").explains("standard input", "empty")
    roost.run("-", "true", stdin=archive[:-200]).explains("standard input")
    roost.run("-", "true", stdin=b"x" * 5000).explains("standard input", "neither")
    roost.run("--checksum", "sha256:" + "0" * 64, "-", "true", stdin=archive).explains(
        "digest", hashlib.sha256(archive).hexdigest())
    roost.run("-i", "-", "true", stdin=archive).explains("--interactive", "standard input")
    assert not stored(roost) and not roost.ids()
    # Zeros that pack a thousandfold.
    bomb = io.BytesIO()
    with tarfile.open(fileobj=bomb, mode="w:gz") as made:
        zeros = tarfile.TarInfo("zeros")
        zeros.size = 200 << 20
        made.addfile(zeros, io.BytesIO(bytes(zeros.size)))
    roost.run("-", "true", stdin=bomb.getvalue(), timeout=30).explains("bomb")
    assert not stored(roost)


def test_standard_input_is_a_terminal(roost):
    master, slave = pty.openpty()
    process = roost.popen("run", "--rm", "-", "true", stdin=slave, stderr=subprocess.PIPE)
    os.close(slave)
    assert b"pipe an archive" in process.communicate(timeout=15)[1] and process.returncode == 125
    os.close(master)


# What is stored.


@pytest.fixture
def archive(root, case):
    path = case.directory / "root.tar.gz"
    path.write_bytes(tar(root, "w:gz"))
    return path


def test_pull_ls_inspect(roost, archive):
    digest = roost("rootfs", "pull", archive).succeeds().out.strip()
    assert digest == "sha256:" + hashlib.sha256(archive.read_bytes()).hexdigest()
    roost("rootfs", "pull", "host:true").succeeds()
    rows = [json.loads(line) for line in roost("rootfs", "ls", "--format", "json").succeeds().lines]
    assert {row["Source"] for row in rows} == {str(archive), "host:true"}
    row = next(row for row in rows if row["Source"] == str(archive))
    assert row["Digest"] == digest and row["ID"] == digest[7:19] and row["UsedBy"] == ""
    assert str(archive) in roost("rootfs", "ls").succeeds().out
    assert digest[7:19] in roost("rootfs", "ls", "-q").succeeds().lines
    for name in (digest, digest[7:], digest[7:19], archive):
        seen = json.loads(roost("rootfs", "inspect", name).succeeds().out)[0]
        assert seen["Digest"] == digest and os.path.isdir(seen["Path"]) and seen["Archive"] == digest
    assert roost("rootfs", "inspect", "-f", "{{.Path}}", digest).succeeds().out.strip() == seen["Path"]
    roost("rootfs", "inspect", "feed").fails("no such root file system", "rootfs ls", status=1)


def test_rm_and_prune_spare_what_is_needed(roost, archive, root):
    digest = roost("rootfs", "pull", archive).succeeds().out.strip()
    other = roost("rootfs", "pull", "host:true").succeeds().out.strip()
    roost("run", "--name", "box", archive, "true").succeeds()
    assert json.loads(roost("rootfs", "inspect", digest).out)[0]["UsedBy"] == ["box"]
    roost("rootfs", "rm", digest).explains("container box", "roost rm box")
    assert roost("rootfs", "prune").succeeds().lines[0] == other
    assert stored(roost) == [digest[7:]]
    roost("rm", "box").succeeds()
    running = roost.start(archive, "sleep", "1000", name="runner")
    roost("rootfs", "rm", digest).explains("runner")
    roost("rootfs", "prune").succeeds()
    roost("rm", "-f", "runner").succeeds()
    running.wait()
    assert roost("rootfs", "rm", digest).succeeds().out.strip() == digest
    assert not stored(roost)
    assert roost.run(archive, "echo", "again").succeeds().out == "again\n"


def test_mount(roost, archive, case):
    digest = roost("rootfs", "pull", archive).succeeds().out.strip()
    place = case.directory_for("place")
    roost("rootfs", "mount", digest, place).succeeds()
    try:
        assert (place / "bin/busybox").exists()
        with pytest.raises(OSError, match="Read-only"):
            (place / "made").write_text("")
        roost("rootfs", "rm", digest).explains("mounted on", "umount")
        roost("rootfs", "prune").succeeds()
        assert stored(roost) == [digest[7:]]
    finally:
        sandbox.unmount(str(place))
    roost("rootfs", "mount", digest, case.directory / "nowhere").explains("nowhere", "No such file")
    roost("rootfs", "rm", digest).succeeds()


@pytest.mark.parametrize("name", ["out.tar", "out.tar.gz", None])
def test_export_gives_the_same_tree(roost, root, case, name):
    os.link(root / "bin/probe", root / "bin/again")
    with open(root / "holes", "wb") as file:
        file.truncate(1 << 20)
    os.chown(root / "etc/group", 12, 34)
    archive = case.directory / "root.tar"
    archive.write_bytes(tar(root))
    first = roost("rootfs", "pull", archive).succeeds().out.strip()
    copy = case.directory / (name or "stdout.tar")
    if name:
        roost("rootfs", "export", first, "--output", name, cwd=case.directory).succeeds()
        assert sorted(os.listdir(case.directory)).count(name) == 1
    else:
        with open(copy, "wb") as file:
            process = roost.popen("rootfs", "export", first, stdout=file)
            assert process.wait(30) == 0
    second = roost("rootfs", "pull", copy).succeeds().out.strip()
    paths = [json.loads(roost("rootfs", "inspect", digest).out)[0]["Path"] for digest in (first, second)]
    assert listing(paths[0]) == listing(paths[1])
    roost("rootfs", "export", first, "-o", case.directory / "no/where.tar").fails("where.tar")


# Roots that are none.


def test_roots_without_the_program(roost, root, archive):
    (root / "bin/other").write_bytes(b"\x7fELF" + bytes([2, 1, 1]) + bytes(9) + b"\x02\x00\xb7\x00" + bytes(44))
    os.chmod(root / "bin/other", 0o755)
    assert roost.run(archive, "nonesuch").explains("nonesuch", "not found").status == 127
    assert roost.run(root, "/bin/nonesuch").explains("nonesuch", "no such file").status == 127
    assert roost.run(root, "other").explains("other", "machine|architecture|aarch64").status == 126
    assert not roost.ids()


def test_empty_roots(roost, case):
    empty = case.directory_for("empty")
    roost.run(empty, "true").explains("empty", "nothing in it")
    roost.run(f"dir:{empty}", "true").explains("empty", "nothing in it")
    archive = case.directory / "empty.tar"
    archive.write_bytes(bytes(10240))
    roost.run(archive, "true").explains("empty.tar", "nothing in it")
    (case.directory / "zero.tar").write_bytes(b"")
    roost.run(case.directory / "zero.tar", "true").explains("zero.tar", "empty")
    assert not stored(roost) and not roost.ids()


def test_checksums_of_files(roost, root, archive):
    right = "sha256:" + hashlib.sha256(archive.read_bytes()).hexdigest()
    wrong = "sha256:" + "0" * 64
    for _ in range(2):
        roost.run("--checksum", wrong, archive, "true").explains("root.tar.gz", "digest", wrong)
    assert not stored(roost)
    roost.run("--checksum", right, archive, "true").succeeds()
    roost.run("--checksum", wrong, archive, "true").explains("root.tar.gz", wrong)
    roost.run("--checksum", right, root, "true").explains("directory has no checksum")
    roost.run("--checksum", right, "host:true", "true").explains("--checksum is for archives")
    roost.run("--with", "/etc/hosts", archive, "true").explains("--with", "--volume")


# A full disk.


MS_REMOUNT = 32


@contextlib.contextmanager
def small_disk(roost, case):
    """Puts the state directory on a file system of so many KiB: gives what sets the size."""
    place = case.directory_for("small")
    roost.state = place / "state"

    def resize(kibibytes):
        flags = MS_REMOUNT if os.path.ismount(place) else 0
        sandbox.mount("none", str(place), "tmpfs", flags, f"size={kibibytes}k,mode=700")

    try:
        yield resize
    finally:
        roost.clean_up()
        sandbox.unmount(str(place))


def check_full_disk(roost, case, sizes, *command):
    """Tries with less space than needed, every size once, then with enough of it."""
    with small_disk(roost, case) as small:
        try_sizes(roost, small, sizes, *command)


def try_sizes(roost, small, sizes, *command):
    failures = 0
    for size in sizes:
        small(size)
        result = roost.run(*command, timeout=30)
        if result.status:
            failures += 1
            result.explains("space|fit|free")
            assert not [name for name in stored(roost) if not (roost.state / "roots/sha256" / name / "complete").exists()]
            assert not roost.ids()
    assert failures, "the sizes were too large to fail"
    small(1 << 20)
    roost.run(*command).succeeds()
    roost("rootfs", "ls").succeeds()


def test_full_disk_with_host_programs(roost, case):
    # Files of another file system are copied.
    check_full_disk(roost, case, [4, 8, 16, 24, 32, 40, 48, 64, 256, 1024, 2048, 3072], "host:bash", "bash", "-c", "exit 0")


def test_full_disk_with_an_archive(roost, case, archive):
    check_full_disk(roost, case, [4, 8, 16, 32, 64, 1024, 65536 + 64, 65536 + 1024], archive, "true")


def test_full_disk_with_standard_input(roost, case, root):
    content = tar(root, "w:gz")
    with small_disk(roost, case) as small:
        for size in (8, 64, 1024, 65536 + 64):
            small(size)
            roost.run("-", "true", stdin=content, timeout=30).explains("space|fit|free")
            assert not stored(roost) and not roost.ids()
        small(1 << 20)
        roost.run("-", "true", stdin=content).succeeds()


def test_full_disk_with_a_directory(roost, case, root):
    check_full_disk(roost, case, [4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64], "--overlay", root, "true")
