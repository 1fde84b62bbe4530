# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Annotations that callers send to make the runtime do something."""
import base64
import os
import re
import socket
import struct
import subprocess
from pathlib import Path

import pytest


def annotate(bundle, **values):
    bundle.spec.setdefault("annotations", {}).update({key.replace("__", "."): value for key, value in values.items()})
    return bundle


@pytest.mark.differs(runc="does not know the annotation")
@pytest.mark.parametrize("value, kept", [("1", True), ("0", False)])
def test_keep_original_groups(bundle, case, value, kept):
    annotate(bundle, run__oci__keep_original_groups=value)
    bundle.args("probe", "ids").save()
    command = [str(case.runtime.path), "--root", str(case.root), "run", "--bundle", str(bundle.directory), case.new_id()]
    found = subprocess.run(command, capture_output=True, text=True, timeout=15, extra_groups=[4321, 4322])
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines()[2].split() == (["4321", "4322"] if kept else [])


@pytest.mark.differs(runc="does not know the annotation")
def test_output_of_hooks(bundle, case):
    annotate(bundle, run__oci__hooks__stdout=str(case.path("out")), run__oci__hooks__stderr=str(case.path("err")))
    for kind in ("prestart", "createRuntime", "poststop"):
        bundle.hook_script(kind, f"echo out-{kind}; echo err-{kind} >&2")
    bundle.run("true").succeeds()
    assert case.path("out").read_text().split() == ["out-prestart", "out-createRuntime", "out-poststop"]
    assert case.path("err").read_text().split() == ["err-prestart", "err-createRuntime", "err-poststop"]


@pytest.mark.roost
def test_output_of_all_hooks(bundle, case):
    annotate(bundle, run__oci__hooks__stdout=str(case.path("out")))
    kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
    for kind in kinds:
        bundle.hook_script(kind, f"echo {kind}")
    container = bundle.start("true")
    container.wait()
    container.delete().succeeds()
    assert case.path("out").read_text().split() == kinds


@pytest.mark.roost
def test_output_of_hooks_that_cannot_be_opened(bundle, case):
    annotate(bundle, run__oci__hooks__stdout=str(case.path("none/out"))).hook_script("createRuntime", "true")
    bundle.run("true").fails("no such file", "/annotations/run.oci.hooks.stdout")


def filter_program(*instructions):
    return base64.b64encode(b"".join(struct.pack("<HBBI", *entry) for entry in instructions)).decode()


# mkdir and mkdirat of x86_64 end with error 7 (E2BIG), everything else is allowed.
REFUSE_MKDIR = filter_program((0x20, 0, 0, 0), (0x15, 1, 0, 83), (0x15, 0, 1, 258), (0x06, 0, 0, 0x00050007),
                              (0x06, 0, 0, 0x7FFF0000))


@pytest.mark.differs(runc="does not know the annotation")
@pytest.mark.parametrize("profile", [None, {"defaultAction": "SCMP_ACT_KILL"}])
def test_filter_in_the_kernels_own_form(bundle, profile):
    """It counts instead of a profile."""
    if profile:
        bundle.linux["seccomp"] = profile
    annotate(bundle, run__oci__seccomp_bpf_data=REFUSE_MKDIR).writable()
    bundle.run("mkdir", "/new").fails("[Aa]rgument list too long")
    container = bundle.sleeper()
    container.exec("mkdir", "/new").fails("[Aa]rgument list too long")


@pytest.mark.roost
@pytest.mark.parametrize("value", ["", "!", "AAAA", "AAAAAAAAAA", "BgAAAAAA/38", REFUSE_MKDIR[:-1] + "\n"])
def test_filter_that_is_none(bundle, value):
    annotate(bundle, run__oci__seccomp_bpf_data=value)
    bundle.run("true").fails("/annotations/run.oci.seccomp_bpf_data", "base64")


@pytest.mark.roost
def test_filter_that_the_kernel_refuses(bundle):
    annotate(bundle, run__oci__seccomp_bpf_data=filter_program((0x06, 0, 0, 0x7FFF0000), (0x20, 0, 0, 0)))
    bundle.run("true").fails("seccomp", "invalid argument")


@pytest.mark.roost
def test_unknown_system_call_can_be_an_error(bundle):
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["frobnicate"], "action": "SCMP_ACT_ERRNO"}]}
    bundle.run("true").succeeds()
    annotate(bundle, run__oci__seccomp_fail_unknown_syscall="1")
    bundle.run("true").fails("frobnicate", "/linux/seccomp/syscalls/0/names", "run.oci.seccomp_fail_unknown_syscall")


@pytest.mark.roost
def test_pidfd_receiver(bundle, case):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(case.path("pidfd.sock")))
        listener.listen(1)
        listener.settimeout(10)
        container = annotate(bundle, run__oci__pidfd_receiver=str(case.path("pidfd.sock"))).create("true")
        connection, _ = listener.accept()
        with connection:
            _, (descriptor,), _, _ = socket.recv_fds(connection, 4096, 1)
    text = Path(f"/proc/self/fdinfo/{descriptor}").read_text()
    os.close(descriptor)
    assert int(re.search(r"^Pid:\s+(\d+)", text, re.MULTILINE)[1]) == container.pid


@pytest.mark.roost
def test_seccomp_receiver(bundle, case):
    """The agent gets the listener, as with listenerPath."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(case.path("agent.sock")))
        listener.listen(1)
        listener.settimeout(10)
        bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["getppid"], "action": "SCMP_ACT_NOTIFY"}]}
        annotate(bundle, run__oci__seccomp__receiver=str(case.path("agent.sock"))).run("true").succeeds()
        connection, _ = listener.accept()
        with connection:
            message, (descriptor,), _, _ = socket.recv_fds(connection, 65536, 1)
        os.close(descriptor)
    assert b"seccompFd" in message


@pytest.mark.roost
@pytest.mark.parametrize("key, value", [
    ("run.oci.keep_original_groups", "perhaps"), ("run.oci.mount_context_type", "label"),
    ("run.oci.hooks.stdout", "relative"), ("run.oci.seccomp.receiver", "relative"),
    ("run.oci.seccomp_fail_unknown_syscall", "2"), ("run.oci.pidfd_receiver", ""), ("org.criu.config", "relative"),
    ("run.oci.handler", "krun")])
def test_values_that_are_wrong(bundle, key, value):
    bundle.spec["annotations"] = {key: value}
    bundle.run("true").fails(re.escape(f"/annotations/{key}"))


@pytest.mark.roost
def test_all_are_in_features(case):
    listed = case("features").succeeds().out
    for name in ["run.oci.keep_original_groups", "run.oci.hooks.stdout", "run.oci.hooks.stderr",
                 "run.oci.seccomp.receiver", "run.oci.seccomp_fail_unknown_syscall", "run.oci.pidfd_receiver",
                 "run.oci.mount_context_type"]:
        assert f'"{name}"' in listed
