# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`roost exec`."""
import pytest
from harness.case import eventually


@pytest.fixture
def box(roost, root):
    yield roost.start("-h", "box", "-e", "A=1", "--overlay", root, "sleep", "1000")
    roost("rm", "-f", "box")


def run(box, *arguments, **options):
    return box.roost("exec", *arguments, **options)


def test_it_runs_inside(box):
    assert run(box, "box", "hostname").succeeds().out == "box\n"
    assert run(box, box.id[:12], "sh", "-c", "echo $A $$; pwd").succeeds().lines[0].startswith("1 ")


def test_exit_status(box):
    assert run(box, "box", "sh", "-c", "exit 9").status == 9
    run(box, "box", "nosuch").fails(status=127)
    run(box, "box", "/etc/passwd").fails(status=126)
    assert run(box, "box", "sh", "-c", "kill -9 $$").status == 137


def test_streams(box):
    assert run(box, "-i", "box", "cat", stdin=b"abc").succeeds().out == "abc"
    assert run(box, "box", "cat", stdin=b"abc").succeeds().out == ""
    result = run(box, "box", "sh", "-c", "echo o; echo e >&2").succeeds()
    assert (result.out, result.err) == ("o\n", "e\n")


def test_environment_and_directory(box):
    out = run(box, "-e", "A=2", "-e", "B", "-e", "C", "-w", "/tmp", "box", "sh", "-c", "echo $A $B ${C-unset}; pwd",
              env={"B": "b", "D": "d"}).succeeds().out
    assert out == "2 b unset\n/tmp\n"


def test_user(box):
    lines = run(box, "-u", "ann", "box", "probe", "ids").succeeds().lines
    assert lines[:2] == ["1000 1000 1000", "1000 1000 1000"] and sorted(lines[2].split()) == ["1000", "2000"]
    assert run(box, "-u", "ann", "box", "sh", "-c", "echo $HOME").succeeds().out == "/tmp\n"
    run(box, "-u", "ghost", "box", "true").fails('--user "ghost"', status=125)


def test_users_are_those_of_the_running_root(box):
    run(box, "box", "sh", "-c", "echo new:x:77:78::/new:/bin/sh >> /etc/passwd").succeeds()
    assert run(box, "-u", "new", "box", "probe", "ids").succeeds().lines[0] == "77 77 77"


def test_rights(box):
    script = "grep CapEff /proc/self/status"
    assert run(box, "box", "sh", "-c", script).succeeds().out.split()[1] == "00000000800405fb"
    assert run(box, "--privileged", "box", "sh", "-c", script).succeeds().out.split()[1].endswith("ffffff")


def test_what_does_not_run(roost, root):
    roost("run", "--name", "dead", root, "true").succeeds()
    roost("exec", "dead", "true").fails('the container "dead" is not running', status=125)
    roost("exec", "nosuch", "true").fails("no such container", status=125)
    roost("exec", "dead").fails("the command is missing", status=125)
    roost("exec").fails("the container is missing", status=125)


def test_detached(box):
    run(box, "-d", "box", "sh", "-c", "sleep 0.2; echo done > /tmp/flag").succeeds()
    eventually(lambda: run(box, "box", "cat", "/tmp/flag").out == "done\n", "the command has run")


def test_signals_are_passed_on(box):
    process = box.roost.popen("exec", "box", "sh", "-c",
                              "trap 'echo got; exit 5' TERM; echo ready; while :; do sleep 0.05; done", stdout=-1)
    assert process.stdout.readline() == b"ready\n"
    process.terminate()
    assert process.stdout.readline() == b"got\n"
    assert process.wait(15) == 5


def test_nothing_is_left(box):
    directory = box.roost.state / "containers" / box.id
    before = sorted(path.name for path in directory.iterdir())
    run(box, "-e", "SECRET=x", "box", "true").succeeds()
    run(box, "box", "nosuch").fails()
    assert sorted(path.name for path in directory.iterdir()) == before
