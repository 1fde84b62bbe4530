# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`roost run`: the command, its streams, its exit status, and what a failure leaves."""
import os
import signal
import subprocess

import pytest
from harness.case import alive, eventually
from roost import gone


def test_exit_status_is_the_payloads(roost, root):
    assert roost.run(root, "true").status == 0
    assert roost.run(root, "sh", "-c", "exit 7").status == 7
    assert roost.run(root, "sh", "-c", "kill -TERM $$; sleep 5; exit 3").status in (3, 143)


@pytest.mark.parametrize("command, status", [
    (["nosuch"], 127), (["/bin/nosuch"], 127), (["/etc/passwd"], 126), (["/etc"], 126),
])
def test_a_command_that_cannot_run(roost, root, command, status):
    roost.run(root, *command).fails(status=status)
    assert roost.is_empty()


@pytest.mark.parametrize("arguments, words", [
    (["--memory", "64q", "ROOT", "true"], '--memory "64q": not a size'),
    (["--nosuch", "ROOT"], "--nosuch: unknown flag"),
    ([], "the root file system is missing"),
    (["./nosuch", "true"], "./nosuch"),
    (["nosuch", "true"], "nosuch"),
    (["--user", "ghost", "ROOT", "true"], '--user "ghost"'),
    (["--env-file", "nosuch", "ROOT", "true"], '--env-file "nosuch": no such file'),
    (["--device", "/dev/nosuch", "ROOT", "true"], '--device "/dev/nosuch"'),
    (["--runtime", "./nosuch", "ROOT", "true"], '--runtime "./nosuch"'),
    (["-d", "ROOT", "true"], "--detach: not available yet"),
    (["-it", "ROOT", "true"], "standard input is not a terminal"),
    (["--name", "a/b", "ROOT", "true"], '--name "a/b"'),
    (["-h", "a\n1.2.3.4 b", "ROOT", "true"], "not a host name"),
    (["--add-host", "a\n1.2.3.4 b:1.2.3.4", "ROOT", "true"], "--add-host"),
    (["--mount", "type=tmpfs", "ROOT", "true"], "--mount"),
    (["--tmpfs", "/x", "-v", "/a:/x", "ROOT", "true"], "destination /x is taken"),
])
def test_the_engines_own_errors(roost, root, arguments, words):
    result = roost("run", *[str(root) if a == "ROOT" else a for a in arguments], cwd=root).fails(status=125)
    result.explains(r"^roost: ")
    assert words in result.err
    assert not roost.ids()


def test_a_bind_source_that_is_missing_is_named_with_its_flag(roost, root):
    result = roost.run("--mount", "type=bind,src=/nosuch,dst=/x", root, "true").fails(status=125)
    assert "type=bind,src=/nosuch,dst=/x" in result.err
    assert roost.is_empty()


def test_streams_are_apart(roost, root):
    result = roost.run(root, "sh", "-c", "echo out; echo err >&2").succeeds()
    assert result.out == "out\n" and result.err == "err\n"


def test_without_interactive_standard_input_is_empty(roost, root):
    assert roost.run(root, "cat", stdin=b"secret").succeeds().out == ""


def test_interactive_passes_standard_input_to_its_end(roost, root):
    data = os.urandom(200_000).hex().encode()
    assert roost.run("-i", root, "cat", stdin=data).succeeds().out.encode() == data


def test_arguments_arrive_as_they_are(roost, root):
    words = ["", " ", "-x", "--rm", "--", "a b", "$HOME", "*", "\n", "ü", '"']
    script = 'for a in "$@"; do printf "<%s>" "$a"; done'
    assert roost.run(root, "sh", "-c", script, "sh", *words).succeeds().out == "".join(f"<{w}>" for w in words)


def test_arguments_that_are_no_text_are_refused(roost, root):
    done = subprocess.run([roost.path, "run", "--rm", str(root), b"echo", b"\xff"], env=roost.environment(),
                          capture_output=True, timeout=15)
    assert done.returncode == 125 and b"argument 5 is not UTF-8" in done.stderr


def test_default_command_is_a_shell(roost, root):
    assert roost.run("-i", root, stdin=b"echo $0\n").succeeds().out == "/bin/sh\n"


def test_entrypoint(roost, root):
    assert roost.run("--entrypoint", "echo", root, "a", "b").succeeds().out == "a b\n"
    assert roost.run("--entrypoint", "", root, "echo", "c").succeeds().out == "c\n"


def test_rm_leaves_nothing(roost, root):
    roost.run("--overlay", root, "touch", "/new").succeeds()
    assert roost.is_empty()


def test_without_rm_the_container_stays(roost, root):
    roost("run", "--name", "kept", root, "sh", "-c", "exit 3").fails(status=3)
    state = roost.inspect("kept")["State"]
    assert state["Status"] == "exited" and state["ExitCode"] == 3 and state["Pid"] == 0
    assert state["FinishedAt"] >= state["StartedAt"] > "2020"
    roost("rm", "kept").succeeds()
    assert roost.is_empty()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT])
def test_signals_are_passed_on(roost, root, number):
    name = signal.Signals(number).name[3:]
    script = f"trap 'echo got; exit 9' {name}; echo ready; while :; do sleep 0.05; done"
    container = roost.start("--rm", root, "sh", "-c", script)
    assert container.line() == "ready"
    container.signal(number)
    assert container.line() == "got"
    assert container.wait() == 9
    assert roost.is_empty()


def test_signals_can_be_kept_back(roost, root):
    container = roost.start("--sig-proxy=false", "--rm", root, "sh", "-c",
                            "trap 'echo got' TERM; echo ready; sleep 1; echo end")
    assert container.line() == "ready"
    container.signal(signal.SIGTERM)
    assert container.wait() == 0
    assert container.out == "end\n"


def test_a_killed_engine_leaves_a_container_that_is_known(roost, root):
    container = roost.start("--overlay", root, "sleep", "1000")
    pid = container.pid
    container.signal(signal.SIGKILL)
    container.process.wait()
    assert alive(pid)
    assert [row["State"] for row in roost.rows()] == ["running"]
    roost("rm", "box").fails("is running", status=1)
    roost("rm", "--force", "box").succeeds()
    gone(pid)
    assert roost.is_empty()


def test_a_container_that_died_unwatched(roost, root):
    container = roost.start(root, "sleep", "1000")
    pid = container.pid
    container.signal(signal.SIGKILL)
    container.process.wait()
    os.kill(pid, signal.SIGKILL)
    gone(pid)
    eventually(lambda: not roost.rows(), "it is not listed as running")
    row, = roost.rows("--all")
    assert row["Status"] == "Exited (unknown)"
    roost("rm", "box").succeeds()
    assert roost.is_empty()


def test_environment_of_the_caller_stays_outside(roost, root):
    out = roost.run(root, "env", env={"SECRET": "x", "LD_PRELOAD": "/nosuch.so"}).succeeds().out
    assert "SECRET" not in out and "LD_PRELOAD" not in out


def test_descriptors_of_the_caller_stay_outside(roost, root):
    reader, writer = os.pipe()
    try:
        process = roost.popen("run", "--rm", root, "ls", "/proc/self/fd", stdout=-1, stdin=-3, stderr=-1,
                              pass_fds=(reader, writer))
        out = process.communicate(timeout=15)[0].decode().split()
    finally:
        os.close(reader)
        os.close(writer)
    assert set(out) <= {"0", "1", "2", "3"}


def test_closed_standard_streams_do_no_harm(roost, root):
    script = f"exec 0<&- 1>&- 2>&-; exec {roost.path} run --name odd --overlay {root} sh -c 'echo x; echo y >&2; exit 3'"
    done = subprocess.run(["sh", "-c", script], env=roost.environment(), timeout=15)
    assert done.returncode == 3
    assert roost.inspect("odd")["State"]["ExitCode"] == 3


def test_ten_at_once(roost, root):
    processes = [roost.popen("run", "--rm", "--overlay", root, "sh", "-c", f"exit {number}") for number in range(10)]
    assert [process.wait(30) for process in processes] == list(range(10))
    assert roost.is_empty()
