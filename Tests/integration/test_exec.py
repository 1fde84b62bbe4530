# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""exec: a further process in a running container."""
import json
import os
import signal
import subprocess

import pytest

from harness.case import alive, eventually, finish


@pytest.fixture
def running(bundle):
    return bundle.sleeper()


def process_file(case, **fields):
    """A --process FILE with the container's usual user and environment."""
    content = {"user": {"uid": 0, "gid": 0}, "args": ["true"], "cwd": "/",
               "env": ["PATH=/bin", "ONLY=file"], "noNewPrivileges": True}
    content.update(fields)
    path = case.path("process.json")
    path.write_text(json.dumps(content))
    return path


def test_output_and_status(running):
    result = running.exec("sh", "-c", "echo out; echo err >&2; exit 9")
    assert (result.status, result.out, result.err) == (9, "out\n", "err\n")


def test_standard_input(running):
    assert running.exec("cat", stdin=b"fed").succeeds().out == "fed"


def test_death_by_signal(running):
    assert running.exec("sh", "-c", "kill -9 $$").status == 137


def test_namespaces_are_those_of_init(running):
    listing = running.exec("sh", "-c", "cd /proc/self/ns && for n in *; do readlink $n; done").succeeds().lines
    theirs = [os.readlink(f"/proc/{running.pid}/ns/{name}") for name in sorted(os.listdir(f"/proc/{running.pid}/ns"))]
    drop = [line for line in theirs if line.startswith("time")]
    assert [x for x in listing if x not in drop] == [x for x in theirs if x not in drop]


def test_cgroups_are_those_of_init(running):
    theirs = [line for line in open(f"/proc/{running.pid}/cgroup").read().splitlines()]
    assert running.exec("cat", "/proc/self/cgroup").succeeds().lines == theirs


def test_root_is_the_containers(running):
    assert running.exec("hostname").succeeds().out == "box\n"
    assert running.exec("ls", "/").succeeds().out == running.exec("ls", "/proc/1/root/").succeeds().out


def test_cwd_flag(running):
    assert running.exec("pwd", flags=("--cwd", "/etc")).succeeds().out == "/etc\n"


@pytest.mark.differs(crun="1.8.1 starts in /")
def test_cwd_defaults_to_the_containers(bundle):
    bundle.process["cwd"] = "/bin"
    assert bundle.sleeper().exec("pwd").succeeds().out == "/bin\n"


@pytest.mark.differs(crun="1.8.1 forgets the container's environment when flags add to it")
def test_env_flags(running):
    result = running.exec("env", flags=("-e", "A=1", "-e", "B=two words"))
    assert "A=1" in result.succeeds().lines and "B=two words" in result.lines
    assert any(line.startswith("PATH=") for line in result.lines)


@pytest.mark.differs(crun="1.8.1 forgets the container's environment when flags add to it")
def test_env_flag_overrides_the_containers(bundle):
    bundle.process["env"].append("MODE=old")
    result = bundle.sleeper().exec("env", flags=("-e", "MODE=new"))
    assert [line for line in result.succeeds().lines if line.startswith("MODE=")][-1] == "MODE=new"


def test_callers_environment_does_not_leak(running):
    assert "SECRET" not in running.exec("env", env={"MY_SECRET": "1"}).succeeds().out


@pytest.mark.parametrize("user, expected", [("1000", ["1000 1000 1000", "0 0 0"]),
                                            ("1000:2000", ["1000 1000 1000", "2000 2000 2000"]),
                                            ("0:0", ["0 0 0", "0 0 0"])])
def test_user_flag(running, user, expected):
    assert running.exec("probe", "ids", flags=("--user", user)).succeeds().lines[:2] == expected


@pytest.mark.roost
@pytest.mark.parametrize("user", ["4294967296", "4294967295", "-1", "1:4294967295", "1:", ":1", "ann", "", " 0",
                                  "0x0", "1:2:3", "+1", "99999999999999999999", "0:-1"])
def test_user_that_is_no_id_is_refused(running, user):
    running.exec("probe", "ids", flags=("--user", user)).fails("user")


@pytest.mark.differs(crun="1.8.1 has no --additional-gids")
def test_additional_gids_flag(running):
    flags = ("--user", "1000:1000", "--additional-gids", "7", "--additional-gids", "8")
    groups = running.exec("probe", "ids", flags=flags).succeeds().lines[2].split()
    assert {"7", "8"} <= set(groups)


@pytest.mark.differs(crun="1.8.1 gives only the added capability")
def test_capability_flag(running):
    held = running.exec("grep", "CapEff", "/proc/self/status").succeeds().out.split()[1]
    more = running.exec("grep", "CapEff", "/proc/self/status", flags=("--cap", "CAP_SYS_TIME"))
    assert int(more.succeeds().out.split()[1], 16) == int(held, 16) | 1 << 25


def test_no_new_privs_flag(bundle):
    bundle.process["noNewPrivileges"] = False
    container = bundle.sleeper()
    asked = container.exec("grep", "NoNewPrivs", "/proc/self/status", flags=("--no-new-privs",))
    assert asked.succeeds().out.split()[1] == "1"


@pytest.mark.differs(crun="1.8.1 does not pass it on")
def test_inherits_no_new_privileges(running):
    assert running.exec("grep", "NoNewPrivs", "/proc/self/status").succeeds().out.split()[1] == "1"


def test_inherits_capabilities(running):
    of_init = running.exec("grep", "Cap", "/proc/1/status").succeeds().out
    assert running.exec("grep", "Cap", "/proc/self/status").succeeds().out == of_init


@pytest.mark.differs(crun="1.8.1 does not pass them on")
def test_inherits_rlimits(running):
    assert running.exec("sh", "-c", "ulimit -n").succeeds().out == "1024\n"


def test_process_file(running, case):
    file = process_file(case, args=["sh", "-c", "pwd; echo $ONLY; probe ids"], cwd="/etc",
                        user={"uid": 1000, "gid": 1000, "additionalGids": [5, 6]})
    result = case("exec", "--process", file, running.id)
    assert result.succeeds().lines == ["/etc", "file", "1000 1000 1000", "1000 1000 1000", "5 6"]


@pytest.mark.differs(runc="1.1.5 ignores the umask of exec")
def test_process_file_short_flag_and_umask(running, case):
    file = process_file(case, args=["sh", "-c", "umask"], user={"uid": 0, "gid": 0, "umask": 0o077})
    assert int(case("exec", "-p", file, running.id).succeeds().out, 8) == 0o077


def test_process_file_capabilities(running, case):
    names = {kind: ["CAP_CHOWN"] for kind in ("bounding", "effective", "permitted")}
    file = process_file(case, args=["grep", "Cap[EPB]", "/proc/self/status"], capabilities=names)
    assert {line.split()[1] for line in case("exec", "-p", file, running.id).succeeds().lines} == {f"{1:016x}"}


@pytest.mark.parametrize("text", ["", "{", '{"args": "sh"}', '{"args": [], "cwd": "/", "user": {"uid":0,"gid":0}}'])
def test_process_file_that_is_wrong(running, case, text):
    case.path("bad.json").write_text(text)
    case("exec", "--process", case.path("bad.json"), running.id).fails()


def test_process_file_missing(running, case):
    case("exec", "--process", case.path("absent.json"), running.id).fails("absent.json|no such file")


def test_detach_and_pid_file(running, case):
    pid_file = case.path("exec.pid")
    with open("/dev/null", "r+b") as null:
        running.exec("sleep", "1000", flags=("--detach", "--pid-file", pid_file), stdin=null, out=null,
                     err=null).succeeds()
    pid = int(pid_file.read_text())
    assert os.readlink(f"/proc/{pid}/ns/pid") == os.readlink(f"/proc/{running.pid}/ns/pid")
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not alive(pid), "the process is gone")
    assert running.status == "running"


def test_pid_file_in_the_foreground(running, case):
    pid_file = case.path("exec.pid")
    running.exec("true", flags=("--pid-file", pid_file)).succeeds()
    assert int(pid_file.read_text()) > 1


def test_program_that_is_missing(running):
    running.exec("/no/such").fails("/no/such")
    assert running.status == "running"


def test_program_that_is_not_executable(running):
    running.exec("/etc/passwd").fails("/etc/passwd|permission")


def test_program_is_looked_up_in_path(running):
    running.exec("true", flags=("-e", "PATH=/nowhere")).fails("true")


def test_in_a_created_container(bundle):
    assert bundle.create("true").exec("echo", "x").succeeds().out == "x\n"


def test_in_a_stopped_container(bundle):
    container = bundle.start("true")
    container.wait()
    container.exec("true").fails()


def test_in_an_unknown_container(case):
    case("exec", "nobody", "true").fails()


def test_without_a_command(running):
    running.exec().fails()


def test_descriptors(running):
    result = running.exec("probe", "fds")
    assert [line.split()[0] for line in result.succeeds().lines] == ["0", "1", "2"]


def test_preserve_fds(running):
    reader, writer = os.pipe()
    os.write(writer, b"three")
    os.close(writer)
    result = running.exec("sh", "-c", "cat <&3", flags=("--preserve-fds", "1"), descriptors={3: reader})
    os.close(reader)
    assert result.succeeds().out == "three"


def test_signals_are_forwarded(running):
    script = "trap 'echo got; exit 6' TERM; echo ready; while :; do sleep 0.05; done"
    process = running.case.popen("exec", running.id, "sh", "-c", script, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.terminate()
    result = finish(process)
    assert (result.status, result.out) == (6, "got\n")


def test_ends_when_the_container_is_killed(running):
    process = running.case.popen("exec", running.id, "sh", "-c", "echo ready; sleep 1000", stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    running.kill("KILL").succeeds()
    assert finish(process).status == 137


def test_arguments_after_the_id_belong_to_the_command(running):
    assert running.exec("echo", "-e", "--cwd", "x").succeeds().out.strip() in ("-e --cwd x", "--cwd x")


def test_in_a_container_with_a_user_namespace(bundle):
    container = bundle.user_namespace().sleeper()
    assert container.exec("probe", "ids").succeeds().lines[0] == "0 0 0"
    assert container.exec("cat", "/proc/self/uid_map").succeeds().out.split() == ["0", "100000", "65536"]


def test_many_at_once(running):
    started = [running.case.popen("exec", running.id, "echo", "x", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
               for _ in range(8)]
    for process in started:
        result = finish(process)
        assert (result.status, result.out) == (0, "x\n"), result


@pytest.mark.differs(crun="1.8.1 does not pass it on")
def test_oom_score_adj_is_inherited(bundle):
    bundle.process["oomScoreAdj"] = 321
    assert bundle.sleeper().exec("cat", "/proc/self/oom_score_adj").succeeds().out == "321\n"
