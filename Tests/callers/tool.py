# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""A command line tool, and a daemon behind one."""
import os
import signal
import subprocess

from harness.case import eventually
from harness.runtime import Result

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C"}


class Tool:
    """A program with the arguments that all its commands share."""

    def __init__(self, *command, **environment):
        self.command = [str(word) for word in command]
        self.environment = dict(ENVIRONMENT, **environment)
        self.user = None

    def as_user(self, uid):
        """The same for an ordinary user."""
        tool = Tool(*self.command)
        tool.environment, tool.user = self.environment, uid
        return tool

    def __call__(self, *arguments, seconds=60, stdin=b""):
        """Runs a command to its end; gives a Result."""
        words = self.command + [str(argument) for argument in arguments]
        done = subprocess.run(
            words, input=stdin, capture_output=True, timeout=seconds, env=self.environment, cwd="/tmp",
            user=self.user, group=self.user, extra_groups=[] if self.user is not None else None)
        return Result(words, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def out(self, *arguments, **options):
        """Standard output of a command that must succeed, without white space around it."""
        return self(*arguments, **options).succeeds().out.strip()

    def on_terminal(self, *arguments, seconds=60):
        """The same with a terminal, which script(1) lends: (exit status, what the terminal showed)."""
        words = self.command + [str(argument) for argument in arguments]
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        done = subprocess.run(
            ["script", "--quiet", "--return", "--command", quoted, "/dev/null"], stdin=subprocess.DEVNULL,
            capture_output=True, timeout=seconds, env=self.environment)
        return done.returncode, done.stdout.decode(errors="replace")


class Daemon:
    """A process that stays, with its output in a file."""

    def __init__(self, log, *command):
        self.log = log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=ENVIRONMENT, cwd="/tmp", start_new_session=True)

    def until(self, condition, seconds=30):
        """Waits until it answers; says what it wrote where it does not."""
        def ready():
            assert self.process.poll() is None, f"{self.process.args[0]} ended: {self.words()}"
            return condition()
        try:
            eventually(ready, self.process.args[0], seconds=seconds)
        except AssertionError as problem:
            raise AssertionError(f"{problem}\n{self.words()}") from None

    def words(self):
        return self.log.read_text(errors="replace")[-3000:]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise
