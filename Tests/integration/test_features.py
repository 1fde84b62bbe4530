# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`features`: complete, in the specification's form, and with --host no more than the kernel has."""
import json
import os

import pytest

from harness import schema

LISTS = {
    ("namespaces",): "NamespaceType", ("seccomp", "actions"): "SeccompAction",
    ("seccomp", "operators"): "SeccompOperators", ("seccomp", "archs"): "SeccompArch",
    ("seccomp", "knownFlags"): "SeccompFlag", ("seccomp", "supportedFlags"): "SeccompFlag",
    ("memoryPolicy", "modes"): "MemoryPolicyMode", ("memoryPolicy", "flags"): "MemoryPolicyFlag",
}

# runtime-spec 1.3.0, config.md, "Linux mount options".
MOUNT_OPTIONS = """
    async atime bind defaults dev diratime dirsync exec iversion lazytime loud mand noatime nodev nodiratime noexec
    noiversion nolazytime nomand norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime
    remount rexec rnoatime rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ro rprivate rrelatime rro
    rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid symfollow sync
    tmpcopyup unbindable idmap ridmap""".split()


def features(case, *flags):
    return json.loads(case("features", *flags).succeeds().out)


@pytest.mark.differs(crun="1.8.1 has no such command")
def test_versions_and_hooks(case):
    found = features(case)
    assert found["ociVersionMin"].startswith("1.0")
    assert set(found["hooks"]) == {
        "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"}


@pytest.mark.roost
@pytest.mark.parametrize("flags", [(), ("--host",)])
def test_form_is_the_schemas(case, flags):
    assert list(schema.Schema("features-schema.json").problems(features(case, *flags))) == []


@pytest.mark.roost
@pytest.mark.parametrize("place", LISTS, ids="/".join)
def test_every_word_of_the_specification_is_listed(case, place):
    found = features(case)["linux"]
    for key in place:
        found = found[key]
    assert sorted(found) == sorted(schema.words(LISTS[place]))


@pytest.mark.roost
def test_every_member_of_the_schema_is_there(case):
    found = features(case)
    for pointer in schema.Schema("features-schema.json").pointers():
        value = found
        for key in pointer.strip("/").split("/"):
            assert key in value, f"no {pointer}"
            value = value[key]


@pytest.mark.roost
def test_every_mount_option_of_the_specification_is_listed(case):
    assert set(MOUNT_OPTIONS) - set(features(case)["mountOptions"]) == set()


@pytest.mark.roost
def test_what_callers_look_at(case):
    found = features(case)
    assert "rro" in found["mountOptions"]
    assert found["linux"]["mountExtensions"]["idmap"]["enabled"] is True
    assert found["linux"]["cgroup"]["v1"] is True and found["linux"]["cgroup"]["v2"] is True
    assert found["linux"]["seccomp"]["enabled"] is True
    assert "org.opencontainers.image.stopSignal" in found["potentiallyUnsafeConfigAnnotations"]


@pytest.mark.roost
def test_the_host_takes_away_only(case):
    whole, host = features(case), features(case, "--host")
    for place in [("mountOptions",), ("linux", "namespaces"), ("linux", "capabilities"), ("linux", "seccomp", "archs"),
                  ("linux", "seccomp", "actions"), ("linux", "seccomp", "supportedFlags"),
                  ("linux", "memoryPolicy", "modes"), ("linux", "memoryPolicy", "flags")]:
        here, there = whole, host
        for key in place:
            here, there = here[key], there[key]
        assert [word for word in here if word in there] == there, place


@pytest.mark.roost
def test_the_host_is_asked(case):
    linux = features(case, "--host")["linux"]
    with open("/proc/sys/kernel/cap_last_cap") as file:
        assert len(linux["capabilities"]) == min(int(file.read()) + 1, 41)
    assert ("time" in linux["namespaces"]) == os.path.exists("/proc/self/ns/time")
    with open("/proc/filesystems") as file:
        known = file.read().split()
    assert linux["selinux"]["enabled"] == ("selinuxfs" in known)
    if "resctrl" not in known:
        assert linux["intelRdt"]["enabled"] is False
    if os.uname().machine == "x86_64":
        assert linux["seccomp"]["archs"] == ["SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32"]
