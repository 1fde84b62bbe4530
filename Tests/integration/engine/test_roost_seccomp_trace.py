# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`roost run --seccomp-trace`: what the profile refuses is told, and refused all the same."""
import errno
import json
import re

import pytest

#: A line about one call: program, thread, call, six arguments, outcome.
LINE = re.compile(r"^roost: seccomp: (?P<program>.+)\[(?P<pid>\d+)\]: (?P<call>\w+)\((?P<arguments>0x[0-9a-f]+(, 0x[0-9a-f]+){5})\) = "
                  r"(?P<outcome>.+)$")

MKDIR = ["mkdir", "mkdirat"]


@pytest.fixture
def profile(case):
    """Writes a profile that allows all but what rules say, and gives the flag for it."""
    def write(*rules, **fields):
        path = case.path("profile.json")
        path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
                                    "syscalls": list(rules), **fields}))
        return "--security-opt", f"seccomp={path}"
    return write


def refusing(names, action="SCMP_ACT_ERRNO", **fields):
    return {"names": names, "action": action, **fields}


def told(result):
    """What was said about each call."""
    return [match.groupdict() for match in map(LINE.match, result.err.splitlines()) if match]


def test_built_in_profile(roost, root):
    result = roost.run("--seccomp-trace", root, "sh", "-c", "unshare -U true; echo went on").succeeds()
    assert result.out == "went on\n" and "not permitted" in result.err
    line, = told(result)
    assert line["program"] == "unshare" and line["call"] == "unshare" and line["outcome"].startswith("EPERM")
    assert line["arguments"].startswith("0x10000000, ")
    assert "seccomp: 1 call was refused:" in result.err and "1 × unshare of unshare: EPERM" in result.err
    assert '{"names": ["unshare"], "action": "SCMP_ACT_ALLOW"}' in result.err


def test_nothing_refused(roost, root):
    result = roost.run("--seccomp-trace", root, "echo", "hello").succeeds()
    assert result.out == "hello\n" and result.err == "roost: seccomp: nothing was refused\n"


def test_rule_that_was_told_allows_it(roost, root, profile, case):
    """The last line can be taken as it is."""
    result = roost.run("--seccomp-trace", *profile(refusing(MKDIR)), root, "mkdir", "/new").fails("not permitted")
    rule = json.loads(result.err[result.err.index('{"names"'):].splitlines()[0])
    assert set(rule["names"]) <= set(MKDIR)
    roost.run(*profile(refusing([name for name in MKDIR if name not in rule["names"]] or ["reboot"]), rule), root, "mkdir",
              "/new").succeeds()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.ENOSYS, 0])
def test_the_program_gets_the_profiles_error(roost, root, profile, number):
    flags = profile(refusing(MKDIR, errnoRet=number))
    plain = roost.run(*flags, root, "mkdir", "/new")
    traced = roost.run("--seccomp-trace", *flags, root, "mkdir", "/new")
    words = [line for line in traced.err.splitlines() if not line.startswith("roost: seccomp: ")]
    assert (traced.status, traced.out, words) == (plain.status, plain.out, plain.err.splitlines())
    assert told(traced)[0]["outcome"].startswith(errno.errorcode[number] if number else "0, without")
    assert not (root / "new").exists()


@pytest.mark.parametrize("action", ["SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD"])
def test_the_program_is_killed(roost, root, profile, action):
    result = roost.run("--seccomp-trace", *profile(refusing(MKDIR, action)), root, "sh", "-c", "mkdir /new; echo $?")
    assert result.succeeds().out == "137\n"
    assert [line["outcome"] for line in told(result)] == ["killed"]
    assert not (root / "new").exists()


def test_conditions_on_arguments(roost, root, profile):
    """Only what the profile refuses: the same call with another argument is made."""
    rule = refusing(["kill"], args=[{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}])
    result = roost.run("--seccomp-trace", *profile(rule), root, "sh", "-c", "kill -USR1 $$; kill -0 $$ && echo alive")
    assert result.succeeds().out == "alive\n"
    line, = told(result)
    assert line["arguments"].split(", ")[:2] == ["0x1", "0xa"]


def test_calls_are_counted(roost, root, profile):
    script = "for i in $(seq 50); do mkdir /new$i; done 2>/dev/null"
    result = roost.run("--seccomp-trace", *profile(refusing(MKDIR)), root, "sh", "-c", script)
    assert len(told(result)) == 50 and "seccomp: 50 calls were refused:" in result.err and "50 × mkdir" in result.err


def test_file(roost, root, case, profile):
    path = case.path("trace.txt")
    path.write_text("older\n" * 100)
    result = roost.run(f"--seccomp-trace={path}", *profile(refusing(MKDIR)), root, "mkdir", "/new").fails("not permitted")
    assert "seccomp" not in result.err
    lines = path.read_text().splitlines()
    assert re.match(r"^mkdir\[\d+\]: mkdir\w*\(", lines[0]) and lines[1] == "1 call was refused:" and len(lines) == 4


def test_file_that_cannot_be_written(roost, root, case):
    roost.run(f"--seccomp-trace={case.path('none/trace')}", root, "true").fails("--seccomp-trace", "no such file", status=125)
    assert not roost.ids()


def test_exec(roost, root, profile):
    """Processes that join the container are behind the same filter, and are told of as well."""
    container = roost.start("--seccomp-trace", *profile(refusing(MKDIR)), root, "sh", "-c", "until [ -e /end ]; do sleep 0.1; done")
    roost("exec", "box", "mkdir", "/new").fails("not permitted")
    roost("exec", "box", "mkdir", "/new").fails("not permitted")
    roost("exec", "box", "touch", "/end").succeeds()
    assert container.wait() == 0
    assert "seccomp: 2 calls were refused:" in container.err


def test_program_with_another_name(roost, root, profile):
    """A program may call itself what it likes: the terminal gets no control characters of it."""
    (root / "bin/evil").write_text("printf '\\033red' > /proc/$$/comm\ncd /none\n")
    result = roost.run("--seccomp-trace", *profile(refusing(["chdir"])), root, "sh", "/bin/evil")
    assert [(line["program"], line["call"]) for line in told(result)] == [("?red", "chdir")]


@pytest.mark.parametrize("flags, word", [
    (["--security-opt", "seccomp=unconfined"], "no profile"), (["--privileged"], "no profile"),
    (["--runtime", "/bin/true"], "/bin/true"), (["--step"], "--step"),
    (["--annotation", "run.oci.seccomp.receiver=/x"], "run.oci.seccomp.receiver")])
def test_what_does_not_go_with_it(roost, root, flags, word):
    roost.run("--seccomp-trace", *flags, root, "true").fails("--seccomp-trace", word, status=125)
    assert not roost.ids()


@pytest.mark.parametrize("rule, word", [
    (refusing(["sendmsg"]), "sendmsg"), (refusing(["prctl"], "SCMP_ACT_KILL"), "prctl"),
    (refusing(["mount"], "SCMP_ACT_NOTIFY"), "agent")])
def test_profile_that_leaves_no_room(roost, root, profile, rule, word):
    fields = {"listenerPath": "/run/agent.sock"} if "agent" in word else {}
    roost.run("--seccomp-trace", *profile(rule, **fields), root, "true").fails("--seccomp-trace", word, status=125)
    assert not roost.ids()


def test_off(roost, root, profile):
    result = roost.run("--seccomp-trace=false", *profile(refusing(MKDIR)), root, "mkdir", "/new").fails("not permitted")
    assert "seccomp" not in result.err
