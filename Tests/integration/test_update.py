# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""update: new limits for a living container. Skipped where the runtime has no such command."""
import json
import re

import pytest

MIB = 1 << 20


@pytest.fixture
def limited(bundle, case):
    if not re.search(r"^\s+update\b", case.runtime.run(None, "--help").out, re.MULTILINE):
        pytest.skip("this runtime has no update")
    bundle.resources.update({"memory": {"limit": 32 * MIB}, "cpu": {"shares": 100, "quota": 10000, "period": 100000,
                                                                     "cpus": "0"}, "pids": {"limit": 20}})
    return bundle.sleeper()


def value(container, controller, file):
    return (container.cgroup(controller) / file).read_text().strip()


@pytest.mark.parametrize("flags, controller, file, expected", [
    (("--memory", str(64 * MIB)), "memory", "memory.limit_in_bytes", str(64 * MIB)),
    (("--memory-reservation", str(16 * MIB)), "memory", "memory.soft_limit_in_bytes", str(16 * MIB)),
    (("--cpu-share", "200"), "cpu", "cpu.shares", "200"),
    (("--cpu-quota", "20000"), "cpu", "cpu.cfs_quota_us", "20000"),
    (("--cpu-period", "50000"), "cpu", "cpu.cfs_period_us", "50000"),
    (("--cpuset-cpus", "1"), "cpuset", "cpuset.cpus", "1"),
    (("--pids-limit", "30"), "pids", "pids.max", "30"),
])
def test_flag(limited, case, flags, controller, file, expected):
    case("update", *flags, limited.id).succeeds()
    assert value(limited, controller, file) == expected


def test_resources_from_a_file(limited, case):
    case.path("r.json").write_text(json.dumps({"memory": {"limit": 48 * MIB}, "pids": {"limit": 40}}))
    case("update", "--resources", case.path("r.json"), limited.id).succeeds()
    assert value(limited, "memory", "memory.limit_in_bytes") == str(48 * MIB)
    assert value(limited, "pids", "pids.max") == "40"


def test_resources_from_standard_input(limited, case):
    case("update", "--resources", "-", limited.id, stdin=json.dumps({"cpu": {"shares": 300}}).encode()).succeeds()
    assert value(limited, "cpu", "cpu.shares") == "300"


def test_what_is_not_named_stays(limited, case):
    case("update", "--pids-limit", "30", limited.id).succeeds()
    assert value(limited, "memory", "memory.limit_in_bytes") == str(32 * MIB)
    assert value(limited, "cpu", "cpu.cfs_quota_us") == "10000"


@pytest.mark.parametrize("flags", [("--cpuset-cpus", "99"), ("--memory", "x"), ("--cpu-period", "1")])
def test_wrong_value_changes_nothing(limited, case, flags):
    case("update", *flags, limited.id).fails()
    assert value(limited, "cpuset", "cpuset.cpus") == "0" and value(limited, "cpu", "cpu.cfs_period_us") == "100000"
    assert value(limited, "memory", "memory.limit_in_bytes") == str(32 * MIB)


def test_unknown_container(limited, case):
    case("update", "--pids-limit", "5", "nobody").fails()
