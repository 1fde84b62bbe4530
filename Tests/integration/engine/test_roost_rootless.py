# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Containers of ordinary users: `roost` without root, with and without subordinate ids."""
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness import users
from roost import gone


class User:
    """`roost` as user 1000 with a state directory of its own."""

    def __init__(self, roost, case, *, subordinate):
        self.roost, self.subordinate = roost, subordinate
        self.home = case.directory_for("home")
        for directory in (case.directory, case.directory.parent):
            os.chmod(directory, 0o755)
        os.chown(self.home, users.UID, users.UID)
        roost.state = self.home / "state"
        roost.options = {"user": users.UID, "group": users.UID, "extra_groups": [], "cwd": self.home}

    def __call__(self, *arguments, **options):
        return self.roost(*arguments, **options)

    def run(self, *arguments, **options):
        return self("run", "--rm", *arguments, **options)

    def start(self, *arguments, name="box"):
        return self.roost.start(*arguments, name=name)


@pytest.fixture(params=["with subordinate ids", "without subordinate ids"])
def user(request, roost, case):
    subordinate = request.param.startswith("with ")
    with users.known(case.directory, subordinate=subordinate):
        user = User(roost, case, subordinate=subordinate)
        yield user
        # In here, as what is left can be removed only with the ids that made it.
        for identifier in roost.ids():
            user("rm", "--force", identifier)


@pytest.fixture
def archive(case):
    """A tarball with files of root, of user 33, and of a group."""
    tree = case.template.copy(case.directory / "tree")
    path = case.directory / "root.tar"
    with tarfile.open(path, "w") as tar:
        for place in sorted(tree.rglob("*")):
            info = tar.gettarinfo(place, str(place.relative_to(tree)))
            info.uid = info.gid = 0
            tar.addfile(info, open(place, "rb") if info.isreg() else None)
        for name, uid, gid in (("of-root", 0, 0), ("of-33", 33, 33)):
            info = tarfile.TarInfo(name)
            info.uid, info.gid, info.mode = uid, gid, 0o644
            tar.addfile(info)
    os.chmod(path, 0o644)
    return path


def test_host_programs(user):
    """S3: by hand it is `unshare --mount --uts --ipc --net --pid --fork --user --map-root-user`."""
    result = user.run("host:bash,ls,id", "bash", "-c", "id -u; ls /; echo pid $$")
    assert result.succeeds().lines[0] == "0" and result.lines[-1] == "pid 1"
    assert "bin" in result.lines or "usr" in result.lines


def test_namespaces_and_file_systems_of_its_own(user):
    result = user.run("--hostname", "box", "host:bash,cat,stat,hostname,grep", "bash", "-c",
                      "hostname; stat -f -c %T /proc /sys /dev /dev/pts /dev/shm /dev/mqueue; "
                      "grep -c . /proc/net/dev; cat /proc/self/uid_map")
    assert result.succeeds().lines[0] == "box"
    assert result.lines[1:7] == ["proc", "sysfs", "tmpfs", "devpts", "tmpfs", "mqueue"]
    assert result.lines[7] == "3", "two lines of heading and lo"
    kinds = [line.split()[:2] for line in result.lines[8:]]
    assert kinds[0] == ["0", str(users.UID)]
    assert len(kinds) == (2 if user.subordinate else 1)


def test_is_the_ordinary_user_outside(user):
    container = user.start("host:sleep", "sleep", "1000")
    assert os.stat(f"/proc/{container.pid}").st_uid == users.UID
    assert user("stop", "-t", "0", "box").succeeds()
    assert container.wait() == 137


def test_life_cycle(user):
    container = user.start("host:bash,sleep,id", "bash", "-c", "sleep 1000")
    assert "box" in user("ps").succeeds().out
    assert user("exec", "box", "id", "-u").succeeds().out == "0\n"
    assert user("exec", "box", "bash", "-c", "echo $$; exit 3").status == 3
    pid = container.pid
    user("kill", "box").succeeds()
    gone(pid)
    container.wait()
    user("rm", "box").succeeds()
    assert user.roost.is_empty()


def test_exec_with_a_terminal(user):
    user.start("host:bash,sleep,tty", "sleep", "1000")
    done = subprocess.run(["script", "-qec", " ".join([user.roost.path, "exec", "-it", "box", "tty"]), "/dev/null"],
                          env=user.roost.environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=30, user=users.UID, group=users.UID, extra_groups=[])
    assert b"/dev/pts/0" in done.stdout, done
    user("rm", "--force", "box").succeeds()


def test_archive(user, archive):
    """Owners of a tarball go through the mapping; with one id everything is the user's."""
    result = user.run(archive, "stat", "-c", "%u:%g", "/of-root", "/of-33")
    assert result.succeeds().lines == ["0:0", "33:33" if user.subordinate else "0:0"]
    stored = next(Path(user.roost.state, "roots/sha256").glob("*/root"))
    assert os.stat(stored / "of-root").st_uid == users.UID
    expected = users.SUBORDINATE + 32 if user.subordinate else users.UID
    assert os.stat(stored / "of-33").st_uid == expected


def test_container_writes_to_its_own_layer(user, archive):
    assert user.run(archive, "sh", "-c", "echo new >/of-root; rm /of-33; cat /of-root").succeeds().out == "new\n"
    assert user.run(archive, "sh", "-c", "test -e /of-33 && cat /of-root").succeeds().out == ""


def test_files_of_subordinate_ids_are_removed(user, archive):
    if not user.subordinate:
        pytest.skip("there is nobody else")
    user("run", "--name", "box", archive, "sh", "-c",
         "mkdir -p /a/b; touch /a/b/c; chown -R 1234:1234 /a; chmod 700 /a /a/b").succeeds()
    user("rm", "box").succeeds()
    assert user.roost.is_empty()


def test_directory_in_place(user, case):
    root = case.template.copy(user.home / "root")
    for directory, names, files in os.walk(root):
        for name in (".", *names, *files):
            path = os.path.join(directory, name)
            if not os.path.samefile(os.path.dirname(path), root / "bin"):
                os.chown(path, users.UID, users.UID, follow_symlinks=False)
    assert user.run(root, "sh", "-c", "echo hello >/file; id -u").succeeds().out == "0\n"
    assert os.stat(root / "file").st_uid == users.UID


def test_another_user(user, archive):
    result = user.run("--user", "33:33", archive, "sh", "-c", "id -u; id -g")
    if user.subordinate:
        assert result.succeeds().lines == ["33", "33"]
    else:
        result.fails("--user: user 33 does not exist", "/etc/subuid", status=125)


def test_groups(user):
    """Without help from newgidmap(1), nobody may give up a group that denies access."""
    text = user.run("host:cat", "cat", "/proc/self/setgroups").succeeds().out
    assert text == ("allow\n" if user.subordinate else "deny\n")
    groups = user.run("host:grep", "grep", "^Groups", "/proc/self/status", extra_groups=[4, 27]).succeeds().out
    if user.subordinate:
        assert groups.split() == ["Groups:", "0"]
    else:
        assert set(groups.split()[1:]) <= {"65534", "0"}


def test_volume(user, case):
    source = user.home / "data"
    source.mkdir()
    (source / "file").write_text("text")
    os.chown(source, users.UID, users.UID)
    result = user.run("-v", f"{source}:/data", "host:bash,cat", "bash", "-c", "cat /data/file; echo x >/data/new")
    assert result.succeeds().out == "text"
    assert os.stat(source / "new").st_uid == users.UID


def test_host_network(user):
    assert user.run("--network", "host", "host:bash", "bash", "-c", "exit 0").succeeds()


def test_no_cgroup_is_made_or_needed(user, case):
    container = user.start("host:sleep", "sleep", "1000")
    assert container.id not in Path(f"/proc/{container.pid}/cgroup").read_text()
    user("rm", "--force", "box").succeeds()


def test_limit_without_delegation_is_an_error(user):
    user.run("--memory", "64m", "host:true", "true").fails("cgroup", status=125)
    assert user.roost.is_empty()


def test_explain_says_whose_ids(user):
    text = user("explain", "host:true", "true").succeeds().out
    assert f"0 is {users.UID} (1)" in " ".join(text.split())


def test_another_user_namespace_needs_root(user):
    user.run("--userns", "auto", "host:true", "true").fails("--userns", status=125)


@pytest.mark.parametrize("network", ["default", "bridge:br0", "container:box", "ns:/proc/1/ns/net"])
def test_networks_need_root(user, network):
    address = ("--ip", "10.0.0.7/24") if network.startswith("bridge:") else ()
    result = user.run("--network", network, *address, "host:true", "true").fails("need root", status=125)
    assert len(result.err.splitlines()) == 1, result.err
    assert not user.roost.ids()


def test_root_of_the_machine_keeps_out(user, roost):
    """A set-user-ID program of the tree must not be reachable for others, whoever runs the command."""
    user.run("host:true", "true").succeeds()
    for directory, _, _ in os.walk(roost.state):
        assert os.stat(roost.state).st_mode & 0o077 == 0
        break


def test_engine_that_is_killed(user):
    """Whatever an ordinary user's engine leaves when it is killed, `rm` removes."""
    container = user.start("host:sleep", "sleep", "1000")
    pid = container.pid
    container.signal(9)
    container.process.wait(10)
    user("rm", "--force", "box").succeeds()
    gone(pid)
    assert user.roost.is_empty()


def test_what_seccomp_refuses_is_told(user, archive):
    """The engine answers for the filter from the user namespace that it has made."""
    result = user.run("--seccomp-trace", archive, "sh", "-c", "unshare -U true; echo went on").succeeds()
    assert result.out == "went on\n" and "]: unshare(0x10000000, " in result.err
    assert "seccomp: 1 call was refused:" in result.err


def test_landlock(user, archive):
    user.run("--allow-path", "/bin", archive, "cat", "/etc/passwd").fails("cat: .*permission denied")
    user.run("--allow-path", "/bin", "--allow-path", "/etc:ro", archive, "cat", "/etc/passwd").succeeds()
