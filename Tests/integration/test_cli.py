# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The command line itself: spec, version, help, logs, exit statuses."""
import json
import os
import re
import subprocess

import pytest

COMMANDS = ["create", "start", "run", "state", "kill", "delete", "list", "exec", "ps", "pause", "resume", "spec"]


def test_spec_writes_a_configuration_that_runs(bundle, case):
    directory = case.directory_for("fresh")
    case("spec", cwd=directory).succeeds()
    written = json.loads((directory / "config.json").read_text())
    assert written["process"]["terminal"] is True and written["root"]["path"] == "rootfs"
    written["process"]["terminal"] = False
    bundle.spec = written
    assert bundle.run("hostname").succeeds().out.strip() == written["hostname"]


def test_spec_bundle_flag(case):
    directory = case.directory_for("fresh")
    case("spec", "--bundle", directory).succeeds()
    assert (directory / "config.json").exists()


def test_spec_does_not_overwrite(case):
    directory = case.directory_for("fresh", {"config.json": "mine"})
    case("spec", cwd=directory).fails("exist")
    assert (directory / "config.json").read_text() == "mine"


def test_spec_default_lists_all_default_mounts(case):
    directory = case.directory_for("fresh")
    case("spec", cwd=directory).succeeds()
    written = json.loads((directory / "config.json").read_text())
    assert [mount["destination"] for mount in written["mounts"]] == [
        "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"]
    assert {"pid", "network", "ipc", "uts", "mount"} <= {n["type"] for n in written["linux"]["namespaces"]}
    assert written["process"]["noNewPrivileges"] is True


@pytest.mark.differs(crun="1.8.1 writes no id mappings")
def test_spec_rootless(case):
    directory = case.directory_for("fresh")
    case("spec", "--rootless", cwd=directory).succeeds()
    written = json.loads((directory / "config.json").read_text())
    assert "user" in {namespace["type"] for namespace in written["linux"]["namespaces"]}
    assert written["linux"]["uidMappings"][0]["size"] == 1
    assert "resources" not in written["linux"] or not written["linux"]["resources"]


def test_version(case):
    assert re.search(r"\d+\.\d+", case.runtime.run(None, "--version").succeeds().lines[0])


@pytest.mark.roost
def test_version_as_go_runc_reads_it(case):
    lines = case.runtime.run(None, "--version").succeeds().lines
    assert any(re.fullmatch(r"spec: 1\.\d+\.\d+\S*", line) for line in lines)
    assert case.runtime.run(None, "-v").succeeds().lines == lines


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_command(case, command):
    assert re.search(rf"^\s+{command}\b", case.runtime.run(None, "--help").succeeds().out, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(case, command):
    assert command in case.runtime.run(None, command, "--help").succeeds().out


def test_unknown_command(case):
    case("frobnicate").fails("frobnicate")


@pytest.mark.roost
def test_unknown_command_is_one_line(case):
    case("frobnicate").fails(status=1).explains("frobnicate")


@pytest.mark.differs(crun="knows its commands' own help only")
def test_help_of_an_unknown_command(case):
    case("frobnicate", "--help").fails("No help topic for 'frobnicate'")


@pytest.mark.roost
def test_help_shows_the_name_that_the_program_was_called_by(case):
    """It may be installed in another runtime's place."""
    link = case.path("other")
    link.symlink_to(case.runtime.path)
    for words, shown in ([], "other"), (["exec"], "other exec"):
        out = subprocess.run([link, *words, "--help"], capture_output=True, text=True, timeout=30).stdout
        assert out.splitlines()[1].strip().startswith(f"{shown} - "), out


def test_unknown_global_flag(case):
    case("--frobnicate", "list").fails("frobnicate")


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_flag_of_a_command(case, command):
    case(command, "--frobnicate", "x").fails("frobnicate")


@pytest.mark.parametrize("command", ["start", "state", "kill", "delete", "pause", "resume", "exec", "ps"])
def test_id_missing(case, command):
    case(command).fails()


LENIENT = pytest.mark.differs(crun="ignores further arguments")


@pytest.mark.parametrize("command", [
    "start", "state", pytest.param("pause", marks=LENIENT), pytest.param("resume", marks=LENIENT)])
def test_too_many_arguments(bundle, case, command):
    container = bundle.create("true")
    case(command, container.id, "more").fails()


def test_log_file_takes_the_error(case):
    log = case.path("log")
    case("--log", log, "start", "nobody").fails()
    assert re.search("nobody|exist|no such", log.read_text(), re.IGNORECASE)


def test_log_format_json(case):
    log = case.path("log")
    case("--log", log, "--log-format", "json", "start", "nobody").fails()
    last = json.loads(log.read_text().splitlines()[-1])
    assert last["level"] == "error" and last["msg"]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", last["time"])


def test_log_is_appended_to(case):
    log = case.path("log")
    case("--log", log, "--log-format", "json", "start", "one").fails()
    first = log.read_text()
    case("--log", log, "--log-format", "json", "start", "two").fails()
    assert log.read_text().startswith(first) and len(log.read_text()) > len(first)


def test_log_of_a_success_has_no_error(bundle, case):
    log = case.path("log")
    bundle.args("true").save()
    case("--log", log, "--log-format", "json", "run", "--bundle", bundle.directory, case.new_id()).succeeds()
    assert not log.exists() or "error" not in log.read_text()


def test_error_is_printed_on_standard_error_too(case):
    assert case("--log", case.path("log"), "start", "nobody").fails().err


def test_log_keeps_json_whole_when_a_name_has_quotes(bundle, case):
    log = case.path("log")
    bundle.args('/no "such"\n\\thing').save()
    case("--log", log, "--log-format", "json", "run", "--bundle", bundle.directory, case.new_id()).fails()
    for line in log.read_text().splitlines():
        json.loads(line)


def test_log_format_unknown(case):
    case("--log", case.path("log"), "--log-format", "xml", "list").fails("format|xml")


def test_debug_says_more_and_changes_nothing(bundle, case):
    bundle.args("sh", "-c", "echo x; exit 4").save()
    result = case("--debug", "run", "--bundle", bundle.directory, case.new_id())
    assert (result.status, result.out) == (4, "x\n")


def test_own_errors_exit_with_1(bundle, case):
    case("start", "nobody").fails(status=1)
    case("run", "--bundle", case.path("absent"), case.new_id()).fails(status=1)


@pytest.mark.differs(crun="exits with 1 here, too")
def test_own_errors_of_exec_exit_with_255(bundle, case):
    case("exec", "nobody", "true").fails(status=255)
    container = bundle.sleeper()
    container.exec("true", flags=("--pid-file", "/nonexistent/directory/pid")).fails(status=255)
    container.exec("no-such-program").fails(status=255)


@pytest.mark.roost
def test_no_arguments_prints_usage(case):
    assert "create" in case.runtime.run(None).text


def test_systemd_cgroup_flag_is_known(case):
    case("--systemd-cgroup", "list").succeeds()


def test_flags_may_stand_after_an_equals_sign(bundle, case):
    bundle.args("echo", "x").save()
    result = case("run", f"--bundle={bundle.directory}", f"--pid-file={case.path('pid')}", case.new_id())
    assert result.succeeds().out == "x\n" and case.path("pid").exists()


def test_short_bundle_flag(bundle, case):
    bundle.args("echo", "x").save()
    assert case("run", "-b", bundle.directory, case.new_id()).succeeds().out == "x\n"


@pytest.mark.roost
def test_no_pivot_leaves_no_bare_proc_below_the_root(bundle):
    bundle.capabilities("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETFCAP")
    script = "unshare -mrpf mount -t proc none /tmp && test -e /tmp/sysrq-trigger"
    bundle.run("sh", "-c", script, flags=("--no-pivot",)).fails("permitted|denied")


def test_no_pivot(bundle):
    assert bundle.run("ls", "/bin/probe", flags=("--no-pivot",)).succeeds().out == "/bin/probe\n"


def test_new_session_keyring(bundle, case):
    """Without the flag the payload has a keyring of its own; with it, that of the caller."""
    identifier = case.new_id()
    own = bundle.run("probe", "keyring", identifier=identifier).succeeds().out
    assert own.strip().endswith(identifier)
    inherited = case.bundle().run("probe", "keyring", flags=("--no-new-keyring",)).succeeds().out
    assert inherited != own


def test_root_flag_separates_containers(bundle, case):
    container = bundle.create("true")
    case.runtime.run(case.path("other-root"), "state", container.id).fails()


def test_default_root_is_below_run(bundle, case):
    """Without --root the state lies in /run/NAME."""
    before = set(os.listdir("/run"))
    identifier = case.new_id()
    bundle.args("true").save()
    with open(case.path("empty"), "a+b") as empty:
        case.runtime.run(None, "create", "--bundle", bundle.directory, identifier, stdin=empty, out=empty,
                         err=empty).succeeds()
    try:
        (name,) = [name for name in os.listdir("/run") if os.path.isdir(f"/run/{name}/{identifier}")]
        assert name in ("runc", "crun", "roost")
    finally:
        case.runtime.run(None, "delete", "--force", identifier).succeeds()
        for name in set(os.listdir("/run")) - before:
            os.rmdir(f"/run/{name}")
