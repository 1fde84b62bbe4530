# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""What engines and the suites of other runtimes take for granted, and no specification says."""
import os

import pytest

from harness.case import alive, eventually

# What a profile from before 2020 does not know, and therefore refuses.
YOUNG = ["faccessat2", "close_range", "openat2", "clone3", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount",
         "mount_setattr", "epoll_pwait2"]


def old_filter(errno):
    return {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": [{"names": YOUNG, "action": "SCMP_ACT_ERRNO", "errnoRet": errno}]}


# Filters.


@pytest.mark.parametrize("errno", [1, 38])
@pytest.mark.parametrize("no_new_privileges", [False, True])
def test_filter_that_is_older_than_the_runtime(bundle, errno, no_new_privileges):
    bundle.process["noNewPrivileges"] = no_new_privileges
    bundle.linux["seccomp"] = old_filter(errno)
    bundle.run("echo", "started").succeeds()


def test_filter_that_is_older_than_the_runtime_and_create(bundle):
    bundle.process["noNewPrivileges"] = False
    bundle.linux["seccomp"] = old_filter(1)
    container = bundle.start("sleep", "1000")
    container.exec("echo", "started").succeeds()
    container.stop()


# Environment.


def variables(result):
    return [line for line in result.succeeds().lines if not line.startswith(("PATH=", "HOME=", "TERM="))]


@pytest.mark.roost
def test_variable_given_twice_arrives_once(bundle):
    bundle.process["env"] += ["ONE=two", "TWO=", "ONE=three"]
    assert variables(bundle.run("env")) == ["TWO=", "ONE=three"]


def test_empty_home_is_none(bundle):
    bundle.process["env"] += ["HOME="]
    assert bundle.sh("echo \"<$HOME>\"").out == "</root>\n"


@pytest.mark.differs(crun="gives the hook nothing")
def test_hook_in_the_programs_place_has_its_variables(bundle):
    bundle.process["env"] += ["COLOUR=red"]
    bundle.hook("startContainer", "/bin/sh", "-c", "test \"$COLOUR\" = red && test -n \"$HOME\"")
    bundle.run("true").succeeds()


@pytest.mark.roost
def test_hook_that_fails_is_named_as_callers_look_for_it(bundle):
    bundle.hook("createRuntime", "/bin/true")
    bundle.hook("createRuntime", "/bin/false")
    bundle.run("true").fails("error running createRuntime hook #1: ")


# Mounts.


def mode_of(bundle, path):
    return bundle.run("stat", "-c", "%a", path).succeeds().out.strip()


@pytest.mark.differs(crun="0755")
def test_tmpfs_on_a_directory_that_was_not_there(bundle):
    bundle.writable().mount("/fresh/place", "tmpfs", kind="tmpfs")
    assert mode_of(bundle, "/fresh/place") == "1777"


def test_tmpfs_on_a_directory_of_the_image(bundle):
    (bundle.rootfs / "kept").mkdir()
    os.chmod(bundle.rootfs / "kept", 0o710)
    bundle.mount("/kept", "tmpfs", kind="tmpfs")
    assert mode_of(bundle, "/kept") == "710"


def test_read_only_dev_holds_what_belongs_there(bundle):
    next(mount for mount in bundle.mounts if mount["destination"] == "/dev")["options"].append("ro")
    result = bundle.sh("test -c /dev/null && test -L /dev/fd && test -d /dev/pts && ! touch /dev/x; mount | grep ' /dev '")
    assert "ro," in result.out


def test_bind_onto_a_link_to_nothing(bundle, case):
    source = case.path("hosts")
    source.write_text("here\n")
    (bundle.rootfs / "etc/hosts").symlink_to("/made/for/it/hosts")
    bundle.writable().bind("/etc/hosts", source)
    assert bundle.run("cat", "/made/for/it/hosts").succeeds().out == "here\n"


def test_bind_with_values_of_a_file_system(bundle, case):
    bundle.mount("/data", case.directory_for("source", {"file": "text"}), "bind", "mode=755", "size=1k")
    assert bundle.run("cat", "/data/file").succeeds().out == "text"


# Namespaces.


@pytest.mark.roost
def test_network_that_belongs_to_another_user_namespace(bundle, case):
    owner = case.bundle().user_namespace().sleeper()
    bundle.namespace("user", f"/proc/{owner.pid}/ns/user").namespace("network", "/proc/1/ns/net")
    bundle.linux.pop("uidMappings", None)
    bundle.linux.pop("gidMappings", None)
    bundle.without_mount("/sys/fs/cgroup").without_mount("/sys")
    bundle.run("true").succeeds()
    owner.stop()


# Processes.


@pytest.mark.roost
def test_caller_bound_to_one_processor(bundle):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("needs two processors")
    mine = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(mine)})
        result = bundle.run("grep", "Cpus_allowed_list", "/proc/self/status").succeeds()
    finally:
        os.sched_setaffinity(0, mine)
    assert result.out.split()[1] != str(min(mine))



@pytest.mark.roost
def test_kill_without_a_pid_namespace_reaches_all(bundle):
    bundle.without_namespace("pid")
    container = bundle.start("sh", "-c", "sleep 1001 & sleep 1002 & exec sleep 1003")
    members = container.cgroup("pids") / "cgroup.procs"
    eventually(lambda: len(members.read_text().split()) == 3, "three processes")
    pids = [int(word) for word in members.read_text().split()]
    container.kill("KILL").succeeds()
    eventually(lambda: not any(alive(pid) for pid in pids), "all gone")
    container.delete().succeeds()


@pytest.mark.roost
def test_resume_while_an_exec_waits_in_the_frozen_container(bundle, case):
    container = bundle.sleeper()
    case("pause", container.id).succeeds()
    waiting = case.popen("exec", "--ignore-paused", container.id, "echo", "thawed", stdout=-1, stderr=-1)
    case("resume", container.id).succeeds()
    out, _ = waiting.communicate(timeout=15)
    assert (waiting.returncode, out) == (0, b"thawed\n")
    container.stop()


@pytest.mark.roost
def test_created_container_holds_nothing_of_its_caller(bundle, case):
    reader, writer = os.pipe()
    try:
        container = bundle.create("true", descriptors={7: writer})
        names = sorted(os.readlink(f"/proc/{container.pid}/fd/{number}") for number in os.listdir(f"/proc/{container.pid}/fd"))
        pipe = os.fstat(writer).st_ino
        assert f"pipe:[{pipe}]" not in names
        # Beside the standard streams only what `start` knocks on.
        assert [name for name in names if not name.startswith(str(case.directory))][0].startswith("socket:")
        assert len(names) == 4, names
    finally:
        os.close(reader)
        os.close(writer)
    container.delete("--force").succeeds()


@pytest.mark.roost
def test_ambient_capability_that_cannot_be_raised_is_told(bundle):
    bundle.process["capabilities"] = {"bounding": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"]}
    result = bundle.run("true").succeeds()
    assert "can't raise ambient capability CAP_CHOWN: " in result.err


# Terminals.


@pytest.mark.roost
def test_lines_that_leave_through_a_pipe_end_as_they_were_written(bundle):
    bundle.process["terminal"] = True
    assert bundle.run("printf", "one\\ntwo\\n").succeeds().out == "one\ntwo\n"
