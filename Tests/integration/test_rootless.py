# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The runtime in the hands of an ordinary user."""
import json
import os
import subprocess

import pytest

from harness import cgroups, users
from harness.patience import patient
from harness.runtime import Result, base_environment

UID = users.UID


class User:
    """Runs commands as the ordinary user, with a state root of its own."""

    def __init__(self, case, bundle):
        self.case, self.bundle = case, bundle
        self.root = case.directory_for("user-root")
        for path in (self.root, bundle.directory):
            os.chown(path, UID, UID)
        os.chmod(case.directory, 0o755)
        os.chmod(case.directory.parent, 0o755)
        for directory, names, files in os.walk(bundle.rootfs):
            for name in [".", *names, *files]:
                path = os.path.join(directory, name)
                if not os.path.samefile(os.path.dirname(path), bundle.rootfs / "bin"):
                    os.chown(path, UID, UID, follow_symlinks=False)

    def __call__(self, *arguments, **options):
        return self.case.runtime.run(
            self.root, *arguments, user=UID, group=UID, extra_groups=[], env={"HOME": "/tmp",
            "XDG_RUNTIME_DIR": str(self.root)}, **options)

    def run(self, *arguments, **options):
        self.bundle.args(*arguments).save()
        return self("run", "--bundle", self.bundle.directory, self.case.new_id(), **options)


@pytest.fixture
def user(case, bundle):
    """A configuration as `spec --rootless` makes it."""
    bundle.namespace("user")
    mapping = [{"containerID": 0, "hostID": UID, "size": 1}]
    bundle.linux["uidMappings"], bundle.linux["gidMappings"] = mapping, mapping
    bundle.without_namespace("network")
    del bundle.linux["resources"]
    for mount in bundle.mounts:
        mount["options"] = [o for o in mount.get("options", []) if not o.startswith("gid=")]
    bundle.without_mount("/sys/fs/cgroup").without_mount("/sys")
    bundle.bind("/sys", "/sys", "nosuid", "noexec", "nodev", "ro")
    return User(case, bundle)


def test_run(user):
    assert user.run("id", "-u").succeeds().out == "0\n"


def test_is_an_ordinary_user_outside(user):
    assert user.run("cat", "/proc/self/uid_map").succeeds().out.split() == ["0", str(UID), "1"]


def test_setgroups_is_denied(user):
    """Otherwise a user could drop a group that denies access."""
    assert user.run("cat", "/proc/self/setgroups").succeeds().out == "deny\n"


def test_exit_status(user):
    assert user.run("sh", "-c", "exit 9").status == 9


def test_life_cycle(user, case):
    user.bundle.args("sleep", "1000").save()
    identifier = case.new_id()
    with open(case.directory / "empty", "a+b") as empty:
        user("create", "--bundle", user.bundle.directory, identifier, stdin=empty, out=empty, err=empty).succeeds()
    user("start", identifier).succeeds()
    state = json.loads(user("state", identifier).succeeds().out)
    assert state["status"] == "running"
    assert os.stat(f"/proc/{state['pid']}").st_uid == UID
    assert user("exec", identifier, "id", "-u").succeeds().out == "0\n"
    assert identifier in user("list").succeeds().out
    user("delete", "--force", identifier).succeeds()


@pytest.mark.differs(crun="makes a user namespace unasked")
def test_without_a_user_namespace_is_refused(user):
    user.bundle.without_namespace("user")
    del user.bundle.linux["uidMappings"], user.bundle.linux["gidMappings"]
    user.run("true").fails()


def test_mapping_of_somebody_else_is_refused(user):
    mapping = [{"containerID": 0, "hostID": 0, "size": 1}]
    user.bundle.linux["uidMappings"] = user.bundle.linux["gidMappings"] = mapping
    user.run("true").fails()


@pytest.fixture
def mapped(user, case):
    """The user's own id as root, and the subordinate ids behind it."""
    with users.known(case.directory, subordinate=True):
        maps = [{"containerID": 0, "hostID": UID, "size": 1},
                {"containerID": 1, "hostID": users.SUBORDINATE, "size": users.COUNT}]
        user.bundle.linux["uidMappings"], user.bundle.linux["gidMappings"] = maps, maps
        yield user


def test_subordinate_ids(mapped):
    result = mapped.run("cat", "/proc/self/uid_map", "/proc/self/setgroups")
    assert [line.split() for line in result.succeeds().lines] == [
        ["0", str(UID), "1"], ["1", str(users.SUBORDINATE), str(users.COUNT)], ["allow"]]


def test_user_and_groups_of_the_subordinate_ids(mapped):
    mapped.bundle.process["user"] = {"uid": 33, "gid": 44, "additionalGids": [55]}
    assert mapped.run("probe", "ids").succeeds().lines[:3] == ["33 33 33", "44 44 44", "55"]


def test_exec_in_a_container_with_subordinate_ids(mapped, case):
    mapped.bundle.args("sleep", "1000").save()
    identifier = case.new_id()
    with open(case.directory / "empty", "a+b") as empty:
        mapped("run", "--detach", "--bundle", mapped.bundle.directory, identifier, stdin=empty, out=empty,
               err=empty).succeeds()
    assert mapped("exec", "--user", "33:44", identifier, "probe", "ids").succeeds().lines[0] == "33 33 33"
    mapped("delete", "--force", identifier).succeeds()


def test_ids_of_somebody_else_are_refused(mapped):
    maps = [{"containerID": 0, "hostID": UID, "size": 1}, {"containerID": 1, "hostID": 1, "size": 100}]
    mapped.bundle.linux["uidMappings"] = mapped.bundle.linux["gidMappings"] = maps
    mapped.run("true").fails()


@pytest.mark.roost
def test_refusal_of_subordinate_ids_says_who_refused(mapped):
    mapped.bundle.linux["uidMappings"][1]["size"] = users.COUNT + 1
    mapped.run("true").fails("newuidmap", "/linux/uidMappings")


# cgroup v2: an ordinary user manages what was delegated to them.


@pytest.fixture
def leaf(case):
    """A cgroup in which the runtime runs, in a tree that was given to the user as systemd does it."""
    parent = cgroups.ROOT / f"{case.word}-delegated"
    (cgroups.ROOT / "cgroup.subtree_control").write_text("+pids +memory")
    parent.mkdir()
    (parent / "leaf").mkdir()
    for directory in (parent, parent / "leaf"):
        for name in ("", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control"):
            os.chown(directory / name, UID, UID)
    yield parent / "leaf"
    (parent / "leaf").rmdir()
    parent.rmdir()


class Delegated:
    """The user's commands, given from inside the leaf."""

    def __init__(self, user, leaf):
        self.user, self.leaf = user, leaf

    def __call__(self, *arguments, **options):
        case = self.user.case
        command = ["setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups", str(case.runtime.path), "--root",
                   str(self.user.root), *map(str, arguments)]
        done = subprocess.run(
            command, preexec_fn=lambda: (self.leaf / "cgroup.procs").write_text(str(os.getpid())),
            env={**base_environment(), "XDG_RUNTIME_DIR": str(self.user.root)}, text=True, timeout=patient(15),
            **{"capture_output": True, "stdin": subprocess.DEVNULL, **options})
        return Result(command, done.returncode, done.stdout or "", done.stderr or "")

    def run(self, *arguments):
        self.user.bundle.args(*arguments).save()
        self.id = self.user.case.new_id()
        return self("run", "--bundle", self.user.bundle.directory, self.id)


@cgroups.on_v2
@pytest.mark.parametrize("resources", [{}, {"pids": {"limit": 20}, "memory": {"limit": 64 << 20}}],
                         ids=["no limits", "limits"])
@pytest.mark.roost
def test_delegated_tree_is_used(user, leaf, resources):
    if resources:
        user.bundle.linux["resources"] = resources
    delegated = Delegated(user, leaf)
    result = delegated.run("cat", "/proc/self/cgroup").succeeds()
    assert result.out == f"0::/{leaf.parent.name}/{delegated.id}\n"
    assert sorted(path.name for path in leaf.parent.iterdir() if path.is_dir()) == ["leaf"]


@cgroups.on_v2
def test_a_place_of_the_users_own(user, leaf):
    """Without a limit, too: who names a cgroup finds the container in it."""
    path = f"/{leaf.parent.name}/place"
    user.bundle.linux["cgroupsPath"] = path
    assert Delegated(user, leaf).run("cat", "/proc/self/cgroup").succeeds().out == f"0::{path}\n"


def test_a_place_of_somebody_else_is_refused(user):
    user.bundle.linux["cgroupsPath"] = "/somebodys"
    user.run("true").fails("permission denied|no such file")


@cgroups.on_v2
@pytest.mark.roost
def test_limits_in_a_delegated_tree(user, leaf, case):
    user.bundle.linux["resources"] = {"pids": {"limit": 20}}
    user.bundle.args("sleep", "1000").save()
    delegated, identifier = Delegated(user, leaf), case.new_id()
    with open(case.directory / "empty", "a+b") as empty:
        delegated("create", "--bundle", user.bundle.directory, identifier, capture_output=False, stdin=empty, stdout=empty,
                  stderr=empty).succeeds()
    directory = leaf.parent / identifier
    assert (directory / "pids.max").read_text() == "20\n"
    delegated("start", identifier).succeeds()
    delegated("update", "--pids-limit", "30", identifier).succeeds()
    assert (directory / "pids.max").read_text() == "30\n"
    delegated("pause", identifier).succeeds()
    delegated("resume", identifier).succeeds()
    assert delegated("exec", identifier, "cat", "/proc/self/cgroup").succeeds().out.strip().endswith(identifier)
    delegated("delete", "--force", identifier).succeeds()
    assert not directory.exists()


@cgroups.on_v2
@pytest.mark.roost
def test_limits_without_delegation_are_refused(user):
    user.bundle.linux["resources"] = {"pids": {"limit": 20}}
    user.run("true").explains("permission denied", "delegated")


@pytest.mark.roost
@pytest.mark.parametrize("name, mine", [(None, True), ("somebody", True), ("root", False)])
def test_state_of_root_in_an_engines_user_namespace(user, name, mine):
    """podman calls the runtime without --root; root of the namespace that it made cannot write to /run."""
    environment = {**base_environment(), "XDG_RUNTIME_DIR": str(user.root), **({"USER": name} if name else {})}
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", str(user.case.runtime.path), "list"], user=UID, group=UID, extra_groups=[],
        env=environment, capture_output=True, text=True, timeout=patient(15))
    assert (done.returncode == 0) == mine, done
    assert (user.root / "roost").is_dir() == mine
    assert mine or "/run/roost" in done.stderr
