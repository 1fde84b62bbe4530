# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""cgroup v2 alone: its own resources, its rules about processes and controllers, delegation."""
import json
import os
import subprocess
from pathlib import Path

import pytest

from harness import cgroups, mountinfo, sandbox
from harness.case import eventually

MIB = 1 << 20
ROOT = cgroups.ROOT
pytestmark = cgroups.on_v2


def value(container, file):
    return (container.cgroup("") / file).read_text().strip()


@pytest.fixture
def disk():
    """The number of a whole disk of this machine."""
    for entry in sorted(Path("/sys/block").iterdir()):
        if entry.name.startswith(("vd", "sd", "nvme")):
            return (entry / "dev").read_text().strip()
    pytest.skip("no disk")


@pytest.fixture
def made(case):
    """Makes cgroups outside of containers; they and who lives in them go before the test looks for leaks."""
    directories = []

    def make(name):
        directory = ROOT / name
        directory.mkdir()
        directories.append(directory)
        return directory

    def remove():
        for directory in reversed(directories):
            if not directory.is_dir():
                continue
            if (directory / "cgroup.freeze").exists():
                (directory / "cgroup.freeze").write_text("0")
            directory.rmdir()

    before(case, remove)
    return make


@pytest.fixture
def resident(case, made):
    """A process that lives in a cgroup."""
    processes = []

    def live(directory):
        process = subprocess.Popen(["sleep", "1000"])
        processes.append(process)
        (directory / "cgroup.procs").write_text(str(process.pid))
        return process

    def end():
        for process in processes:
            process.kill()
            process.wait()

    before(case, end)
    return live


def before(case, action):
    """Lets something happen before the rest of the test's clean-up."""
    ordinary = case.clean_up

    def clean_up():
        action()
        ordinary()

    case.clean_up = clean_up


# Values


@pytest.mark.parametrize("resource, file, expected", [
    ({"blockIO": {"weight": 10}}, "io.weight", "default 1"),
    ({"blockIO": {"weight": 500}}, "io.weight", "default 4950"),
    ({"blockIO": {"weight": 1000}}, "io.weight", "default 10000"),
    ({"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}]}, "hugetlb.2MB.max", str(4 * MIB)),
    pytest.param({"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}]}, "hugetlb.2MB.rsvd.max", str(4 * MIB),
                 marks=pytest.mark.differs(crun="knows no reservations")),
    ({"unified": {"memory.high": str(32 * MIB)}}, "memory.high", str(32 * MIB)),
    ({"unified": {"cpu.weight.nice": "5"}}, "cpu.weight.nice", "5"),
    ({"unified": {"cgroup.max.descendants": "7"}}, "cgroup.max.descendants", "7"),
    ({"pids": {"limit": 5}, "unified": {"pids.max": "9"}}, "pids.max", "9"),
    ({"memory": {"limit": 64 * MIB, "swap": -1}}, "memory.swap.max", "max"),
    ({"memory": {"limit": 64 * MIB, "swap": 64 * MIB}}, "memory.swap.max", "0"),
])
def test_value(bundle, resource, file, expected):
    bundle.resources.update(resource)
    assert value(bundle.create("true"), file) == expected


@pytest.mark.roost
@pytest.mark.parametrize("shares, weight", [(2, 1), (1024, 100), (262144, 10000)])
def test_weight_from_shares(bundle, shares, weight):
    bundle.resources["cpu"] = {"shares": shares}
    assert value(bundle.create("true"), "cpu.weight") == str(weight)


@pytest.mark.roost
def test_burst_and_idle(bundle):
    bundle.resources["cpu"] = {"quota": 20000, "burst": 10000, "idle": 1}
    container = bundle.create("true")
    assert value(container, "cpu.max.burst") == "10000" and value(container, "cpu.idle") == "1"


def test_throttle(bundle, disk):
    number = dict(zip(("major", "minor"), map(int, disk.split(":"))))
    bundle.resources["blockIO"] = {
        "throttleReadBpsDevice": [{**number, "rate": 1 << 20}],
        "throttleWriteIOPSDevice": [{**number, "rate": 100}]}
    assert value(bundle.create("true"), "io.max") == f"{disk} rbps=1048576 wbps=max riops=max wiops=100"


@pytest.mark.roost
@pytest.mark.parametrize("resource, pointer", [
    ({"memory": {"swappiness": 10}}, "/linux/resources/memory/swappiness"),
    ({"memory": {"limit": 64 * MIB, "disableOOMKiller": True}}, "/linux/resources/memory/disableOOMKiller"),
    ({"cpu": {"realtimeRuntime": 1000}}, "/linux/resources/cpu/realtimeRuntime"),
    ({"network": {"classID": 5}}, "/linux/resources/network/classID"),
    ({"blockIO": {"leafWeight": 100}}, "/linux/resources/blockIO/leafWeight"),
    ({"rdma": {"nosuch0": {"hcaHandles": 3}}}, "/linux/resources/rdma/nosuch0"),
    ({"blockIO": {"throttleReadBpsDevice": [{"major": 250, "minor": 99, "rate": 5}]}},
     "/linux/resources/blockIO/throttleReadBpsDevice/0"),
    ({"hugepageLimits": [{"pageSize": "3MB", "limit": 0}]}, "/linux/resources/hugepageLimits/0"),
    ({"unified": {"nosuch.max": "1"}}, "/linux/resources/unified/nosuch.max"),
    ({"unified": {"memory.nosuch": "1"}}, "/linux/resources/unified/memory.nosuch"),
    ({"unified": {"cgroup.freeze": "1"}}, "/linux/resources/unified/cgroup.freeze"),
    ({"unified": {"memory.max": "much"}}, "/linux/resources/unified/memory.max"),
    ({"unified": {"pids.max": str(1 << 70)}}, "/linux/resources/unified/pids.max"),
])
def test_what_version_2_cannot_do_is_named(bundle, case, resource, pointer):
    bundle.resources.update(resource)
    bundle.run("true").explains(pointer)
    assert not sandbox.cgroups_named(case.word)


# Where processes are


def test_is_born_in_its_cgroup(bundle, case):
    container = bundle.sleeper()
    assert case.word in str(container.cgroup(""))
    assert value(container, "cgroup.procs").split() == [str(container.pid)]


@pytest.mark.roost
def test_nobody_writes_to_cgroup_procs(bundle, case):
    """A process that is cloned into its cgroup need not be moved, and moving waits for a grace period of RCU."""
    trace = case.path("trace")
    bundle.args("true").save()
    subprocess.run(["strace", "-f", "-qq", "-y", "-s", "200", "-o", trace, "-e", "trace=open,openat,openat2,write",
                    case.runtime.path, "--root", case.root, "run", "--bundle", bundle.directory, case.new_id()],
                   check=True, timeout=600, stdin=subprocess.DEVNULL)
    lines = trace.read_text().splitlines()
    assert not [line for line in lines if " write(" in line and "cgroup.procs>" in line]
    # A second container finds the controllers enabled; turning them on takes the same lock.
    subprocess.run(["strace", "-f", "-qq", "-y", "-o", trace, "-e", "trace=write", case.runtime.path, "--root", case.root,
                    "run", "--bundle", bundle.directory, case.new_id()],
                   check=True, timeout=600, stdin=subprocess.DEVNULL)
    assert "cgroup.subtree_control>" not in trace.read_text()


def test_exec_is_born_in_the_cgroup(bundle):
    container = bundle.sleeper()
    assert container.exec("cat", "/proc/self/cgroup").succeeds().out == \
        Path(f"/proc/{container.pid}/cgroup").read_text()


@pytest.mark.differs(crun="1.8.1 wants the sub-cgroup without a word")
def test_exec_into_a_sub_cgroup(bundle):
    container = bundle.sleeper()
    sub = container.cgroup("") / "sub"
    sub.mkdir()
    line = container.exec("cat", "/proc/self/cgroup", flags=("--cgroup", "sub")).succeeds().out
    assert line.strip().endswith("/sub")
    container.stop()


@pytest.mark.roost
@pytest.mark.parametrize("below", ["nosuch", "../.."])
def test_exec_into_a_sub_cgroup_that_is_not_there(bundle, below):
    container = bundle.sleeper()
    container.exec("true", flags=("--cgroup", below)).explains(below.replace(".", r"\."))


def test_parent_with_processes_cannot_limit(bundle, case, made, resident):
    """No internal processes: a cgroup with processes of its own hands no controllers to its children."""
    parent = made(f"{case.word}-parent")
    resident(parent)
    bundle.linux["cgroupsPath"] = f"/{parent.name}/child"
    bundle.resources["pids"] = {"limit": 20}
    bundle.run("true").fails()
    assert not (parent / "child").exists()


@pytest.mark.roost
def test_parent_with_processes_is_explained(bundle, case, made, resident):
    parent = made(f"{case.word}-parent")
    resident(parent)
    bundle.linux["cgroupsPath"] = f"/{parent.name}/child"
    bundle.resources["pids"] = {"limit": 20}
    bundle.run("true").explains(f"/{parent.name}", "processes of its own", "cgroupsPath")


@pytest.mark.roost
def test_parent_with_processes_may_hold_a_container_without_limits(bundle, case, made, resident):
    parent = made(f"{case.word}-parent")
    resident(parent)
    bundle.linux["cgroupsPath"] = f"/{parent.name}/child"
    bundle.run("true").succeeds()


@pytest.mark.roost
def test_parent_with_processes_stays_what_it_is(bundle, case, made, resident):
    """The kernel would enable cpu and pids, and make the parent the root of a threaded tree."""
    parent = made(f"{case.word}-parent")
    resident(parent)
    bundle.linux["cgroupsPath"] = f"/{parent.name}/child"
    bundle.run("true").succeeds()
    assert (parent / "cgroup.type").read_text() == "domain\n"


@pytest.mark.roost
def test_threaded_cgroup_is_refused(bundle, case, made):
    parent = made(f"{case.word}-threaded")
    (parent / "cgroup.type").write_text("threaded")
    bundle.linux["cgroupsPath"] = f"/{parent.name}/child"
    bundle.run("true").explains("threaded", "cgroupsPath")
    bundle.resources["memory"] = {"limit": 64 * MIB}
    bundle.run("true", identifier=case.new_id("-limited")).explains("threaded", "cgroupsPath")
    assert not (parent / "child").exists()


@pytest.mark.roost
def test_frozen_parent_is_refused(bundle, case, made):
    parent = made(f"{case.word}-frozen")
    (parent / "cgroup.freeze").write_text("1")
    bundle.linux["cgroupsPath"] = f"/{parent.name}/child"
    bundle.run("true").explains("frozen")
    assert not (parent / "child").exists()


def test_foreign_cgroup_with_processes_is_refused(bundle, case, made, resident):
    foreign = made(f"{case.word}-foreign")
    process = resident(foreign)
    bundle.linux["cgroupsPath"] = f"/{foreign.name}"
    bundle.run("true").fails()
    assert process.poll() is None and foreign.is_dir()


def test_within_a_limited_cgroup(bundle, case, made):
    """The runtime itself is limited by the cgroup above; the container comes beside it, below the same limit."""
    outer, inner = made(f"{case.word}-outer"), made(f"{case.word}-outer/runtime")
    (outer / "pids.max").write_text("100")
    bundle.linux["cgroupsPath"] = f"{case.word}-relative"
    bundle.resources["pids"] = {"limit": 20}
    bundle.args("cat", "/proc/self/cgroup").save()
    result = case("run", "--bundle", bundle.directory, case.new_id(),
                  preexec_fn=lambda: (inner / "cgroup.procs").write_text(str(os.getpid())))
    assert result.succeeds().out.strip() == f"0::/{outer.name}/{case.word}-relative"


# Life


def test_pause_waits_until_all_are_frozen(bundle, case):
    container = bundle.start("sh", "-c", "sleep 1000 & while :; do :; done")
    case("pause", container.id).succeeds()
    assert cgroups.key(container.cgroup("") / "cgroup.events", "frozen") == 1
    case("resume", container.id).succeeds()
    assert value(container, "cgroup.freeze") == "0"


def test_delete_removes_cgroups_that_the_container_made(bundle):
    container = bundle.sleeper()
    directory = container.cgroup("")
    (directory / "one/two").mkdir(parents=True)
    container.stop()
    assert not directory.exists()


def test_delete_force_kills_what_hides_in_a_nested_cgroup(bundle, resident):
    container = bundle.sleeper()
    directory = container.cgroup("")
    (directory / "one").mkdir()
    process = resident(directory / "one")
    container.delete("--force").succeeds()
    assert not directory.exists()
    assert process.wait(timeout=30) == -9


@pytest.mark.roost
def test_memory_is_not_taken_back_by_killing(bundle, case):
    """With checkBeforeUpdate an update that would kill is refused."""
    bundle.resources["memory"] = {"limit": 64 * MIB}
    container = bundle.start("probe", "hold", str(16 * MIB))
    eventually(lambda: "ate" in container.out, "memory is held")
    case.path("r.json").write_text(json.dumps({"memory": {"limit": 8 * MIB, "checkBeforeUpdate": True}}))
    case("update", "--resources", case.path("r.json"), container.id).explains("/linux/resources/memory/limit", "usage")
    assert container.status == "running" and value(container, "memory.max") == str(64 * MIB)


# Delegation


def writable_view(bundle):
    for mount in bundle.mounts:
        if mount["type"] == "cgroup":
            mount["options"].remove("ro")
    return bundle.namespace("cgroup")


def test_cgroup_namespace_shows_the_containers_own_tree(bundle):
    container = bundle.namespace("cgroup").sleeper()
    assert container.exec("cat", "/proc/self/cgroup").succeeds().out == "0::/\n"
    assert container.exec("cat", "/sys/fs/cgroup/cgroup.procs").succeeds().out.split()[0] == "1"
    container.exec("mkdir", "/sys/fs/cgroup/new").fails("read-only")


def test_without_a_cgroup_namespace_the_mount_shows_the_containers_own(bundle):
    container = bundle.sleeper()
    assert container.exec("cat", "/sys/fs/cgroup/cgroup.procs").succeeds().out.split()[0] == "1"
    container.exec("mkdir", "/sys/fs/cgroup/new").fails("read-only")


@pytest.mark.parametrize("kind", ["cgroup", "cgroup2"])
def test_kind_of_mount(bundle, kind):
    for mount in bundle.mounts:
        if mount["type"] == "cgroup":
            mount["type"] = kind
    mount = mountinfo.of(bundle.namespace("cgroup"))["/sys/fs/cgroup"]
    assert mount.kind == "cgroup2" and "ro" in mount.options


def test_writable_mount_for_root(bundle):
    container = writable_view(bundle).sleeper()
    container.exec("mkdir", "/sys/fs/cgroup/new").succeeds()
    assert (container.cgroup("") / "new").is_dir()
    container.stop()


DELEGATED = Path("/sys/kernel/cgroup/delegate")


def owners(directory):
    """Of the cgroup's directory, its delegated files, and one that is not."""
    names = DELEGATED.read_text().split()
    assert "cgroup.procs" in names
    found = {os.stat(directory / name).st_uid for name in ["", *names] if (directory / name).exists()}
    return found, os.stat(directory / "memory.max").st_uid


@pytest.mark.differs(crun="1.8.1 leaves the cgroup to the host's root")
def test_delegation_to_a_user_namespace(bundle):
    container = writable_view(bundle.user_namespace()).sleeper()
    assert owners(container.cgroup("")) == ({100000}, 0)
    script = "cd /sys/fs/cgroup && mkdir inner && echo 1 >inner/cgroup.procs && echo $$ >inner/cgroup.procs && " \
             "echo +pids >cgroup.subtree_control && echo 5 >inner/pids.max && cat inner/pids.max"
    assert container.exec("sh", "-c", script).succeeds().out == "5\n"
    # Nobody may enter the container's own cgroup any more; who joins goes to its first process.
    assert container.exec("cat", "/proc/self/cgroup").succeeds().out == "0::/inner\n"
    # Who is told where to go stays out instead.
    container.exec("true", flags=("--cgroup", "/")).fails("cgroup.procs: device or resource busy")
    assert container.exec("cat", "/proc/self/cgroup", flags=("--cgroup", "inner")).succeeds().out == "0::/inner\n"
    container.exec("sh", "-c", "echo 1000000 >/sys/fs/cgroup/memory.max").fails("denied")
    container.stop()


def controllers(directory):
    return set((directory / "cgroup.controllers").read_text().split())


def test_who_manages_cgroups_has_all_controllers(bundle):
    """Others get those that their limits and statistics need."""
    assert controllers(writable_view(bundle).create("true").cgroup("")) == controllers(cgroups.ROOT)


@pytest.mark.differs(crun="1.8.1 leaves the cgroup to the host's root")
def test_delegation_is_to_the_user_of_the_process(bundle):
    writable_view(bundle.user_namespace()).process["user"] = {"uid": 1000, "gid": 1000}
    assert owners(bundle.create("true").cgroup("")) == ({101000}, 0)


@pytest.mark.parametrize("change", [
    lambda bundle: bundle.namespace("cgroup"),
    lambda bundle: writable_view(bundle).without_namespace("cgroup"),
], ids=["read-only", "no cgroup namespace"])
def test_nothing_is_delegated_without_its_conditions(bundle, change):
    """The cgroup namespace is the border of what is handed over, and a read-only view needs nothing."""
    change(bundle.user_namespace())
    assert owners(bundle.create("true").cgroup("")) == ({0}, 0)
