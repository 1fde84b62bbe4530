# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""A configuration without process: it can be created, and start is an error without effect (runtime.md, "Start")."""
import json

import pytest

pytestmark = pytest.mark.roost


@pytest.fixture
def idle(bundle):
    del bundle.spec["process"]
    return bundle


def test_create_and_delete(idle):
    container = idle.create()
    assert container.status == "created" and container.pid > 0
    container.delete().succeeds()


def test_start_is_an_error_and_changes_nothing(idle, case):
    container = idle.create()
    case("start", container.id).fails("no process", "/process")
    assert container.status == "created"
    container.delete().succeeds()


def test_run_is_an_error(idle, case):
    idle.save()
    case("run", "--bundle", idle.directory, case.new_id()).fails("/process")


def test_exec_with_a_process_of_its_own(idle, case):
    container = idle.create()
    case.path("p.json").write_text(json.dumps({
        "user": {"uid": 0, "gid": 0}, "cwd": "/", "env": ["PATH=/bin"], "args": ["hostname"]}))
    assert case("exec", "--process", case.path("p.json"), container.id).succeeds().out == "box\n"
    container.exec("true").fails("no process")
    container.delete("--force").succeeds()


def test_hooks_run_all_the_same(idle, case):
    idle.hook_script("createRuntime", f"echo ran > {case.path('ran')}")
    container = idle.create()
    assert case.path("ran").read_text() == "ran\n"
    container.delete().succeeds()
