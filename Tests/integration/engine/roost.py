# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`roost` as the tests see it: a command line, a state directory, containers in the foreground."""
import json
import os
import signal
import subprocess
import time

from harness import cgroups, sandbox
from harness.case import alive, eventually
from harness.patience import deadline, patient
from harness.runtime import TIMEOUT_SECONDS, Result, _decode, base_environment

CONTAINERS = "containers"
NETWORK_FLAGS = {"--network", "--net", "--ip", "--ip6", "--host-ip", "--publish", "-p"}


class Roost:
    """The engine with a state directory of the test's own. Calling it runs a command to its end."""

    def __init__(self, path, case):
        self.path, self.case, self.runtime = str(path), case, case.runtime
        self.state = case.directory / "state"
        #: How commands are called unless a test says otherwise: options of Popen.
        self.options = {}
        #: The network of containers whose test does not choose one; None leaves the choice to roost.
        self.network = "none"
        self._processes = []
        self._ids = set()

    def environment(self, extra=None):
        environment = base_environment()
        environment["ROOST_ROOT"] = str(self.state)
        environment["ROOST_RUNTIME"] = str(self.runtime.path)
        environment.update(extra or {})
        return {name: value for name, value in environment.items() if value is not None}

    def with_network(self, command):
        """A command line that says which network, unless it does already."""
        chooses = any(argument.split("=")[0] in NETWORK_FLAGS for argument in command)
        if self.network is None or chooses or command[:1] not in (["run"], ["explain"]):
            return command
        return [command[0], "--network", self.network, *command[1:]]

    def popen(self, *arguments, env=None, **options):
        options = {**self.options, **options}
        command = self.with_network([str(argument) for argument in arguments])
        process = subprocess.Popen([self.path, *command], env=self.environment(env), **options)
        self._processes.append(process)
        return process

    def __call__(self, *arguments, stdin=None, timeout=TIMEOUT_SECONDS, **options):
        """stdin: bytes to feed; None for a closed pipe."""
        process = self.popen(*arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             **options)
        try:
            out, err = process.communicate(stdin or b"", timeout=patient(timeout))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        return Result(process.args, process.returncode, _decode(out), _decode(err))

    def run(self, *arguments, **options):
        """`run --rm`."""
        return self("run", "--rm", *arguments, **options)

    def start(self, *arguments, name="box", env=None, **options):
        """A container in the foreground of a process of its own, once it runs."""
        return Foreground(self, name, self.popen("run", "--name", name, *arguments, env=env, stdin=subprocess.DEVNULL,
                                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options))

    def inspect(self, name):
        return json.loads(self("inspect", name).succeeds().out)[0]

    def rows(self, *flags):
        """`ps --format json` as dictionaries."""
        return [json.loads(line) for line in self("ps", "--format", "json", *flags).succeeds().lines]

    def ids(self):
        directory = self.state / CONTAINERS
        found = set(os.listdir(directory)) if directory.is_dir() else set()
        self._ids |= found
        return found

    def is_empty(self):
        """Whether nothing is left in the state directory but unpacked roots and the directories themselves."""
        return not self.ids() and not os.listdir(self.state / "names") and not os.listdir(self.state / "run")

    def clean_up(self):
        """Ends everything; says which cgroups the containers left."""
        self.ids()
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
        for identifier in self.ids():
            subprocess.run([self.path, "rm", "--force", identifier], env=self.environment(), capture_output=True,
                           timeout=patient(TIMEOUT_SECONDS))
        return [path for identifier in self._ids for path in sandbox.cgroups_named(identifier)]


class Foreground:
    """`roost run` in a process of its own."""

    def __init__(self, roost, name, process):
        self.roost, self.name, self.process = roost, name, process
        eventually(lambda: process.poll() is not None or self._is_running(), f"{name} runs")
        roost.ids()

    def _is_running(self):
        return any(row["Names"] == self.name and row["State"] == "running" for row in self.roost.rows())

    def __repr__(self):
        return f"<container {self.name}, roost {self.process.pid}, status {self.process.poll()}>"

    @property
    def pid(self):
        return self.roost.inspect(self.name)["State"]["Pid"]

    @property
    def id(self):
        return self.roost.inspect(self.name)["Id"]

    def line(self):
        """The next line of the container's standard output."""
        return self.process.stdout.readline().decode().rstrip("\n")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=30):
        """The exit status."""
        out, err = self.process.communicate(timeout=patient(seconds))
        self.out, self.err = _decode(out), _decode(err)
        return self.process.returncode

    def cgroup(self, controller):
        """The directory of the container's cgroup for a controller."""
        return cgroups.directory(self.pid, controller)


def gone(pid, seconds=10):
    """Waits until a process has ended."""
    end = deadline(seconds)
    while alive(pid):
        assert time.monotonic() < end, f"process {pid} is still there"
        time.sleep(0.005)
