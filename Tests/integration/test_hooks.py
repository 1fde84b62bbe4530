# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Hooks: where and when each runs, what it is given, and what its failure does."""
import json
import os

import pytest

from harness import sandbox
from harness.case import alive, eventually

KINDS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
ON_HOST = ["prestart", "createRuntime", "createContainer", "poststart", "poststop"]
BEFORE_START = ["prestart", "createRuntime", "createContainer"]


@pytest.fixture
def journal(case):
    """A file that hooks append lines to; the container sees it as /journal."""
    path = case.path("journal")
    path.write_text("")
    return path


def script(case, name, body):
    path = case.path(name)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def add_all(bundle, journal):
    """Each hook and the payload write their name to the journal."""
    bundle.bind("/journal", journal)
    for kind in KINDS:
        where = "/journal" if kind == "startContainer" else journal
        shell = "/bin/sh"
        bundle.hook(kind, shell, "-c", f"cat >/dev/null; echo {kind} >>{where}")
    bundle.args("sh", "-c", "echo payload >>/journal; sleep 0.3")


def before(words, first, second):
    return words.index(first) < words.index(second)


def test_order(bundle, journal):
    add_all(bundle, journal)
    container = bundle.create()
    assert journal.read_text().split()[:3] == ["prestart", "createRuntime", "createContainer"]
    container.start()
    container.wait()
    container.delete().succeeds()
    words = journal.read_text().split()
    assert sorted(words) == sorted([*KINDS, "payload"])
    assert before(words, "createContainer", "startContainer") and before(words, "startContainer", "payload")
    assert words[-1] == "poststop"


def test_order_in_run(bundle, journal):
    add_all(bundle, journal)
    bundle.run().succeeds()
    words = journal.read_text().split()
    assert words[:3] == KINDS[:3] and words[-1] == "poststop" and before(words, "startContainer", "payload")
    assert sorted(words) == sorted([*KINDS, "payload"])


@pytest.mark.roost
def test_create_runs_no_hook_of_start(bundle, journal):
    """Both references run poststart before the payload, one of them even in create."""
    add_all(bundle, journal)
    container = bundle.create()
    assert journal.read_text().split() == ["prestart", "createRuntime", "createContainer"]
    container.start()
    container.wait()
    words = journal.read_text().split()
    assert words[3] == "startContainer" and {"payload", "poststart"} == set(words[4:])


@pytest.mark.roost
def test_poststart_runs_after_the_payload_was_started(bundle, case):
    """The specification: after the user's process is executed, before start returns."""
    mark = case.path("program")
    bundle.hook("poststart", "/bin/sh", "-c",
                "pid=$(sed 's/.*\"pid\":[ ]*\\([0-9]*\\).*/\\1/'); tr '\\0' ' ' </proc/$pid/cmdline >" + str(mark))
    container = bundle.sleeper()
    assert mark.read_text().strip() == "sleep 1000"
    container.stop()


def test_several_of_a_kind_run_in_order(bundle, journal):
    for number in range(5):
        bundle.hook_script("prestart", f"echo {number} >>{journal}")
    bundle.run("true").succeeds()
    assert journal.read_text().split() == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("kind, status", [
    ("prestart", {"creating", "created"}), ("createRuntime", {"creating", "created"}),
    ("createContainer", {"creating", "created"}), ("poststop", {"stopped"}), pytest.param(
        "poststart", {"running"}, marks=pytest.mark.differs(runc="1.1.5 runs it in create"))])
def test_state_on_standard_input(bundle, case, journal, kind, status):
    bundle.spec["annotations"] = {"org.example": "x"}
    bundle.hook(kind, "/bin/sh", "-c", f"cat >{journal}")
    identifier = case.new_id()
    bundle.run("sleep", "0.2", identifier=identifier).succeeds()
    state = json.loads(journal.read_text())
    assert state["id"] == identifier
    assert state["bundle"] == str(bundle.directory)
    assert state["status"] in status
    assert state["ociVersion"].startswith("1.") and state["annotations"] == {"org.example": "x"}


@pytest.mark.differs(crun="invents a status of its own")
def test_state_for_start_container(bundle, journal):
    bundle.bind("/journal", journal).hook("startContainer", "/bin/sh", "-c", "cat >/journal")
    bundle.run("true").succeeds()
    assert json.loads(journal.read_text())["status"] in ("created", "creating")


def test_pid_in_the_state_is_that_of_init_on_the_host(bundle, journal):
    bundle.hook("createRuntime", "/bin/sh", "-c", f"cat >{journal}")
    container = bundle.create("true")
    assert json.loads(journal.read_text())["pid"] == container.pid


@pytest.mark.parametrize("kind", ["prestart", "createRuntime", "poststart", "poststop"])
def test_runs_in_the_runtimes_namespaces(bundle, journal, kind):
    bundle.hook_script(kind, f"readlink /proc/self/ns/mnt /proc/self/ns/net >{journal}")
    bundle.run("true").succeeds()
    assert journal.read_text().split() == [os.readlink(f"/proc/self/ns/{name}") for name in ("mnt", "net")]


@pytest.mark.parametrize("kind", ["prestart", "createRuntime"])
def test_runtime_hooks_find_the_root_mounted(bundle, kind):
    """What hooks for devices do: they enter the mount namespace and mount into the root by its path on the host."""
    place = bundle.rootfs / "mnt"
    place.mkdir(exist_ok=True)
    inside = f"test -e {bundle.rootfs}/dev/null && busybox mount -t tmpfs none {place} && touch {place}/here"
    bundle.hook(kind, "/bin/sh", "-c",
                "pid=$(sed 's/.*\"pid\":[ ]*\\([0-9]*\\).*/\\1/'); exec nsenter --mount=/proc/$pid/ns/mnt sh -c '" + inside + "'",
                env=["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
    assert bundle.run("ls", "/mnt").succeeds().out.split() == ["here"]
    assert not list(place.iterdir())


@pytest.mark.differs(crun="1.8.1 starts it elsewhere")
def test_create_container_finds_the_root_mounted(bundle):
    """By its path on the host, and as the hook's working directory."""
    for name in ("one", "two"):
        (bundle.rootfs / name).mkdir()
    bundle.hook("createContainer", "/bin/sh", "-c",
                f"test -e dev/null && busybox mount -t tmpfs none {bundle.rootfs}/one && touch {bundle.rootfs}/one/first && "
                "busybox mount -t tmpfs none two && touch two/second", env=["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
    assert bundle.run("ls", "/one", "/two").succeeds().out.split() == ["/one:", "first", "/two:", "second"]


@pytest.mark.roost
def test_create_container_starts_in_the_root_with_a_user_namespace(bundle):
    """There the root is not at its path on the host, which may be out of reach."""
    bundle.user_namespace().hook("createContainer", "/bin/sh", "-c", "test -e dev/null && test -e bin/probe")
    bundle.run("true").succeeds()


@pytest.mark.roost
def test_create_container_runs_without_a_mount_namespace(bundle, journal):
    """runc runs none then."""
    bundle.linux["namespaces"] = [entry for entry in bundle.linux["namespaces"] if entry["type"] != "mount"]
    bundle.spec["mounts"] = []
    for name in ("maskedPaths", "readonlyPaths"):
        bundle.linux.pop(name, None)
    bundle.hook_script("createContainer", f"ls -d bin >{journal}")
    bundle.run("true").succeeds()
    assert journal.read_text() == "bin\n"


def test_create_container_runs_in_the_containers_namespaces(bundle, journal):
    bundle.hook_script("createContainer", f"readlink /proc/self/ns/mnt /proc/self/ns/uts >{journal}")
    container = bundle.create("true")
    assert journal.read_text().split() == [os.readlink(f"/proc/{container.pid}/ns/{name}") for name in ("mnt", "uts")]


def test_create_container_runs_before_pivot_root(bundle, journal):
    bundle.hook_script("createContainer", f"test -e {journal} && echo outside >{journal}")
    bundle.run("true").succeeds()
    assert journal.read_text() == "outside\n"


def test_start_container_runs_inside(bundle, journal):
    bundle.bind("/journal", journal)
    bundle.hook("startContainer", "/bin/probe", "getcwd")
    bundle.hook_script("startContainer", "hostname >>/journal; ls / >>/journal; echo $$ >>/journal")
    bundle.run("true").succeeds()
    words = journal.read_text().split()
    assert words[0] == "box" and "rootfs" not in words and "bin" in words


def test_prestart_can_move_a_network_interface(bundle, journal):
    """What CNI plug-ins do: the namespace exists when createRuntime runs."""
    bundle.hook("createRuntime", "/bin/sh", "-c",
                "pid=$(sed 's/.*\"pid\":[ ]*\\([0-9]*\\).*/\\1/'); readlink /proc/$pid/ns/net >" + str(journal))
    container = bundle.create("true")
    assert journal.read_text().strip() == os.readlink(f"/proc/{container.pid}/ns/net")


@pytest.mark.parametrize("kind", ON_HOST)
def test_environment_is_the_hooks_own(bundle, journal, kind):
    bundle.hook_script(kind, f"/usr/bin/env >{journal}", env=["A=1", "B=two words"])
    bundle.run("true", env={"CALLER_SECRET": "1"}).succeeds()
    lines = set(journal.read_text().splitlines())
    assert {"A=1", "B=two words"} <= lines
    assert not any(line.startswith(("CALLER_SECRET", "LD_")) for line in lines)


@pytest.mark.roost
@pytest.mark.parametrize("kind", ON_HOST)
def test_environment_is_empty_when_none_is_given(bundle, journal, kind):
    bundle.hook_script(kind, f"/usr/bin/env >{journal}")
    bundle.run("true", env={"CALLER_SECRET": "1"}).succeeds()
    assert {line.split("=")[0] for line in journal.read_text().splitlines()} <= {"PWD", "SHLVL", "_", "OLDPWD"}


def test_arguments(bundle, case, journal):
    tool = script(case, "tool", f'echo "$0|$1|$2|$#" >{journal}')
    bundle.spec["hooks"] = {"prestart": [{"path": str(tool), "args": ["zero", "one", "two words"]}]}
    bundle.run("true").succeeds()
    assert journal.read_text() == f"{tool}|one|two words|2\n"


def test_no_arguments(bundle, case, journal):
    tool = script(case, "tool", f'echo "$#" >{journal}')
    bundle.spec["hooks"] = {"prestart": [{"path": str(tool)}]}
    bundle.run("true").succeeds()
    assert journal.read_text() == "0\n"


@pytest.mark.parametrize("kind", BEFORE_START)
def test_failure_before_start_undoes_create(bundle, case, kind):
    bundle.hook_script(kind, "echo broken >&2; exit 7")
    result, container = bundle.try_create("true")
    result.fails()
    case("state", container.id).fails()
    assert not sandbox.cgroups_named(container.id)


@pytest.mark.parametrize("kind", BEFORE_START)
@pytest.mark.roost
def test_failure_says_which_hook_and_what_it_printed(bundle, kind):
    bundle.hook(kind, "/bin/true").hook_script(kind, "echo the reason >&2; exit 7")
    bundle.run("true").fails(f"/hooks/{kind}/1", "/bin/sh", "7", "the reason")


def test_failure_of_start_container_fails_start(bundle):
    bundle.hook_script("startContainer", "exit 7")
    assert bundle.run("echo", "ran").fails().out == ""


def test_failure_of_poststop_is_only_a_warning(bundle, case):
    bundle.hook_script("poststop", "exit 7")
    container = bundle.start("true")
    container.wait()
    container.delete().succeeds()
    case("state", container.id).fails()


def test_failure_of_one_hook_skips_the_next(bundle, journal):
    bundle.hook_script("prestart", "exit 1")
    bundle.hook_script("prestart", f"echo second >{journal}")
    bundle.run("true").fails()
    assert journal.read_text() == ""


@pytest.mark.differs(crun="1.8.1 does not run poststop then")
def test_failed_create_runs_poststop(bundle, journal):
    bundle.hook_script("createRuntime", "exit 1")
    bundle.hook_script("poststop", f"echo poststop >>{journal}")
    bundle.run("true").fails()
    assert "poststop" in journal.read_text()


@pytest.mark.parametrize("kind", BEFORE_START)
def test_program_that_is_missing(bundle, kind):
    bundle.hook(kind, "/no/such/hook").run("true").fails()


@pytest.mark.differs(crun="1.8.1 takes it")
def test_relative_path_is_refused(bundle):
    bundle.hook("prestart", "sh", "-c", "true").run("true").fails()


def test_timeout_kills_the_hook(bundle, case):
    mark = case.path("hook.pid")
    bundle.hook("createRuntime", "/bin/sh", "-c", f"echo $$ >{mark}; exec sleep 1000", timeout=1)
    bundle.run("true").fails()
    eventually(lambda: not alive(int(mark.read_text())), "the hook is gone")


@pytest.mark.roost
def test_timeout_takes_the_hooks_children_too(bundle, case):
    mark = case.path("child.pid")
    bundle.hook("createRuntime", "/bin/sh", "-c", f"sleep 1000 & echo $! >{mark}; wait", timeout=1)
    bundle.run("true").fails("/hooks/createRuntime/0", "timeout|seconds")
    eventually(lambda: not alive(int(mark.read_text())), "the child is gone")


def test_hook_that_reads_nothing_does_no_harm(bundle):
    bundle.spec["annotations"] = {f"key{number}": "x" * 1000 for number in range(200)}
    bundle.hook("prestart", "/bin/true").run("true").succeeds()


def test_descriptors_of_a_hook(bundle, journal):
    """Nothing of the runtime's own is open in a hook."""
    bundle.hook_script("createRuntime", f"ls /proc/self/fd >{journal}")
    bundle.run("true").succeeds()
    assert len(journal.read_text().split()) <= 4  # 0, 1, 2 and the directory that ls reads


def test_poststop_runs_after_delete_force(bundle, journal):
    bundle.hook_script("poststop", f"echo poststop >>{journal}")
    bundle.sleeper().delete("--force").succeeds()
    assert journal.read_text() == "poststop\n"


def test_start_container_path_is_the_containers(bundle):
    """A path that exists only on the host is missing for this hook."""
    bundle.hook("startContainer", "/usr/bin/python3", "-c", "").run("true").fails()


@pytest.mark.roost
def test_failure_of_poststart_stops_the_container(bundle, case):
    bundle.hook_script("poststart", "exit 7")
    container = bundle.create("sleep", "1000")
    pid = container.pid
    case("start", container.id).fails("/hooks/poststart/0")
    eventually(lambda: not alive(pid), "init is gone")
