# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Interruptions, full disks, few descriptors, many callers at once: an error at worst, and nothing left behind."""
import os
import random
import re
import signal
import subprocess
import threading
import time

import pytest

from harness import cgroups, leaks, sandbox
from harness.case import eventually, finish
from harness.patience import patient


def removed_completely(case, watch, identifier, what):
    """`delete --force` must remove everything, or fail and say why."""
    result = case("delete", "--force", identifier)
    assert result.status == 0, f"{what}: {result}"
    left = watch.difference()
    assert not left, f"{what}: delete --force says success, but there is left: {left}"


def interrupted(case, bundle, verb, flags, tries, seed):
    """SIGKILL at random instants of one command, each followed by delete --force."""
    watch = leaks.Watch(case)
    bundle.args("sleep", "1000").save()
    chance = random.Random(seed)
    begin = time.monotonic()
    with open(case.directory / "empty", "a+b") as empty:
        options = {"stdin": empty, "stdout": empty, "stderr": empty}
        for attempt in range(tries + 3):
            identifier = case.new_id()
            process = case.popen(verb, "--bundle", bundle.directory, *flags, identifier, **options)
            if attempt < 3:  # How long does it take undisturbed?
                assert process.wait(20) == 0
                usual = (time.monotonic() - begin) / (attempt + 1)
                delay = None
            else:
                delay = chance.uniform(0, usual)
                time.sleep(delay)
                process.kill()
                process.wait()
            removed_completely(case, watch, identifier, f"{verb} killed after {delay} s")


@pytest.mark.roost
@pytest.mark.parametrize("verb, flags", [("create", ()), ("run", ("--detach",))])
def test_killed_at_a_random_instant(bundle, case, verb, flags):
    interrupted(case, bundle, verb, flags, 80, 20260101)


@pytest.mark.roost
def test_killed_in_start_and_delete(bundle, case):
    watch = leaks.Watch(case)
    chance = random.Random(7)
    for verb in ("start", "delete"):
        for _ in range(20):
            container = bundle.create("sleep", "1000")
            if verb == "delete":
                container.kill("KILL").succeeds()
                container.wait()
            process = case.popen(verb, container.id)
            time.sleep(chance.uniform(0, 0.004))
            process.kill()
            process.wait()
            removed_completely(case, watch, container.id, verb)


def traced(case, bundle, verb, identifier, *strace):
    """A create or run under strace; its exit status is the runtime's."""
    bundle.args(*(["sleep", "1000"] if verb == "create" else ["true"])).save()
    with open(case.directory / "empty", "a+b") as empty:
        return subprocess.run(
            ["strace", "-qq", *strace, case.runtime.path, "--root", case.root, verb, "--bundle", bundle.directory,
             identifier], stdin=empty, stdout=empty, stderr=empty, timeout=20)


@pytest.fixture
def strace():
    if not os.path.exists("/usr/bin/strace"):
        pytest.skip("strace is not installed")


@pytest.mark.roost
@pytest.mark.parametrize("part", range(4))
def test_killed_before_a_system_call(bundle, case, strace, part):
    """SIGKILL before the K-th system call of the runtime, at some 100 places from the first to the last."""
    watch = leaks.Watch(case)
    log = case.path("log")
    identifier = case.new_id()
    assert traced(case, bundle, "create", identifier, "-o", log).returncode == 0
    removed_completely(case, watch, identifier, "undisturbed")
    # strace counts each call by its name, so the K-th of all is the N-th of its name.
    names = re.findall(r"^(\w+)\(", log.read_text(), re.MULTILINE)
    for number in range(1 + part, len(names), max(4, len(names) // 100 * 4)):
        name, nth = names[number], names[:number + 1].count(names[number])
        identifier = case.new_id()
        traced(case, bundle, "create", identifier, "-o", log, "-e", f"inject={name}:signal=SIGKILL:when={nth}")
        removed_completely(case, watch, identifier, f"call {number} of {len(names)}, {name} {nth}")


INJECTED = ["mkdirat,mkdir", "clone3", "openat2", "fsopen", "move_mount", "mount_setattr", "open_tree", "pivot_root",
            "setns,unshare", "sethostname", "capset", "setgroups", "write", "socketpair,pipe2", "umount2", "prlimit64"]


@pytest.mark.roost
@pytest.mark.parametrize("error", ["ENOMEM", "EPERM"])
@pytest.mark.parametrize("calls", INJECTED)
def test_a_system_call_fails(bundle, case, strace, calls, error):
    """On either side, runtime or child: an error with a word to it, or a way around; never a hang or a rest."""
    watch = leaks.Watch(case)
    for number in (1, 2, 5):
        identifier = case.new_id()
        done = traced(case, bundle, "run", identifier, "-f", "-o", case.path("log"), "-e", f"trace={calls}",
                      "-e", f"inject={calls}:error={error}:when={number}")
        assert done.returncode >= 0
        removed_completely(case, watch, identifier, f"{calls} number {number} gave {error}")


@pytest.mark.roost
def test_storm(bundle, case):
    """Eight callers fight over four ids."""
    watch = leaks.Watch(case)
    bundle.args("sleep", "1000").save()
    ids = [case.new_id(f"-storm{number}") for number in range(4)]
    deaths, chance = [], random.Random(11)
    plans = [[(chance.choice(["create", "start", "kill", "delete", "state", "list"]), chance.choice(ids))
              for _ in range(30)] for _ in range(8)]

    def caller(plan):
        with open(case.directory / "empty", "a+b") as empty:
            for verb, identifier in plan:
                words = {"create": ["create", "--bundle", bundle.directory, identifier], "list": ["list", "-q"],
                         "kill": ["kill", identifier, "KILL"], "delete": ["delete", "--force", identifier]}
                result = case(*words.get(verb, [verb, identifier]), stdin=empty, out=empty, err=empty)
                if result.status < 0:
                    deaths.append(result)

    threads = [threading.Thread(target=caller, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not deaths
    for identifier in ids:
        removed_completely(case, watch, identifier, identifier) if identifier == ids[-1] else case(
            "delete", "--force", identifier).succeeds()


def test_one_id_for_many_creators(bundle, case):
    bundle.args("sleep", "1000").save()
    identifier = case.new_id()
    with open(case.directory / "empty", "a+b") as empty:
        running = [case.popen("create", "--bundle", bundle.directory, identifier, stdin=empty, stdout=empty,
                              stderr=empty) for _ in range(8)]
        statuses = [process.wait(30) for process in running]
    assert statuses.count(0) == 1, statuses
    case("delete", "--force", identifier).succeeds()


@pytest.fixture
def tiny_root(case):
    """A state root with room for almost nothing."""
    case.root.mkdir(mode=0o700)
    sandbox.mount("tiny", str(case.root), "tmpfs", 0, "size=4k,nr_inodes=4,mode=700")
    yield case.root
    sandbox.unmount(str(case.root))
    case.root.rmdir()


def test_state_root_without_room(bundle, tiny_root):
    (tiny_root / "filler").write_bytes(b"x" * 4096)
    result, container = bundle.try_create("true")
    assert result.status != 0
    assert not sandbox.cgroups_named(container.id)
    (tiny_root / "filler").unlink()


@pytest.mark.roost
def test_state_root_without_room_is_explained(bundle, case, tiny_root):
    (tiny_root / "filler").write_bytes(b"x" * 4096)
    bundle.try_create("true")[0].fails(str(case.root), "no space left on device")
    (tiny_root / "filler").unlink()


def test_state_root_that_is_read_only(bundle, case):
    case.root.mkdir(mode=0o700)
    sandbox.mount("tiny", str(case.root), "tmpfs", 1, "mode=700")
    try:
        bundle.run("true").fails()
    finally:
        sandbox.unmount(str(case.root))
        case.root.rmdir()


@pytest.mark.parametrize("number", [4, 6, 8, 12, 16])
def test_few_descriptors(bundle, case, number):
    """Success or an error, no crash and no rest."""
    bundle.args("true").save()
    command = f"ulimit -n {number}; exec {case.runtime.path} --root {case.root} run --bundle {bundle.directory} " \
              f"{case.new_id()}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=30)
    assert done.returncode in (0, 1, 2, 255), done


@pytest.mark.roost
@pytest.mark.parametrize("words", [("list",), ("list", "-f", "json"), ("state", "ID"), ("--help",), ("--version",),
                                   ("ps", "ID")])
def test_output_that_cannot_be_written_is_an_error(bundle, case, words):
    container = bundle.create("true")
    with open("/dev/full", "wb") as full:
        result = case(*(container.id if word == "ID" else word for word in words), out=full)
    assert result.status not in (0,) and result.status > 0 and "no space" in result.err, result


@pytest.mark.parametrize("words", [("list",), ("state", "ID")])
def test_reader_of_the_output_went_away(bundle, case, words):
    """A broken pipe is an error or nothing, never a rest."""
    container = bundle.create("true")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as out:
        case(*(container.id if word == "ID" else word for word in words), out=out)
    assert container.status == "created"


@pytest.mark.differs(runc="waits for the end of the hook's output", crun="has the hook's child as a rest")
@pytest.mark.roost
def test_hook_that_leaves_a_daemon_does_not_block(bundle, case):
    pid_file = case.path("daemon.pid")
    bundle.hook("createRuntime", "/bin/sh", "-c", f"sleep 1000 & echo $! >{pid_file}")
    try:
        bundle.run("true").succeeds()
    finally:
        os.kill(int(pid_file.read_text()), 9)


def test_cgroup_that_cannot_be_made_is_an_error(bundle):
    """A file stands where the directory of the container's cgroup would be: cgroup.procs is one."""
    bundle.linux["cgroupsPath"] = "/cgroup.procs"
    bundle.run("true").fails()


def test_rootfs_unmounted_under_a_running_container(bundle):
    """A mount of the host goes away lazily while the container runs on it."""
    sandbox.mount(str(bundle.rootfs), str(bundle.rootfs), None, sandbox.MS_BIND)
    container = bundle.sleeper()
    sandbox.unmount(str(bundle.rootfs))
    container.stop()


def test_fork_bomb_is_held_and_removed(bundle):
    bundle.resources["pids"] = {"limit": 32}
    container = bundle.start("sh", "-c", "bomb() { bomb | bomb & }; bomb; sleep 1000", stdin=subprocess.DEVNULL)
    time.sleep(0.2)
    container.delete("--force").succeeds()


def test_payload_that_ignores_signals_is_removed(bundle):
    container = bundle.start("sh", "-c", "trap '' TERM INT HUP; echo ready; while :; do sleep 1; done")
    container.kill("TERM").succeeds()
    container.delete("--force").succeeds()


def test_runtime_stopped_in_create_does_not_confuse_others(bundle, case):
    """While one create stands still, state, list and delete of that id give an answer."""
    bundle.args("sleep", "1000").hook("createRuntime", "/bin/sleep", "1").save()
    identifier = case.new_id()
    with open(case.directory / "empty", "a+b") as empty:
        process = case.popen("create", "--bundle", bundle.directory, identifier, stdin=empty, stdout=empty,
                             stderr=empty)
        time.sleep(0.3)
        for words in (("list",), ("state", identifier)):
            started = case.popen(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert finish(started, 20).status >= 0
        assert process.wait(20) == 0
    case("delete", "--force", identifier).succeeds()


@pytest.mark.roost
@pytest.mark.parametrize("verbs", [["start", "exec"], ["delete"]], ids=" and ".join)
def test_runtime_that_stands_still_in_create(bundle, case, verbs):
    """Who only looks gets an answer; who wants to change the container waits, and gets one then."""
    stopped = case.path("stopped")
    bundle.args("sleep", "1000").hook("createRuntime", "/bin/sh", "-c", f"kill -STOP $PPID; echo >{stopped}").save()
    identifier = case.new_id()
    with open(case.directory / "empty", "a+b") as empty:
        streams = {"stdin": empty, "stdout": empty, "stderr": empty}
        first = case.popen("create", "--bundle", bundle.directory, identifier, **streams)
        try:
            eventually(lambda: stopped.exists() and in_state(first.pid, "T"), "create stands still")
            assert identifier in case("list", "-q").succeeds().out
            assert case("state", identifier).succeeds().out
            case("create", "--bundle", bundle.directory, identifier).fails("already exists")
            waiting = [case.popen(verb, identifier, *(["true"] if verb == "exec" else []), **streams) for verb in verbs]
        finally:
            first.send_signal(signal.SIGCONT)
        assert first.wait(patient(30)) == 0
        assert [process.wait(patient(30)) >= 0 for process in waiting] == [True] * len(verbs)
        assert waiting[0].returncode == 0
    state = case("state", identifier)
    if "delete" in verbs:
        return state.fails("does not exist")
    assert state.succeeds().out
    case("delete", "--force", identifier).succeeds()


def in_state(pid, letter):
    """Whether the kernel says this of a process (proc_pid_stat(5))."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == letter


@pytest.mark.roost
def test_cgroup_tree_that_is_read_only_is_named(bundle):
    """A limit that cannot be had is an error, and what was made for it goes."""
    tree = str(cgroups.ROOT if cgroups.V2 else cgroups.ROOT / "pids")
    bundle.resources["pids"] = {"limit": 5}
    sandbox.mount(tree, tree, None, sandbox.MS_BIND)
    try:
        sandbox.mount(None, tree, None, sandbox.MS_BIND | sandbox.MS_REMOUNT | sandbox.MS_RDONLY)
        bundle.run("true").fails(tree, "read-only").explains()
    finally:
        sandbox.unmount(tree)


def test_exit_of_init_between_create_and_start(bundle):
    container = bundle.create("true")
    os.kill(container.pid, 9)
    container.wait()
    container.case("start", container.id).fails()


def test_no_temporary_files_after_many_runs(bundle):
    for _ in range(10):
        bundle.run("true").succeeds()
    assert not [name for name in os.listdir("/tmp") if re.search("crun|runc|roost", name)]
