# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Attacks by who somebody says that they are: users, groups, capabilities, names that are numbers."""
import json

import pytest

from test_rootless import user  # noqa: F401 (a fixture)

#: (uid_t)-1 means "no change" to the kernel; what wraps around 32 bits is root.
NO_USERS = ["-1", "4294967295", "4294967296", "4294967297", "18446744073709551616", "0x0", "+0", " 0", "0 ", "", "root\n",
            "1e3", "0:", ":0", "0:-1", "0:4294967295", "0:0:0", "00000000000", "٣", "root"]


@pytest.mark.roost
@pytest.mark.parametrize("text", NO_USERS)
def test_user_of_exec_that_is_none(bundle, text):
    """CVE-2026-30892: what is no number must not become root."""
    container = bundle.sleeper()
    result = container.exec("id", "-u", flags=("--user", text))
    if text == "00000000000":
        assert result.status != 0 or result.out == "0\n"
    else:
        result.fails("--user")


@pytest.mark.roost
@pytest.mark.parametrize("field", ["uid", "gid", "additionalGids"])
@pytest.mark.parametrize("value", [4294967295, 4294967296, -1, 1 << 64, 0.5, "0", True])
def test_identity_that_is_none(bundle, field, value):
    bundle.process["user"][field] = [value] if field == "additionalGids" else value
    bundle.run("id").fails(f"/process/user/{field}")


@pytest.mark.roost
@pytest.mark.parametrize("field", ["containerID", "hostID", "size"])
@pytest.mark.parametrize("value", [4294967296, -1, "0"])
def test_mapping_that_is_none(bundle, field, value):
    bundle.user_namespace()
    bundle.linux["uidMappings"][0][field] = value
    bundle.run("true").fails(f"/linux/uidMappings/0/{field}")


@pytest.mark.roost
def test_process_file_of_exec_with_a_user_that_is_none(bundle, case):
    container = bundle.sleeper()
    process = dict(bundle.process, args=["id"], user={"uid": 4294967295, "gid": 0})
    case.path("p.json").write_text(json.dumps(process))
    case("exec", "--process", case.path("p.json"), container.id).fails("uid")


def test_inheritable_capabilities_are_those_of_the_configuration(bundle):
    """CVE-2022-29162 and its kin: a program with file capabilities must not gain by what was never asked for."""
    out = bundle.run("grep", "^Cap", "/proc/self/status").succeeds().out
    sets = dict(line.split(":\t") for line in out.splitlines())
    assert int(sets["CapInh"], 16) == 0 and int(sets["CapAmb"], 16) == 0


def test_inheritable_capabilities_of_exec(bundle):
    container = bundle.sleeper()
    out = container.exec("grep", "^CapInh", "/proc/self/status").succeeds().out
    assert int(out.split()[1], 16) == 0


def test_groups_that_the_caller_may_not_drop(user):  # noqa: F811
    """CVE-2014-8989: a group can deny access; who gives it up without help gains it."""
    assert user.run("cat", "/proc/self/setgroups").succeeds().out == "deny\n"


def test_ordinary_user_does_not_reach_the_hosts_cgroups(user):  # noqa: F811
    """CVE-2023-25809."""
    user.bundle.mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "rw", kind="cgroup")
    result = user.run("sh", "-c", "mkdir /sys/fs/cgroup/x; mkdir /sys/fs/cgroup/*/x; find /sys/fs/cgroup -name tasks")
    assert "tasks" not in result.out and result.status != 0 or result.out == ""


@pytest.mark.roost
@pytest.mark.parametrize("count", [341, 4000])
def test_mappings_that_are_many(bundle, count):
    """CVE-2021-43784: a length that wraps. The kernel takes 340 lines; what is more is an error, not something else."""
    bundle.user_namespace()
    lines = [{"containerID": number, "hostID": 100000 + number, "size": 1} for number in range(count)]
    bundle.linux["uidMappings"] = bundle.linux["gidMappings"] = lines
    bundle.run("cat", "/proc/self/uid_map").fails("/linux/uidMappings")


def test_mappings_that_are_as_many_as_possible(bundle):
    """340 lines, which also have to fit into a page."""
    bundle.user_namespace()
    lines = [{"containerID": number, "hostID": 1000 + number, "size": 1} for number in range(340)]
    bundle.linux["uidMappings"] = bundle.linux["gidMappings"] = lines
    assert len(bundle.run("cat", "/proc/self/uid_map").succeeds().lines) == 340
