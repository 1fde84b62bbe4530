# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Cgroups seen from outside: which version this machine has, and where a process is."""
from pathlib import Path

import pytest

ROOT = Path("/sys/fs/cgroup")

# Version 2 alone. A hybrid machine counts as version 1: that is where its limits are.
V2 = (ROOT / "cgroup.controllers").exists()

on_v1 = pytest.mark.skipif(V2, reason="of cgroup v1")
on_v2 = pytest.mark.skipif(not V2, reason="of cgroup v2; run Scripts/vm.sh")


def directory(pid, controller):
    """The directory of a process's cgroup, as the kernel tells it; on version 2 whatever the controller."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if V2 and not names:
            return ROOT / path.lstrip("/")
        if not V2 and controller in names.removeprefix("name=").split(","):
            return ROOT / controller / path.lstrip("/")
    raise AssertionError(f"no {controller} hierarchy for process {pid}")


def value(container, controller, v1, v2):
    """A value of the container's cgroup, from the file that it has in this machine's version."""
    return (container.cgroup(controller) / (v2 if V2 else v1)).read_text().strip()


def key(path, name):
    """One number of a file of "key number" lines."""
    for line in path.read_text().splitlines():
        word, _, number = line.partition(" ")
        if word == name:
            return int(number)
    raise AssertionError(f"no {name} in {path}")
