# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""--log: files, services that keep logs, levels; and the other global options."""
import contextlib
import json
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
