# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""linux.seccomp: the filter holds for the payload and for exec, and does what the profile says."""
import errno
import json
import os
import signal
import socket

import pytest


def profile(*rules, default="SCMP_ACT_ALLOW", **fields):
    return {"defaultAction": default, "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            "syscalls": list(rules), **fields}


def rule(names, action="SCMP_ACT_ERRNO", **fields):
    return {"names": names.split(), "action": action, **fields}


MKDIR = "mkdir mkdirat"


@pytest.fixture
def filtered(bundle):
    """A bundle with a writable root, in which `mkdir /x` would succeed without a filter."""
    return bundle.writable()


def test_filter_is_loaded(filtered):
    filtered.linux["seccomp"] = profile()
    assert filtered.run("grep", "Seccomp:", "/proc/self/status").succeeds().out.split()[1] == "2"


def test_no_filter_without_a_profile(filtered):
    assert filtered.run("grep", "Seccomp:", "/proc/self/status").succeeds().out.split()[1] == "0"


def test_error(filtered):
    filtered.linux["seccomp"] = profile(rule(MKDIR))
    filtered.run("mkdir", "/x").fails("not permitted")
    filtered.run("touch", "/y").succeeds()


@pytest.mark.parametrize("number, words", [(errno.ENOSPC, "no space"), (errno.EROFS, "read-only"),
                                           (errno.ENOSYS, "not implemented")])
def test_error_number(filtered, number, words):
    filtered.linux["seccomp"] = profile(rule(MKDIR, errnoRet=number))
    filtered.run("mkdir", "/x").fails(words)


def test_default_error_number(filtered):
    """Everything is refused but what a small program needs."""
    usual = (
        "execve brk arch_prctl set_tid_address set_robust_list rseq prlimit64 readlink getrandom "
        "mprotect exit_group fstat newfstatat write read close open openat mmap munmap getuid "
        "setuid geteuid getpid ioctl prctl capset futex rt_sigaction rt_sigreturn rt_sigprocmask "
        "fcntl getdents64 chdir setgroups setgid lseek stat getppid setresuid setresgid "
        "close_range execveat umask getcwd sigaltstack gettid nanosleep epoll_pwait tgkill clone "
        "fstatfs statx readlinkat faccessat2 epoll_ctl madvise socket sendto recvfrom sendmsg "
        "recvmsg dup dup2 dup3 personality poll ppoll wait4 kill epoll_create1 eventfd2 pipe2 "
        "unlinkat unlink fchown fchmod getegid getgid ")
    filtered.linux["seccomp"] = profile(rule(usual, "SCMP_ACT_ALLOW"), default="SCMP_ACT_ERRNO",
                                        defaultErrnoRet=errno.EXDEV)
    filtered.run("mkdir", "/x").fails("cross-device|invalid cross")


@pytest.mark.parametrize("action", ["SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP"])
def test_kill(filtered, action):
    filtered.linux["seccomp"] = profile(rule(MKDIR, action))
    assert filtered.run("mkdir", "/x").status == 128 + signal.SIGSYS


def test_log_allows(filtered):
    filtered.linux["seccomp"] = profile(rule(MKDIR, "SCMP_ACT_LOG"))
    filtered.run("mkdir", "/x").succeeds()


@pytest.mark.parametrize("operator, value, two, refused", [
    ("SCMP_CMP_EQ", 0o700, 0, True), ("SCMP_CMP_EQ", 0o701, 0, False), ("SCMP_CMP_NE", 0o700, 0, False),
    ("SCMP_CMP_LT", 0o700, 0, False), ("SCMP_CMP_LE", 0o700, 0, True), ("SCMP_CMP_GT", 0o677, 0, True),
    ("SCMP_CMP_GE", 0o701, 0, False), ("SCMP_CMP_MASKED_EQ", 0o770, 0o700, True),
    ("SCMP_CMP_MASKED_EQ", 0o770, 0o070, False)])
def test_argument(filtered, operator, value, two, refused):
    """The mode of mkdir, which is its second argument, against each operator."""
    argument = {"index": 1, "value": value, "valueTwo": two, "op": operator}
    filtered.linux["seccomp"] = profile(rule("mkdir", args=[argument]), rule("mkdirat", "SCMP_ACT_ALLOW"))
    assert filtered.run("probe", "mkdir-native", "/x").succeeds().out == ("EPERM\n" if refused else "made\n")


def test_arguments_of_one_rule_must_all_match(filtered):
    arguments = [{"index": 1, "value": 0o700, "op": "SCMP_CMP_EQ"}, {"index": 2, "value": 1 << 40, "op": "SCMP_CMP_EQ"}]
    filtered.linux["seccomp"] = profile(rule("mkdir", args=arguments))
    assert filtered.run("probe", "mkdir-native", "/x").succeeds().out == "made\n"


def test_unknown_system_call_does_not_fail(filtered):
    filtered.linux["seccomp"] = profile(rule("mkdir mkdirat frobnicate"))
    filtered.run("mkdir", "/x").fails("not permitted")


def test_filter_holds_for_exec(filtered):
    filtered.linux["seccomp"] = profile(rule(MKDIR))
    container = filtered.sleeper()
    container.exec("mkdir", "/x").fails("not permitted")
    assert container.exec("grep", "Seccomp:", "/proc/self/status").succeeds().out.split()[1] == "2"


def test_filter_without_no_new_privileges(filtered):
    filtered.process["noNewPrivileges"] = False
    filtered.linux["seccomp"] = profile(rule(MKDIR))
    filtered.run("mkdir", "/x").fails("not permitted")


def test_filter_for_an_ordinary_user(filtered):
    """Loaded while the runtime may still do so, whoever the payload is."""
    filtered.process["user"] = {"uid": 1000, "gid": 1000}
    filtered.process["noNewPrivileges"] = False
    filtered.linux["seccomp"] = profile(rule("mkdir mkdirat", errnoRet=errno.ENOSPC))
    filtered.run("mkdir", "/tmp/x").fails("no space")


@pytest.mark.parametrize("no_new_privileges", [True, False])
@pytest.mark.differs(crun="1.8.1 runs it before the filter is loaded")
def test_filter_holds_for_hooks_of_the_container(bundle, no_new_privileges):
    bundle.process["noNewPrivileges"] = no_new_privileges
    bundle.process["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL"}]}
    bundle.hook("startContainer", "/bin/sh", "-c", "exec mkdir /dev/shm/foo")
    bundle.run("true").fails("error running (startContainer )?hook", "bad system call")


@pytest.mark.parametrize("no_new_privileges", [True, False])
def test_hook_under_a_filter_that_hides_clone3(bundle, no_new_privileges):
    """Docker's profile says that there is no such call, since it cannot look into the structure."""
    bundle.process["noNewPrivileges"] = no_new_privileges
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}
    bundle.hook("startContainer", "/bin/sh", "-c", "exec true")
    bundle.run("echo", "done").succeeds()


def test_filter_that_forbids_what_the_runtime_needs_late(filtered):
    """capset, setuid and prctl are over when the filter is loaded, or it is loaded before with a reason."""
    filtered.linux["seccomp"] = profile(rule("mount umount2 pivot_root sethostname mknod setns unshare keyctl"))
    filtered.run("true").succeeds()


@pytest.mark.differs(runc="1.1.5 knows no flags")
def test_flags(filtered):
    filtered.linux["seccomp"] = profile(rule(MKDIR), flags=["SECCOMP_FILTER_FLAG_LOG"])
    filtered.run("mkdir", "/x").fails("not permitted")


@pytest.mark.parametrize("change", [
    {"defaultAction": "SCMP_ACT_MAYBE"}, {"architectures": ["SCMP_ARCH_ABACUS"]},
    {"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_MAYBE"}]},
    {"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [
        {"index": 0, "value": 1, "op": "SCMP_CMP_ABOUT"}]}]},
    {"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [
        {"index": 9, "value": 1, "op": "SCMP_CMP_EQ"}]}]},
])
def test_profile_that_is_wrong(filtered, change):
    filtered.linux["seccomp"] = {**profile(), **change}
    filtered.run("true").fails()


def test_large_profile(filtered):
    """Hundreds of rules, each with an argument: more than any real profile has."""
    rules = [rule("personality", args=[{"index": 0, "value": number + 100, "op": "SCMP_CMP_EQ"}])
             for number in range(600)]
    filtered.linux["seccomp"] = profile(*rules, rule(MKDIR))
    filtered.run("mkdir", "/x").fails("not permitted")


def test_terminal_input_cannot_be_pushed(filtered):
    """TIOCSTI with bits above the 32nd, by which some filters were fooled."""
    filtered.linux["seccomp"] = profile(rule("ioctl", args=[
        {"index": 1, "value": 0xFFFFFFFF, "valueTwo": 0x5412, "op": "SCMP_CMP_MASKED_EQ"}]))
    assert filtered.run("probe", "inject-high").succeeds().out.split() == ["EPERM", "EPERM"]


@pytest.mark.roost
def test_profile_that_is_wrong_names_the_place(filtered):
    filtered.linux["seccomp"] = profile(rule(MKDIR), rule(MKDIR, "SCMP_ACT_MAYBE"))
    filtered.run("true").fails("/linux/seccomp/syscalls/1/action", "SCMP_ACT_MAYBE")


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="asks for system calls of i386 and x32")
@pytest.mark.parametrize("way", ["i386", "x32"])
def test_other_call_conventions_do_not_go_around_the_filter(filtered, way):
    filtered.linux["seccomp"] = profile(rule(MKDIR))
    assert filtered.run("probe", "mkdir-" + way, "/x").out.strip() not in ("made",)
    assert not (filtered.rootfs / "x").exists()


@pytest.mark.differs(crun="1.8.1 sends another state")
def test_listener_path_and_metadata(filtered, case):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
        agent.bind(str(case.path("agent.sock")))
        agent.listen(1)
        agent.settimeout(10)
        filtered.linux["seccomp"] = profile(
            rule("getppid", "SCMP_ACT_NOTIFY"), listenerPath=str(case.path("agent.sock")), listenerMetadata="opaque")
        filtered.run("true").succeeds()
        connection, _ = agent.accept()
        with connection:
            message, descriptors, _, _ = socket.recv_fds(connection, 65536, 1)
    for descriptor in descriptors:
        os.close(descriptor)
    state = json.loads(message)
    assert len(descriptors) == 1 and state["fds"] == ["seccompFd"] and state["metadata"] == "opaque"
    assert state["state"]["bundle"] == str(filtered.directory) and state["pid"] > 0
