# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Many containers, and many callers who want the same ones."""
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from harness import leaks


def test_500_containers_by_16_workers(bundle, case, scale):
    watch = leaks.Watch(case)
    bundle.args("sleep", "1000").save()
    ids = [case.new_id() for _ in range(int(500 * scale))]

    def call(*words):
        with open(case.directory / "empty", "a+b") as empty:
            return case(*words, stdin=empty, out=empty, err=empty, timeout=120).status

    with ThreadPoolExecutor(16) as workers:
        for words in (["create", "--bundle", bundle.directory], ["start"], ["delete", "--force"]):
            failed = [status for status in workers.map(lambda name: call(*words, name), ids) if status]
            assert not failed, f"{words[0]}: {failed}"
            listed = json.loads(case("list", "--format", "json", timeout=120).succeeds().out) or []
            expected = {"create": "created", "start": "running"}.get(words[0])
            assert {one["id"]: one["status"] for one in listed} == ({name: expected for name in ids} if expected else {})
    assert not watch.difference()


def proportional(pid):
    """The proportional set size in KiB: shared pages count by the number of those who share them."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def test_waiting_container_is_small(bundle, case):
    containers = [bundle.create("true") for _ in range(20)]
    sizes = sorted(proportional(container.pid) for container in containers)
    for container in containers:
        container.delete("--force").succeeds()
    assert sizes[len(sizes) // 2] <= 400, sizes


def test_storm(bundle, case, scale):
    """Eight callers fight over four ids for a minute: nobody dies of a signal, and every word is one of ours."""
    watch = leaks.Watch(case)
    bundle.args("sleep", "1000").save()
    ids = [case.new_id(f"-storm{number}") for number in range(4)]
    deaths, strange = [], []
    end = time.monotonic() + 60 * scale
    known = ("already exists", "does not exist", "cannot start", "not running", "cannot delete", "is not stopped",
             "interrupted while it was made", "cannot exec", "busy", "process was killed while it set itself up",
             "container process ended", "state directory", "state of", "cgroup", "killed", "synchronisation", "pid-file")

    def caller(number):
        chance = random.Random(number)
        with open(case.directory / "empty", "a+b") as empty:
            while time.monotonic() < end:
                verb, name = chance.choice(["create", "run", "start", "kill", "delete", "state", "exec", "list"]), \
                    chance.choice(ids)
                words = {"create": ["create", "--bundle", bundle.directory, name], "list": ["list", "-q"],
                         "run": ["run", "--detach", "--bundle", bundle.directory, name],
                         "kill": ["kill", name, "KILL"], "delete": ["delete", "--force", name],
                         "exec": ["exec", name, "true"]}
                error = case.path(f"storm{number}")
                with open(error, "wb") as err:
                    result = case(*words.get(verb, [verb, name]), stdin=empty, out=empty, err=err, timeout=60)
                text = error.read_text(errors="replace")
                if result.status < 0:
                    deaths.append((verb, result.status))
                elif result.status and verb != "exec" and not any(word in text for word in known):
                    strange.append((verb, result.status, text))

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not deaths
    for name in ids:
        case("delete", "--force", name).succeeds()
    left = watch.difference()
    assert not left, left
    assert not strange, strange[:5]
