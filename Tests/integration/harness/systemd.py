# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""A systemd of the tests' own: Debian's, as process 1 of namespaces, in cgroups below one of ours.

It sees the machine's files with /etc and /proc/sys read-only and a /run of its own, starts no unit but an empty target,
and takes everything that it started with it when it is killed. Works with cgroup v1, where a tree below a directory of
ours can be mounted as its own; on v2 the virtual machine has a systemd.
"""
import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from . import sandbox
from .case import eventually
from .runtime import Result, _decode, base_environment

PROGRAM = "/lib/systemd/systemd"

_START = r"""
set -e
name=$1
# systemd mounts the tree of version 2 by itself, so its root has to be one of ours as well.
tops="$(cut -d: -f2 /proc/self/cgroup | sed 's/^name=//') unified"
for top in $tops; do
  [ -d /sys/fs/cgroup/$top ] || continue
  mkdir -p /sys/fs/cgroup/$top/$name
  for file in cpuset.cpus cpuset.mems; do
    [ ! -e /sys/fs/cgroup/$top/$file ] || cat /sys/fs/cgroup/$top/$file >/sys/fs/cgroup/$top/$name/$file
  done
  echo $$ >/sys/fs/cgroup/$top/$name/cgroup.procs
done
exec unshare --mount --pid --cgroup --uts --ipc --fork --kill-child --mount-proc --propagation private -- sh -ec "$2"
"""

# systemd mounts, from the root down, every controller of /proc/cgroups that it does not find mounted: it is shown those
# that have a directory of ours, and no other.
_INNER = r"""
ours=" $(ls /sys/fs/cgroup | tr '\n' ' ')"
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
for line in $(cut -d: -f2 /proc/self/cgroup); do
  case $ours in *" ${line#name=} "*) ;; *) continue ;; esac
  directory=/sys/fs/cgroup/${line#name=}
  mkdir -p $directory
  case $line in
    name=*) mount -t cgroup -o none,$line cgroup $directory || rmdir $directory ;;
    *) mount -t cgroup -o $line cgroup $directory || rmdir $directory ;;
  esac
done
mount -t tmpfs -o mode=755 tmpfs /run
{
  head -n 1 /proc/cgroups
  for controller in $(ls /sys/fs/cgroup | tr ',' ' '); do grep "^$controller\b" /proc/cgroups || true; done
} >/run/cgroups
mount --bind /run/cgroups /proc/cgroups
for path in /etc /proc/sys; do mount --bind $path $path; mount -o remount,ro,bind $path; done
mkdir -p /run/systemd/system
printf '[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n' >/run/systemd/system/roost-test.target
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=roost-test.target --log-target=null --show-status=no
"""


def usable():
    """Whether there is a systemd to start, and cgroup v1 to start it in."""
    return os.access(PROGRAM, os.X_OK) and os.path.isdir(f"{sandbox.CGROUP_ROOT}/systemd") and \
        not os.path.isdir("/run/systemd/system")


class Manager:
    """The running systemd; a context manager."""

    def __init__(self):
        self.name = f"{sandbox.session()}-systemd"

    def __enter__(self):
        self._process = subprocess.Popen(
            ["sh", "-c", _START, "sh", self.name, _INNER], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=base_environment())
        self.pid = eventually(self._child, "systemd in its namespaces", seconds=30)
        eventually(self._is_up, "systemd has started", seconds=60)
        return self

    def _child(self):
        assert self._process.poll() is None, self._process.stderr.read()
        # The shell that sets up the cgroups has children, too; unshare, which it becomes, has one.
        if Path(f"/proc/{self._process.pid}/comm").read_text().strip() != "unshare":
            return None
        path = f"/proc/{self._process.pid}/task/{self._process.pid}/children"
        children = Path(path).read_text().split()
        return int(children[0]) if children else None

    def _is_up(self):
        assert self._process.poll() is None, self._process.stderr.read()
        return self.run("systemctl", "is-system-running").out.strip() in ("running", "degraded")

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stderr.close()
        deadline = time.monotonic() + 10
        while (left := sandbox.cgroups_named(self.name)) and time.monotonic() < deadline:
            for directory in left:
                try:
                    os.rmdir(directory)
                except OSError:
                    continue  # The last process in it has not ended yet.
            time.sleep(0.01)
        assert not left, left

    def command(self, *arguments):
        """The command line that runs another one beside systemd."""
        return ["nsenter", "-t", str(self.pid), "-m", "-p", "-C", "-u", "-i", "--", *map(str, arguments)]

    def run(self, *arguments, timeout=60, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        command = self.command(*arguments)
        process = subprocess.run(command, env=base_environment(), timeout=timeout, **options)
        return Result(command, process.returncode, _decode(process.stdout or b""), _decode(process.stderr or b""))


class Scoped:
    """A bundle, and one container made from it beside that systemd."""

    def __init__(self, bundle, case, manager):
        self.bundle, self.case, self.manager = bundle, case, manager
        self.id = case.new_id()
        self.unit = f"roost-{self.id}.scope"
        self.root = f"/run/{case.word}"

    def __call__(self, *arguments, **options):
        """A command of the runtime; fails the test when it hangs."""
        command = [self.case.runtime.path, "--root", self.root, "--systemd-cgroup", *arguments]
        return self.manager.run(*command, **options)

    def bundle_path(self, *arguments):
        self.bundle.args(*arguments).save()
        return str(self.bundle.directory)

    def create(self, *arguments):
        # The container lives on with these descriptors.
        with open(self.case.path("out"), "wb") as out, open(self.case.path("err"), "wb") as err:
            result = self("create", "--bundle", self.bundle_path(*arguments), self.id, stdout=out, stderr=err)
        result.err = self.case.path("err").read_text()
        return result.succeeds()

    def refused(self, *patterns):
        """Asserts that `create` fails with these words and leaves nothing of ours."""
        result = self("create", "--bundle", self.bundle_path("true"), self.id)
        result.fails(*patterns)
        assert not self.state_exists()
        return result

    @property
    def pid(self):
        """In the PID namespace of systemd."""
        return json.loads(self("state", self.id).succeeds().out)["pid"]

    def in_manager(self, *command):
        return self.manager.run(*command).succeeds().out

    def show(self, *names):
        flags = [part for name in names for part in ("-p", name)]
        lines = self.in_manager("systemctl", "show", self.unit, *flags).splitlines()
        return dict(line.split("=", 1) for line in lines)

    def value(self, file):
        """A file of the scope's cgroup: `memory/memory.limit_in_bytes`."""
        controller, name = file.split("/")
        path = Path(sandbox.CGROUP_ROOT) / controller / self.manager.name / "system.slice" / self.unit / name
        return path.read_text().strip()

    def directories(self):
        """What is left of cgroups with the container's name."""
        return sandbox.cgroups_named(self.id)

    def _state(self):
        return Path(f"/proc/{self.manager.pid}/root{self.root}/{self.id}")

    def state_exists(self):
        return self._state().exists()

    def record(self):
        """The record's two lines: what `state` tells, and what belongs to the container."""
        return [json.loads(line) for line in (self._state() / "state.json").read_text().splitlines()]

    def write_record(self, *lines):
        self._state().mkdir(mode=0o700, exist_ok=True)
        (self._state() / "state.json").write_text("".join(json.dumps(line) + "\n" for line in lines))

    def foreign_scope(self, description="somebody else's"):
        """A scope of the container's name that somebody else has."""
        return _Foreign(self, description)

    @contextlib.contextmanager
    def foreign_cgroup(self, controller):
        """A cgroup where the scope's would be, without a scope."""
        path = Path(sandbox.CGROUP_ROOT) / controller / self.manager.name / "system.slice" / self.unit
        has_parent = path.parent.exists()
        path.mkdir(parents=True)
        try:
            yield path
        finally:
            path.rmdir()
            if not has_parent:
                path.parent.rmdir()

    def clean_up(self):
        if self.state_exists():
            self("delete", "--force", self.id)


class _Foreign:
    def __init__(self, scoped, description):
        self.scoped, self.description = scoped, description

    def __enter__(self):
        command = self.scoped.manager.command(
            "systemd-run", "--scope", "--quiet", f"--unit={self.scoped.unit}",
            f"--description={self.description}", "sleep", "1000")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=base_environment())
        eventually(lambda: self.scoped.show("ActiveState") == {"ActiveState": "active"}, "the foreign scope")

    def __exit__(self, *_):
        self.scoped.manager.run("systemctl", "stop", self.scoped.unit)
        self.process.wait()
