# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""events: statistics in runc's form, and word of processes killed for want of memory."""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.case import eventually, finish

MIB = 1 << 20


def link(entry):
    try:
        return os.readlink(entry)
    except FileNotFoundError:
        return ""


@pytest.fixture
def observed(bundle, case):
    if not re.search(r"^\s+events\b", case.runtime.run(None, "--help").out, re.MULTILINE):
        pytest.skip("this runtime has no events")
    return bundle


def follow(case, container, *flags):
    return case.popen("events", *flags, container.id, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def watches(process):
    """Whether a command has begun to watch: what it opens last for that, on version 1 or 2, shows it."""
    links = [link(entry) for entry in Path(f"/proc/{process.pid}/fd").iterdir()]
    return any("eventfd" in one or "memory.events" in one for one in links)


def test_statistics_once(observed, case):
    observed.resources.update({"memory": {"limit": 64 * MIB}, "pids": {"limit": 30}})
    container = observed.sleeper()
    (line,) = case("events", "--stats", container.id).succeeds().lines
    event = json.loads(line)
    assert event["type"] == "stats" and event["id"] == container.id
    data = event["data"]
    assert data["memory"]["usage"]["limit"] == 64 * MIB and data["memory"]["usage"]["usage"] > 0
    assert data["pids"] == {"current": 1, "limit": 30}
    assert data["cpu"]["usage"]["total"] > 0
    assert {"periods", "throttledPeriods", "throttledTime"} >= set(data["cpu"]["throttling"])
    container.stop()


def test_statistics_come_again_and_again(observed, case):
    container = observed.sleeper()
    process = follow(case, container, "--interval", "20ms")
    lines = [json.loads(process.stdout.readline()) for _ in range(3)]
    assert {line["type"] for line in lines} == {"stats"}
    container.stop()


@pytest.mark.roost
def test_ends_with_the_container(observed, case):
    container = observed.sleeper()
    process = follow(case, container, "--interval", "10m")
    eventually(lambda: watches(process))
    container.kill("KILL").succeeds()
    assert finish(process).status == 0


def killed(case, container):
    statistics = json.loads(case("events", "--stats", container.id).succeeds().out)
    return statistics["data"]["memory"].get("events", {}).get("oom_kill", 0)


@pytest.mark.roost
def test_out_of_memory(observed, case):
    observed.resources["memory"] = {"limit": 20 * MIB, "swap": 20 * MIB}
    container = observed.create("sh", "-c", f"probe eat {100 * MIB}; sleep 1000")
    process = follow(case, container, "--interval", "10m")
    # Only what happens after the watch has begun is told.
    eventually(lambda: watches(process))
    # Who looks for the word finds it only where it has happened.
    assert "oom" not in case("events", "--stats", container.id).succeeds().out
    container.start()
    assert json.loads(process.stdout.readline()) == {"type": "oom", "id": container.id}
    # Version 1 gives word of the want of memory before somebody is killed for it.
    eventually(lambda: killed(case, container) > 0, "the kernel kills")
    container.stop()


@pytest.mark.roost
@pytest.mark.parametrize("word", ["0s", "-1s", "soon", "5", ""])
def test_interval_that_makes_no_sense(observed, case, word):
    container = observed.sleeper()
    case("events", "--interval", word, container.id).fails("--interval")
    container.stop()


def test_stopped_container(observed, case):
    container = observed.start("true")
    container.wait()
    case("events", "--stats", container.id).fails("not running")


def test_unknown_container(observed, case):
    case("events", "--stats", "nobody").fails("nobody")
