# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`--systemd-cgroup`: containers as scopes of a systemd that these tests start in namespaces of its own."""
import json
import os

import pytest

from harness import sandbox, systemd
from harness.case import eventually

MIB = 1 << 20
pytestmark = pytest.mark.roost  # Each runtime has its own names of units.
NEEDS = pytest.mark.skipif(not systemd.usable(), reason="needs Debian's systemd, and cgroup v1")


@pytest.fixture(scope="module")
def manager():
    with systemd.Manager() as running:
        yield running


@pytest.fixture
def scoped(bundle, case, manager):
    """The bundle, and commands of the runtime that see this systemd."""
    made = systemd.Scoped(bundle, case, manager)
    # Before the comparison of what is there with what was.
    case.clean_up = made.clean_up
    return made


@pytest.mark.skipif(os.path.isdir("/run/systemd/system"), reason="there is a systemd")
def test_without_systemd_the_flag_is_refused_at_once(bundle, case):
    bundle.args("true").save()
    case("--systemd-cgroup", "run", "--bundle", bundle.directory, case.new_id()).explains(
        "systemd", "leave out --systemd-cgroup")
    assert not case.root.exists() or not os.listdir(case.root)


@NEEDS
def test_a_container_is_a_scope(scoped):
    scoped.create("true")
    shown = scoped.show("Slice", "Delegate", "DefaultDependencies", "ActiveState")
    assert shown == {"Slice": "system.slice", "Delegate": "yes", "DefaultDependencies": "no", "ActiveState": "active"}
    assert scoped.unit in scoped.in_manager("cat", f"/proc/{scoped.pid}/cgroup")
    scoped("delete", "--force", scoped.id).succeeds()
    assert scoped.show("LoadState") == {"LoadState": "not-found"}
    assert not scoped.directories()


@NEEDS
def test_slice_prefix_and_name(scoped):
    name = scoped.id.replace("-", "")
    scoped.bundle.linux["cgroupsPath"] = f"one{name}-two.slice:pre:{scoped.id}"
    scoped.unit = f"pre-{scoped.id}.scope"
    scoped.create("true")
    assert scoped.show("Slice") == {"Slice": f"one{name}-two.slice"}
    line = scoped.in_manager("grep", "memory", f"/proc/{scoped.pid}/cgroup").strip()
    assert line.endswith(f":/one{name}.slice/one{name}-two.slice/pre-{scoped.id}.scope")
    scoped("delete", "--force", scoped.id).succeeds()
    scoped.in_manager("systemctl", "stop", f"one{name}-two.slice", f"one{name}.slice")


@NEEDS
def test_every_hierarchy_has_the_process(scoped):
    scoped.create("true")
    lines = scoped.in_manager("cat", f"/proc/{scoped.pid}/cgroup").splitlines()
    # A hierarchy that is mounted nowhere any more can live on, and is in no manager's hands.
    mounts = scoped.in_manager("cat", "/proc/self/mountinfo").splitlines()
    options = {option for mount in mounts if " - cgroup" in mount for option in mount.split()[-1].split(",")}
    lines = [line for line in lines if options.issuperset(line.split(":")[1].split(",")) or line.startswith("0::")]
    assert len(lines) > 1 and [line for line in lines if not line.endswith(scoped.unit)] == []


@NEEDS
@pytest.mark.parametrize("resources, property_name, expected, file, value", [
    ({"memory": {"limit": 64 * MIB}}, "MemoryLimit", str(64 * MIB), "memory/memory.limit_in_bytes", str(64 * MIB)),
    ({"cpu": {"shares": 512}}, "CPUShares", "512", "cpu/cpu.shares", "512"),
    ({"cpu": {"quota": 12345, "period": 50000}}, "CPUQuotaPerSecUSec", "250ms", "cpu/cpu.cfs_quota_us", "12345"),
    ({"pids": {"limit": 20}}, "TasksMax", "20", "pids/pids.max", "20"),
    ({"pids": {"limit": 0}}, "TasksMax", "1", "pids/pids.max", "1"),
    ({"cpu": {"cpus": "0"}}, "ActiveState", "active", "cpuset/cpuset.cpus", "0"),
])
def test_limits_are_properties_and_files(scoped, resources, property_name, expected, file, value):
    scoped.bundle.resources.update(resources)
    scoped.create("true")
    assert scoped.show(property_name) == {property_name: expected}
    assert scoped.value(file) == value


@NEEDS
def test_devices_are_properties(scoped):
    scoped.bundle.resources["devices"] = [{"allow": False, "access": "rwm"},
                                          {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rw"}]
    scoped.create("true")
    shown = scoped.in_manager("systemctl", "show", scoped.unit, "-p", "DevicePolicy", "-p", "DeviceAllow")
    assert "DevicePolicy=strict" in shown and "DeviceAllow=/dev/char/10:229 rw" in shown
    assert "c 10:229 rw" in scoped.value("devices/devices.list")


@NEEDS
def test_annotations_are_properties(scoped):
    scoped.bundle.spec["annotations"] = {"org.systemd.property.TimeoutStopSec": "uint64 7",
                                         "org.systemd.property.Description": "'by the test'"}
    scoped.create("true")
    assert scoped.show("TimeoutStopUSec", "Description") == {"TimeoutStopUSec": "7s", "Description": "by the test"}


@NEEDS
def test_an_annotation_that_is_no_value_is_refused(scoped):
    scoped.bundle.spec["annotations"] = {"org.systemd.property.TimeoutStopSec": "soon"}
    scoped.refused("annotations/org.systemd.property.TimeoutStopSec")


@NEEDS
def test_a_property_that_systemd_does_not_know_is_refused(scoped):
    scoped.bundle.spec["annotations"] = {"org.systemd.property.NoSuchThing": "true"}
    scoped.refused("NoSuchThing")


@NEEDS
@pytest.mark.parametrize("path", ["/absolute", "a:b", "a.slice:b:c.slice", "nonsense:b:c"])
def test_paths_that_are_none(scoped, path):
    scoped.bundle.linux["cgroupsPath"] = path
    scoped.refused("/linux/cgroupsPath")


@NEEDS
def test_a_unit_of_somebody_else_is_refused_and_left_alone(scoped):
    with scoped.foreign_scope():
        scoped.refused(scoped.unit)
        assert scoped.show("ActiveState") == {"ActiveState": "active"}


@NEEDS
def test_update_tells_systemd_and_the_kernel(scoped):
    scoped.create("true")
    scoped("update", "--memory", str(32 * MIB), "--cpu-quota", "33333", "--pids-limit", "7", scoped.id).succeeds()
    shown = scoped.show("MemoryLimit", "CPUQuotaPerSecUSec", "TasksMax")
    assert shown == {"MemoryLimit": str(32 * MIB), "CPUQuotaPerSecUSec": "340ms", "TasksMax": "7"}
    assert scoped.value("cpu/cpu.cfs_quota_us") == "33333"


@NEEDS
def test_half_an_update_of_the_quota(scoped):
    """systemd keeps a share of a second, for which it takes quota and period: what an update leaves out counts, too."""
    scoped.bundle.resources["cpu"] = {"quota": 50000, "period": 100000}
    scoped.create("true")
    for flag, value, share, quota, period in [("--cpu-period", "200000", "250ms", "50000", "200000"),
                                              ("--cpu-quota", "60000", "300ms", "60000", "200000"),
                                              ("--cpu-quota", "-1", "infinity", "-1", "200000"),
                                              ("--cpu-period", "50000", "infinity", "-1", "50000")]:
        scoped("update", flag, value, scoped.id).succeeds()
        assert scoped.show("CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec") == {
            "CPUQuotaPerSecUSec": share, "CPUQuotaPeriodUSec": f"{int(period) // 1000}ms"}
        assert scoped.value("cpu/cpu.cfs_quota_us") == quota
        assert scoped.value("cpu/cpu.cfs_period_us") == period


@NEEDS
def test_a_frozen_cgroup_is_refused_and_left_alone(scoped):
    """Not made and stopped again, with which it would go."""
    with scoped.foreign_cgroup("freezer") as cgroup:
        (cgroup / "freezer.state").write_text("FROZEN")
        for _ in range(2):
            scoped.refused("frozen")
        assert (cgroup / "freezer.state").read_text() == "FROZEN\n"
        assert scoped.show("LoadState") == {"LoadState": "not-found"}


@NEEDS
def test_exec_pause_and_kill(scoped):
    scoped.create("sleep", "1000")
    scoped("start", scoped.id).succeeds()
    assert scoped.unit in scoped("exec", scoped.id, "cat", "/proc/self/cgroup").succeeds().out
    scoped("pause", scoped.id).succeeds()
    assert json.loads(scoped("state", scoped.id).out)["status"] == "paused"
    scoped("resume", scoped.id).succeeds()
    scoped("kill", "--all", scoped.id, "KILL").succeeds()
    eventually(lambda: json.loads(scoped("state", scoped.id).out)["status"] == "stopped", "the container ends")
    scoped("delete", scoped.id).succeeds()
    assert not scoped.directories()


@NEEDS
def test_run_leaves_nothing(scoped):
    result = scoped("run", "--bundle", scoped.bundle_path("sh", "-c", "echo hello; exit 3"), scoped.id)
    assert (result.status, result.out) == (3, "hello\n")
    assert not scoped.directories()


@NEEDS
def test_a_failed_start_leaves_no_scope(scoped):
    scoped("run", "--bundle", scoped.bundle_path("/no/such/program"), scoped.id).fails("no such file")
    assert scoped.show("LoadState") == {"LoadState": "not-found"}
    assert not scoped.directories()


@NEEDS
def test_an_interrupted_create_can_be_undone(scoped):
    """A record without a process is what a runtime leaves that was killed when it had found the scope's cgroup."""
    scoped.create("true")
    summary, belongings = scoped.record()
    summary["phase"] = "creating"
    for name in ["pid", "startTime", "pidfdInode"]:
        summary.pop(name, None)
    scoped.write_record(summary, belongings)
    scoped("delete", "--force", scoped.id).succeeds()
    assert scoped.show("LoadState") == {"LoadState": "not-found"}
    assert not scoped.directories()


@NEEDS
@pytest.mark.parametrize("is_ours", [True, False])
def test_a_record_that_names_nothing_but_the_unit(scoped, is_ours):
    """That of a runtime that was killed while systemd made the scope. Only a scope with our description is ours."""
    scoped.create("true")
    summary, belongings = scoped.record()
    scoped("delete", "--force", scoped.id).succeeds()
    summary["phase"] = "creating"
    for name in ["pid", "startTime", "pidfdInode"]:
        summary.pop(name, None)
    belongings["cgroups"] = []
    with scoped.foreign_scope(belongings["unit"]["description"] if is_ours else "another"):
        scoped.write_record(summary, belongings)
        scoped("delete", "--force", scoped.id).succeeds()
        assert scoped.show("ActiveState") == {"ActiveState": "inactive" if is_ours else "active"}
    assert not scoped.directories()
