# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""--pidfd-socket: the caller gets a descriptor of the process."""
import os
import re
import signal
import socket
from pathlib import Path

import pytest

pytestmark = pytest.mark.roost


@pytest.fixture
def listener(case):
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(case.path("pidfd.sock")))
    made.listen(1)
    made.settimeout(10)
    yield made
    made.close()


def take(listener):
    """The message, and the process that the descriptor means."""
    connection, _ = listener.accept()
    with connection:
        message, descriptors, _, _ = socket.recv_fds(connection, 100, 1)
    (descriptor,) = descriptors
    pid = int(re.search(r"^Pid:\s+(\d+)", Path(f"/proc/self/fdinfo/{descriptor}").read_text(), re.MULTILINE)[1])
    return message.decode(), pid, descriptor


def test_create(bundle, case, listener):
    container = bundle.create("sleep", "1000", flags=("--pidfd-socket", case.path("pidfd.sock")))
    message, pid, descriptor = take(listener)
    assert message == "standard" and pid == container.pid
    container.start()
    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    os.close(descriptor)
    container.wait()


def test_run(bundle, case, listener):
    container = bundle.detach("sleep", "1000", flags=("--pidfd-socket", case.path("pidfd.sock")))
    message, pid, descriptor = take(listener)
    os.close(descriptor)
    assert message == "standard" and pid == container.pid
    container.stop()


def test_exec(bundle, case, listener):
    container = bundle.sleeper()
    container.exec("sleep", "1000", flags=(
        "--detach", "--pidfd-socket", case.path("pidfd.sock"), "--pid-file", case.path("pid")), out=open(os.devnull, "w"),
        err=open(os.devnull, "w")).succeeds()
    message, pid, descriptor = take(listener)
    os.close(descriptor)
    assert message == "setns" and pid == int(case.path("pid").read_text())
    container.stop()


def test_socket_that_is_not_there(bundle, case):
    bundle.try_create("true", flags=("--pidfd-socket", case.path("none")))[0].fails("--pidfd-socket.*no such file")
