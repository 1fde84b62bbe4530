# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""System calls that the kernel, or an outer container's filter, does not have: a way that is as safe, or a refusal that
names the call. Never a hang, a crash, a rest, or a success that is none."""
import json
import platform
import re
import subprocess
from pathlib import Path

import pytest

CALLS = ["openat2", "clone3", "mount_setattr", "open_tree", "move_mount", "fsopen", "fsmount", "close_range", "pidfd_open",
         "pidfd_send_signal", "faccessat2"]

pytestmark = pytest.mark.roost


def numbers():
    text = Path("/usr/include/asm-generic/unistd.h").read_text()
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", text)}


@pytest.fixture(scope="session")
def without(template):
    """A prefix for commands that shall lack a system call."""
    path = Path("/tmp/scratch/without")
    source = Path(__file__).parent / "helpers/without.c"
    subprocess.run(["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", path, source], check=True)
    known = numbers()
    # The newer calls have the same number everywhere; the older ones differ on x86_64.
    if platform.machine() == "x86_64":
        text = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h").read_text()
        known.update({name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", text)})
    return lambda call: [path, str(known[call])]


def attempt(case, prefix, *words):
    with open(case.path("out"), "wb") as out, open(case.directory / "empty", "a+b") as empty:
        process = subprocess.Popen([*map(str, prefix), str(case.runtime.path), "--root", str(case.root), *map(str, words)],
                                   stdin=empty, stdout=out, stderr=out)
        status = process.wait(20)
    return status, case.path("out").read_text(errors="replace")


def answered(status, text, call):
    """Whether it worked; what did not must say which call was missing."""
    assert status >= 0, f"killed by signal {-status}: {text}"
    if status == 0:
        return True
    words = {"fsmount": "fsmount", "pidfd_open": "pidfd_open|waitid|pidfd", "clone3": "clone3|process"}.get(call, call)
    assert re.search(words, text) and re.search("not implemented|not supported", text), text
    return False


@pytest.mark.parametrize("call", CALLS)
def test_run(bundle, case, without, call):
    bundle.args("echo", "hello").save()
    identifier = case.new_id()
    status, text = attempt(case, without(call), "run", "--bundle", bundle.directory, identifier)
    if answered(status, text, call):
        assert "hello" in text
    case("delete", "--force", identifier).succeeds()


@pytest.mark.parametrize("call", CALLS)
def test_life_cycle(bundle, case, without, call):
    """Each command on its own lacks the call, on a container that was made with it."""
    container = bundle.create("sleep", "1000")
    status, text = attempt(case, without(call), "start", container.id)
    if not answered(status, text, call):
        container.start()
    for words in (("exec", container.id, "true"), ("state", container.id), ("list",), ("kill", container.id, "0")):
        answered(*attempt(case, without(call), *words), call)
    assert json.loads(case("state", container.id).out)["status"] == "running"
    status, text = attempt(case, without(call), "delete", "--force", container.id)
    if answered(status, text, call):
        case("state", container.id).fails("does not exist")
    container.delete("--force").succeeds()


def test_landlock(bundle, case, without):
    """A fence that the kernel cannot raise is an error, for a container and for a process that joins one."""
    bundle.spec["annotations"] = {"org.roost.landlock.paths": "/bin", "org.roost.landlock.tcp": "none"}
    bundle.args("true").save()
    prefix = without("landlock_create_ruleset")
    status, text = attempt(case, prefix, "run", "--bundle", bundle.directory, case.new_id())
    assert status > 0 and "/annotations/org.roost.landlock.paths" in text and "CONFIG_SECURITY_LANDLOCK" in text, text
    del bundle.spec["annotations"]["org.roost.landlock.paths"]
    bundle.save()
    status, text = attempt(case, prefix, "run", "--bundle", bundle.directory, case.new_id())
    assert status > 0 and "/annotations/org.roost.landlock.tcp" in text, text
    container = bundle.start("sleep", "1000")
    status, text = attempt(case, prefix, "exec", container.id, "true")
    assert status > 0 and "/annotations/org.roost.landlock.tcp" in text, text
