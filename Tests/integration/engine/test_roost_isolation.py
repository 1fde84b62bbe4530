# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""An audit from inside: what a container of `roost run` can do and see when nobody asked for anything."""
import os
import subprocess
from pathlib import Path

import pytest

HELPER = Path(__file__).resolve().parents[1] / "helpers/audit.c"

#: CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
CAPABILITIES = sum(1 << number for number in (0, 1, 3, 4, 5, 6, 7, 8, 10, 18, 31))


@pytest.fixture
def audit(case, root):
    subprocess.run(["gcc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-static", "-o", root / "bin/audit",
                    HELPER], check=True)
    return root


def calls(result):
    """{name: (blocked or open, result)}."""
    return {words[1]: (words[2], words[3]) for words in (line.split() for line in result.succeeds().lines)
            if words[0] == "call"}


def test_audit(roost, audit):
    """Each of some sixty dangerous calls is refused before the kernel looks at it."""
    found = calls(roost.run(audit, "audit"))
    still_open = {name: outcome for name, (state, outcome) in found.items() if state == "open"}
    assert len(found) >= 52
    assert not still_open, still_open


def test_audit_of_an_ordinary_program(roost, audit):
    """The audit itself tells apart: without the profile, and with all capabilities, most of it is open."""
    found = calls(roost.run("--privileged", audit, "audit"))
    assert sum(state == "open" for state, _ in found.values()) > 30


def test_audit_with_another_user(roost, audit):
    found = calls(roost.run("--user", "1000", audit, "audit"))
    assert not [name for name, (state, _) in found.items() if state == "open"]


def test_capabilities(roost, root):
    text = roost.run(root, "grep", "^Cap", "/proc/self/status").succeeds().out
    sets = {name: int(value, 16) for name, value in (line.split(":\t") for line in text.splitlines())}
    assert sets == {"CapInh": 0, "CapPrm": CAPABILITIES, "CapEff": CAPABILITIES, "CapBnd": CAPABILITIES, "CapAmb": 0}


def test_attributes(roost, root):
    text = roost.run(root, "grep", "-E", "^(NoNewPrivs|Seccomp|Groups)", "/proc/self/status").succeeds().out
    values = dict(line.split(":", 1) for line in text.splitlines())
    assert values["NoNewPrivs"].strip() == "1" and values["Seccomp"].strip() == "2"


def test_namespaces(roost, root):
    kinds = ["cgroup", "ipc", "mnt", "net", "pid", "uts"]
    script = f"for kind in {' '.join(kinds)}; do readlink /proc/self/ns/$kind; done"
    out = roost.run(root, "sh", "-c", script).succeeds().lines
    assert len(out) == len(kinds)
    for kind, name in zip(kinds, out):
        assert name != os.readlink(f"/proc/self/ns/{kind}"), kind


#: Nothing of these can be read, as they tell about the machine or reach it.
HIDDEN = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/interrupts", "/proc/latency_stats",
          "/proc/sched_debug", "/sys/firmware", "/proc/acpi", "/proc/scsi", "/sys/devices/virtual/powercap", "/proc/asound"]


@pytest.mark.parametrize("path", HIDDEN)
def test_hidden(roost, root, path):
    out = roost.run(root, "sh", "-c", f"if [ -d {path} ]; then ls -A {path}; else cat {path} 2>/dev/null; fi; true")
    assert out.succeeds().out == ""


@pytest.mark.parametrize("path", ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus",
                                  "/proc/fs", "/sys/kernel", "/sys/fs/cgroup", "/proc/sys/vm/drop_caches"])
def test_cannot_be_written(roost, root, path):
    roost.run(root, "sh", "-c", f"if [ -d {path} ]; then touch {path}/x; else echo 1 >{path}; fi").fails()


def test_mounts(roost, root):
    out = roost.run(root, "cat", "/proc/self/mountinfo").succeeds().out
    points = {line.split()[4]: line.split()[5].split(",") for line in out.splitlines()}
    for point in ("/dev/shm", "/dev/mqueue", "/proc", "/sys"):
        assert {"nosuid", "nodev", "noexec"} <= set(points[point]), point
    assert "ro" in points["/sys"] and "ro" in points["/sys/fs/cgroup"]
    assert "shared:" not in out


def test_devices(roost, root):
    out = roost.run(root, "sh", "-c", "ls /dev; cd /tmp 2>/dev/null || cd /; mknod disk b 254 0 2>&1; head -c1 disk 2>&1; "
                    "rm -f disk; true").succeeds().out
    assert not {"sda", "vda", "mem", "kmsg", "fuse", "kvm"} & set(out.split())
    assert "not permitted" in out or "denied" in out


def test_environment_and_descriptors(roost, root):
    result = roost.run(root, "sh", "-c", "env; ls /proc/self/fd", env={"SECRET": "1"})
    assert "SECRET" not in result.succeeds().out
    assert set(result.lines[-4:]) <= {"0", "1", "2", "3"}, "3 is that of ls itself"
