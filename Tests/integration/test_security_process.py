# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Attacks through what a process inherits, and through the runtime's own channels."""
import copy
import os
from pathlib import Path

import pytest

from harness.case import eventually


def abstract_names():
    """Names of abstract sockets in this network namespace."""
    with open("/proc/self/net/unix") as file:
        return {words[7] for words in (line.split() for line in file) if len(words) > 7 and words[7].startswith("@")}


def test_no_abstract_socket(bundle, case):
    """CVE-2020-15257: with the host's network, a container could connect to it."""
    before = abstract_names()
    bundle.without_namespace("network")
    container = bundle.create("sleep", "1000")
    assert abstract_names() <= before
    container.start()
    container.exec("true").succeeds()
    assert abstract_names() <= before


HOSTILE = {"SECRET": "1", "LD_PRELOAD": "/tmp/x.so", "LD_LIBRARY_PATH": "/tmp", "GLIBC_TUNABLES": "glibc.malloc.check=3",
           "SWIFT_BACKTRACE": "enable=yes,color=no", "MALLOC_PERTURB_": "1", "LD_AUDIT": "/tmp/x.so"}


@pytest.mark.parametrize("verb", ["run", "exec"])
def test_environment_of_the_caller_reaches_nobody(bundle, verb):
    if verb == "run":
        out = bundle.run("env", env=HOSTILE).succeeds().out
    else:
        out = bundle.sleeper().exec("env", env=HOSTILE).succeeds().out
    for name in HOSTILE:
        assert f"{name}=" not in out


def test_environment_of_the_caller_reaches_no_hook(bundle, case):
    told = case.path("told")
    bundle.hook("createRuntime", "/bin/sh", "-c", f"tr '\\0' '\\n' </proc/self/environ >{told}; pwd >>{told}",
                env=["OWN=1", "PATH=/usr/bin:/bin"])
    bundle.run("true", env=HOSTILE).succeeds()
    text = told.read_text()
    assert "OWN=1" in text
    for name in HOSTILE:
        assert f"{name}=" not in text


def strings(value, pointer=""):
    """Every string of a document with its place."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from strings(member, f"{pointer}/{key}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from strings(member, f"{pointer}/{index}")
    elif isinstance(value, str):
        yield pointer


def replace(document, pointer, change):
    place = document
    *way, last = pointer.strip("/").split("/")
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    last = int(last) if isinstance(place, list) else last
    place[last] = change(place[last])


@pytest.mark.roost
def test_nul_in_any_string(bundle):
    """What the kernel would cut off means something else to it than to whoever checked it."""
    original = copy.deepcopy(bundle.spec)
    for pointer in list(strings(original)):
        if pointer == "/process/args/0":
            continue
        bundle.spec = copy.deepcopy(original)
        replace(bundle.spec, pointer, lambda text: text + "\0x")
        bundle.save()
        result = bundle.case("run", "--bundle", bundle.directory, bundle.case.new_id())
        assert result.status != 0 and result.err.strip(), pointer
    bundle.spec = original


@pytest.mark.roost
@pytest.mark.parametrize("path", ["agent.sock", "./agent.sock", "@agent", "\0agent"])
def test_seccomp_listener_by_another_name_than_an_absolute_path(bundle, path):
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": path,
                               "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}
    bundle.run("true").fails("listenerPath")


@pytest.mark.roost
@pytest.mark.parametrize("field, module", [("apparmorProfile", "AppArmor"), ("selinuxLabel", "SELinux")])
def test_label_that_cannot_be_applied(bundle, field, module):
    """A promise that cannot be kept is an error."""
    if Path("/sys/module/apparmor/parameters/enabled").exists() or Path("/sys/fs/selinux/enforce").exists():
        pytest.skip("this machine has a security module")
    bundle.process[field] = "confined"
    bundle.run("true").fails(module, f"/process/{field}")
    del bundle.process[field]
    container = bundle.sleeper()
    flag = "--apparmor" if field == "apparmorProfile" else "--process-label"
    container.exec("true", flags=(flag, "confined")).fails(module)


def test_session_keyring_is_the_containers(bundle):
    outside = bundle.run("probe", "keyring", flags=("--no-new-keyring",)).out
    inside = bundle.run("probe", "keyring").succeeds().out
    assert "_ses." in inside and inside != outside


def test_start_socket_is_out_of_reach(bundle, case):
    """Only who may enter the state directory can start a container."""
    container = bundle.create("sleep", "1000")
    directory = case.root / container.id
    assert os.stat(directory).st_mode & 0o077 == 0
    for entry in os.scandir(directory):
        if entry.is_file():
            assert entry.stat().st_mode & 0o077 == 0, entry.path


@pytest.mark.roost
def test_console_socket_that_is_no_socket(bundle, case):
    """What stands at the path is neither written nor waited for."""
    bundle.process["terminal"] = True
    file = case.path("file")
    file.write_text("precious")
    bundle.try_create("true", flags=("--console-socket", file))[0].fails("console")
    assert file.read_text() == "precious"


def test_working_directory_is_inside(bundle):
    """CVE-2024-21626, with the parent of the descriptors that a runtime has open."""
    for number in range(3, 30):
        bundle.process["cwd"] = f"/proc/self/fd/{number}/../../.."
        result = bundle.run("sh", "-c", "pwd -P; ls /proc/self/cwd/")
        assert result.status != 0 or "unreachable" not in result.out and "debian_version" not in result.out


def test_hooks_started_by_nobody_else(bundle, case):
    """A program of the image at a hook's path is not the hook."""
    told = case.path("told")
    hook = bundle.rootfs / "hook"
    hook.write_text(f"#!/bin/sh\necho image >>{told}\n")
    hook.chmod(0o755)
    bundle.hook("createRuntime", "/hook")
    bundle.run("true").fails("/hooks/createRuntime/0|no such file")
    assert not told.exists()


def test_signal_of_the_container_does_not_reach_the_runtime(bundle, case):
    """kill(-1) inside ends the container alone."""
    container = bundle.start("sh", "-c", "echo here; kill -9 -1; sleep 1000")
    eventually(lambda: "here" in container.out, "it runs")
    assert case("list").succeeds()
    container.delete("--force").succeeds()
