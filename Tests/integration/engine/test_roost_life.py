# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Names, `kill`, `stop`, `rm`, id and pid files: containers while they run and afterwards."""
import os
import signal
import subprocess
import time

import pytest
from harness.case import alive, eventually, finish
from roost import gone

TRAP = "trap 'exit 6' TERM; trap 'exit 8' USR1; echo ready; while :; do sleep 0.05; done"


def test_names_are_unique(roost, root):
    container = roost.start("--rm", root, "sleep", "1000", name="web")
    roost("run", "--name", "web", root, "true").fails('--name "web": another container has this name', status=125)
    assert roost.ids() == {container.id}
    roost("rm", "-f", "web").succeeds()
    roost("run", "--rm", "--name", "web", root, "true").succeeds()


def test_names_are_generated(roost, root):
    roost("run", root, "true").succeeds()
    roost("run", root, "true").succeeds()
    names = [row["Names"] for row in roost.rows("-a")]
    assert len(set(names)) == 2 and all(name.count("_") == 1 for name in names)


def test_a_container_is_found_by_id(roost, root):
    roost("run", "--name", "web", root, "true").succeeds()
    identifier = roost.inspect("web")["Id"]
    for name in (identifier, identifier[:12], identifier[:2]):
        assert roost.inspect(name)["Id"] == identifier
    for name in ("nosuch", identifier + "0", "", "../web", "\x1b[31m"):
        result = roost("inspect", name).fails("no such container", status=1)
        assert "\x1b" not in result.err


@pytest.mark.parametrize("command", [
    ["run"], ["run", "--network"], ["run", "--name"], ["run", "-v"], ["inspect"], ["logs"], ["network", "inspect"], ["rootfs", "rm"], []])
def test_errors_do_not_drive_the_terminal(roost, command):
    """Neither an escape, nor its eight-bit form (U+009B), nor a line that looks like one of ours."""
    result = roost(*command, "./\x1b[31m\u009b1m\nroost: all is well", "true")
    assert result.status != 0 and result.err.startswith("roost: ")
    assert not [line for line in result.err.splitlines() if line.startswith("roost: all")]
    assert "\x1b" not in result.err and "\u009b" not in result.err


def test_kill(roost, root):
    container = roost.start(root, "sh", "-c", TRAP)
    assert container.line() == "ready"
    assert roost("kill", "-s", "USR1", "box").succeeds().out == "box\n"
    assert container.wait() == 8
    roost("kill", "box").fails("not running", status=1)
    roost("kill", "-s", "NOPE", "box").fails("unknown signal", status=125)


def test_kill_is_sigkill(roost, root):
    container = roost.start(root, "sh", "-c", TRAP)
    roost("kill", "box").succeeds()
    assert container.wait() == 137


def test_stop_asks_first(roost, root):
    container = roost.start(root, "sh", "-c", TRAP)
    assert container.line() == "ready"
    assert roost("stop", "box").succeeds().out == "box\n"
    assert container.wait() == 6
    assert roost.inspect("box")["State"]["Status"] == "exited"
    roost("stop", "box").succeeds()


def test_stop_honours_the_containers_signal(roost, root):
    container = roost.start("--stop-signal", "USR1", root, "sh", "-c", TRAP)
    assert container.line() == "ready"
    roost("stop", "box").succeeds()
    assert container.wait() == 8


def test_stop_kills_what_ignores_it(roost, root):
    container = roost.start("--stop-timeout", "1", root, "sh", "-c", "trap '' TERM; echo ready; sleep 1000")
    assert container.line() == "ready"
    result = roost("stop", "box").succeeds()
    assert "does not handle" not in result.err
    assert container.wait() == 137


def test_stop_does_not_wait_for_what_cannot_hear(roost, root):
    container = roost.start(root, "sleep", "1000")
    result = roost("stop", "-t", "1000", "box", timeout=20).succeeds()
    assert "box: killed at once, because its first process does not handle SIGTERM" in result.err
    assert container.wait() == 137


def test_stop_waits_for_all_at_the_same_time(roost, root):
    """The last one has been asked while the first one still has its time."""
    script = "trap 'echo asked' TERM; echo ready; sleep 1000 & while :; do wait; done"
    names = [f"c{number}" for number in range(4)]
    containers = [roost.start(root, "sh", "-c", script, name=name) for name in names]
    for container in containers:
        assert container.line() == "ready"
    stopping = roost.popen("stop", "-t", "1000", *names, "nosuch", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for container in containers:
        assert container.line() == "asked"
    roost("kill", *names).succeeds()
    result = finish(stopping).fails("no such container", status=1)
    assert result.lines == names
    assert [container.wait() for container in containers] == [137] * 4


def test_the_name_is_free_after_stop(roost, root):
    for _ in range(3):
        container = roost.start("--rm", "--overlay", root, "sh", "-c", TRAP)
        assert container.line() == "ready"
        roost("stop", "box").succeeds()
    assert container.wait() == 6


def test_rm_refuses_what_runs(roost, root):
    container = roost.start(root, "sleep", "1000")
    roost("rm", "box").fails("is running", status=1)
    assert alive(container.pid)
    pid = container.pid
    assert roost("rm", "-f", "box").succeeds().out == "box\n"
    gone(pid)
    assert container.wait() == 137
    assert roost.is_empty()


def test_rm_goes_on_after_a_failure(roost, root):
    roost("run", "--name", "one", root, "true").succeeds()
    roost("run", "--name", "two", root, "true").succeeds()
    result = roost("rm", "one", "nosuch", "two").fails("nosuch", status=1)
    assert result.lines == ["one", "two"] and roost.is_empty()


def test_rm_force_of_what_removes_itself(roost, root):
    container = roost.start("--rm", root, "sleep", "1000")
    roost("rm", "-f", "box").succeeds()
    container.wait()
    assert roost.is_empty()


@pytest.mark.parametrize("moment", [0.0, 0.004, 0.008, 0.016, 0.03])
def test_rm_force_of_what_is_being_started(roost, root, moment):
    process = roost.popen("run", "--name", "box", "--overlay", root, "sleep", "1000", stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    eventually(lambda: roost.ids() or process.poll() is not None, "the container exists")
    time.sleep(moment)
    for identifier in roost.ids():
        roost("rm", "--force", identifier).succeeds()
    process.wait(15)
    assert roost.is_empty()


def test_the_id_file(roost, root, case):
    file = case.directory / "cid"
    container = roost.start("--cidfile", file, "--rm", root, "sleep", "1000")
    assert file.read_text() == container.id
    roost("run", "--cidfile", file, root, "true").fails("--cidfile", "exists", status=125)
    roost("rm", "-f", "box").succeeds()
    assert roost.is_empty()
    other = case.directory / "other"
    roost("run", "--cidfile", other, root, "nosuch").fails(status=127)
    assert not other.exists()


def test_the_pid_file(roost, root, case):
    file = case.directory / "pid"
    container = roost.start("--pidfile", file, root, "sleep", "1000")
    assert int(eventually(lambda: file.exists() and file.read_text())) == container.pid
    roost("rm", "-f", "box").succeeds()
    roost.run("--pidfile", file, root, "true").succeeds()


def test_nsenter_finds_the_container(roost, root):
    roost.start("-h", "inside", root, "sleep", "1000")
    pid = roost("inspect", "--format", "{{.State.Pid}}", "box").succeeds().out.strip()
    out = subprocess.run(["nsenter", "-a", "-t", pid, "/bin/hostname"], capture_output=True, text=True, timeout=15)
    assert out.stdout == "inside\n", out
    roost("rm", "-f", "box").succeeds()


def test_a_state_directory_that_others_can_write_to_is_refused(roost, root, case):
    open_to_all = case.directory_for("open")
    os.chmod(open_to_all, 0o777)
    result = roost("--root", open_to_all, "run", "--rm", root, "true").fails(status=125)
    assert "others can write there" in result.err


def test_state_directories_are_private(roost, root):
    roost("run", root, "true").succeeds()
    for directory, names, files in os.walk(roost.state):
        assert os.stat(directory).st_mode & 0o077 == 0 or "/containers/" in directory
    for name in roost.ids():
        assert os.stat(roost.state / "containers" / name).st_mode & 0o777 == 0o700


@pytest.mark.roost
@pytest.mark.parametrize("moment", [0.0, 0.005, 0.01, 0.02, 0.04, 0.08])
def test_killed_at_any_moment_rm_clears_up(roost, root, moment):
    # The runtime dies with the engine here; the references then leave cgroups that their `delete` does not know.
    process = roost.popen("run", "--name", "box", "--overlay", root, "sleep", "1000", stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for identifier in roost.ids():
        roost("rm", "--force", identifier).succeeds()
    assert not roost.ids()
    roost.run("--name", "box", root, "true").succeeds()
