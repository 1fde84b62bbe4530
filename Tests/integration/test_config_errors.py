# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Configurations that are wrong. Each is refused, before anything is made; ours also says where, as a JSON pointer."""
import json
import os

import pytest


class Wrong:
    """A change that makes the default configuration wrong, the place to blame, and who lets it pass."""

    def __init__(self, pointer, edit, accepted_by=()):
        self.pointer, self.edit, self.accepted_by = pointer, edit, accepted_by


def at(*path, value):
    """Puts the value at that place."""
    def edit(spec):
        for step in path[:-1]:
            spec = spec[step] if isinstance(step, int) else spec.setdefault(step, {})
        spec[path[-1]] = value
    return edit


def without(*path):
    def edit(spec):
        for step in path[:-1]:
            spec = spec[step]
        del spec[path[-1]]
    return edit


def more(*path, value):
    """Appends the value to the list there."""
    def edit(spec):
        for step in path:
            spec = spec.setdefault(step, [] if step == path[-1] else {})
        spec.append(value)
    return edit


RUNC, CRUN, BOTH = ("runc",), ("crun",), ("runc", "crun")

CASES = {
    "version absent": Wrong("/ociVersion", without("ociVersion"), RUNC),
    "version of another world": Wrong("/ociVersion", at("ociVersion", value="2.0.0"), RUNC),
    "version is a number": Wrong("/ociVersion", at("ociVersion", value=1)),
    "root absent": Wrong("/root", without("root")),
    "root path absent": Wrong("/root/path", without("root", "path")),
    "root path empty": Wrong("/root/path", at("root", "path", value="")),
    "root path a number": Wrong("/root/path", at("root", "path", value=5)),
    "root read-only a word": Wrong("/root/readonly", at("root", "readonly", value="yes"), CRUN),
    "args absent": Wrong("/process/args", without("process", "args")),
    "args empty": Wrong("/process/args", at("process", "args", value=[])),
    "args a string": Wrong("/process/args", at("process", "args", value="sh")),
    "args of numbers": Wrong("/process/args/0", at("process", "args", value=[1])),
    "args with NUL": Wrong("/process/args/1", at("process", "args", value=["true", "a\0b"]), CRUN),
    "cwd absent": Wrong("/process/cwd", without("process", "cwd")),
    "cwd empty": Wrong("/process/cwd", at("process", "cwd", value="")),
    "cwd relative": Wrong("/process/cwd", at("process", "cwd", value="tmp"), CRUN),
    "env an object": Wrong("/process/env", at("process", "env", value={"A": "1"})),
    "env without =": Wrong("/process/env/0", at("process", "env", value=["PATH"])),
    "env with NUL": Wrong("/process/env/0", at("process", "env", value=["A=\0"])),
    "uid a name": Wrong("/process/user/uid", at("process", "user", "uid", value="root"), CRUN),
    "uid negative": Wrong("/process/user/uid", at("process", "user", "uid", value=-1)),
    "uid 2^32 - 1": Wrong("/process/user/uid", at("process", "user", "uid", value=4294967295), CRUN),
    "uid 2^32": Wrong("/process/user/uid", at("process", "user", "uid", value=4294967296)),
    "uid 2^64": Wrong("/process/user/uid", at("process", "user", "uid", value=18446744073709551616)),
    "uid a fraction": Wrong("/process/user/uid", at("process", "user", "uid", value=0.5)),
    "gid 2^32 - 1": Wrong("/process/user/gid", at("process", "user", "gid", value=4294967295), CRUN),
    "additional gid 2^32 - 1": Wrong("/process/user/additionalGids/0",
                                     at("process", "user", "additionalGids", value=[4294967295])),
    "umask too large": Wrong("/process/user/umask", at("process", "user", "umask", value=0o1000), BOTH),
    "rlimit unknown": Wrong("/process/rlimits/1/type",
                            more("process", "rlimits", value={"type": "RLIMIT_X", "soft": 1, "hard": 1})),
    "rlimit soft above hard": Wrong("/process/rlimits/0", at("process", "rlimits", 0, value={
        "type": "RLIMIT_NOFILE", "soft": 2, "hard": 1})),
    "rlimit twice": Wrong("/process/rlimits/1", more("process", "rlimits", value={
        "type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024}), BOTH),
    "capabilities a list": Wrong("/process/capabilities", at("process", "capabilities", value=["CAP_KILL"]), CRUN),
    "terminal a word": Wrong("/process/terminal", at("process", "terminal", value="no"), CRUN),
    "no_new_privs a number": Wrong("/process/noNewPrivileges", at("process", "noNewPrivileges", value=1), CRUN),
    "oom score too large": Wrong("/process/oomScoreAdj", at("process", "oomScoreAdj", value=1001)),
    "hostname too long": Wrong("/hostname", at("hostname", value="x" * 65)),
    "hostname without namespace": Wrong("/hostname", at("linux", "namespaces", value=[{"type": "mount"}])),
    "mounts an object": Wrong("/mounts", at("mounts", value={})),
    "mount without destination": Wrong("/mounts/7/destination", more("mounts", value={"type": "tmpfs"})),
    "mount options a string": Wrong("/mounts/7/options", more("mounts", value={
        "destination": "/x", "type": "tmpfs", "source": "tmpfs", "options": "ro"}), CRUN),
    "mount destination with NUL": Wrong("/mounts/7/destination", more("mounts", value={
        "destination": "/x\0y", "type": "tmpfs", "source": "tmpfs"}), CRUN),
    "bind without source": Wrong("/mounts/7/source", more("mounts", value={
        "destination": "/x", "type": "bind", "options": ["bind"]}), RUNC),
    "namespaces a string": Wrong("/linux/namespaces", at("linux", "namespaces", value="pid"), CRUN),
    "namespace unknown": Wrong("/linux/namespaces/5/type", more("linux", "namespaces", value={"type": "x"})),
    "namespace twice": Wrong("/linux/namespaces/5", more("linux", "namespaces", value={"type": "pid"}), CRUN),
    "namespace path relative": Wrong("/linux/namespaces/1/path", at("linux", "namespaces", 1, "path", value="x")),
    "mapping of size 0": Wrong("/linux/uidMappings/0/size", lambda spec: (
        spec["linux"]["namespaces"].append({"type": "user"}),
        spec["linux"].update(uidMappings=[{"containerID": 0, "hostID": 0, "size": 0}],
                             gidMappings=[{"containerID": 0, "hostID": 0, "size": 1}]))),
    "mapping without namespace": Wrong("/linux/uidMappings", at("linux", "uidMappings", value=[
        {"containerID": 0, "hostID": 0, "size": 1}]), BOTH),
    "sysctl of the host": Wrong("/linux/sysctl/vm.swappiness", at("linux", "sysctl", value={"vm.swappiness": "60"})),
    "sysctl with dots and slashes": Wrong("/linux/sysctl", at("linux", "sysctl", value={"net/../vm/swappiness": "60"})),
    "sysctl a number": Wrong("/linux/sysctl/net.core.somaxconn", at(
        "linux", "sysctl", value={"net.core.somaxconn": 1})),
    "sysctl of a namespace that is not new": Wrong("/linux/sysctl/net.core.somaxconn", lambda spec: (
        spec["linux"].update(sysctl={"net.core.somaxconn": "100"}),
        spec["linux"].update(namespaces=[n for n in spec["linux"]["namespaces"] if n["type"] != "network"]))),
    "propagation unknown": Wrong("/linux/rootfsPropagation", at("linux", "rootfsPropagation", value="x"), CRUN),
    "masked path relative": Wrong("/linux/maskedPaths/0", at("linux", "maskedPaths", value=["proc/keys"]), BOTH),
    "masked paths a string": Wrong("/linux/maskedPaths", at("linux", "maskedPaths", value="/proc/keys"), CRUN),
    "cgroups path with ..": Wrong("/linux/cgroupsPath", at("linux", "cgroupsPath", value="/../../x"), RUNC),
    "cgroups path a number": Wrong("/linux/cgroupsPath", at("linux", "cgroupsPath", value=5), CRUN),
    "device type unknown": Wrong("/linux/devices/0/type", more("linux", "devices", value={
        "path": "/dev/x", "type": "q", "major": 1, "minor": 3}), CRUN),
    "device path absent": Wrong("/linux/devices/0/path", more("linux", "devices", value={
        "type": "c", "major": 1, "minor": 3}), RUNC),
    "device rule type unknown": Wrong("/linux/resources/devices/0/type", at("linux", "resources", "devices", value=[
        {"allow": True, "type": "q", "access": "r"}]), CRUN),
    "memory limit a word": Wrong("/linux/resources/memory/limit", at("linux", "resources", "memory", value={
        "limit": "1g"}), CRUN),
    "memory limit below -1": Wrong("/linux/resources/memory/limit", at("linux", "resources", "memory", value={
        "limit": -5}), CRUN),
    "shares 2^64": Wrong("/linux/resources/cpu/shares", at("linux", "resources", "cpu", value={"shares": 1 << 64})),
    "pids limit a word": Wrong("/linux/resources/pids/limit", at(
        "linux", "resources", "pids", value={"limit": "x"}), CRUN),
    "cpus nonsense": Wrong("/linux/resources/cpu/cpus", at("linux", "resources", "cpu", value={"cpus": "0-"}), CRUN),
    "annotations a list": Wrong("/annotations", at("annotations", value=["x"]), CRUN),
    "annotation a number": Wrong("/annotations/a", at("annotations", value={"a": 1})),
    "annotation without a key": Wrong("/annotations", at("annotations", value={"": "x"}), BOTH),
    "hook path relative": Wrong("/hooks/prestart/0/path", at("hooks", value={"prestart": [{"path": "true"}]}), CRUN),
    "hook path absent": Wrong("/hooks/prestart/0/path", at("hooks", value={"prestart": [{"args": ["x"]}]})),
    "hook timeout zero": Wrong("/hooks/prestart/0/timeout", at("hooks", value={"prestart": [
        {"path": "/bin/true", "timeout": 0}]}), CRUN),
    "hooks a list": Wrong("/hooks", at("hooks", value=[]), CRUN),
    "linux a string": Wrong("/linux", at("linux", value="x")),
    "seccomp action unknown": Wrong("/linux/seccomp/defaultAction", at("linux", "seccomp", value={
        "defaultAction": "SCMP_ACT_MAYBE"})),
}


def expected_of_references():
    for name, wrong in CASES.items():
        if set(wrong.accepted_by) != set(BOTH):
            marks = [pytest.mark.differs(**{who: "takes it" for who in wrong.accepted_by})] if wrong.accepted_by else []
            yield pytest.param(wrong, id=name, marks=marks)


@pytest.mark.parametrize("wrong", expected_of_references())
def test_refused(bundle, wrong):
    wrong.edit(bundle.spec)
    bundle.run().fails()


@pytest.mark.roost
@pytest.mark.parametrize("wrong", CASES.values(), ids=CASES)
def test_refused_with_the_place(bundle, wrong):
    wrong.edit(bundle.spec)
    bundle.run().fails(status=1).explains(wrong.pointer)


@pytest.mark.roost
@pytest.mark.parametrize("wrong", list(CASES.values())[::8], ids=list(CASES)[::8])
def test_refused_before_anything_is_made(bundle, case, wrong):
    """create and run alike; the state root may exist, but holds nothing."""
    wrong.edit(bundle.spec)
    bundle.try_create()[0].fails(status=1)
    assert not case.root.exists() or not [name for name in case.root.iterdir() if not name.name.startswith(".")]


DOCUMENTS = {
    "empty": b"", "space": b" \n", "null": b"null", "a list": b"[]", "a string": b'"x"',
    "truncated": b'{"ociVersion": "1.0.2"',
    "trailing comma": b'{"ociVersion": "1.0.2",}', "trailing text": b"{} x", "single quotes": b"{'a': 1}",
    "binary": bytes(range(256)), "bad escape": b'{"a": "\\x"}', "bare control character": b'{"a": "\n"}',
    "not UTF-8": b'{"ociVersion": "\xff\xfe"}', "lone surrogate": b'{"ociVersion": "\\ud800"}',
    "number with a leading zero": b'{"a": 01}',
    "huge exponent": b'{"linux": {"resources": {"pids": {"limit": 1e999}}}}',
    "deep": b"[" * 100000, "deep objects": b'{"a":' * 50000,
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_document_that_is_no_configuration(bundle, document):
    bundle.raw = document
    result = bundle.run()
    assert result.status > 0, result


@pytest.mark.roost
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_document_that_is_no_configuration_is_one_line(bundle, document):
    bundle.raw = document
    bundle.run().fails(status=1).explains("config.json")


@pytest.mark.roost
@pytest.mark.parametrize("document, place", [
    ('{\n  "ociVersion": "1.0.2",\n  "process": }', "3:14|line 3.*column 14"),
    ('{\n  "ociVersion": 5\n}', "2:17|line 2.*column 17"),
    ('{"ociVersion": "1.0.2"', "1:2[23]|line 1.*column 2[23]"),
])
def test_line_and_column(bundle, document, place):
    bundle.raw = document
    bundle.run().fails(place)


@pytest.mark.roost
def test_duplicate_key_is_refused(bundle):
    """Which of the two counts is a matter of the parser, and parsers that disagree are a hole."""
    bundle.raw = json.dumps(bundle.spec)[:-1] + ', "hostname": "again"}'
    bundle.run().fails("/hostname", "duplicate|twice")


@pytest.mark.roost
def test_enormous_document_is_refused(bundle):
    bundle.raw = b'{"annotations": {"a": "' + b"x" * (100 << 20) + b'"}}'
    bundle.run().fails(status=1).explains("config.json", "large|bytes|MiB|limit")


def test_large_but_sensible_document_works(bundle):
    bundle.spec["annotations"] = {f"org.example.{number}": "x" * 100 for number in range(5000)}
    bundle.run("true").succeeds()


def test_byte_order_mark_or_comments_are_no_crash(bundle):
    for prefix in (b"\xef\xbb\xbf", b"// comment\n"):
        bundle.raw = prefix + json.dumps(bundle.spec).encode()
        assert bundle.run().status >= 0


@pytest.mark.parametrize("name", ["bundle", "config", "root"])
def test_missing(bundle, case, name):
    bundle.args("true").save()
    if name == "config":
        (bundle.directory / "config.json").unlink()
    if name == "root":
        bundle.rootfs.rename(bundle.directory / "elsewhere")
    directory = case.path("absent") if name == "bundle" else bundle.directory
    case("run", "--bundle", directory, case.new_id()).fails("no such|not exist|missing|absent|rootfs|config.json")


@pytest.mark.roost
@pytest.mark.parametrize("name, words", [
    ("bundle", "absent.*no such file or directory"), ("config", "config.json.*no such file or directory"),
    ("root", "/root/path.*rootfs.*no such file or directory")])
def test_missing_is_one_line(bundle, case, name, words):
    bundle.args("true").save()
    if name == "config":
        (bundle.directory / "config.json").unlink()
    if name == "root":
        bundle.rootfs.rename(bundle.directory / "elsewhere")
    directory = case.path("absent") if name == "bundle" else bundle.directory
    case("run", "--bundle", directory, case.new_id()).fails(status=1).explains(words)


def test_config_that_is_a_directory(bundle, case):
    (bundle.directory / "config.json").mkdir()
    case("run", "--bundle", bundle.directory, case.new_id()).fails()


@pytest.mark.roost
def test_config_that_is_a_fifo_does_not_hang(bundle, case):
    os.mkfifo(bundle.directory / "config.json")
    case("run", "--bundle", bundle.directory, case.new_id(), timeout=10).fails("config.json")
