# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""containerd and its shim, driven by ctr."""
import pytest

import image
from harness.case import eventually
from tool import Daemon, Tool

pytestmark = pytest.mark.needs("containerd", "ctr", "containerd-shim-runc-v2")


@pytest.fixture(scope="module")
def ctr(scratch, archive, word):
    home = scratch / "containerd"
    home.mkdir()
    settings = home / "config.toml"
    settings.write_text(
        f"version = 2\nroot = '{home}/root'\nstate = '{home}/state'\n"
        f"disabled_plugins = ['io.containerd.grpc.v1.cri', 'io.containerd.snapshotter.v1.btrfs']\n"
        f"[grpc]\naddress = '{home}/socket'\n")
    daemon = Daemon(home / "log", "containerd", "--config", settings)
    # The namespace is the parent of the cgroups.
    tool = Tool("ctr", "--address", home / "socket", "--namespace", word)
    daemon.until(lambda: tool("version").status == 0)
    print(tool.out("version"))
    tool("images", "import", image.layout(archive, home / "image.tar")).succeeds()
    yield tool
    for task in tool.out("tasks", "list", "--quiet").split():
        tool("tasks", "kill", "--signal", "KILL", task)
        tool("tasks", "delete", "--force", task)
    daemon.stop()


@pytest.fixture
def run(ctr, runtime):
    def run(name, *command, flags=()):
        return ctr("run", "--runc-binary", runtime.path, *flags, image.NAME, name, *command)
    return run


@pytest.fixture
def sleeper(ctr, run):
    made = []

    def make(name, *flags):
        run(name, "sleep", "1000", flags=("--detach", *flags)).succeeds()
        made.append(name)
        return name

    yield make
    for name in made:
        ctr("tasks", "kill", "--signal", "KILL", name)
        eventually(lambda: "RUNNING" not in state(ctr, name))
        ctr("tasks", "delete", name)
        ctr("containers", "delete", name)


def state(ctr, name):
    return next((line for line in ctr.out("tasks", "list").splitlines() if line.split()[0] == name), "")


def test_run(run):
    result = run("run", "sh", "-c", "echo out; echo err >&2; exit 3", flags=("--rm",))
    assert (result.status, result.out) == (3, "out\n")


def test_run_on_a_terminal(ctr, runtime):
    status, shown = ctr.on_terminal(
        "run", "--rm", "--tty", "--runc-binary", runtime.path, image.NAME, "terminal", "sh", "-c", "tty; exit 4")
    assert (status, "/dev/pts/0" in shown) == (4, True), shown


def test_program_that_is_missing(run):
    result = run("missing", "no-such-program", flags=("--rm",))
    assert result.status != 0
    assert "no-such-program" in result.err and "not found" in result.err


def test_limit(run):
    command = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"
    result = run("limit", "sh", "-c", command, flags=(
        "--rm", "--memory-limit", "67108864", "--mount", "type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=ro"))
    assert result.succeeds().out == "67108864\n"


def test_exec(ctr, sleeper):
    sleeper("exec")
    result = ctr("tasks", "exec", "--exec-id", "second", "--cwd", "/tmp", "exec", "sh", "-c", "pwd; exit 5")
    assert (result.status, result.out) == (5, "/tmp\n")
    assert ctr("tasks", "exec", "--exec-id", "third", "exec", "no-such-program").status != 0


def test_pause_and_resume(ctr, sleeper):
    sleeper("pause")
    ctr("tasks", "pause", "pause").succeeds()
    assert "PAUSED" in state(ctr, "pause")
    ctr("tasks", "resume", "pause").succeeds()
    assert "RUNNING" in state(ctr, "pause")


def test_processes_and_metrics(ctr, sleeper):
    sleeper("facts")
    assert len(ctr.out("tasks", "ps", "facts").splitlines()) == 2
    assert "pids" in ctr.out("tasks", "metrics", "facts")


def test_kill(ctr, sleeper):
    sleeper("kill")
    ctr("tasks", "kill", "--signal", "KILL", "kill").succeeds()
    eventually(lambda: "STOPPED" in state(ctr, "kill"))
