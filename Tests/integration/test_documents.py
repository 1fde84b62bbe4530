# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Completion and manual pages, made from the tables that parse command lines."""
import re
import shutil
import subprocess

import pytest
from harness import shells
from harness.runtime import base_environment

pytestmark = pytest.mark.roost


def commands(case):
    lines = case.runtime.run(None, "--help").succeeds().out.partition("COMMANDS:\n")[2].partition("\n\n")[0]
    return re.findall(r"^   ([a-z]+)", lines, re.MULTILINE)


def complete(case, *words):
    """What bash would offer for the last word."""
    script = case.path("completion.bash")
    script.write_text(case.runtime.run(None, "completion", "bash").succeeds().out)
    line = " ".join(f"'{word}'" for word in ("roost-runtime", *words))
    code = f"shopt -s progcomp; source {script}; roost-runtime() {{ {case.runtime.path} \"$@\"; }}; " \
           f"COMP_WORDS=({line}); COMP_CWORD={len(words)}; compopt() {{ :; }}; _roost_runtime; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    found = subprocess.run(["bash", "-c", code], capture_output=True, text=True, timeout=15)
    assert found.returncode == 0 and not found.stderr, found
    return found.stdout.split()


def test_bash_offers_commands(case):
    assert complete(case, "che") == ["checkpoint"]
    assert set(commands(case)) <= set(complete(case, ""))


def test_bash_offers_options_of_the_command(case):
    assert complete(case, "create", "--pid") == ["--pidfd-socket", "--pid-file"]
    assert "--root" in complete(case, "--r")


def test_bash_offers_containers(bundle, case):
    container = bundle.sleeper()
    assert complete(case, "--root", str(case.root), "kill", "") == [container.id]
    container.stop()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells(case, shell):
    script = case.runtime.run(None, "completion", shell).succeeds().out
    for command in commands(case):
        assert command in script
    if shutil.which(shell):
        path = case.path("script")
        path.write_text(script)
        subprocess.run([shell, "-n", str(path)], check=True, timeout=15)


def environment(case):
    return {**base_environment(), "PATH": f"{case.runtime.path.parent}:/usr/bin:/bin"}


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_offers_commands_and_options(case):
    functions = case.directory_for("functions")
    (functions / "_roost-runtime").write_text(case.runtime.run(None, "completion", "zsh").succeeds().out)
    with shells.Zsh(functions, environment(case)) as zsh:
        zsh.completes("roost-runtime checkp", "roost-runtime checkpoint ")
        zsh.completes("roost-runtime create --pid-f", "--pid-file=")
        zsh.completes("roost-runtime run --step", "--step-fd=")


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_offers_commands_and_options(case):
    script = case.path("script.fish")
    script.write_text(case.runtime.run(None, "completion", "fish").succeeds().out)
    assert shells.fish(script, environment(case), "roost-runtime checkp") == ["checkpoint"]
    assert shells.fish(script, environment(case), "roost-runtime create --pid-f") == ["--pid-file"]
    assert shells.fish(script, environment(case), "roost-runtime run --step") == ["--step-fd"]


def test_unknown_shell(case):
    case.runtime.run(None, "completion", "tcsh").fails("bash, zsh, fish")


def test_manual_pages(case):
    overview = case.runtime.run(None, "manual").succeeds().out
    for command in commands(case):
        assert command in overview
        page = case.runtime.run(None, "manual", command).succeeds().out
        assert page.splitlines()[1].startswith(f".TH ROOST-RUNTIME-{command.upper()} 8")
    if shutil.which("groff"):
        for text in (overview, page):
            done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z"], input=text, capture_output=True, text=True)
            assert not done.stderr, done.stderr


def test_every_option_is_in_its_manual_page(case):
    for command in commands(case):
        page = case.runtime.run(None, "manual", command).succeeds().out.replace("\\-", "-")
        for option in re.findall(r"--[a-z0-9-]+", case.runtime.run(None, command, "--help").succeeds().out):
            if option != "--help":
                assert option in page or option in ("--force",) and "force" in page, (command, option)
