# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""SIGKILL before each system call of a command: to the runtime, and to the container's process."""
import json
import random
import time

import pytest

from harness.case import eventually

RUNTIME, CHILD = 0, 1


def state(case, identifier):
    """What `state` says: a word, or None for a container that does not exist."""
    result = case("state", identifier)
    return json.loads(result.out)["status"] if result.status == 0 else None


def points(calls, role, part, parts, stride):
    return range(1 + part * stride, len(calls.get(role, [])) + 1, parts * stride)


@pytest.mark.parametrize("verb", ["create", "run"])
@pytest.mark.parametrize("role", [RUNTIME, CHILD], ids=["runtime", "container"])
@pytest.mark.parametrize("part", range(2))
def test_in_creation(harm, case, verb, role, part, stride):
    words = [verb, *(("--detach",) if verb == "run" else ()), "--bundle", harm.bundle.directory]
    identifier = case.new_id()
    calls = harm.calls(*words, identifier)
    harm.gone(identifier, "undisturbed")
    for number in points(calls, role, part, 2, stride):
        identifier = case.new_id()
        what = f"{verb}, role {role}, call {number}"
        status, text = harm.command(("kill", role, number), *words, identifier)
        now = state(case, identifier)
        if status is None:
            harm.problem(f"{what}: hangs")
        elif status == 0 and now not in ("created", "running", "stopped"):
            harm.problem(f"{what}: status 0, and the container is {now}")
        elif role == CHILD and status != 0 and (now is not None or not text):
            harm.problem(f"{what}: failed with {text!r} and left the container {now}")
        harm.gone(identifier, what)
    harm.finish()


def test_in_start(harm, case, stride):
    container = harm.bundle.create("sleep", "1000")
    calls = harm.calls("start", container.id)
    harm.gone(container.id, "undisturbed")
    for number in points(calls, RUNTIME, 0, 1, stride):
        container = harm.bundle.create("sleep", "1000")
        status, text = harm.command(("kill", RUNTIME, number), "start", container.id)
        now = state(case, container.id)
        if status is None or now not in ("created", "running"):
            harm.problem(f"call {number}: status {status}, {text!r}, the container is {now}")
        harm.gone(container.id, f"start, call {number}")
    harm.finish()


@pytest.mark.parametrize("role", [RUNTIME, CHILD], ids=["runtime", "process"])
def test_in_exec(harm, case, role, stride):
    container = harm.bundle.sleeper()
    calls = harm.calls("exec", container.id, "true")
    for number in points(calls, role, 0, 1, stride):
        status, text = harm.command(("kill", role, number), "exec", container.id, "true")
        now = state(case, container.id)
        if status is None or now != "running":
            harm.problem(f"call {number}: status {status}, {text!r}, the container is {now}")
        if role == CHILD and status == 0:
            harm.problem(f"call {number}: status 0 for a process that was killed")
    eventually(lambda: len(json.loads(case("ps", "--format", "json", container.id).out)) == 1, "nobody else is left")
    harm.gone(container.id, "exec")
    harm.finish()


@pytest.mark.parametrize("words", [("update", "--pids-limit", "50"), ("kill", "ID", "CONT"), ("pause",), ("resume",)],
                         ids=lambda words: words[0])
def test_in_what_changes_a_container(harm, case, words, stride):
    """It runs or is paused afterwards, and can be removed."""
    words = [*words, "ID"] if "ID" not in words else words

    def command(way):
        container = harm.bundle.sleeper()
        if words[0] == "resume":
            case("pause", container.id).succeeds()
        return container, way([container.id if word == "ID" else word for word in words])

    container, calls = command(lambda found: harm.calls(*found))
    harm.gone(container.id, "undisturbed")
    for number in points(calls, RUNTIME, 0, 1, stride):
        container, (status, text) = command(lambda found: harm.command(("kill", RUNTIME, number), *found))
        now = state(case, container.id)
        if status is None or now not in ("running", "paused"):
            harm.problem(f"call {number}: status {status}, {text!r}, the container is {now}")
        harm.gone(container.id, f"{words[0]}, call {number}")
    harm.finish()


@pytest.mark.parametrize("flags", [(), ("--force",)], ids=["stopped", "running"])
def test_in_delete(harm, case, flags, stride):
    def made():
        container = harm.bundle.create("sleep", "1000")
        if not flags:
            container.kill("KILL").succeeds()
            container.wait()
        return container

    container = made()
    calls = harm.calls("delete", *flags, container.id)
    for number in points(calls, RUNTIME, 0, 1, stride):
        container = made()
        status, _ = harm.command(("kill", RUNTIME, number), "delete", *flags, container.id)
        if status == 0 and state(case, container.id) is not None:
            harm.problem(f"call {number}: status 0, and the container is there")
        harm.gone(container.id, f"delete, call {number}")
    harm.finish()


@pytest.mark.parametrize("verb", ["create", "run"])
def test_at_random_instants(harm, case, verb, scale):
    """1000 tries of `run`, 300 of `create`."""
    words = [verb, *(("--detach",) if verb == "run" else ()), "--bundle", harm.bundle.directory]
    begin = time.monotonic()
    for _ in range(5):
        identifier = case.new_id()
        with open(case.directory / "empty", "a+b") as empty:
            case(*words, identifier, stdin=empty, out=empty, err=empty).succeeds()
        harm.gone(identifier, "undisturbed")
    usual = (time.monotonic() - begin) / 5
    chance = random.Random(20260102)
    for attempt in range(int((1000 if verb == "run" else 300) * scale)):
        identifier = case.new_id()
        delay = chance.uniform(0, usual)
        with open(case.directory / "empty", "a+b") as empty:
            process = case.popen(*words, identifier, stdin=empty, stdout=empty, stderr=empty)
            time.sleep(delay)
            process.kill()
            process.wait()
        harm.gone(identifier, f"try {attempt}, killed after {delay * 1000:.2f} ms")
    harm.finish()
