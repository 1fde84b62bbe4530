# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`roost run --allow-path` and `--allow-tcp`."""
import ctypes
import json
import shutil

import pytest

VERSION = ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1)

fenced = pytest.mark.skipif(VERSION < 4, reason="this kernel has no Landlock of version 4")


@pytest.fixture
def root(root):
    for name in ("open", "shut"):
        (root / name).mkdir()
        (root / name / "file").write_text(name)
    return root


@fenced
def test_paths(roost, root):
    flags = ("--allow-path", "/bin", "--allow-path=/open:rw")
    assert roost.run(*flags, root, "cat", "/open/file").succeeds().out == "open"
    roost.run(*flags, root, "cat", "/shut/file").fails("permission denied")
    roost.run(*flags, root, "sh", "-c", "echo x > /open/new && cat /open/new").succeeds()
    assert (root / "open/new").read_text() == "x\n"


@fenced
def test_ports(roost, root):
    text = "for port in 1 2; do for way in bind connect; do probe tcp $way $port; done; done"
    result = roost.run("--allow-tcp", "bind:1", "--allow-tcp", "connect:2", root, "sh", "-c", text).succeeds()
    assert result.lines == ["bind 1 done", "connect 1 EACCES", "bind 2 EACCES", "connect 2 ECONNREFUSED"]
    assert roost.run("--allow-tcp", "none", root, "probe", "tcp", "bind", "0").out == "bind 0 EACCES\n"


@fenced
def test_exec(roost, root):
    container = roost.start("--allow-path", "/bin", "--allow-path", "/open:ro", root, "sleep", "1000")
    assert roost("exec", "box", "cat", "/open/file").succeeds().out == "open"
    roost("exec", "box", "cat", "/shut/file").fails("permission denied")
    container.process.kill()


@fenced
def test_volume(roost, root, case):
    source = case.directory_for("source", {"file": "data"})
    flags = ("--volume", f"{source}:/data", "--allow-path", "/bin")
    roost.run(*flags, root, "cat", "/data/file").fails("permission denied")
    assert roost.run(*flags, "--allow-path", "/data:ro", root, "cat", "/data/file").succeeds().out == "data"


@fenced
def test_explain(roost, root):
    flags = ("--allow-path", "/bin", "--allow-tcp", "connect:443")
    text = roost("explain", *flags, root, "true").succeeds().out
    assert "Close the Landlock fence" in text and "--allow-path" in text and "landlock_restrict_self" in text
    steps = json.loads(roost("explain", "--format", "json", *flags, root, "true").succeeds().out)["steps"]
    titles = [step["title"] for step in steps]
    assert titles.index("Close the Landlock fence") < next(
        index for index, title in enumerate(titles) if title.startswith("Load the system call filter"))
    script = roost("explain", "--format", "sh", *flags, root, "true").succeeds().out
    assert "No Landlock fence is raised (/bin:rx tcp:connect:443)" in script.replace("\n#     ", " ")


@pytest.mark.parametrize("flag, value, word", [
    ("--allow-path", "bin", "absolute"), ("--allow-path", "/bin:x", "ro, rx, rw, rwx"), ("--allow-path", "", "absolute"),
    ("--allow-tcp", "http", "port"), ("--allow-tcp", "", "port"), ("--allow-tcp", "listen:1", "port")])
def test_bad_values(roost, root, flag, value, word):
    roost.run(flag, value, root, "true").fails(flag, word, status=125)


@fenced
def test_none_and_a_port(roost, root):
    roost.run("--allow-tcp", "none", "--allow-tcp", "80", root, "true").fails("exclude", status=125)


@fenced
def test_path_that_is_not_there(roost, root):
    roost.run("--allow-path", "/missing", root, "true").fails("/missing", "no such file", "org.roost.landlock.paths")
    assert not roost.ids()


def test_another_runtime(roost, root):
    """Another runtime takes the annotation for a comment: the container would have no fence."""
    other = shutil.which("crun") or shutil.which("runc") or "/bin/true"
    roost.run("--runtime", other, "--allow-path", "/bin", root, "true").fails("--allow-path", "fence", other, status=125)
    assert not roost.ids()


def test_doctor(roost):
    line = next(line for line in roost("doctor").out.splitlines() if "Landlock" in line)
    assert (line.startswith("ok") and f"version {VERSION}" in line) if VERSION >= 4 else line.startswith("hint")
