# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`--systemd-cgroup` below the machine's own systemd, on cgroup v2.

Not in the sandbox of the integration tests: systemd is told process ids, and they must be those of its own namespace.
"""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

RUNTIME = Path(__file__).resolve().parents[2] / "bin/roost-runtime"
MIB = 1 << 20
pytestmark = pytest.mark.skipif(not os.path.isdir("/run/systemd/system") or os.getpid() == 1,
                                reason="needs systemd as init; run Scripts/vm.sh --init systemd")


@pytest.fixture
def container(tmp_path, request):
    """A sleeping container in a scope, with some limits."""
    bundle, identifier = tmp_path / "bundle", f"scope-{os.getpid()}"
    (bundle / "rootfs/bin").mkdir(parents=True)
    shutil.copy("/bin/busybox", bundle / "rootfs/bin/busybox")
    (bundle / "rootfs/bin/sleep").symlink_to("busybox")
    subprocess.run([RUNTIME, "spec", "--bundle", bundle], check=True)
    spec = json.loads((bundle / "config.json").read_text())
    spec["process"].update(terminal=False, args=["sleep", "1000"])
    spec["linux"]["resources"].update(memory={"limit": 64 * MIB}, pids={"limit": 20}, cpu={"quota": 30000})
    spec["linux"].pop("cgroupsPath", None)
    (bundle / "config.json").write_text(json.dumps(spec))

    def command(*arguments):
        with open(tmp_path / "log", "a+b") as log:
            done = subprocess.run([RUNTIME, "--root", tmp_path / "state", "--systemd-cgroup", *arguments], stdin=log,
                                  stdout=log, stderr=log, timeout=120)
        assert done.returncode == 0, (tmp_path / "log").read_text()

    command("run", "--detach", "--bundle", bundle, identifier)
    state = json.loads(subprocess.run([RUNTIME, "--root", tmp_path / "state", "state", identifier], check=True,
                                      capture_output=True).stdout)
    place = Path(f"/proc/{state['pid']}/cgroup").read_text().strip().removeprefix("0::")
    yield {"id": identifier, "pid": state["pid"], "path": place, "command": command}
    command("delete", "--force", identifier)
    assert not Path("/sys/fs/cgroup" + place).exists()
    assert show(place, "LoadState") == "not-found"


def show(place, name):
    return subprocess.run(["systemctl", "show", "--value", "--property", name, os.path.basename(place)], check=True,
                          capture_output=True, text=True).stdout.strip()


def test_scope_and_its_limits(container):
    place = container["path"]
    assert place == f"/system.slice/roost-{container['id']}.scope"
    assert show(place, "ActiveState") == "active" and show(place, "Delegate") == "yes"
    assert show(place, "MemoryMax") == str(64 * MIB) and show(place, "TasksMax") == "20"
    directory = Path("/sys/fs/cgroup" + place)
    assert (directory / "memory.max").read_text() == f"{64 * MIB}\n"
    assert (directory / "cpu.max").read_text() == "30000 100000\n"
    assert (directory / "cgroup.procs").read_text().split() == [str(container["pid"])]


def test_update_reaches_systemd(container):
    container["command"]("update", "--memory", str(32 * MIB), "--pids-limit", "30", container["id"])
    assert show(container["path"], "MemoryMax") == str(32 * MIB) and show(container["path"], "TasksMax") == "30"
    # A reload writes what systemd believes: the limits must be the same afterwards.
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    assert Path(f"/sys/fs/cgroup{container['path']}/pids.max").read_text() == "30\n"


def test_exec_joins_the_scope(container):
    container["command"]("exec", container["id"], "sleep", "0")
    container["command"]("pause", container["id"])
    container["command"]("resume", container["id"])
