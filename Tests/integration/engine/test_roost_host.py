# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Roots made from the programs of this machine: `host:PROGRAMS`."""
import json
import os
import shutil
from pathlib import Path

import pytest


def explained(roost, *arguments):
    lines = roost("rootfs", "explain", "--format", "json", *arguments).succeeds().lines
    return {row["Path"]: row for row in map(json.loads, lines)}


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


def test_explain(roost):
    rows = explained(roost, "host:bash")
    why = {path: row["Why"] for path, row in rows.items()}
    bash = os.path.realpath(shutil.which("bash"))
    assert why[bash] == "requested as bash"
    assert any("program loader of" in reason for reason in why.values())
    assert any("library libc.so.6, needed by" in reason and "found" in reason for reason in why.values())
    assert why["/etc/passwd"] == "part of every root file system" and rows["/etc/passwd"]["Kind"] == "made"
    assert rows[bash]["SizeBytes"] == os.stat(bash).st_size and rows["/proc"]["Kind"] == "directory"
    table = roost("rootfs", "explain", "host:bash").succeeds().lines
    assert table[0].split() == ["PATH", "KIND", "SIZE", "WHY"] and len(table) == len(rows) + 1
    # It is the truth: the tree has this and nothing else.
    roost("rootfs", "pull", "host:bash").succeeds()
    path = json.loads(roost("rootfs", "inspect", "host:bash").out)[0]["Path"]
    found = {"/" + os.path.relpath(os.path.join(place, name), path)
             for place, directories, files in os.walk(path) for name in directories + files}
    assert found == set(rows)


def test_explain_of_others(roost, root):
    roost("rootfs", "explain", root).explains("host: roots", "inspect")
    roost("rootfs", "explain", "host:nonesuch").explains("nonesuch", "PATH")


@pytest.mark.parametrize("first, program", [("#!{sh}", "sh"), ("#!/usr/bin/env sh", "sh"), ("#! {sh} -e", "sh")])
def test_scripts_bring_their_interpreter(roost, case, first, program):
    script = case.directory / "tool"
    script.write_text(first.format(sh=shutil.which(program)) + "\necho it runs: $1\n")
    os.chmod(script, 0o755)
    assert roost.run(f"host:{script}", "tool", "x").succeeds().out == "it runs: x\n"
    reasons = [row["Why"] for row in explained(roost, f"host:{script}").values()]
    assert f"runs the script {script}" in reasons


@needs("perl")
def test_perl_has_its_modules(roost, case):
    script = case.directory / "tool"
    script.write_text("#!/usr/bin/env perl\nuse strict; use POSIX; use List::Util qw(sum); print sum(1, 2), floor(4.5), \"\\n\";\n")
    os.chmod(script, 0o755)
    assert roost.run(f"host:{script}").succeeds().out == "34\n"


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="python3 is not installed")
def test_python_has_its_library(roost, case):
    script = case.directory / "tool"
    script.write_text("#!/usr/bin/python3\nimport ctypes, json, ssl, sqlite3, threading\n"
                      "thread = threading.Thread(target=print, args=(json.dumps([1]),)); thread.start(); thread.join()\n"
                      "print(len(ssl.create_default_context().get_ca_certs()) >= 0)\n")
    os.chmod(script, 0o755)
    assert roost.run(f"host:{script}").succeeds().lines == ["[1]", "True"]
    assert any(row["Why"].startswith("data of") for row in explained(roost, f"host:{script}").values())


@needs("getent")
def test_names_are_looked_up(roost):
    result = roost.run("--add-host", "elsewhere:10.1.2.3", "host:bash,getent,id", "bash", "-c",
                       "getent passwd root; getent group tty; getent hosts elsewhere; getent services https; id")
    lines = result.succeeds().lines
    assert lines[0].startswith("root:x:0:0:") and lines[1].startswith("tty:") and lines[2].split()[0] == "10.1.2.3"
    assert "443/tcp" in lines[3] and "uid=0(root)" in lines[4]


def test_the_locale_knows_unicode(roost):
    result = roost.run("-e", "LC_ALL=C.UTF-8", "host:bash", "bash", "-c", "x=äöü; echo ${#x}")
    assert result.succeeds().lines[0] == "3" and "warning" not in result.err


def test_with(roost, case):
    data = case.directory_for("data", {"file": "content", "sub/other": "more"})
    os.symlink("file", data / "link")
    os.symlink("/nowhere", data / "dangling")
    os.mkfifo(data / "pipe")
    script = ("cat $1/file $1/link $1/sub/other; ls -A $1; test -L $1/dangling && echo dangling; touch $1/made && echo written;"
              " type hostname >/dev/null && echo hostname")
    hostname = shutil.which("hostname") or shutil.which("id")
    result = roost.run("--with", data, "--with", hostname, "host:bash,cat,ls,touch", "bash", "-c",
                       script.replace("hostname", Path(hostname).name), "bash", data)
    lines = result.succeeds().lines
    assert lines[0] == "contentcontentmorelink" or lines[0].startswith("contentcontentmore")
    assert {"file", "link", "sub", "dangling", "written", Path(hostname).name} <= set("\n".join(lines).replace("more", "more\n").split())
    assert "pipe" not in lines and not (data / "made").exists()
    rows = explained(roost, "--with", str(data), "host:true")
    assert rows[str(data / "sub/other")]["Why"] == f"asked for by --with {data}"
    # What comes later is noticed, and so is what changes.
    (data / "sub/new").write_text("new")
    arguments = ["--with", data, "host:cat", "cat", data / "sub/new"]
    assert roost.run(*arguments).succeeds().out == "new"
    (data / "sub/newer").write_text("newer")
    assert roost.run(*arguments[:-1], data / "sub/newer").succeeds().out == "newer"
    roost.run("--with", data / "nonesuch", "host:true", "true").explains("nonesuch", "no such file")


def test_relative_additions_count_from_here(roost, case):
    data = case.directory_for("data", {"file": "content"})
    result = roost.run("--with", "./data/file", "host:cat", "cat", data / "file", cwd=case.directory)
    assert result.succeeds().out == "content"
