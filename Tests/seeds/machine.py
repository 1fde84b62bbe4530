# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""A machine to type on: shells of root and of an ordinary user in one directory, and terminals."""
import fcntl
import os
import re
import subprocess
import termios
import time

from harness import sandbox, users
from harness.case import eventually
from harness.patience import deadline, patient
from harness.terminal import Terminal

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: What terminals show without showing it: colours, bracketed paste, questions about the cursor.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x07|\r")
#: A line that was written over, as progress bars are.
ERASED = re.compile(r"[^\n]*\r\x1b\[K")


class Machine:
    """Commands are typed in `directory`, with `roost` in PATH and a state directory of the test's own."""

    def __init__(self, programs, runtime, directory):
        self.programs, self.runtime, self.directory = programs, runtime, directory
        self.state = directory / ".state"
        self.home = directory / ".home"
        self.home.mkdir()
        os.chown(self.home, users.UID, users.UID)
        self.terminals = []

    def environment(self, user=None):
        return {"PATH": f"{self.programs}:{PATH}", "LANG": "C", "HOME": str(self.home if user else "/root"),
                "ROOST_RUNTIME": str(self.runtime.path), "TERM": "xterm", "PS1": "# ",
                "ROOST_ROOT": str(self.home / "state" if user else self.state)}

    def options(self, user=None):
        identity = {"user": user, "group": user, "extra_groups": []} if user else {}
        return {"cwd": self.directory, "env": self.environment(user), **identity}

    def run(self, command, *, status=0, user=None, seconds=60, check=True):
        """What a command line prints, standard output and standard error as they come."""
        done = subprocess.run(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=patient(seconds), text=True, errors="replace",
                              **self.options(user))
        assert not check or done.returncode == status, f"$ {command}\nstatus {done.returncode}\n{done.stdout}"
        return done.stdout

    def transcript(self, *commands, **options):
        """The same for several, as they look on a terminal."""
        prompt = "$" if options.get("user") else "#"
        return "".join(f"{prompt} {command}\n{self.run(command, **options)}" for command in commands)

    def pid(self, name, user=None):
        """The first process of a container, as soon as it runs."""
        def look():
            found = self.run(f"roost inspect --format '{{{{.State.Pid}}}}' {name}", user=user, check=False).strip()
            return int(found) if found.isdigit() else 0

        return eventually(look, f"{name} runs")

    def open(self, command, user=None):
        """A command on a terminal."""
        self.terminals.append(Session(self, command, user))
        return self.terminals[-1]

    def clean_up(self):
        """Ends everything; says what is left."""
        for session in self.terminals:
            session.close()
        left = []
        for user in (None, users.UID):
            state = self.home / "state" if user else self.state
            if not (state / "containers").is_dir():
                continue
            for identifier in os.listdir(state / "containers"):
                left.append(f"container {identifier}")
                self.run(f"roost rm --force {identifier}", user=user, check=False)
                left += sandbox.cgroups_named(identifier)
        return left


class Session:
    """A command line with a terminal as its standard streams and its controlling terminal."""

    def __init__(self, machine, command, user=None):
        self.command, self.prompt = command, "$" if user else "#"
        master, self._slave = os.openpty()
        self.terminal = Terminal(master)
        self.terminal.resize(24, 132)
        self.process = subprocess.Popen(
            ["bash", "-c", command], stdin=self._slave, stdout=self._slave, stderr=self._slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **machine.options(user))
        self._seen = 0

    @property
    def text(self):
        return CONTROL.sub("", ERASED.sub("", self.terminal.text))

    def until(self, words, seconds=20):
        """Reads until the words have come that were not there before."""
        end = deadline(seconds)
        while words not in self.text[self._seen:]:
            more = self.terminal._read(0.1)
            assert more is not None, f"the terminal was closed before {words!r} came: {self.terminal.text!r}"
            self.terminal.text += more
            assert time.monotonic() < end, f"{words!r} never came: {self.terminal.text!r}"
        self._seen = self.text.index(words, self._seen) + len(words)
        return self

    def again(self):
        """Whatever has come so far may be waited for once more."""
        self._seen = 0
        return self

    def type(self, line, prompt):
        """Types a line once the prompt is there."""
        self.until(prompt)
        self.terminal.send(line + "\n")
        return self.until(line)

    def finish(self, seconds=20):
        """Waits for the end; the exit status."""
        return self.terminal.until_end(self.process, seconds)

    @property
    def transcript(self):
        return f"{self.prompt} {self.command}\n{self.text}"

    def close(self):
        try:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        finally:
            os.close(self._slave)
            self.terminal.close()
