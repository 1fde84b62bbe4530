# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""delete, and what must be gone afterwards."""
import os
import re

import pytest

from harness import sandbox
from harness.case import alive, eventually


def test_delete_stopped(bundle):
    container = bundle.start("true")
    container.wait()
    container.delete().succeeds()
    container.case("state", container.id).fails()


def test_delete_created(bundle):
    container = bundle.create("true")
    pid = container.pid
    container.delete().succeeds()
    eventually(lambda: not alive(pid), "init is gone")


def test_delete_running_is_refused(bundle):
    container = bundle.sleeper()
    container.delete().fails("running|stopped")
    assert container.status == "running"


def test_delete_force_running(bundle):
    container = bundle.sleeper()
    pid = container.pid
    container.delete("--force").succeeds()
    assert not alive(pid)
    assert not sandbox.cgroups_named(container.id)


def test_delete_force_short_flag(bundle):
    container = bundle.sleeper()
    container.delete("-f").succeeds()
    container.case("state", container.id).fails()


def test_delete_force_of_an_unknown_container_is_quiet(case):
    assert case("delete", "--force", "nobody").succeeds().text == ""


def test_delete_of_an_unknown_container_fails(case):
    case("delete", "nobody").fails()


def test_id_can_be_used_again(bundle):
    first = bundle.start("echo", "one")
    first.wait()
    first.delete().succeeds()
    second = bundle.start("echo", "two", identifier=first.id)
    second.wait()
    assert second.out == "two\n"


def test_delete_removes_only_what_is_its_own(bundle, case):
    one, two = bundle.sleeper(), case.bundle().sleeper()
    one.delete("--force").succeeds()
    assert two.status == "running"
    assert two.exec("echo", "alive").succeeds().out == "alive\n"


def test_delete_force_kills_every_process_of_a_container_without_a_pid_namespace(bundle):
    bundle.without_namespace("pid")
    container = bundle.start("sh", "-c", "sleep 1000 & sleep 1000 & echo ready; wait")
    eventually(lambda: container.out, "ready")
    pids = [int(pid) for pid in (container.cgroup("pids") / "cgroup.procs").read_text().split()]
    assert len(pids) == 3
    container.delete("--force").succeeds()
    eventually(lambda: not any(alive(pid) for pid in pids), "all processes gone")


def test_delete_force_of_a_paused_container(bundle):
    container = bundle.sleeper()
    pid = container.pid
    container.case("pause", container.id).succeeds()
    container.delete("--force").succeeds()
    eventually(lambda: not alive(pid), "init is gone")


def test_delete_after_the_rootfs_went_away(bundle):
    container = bundle.start("true")
    container.wait()
    (bundle.rootfs).rename(bundle.directory / "elsewhere")
    container.delete().succeeds()


def test_delete_after_someone_else_removed_a_cgroup(bundle):
    container = bundle.start("true")
    container.wait()
    for directory in sandbox.cgroups_named(container.id):
        if "/memory/" in directory or "/pids/" in directory:
            os.rmdir(directory)
    container.delete().succeeds()


def test_delete_removes_cgroups_made_below_the_container(bundle):
    container = bundle.start("true")
    container.wait()
    for directory in [d for d in sandbox.cgroups_named(container.id) if "/pids/" in d]:
        os.mkdir(directory + "/inner")
    container.delete().succeeds()
    assert not sandbox.cgroups_named(container.id)


@pytest.mark.roost
def test_delete_force_of_an_unreadable_state_says_so_or_cleans_up(bundle, case):
    container = bundle.sleeper()
    pid = container.pid
    for file in (case.root / container.id).rglob("*.json"):
        file.write_text("{ not json")
    result = container.delete("--force")
    if result.status == 0:
        eventually(lambda: not alive(pid), "a delete that says success has killed init")
        assert not sandbox.cgroups_named(container.id)
    else:
        result.explains(container.id)


def without_end(data):
    return data[:len(data) // 2]


def of_another_version(data):
    return re.sub(rb'"version":\s*\d+', b'"version":99', data, count=1)


def with_another_kind(data):
    return re.sub(rb'"pid":\s*\d+', b'"pid":"init"', data, count=1)


@pytest.mark.roost
@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"id": 5}', b"\0" * 100, b"\xff" * 50, b"[" * 100000, without_end,
                                    of_another_version, with_another_kind], ids=lambda damage: getattr(
                                        damage, "__name__", repr(damage)[:12]))
def test_broken_state_is_named_and_hides_no_other_container(bundle, case, damage):
    broken, whole = bundle.create("true"), case.bundle().create("true")
    states = [file for file in (case.root / broken.id).rglob("*.json") if "state" in file.name]
    assert states
    kept = {file: file.read_bytes() for file in states}
    for file, data in kept.items():
        file.write_bytes(damage(data) if callable(damage) else damage)
        assert file.read_bytes() != data
    for verb in ("state", "start", "delete"):
        case(verb, broken.id).fails(broken.id, "state.*json", status=1).explains()
    assert whole.id in case("list", "-q").out.split()
    for file, data in kept.items():
        file.write_bytes(data)
