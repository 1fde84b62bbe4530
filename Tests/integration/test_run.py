# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""run: exit statuses, standard streams, signals, --detach, --keep, descriptors."""
import os
import signal
import socket
import subprocess

import pytest

from harness import sandbox
from harness.case import alive, eventually, finish


@pytest.mark.parametrize("status", [0, 1, 3, 42, 125, 126, 127, 128, 254, 255])
def test_exit_status_of_the_payload(bundle, status):
    assert bundle.run("sh", "-c", f"exit {status}").status == status


def test_exit_status_of_a_crash(bundle):
    assert bundle.run("probe", "crash").status == 128 + signal.SIGSEGV


def test_exit_status_of_a_payload_that_was_killed(bundle):
    process, container = bundle.popen("sh", "-c", "echo ready; sleep 1000", stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    container.kill("KILL").succeeds()
    assert process.wait(20) == 128 + signal.SIGKILL


@pytest.mark.parametrize("name", ["TERM", "HUP", "USR1", "ABRT"])
def test_exit_status_of_a_payload_that_kills_itself(bundle, name):
    number = getattr(signal, f"SIG{name}")
    bundle.without_namespace("pid")  # PID 1 of a namespace cannot signal itself to death.
    assert bundle.run("sh", "-c", f"kill -{name} $$").status == 128 + number


def test_run_leaves_no_container(bundle, case):
    identifier = case.new_id()
    bundle.run("true", identifier=identifier).succeeds()
    case("state", identifier).fails()


@pytest.mark.differs(crun="has no --keep")
def test_run_keep(bundle, case):
    identifier = case.new_id()
    bundle.run("true", identifier=identifier, flags=("--keep",)).succeeds()
    assert '"stopped"' in case("state", identifier).succeeds().out
    case("delete", identifier).succeeds()


def test_standard_input_reaches_the_payload(bundle):
    assert bundle.run("cat", stdin=b"hello\n").succeeds().out == "hello\n"


def test_a_megabyte_through_standard_streams(bundle):
    data = os.urandom(1 << 19).hex().encode()
    assert bundle.run("cat", stdin=data).succeeds().out.encode() == data


def test_standard_output_and_error_are_apart(bundle):
    result = bundle.sh("echo out; echo err >&2")
    assert (result.out, result.err) == ("out\n", "err\n")


@pytest.mark.differs(runc="copies through pipes of its own")
def test_standard_streams_are_the_callers_own(bundle, case):
    with open(case.path("in"), "w+b") as given, open(case.path("out"), "w+b") as out:
        inodes = [str(os.fstat(file.fileno()).st_ino) for file in (given, out)]
        bundle.run("sh", "-c", "probe fstat 0; probe fstat 1", stdin=given, out=out).succeeds()
        out.seek(0)
        assert [line.split()[2] for line in out.read().decode().splitlines()] == inodes


def test_output_may_be_closed_early(bundle):
    process, _ = bundle.popen("sh", "-c", "yes", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.read(100)
    process.stdout.close()
    assert process.wait(20) in (1, 128 + signal.SIGPIPE)


@pytest.mark.parametrize("name", ["TERM", "HUP", "INT", "USR1", "USR2", "QUIT"])
def test_signals_to_the_runtime_reach_the_payload(bundle, name):
    script = f"trap 'echo got {name}; exit 5' {name}; echo ready; while :; do sleep 0.05; done"
    process, _ = bundle.popen("sh", "-c", script, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(getattr(signal, f"SIG{name}"))
    result = finish(process)
    assert (result.status, result.out) == (5, f"got {name}\n")


def test_detach_returns_while_the_container_runs(bundle):
    container = bundle.detach("sleep", "1000")
    assert container.status == "running"
    container.stop()


def test_detach_short_flag_and_pid_file(bundle, case):
    container = bundle.create("sleep", "1000", verb="run", flags=("-d", "--pid-file", case.path("pid")))
    assert case.path("pid").read_text() == str(container.pid)
    container.stop()


def test_detached_container_is_no_child_of_a_lingering_runtime(bundle):
    container = bundle.detach("sleep", "1000")
    with open(f"/proc/{container.pid}/stat") as file:
        assert file.read().rpartition(")")[2].split()[1] == "1"
    container.stop()


def test_detached_container_stays_known_after_its_exit(bundle):
    container = bundle.detach("true")
    container.wait()
    container.delete().succeeds()


def test_failed_detach_leaves_nothing(bundle):
    result, container = bundle.try_create("/no/such", verb="run", flags=("--detach",))
    result.fails("/no/such")
    container.case("state", container.id).fails()
    assert not sandbox.cgroups_named(container.id)


def test_payload_gets_only_three_descriptors(bundle):
    result = bundle.run("probe", "fds")
    assert [line.split()[0] for line in result.succeeds().lines] == ["0", "1", "2"]


def test_descriptors_of_the_caller_do_not_leak(bundle):
    with open("/etc/passwd") as file:
        result = bundle.run("probe", "fds", descriptors={9: file.fileno()})
    assert [line.split()[0] for line in result.succeeds().lines] == ["0", "1", "2"]


@pytest.fixture
def filled_pipe():
    """A function that gives the reading end of a pipe with text in it."""
    opened = []

    def make(text):
        reader, writer = os.pipe()
        opened.append(reader)
        os.write(writer, text)
        os.close(writer)
        return reader

    yield make
    for reader in opened:
        os.close(reader)


def test_preserve_fds(bundle, filled_pipe):
    result = bundle.run("sh", "-c", "cat <&3; cat <&4; probe fds | wc -l", flags=("--preserve-fds", "2"),
                        descriptors={3: filled_pipe(b"three"), 4: filled_pipe(b"four")})
    assert result.succeeds().out == "threefour5\n"


def test_preserve_fds_passes_no_more_than_asked(bundle, filled_pipe):
    result = bundle.run("probe", "fds", flags=("--preserve-fds", "1"),
                        descriptors={3: filled_pipe(b"three"), 4: filled_pipe(b"four")})
    assert [line.split()[0] for line in result.succeeds().lines] == ["0", "1", "2", "3"]


def test_preserve_fds_survives_create_and_start(bundle, filled_pipe):
    container = bundle.start("cat", "/proc/self/fd/3", flags=("--preserve-fds", "1"),
                             descriptors={3: filled_pipe(b"three")})
    container.wait()
    assert container.out == "three"


@pytest.mark.differs(crun="1.8.1 passes the descriptors but no LISTEN_PID")
def test_socket_activation_descriptors(bundle, case):
    bundle.args("sh", "-c", "echo $LISTEN_FDS $LISTEN_PID; probe fstat 3").save()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(case.path("listen")))
        # LISTEN_PID must be the runtime's own pid, which a shell that becomes the runtime knows.
        command = f"exec 3<&{listener.fileno()} {listener.fileno()}<&-; export LISTEN_FDS=1 LISTEN_PID=$$; exec " \
                  f"{case.runtime.path} --root {case.root} run --bundle {bundle.directory} {case.new_id()}"
        done = subprocess.run(["bash", "-c", command], pass_fds=(listener.fileno(),), capture_output=True, text=True,
                              timeout=30)
    assert done.stdout.splitlines()[0] == "1 1", done
    assert done.stdout.splitlines()[1].startswith("socket"), done


def test_environment_of_the_caller_does_not_leak(bundle):
    result = bundle.run("env", env={"FOO_SECRET": "1", "LISTEN_FDS_X": "1", "NOTIFY": "x"})
    assert "FOO_SECRET" not in result.succeeds().out


def test_run_with_streams_closed(bundle, case):
    """A caller that closed 0, 1 and 2 must not make the runtime's own files the payload's streams."""
    bundle.writable().args("sh", "-c", "probe fds >/list").save()
    command = f"exec {case.runtime.path} --root {case.root} run --bundle {bundle.directory} {case.new_id()} " \
              "<&- >&- 2>&-"
    subprocess.run(["sh", "-c", command], timeout=30)
    listing = bundle.rootfs / "list"
    if listing.exists():
        for line in listing.read_text().splitlines():
            number, target = line.split(" ", 1)
            assert int(number) <= 3 and (target.startswith(("/dev/", "/list", "pipe:")) or "null" in target), line


def test_many_at_once(bundle):
    """Sixteen containers from one bundle at the same time."""
    running = [bundle.popen("sh", "-c", "echo $$", stdout=subprocess.PIPE, stderr=subprocess.PIPE)[0]
               for _ in range(16)]
    for process in running:
        result = finish(process)
        assert (result.status, result.out) == (0, "1\n"), result


def test_orphans_die_with_the_container(bundle):
    """PID 1 of the namespace takes its descendants along."""
    bundle.run("sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!").succeeds()


def test_runtime_killed_in_the_foreground_leaves_what_delete_force_removes(bundle):
    process, container = bundle.popen("sh", "-c", "echo ready; sleep 1000", stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    pid = container.pid
    process.kill()
    process.wait()
    container.delete("--force").succeeds()
    eventually(lambda: not alive(pid), "init is gone")
