# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Completion as it happens in shells: zsh on a terminal, where a key asks for it, and fish, which can be asked."""
import fcntl
import os
import subprocess
import termios

from .patience import patient
from .terminal import Terminal


class Zsh:
    """An interactive zsh with the completion functions of one directory."""

    def __init__(self, functions, environment):
        master, slave = os.openpty()
        self._terminal = Terminal(master)
        self._terminal.resize(50, 200)
        self._process = subprocess.Popen(
            ["zsh", "-f", "-i"], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), env={**environment, "TERM": "dumb"})
        os.close(slave)
        self._terminal.send(f"PS1=; fpath=({functions} $fpath); autoload -U compinit && compinit -u -D && echo rea''dy\n")
        self._terminal.until("ready\n", 60)

    def completes(self, line, wanted):
        """Types a line and the key; waits until the line holds what was wanted, then takes it back."""
        self._terminal.text = ""
        self._terminal.send(line + "\t")
        self._terminal.until(wanted, 30)
        self._terminal.send("\x15")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._terminal.close()


def fish(script, environment, line):
    """What fish offers at the end of a line."""
    done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], capture_output=True, text=True,
                          timeout=patient(60), env={**environment, "HOME": os.path.dirname(script)})
    assert not done.stderr, done.stderr
    return [offer.split("\t")[0] for offer in done.stdout.splitlines()]
