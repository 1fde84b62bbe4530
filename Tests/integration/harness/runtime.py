# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The program under test, seen only through its command line."""
import os
import re
import shlex
import subprocess
from pathlib import Path

from .patience import patient

TIMEOUT_SECONDS = 30


def base_environment():
    """What a command of the runtime finds in its environment unless the test says otherwise."""
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C"}


class Result:
    """How a command ended. The representation is what an assertion prints."""

    def __init__(self, command, status, out, err):
        self.command, self.status, self.out, self.err = command, status, out, err

    def __repr__(self):
        shown = " ".join(shlex.quote(str(part)) for part in self.command)
        return f"\n$ {shown}\nstatus {self.status}\nout: {self.out[-4000:]!r}\nerr: {self.err[-4000:]!r}\n"

    @property
    def text(self):
        return self.out + self.err

    def succeeds(self):
        assert self.status == 0, self
        return self

    def fails(self, *patterns, status=None):
        """Asserts a failure that is not a crash, with the exit status and words (regular expressions) given."""
        assert self.status != 0, self
        assert self.status >= 0, f"killed by signal {-self.status}: {self}"
        assert self.text.strip() or status is not None, f"failed without a word: {self}"
        if status is not None:
            assert self.status == status, self
        for pattern in patterns:
            assert re.search(pattern, self.text, re.IGNORECASE), f"no {pattern!r} in {self}"
        return self

    def explains(self, *patterns):
        """Asserts that the message of the runtime is short, printable, and has these words."""
        lines = [line for line in self.err.splitlines() if line.strip()]
        assert len(lines) == 1, f"one line expected: {self}"
        assert len(lines[0]) <= 500, f"too long: {self}"
        assert lines[0].isprintable(), f"control characters: {self}"
        for pattern in patterns:
            assert re.search(pattern, self.err, re.IGNORECASE), f"no {pattern!r} in {self}"
        return self

    @property
    def lines(self):
        return self.out.splitlines()


def _decode(data):
    return data.decode("utf-8", "surrogateescape")


class Runtime:
    """An OCI runtime's executable."""

    def __init__(self, path):
        self.path = Path(path)
        version = subprocess.run([str(path), "--version"], capture_output=True, timeout=patient(TIMEOUT_SECONDS))
        self.version = _decode(version.stdout).partition("\n")[0]
        self.name = next((name for name in ("crun", "runc") if self.version.startswith(name + " version")), "roost")
        if "roost" in self.path.name:
            self.name = "roost"  # Its first line begins with "runc version", for go-runc's sake.

    def popen(self, root, *arguments, env=None, descriptors=None, **options):
        """Starts a command.

        root: the state directory, None for the runtime's default. descriptors: {number in the runtime: descriptor
        of ours}, arranged by a shell in between, since a number may be in use here.
        """
        command = [str(self.path)]
        if root is not None:
            command += ["--root", str(root)]
        command += [str(argument) for argument in arguments]
        if descriptors:
            moves = "".join(f"exec {number}<&{ours} {ours}<&-; " for number, ours in descriptors.items())
            command = ["bash", "-c", moves + 'exec "$0" "$@"', *command]
            options["pass_fds"] = tuple(descriptors.values())
        environment = base_environment()
        environment.update(env or {})
        return subprocess.Popen(command, env=environment, **options)

    def run(self, root, *arguments, stdin=b"", timeout=TIMEOUT_SECONDS, out=None, err=None, **options):
        """Runs a command to its end.

        stdin: bytes to feed, or a file. out, err: files instead of pipes, for commands whose container lives on
        with these descriptors.
        """
        feed = stdin if isinstance(stdin, (bytes, bytearray)) else None
        process = self.popen(
            root, *arguments, stdin=subprocess.PIPE if feed is not None else stdin,
            stdout=out or subprocess.PIPE, stderr=err or subprocess.PIPE, **options)
        try:
            output, errors = process.communicate(feed, timeout=patient(timeout))
        except subprocess.TimeoutExpired:
            # A container that got our pipes may hold them open, so do not wait for their end.
            process.kill()
            process.wait()
            raise
        finally:
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
        return Result(process.args, process.returncode, _decode(output or b""), _decode(errors or b""))


def default_path(repository):
    """RUNTIME, a path or a name in PATH; without it the repository's own."""
    chosen = os.environ.get("RUNTIME")
    return Path(chosen).absolute() if chosen and "/" in chosen else chosen or repository / "bin/roost-runtime"
