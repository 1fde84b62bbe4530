# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Resources on cgroup v1: the values that the kernel's files hold, and their effect."""
import os
import subprocess
from pathlib import Path

import pytest

from harness import sandbox
from harness.case import eventually

MIB = 1 << 20
UNSIGNED = pytest.mark.differs(crun="1.8.1 knows no -1 on cgroup v1")


def value(container, controller, file):
    return (container.cgroup(controller) / file).read_text().strip()


@pytest.mark.parametrize("resource, controller, file, expected", [
    ({"memory": {"limit": 64 * MIB}}, "memory", "memory.limit_in_bytes", str(64 * MIB)),
    ({"memory": {"reservation": 32 * MIB}}, "memory", "memory.soft_limit_in_bytes", str(32 * MIB)),
    ({"memory": {"swappiness": 10}}, "memory", "memory.swappiness", "10"),
    ({"cpu": {"shares": 512}}, "cpu", "cpu.shares", "512"),
    ({"cpu": {"quota": 30000, "period": 100000}}, "cpu", "cpu.cfs_quota_us", "30000"),
    ({"cpu": {"quota": 30000, "period": 50000}}, "cpu", "cpu.cfs_period_us", "50000"),
    ({"cpu": {"quota": 5000}}, "cpu", "cpu.cfs_quota_us", "5000"),
    ({"cpu": {"period": 200000}}, "cpu", "cpu.cfs_period_us", "200000"),
    pytest.param({"cpu": {"quota": -1}}, "cpu", "cpu.cfs_quota_us", "-1", marks=UNSIGNED),
    ({"cpu": {"cpus": "0"}}, "cpuset", "cpuset.cpus", "0"),
    ({"cpu": {"cpus": "0-1"}}, "cpuset", "cpuset.cpus", "0-1"),
    ({"cpu": {"cpus": "1,0"}}, "cpuset", "cpuset.cpus", "0-1"),
    ({"cpu": {"mems": "0"}}, "cpuset", "cpuset.mems", "0"),
    ({"pids": {"limit": 20}}, "pids", "pids.max", "20"),
    pytest.param({"pids": {"limit": -1}}, "pids", "pids.max", "max", marks=UNSIGNED),
])
def test_value(bundle, resource, controller, file, expected):
    bundle.resources.update(resource)
    assert value(bundle.create("true"), controller, file) == expected


def has(controller, file):
    return os.path.exists(f"{sandbox.CGROUP_ROOT}/{controller}/{file}")


@pytest.mark.skipif(not has("memory", "memory.memsw.limit_in_bytes"), reason="this kernel accounts no swap")
def test_swap(bundle):
    bundle.resources["memory"] = {"limit": 64 * MIB, "swap": 128 * MIB}
    assert value(bundle.create("true"), "memory", "memory.memsw.limit_in_bytes") == str(128 * MIB)


@pytest.mark.skipif(has("memory", "memory.memsw.limit_in_bytes"), reason="this kernel accounts swap")
@pytest.mark.roost
def test_swap_that_the_kernel_does_not_account_is_named(bundle):
    bundle.resources["memory"] = {"limit": 64 * MIB, "swap": 128 * MIB}
    bundle.run("true").fails("/linux/resources/memory/swap")


def test_oom_killer_disabled(bundle):
    bundle.resources["memory"] = {"limit": 64 * MIB, "disableOOMKiller": True}
    assert "oom_kill_disable 1" in value(bundle.create("true"), "memory", "memory.oom_control")


def test_memory_unlimited(bundle):
    bundle.resources["memory"] = {"limit": -1}
    assert int(value(bundle.create("true"), "memory", "memory.limit_in_bytes")) > 1 << 60


def test_resources_absent(bundle):
    del bundle.linux["resources"]
    bundle.run("true").succeeds()


def test_no_limit_without_asking(bundle):
    container = bundle.create("true")
    assert value(container, "pids", "pids.max") == "max"
    assert value(container, "cpu", "cpu.cfs_quota_us") == "-1"


def test_over_the_memory_limit_is_killed(bundle):
    bundle.resources["memory"] = {"limit": 16 * MIB}
    assert bundle.run("probe", "eat", str(64 * MIB)).status == 137


def test_below_the_memory_limit_lives(bundle):
    bundle.resources["memory"] = {"limit": 64 * MIB}
    bundle.run("probe", "eat", str(16 * MIB)).succeeds()


def test_pids_limit_holds(bundle):
    bundle.resources["pids"] = {"limit": 5}
    result = bundle.run("sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait")
    assert "can't fork" in result.text or "Resource temporarily" in result.text


def test_cpuset_holds(bundle):
    bundle.resources["cpu"] = {"cpus": "1"}
    assert bundle.run("grep", "Cpus_allowed_list", "/proc/self/status").succeeds().out.split()[1] == "1"


@pytest.mark.parametrize("controller", ["memory", "cpu", "cpuset", "pids", "devices", "freezer", "blkio", "cpuacct"])
def test_every_controller_is_joined(bundle, case, controller):
    container = bundle.create("true")
    assert case.word in str(container.cgroup(controller))
    assert str(container.pid) in value(container, controller, "cgroup.procs").split()


def test_every_process_of_the_container_is_in_its_cgroup(bundle):
    container = bundle.start("sh", "-c", "sleep 1000 & echo ready; wait")
    eventually(lambda: container.out, "ready")
    for controller in ("memory", "pids", "devices", "freezer"):
        assert len(value(container, controller, "cgroup.procs").split()) == 2


def test_the_runtime_itself_is_not_in_the_cgroup(bundle):
    container = bundle.sleeper()
    assert value(container, "memory", "cgroup.procs").split() == [str(container.pid)]


def test_named_hierarchy_is_joined(bundle, case):
    assert case.word in str(bundle.create("true").cgroup("systemd"))


def test_cgroups_path_absolute(bundle, case):
    bundle.linux["cgroupsPath"] = f"/{case.word}-group"
    container = bundle.create("true")
    assert container.cgroup("pids") == Path(f"/sys/fs/cgroup/pids/{case.word}-group")
    container.delete("--force").succeeds()
    assert not sandbox.cgroups_named(f"{case.word}-group")


def test_cgroups_path_deep(bundle, case):
    bundle.linux["cgroupsPath"] = f"/{case.word}-group/a/b"
    container = bundle.create("true")
    assert container.cgroup("memory") == Path(f"/sys/fs/cgroup/memory/{case.word}-group/a/b")
    container.delete("--force").succeeds()
    left = sandbox.cgroups_named(f"{case.word}-group")
    assert not [directory for directory in left if directory.endswith("/b")]
    for directory in left:  # Whether the parents stay is the runtime's choice.
        os.rmdir(directory)


def test_cgroups_path_relative(bundle, case):
    bundle.linux["cgroupsPath"] = f"{case.word}-relative"
    container = bundle.create("true")
    assert container.cgroup("pids").name == f"{case.word}-relative"


def test_deep_cpuset_inherits_cpus_and_mems(bundle, case):
    bundle.linux["cgroupsPath"] = f"/{case.word}-group/a"
    container = bundle.create("true")
    assert value(container, "cpuset", "cpuset.cpus") and value(container, "cpuset", "cpuset.mems")
    container.delete("--force").succeeds()
    for directory in sandbox.cgroups_named(f"{case.word}-group"):
        os.rmdir(directory)


def test_cgroup_that_existed_before_may_be_used(bundle, case):
    """An empty cgroup made by the caller, as engines do for a pod."""
    path = f"/sys/fs/cgroup/pids/{case.word}-group"
    os.mkdir(path)
    bundle.linux["cgroupsPath"] = f"/{case.word}-group"
    bundle.run("true").succeeds()
    if os.path.isdir(path):
        os.rmdir(path)


@pytest.mark.parametrize("resource", [
    {"memory": {"limit": "64m"}}, {"cpu": {"cpus": "99"}}, {"cpu": {"cpus": "x"}}, {"cpu": {"mems": "7"}},
    {"cpu": {"quota": 1, "period": 100000}}, {"cpu": {"period": 5}}, {"pids": {"limit": "x"}},
])
@pytest.mark.differs(crun="1.8.1 takes a word as a number, and leaves cgroups behind when a value is refused")
def test_value_that_cannot_be_applied_is_refused(bundle, resource):
    bundle.resources.update(resource)
    bundle.run("true").fails()


@pytest.mark.roost
@pytest.mark.parametrize("resource, pointer", [
    ({"cpu": {"cpus": "99"}}, "/linux/resources/cpu/cpus"),
    ({"cpu": {"mems": "7"}}, "/linux/resources/cpu/mems"),
    ({"cpu": {"period": 5}}, "/linux/resources/cpu/period"),
    ({"cpu": {"quota": 1}}, "/linux/resources/cpu/quota"),
    ({"memory": {"limit": -5}}, "/linux/resources/memory/limit"),
    ({"pids": {"limit": -7}}, "/linux/resources/pids/limit"),
    ({"unified": {"memory.max": "1000000"}}, "/linux/resources/unified"),
])
def test_value_that_cannot_be_applied_is_named(bundle, resource, pointer):
    bundle.resources.update(resource)
    bundle.run("true").fails(pointer)


@pytest.mark.roost
@pytest.mark.parametrize("limit", [512 << 10, MIB, 4 * MIB])
def test_small_memory_limit_starts(bundle, limit):
    bundle.resources["memory"] = {"limit": limit}
    bundle.run("probe", "true").succeeds()


def test_memory_limit_of_16_mib_starts(bundle):
    bundle.resources["memory"] = {"limit": 16 * MIB}
    bundle.run("probe", "true").succeeds()


@pytest.mark.roost
def test_memory_limit_too_low_is_explained(bundle):
    bundle.resources["memory"] = {"limit": 4096}
    bundle.run("true").fails("memory", "/linux/resources/memory/limit|limit")


@pytest.mark.roost
def test_killed_for_memory_is_explained_by_exec(bundle):
    """A process that the kernel kills because of the limit is no riddle: 137, and the container lives on."""
    bundle.resources["memory"] = {"limit": 32 * MIB}
    container = bundle.sleeper()
    assert container.exec("probe", "eat", str(64 * MIB)).status == 137
    assert container.status == "running"


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


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_pids_limit_counts_only_the_container(bundle, limit):
    bundle.resources["pids"] = {"limit": limit}
    bundle.run("probe", "true").succeeds()


def test_freezer_starts_thawed(bundle):
    assert value(bundle.create("true"), "freezer", "freezer.state") == "THAWED"


def test_exec_joins_the_cgroups(bundle):
    container = bundle.sleeper()
    lines = container.exec("cat", "/proc/self/cgroup").succeeds().lines
    assert lines == Path(f"/proc/{container.pid}/cgroup").read_text().splitlines()


@pytest.mark.differs(crun="1.8.1 has no --cgroup with a controller")
def test_exec_into_a_sub_cgroup(bundle):
    container = bundle.sleeper()
    sub = container.cgroup("pids") / "sub"
    sub.mkdir()
    line = container.exec("grep", "pids", "/proc/self/cgroup", flags=("--cgroup", "pids:sub")).succeeds().out
    assert line.strip().endswith("/sub")
    container.stop()


@pytest.mark.differs(crun="1.8.1 leaves cgroups behind when a value is refused")
def test_hugetlb_limit_is_refused_or_applied(bundle):
    bundle.resources["hugepageLimits"] = [{"pageSize": "2MB", "limit": 0}]
    result = bundle.run("true")
    assert result.status == 0 or result.fails("hugetlb|hugepage")
