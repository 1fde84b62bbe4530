# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`roost ps`, `inspect` and `explain`."""
import json
import os
import subprocess

import pytest

DOCKER_FIELDS = {"Command", "CreatedAt", "ID", "Image", "Labels", "LocalVolumes", "Mounts", "Names", "Networks",
                 "Ports", "RunningFor", "Size", "State", "Status"}


@pytest.fixture
def pair(roost, root):
    roost("run", "--name", "dead", "-l", "a.b=c", root, "sh", "-c", "exit 3", "with a long command line")
    yield roost.start(root, "sleep", "1000", name="live")
    roost("rm", "-f", "live", "dead")


def test_ps(pair):
    roost = pair.roost
    header, row = roost("ps").succeeds().lines
    assert header.split() == ["CONTAINER", "ID", "ROOT", "COMMAND", "CREATED", "STATUS", "NAMES"]
    assert row.split()[0] == pair.id[:12] and row.endswith("live") and '"sleep 1000"' in row and " Up " in row
    assert [row["Names"] for row in roost.rows("--all")] == ["live", "dead"]
    assert roost("ps", "-aq", "--no-trunc").succeeds().lines == [pair.id, roost.inspect("dead")["Id"]]


def test_ps_formats(pair):
    roost = pair.roost
    dead = roost.rows("-a")[1]
    assert set(dead) == DOCKER_FIELDS
    assert dead["Status"].startswith("Exited (3) ") and dead["Labels"] == "a.b=c" and dead["Command"].endswith('…"')
    assert roost("ps", "-a", "--format", "{{.Names}}:{{.State}}").succeeds().lines == ["live:running", "dead:exited"]
    lines = roost("ps", "-a", "--format", "table {{.Names}}\t{{.ID}}").succeeds().lines
    assert lines[0].split() == ["NAMES", "CONTAINER", "ID"] and len(lines) == 3
    roost("ps", "--format", "{{.Nosuch}}").fails("there is no field .Nosuch", status=125)
    roost("ps", "--format", "{{").fails("--format", status=125)


def test_ps_of_nothing(roost):
    assert roost("ps", "-q").succeeds().out == ""
    assert roost("ps", "--format", "json").succeeds().out == ""


def test_what_a_caller_typed_cannot_steer_the_terminal(roost, root):
    roost("run", "--name", "odd", root, "true", "\x1b]0;title\x07", "a\nb").succeeds()
    for flags in (["-a"], ["-a", "--no-trunc"], ["-a", "--format", "json"]):
        out = roost("ps", *flags).succeeds().out
        assert "\x1b" not in out and "\x07" not in out
    assert "\x1b" not in roost("inspect", "odd").succeeds().out
    assert json.loads(roost("inspect", "odd").out)[0]["Args"] == ["\x1b]0;title\x07", "a\nb"]


def test_inspect_is_dockers_document(pair):
    document = pair.roost.inspect("live")
    assert document["Name"] == "/live" and document["Path"] == "sleep" and document["Args"] == ["1000"]
    assert document["State"]["Running"] is True and document["State"]["Pid"] > 0
    assert document["Config"]["Cmd"] == ["sleep", "1000"] and document["HostConfig"]["NetworkMode"] == "none"
    assert document["Created"].endswith("Z")
    for key in ("Id", "Config", "HostConfig", "Mounts", "NetworkSettings", "GraphDriver"):
        assert key in document


@pytest.mark.parametrize("text, expected", [
    ("{{.State.Status}} {{.State.ExitCode}}", "exited 3"), ('{{index .Config.Labels "a.b"}}', "c"),
    ("{{json .Config.Labels}}", '{"a.b":"c"}'), ("{{range .Args}}[{{.}}]{{end}}", "[-c][exit 3][with a long command line]"),
    ('{{join .Args "|"}}', "-c|exit 3|with a long command line"), ("{{if .State.Running}}up{{else}}down{{end}}", "down"),
    ("{{len .Mounts}}", "0"), ('{{printf "%s-%d" .Name .State.ExitCode}}', "/dead-3"),
    ("{{.HostConfig.PidsLimit}}", "2048"), ("{{.Config.Labels.nosuch}}", "<no value>"),
])
def test_inspect_templates(pair, text, expected):
    assert pair.roost("inspect", "--format", text, "dead").succeeds().out == expected + "\n"


def test_inspect_several(pair):
    result = pair.roost("inspect", "-f", "{{.Name}}", "dead", "nosuch", "live").fails("nosuch", status=1)
    assert result.lines == ["/dead", "/live"]
    pair.roost("inspect", "-f", "{{.Frob}}", "dead").fails("there is no field .Frob", status=125)


def test_flags_show_in_inspect(roost, root, case):
    data = case.directory_for("data")
    roost("run", "--name", "full", "-m", "64m", "--cpus", "1.5", "--cap-drop", "ALL", "-v", f"{data}:/mnt:ro", "--tmpfs",
          "/t", "--read-only", "-u", "ann", "-w", "/tmp", "--stop-signal", "INT", "--ulimit", "nofile=500:600", root, "true").succeeds()
    document = roost.inspect("full")
    host = document["HostConfig"]
    assert host["Memory"] == 64 << 20 and host["NanoCpus"] == 1_500_000_000 and host["CapDrop"] == ["ALL"]
    assert host["ReadonlyRootfs"] is True and host["Ulimits"] == [{"Name": "nofile", "Soft": 500, "Hard": 600}]
    assert host["Binds"] == [f"{data}:/mnt:ro"]
    assert [(m["Type"], m["Destination"], m["RW"]) for m in document["Mounts"]] == [
        ("bind", "/mnt", False), ("tmpfs", "/t", True)]
    config = document["Config"]
    assert (config["User"], config["WorkingDir"], config["StopSignal"]) == ("ann", "/tmp", "SIGINT")


def test_a_damaged_container_is_named_and_can_be_removed(pair):
    roost = pair.roost
    identifier = roost.inspect("dead")["Id"]
    (roost.state / "containers" / identifier / "container.json").write_text("{")
    result = roost("ps", "-a", "--format", "{{.Names}}").fails(identifier, status=1)
    assert result.lines == ["live"]
    roost("inspect", "dead").fails(identifier, status=1)
    roost("rm", "-f", "dead").succeeds()
    assert identifier not in roost.ids()


def test_explain_does_nothing_and_needs_no_rights(roost, root, case):
    os.chmod(case.directory.parent, 0o755)
    os.chmod(case.directory, 0o755)
    before = sorted(os.listdir(case.directory))
    command = [roost.path, "explain", "-m", "64m", "-v", "./made:/mnt", "--overlay", str(root), "true"]
    done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *command],
                          env=roost.environment({"HOME": "/nonexistent"}), cwd=case.directory, capture_output=True,
                          text=True, timeout=15)
    assert done.returncode == 0, done
    text = done.stdout
    assert "\n 1. " in text and "overlay" in text and "pivot_root" in text
    assert "asked for by ROOT" in text and "--memory" in text and "67108864" in text
    assert sorted(os.listdir(case.directory)) == before


def test_help_and_version(roost):
    for command in ([], ["run"], ["exec"], ["ps"], ["kill"], ["stop"], ["rm"], ["inspect"], ["explain"]):
        assert "USAGE" in roost(*command, "--help").succeeds().out
    assert roost("version").succeeds().out.startswith("roost version ")
    roost("frob").fails("there is no command frob", status=125)


def test_output_that_nobody_reads_is_an_error(roost):
    with open("/dev/full", "w") as full:
        process = roost.popen("ps", stdout=full, stderr=subprocess.PIPE)
        assert b"standard output: no space left" in process.communicate(timeout=15)[1]
        assert process.returncode == 125
