# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`run --step`: stops between the groups of steps, a look around at each, going on and giving up."""
import os
import re
import select
import signal
import subprocess
import time

import pytest
from harness import sandbox, users
from harness.case import alive, eventually
from harness.patience import deadline, patient
from harness.terminal import Lent
from test_roost_rootless import User, archive  # noqa: F401

PROMPT = "[Enter, c, s, w, a, q, h] "
TITLE = re.compile(r'^Stop (\d+) of (\d+), before "(.*)"$', re.MULTILINE)
PROCESS = re.compile(r"process: – → (\d+)")
GROUPS = ["Before the process", "The limits", "The process and its namespaces", "The file system", "The network",
          "The system that the program sees", "Who the program is", "The last fence", "The start"]


class Session:
    """A container that is made step by step, by lines of standard input."""

    def __init__(self, roost, *arguments, **options):
        self.process = roost.popen("run", "--rm", "--step", *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, **options)
        self.text = ""
        self._shown = ""

    def stop(self):
        """What was said before the question that waits for an answer, or comes next."""
        if self._shown:
            return self._shown
        start, end = len(self.text), deadline(60)
        while not self.text[start:].endswith(PROMPT):
            ready, _, _ = select.select([self.process.stderr], [], [], max(0, end - time.monotonic()))
            assert ready, f"no question comes: {self.text[start:]!r}"
            data = os.read(self.process.stderr.fileno(), 65536)
            assert data, f"no further question: {self.text[start:]!r}"
            self.text += data.decode()
        self._shown = self.text[start:]
        return self._shown

    def answer(self, line):
        self.stop()
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()
        self._shown = ""

    def next(self):
        """Goes on; gives what is said at the next stop."""
        self.answer("")
        return self.stop()

    def ask(self, line):
        """An answer that leads to the same stop; gives what was said."""
        self.answer(line)
        return self.stop().removesuffix(PROMPT)

    def until(self, group):
        """Goes on to the next stop before this group; gives what was said there."""
        while f'before "{group}"' not in self.stop():
            self.answer("")
        return self.stop()

    def until_process(self, group):
        """The same, of the stops where there is a process."""
        while f'before "{group}"' not in self.stop() or not PROCESS.search(self.text):
            self.answer("")
        return self.stop()

    def pid(self):
        return int(PROCESS.search(self.text)[1])

    def end(self):
        """Waits; gives exit status and output."""
        out, err = self.process.communicate(timeout=patient(60))
        self.text += err.decode()
        return self.process.returncode, out.decode()


@pytest.fixture
def step(roost, root):
    def start(*arguments, command=("sh", "-c", "echo made; hostname"), place=root, **options):
        return Session(roost, *arguments, place, *command, **options)

    return start


def nothing_is_left(roost):
    """No container, no name, and nothing of the runtime's, whose directory is not made before it starts."""
    return not roost.ids() and not any((roost.state / "names").iterdir()) and not any(
        (roost.state / "run").glob("*"))


def rest(session):
    """Goes on to the end; gives exit status and output."""
    session.answer("c")
    return session.end()


def test_every_group_has_its_stop(roost, step, root):
    """The stops are the groups of `explain`, in its order, and the container is what it is without them."""
    session = step("--hostname", "box")
    session.process.stdin.write(b"\n" * 30)
    assert session.end() == (0, "made\nbox\n")
    stops = TITLE.findall(session.text)
    assert [int(number) for number, _, _ in stops] == list(range(1, len(stops) + 1))
    assert {int(total) for _, total, _ in stops} == {len(stops)}
    headings = re.findall(r"^(.*)\n=+$", roost("explain", "--hostname", "box", root, "sh").succeeds().out, re.MULTILINE)
    explained = [heading.removesuffix(" (continued)") for heading in headings]
    stopped = [name for _, _, name in stops]
    # One group of `explain` is two stops where the engine takes its first steps and the runtime the others.
    assert [name for index, name in enumerate(stopped) if index == 0 or stopped[index - 1] != name] == explained
    assert set(GROUPS) == set(stopped)
    assert nothing_is_left(roost)


def test_what_changes_is_shown(step):
    session = step("--hostname", "box", "-m", "64m", "--cap-drop", "ALL", "--ulimit", "nofile=100", "--userns", "auto")
    session.until("The process and its namespaces")
    assert f"memory.{'max' if sandbox_is_unified() else 'limit_in_bytes'}: – → {64 << 20}" in session.text
    said = session.next()
    for name in ("mnt", "pid", "net", "ipc", "uts", "user"):
        inode = os.readlink(f"/proc/{session.pid()}/ns/{name}")
        assert re.search(rf"namespace {name}: {name}:\[\d+\] → {re.escape(inode)}", said)
    assert re.search(r"^  process: – → \d+, 1 inside$", said, re.MULTILINE)
    assert re.search(r"^  (uid_map, )?uid_map: 0 0 4294967295 → 0 \d+ 65536$", said, re.MULTILINE)
    said = session.until("The system that the program sees")
    assert "  mount: /proc (proc)\n" in session.text and "  mount: /dev (tmpfs)\n" in session.text
    assert "addresses: none → 127.0.0.1\n" in said
    said = session.next()
    assert re.search(r"^  host name: .* → box$", said, re.MULTILINE) and "mount: /proc/sys (proc, read-only)" in said
    session.until("The last fence")
    assert "limit open files: " in session.text and " → 100 of 100\n" in session.text
    assert re.search(r"capabilities bounding, permitted, effective: .* → 0\n", session.text)
    assert "no_new_privs: off → on\n" in session.text
    assert "  seccomp: off → filter\n" in session.next()
    assert rest(session) == (0, "made\nbox\n")


def sandbox_is_unified():
    return os.path.exists("/sys/fs/cgroup/cgroup.controllers")


def test_all_words_and_all_facts(step):
    session = step()
    session.until("The limits")
    assert "createCgroups" not in session.text and "man    " in session.ask("w")
    assert "cgroups(7)" in session.text
    session.next()
    session.until("The file system")
    said = session.ask("a")
    assert f"process: {session.pid()}, 1 inside\n" in said and "seccomp: off\n" in said
    assert "c          take them and all others without a stop" in session.ask("what?")
    assert rest(session)[0] == 0


def test_look_around_before_there_is_a_process(step):
    session = step()
    session.until("The limits")
    assert session.ask("s readlink /proc/self/ns/mnt; echo pid=$ROOST_PID").endswith("pid=\n")
    assert session.ask("s exit 3") == "(exit status 3)\n"
    assert rest(session)[0] == 0


@pytest.mark.parametrize("flags", [(), ("--userns", "auto")], ids=["root", "ids of its own"])
def test_look_around_with_the_hosts_programs(step, flags):
    """While the image's programs are not fenced in, the shell is the host's, in the container's namespaces."""
    session = step(*flags)
    session.until_process("The file system")
    files = "pid_for_children ipc uts net cgroup mnt user"
    look = f"s for name in {files}; do readlink /proc/self/ns/$name; done; id -u; echo in $ROOST_PID"
    names = ["pid", *files.split()[1:]]
    said = session.ask(look).split("\n")
    pid = session.pid()
    assert said == [*(os.readlink(f"/proc/{pid}/ns/{name}") for name in names), "0", f"in {pid}", ""]
    assert "Python" in session.ask("s python3 --version 2>&1"), "the programs are the host's"
    session.until("The system that the program sees")
    namespace, file = session.ask("s readlink /proc/self/ns/mnt; ls -d /proc/$ROOST_PID/root/bin/busybox").split()
    assert namespace != os.readlink(f"/proc/{pid}/ns/mnt") and file == f"/proc/{pid}/root/bin/busybox"
    assert "Python" in session.ask("s python3 --version 2>&1"), "the programs are the host's"
    assert rest(session)[0] == 0


def test_look_around_with_the_containers_programs(step, root):
    """Behind the masks the shell is the container's own, with the rights that the program is going to have."""
    (root / "bin/busybox").chmod(0o755)
    session = step("--cap-drop", "ALL", "-u", "1234")
    session.until("Who the program is")
    script = "ls -d /bin/busybox; id -u; grep -E '^(CapBnd|Seccomp):' /proc/self/status; python3 2>/dev/null || echo none"
    said = session.ask("s " + script).split("\n")
    assert said == ["/bin/busybox", "1234", "CapBnd:\t0000000000000000", "Seccomp:\t2", "none", ""]
    assert session.ask("s cat /proc/self/cgroup | sort") != subprocess.run(
        "sort /proc/self/cgroup", shell=True, capture_output=True, text=True).stdout
    assert rest(session)[0] == 0


def test_a_container_without_a_shell(step, root):
    for name in ("sh", "ash"):
        (root / "bin" / name).unlink(missing_ok=True)
    session = step(command=("/bin/busybox", "echo", "made"))
    session.until("The last fence")
    assert "Python" in session.ask("s python3 --version 2>&1")
    assert rest(session) == (0, "made\n")


@pytest.mark.parametrize("group", GROUPS)
def test_giving_up_leaves_nothing(roost, step, group):
    session = step("-m", "64m", "--overlay")
    session.until(group)
    found = PROCESS.search(session.text)
    session.answer("q")
    status, out = session.end()
    assert (status, out) == (125, "") and f'ended before "{group}", as asked' in session.text
    assert nothing_is_left(roost)
    if found:
        assert not alive(int(found[1]))


def test_the_end_of_the_input_gives_up(roost, step):
    session = step()
    session.stop()
    session.process.stdin.close()
    session.process.stdin = None
    assert session.end() == (125, "") and nothing_is_left(roost)


def test_a_signal_gives_up(roost, step):
    session = step()
    session.until("The network")
    session.process.send_signal(signal.SIGTERM)
    assert session.end() == (125, "") and nothing_is_left(roost)


def test_what_follows_the_last_answer_is_the_programs(roost, root):
    result = roost.run("-i", "--step", root, "cat", stdin=b"\n\nc\nfor the program\n")
    assert result.succeeds().out == "for the program\n"


def test_the_container_is_what_it_is_without_stops(roost, root):
    script = ("cat /proc/self/status | grep -E '^(Cap|Seccomp|NoNew|Umask|SigBlk|SigIgn|SigCgt|Groups)'; ls -l /proc/self/fd | wc -l;"
              " cat /proc/self/mountinfo | cut -d' ' -f4-6,9 | sed 's/[0-9a-f]\\{64\\}/ID/g'; pwd; env | sort; cat /proc/self/limits")
    plain = roost.run("--hostname", "box", root, "sh", "-c", script).succeeds().out
    assert roost.run("--hostname", "box", "--step", root, "sh", "-c", script, stdin=b"\n" * 30).succeeds().out == plain


def test_on_a_terminal(roost, root):
    """Keys, a shell with a terminal of its own, and the program's terminal afterwards."""
    with Lent(roost, "run", "--rm", "-it", "--step", root, "sh", "-c", "read x; echo \"<$x>\"; exit 5") as lent:
        def at_prompt(times):
            end = deadline(60)
            while lent.terminal.text.count(PROMPT) < times:
                lent.terminal.text += lent.terminal._read(0.1) or ""
                assert time.monotonic() < end, f"no question comes: {lent.terminal.text!r}"

        prompts = 1
        at_prompt(prompts)
        while 'before "Who the program is"' not in lent.terminal.text:
            lent.terminal.send("\n")
            prompts += 1
            at_prompt(prompts)
        lent.terminal.send("s\n")
        lent.terminal.until("`exit` returns")
        lent.terminal.send("tty; echo in=$((40+2)); exit\n")
        lent.terminal.until("in=42")
        assert "/dev/pts/" in lent.terminal.text
        at_prompt(prompts + 1)
        assert lent.attributes() == lent.before
        lent.terminal.send("c\n")
        lent.terminal.send("typed\n")
        assert lent.finish() == 5
        assert "<typed>" in lent.terminal.text and lent.attributes() == lent.before


def test_the_interrupt_key_gives_up(roost, root):
    with Lent(roost, "run", "--rm", "-it", "--step", root, "sh") as lent:
        lent.terminal.until(PROMPT)
        lent.terminal.send("\x03")
        assert lent.finish() == 125
    assert nothing_is_left(roost)


@pytest.mark.parametrize("group", ["The limits", "The file system", "The start"])
def test_a_killed_session(roost, step, group):
    """Of a roost that was killed nothing runs on, and `rm --force` takes the rest away."""
    session = step("--name", "box", "-m", "64m", "--overlay")
    session.until(group)
    found = PROCESS.search(session.text)
    session.process.kill()
    session.end()
    if found:
        eventually(lambda: not alive(int(found[1])), "the container's process has ended")
    (identifier,) = roost.ids()
    roost("rm", "--force", "box").succeeds()
    assert nothing_is_left(roost) and not sandbox.cgroups_named(identifier)


@pytest.mark.parametrize("group", ["The limits", "The file system", "The start"])
def test_a_killed_runtime(roost, step, group):
    session = step("-m", "64m", "--overlay")
    session.until_process(group) if group != "The limits" else session.until(group)
    found = PROCESS.search(session.text)
    (runtime,) = children(session.process.pid)
    os.kill(runtime, signal.SIGKILL)
    status, _ = session.end()
    assert status == 125 and "was ended by signal 9" in session.text
    assert nothing_is_left(roost)
    if found:
        eventually(lambda: not alive(int(found[1])), "the container's process has ended")


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def test_a_killed_process(roost, step):
    session = step()
    session.until("The system that the program sees")
    os.kill(session.pid(), signal.SIGKILL)
    session.answer("c")
    assert session.end() == (125, "") and "killed" in session.text
    assert nothing_is_left(roost)


def test_an_ordinary_user(roost, case, archive):
    with users.known(case.directory, subordinate=True):
        user = User(roost, case, subordinate=True)
        session = Session(user.roost, archive, "sh", "-c", "echo made; id -u")
        session.until("Who the program is")
        said = session.ask("s id -u; readlink /proc/self/ns/net")
        pid = session.pid()
        assert said.split("\n")[0] == "0"
        assert alive(pid)
        assert rest(session) == (0, "made\n0\n")
        again = Session(user.roost, archive, "true")
        again.until("The system that the program sees")
        again.answer("q")
        assert again.end() == (125, "")
        assert not roost.ids()


def test_a_network(net, root):
    """The engine's own steps have stops, too, and the container's interface is there when its process is."""
    session = Session(net, "--network", "default", root, "sh", "-c", "ip -4 -o addr show eth0 | wc -l")
    assert 'before "The network"' in session.stop()
    while "namespace net: " not in (said := session.stop()):
        session.answer("")
    assert re.search(r"interfaces: .* → lo eth0\n", said) and re.search(r"addresses: .* → 127.0.0.1 [\d.]+|→ [\d.]+ 127", said)
    assert rest(session) == (0, "1\n")


def test_giving_up_a_network(net, root, host):
    session = Session(net, "--network", "default", root, "true")
    session.until("The limits")
    session.answer("q")
    assert session.end() == (125, "") and nothing_is_left(net)


def test_other_runtimes_cannot(roost, root):
    result = roost.run("--step", "--runtime", "/bin/true", root, "true")
    assert result.status == 125 and "--step: /bin/true cannot stop between steps" in result.err
    assert nothing_is_left(roost)


def test_standard_input_is_taken(roost):
    result = roost.run("--step", "-", "true")
    assert result.status == 125 and "--step: standard input holds the root file system" in result.err
