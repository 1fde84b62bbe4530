# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""lint: what is wrong, what nobody knows, and what other runtimes would ignore."""
import json

import pytest

pytestmark = pytest.mark.roost


def lint(bundle, *arguments):
    bundle.save()
    return bundle.case("lint", *(arguments or (bundle.directory,)))


def test_default_is_clean(bundle):
    result = lint(bundle).succeeds()
    assert "unknown property" not in result.out


def test_unknown_properties(bundle):
    bundle.spec["proces"] = {}
    bundle.process["usr"] = {"uid": 1}
    bundle.mounts[0]["option"] = []
    bundle.resources["memory"] = {"limits": 5}
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errno": 1}]}
    result = lint(bundle)
    assert result.status == 1
    for pointer in ["/proces", "/process/usr", "/mounts/0/option", "/linux/resources/memory/limits",
                    "/linux/seccomp/syscalls/0/errno"]:
        assert f"warning: {pointer}: unknown property" in result.out, pointer


def test_place_of_an_unknown_property(bundle):
    bundle.raw = json.dumps({**bundle.spec, "proces": 1}, indent=2)
    line = bundle.raw.splitlines().index('  "proces": 1') + 1
    assert f"(line {line}, column" in lint(bundle).out


def test_other_platforms_are_no_fault(bundle):
    bundle.spec["windows"] = {"layerFolders": ["x"]}
    assert "note: /windows: for another platform" in lint(bundle).succeeds().out


def test_unknown_annotations_are_nobodys_business(bundle):
    bundle.spec["annotations"] = {"org.example": "1"}
    assert "org.example" not in lint(bundle).succeeds().out


@pytest.mark.parametrize("change, pointer, words", [
    (lambda b: b.linux.update(netDevices={"eth7": {}}), "/linux/netDevices", "runc before 1.4"),
    (lambda b: b.linux.update(memoryPolicy={"mode": "MPOL_LOCAL"}), "/linux/memoryPolicy", "runc before 1.4"),
    (lambda b: b.linux.update(intelRdt={"enableMonitoring": True}), "/linux/intelRdt/enableMonitoring", "runc"),
    (lambda b: b.resources.update(rdma={"mlx5_0": {"hcaHandles": 1}}), "/linux/resources/rdma", "crun and youki"),
    (lambda b: b.mount("/x", "/tmp", "bind", "nosymfollow"), "/mounts/7/options/1", "crun on bind"),
    (lambda b: b.process["capabilities"]["bounding"].append("CAP_FUTURE"), "/process/capabilities/bounding/3",
     "CAP_FUTURE"),
    (lambda b: b.spec.update(annotations={"run.oci.keep_original_groups": "1"}),
     "/annotations/run.oci.keep_original_groups", "ignored by runc"),
    (lambda b: b.linux.update(seccomp={"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["frobnicate"], "action": "SCMP_ACT_ERRNO"}]}), "/linux/seccomp/syscalls/0/names", "frobnicate"),
])
def test_what_others_ignore(bundle, change, pointer, words):
    change(bundle)
    lines = [line for line in lint(bundle).succeeds().lines if line.startswith(f"note: {pointer}:")]
    assert any(words in line for line in lines), lines


def test_what_is_wrong(bundle):
    bundle.process["oomScoreAdj"] = 5000
    lint(bundle).fails("/process/oomScoreAdj", status=1)


def test_the_working_directory_is_the_default(bundle):
    bundle.save()
    bundle.case("lint", cwd=bundle.directory).succeeds()


def test_nothing_is_made(bundle):
    lint(bundle).succeeds()
    assert not bundle.case.root.exists()
