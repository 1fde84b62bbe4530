# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Each namespace: new, inherited, joined by path; user namespaces and their id maps."""
import os
import subprocess

import pytest

from harness import sandbox
from harness.case import eventually

NAMES = {"pid": "pid", "network": "net", "mount": "mnt", "ipc": "ipc", "uts": "uts", "cgroup": "cgroup"}


def own(kind):
    return os.readlink(f"/proc/self/ns/{NAMES[kind]}")


def inside(bundle, kind):
    return bundle.run("readlink", f"/proc/self/ns/{NAMES[kind]}").succeeds().out.strip()


@pytest.mark.parametrize("kind", NAMES)
def test_new(bundle, kind):
    assert inside(bundle.namespace(kind), kind) != own(kind)


def without_mounts(bundle, *destinations):
    for destination in destinations:
        bundle.without_mount(destination)
    return bundle


@pytest.mark.parametrize("kind", ["network", "ipc", "uts", "cgroup"])
def test_absent_means_inherited(bundle, kind):
    bundle.without_namespace(kind)
    if kind == "uts":
        del bundle.spec["hostname"]
    if kind == "ipc":
        bundle.without_mount("/dev/mqueue")
    assert inside(bundle, kind) == own(kind)


def test_pid_absent_means_inherited(bundle):
    bundle.without_namespace("pid")
    # /proc is mounted in the inherited namespace, so it shows the sandbox's processes.
    assert int(bundle.run("sh", "-c", "echo $$").succeeds().out) > 1


def test_init_is_pid_1(bundle):
    assert bundle.run("sh", "-c", "echo $$").succeeds().out == "1\n"


@pytest.mark.parametrize("kind", ["network", "ipc", "uts", "pid", "cgroup"])
def test_joined_by_path(bundle, case, kind):
    first = bundle.namespace(kind).sleeper()
    path = f"/proc/{first.pid}/ns/{NAMES[kind]}"
    second = case.bundle().namespace(kind, path)
    if kind == "uts":
        del second.spec["hostname"]
    assert inside(second, kind) == os.readlink(path)


def test_joined_pid_namespace_shows_both(bundle, case):
    first = bundle.sleeper()
    second = case.bundle().namespace("pid", f"/proc/{first.pid}/ns/pid")
    assert "sleep 1000" in second.run("ps", "-o", "pid,args").succeeds().out
    assert first.status == "running"


def test_joined_network_namespace_shares_sockets(bundle, case):
    first = bundle.start("nc", "-l", "-p", "7777")
    eventually(lambda: any(":1E61 " in open(f"/proc/{first.pid}/net/{name}").read() for name in ("tcp", "tcp6")),
               "listening")
    second = case.bundle().namespace("network", f"/proc/{first.pid}/ns/net")
    assert ":1E61 " in second.run("cat", "/proc/net/tcp", "/proc/net/tcp6").succeeds().out


def test_joined_named_network_namespace(bundle, case):
    """A namespace that is kept by a bind mount, as `ip netns add` makes it."""
    name = case.path("net")
    name.write_text("")
    subprocess.run(["unshare", f"--net={name}", "true"], check=True)
    try:
        inode = os.stat(name).st_ino
        assert inside(bundle.namespace("network", name), "network") == f"net:[{inode}]"
    finally:
        sandbox.unmount(str(name))


@pytest.mark.parametrize("kind, wrong", [("network", "uts"), ("pid", "net"), ("ipc", "mnt")])
def test_path_of_another_type_is_refused(bundle, kind, wrong):
    bundle.namespace(kind, f"/proc/{os.getpid()}/ns/{wrong}").run("true").fails()


def test_path_that_does_not_exist(bundle, case):
    bundle.namespace("network", case.path("absent")).run("true").fails("absent|no such file|network")


def test_path_that_is_no_namespace(bundle, case):
    case.path("plain").write_text("")
    bundle.namespace("network", case.path("plain")).run("true").fails()


def test_relative_path_is_refused(bundle):
    bundle.namespace("network", "self/ns/net").run("true").fails()


@pytest.mark.differs(crun="1.8.1 takes it")
def test_type_listed_twice_is_refused(bundle):
    bundle.linux["namespaces"].append({"type": "pid"})
    bundle.run("true").fails()


def test_unknown_type_is_refused(bundle):
    bundle.linux["namespaces"].append({"type": "quantum"})
    bundle.run("true").fails("quantum|namespace")


def test_network_namespace_has_loopback_up(bundle):
    text = bundle.run("ip", "-o", "link").succeeds().out
    assert "lo:" in text and "LOOPBACK,UP" in text
    assert "127.0.0.1" in bundle.run("ip", "-o", "addr").succeeds().out


def test_hostname(bundle):
    bundle.spec["hostname"] = "other-host.example"
    assert bundle.run("hostname").succeeds().out == "other-host.example\n"


def test_hostname_does_not_touch_the_host(bundle):
    before = os.uname().nodename
    bundle.run("true").succeeds()
    assert os.uname().nodename == before


@pytest.mark.differs(runc="1.1.5 knows no domainname")
def test_domainname(bundle):
    bundle.spec["domainname"] = "example.org"
    assert bundle.run("cat", "/proc/sys/kernel/domainname").succeeds().out == "example.org\n"


def test_hostname_without_a_uts_namespace_is_refused(bundle):
    bundle.without_namespace("uts").run("true").fails("uts|hostname|namespace")


def test_ipc_namespace_has_its_own_queues(bundle):
    bundle.writable().sh("touch /dev/mqueue/mine && ls /dev/mqueue")
    assert "mine" not in os.listdir("/dev/mqueue")


def test_user_namespace_maps_root(bundle):
    result = bundle.user_namespace().run("sh", "-c", "cat /proc/self/uid_map /proc/self/gid_map; id -u; id -g")
    assert [line.split() for line in result.succeeds().lines] == [
        ["0", "100000", "65536"], ["0", "100000", "65536"], ["0"], ["0"]]


def test_user_namespace_as_the_host_sees_it(bundle):
    container = bundle.user_namespace().sleeper()
    status = open(f"/proc/{container.pid}/status").read()
    assert "Uid:\t100000\t100000\t100000\t100000" in status


def test_user_namespace_files_belong_to_mapped_ids(bundle):
    bundle.user_namespace().writable().run("touch", "/tmp/made").succeeds()
    assert os.stat(bundle.rootfs / "tmp/made").st_uid == 100000


def test_user_namespace_with_several_ranges(bundle):
    bundle.user_namespace()
    ranges = [{"containerID": 0, "hostID": 100000, "size": 10}, {"containerID": 10, "hostID": 300000, "size": 5}]
    bundle.linux["uidMappings"], bundle.linux["gidMappings"] = ranges, ranges
    result = bundle.run("cat", "/proc/self/uid_map")
    assert [line.split() for line in result.succeeds().lines] == [["0", "100000", "10"], ["10", "300000", "5"]]


def test_user_namespace_unmapped_user_is_refused(bundle):
    bundle.user_namespace(size=100)
    bundle.process["user"] = {"uid": 5000, "gid": 0}
    bundle.run("true").fails()


def test_user_namespace_capabilities_are_confined(bundle):
    """All capabilities inside do not allow what concerns the whole machine."""
    bundle.user_namespace().writable().capabilities("CAP_SYS_ADMIN", "CAP_MKNOD")
    bundle.run("mknod", "/tmp/ram", "b", "1", "1").fails("not permitted")


def test_user_namespace_devices_work(bundle):
    assert bundle.user_namespace().sh("echo x >/dev/null; head -c 3 /dev/zero | wc -c").out == "3\n"


@pytest.mark.differs(runc="1.1.5 wants mappings even for a namespace that exists")
def test_user_namespace_joined_by_path(bundle, case):
    first = bundle.user_namespace().sleeper()
    second = case.bundle().user_namespace()
    del second.linux["uidMappings"], second.linux["gidMappings"]
    second.namespace("user", f"/proc/{first.pid}/ns/user")
    second.without_namespace("pid", "network", "ipc", "uts")
    for kind in ("pid", "network", "ipc", "uts"):
        second.namespace(kind, f"/proc/{first.pid}/ns/{NAMES[kind]}")
    del second.spec["hostname"]
    assert second.run("readlink", "/proc/self/ns/user").succeeds().out.strip() == os.readlink(
        f"/proc/{first.pid}/ns/user")


@pytest.mark.roost
def test_mappings_without_a_user_namespace_are_refused(bundle):
    bundle.linux["uidMappings"] = [{"containerID": 0, "hostID": 1000, "size": 1}]
    bundle.run("true").fails(r"/linux/uidMappings")


def test_user_namespace_without_mappings_is_refused(bundle):
    bundle.namespace("user").run("true").fails()


@pytest.mark.differs(runc="1.1.5 knows no time namespace")
@pytest.mark.unsafe(crun="1.8.1 kills the process that has init's inner pid outside")
def test_time_namespace_with_an_offset(bundle):
    bundle.linux["namespaces"].append({"type": "time"})
    bundle.linux["timeOffsets"] = {"boottime": {"secs": 1000000}}
    assert float(bundle.run("cut", "-d ", "-f1", "/proc/uptime").succeeds().out) > 1000000


def test_cgroup_namespace_hides_the_path(bundle):
    result = bundle.namespace("cgroup").run("cat", "/proc/self/cgroup").succeeds()
    assert bundle.case.word not in result.out


def test_all_namespaces_gone_after_run(bundle):
    bundle.namespace("cgroup").run("true").succeeds()
    # The leak check that follows every test compares processes, mounts and network namespaces.


@pytest.mark.differs(runc="leaves the bind mount of the root")
def test_mount_namespace_absent_leaves_no_mount(bundle):
    """Without a mount namespace nothing of the container's mounts may stay in the caller's."""
    before = open("/proc/self/mountinfo").read()
    bundle.without_namespace("mount")
    bundle.spec["mounts"] = []
    bundle.linux["maskedPaths"] = bundle.linux["readonlyPaths"] = []
    bundle.run("true")
    assert open("/proc/self/mountinfo").read() == before
