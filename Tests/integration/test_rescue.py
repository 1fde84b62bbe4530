# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Commands that come to the rescue, and processes that are not what they seem."""
import fcntl
import json
import os
import signal
import subprocess

import pytest

from harness.case import alive, eventually
from harness.terminal import Lent


@pytest.mark.roost
def test_run_that_missed_its_container_leaves_the_namesake_alone(bundle, case):
    """While `run` stands still its container is deleted, and another one gets the name."""
    identifier = case.new_id()
    bundle.args("sleep", "1000").save()
    with open(case.directory / "empty", "a+b") as empty:
        first = case.popen("run", "--bundle", bundle.directory, identifier, stdin=empty, stdout=empty, stderr=empty)
        eventually(lambda: case("state", identifier).status == 0
                   and json.loads(case("state", identifier).out)["status"] == "running", "the first runs")
        # Who stands still with the lock in hand is waited for, see below; this one has given it back.
        eventually(lambda: subprocess.run(["flock", "-n", "-x", str(case.root / identifier), "true"]).returncode == 0,
                   "the first has let go of the lock")
        first.send_signal(signal.SIGSTOP)
        case("delete", "--force", identifier).succeeds()
        second = bundle.sleeper(identifier=identifier)
        first.send_signal(signal.SIGCONT)
        first.wait(15)
    assert second.status == "running" and alive(second.pid)
    assert second.exec("true").status == 0
    second.stop()


@pytest.mark.roost
def test_lock_that_a_process_of_the_container_holds(bundle, case):
    """What the container's own processes hold must not keep it from being removed."""
    container = bundle.sleeper()
    lock = os.open(case.root / container.id, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH)
    try:
        container.exec("sleep", "1000", flags=("--detach", "--preserve-fds", "1"), descriptors={3: lock},
                       stdin=subprocess.DEVNULL, out=subprocess.DEVNULL, err=subprocess.DEVNULL)
    finally:
        os.close(lock)
    container.delete("--force").succeeds()


@pytest.mark.roost
def test_lock_that_nobody_gives_up_is_an_error(bundle, case):
    """Bounded, and told: who waits for ever cannot say why."""
    container = bundle.sleeper()
    holder = subprocess.Popen(["flock", "--shared", str(case.root / container.id), "sleep", "1000"])
    try:
        eventually(lambda: subprocess.run(["flock", "-n", "-x", str(case.root / container.id), "true"]).returncode,
                   "it is locked")
        result = container.delete("--force")
        result.fails("busy", f"process {holder.pid}")
        assert not alive(container.pid), "what can be ended is ended all the same"
    finally:
        subprocess.run(["pkill", "-P", str(holder.pid)])
        holder.kill()
        holder.wait()
    container.delete("--force").succeeds()


@pytest.mark.roost
def test_process_whose_first_thread_has_ended_runs(bundle):
    container = bundle.start("probe", "zombie-leader")
    eventually(lambda: "alone" in container.out, "the first thread is gone")
    eventually(lambda: open(f"/proc/{container._init or container.state()['pid']}/stat").read().split()[2] == "Z",
               "it is a zombie")
    assert container.status == "running"
    container.delete().fails("running|stopped")
    pid = container.pid
    container.delete("--force").succeeds()
    assert not alive(pid)


def test_exec_with_a_terminal_into_a_user_namespace(bundle, case):
    container = bundle.user_namespace().sleeper()
    with Lent(case, "exec", "--tty", container.id, "sh", "-c", "tty; exit 3") as lent:
        assert lent.finish() == 3
        assert "/dev/pts/" in lent.terminal.text


@pytest.mark.roost
def test_oom_score_of_exec_does_not_go_through_the_containers_proc(bundle, case):
    """The container has put something else in the place of /proc."""
    bundle.user_namespace().capabilities("CAP_SYS_ADMIN")
    bundle.linux["readonlyPaths"] = bundle.linux["maskedPaths"] = []
    container = bundle.start("sh", "-c", "mount -t tmpfs tmpfs /proc && echo covered; sleep 1000")
    eventually(lambda: "covered" in container.out, "/proc is covered")
    process = dict(bundle.process, args=["sleep", "1000"], oomScoreAdj=77, cwd="/", terminal=False)
    case.path("p.json").write_text(json.dumps(process))
    case("exec", "--detach", "--pid-file", case.path("pid"), "--process", case.path("p.json"), container.id,
         stdin=subprocess.DEVNULL, out=subprocess.DEVNULL, err=subprocess.DEVNULL).succeeds()
    pid = int(case.path("pid").read_text())
    assert open(f"/proc/{pid}/oom_score_adj").read() == "77\n"
    container.delete("--force").succeeds()


@pytest.mark.roost
@pytest.mark.parametrize("point", ["prestart", "createRuntime"])
@pytest.mark.parametrize("kind", ["pid", "time"])
def test_hooks_of_the_host_are_born_in_the_hosts_namespaces(bundle, case, point, kind):
    first = bundle.sleeper()
    second = case.bundle()
    if kind == "pid":
        second.namespace("pid", f"/proc/{first.pid}/ns/pid")
    else:
        second.namespace("time")
    told = case.path("told")
    second.hook(point, "/bin/sh", "-c", f"readlink /proc/self/ns/{kind} /proc/self/ns/{kind}_for_children >{told}")
    second.run("true").succeeds()
    assert set(told.read_text().split()) == {os.readlink(f"/proc/self/ns/{kind}")}
