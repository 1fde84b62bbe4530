# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`roost stats`: what containers use."""
import json
import os
import pty
import signal
import subprocess

import pytest

from harness.case import eventually

FIELDS = {"BlockIO", "CPUPerc", "Container", "ID", "MemPerc", "MemUsage", "Name", "NetIO", "PIDs"}


@pytest.fixture
def busy(roost, root):
    yield roost.start("-m", "64m", root, "sh", "-c", "while :; do :; done", name="busy")
    roost("rm", "-f", "busy")


def rows(roost, *flags):
    out = roost("stats", "--no-stream", "--format", "json", *flags).succeeds().out
    return [json.loads(line) for line in out.splitlines()]


def test_one_result_as_json(busy):
    row, = rows(busy.roost)
    assert set(row) == FIELDS
    assert row["Name"] == "busy" and row["ID"] == busy.id[:12] and row["PIDs"] == "1"
    assert row["MemUsage"].endswith(" / 64MiB") and float(row["CPUPerc"].rstrip("%")) > 0


def test_table_and_template(busy):
    header, line = busy.roost("stats", "--no-stream").succeeds().lines
    assert header.split()[:4] == ["CONTAINER", "ID", "NAME", "CPU"] and line.split()[:2] == [busy.id[:12], "busy"]
    assert busy.roost("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", "busy").out == "busy 1\n"


def test_those_that_have_ended(roost, root):
    roost("run", "--name", "dead", root, "true").succeeds()
    assert rows(roost) == []
    row, = rows(roost, "--all")
    assert row["Name"] == "dead" and row["CPUPerc"] == "0.00%"
    roost("rm", "dead").succeeds()


def test_a_name_that_nobody_has(roost):
    roost("stats", "--no-stream", "nobody").fails("nobody", status=125)


def test_a_live_table_redraws_in_place(busy):
    """On a terminal every picture starts at the upper left corner, and has the course of the processor time."""
    ours, theirs = pty.openpty()
    command = [str(busy.roost.path), "stats", "busy"]
    process = subprocess.Popen(command, stdout=theirs, env=busy.roost.environment(), stdin=subprocess.DEVNULL)
    os.close(theirs)
    text = ""

    def pictures():
        nonlocal text
        text += os.read(ours, 65536).decode("utf-8", "replace")
        return text.count("\x1b[H") >= 2

    try:
        eventually(pictures, "two pictures", seconds=30)
        assert "busy" in text and any(bar in text for bar in "▁▂▃▄▅▆▇█")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        os.close(ours)
