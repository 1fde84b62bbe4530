# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""kill: names, numbers, --all, and the states in which it is refused."""
import json
import os
import signal
from pathlib import Path

import pytest

from harness import cgroups, sandbox
from harness.case import alive, eventually

TRAP = "trap 'echo got {0}; exit 7' {0}; echo ready; while :; do sleep 0.05; done"


def trapping(bundle, name):
    container = bundle.start("sh", "-c", TRAP.format(name))
    eventually(lambda: "ready" in container.out, "the trap is set")
    return container


@pytest.mark.parametrize("spelling, name", [
    ("TERM", "TERM"), ("SIGTERM", "TERM"), ("15", "TERM"), ("HUP", "HUP"), ("SIGUSR1", "USR1"), ("12", "USR2"),
    ("INT", "INT"), ("SIGWINCH", "WINCH"),
])
def test_kill_spellings(bundle, spelling, name):
    container = trapping(bundle, name)
    container.kill(spelling).succeeds()
    container.wait()
    assert f"got {name}" in container.out


def test_kill_defaults_to_term(bundle):
    container = trapping(bundle, "TERM")
    container.kill().succeeds()
    container.wait()
    assert "got TERM" in container.out


@pytest.mark.roost
def test_kill_accepts_lower_case(bundle):
    container = trapping(bundle, "TERM")
    container.kill("term").succeeds()
    container.wait()


def test_kill_kill(bundle):
    container = bundle.sleeper()
    container.kill("KILL").succeeds()
    container.wait()


def test_kill_created(bundle):
    container = bundle.create("true")
    container.kill("KILL").succeeds()
    container.wait()


@pytest.mark.parametrize("signal", ["TERM", "INT", "HUP", "QUIT"])
@pytest.mark.differs(crun="1.8.1 waits on: the kernel spares the first process of a PID namespace")
def test_signal_ends_what_was_not_started(bundle, signal):
    container = bundle.create("true")
    container.kill(signal).succeeds()
    container.wait()
    container.case("start", container.id).fails()


def test_kill_stopped_is_refused(bundle):
    container = bundle.start("true")
    container.wait()
    container.kill("TERM").fails()


def has_own_inodes():
    """Whether the kernel's pidfds tell processes apart (pidfs, Linux 6.9)."""
    descriptors = [os.pidfd_open(pid) for pid in (1, os.getpid())]
    try:
        return len({os.fstat(descriptor).st_ino for descriptor in descriptors}) == 2
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@pytest.mark.roost
@pytest.mark.parametrize("member", ["pidfdInode", "startTime", "bootID"])
def test_a_later_process_of_the_number_is_left_alone(bundle, case, member):
    """The record is made to speak of another process that had the number before."""
    container = bundle.sleeper()
    pid, file = container.pid, case.root / container.id / "state.json"
    kept = file.read_text()
    summary, belongings = map(json.loads, kept.splitlines())
    # What is the same for all processes would take each for the container's.
    assert ("pidfdInode" in summary) == has_own_inodes()
    if member == "startTime":
        # As kernels record it whose pidfds have no inodes of their own.
        summary.pop("pidfdInode", None)
    elif member not in summary:
        pytest.skip("this kernel's pidfds have no inodes of their own")
    summary[member] = "0" * 36 if member == "bootID" else summary[member] + 1
    file.write_text(json.dumps(summary) + "\n" + json.dumps(belongings) + "\n")
    try:
        assert container.status == "stopped"
        container.kill("KILL").fails("not running")
        assert alive(pid)
    finally:
        file.write_text(kept)
    assert container.status == "running"


@pytest.mark.parametrize("name", ["NOSUCH", "999", "-1", "SIG", "9x"])
def test_unknown_signal_is_refused(bundle, name):
    container = bundle.sleeper()
    container.kill("--", name).fails()
    assert container.status == "running"


def test_kill_unknown_container(case):
    case("kill", "nobody", "TERM").fails()


def test_kill_all_reaches_every_process(bundle):
    bundle.without_namespace("pid")
    container = bundle.start("sh", "-c", "sleep 1000 & sleep 1000 & echo ready; wait")
    eventually(lambda: container.out, "ready")
    pids = [int(pid) for pid in (container.cgroup("pids") / "cgroup.procs").read_text().split()]
    assert len(pids) == 3
    container.kill("KILL", flags=("--all",)).succeeds()
    eventually(lambda: not any(alive(pid) for pid in pids), "all processes gone")


def test_kill_all_short_flag_on_a_stopped_container_cleans_up_its_children(bundle):
    bundle.without_namespace("pid")
    container = bundle.start("sh", "-c", "sleep 1000 & echo ready")
    container.wait()
    pids = [int(pid) for pid in remaining(container).read_text().split()]
    assert len(pids) == 1
    container.kill("KILL", flags=("-a",)).succeeds()
    eventually(lambda: not alive(pids[0]), "the child is gone")


def remaining(container):
    """cgroup.procs of a container whose init is gone."""
    (directory,) = [d for d in sandbox.cgroups_named(container.id) if cgroups.V2 or "/pids/" in d]
    return Path(directory) / "cgroup.procs"


def test_realtime_signal_by_number(bundle):
    container = bundle.sleeper()
    container.kill(str(int(signal.SIGRTMIN) + 3)).succeeds()
    assert container.status == "running"  # PID 1 without a handler: the kernel drops it.


def test_signal_reaches_only_init(bundle):
    script = "trap 'echo init' USR1; sh -c \"trap 'echo child' USR1; while :; do sleep 0.05; done\" & " \
             "echo ready; while :; do sleep 0.05; done"
    container = bundle.start("sh", "-c", script)
    eventually(lambda: "ready" in container.out, "ready")
    container.kill("USR1").succeeds()
    eventually(lambda: "init" in container.out, "init got it")
    assert "child" not in container.out


@pytest.mark.roost
def test_kill_without_a_signal_takes_the_images_stop_signal(bundle):
    bundle.spec["annotations"] = {"org.opencontainers.image.stopSignal": "SIGUSR1"}
    container = trapping(bundle, "USR1")
    container.kill().succeeds()
    container.wait()
    assert "got USR1" in container.out
