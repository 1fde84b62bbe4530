# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""list, ps, pause and resume."""
import json
import subprocess

import pytest

from harness import cgroups
from harness.case import eventually, finish


def test_list_table(bundle, case):
    container = bundle.sleeper()
    header, row = case("list").succeeds().lines
    assert header.split()[0] in ("ID", "NAME")
    assert {"PID", "STATUS", "BUNDLE", "CREATED", "OWNER"} <= set(header.split())
    assert row.split()[:4] == [container.id, str(container.pid), "running", str(bundle.directory)]


def test_list_json(bundle, case):
    container = bundle.sleeper()
    (entry,) = json.loads(case("list", "--format", "json").succeeds().out)
    assert entry["id"] == container.id
    assert entry["pid"] == container.pid
    assert entry["status"] == "running"
    assert entry["bundle"] == str(bundle.directory)
    assert entry["owner"] == "root" and "created" in entry


def test_list_quiet(bundle, case):
    ids = sorted(case.bundle().create("true").id for _ in range(3))
    assert sorted(case("list", "--quiet").succeeds().lines) == ids
    assert sorted(case("list", "-q").succeeds().lines) == ids


@pytest.mark.parametrize("status", ["created", "running", "stopped"])
def test_list_status(bundle, case, status):
    container = bundle.create("sleep", "1000")
    if status != "created":
        container.start()
    if status == "stopped":
        container.kill("KILL")
        container.wait()
    (entry,) = json.loads(case("list", "-f", "json").out)
    assert entry["status"] == status
    assert entry["pid"] == (0 if status == "stopped" else container.pid)


def test_list_of_nothing(case):
    case.root.mkdir()
    assert json.loads(case("list", "-f", "json").succeeds().out) in ([], None)
    assert len(case("list").succeeds().lines) <= 1


def test_list_without_a_state_root(case):
    case("list").succeeds()


def test_list_unknown_format(case):
    case("list", "--format", "xml").fails("format|xml")


def test_list_skips_what_is_no_container(bundle, case):
    container = bundle.create("true")
    (case.root / "stray-file").write_text("")
    (case.root / "stray-directory").mkdir()
    result = case("list", "-q")
    (case.root / "stray-file").unlink()
    (case.root / "stray-directory").rmdir()
    assert container.id in result.lines


def test_ps_json(bundle, case):
    container = bundle.start("sh", "-c", "sleep 1000 & echo ready; wait")
    eventually(lambda: container.out, "ready")
    pids = json.loads(case("ps", "--format", "json", container.id).succeeds().out)
    assert container.pid in pids and len(pids) == 2


def test_ps_table(bundle, case):
    container = bundle.sleeper()
    text = case("ps", container.id).succeeds().out
    assert "PID" in text and str(container.pid) in text


@pytest.mark.differs(crun="takes no arguments for ps")
def test_ps_arguments(bundle, case):
    container = bundle.sleeper()
    header, row = case("ps", container.id, "-o", "pid,args").succeeds().lines
    assert header.split() == ["PID", "COMMAND"] and "sleep 1000" in row


def test_ps_of_an_unknown_container(case):
    case("ps", "nobody").fails()


def test_pause_and_resume(bundle, case):
    container = bundle.start("sh", "-c", "while :; do echo tick; sleep 0.02; done")
    eventually(lambda: "tick" in container.out, "ticking")
    case("pause", container.id).succeeds()
    assert container.status == "paused"
    assert cgroups.value(container, "freezer", "freezer.state", "cgroup.freeze") == ("1" if cgroups.V2 else "FROZEN")
    before = container.out
    assert before == container.out
    case("resume", container.id).succeeds()
    assert container.status == "running"
    eventually(lambda: len(container.out) > len(before), "ticking again")


def test_list_shows_paused(bundle, case):
    container = bundle.sleeper()
    case("pause", container.id).succeeds()
    assert json.loads(case("list", "-f", "json").out)[0]["status"] == "paused"
    case("resume", container.id).succeeds()


def test_kill_of_a_paused_container_takes_effect(bundle, case):
    container = bundle.sleeper()
    case("pause", container.id).succeeds()
    container.kill("KILL").succeeds()
    case("resume", container.id)  # Whether the runtime thaws for KILL by itself is its own affair.
    container.wait()


@pytest.mark.roost
def test_kill_of_a_paused_container_needs_no_resume(bundle, case):
    container = bundle.sleeper()
    case("pause", container.id).succeeds()
    container.kill("KILL").succeeds()
    container.wait()


def test_exec_in_a_paused_container_is_refused(bundle, case):
    container = bundle.sleeper()
    case("pause", container.id).succeeds()
    process = case.popen("exec", container.id, "true", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        finish(process).fails("paused")
    finally:
        case("resume", container.id).succeeds()


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_of_an_unknown_container(case, verb):
    case(verb, "nobody").fails()


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_of_a_stopped_container(bundle, case, verb):
    container = bundle.start("true")
    container.wait()
    case(verb, container.id).fails()


@pytest.mark.differs(crun="thaws what is not frozen")
def test_resume_of_a_running_container(bundle, case):
    container = bundle.sleeper()
    case("resume", container.id).fails("paused")


def test_start_of_a_paused_container_is_refused(bundle, case):
    container = bundle.sleeper()
    case("pause", container.id).succeeds()
    case("start", container.id).fails()
    case("resume", container.id).succeeds()
