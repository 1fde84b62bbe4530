# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Resources that only cgroup v1 has, and how its hierarchies are joined."""
import os
import subprocess

import pytest

from harness import cgroups, sandbox

MIB = 1 << 20
pytestmark = cgroups.on_v1


def value(container, controller, file):
    return (container.cgroup(controller) / file).read_text().strip()


def test_swappiness(bundle):
    bundle.resources["memory"] = {"swappiness": 10}
    assert value(bundle.create("true"), "memory", "memory.swappiness") == "10"


def test_oom_killer_disabled(bundle):
    bundle.resources["memory"] = {"limit": 64 * MIB, "disableOOMKiller": True}
    assert "oom_kill_disable 1" in value(bundle.create("true"), "memory", "memory.oom_control")


@pytest.mark.parametrize("controller", ["memory", "cpu", "cpuset", "pids", "devices", "freezer", "blkio", "cpuacct"])
def test_every_controller_is_joined(bundle, case, controller):
    container = bundle.create("true")
    assert case.word in str(container.cgroup(controller))
    assert str(container.pid) in value(container, controller, "cgroup.procs").split()


def test_named_hierarchy_is_joined(bundle, case):
    assert case.word in str(bundle.create("true").cgroup("systemd"))


def test_deep_cpuset_inherits_cpus_and_mems(bundle, case):
    bundle.linux["cgroupsPath"] = f"/{case.word}-group/a"
    container = bundle.create("true")
    assert value(container, "cpuset", "cpuset.cpus") and value(container, "cpuset", "cpuset.mems")
    container.delete("--force").succeeds()
    for directory in sandbox.cgroups_named(f"{case.word}-group"):
        os.rmdir(directory)


def test_deep_cpuset_gets_what_is_given(bundle, case):
    """Its new parent has nothing before it is given something itself."""
    bundle.linux["cgroupsPath"] = f"/{case.word}-group/a"
    bundle.resources["cpu"] = {"cpus": "0", "mems": "0"}
    container = bundle.create("true")
    assert value(container, "cpuset", "cpuset.cpus") == value(container, "cpuset", "cpuset.mems") == "0"
    container.delete("--force").succeeds()
    for directory in sandbox.cgroups_named(f"{case.word}-group"):
        os.rmdir(directory)


@pytest.mark.roost
def test_joining_takes_no_process_wide_lock(bundle, case):
    """The child joins by writing to `tasks`: the first write to cgroup.procs waits for a grace period."""
    if not os.path.exists("/usr/bin/strace"):
        pytest.skip("strace is not installed")
    bundle.args("true").save()
    trace = case.path("trace")
    subprocess.run(["strace", "-f", "-qq", "-y", "-s", "200", "-o", trace, "-e", "trace=open,openat,openat2,write",
                    case.runtime.path, "--root", case.root, "run", "--bundle", bundle.directory, case.new_id()],
                   check=True, timeout=60, stdin=subprocess.DEVNULL)
    text = trace.read_text()
    assert "/tasks" in text
    for line in text.splitlines():
        assert not (" write(" in line and "cgroup.procs>" in line), line


def test_freezer_starts_thawed(bundle):
    assert value(bundle.create("true"), "freezer", "freezer.state") == "THAWED"


@pytest.mark.differs(crun="1.8.1 has no --cgroup with a controller")
def test_exec_into_a_sub_cgroup(bundle):
    container = bundle.sleeper()
    sub = container.cgroup("pids") / "sub"
    sub.mkdir()
    line = container.exec("grep", "pids", "/proc/self/cgroup", flags=("--cgroup", "pids:sub")).succeeds().out
    assert line.strip().endswith("/sub")
    container.stop()


@pytest.mark.roost
@pytest.mark.parametrize("place, words", [
    ("nosuch", "nosuch/cgroup.procs: no such file"), ("pids:nosuch", "pids/.*/nosuch/cgroup.procs: no such file"),
    ("gravity:/", "unknown controller gravity"), ("..", r"\.\. is not a sub cgroup path")])
def test_exec_into_a_sub_cgroup_that_is_not_there(bundle, place, words):
    container = bundle.sleeper()
    container.exec("true", flags=("--cgroup", place)).fails(words)
    container.stop()
