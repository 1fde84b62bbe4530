# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Resources: the values that the kernel's files hold, and their effect; on whichever version this machine has.

What only one of the versions has is in test_cgroups_v1.py and test_cgroups_v2.py.
"""
import os
from pathlib import Path

import pytest

from harness import cgroups, sandbox
from harness.case import eventually

MIB = 1 << 20
UNSIGNED = pytest.mark.differs(crun="1.8.1 knows no -1 on cgroup v1")
# Weights as runc 1.4 and crun 1.23 have them.
NEW_WEIGHT = pytest.mark.differs(runc="before 1.4 a straight line", crun="before 1.23 a straight line")


def column(v1, v2):
    """What is expected on this machine."""
    return v2 if cgroups.V2 else v1


@pytest.mark.parametrize("resource, controller, v1, v2", [
    ({"memory": {"limit": 64 * MIB}}, "memory", ("memory.limit_in_bytes", str(64 * MIB)), ("memory.max", str(64 * MIB))),
    ({"memory": {"reservation": 32 * MIB}}, "memory", ("memory.soft_limit_in_bytes", str(32 * MIB)),
     ("memory.low", str(32 * MIB))),
    ({"cpu": {"quota": 30000, "period": 100000}}, "cpu", ("cpu.cfs_quota_us", "30000"), ("cpu.max", "30000 100000")),
    ({"cpu": {"quota": 30000, "period": 50000}}, "cpu", ("cpu.cfs_period_us", "50000"), ("cpu.max", "30000 50000")),
    ({"cpu": {"quota": 50000}}, "cpu", ("cpu.cfs_quota_us", "50000"), ("cpu.max", "50000 100000")),
    ({"cpu": {"period": 200000}}, "cpu", ("cpu.cfs_period_us", "200000"), ("cpu.max", "max 200000")),
    ({"cpu": {"quota": 500000, "period": 1000000}}, "cpu", ("cpu.cfs_quota_us", "500000"), ("cpu.max", "500000 1000000")),
    pytest.param({"cpu": {"quota": -1}}, "cpu", ("cpu.cfs_quota_us", "-1"), ("cpu.max", "max 100000"), marks=UNSIGNED),
    pytest.param({"cpu": {"shares": 512}}, "cpu", ("cpu.shares", "512"), ("cpu.weight", "59"),
                 marks=pytest.mark.roost if cgroups.V2 else ()),
    ({"cpu": {"cpus": "0"}}, "cpuset", ("cpuset.cpus", "0"), ("cpuset.cpus", "0")),
    ({"cpu": {"cpus": "0-1"}}, "cpuset", ("cpuset.cpus", "0-1"), ("cpuset.cpus", "0-1")),
    ({"cpu": {"cpus": "1,0"}}, "cpuset", ("cpuset.cpus", "0-1"), ("cpuset.cpus", "0-1")),
    ({"cpu": {"mems": "0"}}, "cpuset", ("cpuset.mems", "0"), ("cpuset.mems", "0")),
    ({"pids": {"limit": 20}}, "pids", ("pids.max", "20"), ("pids.max", "20")),
    pytest.param({"pids": {"limit": -1}}, "pids", ("pids.max", "max"), ("pids.max", "max"), marks=UNSIGNED),
])
def test_value(bundle, resource, controller, v1, v2):
    bundle.resources.update(resource)
    container = bundle.create("true")
    file, expected = column(v1, v2)
    assert (container.cgroup(controller) / file).read_text().strip() == expected


def has_swap_accounting():
    return any((cgroups.ROOT / file).exists() for file in ("memory/memory.memsw.limit_in_bytes",)) or cgroups.V2


@pytest.mark.skipif(not has_swap_accounting(), reason="this kernel accounts no swap")
def test_swap(bundle):
    bundle.resources["memory"] = {"limit": 64 * MIB, "swap": 128 * MIB}
    container = bundle.create("true")
    # Version 1 counts both together, version 2 swap alone.
    assert cgroups.value(container, "memory", "memory.memsw.limit_in_bytes", "memory.swap.max") == \
        str(column(128 * MIB, 64 * MIB))


@pytest.mark.skipif(has_swap_accounting(), reason="this kernel accounts swap")
@pytest.mark.roost
def test_swap_that_the_kernel_does_not_account_is_named(bundle):
    bundle.resources["memory"] = {"limit": 64 * MIB, "swap": 128 * MIB}
    bundle.run("true").fails("/linux/resources/memory/swap")


def test_memory_unlimited(bundle):
    bundle.resources["memory"] = {"limit": -1}
    limit = cgroups.value(bundle.create("true"), "memory", "memory.limit_in_bytes", "memory.max")
    assert limit == "max" or int(limit) > 1 << 60


def test_resources_absent(bundle):
    del bundle.linux["resources"]
    bundle.run("true").succeeds()


def test_no_limit_without_asking(bundle):
    container = bundle.create("true")
    assert cgroups.value(container, "pids", "pids.max", "pids.max") == "max"
    assert cgroups.value(container, "cpu", "cpu.cfs_quota_us", "cpu.max") == column("-1", "max 100000")


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


def processes(container, controller):
    return (container.cgroup(controller) / "cgroup.procs").read_text().split()


def test_every_process_of_the_container_is_in_its_cgroup(bundle):
    container = bundle.start("sh", "-c", "sleep 1000 & echo ready; wait")
    eventually(lambda: container.out, "ready")
    for controller in ("memory", "pids", "devices", "freezer"):
        assert len(processes(container, controller)) == 2


def test_the_runtime_itself_is_not_in_the_cgroup(bundle):
    container = bundle.sleeper()
    assert processes(container, "memory") == [str(container.pid)]


def hierarchy(controller):
    """Where the tree with this controller is mounted."""
    return cgroups.ROOT if cgroups.V2 else cgroups.ROOT / controller


def test_cgroups_path_absolute(bundle, case):
    bundle.linux["cgroupsPath"] = f"/{case.word}-group"
    container = bundle.create("true")
    assert container.cgroup("pids") == hierarchy("pids") / f"{case.word}-group"
    container.delete("--force").succeeds()
    assert not sandbox.cgroups_named(f"{case.word}-group")


def test_cgroups_path_deep(bundle, case):
    bundle.linux["cgroupsPath"] = f"/{case.word}-group/a/b"
    container = bundle.create("true")
    assert container.cgroup("memory") == hierarchy("memory") / f"{case.word}-group/a/b"
    container.delete("--force").succeeds()
    left = sandbox.cgroups_named(f"{case.word}-group")
    assert not [directory for directory in left if directory.endswith("/b")]
    for directory in left:  # Whether the parents stay is the runtime's choice.
        os.rmdir(directory)


def test_cgroups_path_relative(bundle, case):
    bundle.linux["cgroupsPath"] = f"{case.word}-relative"
    container = bundle.create("true")
    assert container.cgroup("pids").name == f"{case.word}-relative"


def test_cgroup_that_existed_before_may_be_used(bundle, case):
    """An empty cgroup made by the caller, as engines do for a pod."""
    path = hierarchy("pids") / f"{case.word}-group"
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
    ({"unified": {"memory.max": "1000000" if not cgroups.V2 else "x"}}, "/linux/resources/unified/memory.max"),
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


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_pids_limit_counts_only_the_container(bundle, limit):
    bundle.resources["pids"] = {"limit": limit}
    bundle.run("probe", "true").succeeds()


def test_exec_joins_the_cgroups(bundle):
    container = bundle.sleeper()
    lines = container.exec("cat", "/proc/self/cgroup").succeeds().lines
    assert lines == Path(f"/proc/{container.pid}/cgroup").read_text().splitlines()


@pytest.mark.differs(crun="1.8.1 leaves cgroups behind when a value is refused")
def test_hugetlb_limit_is_refused_or_applied(bundle):
    bundle.resources["hugepageLimits"] = [{"pageSize": "2MB", "limit": 0}]
    result = bundle.run("true")
    assert result.status == 0 or result.fails("hugetlb|hugepage")
