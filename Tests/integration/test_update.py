# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""update: new limits for a living container. Skipped where the runtime has no such command."""
import json
import re

import pytest

from harness import cgroups

MIB = 1 << 20


@pytest.fixture
def limited(bundle, case):
    if not re.search(r"^\s+update\b", case.runtime.run(None, "--help").out, re.MULTILINE):
        pytest.skip("this runtime has no update")
    bundle.resources.update({"memory": {"limit": 32 * MIB}, "cpu": {"shares": 100, "quota": 10000, "period": 100000,
                                                                     "cpus": "0"}, "pids": {"limit": 20}})
    return bundle.sleeper()


LIMIT = ("memory", "memory.limit_in_bytes", "memory.max")
PIDS = ("pids", "pids.max", "pids.max")
CPUS = ("cpuset", "cpuset.cpus", "cpuset.cpus")


@pytest.mark.parametrize("flags, controller, v1, v2", [
    (("--memory", str(64 * MIB)), "memory", ("memory.limit_in_bytes", str(64 * MIB)), ("memory.max", str(64 * MIB))),
    (("--memory", str(16 * MIB)), "memory", ("memory.limit_in_bytes", str(16 * MIB)), ("memory.max", str(16 * MIB))),
    (("--memory-reservation", str(16 * MIB)), "memory", ("memory.soft_limit_in_bytes", str(16 * MIB)),
     ("memory.low", str(16 * MIB))),
    pytest.param(("--cpu-share", "200"), "cpu", ("cpu.shares", "200"), ("cpu.weight", "29"),
                 marks=pytest.mark.roost if cgroups.V2 else ()),
    (("--cpu-quota", "20000"), "cpu", ("cpu.cfs_quota_us", "20000"), ("cpu.max", "20000 100000")),
    (("--cpu-period", "50000"), "cpu", ("cpu.cfs_period_us", "50000"), ("cpu.max", "10000 50000")),
    (("--cpuset-cpus", "1"), "cpuset", ("cpuset.cpus", "1"), ("cpuset.cpus", "1")),
    (("--pids-limit", "30"), "pids", ("pids.max", "30"), ("pids.max", "30")),
])
def test_flag(limited, case, flags, controller, v1, v2):
    case("update", *flags, limited.id).succeeds()
    file, expected = v2 if cgroups.V2 else v1
    assert (limited.cgroup(controller) / file).read_text().strip() == expected


def test_resources_from_a_file(limited, case):
    case.path("r.json").write_text(json.dumps({"memory": {"limit": 48 * MIB}, "pids": {"limit": 40}}))
    case("update", "--resources", case.path("r.json"), limited.id).succeeds()
    assert cgroups.value(limited, *LIMIT) == str(48 * MIB)
    assert cgroups.value(limited, *PIDS) == "40"


def test_resources_from_standard_input(limited, case):
    case("update", "--resources", "-", limited.id, stdin=json.dumps({"cpu": {"quota": 15000}}).encode()).succeeds()
    assert cgroups.value(limited, "cpu", "cpu.cfs_quota_us", "cpu.max").split()[0] == "15000"


def test_what_is_not_named_stays(limited, case):
    case("update", "--pids-limit", "30", limited.id).succeeds()
    assert cgroups.value(limited, *LIMIT) == str(32 * MIB)
    assert cgroups.value(limited, "cpu", "cpu.cfs_quota_us", "cpu.max").split()[0] == "10000"


@pytest.mark.parametrize("flags", [("--cpuset-cpus", "99"), ("--memory", "x"), ("--cpu-period", "1")])
def test_wrong_value_changes_nothing(limited, case, flags):
    case("update", *flags, limited.id).fails()
    assert cgroups.value(limited, *CPUS) == "0"
    assert cgroups.value(limited, "cpu", "cpu.cfs_period_us", "cpu.max").split()[-1] == "100000"
    assert cgroups.value(limited, *LIMIT) == str(32 * MIB)


def test_unknown_container(limited, case):
    case("update", "--pids-limit", "5", "nobody").fails()


@pytest.mark.roost
@pytest.mark.parametrize("flags, controller, v1, v2", [
    (("--memory", "64m"), "memory", ("memory.limit_in_bytes", str(64 * MIB)), ("memory.max", str(64 * MIB))),
    (("--memory", "-1"), "memory", ("memory.limit_in_bytes", "9223372036854771712"), ("memory.max", "max")),
    (("--memory-reservation", "0.5g"), "memory", ("memory.soft_limit_in_bytes", str(512 * MIB)),
     ("memory.low", str(512 * MIB))),
    (("--cpu-shares", "200"), "cpu", ("cpu.shares", "200"), ("cpu.weight", "29")),
    (("--cpu-burst", "5000"), "cpu", ("cpu.cfs_burst_us", "5000"), ("cpu.max.burst", "5000")),
    (("--cpu-idle", "1"), "cpu", ("cpu.idle", "1"), ("cpu.idle", "1")),
    (("--cpuset-mems", "0"), "cpuset", ("cpuset.mems", "0"), ("cpuset.mems", "0")),
])
def test_further_flags(limited, case, flags, controller, v1, v2):
    case("update", *flags, limited.id).succeeds()
    file, expected = v2 if cgroups.V2 else v1
    assert (limited.cgroup(controller) / file).read_text().strip() == expected


@pytest.mark.roost
@pytest.mark.parametrize("flags, words", [
    (("--memory", "12q"), "--memory: expected a number of bytes.*12q"),
    (("--memory", "-5"), "--memory: expected a number of bytes"),
    (("--cpu-idle", "x"), "--cpu-idle: expected a number"),
    (("--resources", "-", "{"), "unexpected argument|--resources"),
])
def test_wrong_flags_are_named(limited, case, flags, words):
    case("update", limited.id, *flags).fails(words)


@pytest.mark.roost
@cgroups.on_v1
def test_kernel_memory_where_the_kernel_has_it(limited, case):
    result = case("update", "--kernel-memory", str(32 * MIB), limited.id)
    if (limited.cgroup("memory") / "memory.kmem.limit_in_bytes").exists():
        # The kernel refuses a limit since 5.16 and keeps the file.
        assert result.status == 0 or "memory.kmem.limit_in_bytes" in result.err
    else:
        result.succeeds()


@pytest.mark.roost
def test_resources_that_are_wrong_name_the_place(limited, case):
    case("update", "--resources", "-", limited.id, stdin=b'{"pids": {"limit": "many"}}').fails("/pids/limit")
