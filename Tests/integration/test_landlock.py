# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Landlock: what annotations leave open is open, all else is closed, for the program, for exec and for whoever is root."""
import ctypes
import os
import re
import subprocess

import pytest

PATHS, TCP = "org.roost.landlock.paths", "org.roost.landlock.tcp"

#: What busybox needs: it is static, and looks at no file that it is not told of.
PROGRAMS = "/bin"

#: landlock_create_ruleset(2) has the same number everywhere; with LANDLOCK_CREATE_RULESET_VERSION it tells the version.
VERSION = ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1)

pytestmark = [pytest.mark.roost, pytest.mark.skipif(VERSION < 4, reason="this kernel has no Landlock of version 4")]


def fence(bundle, *paths, tcp=None):
    values = bundle.spec.setdefault("annotations", {})
    if paths:
        values[PATHS] = "\n".join([PROGRAMS, *paths])
    if tcp is not None:
        values[TCP] = "\n".join(tcp)
    return bundle


@pytest.fixture
def fenced(bundle):
    """A bundle with a writable root and a few files; `sh` is behind the fence, so each test names what it opens."""
    for name in ("open", "shut"):
        (bundle.rootfs / name).mkdir()
        (bundle.rootfs / name / "file").write_text(name)
    return bundle.writable()


def script(bundle, text):
    return bundle.run("sh", "-c", text)


def test_files_outside_are_closed(fenced):
    fence(fenced, "/open:ro")
    script(fenced, "cat /open/file").succeeds()
    script(fenced, "cat /shut/file").fails("permission denied")
    script(fenced, "ls /shut").fails("permission denied")
    script(fenced, "cat /etc/passwd").fails("permission denied")


def test_reading_does_not_write(fenced):
    fence(fenced, "/open:ro")
    script(fenced, "echo x > /open/file").fails("permission denied")
    script(fenced, "truncate -s 0 /open/file").fails("permission denied")
    script(fenced, "rm /open/file").fails("permission denied")
    script(fenced, "mkdir /open/new").fails("permission denied")
    script(fenced, "mv /open/file /open/other").fails("permission denied")
    assert (fenced.rootfs / "open/file").read_text() == "open"


def test_writing(fenced):
    fence(fenced, "/open:rw")
    script(fenced, "set -e; echo x > /open/file; truncate -s 0 /open/file; mkdir /open/new; mv /open/file /open/new/file; "
                   "ln /open/new/file /open/link; ln -s a /open/symbolic; mkfifo /open/fifo; rm /open/link; "
                   "rm -r /open/new; ls /open").succeeds()
    script(fenced, "echo x > /shut/file").fails("permission denied")


def test_moving_and_linking_across(fenced):
    """Between two places that may be written; out of one and into a closed one in neither direction."""
    (fenced.rootfs / "second").mkdir()
    fence(fenced, "/open:rw", "/second:rw")
    script(fenced, "ln /open/file /second/link").succeeds()
    script(fenced, "mv /open/file /second/file").succeeds()
    # busybox's mv would copy where the kernel refuses, so the outcome is what counts.
    script(fenced, "mv /second/file /shut/new").fails("permission denied")
    script(fenced, "ln /second/file /shut/new").fails("permission denied|cross-device")
    script(fenced, "ln /shut/file /second/stolen").fails("permission denied|cross-device")
    assert sorted(os.listdir(fenced.rootfs / "shut")) == ["file"]
    assert sorted(os.listdir(fenced.rootfs / "second")) == ["file", "link"]


def program(bundle, name):
    """A copy of busybox that is no link to the one in /bin."""
    target = bundle.rootfs / name
    target.write_bytes((bundle.rootfs / "bin/busybox").read_bytes())
    target.chmod(0o755)


@pytest.mark.parametrize("rights, executes", [("ro", False), ("rx", True), ("rw", False), ("rwx", True), ("", True)])
def test_executing(fenced, rights, executes):
    program(fenced, "open/echo")
    fence(fenced, "/open" + (f":{rights}" if rights else ""))
    result = script(fenced, "/open/echo hello")
    if executes:
        assert result.succeeds().out == "hello\n"
    else:
        result.fails("permission denied", status=126)


def test_rule_on_a_file(fenced):
    (fenced.rootfs / "open/second").write_text("second")
    fence(fenced, "/open/file:rw")
    assert script(fenced, "cat /open/file; echo more >> /open/file; cat /open/file").succeeds().out == "openopenmore\n"
    script(fenced, "cat /open/second").fails("permission denied")
    script(fenced, "rm /open/file").fails("permission denied")


def test_rule_through_a_link_of_the_image(fenced, case):
    """What the path means inside the container is opened, never what it means on the host."""
    secret = case.directory_for("outside", {"file": "host"})
    (fenced.rootfs / "link").symlink_to("/shut")
    (fenced.rootfs / "out").symlink_to(os.path.join("../" * 20, str(secret)[1:]))
    fence(fenced, "/link:ro")
    assert script(fenced, "cat /shut/file").succeeds().out == "shut"
    fence(fenced, "/out:ro")
    fenced.run("true").fails("no such file", re.escape(f"/annotations/{PATHS}"), "/out")


def test_rule_on_a_mount(fenced, case):
    source = case.directory_for("source", {"below/file": "data"})
    fenced.bind("/data", source)
    fence(fenced, "/data:ro")
    assert script(fenced, "cat /data/below/file").succeeds().out == "data"
    script(fenced, "echo x > /data/new").fails("permission denied")
    assert not (source / "new").exists()


def test_capabilities_do_not_open_it(fenced):
    fenced.capabilities("CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_FOWNER")
    fence(fenced, "/open:rwx", "/dev:rw")
    script(fenced, "cat /shut/file").fails("permission denied")
    script(fenced, "mount -t tmpfs none /open").fails("permission denied|not permitted")
    script(fenced, "cat /shut/file 2>/dev/null || chroot /open /file").fails()


@pytest.mark.parametrize("promise", [True, False])
@pytest.mark.parametrize("user", [0, 1000])
def test_with_and_without_privileges(fenced, promise, user):
    """The fence closes at another place of the plan without no_new_privs, and for another user."""
    fenced.process["noNewPrivileges"] = promise
    fenced.process["user"] = {"uid": user, "gid": user}
    fence(fenced, "/open:ro")
    script(fenced, "cat /open/file").succeeds()
    script(fenced, "cat /shut/file").fails("permission denied")


def test_with_a_filter(fenced):
    """The filter need not allow the call that closes the fence."""
    fenced.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["landlock_restrict_self", "landlock_create_ruleset", "landlock_add_rule"],
         "action": "SCMP_ACT_KILL_PROCESS"}]}
    for promise in (True, False):
        fenced.process["noNewPrivileges"] = promise
        fence(fenced, "/open:ro")
        script(fenced, "cat /shut/file").fails("permission denied")


def test_in_a_user_namespace(fenced):
    fenced.user_namespace()
    fence(fenced, "/open:ro")
    assert script(fenced, "cat /open/file").succeeds().out == "open"
    script(fenced, "cat /shut/file").fails("permission denied")


def test_home_is_known_although_passwd_is_closed(fenced):
    fenced.process["env"] = [entry for entry in fenced.process["env"] if not entry.startswith("HOME=")]
    fenced.process["user"] = {"uid": 1000, "gid": 1000}
    fence(fenced, "/open:ro")
    assert script(fenced, "echo $HOME").succeeds().out == "/tmp\n"


def test_exec_is_behind_the_fence(fenced):
    fence(fenced, "/open:ro", tcp=["connect:1"])
    container = fenced.sleeper()
    assert container.exec("cat", "/open/file").succeeds().out == "open"
    container.exec("cat", "/shut/file").fails("permission denied")
    container.exec("probe", "tcp", "connect", "2").succeeds()
    assert container.exec("probe", "tcp", "connect", "2").out == "connect 2 EACCES\n"


def test_exec_does_not_reach_into_the_container(fenced):
    """Two fences with the same openings are two: neither side may look into the other's memory."""
    fence(fenced, "/proc:ro")
    container = fenced.sleeper()
    container.exec("cat", "/proc/1/status").succeeds()
    container.exec("cat", "/proc/1/environ").fails("permission denied")


def test_created_and_started_later(fenced):
    """The ruleset outlives the wait for `start`."""
    fence(fenced, "/open:rw")
    container = fenced.create("sh", "-c", "cat /shut/file 2> /open/said; echo done >> /open/said")
    container.start().succeeds()
    container.wait()
    said = (fenced.rootfs / "open/said").read_text()
    assert "Permission denied" in said and said.endswith("done\n")


def test_hooks_in_the_container(fenced):
    """Those of `startContainer` are held to the fence as they are to the filter."""
    fenced.hook("startContainer", "/bin/sh", "-c", "cat /shut/file > /open/leak; echo ran > /open/ran")
    fence(fenced, "/open:rw")
    fenced.run("true").succeeds()
    assert (fenced.rootfs / "open/leak").read_text() == "" and (fenced.rootfs / "open/ran").read_text() == "ran\n"


def ports(bundle, *words):
    """What bind(2) and connect(2) say: `done`, or the error. A port that nobody listens on refuses: ECONNREFUSED."""
    text = "; ".join(f"probe tcp {way} {port}" for way, port in (word.split(":") for word in words))
    answers = script(bundle, text).succeeds().lines
    return [line.split()[2] for line in answers]


def test_ports(fenced):
    fence(fenced, tcp=["connect:7001", "bind:7002", "7003"])
    assert ports(fenced, "connect:7001", "connect:7002", "connect:7003", "connect:7004") == [
        "ECONNREFUSED", "EACCES", "ECONNREFUSED", "EACCES"]
    assert ports(fenced, "bind:7001", "bind:7002", "bind:7003", "bind:7004", "bind:0") == [
        "EACCES", "done", "done", "EACCES", "EACCES"]
    script(fenced, "cat /shut/file").succeeds()


def test_port_of_the_kernels_choice(fenced):
    fence(fenced, tcp=["bind:0"])
    assert ports(fenced, "bind:0", "bind:7001", "connect:7001") == ["done", "EACCES", "EACCES"]


def test_no_port_at_all(fenced):
    fence(fenced, tcp=["none"])
    assert ports(fenced, "bind:0", "bind:7001", "connect:7001") == ["EACCES", "EACCES", "EACCES"]


def test_a_connection_through_the_fence(fenced):
    """Data goes both ways through an open port."""
    fence(fenced, tcp=["7001"])
    listen = ("nc -l -p 7001 -e echo hello & "
              "until cat /proc/net/tcp /proc/net/tcp6 | grep -q ':1B59 .* 0A '; do sleep 0.05; done; ")
    assert script(fenced, listen + "nc 127.0.0.1 7001").succeeds().out == "hello\n"


def test_no_rule_no_call(bundle, case):
    """Containers without rules start without a further system call."""
    bundle.args("true").save()
    trace = case.path("trace")
    command = ["strace", "-f", "-o", str(trace), "-e", "trace=landlock_create_ruleset,landlock_add_rule,landlock_restrict_self",
               str(case.runtime.path), "--root", str(case.root), "run", "--bundle", str(bundle.directory), case.new_id()]
    for expected in (False, True):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert ("landlock_" in trace.read_text()) == expected
        fence(bundle, "/tmp:rw").save()


def test_program_behind_the_fence(fenced):
    """execve(2) says EACCES; the runtime says why."""
    fenced.spec["annotations"] = {PATHS: "/open"}
    fenced.run("true").fails("permission denied: no rule of Landlock", status=126)


@pytest.mark.parametrize("key, value, word", [
    (PATHS, "", "no rule"), (PATHS, "relative:ro", "absolute"), (PATHS, ":ro", "absolute"), (PATHS, "/a:", "ro, rx"),
    (PATHS, "/a:r", "ro, rx"), (PATHS, "/a:RO", "ro, rx"), (PATHS, "/a:b", "ro, rx"), (PATHS, "/a\n\n/b", "absolute"),
    (PATHS, "/a\t:ro", "control"), (PATHS, "none", "absolute"),
    (TCP, "", "no rule"), (TCP, "65536", "port"), (TCP, "0", "port"), (TCP, "connect:0", "port"), (TCP, "-1", "port"),
    (TCP, "+1", "port"), (TCP, "1-2", "port"), (TCP, "udp:53", "port"), (TCP, "bind:", "port"), (TCP, ":1", "port"),
    (TCP, "1:2", "port"), (TCP, "none\n1", "exclude"), (TCP, "80\n\n443", "port"), (TCP, "80 443", "port")])
def test_values_that_are_wrong(bundle, key, value, word):
    bundle.spec["annotations"] = {key: value}
    bundle.run("true").fails(re.escape(f"/annotations/{key}"), word)


@pytest.mark.parametrize("value", ["/missing:ro", "/bin\n/etc/passwd/below:ro"])
def test_path_that_is_not_there(bundle, value):
    bundle.spec["annotations"] = {PATHS: value}
    bundle.run("true").fails(re.escape(f"/annotations/{PATHS}"), "no such file|not a directory")


def test_names_with_colons_and_blanks(fenced):
    for name in ("a:b", "c d"):
        (fenced.rootfs / name).write_text(name)
    fence(fenced, "/a:b:ro", "/c d:ro")
    assert script(fenced, "cat /a:b '/c d'").succeeds().out == "a:bc d"


def test_block_of_yaml(fenced):
    fenced.spec["annotations"] = {PATHS: "/bin\n/open:ro\n"}
    script(fenced, "cat /open/file").succeeds()


def test_features_tell_of_it(case):
    assert PATHS in case("features").succeeds().out and TCP in case("features").out
