# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Limits under load: what a container may use is what it gets, by the kernel's own counters."""
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from harness import cgroups, sandbox
from harness.case import eventually
from harness.patience import patient

MIB = 1 << 20
HOG = "for i in 1 2 3 4; do while :; do :; done & done; echo ready; wait"


def processor_seconds(container):
    """CPU time that the container has used."""
    if cgroups.V2:
        return cgroups.key(container.cgroup("cpu") / "cpu.stat", "usage_usec") / 1e6
    return int((container.cgroup("cpuacct") / "cpuacct.usage").read_text()) / 1e9


def periods(container):
    """How many periods of bandwidth control have passed in which the container wanted to run."""
    return cgroups.key(container.cgroup("cpu") / "cpu.stat", "nr_periods")


@pytest.mark.parametrize("quota, period, seconds", [(30000, 100000, 10), (10000, 100000, 5)],
                         ids=["30 of 100 ms", "10 of 100 ms"])
def test_quota_holds(bundle, quota, period, seconds):
    """Four hogs together get their share of one CPU: used time against the kernel's count of periods.

    Not against the clock: on a busy machine a container may get less, and how much less is the machine's business.
    It must never get more; and it gets what is left by the others when that is enough.
    """
    bundle.resources["cpu"] = {"quota": quota, "period": period}
    container = bundle.start("sh", "-c", HOG)
    eventually(lambda: "ready" in container.out, "hogs")
    time.sleep(0.5)
    since, used, passed = time.monotonic(), processor_seconds(container), periods(container)
    time.sleep(seconds)
    # The machine may take its time between two readings. The counter of periods is taken last before and first after, so
    # that the share of it is never made smaller by that, and the clock the other way round.
    passed, used = periods(container) - passed, processor_seconds(container) - used
    elapsed = time.monotonic() - since
    share = quota / period
    assert used / elapsed <= share + 0.03, f"{used / elapsed:.3f} of a CPU instead of {share}"
    assert used / (passed * period / 1e6) >= share - 0.03 or throttled_less(container), \
        f"{used:.3f} s in {passed} periods"
    container.stop()


def throttled_less(container):
    """Whether the machine had no time to give: then the kernel did not have to hold the container back."""
    stat = container.cgroup("cpu") / "cpu.stat"
    return cgroups.key(stat, "nr_throttled") < 0.9 * cgroups.key(stat, "nr_periods")


def test_fork_bomb_never_exceeds_its_limit(bundle):
    bundle.resources["pids"] = {"limit": 64}
    container = bundle.start("probe", "bomb")
    directory = container.cgroup("pids")
    events, processes = directory / "pids.events", directory / "cgroup.procs"
    eventually(lambda: cgroups.key(events, "max") > 20, "the limit is met again and again", seconds=30)

    # None of them ends, so those who are listed live at the same time. `pids.current` would not do: it counts a fork
    # before the kernel refuses it.
    def number():
        return len(processes.read_text().split())

    eventually(lambda: number() == 64, "there are as many as may be")
    assert max(number() for _ in range(200)) == 64
    assert subprocess.run(["true"]).returncode == 0  # Others still may.
    container.delete("--force").succeeds()


@pytest.mark.roost
def test_exec_into_a_container_without_room(bundle):
    """Version 2 admits nobody beyond the limit, and exec says so; version 1 does, and holds back what that one would make."""
    bundle.resources["pids"] = {"limit": 1}
    container = bundle.sleeper()
    result = container.exec("sh", "-c", "echo admitted; true & true")
    if cgroups.V2:
        result.fails("making the container's process", "resource temporarily unavailable", "limit of processes", "pids.max")
    else:
        assert "admitted" in result.out and "can't fork: Resource temporarily unavailable" in result.fails().err
    assert container.status == "running"
    container.delete("--force").succeeds()


@pytest.mark.roost
def test_over_the_memory_limit_is_reported(bundle):
    bundle.resources["memory"] = {"limit": 32 * MIB, **({"swap": 32 * MIB} if cgroups.V2 else {})}
    result = bundle.run("probe", "eat", str(128 * MIB))
    assert result.status == 137 and re.search(r"memory limit of (33554432|32)", result.err), result


@pytest.mark.skipif(not shutil.which("stress"), reason="stress is not installed")
def test_stress_over_the_memory_limit_is_killed(bundle):
    """A real load, of Debian's, with its libraries bound from the host."""
    limit = 128 * MIB if cgroups.V2 else 512 * MIB
    bundle.resources["memory"] = {"limit": limit}
    for directory in ("/usr", "/lib", "/lib64"):
        bundle.bind(directory, os.path.realpath(directory), "ro")
    # The shell stays, and with it the counters.
    command = f"/usr/bin/stress --vm 1 --vm-bytes {2 * limit} --vm-keep; echo status $?; sleep 1000"
    container = bundle.start("sh", "-c", command)
    eventually(lambda: "status" in container.out, "the load ends", seconds=40)
    assert "status 0" not in container.out
    directory = container.cgroup("memory")
    assert cgroups.key(directory / ("memory.events" if cgroups.V2 else "memory.oom_control"), "oom_kill") > 0
    if (peak := directory / ("memory.peak" if cgroups.V2 else "memory.max_usage_in_bytes")).exists():
        assert int(peak.read_text()) <= limit
    container.delete("--force").succeeds()


def weight_files(directory):
    return [path.name for path in directory.iterdir() if path.name.endswith(("io.weight", "bfq.weight", "blkio.weight"))]


@pytest.mark.parametrize("weight, converted", [(10, 1), (1000, 10000)])
def test_io_weight_is_in_the_kernels_file(bundle, weight, converted):
    if not weight_files(bundle.create("true").cgroup("blkio")):
        pytest.skip("no I/O scheduler with weights in this kernel")
    bundle = bundle.case.bundle()
    bundle.resources["blockIO"] = {"weight": weight}
    container = bundle.create("true")
    values = {(container.cgroup("blkio") / name).read_text().split()[-1]
              for name in weight_files(container.cgroup("blkio"))}
    assert values & {str(weight), str(converted)}, values


@pytest.fixture
def loop(case):
    """A disk of our own: a file in memory, as a block device."""
    if not os.path.exists("/dev/loop-control"):
        try:
            os.mknod("/dev/loop-control", 0o600 | 0o020000, os.makedev(10, 237))
        except OSError as problem:
            pytest.skip(f"no loop devices: {problem}")
    try:
        os.close(os.open("/dev/loop-control", os.O_RDWR))
    except OSError as problem:
        os.unlink("/dev/loop-control")
        pytest.skip(f"no loop devices: {problem}")
    file = case.path("disk")
    with open(file, "wb") as disk:
        disk.truncate(64 * MIB)
    number = subprocess.run(["losetup", "--find"], capture_output=True, text=True, check=True).stdout.strip()
    if not os.path.exists(number):
        os.mknod(number, 0o600 | 0o060000, os.makedev(7, int(number.removeprefix("/dev/loop"))))
    subprocess.run(["losetup", number, file], check=True)
    yield Path(number)
    subprocess.run(["losetup", "--detach", number], check=True)
    os.unlink(number)


def io_bytes(directory, device, word):
    if cgroups.V2:
        for line in (directory / "io.stat").read_text().splitlines():
            number, *pairs = line.split()
            if number == device:
                return int(dict(pair.split("=") for pair in pairs)[word])
        return 0
    word = {"rbytes": "Read", "wbytes": "Write"}[word]
    for line in (directory / "blkio.throttle.io_service_bytes").read_text().splitlines():
        fields = line.split()
        if fields[:2] == [device, word]:
            return int(fields[2])
    return 0


@pytest.mark.parametrize("direction, word", [("Read", "rbytes"), ("Write", "wbytes")])
def test_throttled_bytes_per_second_hold(bundle, loop, direction, word):
    """Direct I/O as fast as it goes: over five seconds, what the kernel counted is what was allowed, within 10 %.

    It is never more; on a busy machine it may be less for a while.
    """
    rate = 2 * MIB
    status = os.stat(loop)
    major, minor = os.major(status.st_rdev), os.minor(status.st_rdev)
    bundle.resources["blockIO"] = {f"throttle{direction}BpsDevice": [{"major": major, "minor": minor, "rate": rate}]}
    bundle.resources["devices"].append({"allow": True, "type": "b", "major": major, "minor": minor, "access": "rw"})
    bundle.linux["devices"] = [{"path": "/dev/disk", "type": "b", "major": major, "minor": minor}]
    copy = "if=/dev/disk of=/dev/null iflag=direct" if direction == "Read" else "if=/dev/zero of=/dev/disk oflag=direct"
    container = bundle.start("sh", "-c", f"while dd {copy} bs=64k count=512 2>/dev/null; do :; done")
    directory, device = container.cgroup("blkio"), f"{major}:{minor}"
    eventually(lambda: io_bytes(directory, device, word) > rate, "it goes", seconds=patient(10))

    def share():
        # From before the first reading to after the last, as the machine may take its time in between.
        since, before = time.monotonic(), io_bytes(directory, device, word)
        time.sleep(5)
        moved = io_bytes(directory, device, word) - before
        return moved / (time.monotonic() - since) / rate

    shares = [share()]
    while shares[-1] < 0.9 and len(shares) < 6:
        shares.append(share())
    assert max(shares) <= 1.1 and shares[-1] >= 0.9, f"of what was allowed: {shares}"
    container.delete("--force").succeeds()
