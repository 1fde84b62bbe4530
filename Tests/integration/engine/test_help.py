# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""What the command line tells about itself: help, manual pages, completion, suggestions, colours."""
import json
import os
import pty
import shutil
import subprocess

import pytest
from harness import shells


def commands(roost):
    return roost("manual", "--list").succeeds().lines


def test_help_fits_a_screen_and_groups_the_commands(roost):
    for arguments in (["--help"], ["-h"], ["help"], []):
        lines = roost(*arguments).succeeds().lines
        assert len(lines) <= 24 and max(map(len, lines)) <= 80
        assert any(line.startswith("Containers  run") for line in lines) and any(line.startswith("Insight ") for line in lines)
    text = roost("--help").succeeds().out
    for command in commands(roost):
        assert f" {command.split()[0]} " in text, command


def test_every_command_has_examples_in_its_help(roost):
    for command in commands(roost):
        text = roost(*command.split(), "--help").succeeds().out
        assert "USAGE" in text and "EXAMPLES:\n" in text, command
        assert f"roost {command}" in text.split("EXAMPLES:")[1], command


def test_every_command_has_a_manual_page(roost):
    names = ["", *commands(roost)]
    for command in names:
        page = roost("manual", *command.split()).succeeds().out
        assert page.startswith(f".TH {'-'.join(['roost', *command.split()]).upper()}".replace("-", "\\-")), page[:80]
        for section in (".SH NAME", ".SH SYNOPSIS"):
            assert section in page
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z"], input=page, capture_output=True, text=True,
                                  timeout=30)
            assert done.returncode == 0 and not done.stderr, (command, done.stderr)
    page = roost("manual", "run").succeeds().out
    assert "\\-\\-memory" in page and "EXAMPLES" in page
    roost("manual", "nosuch").fails("no command nosuch", status=125)


def complete(roost, line):
    """What bash offers at the end of a line."""
    words = line.split(" ")
    script = (f"source <({roost.path} completion bash); COMP_WORDS=({' '.join(repr(w) for w in words)}); "
              f"COMP_CWORD={len(words) - 1}; _roost; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    directory = os.path.dirname(roost.path)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60,
                          env={**roost.environment(), "PATH": f"{directory}:/usr/bin:/bin"})
    assert not done.stderr, done.stderr
    return done.stdout.split()


def test_bash_completes_commands_flags_and_containers(roost, root):
    assert {"run", "exec", "explain"} <= set(complete(roost, "roost "))
    assert complete(roost, "roost inspe") == ["inspect"]
    assert "--memory" in complete(roost, "roost run --me") and "--live" in complete(roost, "roost inspect --")
    assert "create" in complete(roost, "roost network c")
    if os.path.basename(roost.path) == "roost":
        roost("run", "--name", "box", root, "true").succeeds()
        assert complete(roost, "roost rm b") == ["box"]


def environment(roost):
    return {**roost.environment(), "PATH": f"{os.path.dirname(roost.path)}:/usr/bin:/bin"}


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_completes_commands_flags_and_containers(roost, case, root):
    functions = case.directory_for("functions")
    (functions / "_roost").write_text(roost("completion", "zsh").succeeds().out)
    roost("run", "--name", "box", root, "true").succeeds()
    with shells.Zsh(functions, environment(roost)) as zsh:
        zsh.completes("roost inspe", "roost inspect ")
        zsh.completes("roost network crea", "roost network create ")
        zsh.completes("roost run --memory-sw", "--memory-swap ")
        zsh.completes("roost network create --sub", "--subnet ")
        zsh.completes("roost inspect --li", "--live ")
        zsh.completes("roost rm b", "roost rm box")


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_completes_commands_flags_and_containers(roost, case, root):
    script = case.directory / "roost.fish"
    script.write_text(roost("completion", "fish").succeeds().out)
    roost("run", "--name", "box", root, "true").succeeds()

    def offers(line):
        return shells.fish(script, environment(roost), line)

    assert offers("roost inspe") == ["inspect"] and offers("roost network crea") == ["create"]
    assert offers("roost run --memory-sw") == ["--memory-swap"] and offers("roost inspect --li") == ["--live"]
    assert offers("roost network create --sub") == ["--subnet"]
    assert offers("roost rm b") == ["box"]


@pytest.mark.parametrize("shell, check", [("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])])
def test_completion_scripts_are_scripts(roost, case, shell, check):
    text = roost("completion", shell).succeeds().out
    assert "--memory" in text or "memory" in text
    if shutil.which(shell):
        path = case.directory / "script"
        path.write_text(text)
        subprocess.run([shell, *check, path], check=True, timeout=30)
    roost("completion", "tcsh").fails("bash, zsh, fish", status=125)


@pytest.mark.parametrize("arguments, meant", [
    (["rnu"], "did you mean run?"), (["inspct", "x"], "did you mean inspect?"), (["netwrok"], "did you mean network?"),
    (["run", "--memroy", "64m", "x"], "did you mean --memory?"), (["explain", "--formt", "sh"], "did you mean --format?"),
    (["ps", "--al"], "did you mean '--all'?"),
])
def test_mistyped_words_are_understood(roost, arguments, meant):
    roost.network = None
    result = roost(*arguments)
    assert result.status == 125 and meant in result.err.lower() and len(result.err.splitlines()) == 1, result


def test_a_mistyped_containers_name_is_understood(roost, root):
    roost("run", "--name", "database", root, "true").succeeds()
    for command in (["inspect"], ["rm"], ["explain", "--diff", "database"]):
        roost.network = None
        result = roost(*command, "databsae")
        assert 'no such container: "databsae"; did you mean database?' in result.err, result
    assert "did you mean" not in roost("inspect", "quite-different").err


def test_unknown_command(roost):
    roost("frobnicate").fails("there is no command frobnicate; roost --help lists them", status=125)


def test_doctor_as_json(roost):
    lines = roost("doctor", "--format", "json").lines
    assert lines and all({"Level", "Subject", "Text"} == set(json.loads(line)) for line in lines)


def on_a_terminal(roost, *arguments, **environment):
    """What a command writes to a terminal."""
    controller, terminal = pty.openpty()
    done = subprocess.Popen([roost.path, *map(str, arguments)], stdout=terminal, stderr=subprocess.DEVNULL,
                            stdin=subprocess.DEVNULL, env=roost.environment({"TERM": "xterm", **environment}))
    os.close(terminal)
    out = b""
    while True:
        try:
            data = os.read(controller, 65536)
        except OSError:
            break
        if not data:
            break
        out += data
    os.close(controller)
    done.wait(timeout=60)
    return out


def test_colours_only_on_a_terminal_and_never_with_no_color(roost, root):
    for arguments in (["doctor"], ["explain", root, "true"]):
        assert b"\x1b[" in on_a_terminal(roost, *arguments)
        assert b"\x1b[" not in on_a_terminal(roost, *arguments, NO_COLOR="1")
        assert b"\x1b[" not in on_a_terminal(roost, *arguments, TERM="dumb")
        assert "\x1b" not in roost(*arguments).out
