# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""--log: files, services that keep logs, levels; and the other global options."""
import contextlib
import json
import os
import socket
from pathlib import Path

import pytest


@contextlib.contextmanager
def receiver(path):
    """A datagram socket at a path, as a log service has one."""
    missing = [parent for parent in path.parents if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(path))
        made.settimeout(10)
        try:
            yield made
        finally:
            path.unlink()
            for directory in missing:
                directory.rmdir()


@pytest.mark.differs(runc="1.1.5 has no kinds of logs")
def test_file_by_name(case):
    log = case.path("log")
    case.runtime.run(case.root, f"--log=file:{log}", "--log-format=json", "state", "nobody").fails()
    entry = json.loads(log.read_text().splitlines()[-1])
    assert entry["level"] == "error" and "nobody" in entry["msg"]


@pytest.mark.roost
def test_journal(case):
    with receiver(Path("/run/systemd/journal/socket")) as journal:
        case.runtime.run(case.root, "--log=journald:box", "state", "nobody").fails("nobody")
        fields = dict(line.split("=", 1) for line in journal.recv(4096).decode().splitlines())
    assert fields["SYSLOG_IDENTIFIER"] == "box" and fields["PRIORITY"] == "3" and "nobody" in fields["MESSAGE"]


@pytest.mark.roost
def test_syslog(case):
    with receiver(Path("/dev/log")) as syslog:
        case.runtime.run(case.root, "--log=syslog:box", "state", "nobody").fails("nobody")
        message = syslog.recv(4096).decode()
    assert message.startswith("<27>box[") and "nobody" in message


@pytest.mark.roost
def test_service_that_is_not_there_is_told(case):
    case.runtime.run(case.root, "--log=journald:box", "state", "nobody").fails("nobody", "--log journald:box")


@pytest.mark.roost
@pytest.mark.parametrize("level, written", [("error", False), ("warning", True), ("debug", True)])
def test_level(bundle, case, level, written):
    bundle.process["capabilities"]["bounding"].append("CAP_FUTURE")
    bundle.save()
    log = case.path("log")
    case.runtime.run(case.root, "--log", log, "--log-level", level, "run", "--bundle", bundle.directory,
                     case.new_id()).succeeds()
    assert (log.exists() and "CAP_FUTURE" in log.read_text()) == written


def entries(log):
    """What a log in JSON tells of steps."""
    found = [json.loads(line) for line in log.read_text().splitlines()]
    assert {one["level"] for one in found} == {"debug"} and all(one["time"] for one in found)
    return [one["msg"] for one in found]


def index(messages, *parts):
    """Where the first message is that contains all of them."""
    return next(number for number, text in enumerate(messages) if all(part in text for part in parts))


@pytest.mark.roost
def test_debug_log_tells_the_steps_of_both_sides(bundle, case):
    bundle.args("sh", "-c", "echo x; exit 4").save()
    log = case.path("log")
    result = case.runtime.run(case.root, "--debug", "--log", log, "--log-format", "json", "run", "--bundle",
                              bundle.directory, case.new_id())
    assert (result.status, result.out, result.err) == (4, "x\n", "")
    messages = entries(log)
    # The words of runc's log, by which scripts know the moments, and the container's own steps between them.
    assert index(messages, "runtime ", "cloneProcess", "nsexec container setup") >= 0
    moments = [index(messages, "container ", "child process in init()"), index(messages, "container ", "pivotRoot"),
               index(messages, "container ", "init: closing the pipe to signal completion")]
    assert moments == sorted(moments)


@pytest.mark.roost
def test_debug_log_of_exec(bundle, case):
    container = bundle.sleeper()
    bundle.process.update(args=["cat", "/proc/self/status"], execCPUAffinity={"initial": "0"})
    file = case.directory_for("exec", {"process.json": json.dumps(bundle.process)}) / "process.json"
    result = case.runtime.run(case.root, "--debug", "exec", "--process", file, container.id).succeeds()
    assert "level=debug" not in result.out
    messages = [line for line in result.err.splitlines() if "level=debug" in line]
    moments = [index(messages, "child process in init()"), index(messages, "nsexec: affinity: 0x1)"),
               index(messages, "setns_init: about to exec")]
    assert moments == sorted(moments)
    container.stop()


@pytest.mark.roost
def test_nothing_holds_the_debug_log_while_it_waits(bundle, case):
    bundle.args("sleep", "1000").save()
    log, identifier = case.path("log"), case.new_id()
    with open(case.path("out"), "wb") as out:
        case.runtime.run(case.root, "--debug", "--log", log, "create", "--bundle", bundle.directory, identifier,
                         out=out, err=out).succeeds()
    pid = json.loads(case("state", identifier).succeeds().out)["pid"]
    assert str(log) not in [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    case("start", identifier).succeeds()
    case("delete", "--force", identifier).succeeds()


@pytest.mark.roost
def test_debug_log_is_not_written_behind_the_filter(bundle, case):
    """A filter that ends who writes must not end a program that does not."""
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["write", "writev"], "action": "SCMP_ACT_KILL_PROCESS"}]}
    bundle.args("true").save()
    for flags in ([], ["--debug", "--log", case.path("log")]):
        case.runtime.run(case.root, *flags, "run", "--bundle", bundle.directory, case.new_id()).succeeds()


@pytest.mark.roost
@pytest.mark.parametrize("flags, words", [
    (("--log-level", "loud"), "--log-level.*loud"), (("--log", "file:"), "path is missing"),
    (("--log", "journald:a b"), "identifier"), (("--log", "syslog:"), "identifier"),
    (("--log-format", "xml"), "--log-format.*xml")])
def test_wrong_values(case, flags, words):
    case.runtime.run(case.root, *flags, "list").fails(words)


@pytest.mark.roost
@pytest.mark.parametrize("flags, words", [
    (("--cgroup-manager", "cron"), "--cgroup-manager.*cron"), (("--rootless", "maybe"), "--rootless.*maybe")])
def test_wrong_managers(bundle, case, flags, words):
    bundle.save()
    case.runtime.run(case.root, *flags, "run", "--bundle", bundle.directory, case.new_id()).fails(words)


@pytest.mark.roost
@pytest.mark.parametrize("flags", [("--cgroup-manager", "disabled"), ("--rootless", "true")])
def test_without_cgroups(bundle, case, flags):
    identifier = case.new_id()
    bundle.args("cat", "/proc/self/cgroup").save()
    result = case.runtime.run(case.root, *flags, "run", "--bundle", bundle.directory, identifier).succeeds()
    assert result.out and identifier not in result.out


@pytest.mark.roost
@pytest.mark.parametrize("word", ["auto", "false"])
def test_rootless_of_root_keeps_cgroups(bundle, case, word):
    identifier = case.new_id()
    bundle.args("cat", "/proc/self/cgroup").save()
    result = case.runtime.run(
        case.root, "--rootless", word, "run", "--bundle", bundle.directory, identifier).succeeds()
    assert identifier in result.out
