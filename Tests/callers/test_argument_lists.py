# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""What conmon, CRI-O and containerd's shim write on the command line, word for word."""
import json
import subprocess

import pytest

from harness import config
from harness.case import eventually
from harness.runtime import Result
from harness.terminal import ConsoleSocket


class Caller:
    """One engine's way to begin its commands, with state, log and bundle of its own."""

    def __init__(self, runtime, directory, tree, word, before):
        self.runtime, self.directory, self.id = runtime, directory, f"{word}-{directory.name}"
        directory.mkdir()
        self.log = directory / "log.json"
        self.before = [text.format(directory=directory, log=self.log) for text in before]
        spec = config.default()
        spec["root"] = {"path": str(tree), "readonly": True}
        spec["process"]["args"] = ["sleep", "1000"]
        (directory / "config.json").write_text(json.dumps(spec))

    def configure(self, **process):
        """Other members of the configuration's process."""
        path = self.directory / "config.json"
        spec = json.loads(path.read_text())
        spec["process"].update(process)
        path.write_text(json.dumps(spec))

    def __call__(self, *arguments, stdin=b""):
        words = [str(self.runtime.path), *self.before, *(str(argument) for argument in arguments)]
        with open(self.directory / "out", "w+b") as out, open(self.directory / "err", "w+b") as err:
            feed = {"input": stdin} if stdin else {"stdin": subprocess.DEVNULL}
            done = subprocess.run(words, stdout=out, stderr=err, timeout=15, cwd=self.directory, **feed)
        return Result(words, done.returncode, (self.directory / "out").read_text(), (self.directory / "err").read_text())

    def status(self):
        return json.loads(self("state", self.id).succeeds().out)["status"]

    def process(self, *arguments, terminal=False):
        """A file for `exec --process`."""
        process = dict(config.default()["process"], args=list(arguments), terminal=terminal)
        path = self.directory / "process.json"
        path.write_text(json.dumps(process))
        return path


@pytest.fixture
def caller(runtime, scratch, tree, word):
    made = []

    def make(name, *before):
        made.append(Caller(runtime, scratch / f"as-{name}", tree, word, before))
        return made[-1]

    yield make
    for one in made:
        one("delete", "--force", one.id).succeeds()


ROOT = ("--root", "{directory}/state")


def end(caller):
    eventually(lambda: caller.status() == "stopped")
    caller("delete", caller.id).succeeds()
    caller("state", caller.id).fails("does not exist")


@pytest.mark.parametrize("manager", [(), ("--cgroup-manager=cgroupfs",)])
@pytest.mark.differs(crun="1.8.1 has other words for a container that does not exist")
def test_conmon(caller, runtime, manager):
    if manager and runtime.name == "runc":
        pytest.skip("an option of crun's, which podman gives to whom it takes for crun")
    engine = caller("conmon" + str(len(manager)), *ROOT, *manager)
    pid_file = engine.directory / "pidfile"
    engine("create", "--bundle", engine.directory, "--pid-file", pid_file, "--no-new-keyring", engine.id).succeeds()
    assert engine.status() == "created"
    engine("start", engine.id).succeeds()
    assert json.loads(engine("state", engine.id).out)["pid"] == int(pid_file.read_text())
    exec_pid = engine.directory / "exec-pidfile"
    engine("exec", "--pid-file", exec_pid, "--process", engine.process("true"), "--detach", engine.id).succeeds()
    assert int(exec_pid.read_text()) > 0
    engine("kill", engine.id, "15").succeeds()
    engine("kill", "--all", engine.id, "9").succeeds()
    end(engine)


@pytest.mark.differs(crun="1.8.1 has other words for a container that does not exist")
def test_conmon_with_terminals(caller):
    engine = caller("conmon-tty", *ROOT)
    engine.configure(terminal=True, args=["sh", "-c", "echo begun; exec sleep 1000"])
    pid_file = engine.directory / "pidfile"
    exec_pid = engine.directory / "exec-pidfile"
    with ConsoleSocket(engine.directory / "console") as console, ConsoleSocket(engine.directory / "other") as other:
        engine("create", "--bundle", engine.directory, "--pid-file", pid_file, "--no-pivot", "--no-new-keyring",
               "--console-socket", console.path, engine.id).succeeds()
        terminal = console.receive()
        engine("start", engine.id).succeeds()
        terminal.until("begun")
        engine("exec", "--pid-file", exec_pid, "--process", engine.process("echo", "joined", terminal=True),
               "--console-socket", other.path, "--detach", engine.id).succeeds()
        other.receive().until("joined")
    engine("kill", "--all", engine.id, "9").succeeds()
    end(engine)


@pytest.mark.differs(crun="1.8.1 has other words for a container that does not exist")
def test_conmon_passes_descriptors(caller):
    engine = caller("conmon-fds", *ROOT)
    engine.configure(args=["sh", "-c", "read line <&3; echo $line >&4; exec sleep 1000"])
    given, answer = engine.directory / "given", engine.directory / "answer"
    given.write_text("passed\n")
    # Numbers 3 and 4 may be in use here: a shell arranges them before it becomes the runtime.
    words = [str(engine.runtime.path), *engine.before, "create", "--bundle", str(engine.directory), "--pid-file",
             str(engine.directory / "pidfile"), "--no-new-keyring", "--preserve-fds", "2", engine.id]
    script = f'exec 3<"{given}" 4>"{answer}" </dev/null >/dev/null 2>&1; exec "$0" "$@"'
    subprocess.run(["bash", "-c", script, *words], timeout=15, check=True)
    engine("start", engine.id).succeeds()
    eventually(lambda: answer.read_text() == "passed\n")
    engine("kill", engine.id, "KILL").succeeds()
    end(engine)


@pytest.mark.differs(crun="1.8.1 has other words for a container that does not exist")
def test_podman(caller):
    """What podman says to the runtime itself, beside what conmon does."""
    engine = caller("podman", *ROOT)
    engine.configure(args=["sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.1; done"])
    engine("create", "--bundle", engine.directory, "--pid-file", engine.directory / "pidfile", engine.id).succeeds()
    engine("start", engine.id).succeeds()
    resources = engine.directory / "resources.json"
    resources.write_text(json.dumps({"pids": {"limit": 50}}))
    engine("update", f"--resources={resources}", engine.id).succeeds()
    engine("kill", "--all", engine.id, "15").succeeds()
    end(engine)


@pytest.mark.differs(crun="1.8.1 has other words for a container that does not exist")
def test_cri_o(caller):
    engine = caller("crio", *ROOT)
    pid_file = engine.directory / "pidfile"
    engine("create", "--bundle", engine.directory, "--pid-file", pid_file, engine.id).succeeds()
    engine("start", engine.id).succeeds()
    assert engine("exec", "--process", engine.process("sh", "-c", "exit 3"), engine.id).status == 3
    limits = {"pids": {"limit": 64}}
    engine("update", "--resources", "-", engine.id, stdin=json.dumps(limits).encode()).succeeds()
    engine("pause", engine.id).succeeds()
    assert engine.status() == "paused"
    engine("resume", engine.id).succeeds()
    # A stop with time to end, and one without.
    engine("kill", engine.id, "TERM").succeeds()
    engine("kill", engine.id, "KILL").succeeds()
    end(engine)


@pytest.mark.differs(crun="its ps takes no arguments for ps")
def test_containerd_shim(caller):
    engine = caller("shim", *ROOT, "--log", "{log}", "--log-format", "json")
    pid_file = engine.directory / "init.pid"
    engine("create", "--bundle", engine.directory, "--pid-file", pid_file, "--no-pivot", engine.id).succeeds()
    engine("start", engine.id).succeeds()
    exec_pid = engine.directory / "exec.pid"
    engine("exec", "--process", engine.process("true"), "--detach", "--pid-file", exec_pid, engine.id).succeeds()
    pids = json.loads(engine("ps", "--format", "json", engine.id).succeeds().out)
    assert int(pid_file.read_text()) in pids
    assert "sleep 1000" in engine("ps", "--format", "table", engine.id, "-ef").succeeds().out
    assert engine.id in [one["id"] for one in json.loads(engine("list", "--format=json").succeeds().out)]
    # Failures are read from the last line of the log.
    engine("start", engine.id).fails()
    last = json.loads(engine.log.read_text().splitlines()[-1])
    assert last["level"] == "error" and last["msg"] and last["time"]
    engine("kill", "--all", engine.id, "9").succeeds()
    end(engine)
    engine("delete", "--force", engine.id).succeeds()
