# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""NOTIFY_SOCKET: what the program tells reaches the service manager of the runtime's caller."""
import socket

import pytest

from harness.case import finish


@pytest.fixture
def manager(case):
    """A service manager's socket, and the environment that names it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(case.path("manager.sock")))
        made.settimeout(10)
        yield made


def named(case):
    return {"NOTIFY_SOCKET": str(case.path("manager.sock"))}


READY = "sleep 0.2; probe notify READY=1; exec sleep 1000"



@pytest.mark.roost
def test_detached_returns_when_the_program_is_ready(bundle, case, manager):
    container = bundle.detach("sh", "-c", READY, env=named(case))
    lines = manager.recv(4096).decode().splitlines()
    assert "READY=1" in lines and f"MAINPID={container.pid}" in lines
    container.stop()


@pytest.mark.roost
def test_start_returns_when_the_program_is_ready(bundle, case, manager):
    container = bundle.create("sh", "-c", READY, env=named(case))
    case("start", container.id, env=named(case)).succeeds()
    lines = manager.recv(4096).decode().splitlines()
    assert "READY=1" in lines and f"MAINPID={container.pid}" in lines
    container.stop()


@pytest.mark.roost
def test_foreground_passes_all_messages_on(bundle, case, manager):
    script = "probe notify 'STATUS=half'; probe notify 'READY=1\nMAINPID=1\nSTATUS=whole'; probe notify STOPPING=1"
    bundle.run("sh", "-c", script, env=named(case)).succeeds()
    assert [manager.recv(4096) for _ in range(3)] == [b"STATUS=half\n", b"READY=1\nSTATUS=whole\n", b"STOPPING=1\n"]


@pytest.mark.roost
def test_program_that_ends_without_a_word(bundle, case, manager):
    container = bundle.detach("sh", "-c", "sleep 0.1; exit 3", env=named(case))
    container.wait()
    manager.settimeout(0.05)
    with pytest.raises(TimeoutError):
        manager.recv(4096)


@pytest.mark.roost
def test_in_a_user_namespace_as_an_ordinary_user(bundle, case, manager):
    bundle.user_namespace().process["user"] = {"uid": 1000, "gid": 1000}
    bundle.run("probe", "notify", "READY=1", env=named(case)).succeeds()
    assert manager.recv(4096) == b"READY=1\n"


@pytest.mark.roost
def test_abstract_socket_of_the_manager(bundle, case):
    name = case.new_id("-manager")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind("\0" + name)
        made.settimeout(10)
        bundle.run("probe", "notify", "READY=1", env={"NOTIFY_SOCKET": "@" + name}).succeeds()
        assert made.recv(4096) == b"READY=1\n"


def test_without_a_manager_there_is_no_socket(bundle):
    assert bundle.run("probe", "notify", "READY=1").out == "no socket\n"


@pytest.mark.roost
def test_the_managers_own_socket_is_not_in_the_environment(bundle, case, manager):
    bundle.process["env"].append(f"NOTIFY_SOCKET={case.path('manager.sock')}")
    out = bundle.run("env", env=named(case)).succeeds().lines
    assert [line for line in out if line.startswith("NOTIFY_SOCKET=")] == ["NOTIFY_SOCKET=/run/notify/notify.sock"]


@pytest.mark.roost
def test_forwarding_ends_with_the_container(bundle, case, manager):
    process, container = bundle.popen("sh", "-c", "probe notify READY=1; exec sleep 1000", env=named(case))
    assert manager.recv(4096) == b"READY=1\n"
    container.kill("KILL").succeeds()
    assert finish(process).status == 137
