# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Each system call of create, start and exec fails once, in the runtime and in the container's process."""
import errno
import json
import os
import re

import pytest

from test_kills import CHILD, RUNTIME, points, state

ERRORS = ["EPERM", "EINTR", "ENOSYS", "ENOMEM"]

#: Without memory a Swift program ends by a trap, and before `main` the C library does. No rest is allowed then, either.
MEMORY = {"mmap", "brk", "munmap", "mprotect", "mremap", "madvise"}


#: 128 and the signal that ended a program.
SIGNALS = range(129, 192)


def system_call_names():
    with open("/usr/include/x86_64-linux-gnu/asm/unistd_64.h") as file:
        return {int(number): name for name, number in re.findall(r"#define __NR_(\w+) (\d+)", file.read())}


NAMES = system_call_names() if os.path.exists("/usr/include/x86_64-linux-gnu/asm/unistd_64.h") else {}


def may_crash(calls, number):
    """Whether the call belongs to what a program cannot outlive the failure of."""
    return NAMES.get(calls[number - 1]) in MEMORY or number <= 14


def judge(harm, what, status, text, calls, number, promised):
    """No hang, no crash, no failure without a word, no success that is none."""
    if status is None:
        harm.problem(f"{what}: hangs")
    elif status in SIGNALS and not may_crash(calls, number):
        harm.problem(f"{what}: killed by signal {status - 128}: {text}")
    elif status != 0 and status not in SIGNALS and not text:
        harm.problem(f"{what}: failed without a word")
    elif status == 0 and not promised():
        harm.problem(f"{what}: says success, and is not")


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("role", [RUNTIME, CHILD], ids=["runtime", "container"])
def test_in_create(harm, case, error, role, stride):
    words = ["create", "--bundle", harm.bundle.directory]
    identifier = case.new_id()
    calls = harm.calls(*words, identifier)
    harm.gone(identifier, "undisturbed")
    for number in points(calls, role, 0, 1, stride):
        identifier = case.new_id()
        what = f"{error} for role {role}, call {number} ({NAMES.get(calls[role][number - 1])})"
        status, text = harm.command(("fail", role, number, getattr(errno, error)), *words, identifier)
        judge(harm, what, status, text, calls[role], number, lambda: state(case, identifier) == "created")
        harm.gone(identifier, what)
    harm.finish()


@pytest.mark.parametrize("error", ERRORS)
def test_in_start(harm, case, error, stride):
    container = harm.bundle.create("sleep", "1000")
    calls = harm.calls("start", container.id)[RUNTIME]
    harm.gone(container.id, "undisturbed")
    for number in points({RUNTIME: calls}, RUNTIME, 0, 1, stride):
        container = harm.bundle.create("sleep", "1000")
        what = f"{error} for call {number} ({NAMES.get(calls[number - 1])})"
        status, text = harm.command(("fail", RUNTIME, number, getattr(errno, error)), "start", container.id)
        judge(harm, what, status, text, calls, number, lambda: state(case, container.id) == "running")
        harm.gone(container.id, what)
    harm.finish()


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("role", [RUNTIME, CHILD], ids=["runtime", "process"])
def test_in_exec(harm, case, error, role, stride):
    container = harm.bundle.writable().sleeper()
    marker = harm.bundle.rootfs / "marker"
    words = ["exec", container.id, "touch", "/marker"]
    calls = harm.calls(*words)
    for number in points(calls, role, 0, 1, stride):
        marker.unlink(missing_ok=True)
        what = f"{error} for role {role}, call {number} ({NAMES.get(calls[role][number - 1])})"
        status, text = harm.command(("fail", role, number, getattr(errno, error)), *words)
        judge(harm, what, status, text, calls[role], number, marker.exists)
        if state(case, container.id) != "running":
            harm.problem(f"{what}: the container has gone")
    left = json.loads(case("ps", "--format", "json", container.id).out)
    assert len(left) == 1, f"processes are left: {left}"
    harm.gone(container.id, "exec")
    harm.finish()
