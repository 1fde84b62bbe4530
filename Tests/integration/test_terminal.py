# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Terminals: lent by the caller, or made by the runtime and sent over --console-socket."""
import json
import os

import pytest

from harness.terminal import ConsoleSocket, Lent


@pytest.fixture
def on_terminal(bundle, case):
    """A function that runs the bundle on a terminal of ours."""
    opened = []

    def start(*arguments, **size):
        bundle.process["terminal"] = True
        bundle.args(*arguments).save()
        opened.append(Lent(case, "run", "--bundle", bundle.directory, case.new_id(), **size))
        return opened[-1]

    yield start
    for lent in opened:
        lent.close()


@pytest.fixture
def console(case):
    with ConsoleSocket(case.path("console.sock")) as socket:
        yield socket


def test_payload_has_a_controlling_terminal(on_terminal):
    lent = on_terminal("probe", "terminal")
    assert lent.finish() == 0
    facts = lent.terminal.text.splitlines()
    for fact in ("isatty 1 1 1", "leader 1", "foreground 1", "controlling 1"):
        assert fact in facts


def test_exit_status(on_terminal):
    assert on_terminal("sh", "-c", "exit 11").finish() == 11


def test_input_and_output(on_terminal):
    lent = on_terminal("sh", "-c", "read line; echo \"<$line>\"")
    lent.terminal.send("hello\n")
    assert lent.finish() == 0
    assert "<hello>" in lent.terminal.text


def test_interrupt_key(on_terminal):
    lent = on_terminal("sh", "-c", "trap 'echo interrupted; exit 4' INT; echo ready; while :; do sleep 0.05; done")
    lent.terminal.until("ready")
    lent.terminal.send("\x03")
    assert lent.finish() == 4
    assert "interrupted" in lent.terminal.text


def test_end_of_file_key(on_terminal):
    lent = on_terminal("sh", "-c", "echo ready; cat; echo over")
    lent.terminal.until("ready")
    lent.terminal.send("\x04")
    assert lent.finish() == 0
    assert "over" in lent.terminal.text


def sized(rows, columns):
    """A command that waits for a size: the program may start before the runtime has set it."""
    return f"until probe terminal | grep '^size {rows} {columns}$'; do sleep 0.05; done"


@pytest.mark.differs(crun="1.8.1 leaves the size at 0 by 0 for run")
def test_size_is_that_of_the_callers_terminal(on_terminal):
    lent = on_terminal("sh", "-c", sized(31, 97), rows=31, columns=97)
    assert lent.finish() == 0
    assert "size 31 97" in lent.terminal.text


@pytest.mark.differs(crun="1.8.1 leaves the size at 0 by 0 for run")
def test_resize_reaches_the_payload(on_terminal):
    lent = on_terminal("sh", "-c", "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done")
    lent.terminal.until("ready")
    lent.terminal.resize(45, 111)
    assert lent.finish() == 0
    assert "45 111" in lent.terminal.text


def test_modes_of_the_callers_terminal_are_restored(on_terminal):
    lent = on_terminal("true")
    assert lent.finish() == 0
    assert lent.attributes() == lent.before


def test_modes_are_restored_after_a_failure(on_terminal):
    lent = on_terminal("/no/such")
    assert lent.finish() != 0
    assert lent.attributes() == lent.before


def test_console_socket(bundle, console):
    bundle.process["terminal"] = True
    container = bundle.create("sh", "-c", "echo begin; read x; echo \"<$x>\"", flags=("--console-socket", console.path))
    terminal = console.receive()
    container.start()
    terminal.until("begin")
    terminal.send("word\n")
    assert "<word>" in terminal.rest()
    container.wait()


def test_console_size_of_the_configuration(bundle, console):
    bundle.process["terminal"] = True
    bundle.process["consoleSize"] = {"height": 33, "width": 99}
    container = bundle.start("probe", "terminal", flags=("--console-socket", console.path))
    assert "size 33 99" in console.receive().rest()
    container.wait()


def test_console_socket_of_a_detached_run(bundle, console):
    bundle.process["terminal"] = True
    container = bundle.detach("sh", "-c", "tty; sleep 1000", flags=("--console-socket", console.path))
    assert "/dev/pts/0" in console.receive().until("\n")
    container.stop()


def test_console_socket_of_exec(bundle, console):
    container = bundle.sleeper()
    container.exec("probe", "terminal", flags=("--tty", "--detach", "--console-socket", console.path)).succeeds()
    text = console.receive().rest()
    assert "isatty 1 1 1" in text and "controlling 1" in text


def test_console_socket_of_exec_with_a_process_file(bundle, case, console):
    container = bundle.sleeper()
    case.path("p.json").write_text(json.dumps(
        {"terminal": True, "user": {"uid": 0, "gid": 0}, "args": ["probe", "terminal"], "cwd": "/",
         "consoleSize": {"height": 21, "width": 66}, "env": ["PATH=/bin"]}))
    case("exec", "--process", case.path("p.json"), "--detach", "--console-socket", console.path,
         container.id).succeeds()
    assert "isatty 1 1 1" in console.receive().rest()


def test_exec_on_a_lent_terminal(bundle, case):
    container = bundle.sleeper()
    with Lent(case, "exec", "--tty", container.id, "sh", "-c", f"{sized(40, 120)}; probe terminal; exit 3", rows=40,
              columns=120) as lent:
        assert lent.finish() == 3
        assert "isatty 1 1 1" in lent.terminal.text and "size 40 120" in lent.terminal.text


def test_detached_terminal_needs_a_console_socket(bundle):
    bundle.process["terminal"] = True
    bundle.try_create("true")[0].fails("console")


@pytest.mark.differs(crun="ignores the socket")
def test_console_socket_without_a_terminal_is_refused(bundle, console):
    bundle.try_create("true", flags=("--console-socket", console.path))[0].fails("console")


def test_console_socket_that_does_not_exist(bundle, case):
    bundle.process["terminal"] = True
    bundle.try_create("true", flags=("--console-socket", case.path("absent.sock")))[0].fails("console|absent")


def test_dev_console_is_the_terminal(bundle, console):
    bundle.process["terminal"] = True
    bundle.start("sh", "-c", "echo through >/dev/console", flags=("--console-socket", console.path)).wait()
    assert "through" in console.receive().rest()


def test_terminal_belongs_to_the_user(bundle, console):
    bundle.process["terminal"] = True
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.start("stat", "-c", "%u %t:%T", "/dev/pts/0", flags=("--console-socket", console.path)).wait()
    assert "1000 88:0" in console.receive().rest()


def test_no_terminal_no_controlling_terminal(bundle):
    facts = bundle.run("probe", "terminal").succeeds().lines
    assert "isatty 0 0 0" in facts and "controlling 0" in facts


def test_payload_without_a_terminal_cannot_reach_the_callers(bundle, case):
    """The payload has a session of its own although its standard streams are the caller's terminal."""
    bundle.args("probe", "terminal").save()
    with Lent(case, "run", "--bundle", bundle.directory, case.new_id()) as lent:
        assert lent.finish() == 0
        assert "controlling 0" in lent.terminal.text


def test_input_cannot_be_pushed_to_the_callers_terminal(bundle, case):
    bundle.args("probe", "inject").save()
    with Lent(case, "run", "--bundle", bundle.directory, case.new_id()) as lent:
        assert lent.finish() == 0
        assert "injected" not in lent.terminal.text


def test_console_is_no_descriptor_of_the_host(bundle, console):
    """Nothing but the three streams is open on a terminal."""
    bundle.process["terminal"] = True
    bundle.start("probe", "fds", flags=("--console-socket", console.path)).wait()
    numbers = [line.split()[0] for line in console.receive().rest().splitlines() if line]
    assert numbers == ["0", "1", "2"]


def test_hangup_of_the_lent_terminal_reaches_the_payload(on_terminal):
    lent = on_terminal("sh", "-c", "trap exit HUP; echo ready; while :; do sleep 0.05; done")
    lent.terminal.until("ready")
    os.close(lent._slave)
    lent._slave = os.open("/dev/null", os.O_RDONLY)
    lent.terminal.close()
    lent.process.wait(20)
