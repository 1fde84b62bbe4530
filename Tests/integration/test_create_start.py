# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""create, start and state: the life of a container up to its exit."""
import json
import os
from pathlib import Path

import pytest

from harness.case import alive

ANY_NAME = pytest.mark.differs(crun="takes names of any characters")


def test_create_does_not_run_the_program(bundle):
    container = bundle.create("sh", "-c", "echo started")
    assert container.status == "created"
    assert alive(container.pid)
    assert container.out == ""


def test_start_runs_the_program(bundle):
    container = bundle.start("sh", "-c", "echo started")
    container.wait()
    assert container.out == "started\n"


def test_state_of_a_created_container_has_every_field(bundle):
    bundle.spec["annotations"] = {"org.example.key": "value"}
    container = bundle.create("true")
    state = container.state()
    assert state["id"] == container.id
    assert state["status"] == "created"
    assert state["bundle"] == str(bundle.directory)
    assert state["annotations"]["org.example.key"] == "value"
    assert state["ociVersion"].startswith("1.")
    assert isinstance(state["pid"], int) and state["pid"] > 1


@pytest.mark.differs(crun="prints root.path as the configuration has it")
def test_state_is_one_json_object_with_rootfs_and_created(bundle):
    container = bundle.create("true")
    state = json.loads(container.case("state", container.id).out)
    assert state["rootfs"] == str(bundle.rootfs)
    assert state["created"][:2] == "20" and "T" in state["created"]


def test_state_of_a_running_container(bundle):
    container = bundle.sleeper()
    assert container.status == "running"
    assert alive(container.pid)


def test_state_of_a_stopped_container_has_no_process(bundle):
    container = bundle.start("true")
    container.wait()
    assert container.state()["pid"] == 0


def test_state_of_an_unknown_container_fails(case):
    case("state", "nobody").fails("nobody|exist|no such file")


def test_start_twice_fails_and_changes_nothing(bundle):
    container = bundle.sleeper()
    pid = container.pid
    container.case("start", container.id).fails()
    assert container.state()["pid"] == pid
    assert container.status == "running"


def test_start_of_a_stopped_container_fails(bundle):
    container = bundle.start("true")
    container.wait()
    container.case("start", container.id).fails()


def test_start_of_an_unknown_container_fails(case):
    case("start", "nobody").fails()


def test_id_in_use_is_refused_and_the_first_container_lives_on(bundle, case):
    container = bundle.sleeper()
    other = case.bundle()
    result, _ = other.try_create("true", identifier=container.id)
    result.fails("exist|in use")
    assert container.status == "running"


@pytest.mark.parametrize("identifier", [
    "a/b", "..", ".", "", "../x", "a\nb", *(pytest.param(name, marks=ANY_NAME) for name in ("a b", "ü"))])
def test_id_of_other_characters_is_refused(bundle, case, identifier):
    with open("/dev/null", "r+b") as null, open(case.path("err"), "wb") as err:
        result = case("create", "--bundle", bundle.args("true").save().directory, identifier,
                      stdin=null, out=null, err=err)
    if result.status == 0:
        case("delete", "--force", identifier)
    result.err = case.path("err").read_text()
    result.fails()
    assert not case.root.exists() or not any(case.root.rglob("config.json"))


@pytest.mark.parametrize("suffix", [".dot", "_under", "-dash", "+plus", "UPPER"])
def test_id_of_permitted_characters(bundle, case, suffix):
    bundle.run("true", identifier=case.new_id(suffix)).succeeds()


def test_id_missing(bundle, case):
    bundle.save()
    case("create", "--bundle", bundle.directory).fails()


def test_bundle_defaults_to_the_working_directory(bundle, case):
    bundle.args("echo", "here").save()
    assert case("run", case.new_id(), cwd=bundle.directory).succeeds().out == "here\n"


def test_bundle_may_be_relative(bundle, case):
    bundle.args("echo", "here").save()
    result = case("run", "--bundle", bundle.directory.name, case.new_id(), cwd=bundle.directory.parent)
    assert result.succeeds().out == "here\n"


def test_state_tells_an_absolute_bundle(bundle, case):
    bundle.args("true").save()
    identifier = case.new_id()
    with open("/dev/null", "r+b") as null:
        case("create", "--bundle", bundle.directory.name, identifier, cwd=bundle.directory.parent,
             stdin=null, out=null, err=null).succeeds()
    assert json.loads(case("state", identifier).out)["bundle"] == str(bundle.directory)


def test_config_edited_after_create_has_no_effect(bundle):
    container = bundle.create("echo", "first")
    bundle.args("echo", "second").save()
    container.start()
    container.wait()
    assert container.out == "first\n"


def test_config_removed_after_create_does_not_matter(bundle):
    container = bundle.create("echo", "first")
    (bundle.directory / "config.json").unlink()
    container.start()
    container.wait()
    assert container.out == "first\n"


def test_pid_file(bundle, case):
    file = case.path("pid")
    container = bundle.create("true", flags=("--pid-file", file))
    assert file.read_text() == str(container.pid)


def test_pid_file_that_cannot_be_written_undoes_create(bundle, case):
    result, container = bundle.try_create("true", flags=("--pid-file", case.path("absent") / "pid"))
    result.fails("pid|no such file")
    case("state", container.id).fails()


def test_root_path_absolute(bundle):
    bundle.spec["root"]["path"] = str(bundle.rootfs)
    assert bundle.run("echo", "x").succeeds().out == "x\n"


def test_root_path_is_relative_to_the_bundle(bundle):
    os.makedirs(bundle.directory / "deep")
    bundle.rootfs.rename(bundle.directory / "deep/root")
    bundle.spec["root"]["path"] = "deep/root"
    assert bundle.run("echo", "x").succeeds().out == "x\n"


def test_root_read_only(bundle):
    assert "Read-only" in bundle.run("touch", "/x").fails().err


def test_root_writable(bundle):
    bundle.writable().run("touch", "/x").succeeds()
    assert (bundle.rootfs / "x").exists()


def test_annotations_are_not_required(bundle):
    bundle.spec["annotations"] = {}
    container = bundle.create("true")
    assert not container.state().get("annotations")


def test_unknown_properties_are_ignored(bundle):
    bundle.spec["com.example.future"] = {"a": [1, {}]}
    bundle.process["future"] = None
    bundle.linux["future"] = "x"
    bundle.run("true").succeeds()


def test_state_directory_is_private(bundle, case):
    container = bundle.create("true")
    assert Path(case.root).stat().st_mode & 0o077 == 0 or (case.root / container.id).stat().st_mode & 0o077 == 0


@pytest.mark.roost
def test_every_state_directory_is_private(bundle, case):
    container = bundle.create("true")
    for directory in (case.root, case.root / container.id):
        assert directory.stat().st_mode & 0o777 == 0o700


def test_created_container_that_died_is_stopped(bundle):
    container = bundle.create("true")
    os.kill(container.pid, 9)
    container.wait()
    container.delete().succeeds()
