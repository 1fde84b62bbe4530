# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`--systemd-cgroup` below the machine's own systemd, on cgroup v2.

Not in the sandbox of the integration tests: systemd is told process ids, and they must be those of its own namespace.
"""
import json
import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

RUNTIME = Path(__file__).resolve().parents[2] / "bin/roost-runtime"
ROOST = RUNTIME.with_name("roost")
MIB = 1 << 20
pytestmark = pytest.mark.skipif(not os.path.isdir("/run/systemd/system") or os.getpid() == 1,
                                reason="needs systemd as init; run Scripts/vm.sh --init systemd")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Container:
    """A sleeping container in a scope. `wrap` is what stands before each command, and makes it another user's."""

    def __init__(self, directory, wrap=(), flags=(), **resources):
        self.wrap, self.directory = wrap, directory
        self.id = f"scope-{os.getpid()}"
        bundle = directory / "bundle"
        (bundle / "rootfs/bin").mkdir(parents=True)
        shutil.copy("/bin/busybox", bundle / "rootfs/bin/busybox")
        (bundle / "rootfs/bin/sleep").symlink_to("busybox")
        # All that is in the directory is its owner's.
        subprocess.run(["chown", "--recursive", f"--reference={directory}", directory], check=True)
        subprocess.run([*wrap, RUNTIME, "spec", *flags, "--bundle", bundle], check=True)
        spec = json.loads((bundle / "config.json").read_text())
        spec["process"].update(terminal=False, args=["sleep", "1000"])
        spec["annotations"] = {"org.systemd.property.TimeoutStopSec": "uint64 7"}
        spec["linux"].setdefault("resources", {}).update(resources)
        spec["linux"].pop("cgroupsPath", None)
        (bundle / "config.json").write_text(json.dumps(spec))

    def __call__(self, *arguments):
        with open(self.directory / "log", "a+b") as log:
            done = subprocess.run([*self.wrap, RUNTIME, "--root", self.directory / "state", "--systemd-cgroup", *arguments],
                                  stdin=log, stdout=log, stderr=log, timeout=120)
        assert done.returncode == 0, (self.directory / "log").read_text()

    def __enter__(self):
        self("run", "--detach", "--bundle", self.directory / "bundle", self.id)
        record = output(*self.wrap, RUNTIME, "--root", self.directory / "state", "state", self.id)
        self.pid = json.loads(record)["pid"]
        self.place = Path(f"/proc/{self.pid}/cgroup").read_text().strip().removeprefix("0::")
        return self

    def __exit__(self, kind, *_):
        self("delete", "--force", self.id)
        if kind is None:
            assert not Path("/sys/fs/cgroup" + self.place).exists()
            assert self.show("LoadState") == "not-found"

    def show(self, name, *manager):
        return output(*self.wrap, "systemctl", *manager, "show", "--value", "--property", name,
                      os.path.basename(self.place))

    def value(self, file):
        return Path(f"/sys/fs/cgroup{self.place}/{file}").read_text().strip()


@pytest.fixture
def container(tmp_path):
    with Container(tmp_path, memory={"limit": 64 * MIB}, pids={"limit": 20}, cpu={"quota": 30000}) as made:
        yield made


def test_scope_and_its_limits(container):
    assert container.place == f"/system.slice/roost-{container.id}.scope"
    assert container.show("ActiveState") == "active" and container.show("Delegate") == "yes"
    assert container.show("MemoryMax") == str(64 * MIB) and container.show("TasksMax") == "20"
    assert container.show("TimeoutStopUSec") == "7s"
    assert container.value("memory.max") == str(64 * MIB)
    assert container.value("cpu.max") == "30000 100000"
    assert container.value("cgroup.procs").split() == [str(container.pid)]


def test_update_reaches_systemd(container):
    container("update", "--memory", str(32 * MIB), "--pids-limit", "30", container.id)
    assert container.show("MemoryMax") == str(32 * MIB) and container.show("TasksMax") == "30"
    # A reload writes what systemd believes: the limits must be the same afterwards.
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    assert container.value("pids.max") == "30"


def test_exec_joins_the_scope(container):
    container("exec", container.id, "sleep", "0")
    container("pause", container.id)
    container("resume", container.id)


def test_every_kind_of_property(tmp_path):
    resources = {
        "cpu": {"shares": 512, "cpus": "0"}, "memory": {"limit": 64 * MIB, "reservation": 16 * MIB, "swap": 80 * MIB},
        "unified": {"memory.high": str(48 * MIB)},
        "devices": [{"allow": False, "access": "rwm"},
                    {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rw"}]}
    with Container(tmp_path, **resources) as container:
        # A reload makes systemd write all values anew: files and properties must say the same.
        subprocess.run(["systemctl", "daemon-reload"], check=True)
        for name, shown, file, value in (
                ("CPUWeight", None, "cpu.weight", None), ("AllowedCPUs", "0", "cpuset.cpus", "0"),
                ("MemoryLow", 16 * MIB, "memory.low", 16 * MIB), ("MemorySwapMax", 16 * MIB, "memory.swap.max", 16 * MIB),
                ("MemoryHigh", 48 * MIB, "memory.high", 48 * MIB)):
            if shown is None:
                assert container.show(name) == container.value(file)
            else:
                assert (container.show(name), container.value(file)) == (str(shown), str(value)), name
        assert container.show("DevicePolicy") == "strict" and "10:229" in container.show("DeviceAllow")


@pytest.fixture
def ann():
    """What makes a command one of ann's session, and a directory of hers."""
    number = pwd.getpwnam("ann").pw_uid
    subprocess.run(["systemctl", "start", f"user@{number}.service"], check=True)
    home = Path("/home/ann/test")
    home.mkdir(mode=0o755)
    shutil.chown(home, "ann", "ann")
    environment = [f"XDG_RUNTIME_DIR=/run/user/{number}", f"DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/{number}/bus"]
    as_ann = ["runuser", "-u", "ann", "--", "env", *environment]
    yield home, as_ann, number
    shutil.rmtree(home)
    subprocess.run(["systemctl", "stop", f"user@{number}.service"], check=True)


def service(as_ann, *command):
    """Runs a command as a service of ann's manager, in the cgroups that are delegated to her."""
    return [*as_ann, "systemd-run", "--user", "--quiet", "--pipe", "--wait", "--collect", "--", *command]


def test_scope_of_a_users_session(ann):
    home, as_ann, number = ann
    environment = service(as_ann, "env", f"XDG_RUNTIME_DIR=/run/user/{number}")
    made = Container(home, wrap=environment, flags=("--rootless",), memory={"limit": 64 * MIB}, pids={"limit": 20})
    with made as container:
        manager = f"/user.slice/user-{number}.slice/user@{number}.service"
        assert container.place == f"{manager}/user.slice/roost-{container.id}.scope"
        assert container.value("memory.max") == str(64 * MIB) and container.value("pids.max") == "20"
        container.wrap = as_ann
        assert container.show("MemoryMax", "--user") == str(64 * MIB)
        container.wrap = environment
        container("update", "--memory", str(32 * MIB), container.id)
        assert container.value("memory.max") == str(32 * MIB)
        container("exec", container.id, "sleep", "0")


def test_the_engine_limits_in_a_delegated_cgroup(ann):
    """What a desktop's user types: the limit must be the kernel's."""
    home, as_ann, _ = ann
    found = output(*service(as_ann, ROOST, "--root", home / "engine", "run", "--rm", "--memory", "64m", "--pids-limit", "30",
                            "host:sh,cat", "sh", "-c", "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max"))
    assert found.split() == [str(64 * MIB), "30"]
