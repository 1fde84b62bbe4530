# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`-t`: the caller's terminal, in `run` and `exec`."""
import signal

import pytest
from harness.terminal import Lent


@pytest.fixture
def on_terminal(roost):
    opened = []

    def start(*arguments, **size):
        opened.append(Lent(roost, *arguments, **size))
        return opened[-1]

    yield start
    for lent in opened:
        lent.close()


def test_run(on_terminal, root):
    lent = on_terminal("run", "--rm", "-it", root, "sh", "-c", "tty; stty size; echo $TERM; read x; echo \"<$x>\"; exit 5",
                       rows=33, columns=111)
    lent.terminal.until("xterm")
    lent.terminal.send("hello\n")
    assert lent.finish() == 5
    text = lent.terminal.text
    assert "33 111" in text and "<hello>" in text and "/dev/pts/0" in text or "/dev/console" in text


def test_the_terminal_is_as_it_was(on_terminal, root):
    lent = on_terminal("run", "--rm", "-it", root, "true")
    assert lent.finish() == 0
    assert lent.attributes() == lent.before


def test_interrupt_key_reaches_the_payload_once(on_terminal, root):
    script = "n=0; trap 'n=$((n+1))' INT; echo ready; until [ $n -gt 0 ]; do sleep 0.05; done; sleep 0.5; echo n=$n"
    lent = on_terminal("run", "--rm", "-it", root, "sh", "-c", script)
    lent.terminal.until("ready")
    lent.terminal.send("\x03")
    assert lent.finish() == 0
    assert "n=1" in lent.terminal.text


def test_interrupt_key_without_a_terminal_of_its_own(on_terminal, root):
    script = "trap 'echo got; exit 6' INT; echo ready; while :; do sleep 0.05; done"
    lent = on_terminal("run", "--rm", root, "sh", "-c", script)
    lent.terminal.until("ready")
    lent.terminal.send("\x03")
    assert lent.finish() == 6


def test_resize(on_terminal, root):
    script = "trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done"
    lent = on_terminal("run", "--rm", "-it", root, "sh", "-c", script)
    lent.terminal.until("ready")
    lent.terminal.resize(44, 122)
    lent.process.send_signal(signal.SIGWINCH)
    assert lent.finish() == 0
    assert "44 122" in lent.terminal.text


def test_exec(on_terminal, roost, root):
    roost.start(root, "sleep", "1000")
    script = 'stty size; read x; echo "<$x>"; exit 5'
    lent = on_terminal("exec", "-it", "box", "sh", "-c", script, rows=20, columns=90)
    lent.terminal.until("20 90")
    lent.terminal.send("hi\n")
    assert lent.finish() == 5
    assert "<hi>" in lent.terminal.text
    roost("rm", "-f", "box").succeeds()
