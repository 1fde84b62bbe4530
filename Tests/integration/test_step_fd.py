# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`run --step-fd`: the runtime asks its caller before each group of steps (docs/sync-protocol.md)."""
import os
import socket
import subprocess

import pytest
from harness.case import alive, eventually
from harness.patience import patient

pytestmark = pytest.mark.roost

GROUPS = ["beforeProcess", "limits", "namespaces", "fileSystem", "network", "system", "identity", "lastFence", "start"]


class Watched:
    """A container whose making asks us."""

    def __init__(self, bundle, *arguments):
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(patient(30))
        self.process, container = bundle.popen(
            *arguments, flags=("--step-fd", str(theirs.fileno())), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()])
        self.id = container.id
        theirs.close()

    def question(self):
        """The group that comes next and the process; None at the end."""
        data = self.socket.recv(256).decode()
        if not data:
            return None
        group, pid = data.split(" ")
        return group, int(pid)

    def go(self):
        self.socket.send(b"go")

    def until(self, group):
        while (found := self.question())[0] != group:
            self.go()
        return found[1]

    def end(self):
        out, err = self.process.communicate(timeout=patient(60))
        self.socket.close()
        return self.process.returncode, out.decode(), err.decode()


@pytest.fixture
def watched(bundle):
    made = []

    def start(*arguments):
        made.append(Watched(bundle, *arguments))
        return made[-1]

    yield start
    for one in made:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()
        one.socket.close()


def test_the_questions(watched):
    """Every group is asked for, with the process as soon as there is one; the program runs after the last answer."""
    one = watched("echo", "made")
    asked = []
    while question := one.question():
        asked.append(question)
        assert one.process.poll() is None
        one.go()
    names = [name for name, _ in asked]
    assert set(names) == set(GROUPS) and names[-1] == "start"
    assert all(first != second for first, second in zip(names, names[1:]))
    born = names.index("namespaces") + 1
    assert {pid for _, pid in asked[:born]} == {0} and len({pid for _, pid in asked[born:]}) == 1
    assert asked[-1][1] > 0
    assert one.end() == (0, "made\n", "")


def test_nothing_happens_without_an_answer(watched, case):
    """What a stop promises is not there yet; what was before it is."""
    one = watched("true")
    pid = one.until("fileSystem")
    mounts = open(f"/proc/{pid}/mountinfo").read()
    assert mounts.count("\n") >= open("/proc/self/mountinfo").read().count("\n"), "still the copies of ours"
    assert os.readlink(f"/proc/{pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt")
    one.go()
    one.until("identity")
    assert " / /proc " in open(f"/proc/{pid}/mountinfo").read()
    status = open(f"/proc/{pid}/status").read()
    assert "NoNewPrivs:\t0" in status and "Seccomp:\t0" in status
    one.go()
    one.until("lastFence")
    assert "NoNewPrivs:\t1" in open(f"/proc/{pid}/status").read()
    one.go()
    while one.question():
        one.go()
    assert one.end()[0] == 0


@pytest.mark.parametrize("group", GROUPS)
def test_no_answer_is_an_end(watched, case, group):
    one = watched("true")
    pid = one.until(group)
    one.socket.shutdown(socket.SHUT_RDWR)
    status, out, err = one.end()
    assert (status, out) == (1, "") and "as asked" in err
    assert pid == 0 or not alive(pid)
    assert case("state", one.id).status != 0


def test_others_may_look_in(watched, case):
    """While it waits, the container can be entered, with its own rights, and listed."""
    one = watched("true")
    one.until("identity")
    result = case("exec", one.id, "sh", "-c", "echo in; grep NoNewPrivs /proc/self/status")
    assert result.succeeds().out == "in\nNoNewPrivs:\t1\n"
    one.go()
    while one.question():
        one.go()
    assert one.end()[0] == 0


def test_others_may_remove_it(watched, case):
    one = watched("true")
    pid = one.until("system")
    case("delete", "--force", one.id).succeeds()
    eventually(lambda: not alive(pid), "the process has ended")
    one.go()
    status, _, err = one.end()
    assert status == 1 and "was removed while it waited" in err


def test_a_killed_runtime_leaves_what_delete_removes(watched, case):
    one = watched("true")
    pid = one.until("start")
    one.process.kill()
    one.end()
    eventually(lambda: not alive(pid), "the process has ended")
    case("delete", "--force", one.id).succeeds()


def test_a_filter_that_refuses_messages(bundle, watched):
    """The last stop is behind the program's filter, and asks it for no more than read(2) and write(2)."""
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["sendmsg", "recvmsg", "sendto", "recvfrom"], "action": "SCMP_ACT_KILL_PROCESS"}]}
    one = watched("echo", "made")
    while one.question():
        one.go()
    assert one.end() == (0, "made\n", "")


@pytest.mark.parametrize("flags,words", [
    (("--step-fd", "2"), "expected a number from 3"),
    (("--step-fd", "9999"), "--step-fd 9999: bad file descriptor"),
    (("--preserve-fds", "1", "--step-fd", "3"), "one of those that the program gets"),
])
def test_numbers_that_cannot_be(bundle, flags, words):
    # Only the shell can say which numbers the runtime finds open.
    result = bundle.run("true", flags=flags, pass_fds=[3], preexec_fn=lambda: os.dup2(1, 3))
    assert result.status != 0 and words in result.err.lower()
