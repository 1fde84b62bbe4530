# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""process: user, groups, umask, cwd, environment, program lookup, capabilities, limits, attributes."""
import json
import os
import resource
import subprocess
from pathlib import Path

import pytest

BITS = {"CAP_CHOWN": 0, "CAP_KILL": 5, "CAP_NET_BIND_SERVICE": 10, "CAP_NET_RAW": 13, "CAP_SYS_TIME": 25,
        "CAP_AUDIT_WRITE": 29}


def mask(*names):
    return f"{sum(1 << BITS[name] for name in names):016x}"


def capability_sets(bundle):
    lines = bundle.run("grep", "^Cap", "/proc/self/status").succeeds().lines
    return {line.split()[0].removeprefix("Cap").rstrip(":"): line.split()[1] for line in lines}


def ids(bundle):
    return bundle.run("probe", "ids").succeeds().lines


@pytest.mark.parametrize("uid, gid", [(0, 0), (1000, 1000), (1, 2), (65534, 65534), (2147483647, 2147483647),
    pytest.param(4294967294, 4294967294, marks=pytest.mark.differs(runc="1.1.5 stops at 2^31 - 1"))])
def test_user_and_group(bundle, uid, gid):
    bundle.process["user"] = {"uid": uid, "gid": gid}
    assert ids(bundle)[:2] == [" ".join([str(uid)] * 3), " ".join([str(gid)] * 3)]


def test_additional_groups_are_exactly_those_listed(bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [5, 2000, 2147483647]}
    assert ids(bundle)[2].split() == ["5", "2000", "2147483647"]


def test_no_additional_groups_means_none(bundle):
    """Neither the caller's groups nor those that /etc/group of the container lists."""
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    assert ids(bundle)[2] == ""


def test_umask(bundle):
    bundle.process["user"]["umask"] = 0o027
    assert int(bundle.run("sh", "-c", "umask").succeeds().out, 8) == 0o027


def test_cwd(bundle):
    bundle.process["cwd"] = "/etc"
    assert bundle.run("probe", "getcwd").succeeds().out == "/etc\n"


def test_cwd_that_does_not_exist_is_made(bundle):
    bundle.writable().process["cwd"] = "/made/here"
    assert bundle.run("pwd").succeeds().out == "/made/here\n"


def test_cwd_through_a_symlink(bundle):
    (bundle.rootfs / "link").symlink_to("/etc")
    bundle.process["cwd"] = "/link"
    assert bundle.run("probe", "getcwd").succeeds().out == "/etc\n"


@pytest.fixture
def users_own(bundle, case):
    """A directory that 1024 of a user namespace may enter, and its root may not, as the group is none of the namespace's."""
    bundle.user_namespace()
    directory = case.directory_for("volume")
    os.chown(directory, 101024, 0)
    os.chmod(directory, 0o700)
    return bundle.bind("/volume", str(directory))


def test_cwd_that_only_the_user_may_enter(users_own):
    users_own.process.update(cwd="/volume", user={"uid": 1024, "gid": 1024})
    assert users_own.run("probe", "getcwd").succeeds().out == "/volume\n"


def test_exec_in_a_cwd_that_only_the_user_may_enter(users_own, case):
    container = users_own.sleeper()
    command = ("exec", "--cwd", "/volume", "--user")
    assert case(*command, "1024:1024", container.id, "probe", "getcwd").succeeds().out == "/volume\n"
    case(*command, "1025:1024", container.id, "probe", "getcwd").fails("/volume", "permission denied")


def test_cwd_that_nobody_may_enter(users_own):
    users_own.process["cwd"] = "/volume"
    users_own.run("true").fails("/volume", "permission denied")


def test_cwd_that_is_a_file(bundle):
    bundle.process["cwd"] = "/etc/passwd"
    bundle.run("true").fails("/etc/passwd|not a directory|cwd")


def test_environment_is_exactly_the_configured(bundle):
    bundle.process["env"] = ["PATH=/bin", "A=1", "EMPTY=", "SPACE=a b", "UNICODE=ü"]
    lines = set(bundle.run("env").succeeds().lines)
    assert {"PATH=/bin", "A=1", "EMPTY=", "SPACE=a b", "UNICODE=ü"} <= lines
    assert lines - {"PATH=/bin", "A=1", "EMPTY=", "SPACE=a b", "UNICODE=ü"} <= {"HOME=/root", "SHLVL=1", "PWD=/"}


def test_home_comes_from_the_containers_passwd(bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    assert bundle.run("sh", "-c", "echo $HOME").succeeds().out == "/tmp\n"


def test_home_that_is_configured_stays(bundle):
    bundle.process["env"].append("HOME=/elsewhere")
    assert bundle.run("sh", "-c", "echo $HOME").succeeds().out == "/elsewhere\n"


def test_program_by_absolute_path(bundle):
    assert bundle.run("/bin/echo", "x").succeeds().out == "x\n"


def test_program_by_name_in_path(bundle):
    tool = bundle.rootfs / "opt/mine"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho mine\n")
    tool.chmod(0o755)
    bundle.process["env"] = ["PATH=/nowhere:/opt:/bin"]
    assert bundle.run("mine").succeeds().out == "mine\n"


def test_program_relative_to_cwd(bundle):
    bundle.process["cwd"] = "/bin"
    assert bundle.run("./echo", "x").succeeds().out == "x\n"


def test_program_lookup_skips_what_is_not_executable(bundle):
    for directory, mode in (("first", 0o644), ("second", 0o755)):
        tool = bundle.rootfs / directory / "tool"
        tool.parent.mkdir()
        tool.write_text(f"#!/bin/sh\necho {directory}\n")
        tool.chmod(mode)
    bundle.process["env"] = ["PATH=/first:/second"]
    assert bundle.run("tool").succeeds().out == "second\n"


def test_program_lookup_skips_directories(bundle):
    (bundle.rootfs / "first/echo").mkdir(parents=True)
    bundle.process["env"] = ["PATH=/first:/bin"]
    assert bundle.run("echo", "x").succeeds().out == "x\n"


def test_program_looked_up_in_path_without_path(bundle):
    bundle.process["env"] = ["A=1"]
    result = bundle.run("true")
    assert result.status == 0 or result.fails("true")


def test_program_argument_zero_is_kept(bundle):
    (bundle.rootfs / "bin/named").symlink_to("probe")
    bundle.process["args"] = ["named", "true"]
    bundle.run().succeeds()


def test_arguments_arrive_unchanged(bundle):
    words = ["", " ", "a b", "*", "$HOME", "\\", "'", '"', "ü", "-x", "--"]
    script = 'for a in "$@"; do printf "<%s>" "$a"; done'
    assert bundle.run("sh", "-c", script, "sh", *words).succeeds().out == "".join(f"<{w}>" for w in words)


def test_a_thousand_arguments(bundle):
    words = [f"{number:0100}" for number in range(1000)]
    assert bundle.run("sh", "-c", "echo $#", "sh", *words).succeeds().out == "1000\n"


def test_capabilities_of_the_default(bundle):
    usual = mask("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE")
    none = mask()
    assert capability_sets(bundle) == {"Inh": none, "Prm": usual, "Eff": usual, "Bnd": usual, "Amb": none}


def test_capabilities_none(bundle):
    bundle.process["capabilities"] = {}
    assert set(capability_sets(bundle).values()) == {mask()}


def test_capabilities_each_set_on_its_own(bundle):
    bundle.process["capabilities"] = {
        "bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"],
        "permitted": ["CAP_CHOWN", "CAP_KILL"], "effective": ["CAP_CHOWN"],
        "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    found = capability_sets(bundle)
    assert found["Bnd"] == mask("CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW")
    assert found["Inh"] == found["Amb"] == mask("CAP_KILL")
    assert found["Prm"] == found["Eff"] == mask("CAP_KILL")  # After exec as an ordinary user: the ambient ones.


def test_capabilities_of_an_ordinary_user_are_none_after_exec(bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    found = capability_sets(bundle)
    assert found["Prm"] == found["Eff"] == mask()
    assert found["Bnd"] == mask("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE")


def test_capabilities_bounding_holds_for_set_uid_programs(bundle):
    bundle.process["noNewPrivileges"] = False
    shell = bundle.rootfs / "suid/busybox"
    shell.parent.mkdir()
    shell.write_bytes((bundle.rootfs / "bin/busybox").read_bytes())
    shell.chmod(0o4755)
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    effective = bundle.run("/suid/busybox", "grep", "CapEff", "/proc/self/status").succeeds().out.split()[1]
    assert int(effective, 16) & ~int(mask("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"), 16) == 0


def test_capability_that_nobody_knows_does_not_fail(bundle):
    """The specification asks for a warning."""
    bundle.process["capabilities"]["bounding"].append("CAP_FUTURE")
    bundle.run("true").succeeds()


@pytest.mark.roost
def test_capability_that_nobody_knows_is_warned_about(bundle):
    bundle.process["capabilities"]["bounding"].append("CAP_FUTURE")
    assert "CAP_FUTURE" in bundle.run("true").succeeds().err


def test_capability_that_the_caller_lacks_does_not_fail(bundle):
    bundle.process["capabilities"]["bounding"].append("CAP_SYS_RESOURCE")
    bundle.run("true").succeeds()


def test_no_new_privileges(bundle):
    assert bundle.run("grep", "NoNewPrivs", "/proc/self/status").succeeds().out.split()[1] == "1"
    bundle.process["noNewPrivileges"] = False
    assert bundle.run("grep", "NoNewPrivs", "/proc/self/status").succeeds().out.split()[1] == "0"


@pytest.mark.parametrize("name, words, soft, hard", [
    ("NOFILE", "Max open files", 100, 200), ("CORE", "Max core file size", 0, 0), ("NPROC", "Max processes", 50, 60),
    ("FSIZE", "Max file size", 1 << 20, 1 << 30), ("STACK", "Max stack size", 1 << 20, 1 << 23),
    ("AS", "Max address space", 1 << 30, 1 << 31), ("CPU", "Max cpu time", 10, 20),
    ("DATA", "Max data size", 1 << 26, 1 << 27), ("RSS", "Max resident set", 1 << 26, 1 << 27),
    ("MEMLOCK", "Max locked memory", 65536, 65536), ("LOCKS", "Max file locks", 7, 8),
    ("SIGPENDING", "Max pending signals", 100, 100), ("MSGQUEUE", "Max msgqueue size", 4096, 8192),
])
def test_resource_limit(bundle, name, words, soft, hard):
    bundle.process["rlimits"] = [{"type": f"RLIMIT_{name}", "soft": soft, "hard": hard}]
    line = bundle.run("grep", words, "/proc/self/limits").succeeds().out[len(words):].split()
    assert line[:2] == [str(soft), str(hard)]


def test_resource_limits_not_listed_are_the_callers(bundle):
    bundle.process["rlimits"] = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    line = bundle.run("grep", "Max processes", "/proc/self/limits").succeeds().out.split()
    assert line[2:4] == [str(soft), str(hard)]


def test_resource_limit_infinity(bundle):
    bundle.process["rlimits"] = [{"type": "RLIMIT_CPU", "soft": 18446744073709551615, "hard": 18446744073709551615}]
    assert bundle.run("grep", "Max cpu", "/proc/self/limits").succeeds().out.split()[3:5] == ["unlimited"] * 2


@pytest.mark.roost
def test_resource_limit_low_number_of_files(bundle):
    """The limit holds for the payload, not for the runtime on its way."""
    bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 4, "hard": 4}]
    assert bundle.run("sh", "-c", "ulimit -n").succeeds().out == "4\n"


@pytest.mark.parametrize("limit", [
    {"type": "RLIMIT_NOSUCH", "soft": 1, "hard": 1},
    {"type": "RLIMIT_NOFILE", "soft": 10, "hard": 5},
    {"type": "RLIMIT_NOFILE", "soft": -1, "hard": 5},
])
def test_resource_limit_that_is_wrong(bundle, limit):
    bundle.process["rlimits"] = [limit]
    bundle.run("true").fails()


@pytest.mark.roost
def test_resource_limit_listed_twice(bundle):
    bundle.process["rlimits"] *= 2
    bundle.run("true").fails("/process/rlimits/1")


@pytest.mark.parametrize("value", [1000, 500, 0])
def test_oom_score_adj(bundle, value):
    bundle.process["oomScoreAdj"] = value
    assert bundle.run("cat", "/proc/self/oom_score_adj").succeeds().out == f"{value}\n"


def test_oom_score_adj_unset_is_the_callers(bundle):
    assert bundle.run("cat", "/proc/self/oom_score_adj").succeeds().out == open("/proc/self/oom_score_adj").read()


def test_attributes_are_in_their_default_state(bundle):
    """What the runtime needs for itself must not stay with the payload."""
    found = dict(line.split() for line in bundle.run("probe", "attributes").succeeds().lines)
    assert found == {"pdeathsig": "0", "subreaper": "0", "securebits": "0", "keepcaps": "0", "dumpable": "1",
                     "no_new_privs": "1", "timerslack": "50000", "scheduler": "0"}


def test_signals_are_neither_blocked_nor_ignored(bundle):
    lines = bundle.run("grep", "Sig[BI]", "/proc/self/status").succeeds().lines
    assert {line.split()[1] for line in lines} == {"0000000000000000"}


@pytest.mark.parametrize("how", ["HUP PIPE CHLD", "TERM INT"])
def test_no_signal_is_blocked_whatever_the_caller_ignores(bundle, case, how):
    bundle.args("grep", "SigBlk", "/proc/self/status").save()
    command = f"trap '' {how}; exec {case.runtime.path} --root {case.root} run --bundle {bundle.directory} " \
              f"{case.new_id()}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30)
    assert done.stdout.split()[1:] == ["0000000000000000"], done


def test_personality_is_the_default(bundle):
    assert bundle.run("cat", "/proc/self/personality").succeeds().out == "00000000\n"


@pytest.mark.differs(runc="1.1.5 knows no personality")
def test_personality_of_a_32_bit_machine(bundle):
    bundle.linux["personality"] = {"domain": "LINUX32"}
    assert bundle.run("uname", "-m").succeeds().out == "i686\n"


@pytest.mark.roost
@pytest.mark.parametrize("policy, number", [("SCHED_OTHER", "0"), ("SCHED_BATCH", "3"), ("SCHED_IDLE", "5")])
def test_scheduler(bundle, policy, number):
    bundle.process["scheduler"] = {"policy": policy}
    assert f"scheduler {number}" in bundle.run("probe", "attributes").succeeds().lines


@pytest.mark.roost
def test_scheduler_nice(bundle):
    bundle.process["scheduler"] = {"policy": "SCHED_OTHER", "nice": 7}
    assert bundle.run("cut", "-d ", "-f19", "/proc/self/stat").succeeds().out == "7\n"


@pytest.mark.roost
@pytest.mark.parametrize("kind, priority, shown", [("IOPRIO_CLASS_BE", 6, "best-effort: prio 6"),
                                                   ("IOPRIO_CLASS_IDLE", 0, "idle")])
def test_io_priority(bundle, kind, priority, shown):
    bundle.process["ioPriority"] = {"class": kind, "priority": priority}
    assert shown in bundle.run("ionice").succeeds().out


@pytest.mark.roost
def test_processor_affinity_of_exec(bundle, case):
    container = bundle.sleeper()
    case.path("p.json").write_text(json.dumps({
        "user": {"uid": 0, "gid": 0}, "cwd": "/", "env": ["PATH=/bin"],
        "execCPUAffinity": {"initial": "0", "final": "1"}, "args": ["grep", "Cpus_allowed_list", "/proc/self/status"]}))
    assert case("exec", "--process", case.path("p.json"), container.id).succeeds().out.split()[1] == "1"


@pytest.mark.roost
def test_processor_affinity_beyond_any_old_limit(bundle, case):
    """The kernel takes those that exist out of a list of any length."""
    container = bundle.sleeper()
    case.path("p.json").write_text(json.dumps({
        "user": {"uid": 0, "gid": 0}, "cwd": "/", "env": ["PATH=/bin"],
        "execCPUAffinity": {"initial": "0", "final": "0,9000-20000"},
        "args": ["grep", "Cpus_allowed_list", "/proc/self/status"]}))
    assert case("exec", "--process", case.path("p.json"), container.id).succeeds().out.split()[1] == "0"


@pytest.mark.roost
@pytest.mark.parametrize("policy, shown", [
    ({"mode": "MPOL_BIND", "nodes": "0"}, "2 1"), ({"mode": "MPOL_PREFERRED", "nodes": "0"}, "1 1"),
    ({"mode": "MPOL_INTERLEAVE", "nodes": "0"}, "3 1"), ({"mode": "MPOL_LOCAL"}, "4 0"),
    ({"mode": "MPOL_DEFAULT"}, "0 0"),
    ({"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}, f"{2 | 1 << 15} 1")])
def test_memory_policy(bundle, policy, shown):
    bundle.linux["memoryPolicy"] = policy
    result = bundle.run("probe", "memory-policy")
    if "function not implemented" in result.err:
        pytest.skip("this kernel has no NUMA policies")
    assert result.succeeds().out.strip() == shown


@pytest.mark.roost
@pytest.mark.parametrize("field, value, module", [
    ("apparmorProfile", "docker-default", "AppArmor"), ("selinuxLabel", "system_u:system_r:t:s0", "SELinux")])
def test_label_where_the_kernel_has_no_such_module(bundle, field, value, module):
    enabled = {"AppArmor": "/sys/module/apparmor/parameters/enabled", "SELinux": "/sys/fs/selinux/enforce"}
    if Path(enabled[module]).exists():
        pytest.skip(f"{module} is enabled")
    bundle.process[field] = value
    bundle.run("true").fails(f"{module} is not enabled", f"/process/{field}")


@pytest.mark.roost
def test_deadline_scheduling_needs_all_processors(bundle):
    if os.cpu_count() < 2:
        pytest.skip("there is only one processor")
    bundle.resources["cpu"] = {"cpus": "0"}
    bundle.process["scheduler"] = {"policy": "SCHED_DEADLINE", "runtime": 1_000_000, "deadline": 20_000_000,
                                   "period": 20_000_000}
    bundle.run("true").fails("can't be used together with AllowedCPUs", "/process/scheduler", "all processors")


@pytest.mark.roost
def test_deadline_scheduling(bundle):
    bundle.process["scheduler"] = {"policy": "SCHED_DEADLINE", "runtime": 1_000_000, "deadline": 20_000_000,
                                   "period": 20_000_000}
    result = bundle.run("probe", "attributes")
    if result.status != 0:
        # Real-time groups or an affinity that is not the whole machine forbid it.
        result.fails("sched_setattr", "/process/scheduler")
    else:
        assert "scheduler 6" in result.lines
