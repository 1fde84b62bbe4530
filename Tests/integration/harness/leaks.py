# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""What a test must leave as it was: processes, mounts, cgroups, files, network namespaces, devices."""
import os
import shutil
import signal
import time

from . import sandbox
from .patience import deadline


def _processes():
    """pid → command line, for all but zombies (PID 1 reaps those), kernel-side helpers of ours and pytest itself."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                state = file.read().rpartition(")")[2].split()[0]
            with open(f"/proc/{name}/cmdline", "rb") as file:
                command = file.read().replace(b"\0", b" ").decode("utf-8", "replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in "ZX":
            found[int(name)] = command
    return found


def _network_namespaces():
    found = {}
    for name in _processes():
        try:
            found[os.readlink(f"/proc/{name}/ns/net")] = name
        except OSError:
            continue  # Gone meanwhile.
    return found


def _mounts():
    with open("/proc/self/mountinfo") as file:
        return {line.split()[0]: " ".join(line.split()[3:]) for line in file}


def _files(ignored):
    found = set()
    for directory in ("/tmp", "/run", "/tmp/scratch"):
        found.update(entry.path for entry in os.scandir(directory) if ignored not in entry.name)
    return found


def _devices():
    found = {}
    for name in ("null", "zero", "full", "random", "urandom", "tty", "ptmx"):
        status = os.lstat(f"/dev/{name}")
        found[name] = (oct(status.st_mode), status.st_uid, status.st_gid, status.st_rdev)
    return found


class Watch:
    """Takes a picture at its creation; `difference` says what has come since."""

    def __init__(self, case):
        self.case = case
        self.before = self._picture()

    def _picture(self):
        return {
            "process": _processes(), "mount": _mounts(), "file": dict.fromkeys(_files(self.case.word)),
            "network namespace": _network_namespaces(), "device": _devices(),
            "cgroup": dict.fromkeys(sandbox.cgroups_named(self.case.word)),
            "state": dict.fromkeys(self._state()),
        }

    def _state(self):
        """What lies in the state root, but for names with a leading dot and empty lock directories of the runtime."""
        if not self.case.root.is_dir():
            return []
        return [entry.path for entry in os.scandir(self.case.root) if not entry.name.startswith(".")]

    def _difference(self):
        now, found = self._picture(), []
        for kind, things in now.items():
            for name, value in things.items():
                if name not in self.before[kind]:
                    found.append(f"{kind}: {name} {value or ''}".rstrip())
                elif kind == "device" and self.before[kind][name] != value:
                    found.append(f"{kind}: {name} {self.before[kind][name]} became {value}")
        for name in self.before["mount"].keys() - now["mount"].keys():
            found.append(f"mount gone: {self.before['mount'][name]}")
        return found

    def difference(self, seconds=10):
        """A list of leaks, after giving dying processes and namespaces a moment."""
        end = deadline(seconds)
        while True:
            found = self._difference()
            if not found or time.monotonic() > end:
                return found
            time.sleep(0.01)

    def remove(self):
        """Removes what a failed test left, so that the next one starts clean."""
        sandbox.thaw(self.case.word)
        for pid in _processes().keys() - self.before["process"].keys():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # It went by itself.
        end = deadline(3)
        while _processes().keys() - self.before["process"].keys() and time.monotonic() < end:
            time.sleep(0.01)
        with open("/proc/self/mountinfo") as file:
            points = [line.split()[4] for line in file if line.split()[0] not in self.before["mount"]]
        for point in reversed(points):
            sandbox.unmount(point)
        for path in _files(self.case.word) - self.before["file"].keys():
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)
        for name, (mode, owner, group, _) in self.before["device"].items():
            os.chown(f"/dev/{name}", owner, group, follow_symlinks=False)
            if not os.path.islink(f"/dev/{name}"):
                os.chmod(f"/dev/{name}", int(mode, 8) & 0o7777)
        for directory in sandbox.cgroups_named(self.case.word):
            try:
                os.rmdir(directory)
            except OSError:
                continue  # Reported as a leak already; the sandbox tries again at its end.
