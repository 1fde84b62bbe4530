# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""linux.intelRdt: control groups of cache and memory bandwidth, or an error where the kernel has none."""
import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.roost
RESCTRL = Path("/sys/fs/resctrl")
present = (RESCTRL / "schemata").exists()


@pytest.mark.skipif(present, reason="this machine has resctrl")
@pytest.mark.parametrize("value", [
    {}, {"closID": "group"}, {"l3CacheSchema": "L3:0=f"}, {"memBwSchema": "MB:0=50"}, {"schemata": ["L3:0=f"]},
    {"enableMonitoring": True}])
def test_without_resctrl(bundle, value):
    bundle.linux["intelRdt"] = value
    bundle.run("true").fails("resctrl", "/linux/intelRdt")


@pytest.mark.skipif(present, reason="this machine has resctrl")
def test_update_without_resctrl(bundle, case):
    container = bundle.sleeper()
    case("update", "--l3-cache-schema", "L3:0=f", container.id).fails("resctrl")
    container.stop()


@pytest.mark.skipif(not present, reason="this machine has no resctrl")
def test_own_group_is_made_and_removed(bundle):
    bundle.linux["intelRdt"] = {"schemata": [(RESCTRL / "schemata").read_text().splitlines()[0].strip()]}
    container = bundle.sleeper()
    group = RESCTRL / container.id
    assert str(container.pid) in (group / "tasks").read_text().split()
    container.stop()
    assert not group.exists()


@pytest.mark.skipif(not present, reason="this machine has no resctrl")
def test_default_group_stays(bundle):
    bundle.linux["intelRdt"] = {"closID": "/"}
    bundle.run("true").succeeds()
    assert os.path.exists(RESCTRL / "schemata")
