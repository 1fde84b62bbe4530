# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Mounts: the default ones, binds, tmpfs, order, sources and targets."""
import os

import pytest

from harness import cgroups, mountinfo, sandbox


def kernel():
    return tuple(int(part) for part in os.uname().release.split(".")[:2])


TMPFS_MAPS_IDS = pytest.mark.skipif(kernel() < (6, 3), reason="the sandbox's tmpfs cannot map ids before Linux 6.3")


@pytest.mark.parametrize("point, kind, options", [
    ("/proc", "proc", {"rw"}),
    ("/dev", "tmpfs", {"nosuid"}),
    ("/dev/pts", "devpts", {"nosuid", "noexec"}),
    ("/dev/shm", "tmpfs", {"nosuid", "noexec", "nodev"}),
    ("/dev/mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
    ("/sys", "sysfs", {"nosuid", "noexec", "nodev", "ro"}),
    ("/sys/fs/cgroup", "cgroup2" if cgroups.V2 else "tmpfs", {"nosuid", "noexec", "nodev"}),
])
def test_default_mount(bundle, point, kind, options):
    mount = mountinfo.of(bundle)[point]
    assert mount.kind == kind and options <= mount.options, mount


def test_default_mounts_have_no_others_of_the_host(bundle):
    table = mountinfo.of(bundle)
    for point in table:
        assert point == "/" or point.startswith(("/proc", "/dev", "/sys")), point


def test_root_is_the_only_way_up(bundle):
    assert "secret" not in bundle.sh("ls / ; ls /.. ; ls /../../tmp").out


def test_no_mount_is_shared_with_the_host(bundle):
    assert not any(p.startswith("shared:") for m in mountinfo.of(bundle).values() for p in m.propagation)


@cgroups.on_v1
def test_cgroup_v1_mount_shows_the_containers_own_cgroup(bundle):
    container = bundle.sleeper()
    pids = container.exec("cat", "/sys/fs/cgroup/pids/cgroup.procs").succeeds().out.split()
    assert "1" in pids
    container.exec("mkdir", "/sys/fs/cgroup/pids/new").fails("read-only")


def test_device_links(bundle):
    lines = bundle.sh("for n in fd stdin stdout stderr ptmx; do readlink /dev/$n; done").lines
    assert lines[:4] == ["/proc/self/fd", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"]
    assert lines[4] in ("pts/ptmx", "/dev/pts/ptmx")


@pytest.mark.parametrize("name, number", [("null", "1:3"), ("zero", "1:5"), ("full", "1:7"), ("random", "1:8"),
                                          ("urandom", "1:9"), ("tty", "5:0")])
def test_default_device(bundle, name, number):
    assert bundle.run("stat", "-c", "%F %t:%T %a %u %g", f"/dev/{name}").succeeds().out == \
        f"character special file {number} 666 0 0\n"


def test_default_devices_are_all(bundle):
    assert set(bundle.run("ls", "/dev").succeeds().lines) - {"core", "console"} == {
        "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty",
        "urandom", "zero"}


def test_bind_directory(bundle, case):
    source = case.directory_for("source", {"file": "text"})
    assert bundle.bind("/data", source).run("cat", "/data/file").succeeds().out == "text"


def test_bind_file(bundle, case):
    source = case.directory_for("source", {"file": "text"})
    assert bundle.bind("/etc/one", source / "file").run("cat", "/etc/one").succeeds().out == "text"


def test_bind_file_over_an_existing_one(bundle, case):
    source = case.directory_for("source", {"file": "text"})
    assert bundle.bind("/etc/passwd", source / "file").run("cat", "/etc/passwd").succeeds().out == "text"
    assert "root:x:0" in (bundle.rootfs / "etc/passwd").read_text()


def test_bind_is_writable_unless_told(bundle, case):
    source = case.directory_for("source")
    bundle.bind("/data", source).run("touch", "/data/new").succeeds()
    assert (source / "new").exists()


def test_bind_read_only(bundle, case):
    source = case.directory_for("source", {"file": "text"})
    result = bundle.mount("/data", source, "bind", "ro").run("sh", "-c", "cat /data/file; touch /data/new")
    assert result.out == "text"
    result.fails("read-only")


def test_bind_takes_submounts_only_with_rbind(bundle, case):
    source = case.directory_for("source/sub").parent
    sandbox.mount("inner", str(source / "sub"), "tmpfs")
    try:
        (source / "sub/file").write_text("inner")
        assert bundle.mount("/data", source, "rbind").run("cat", "/data/sub/file").succeeds().out == "inner"
        bundle.mounts[-1]["options"] = ["bind"]
        bundle.run("cat", "/data/sub/file").fails()
    finally:
        sandbox.unmount(str(source / "sub"))


def test_bind_read_only_leaves_submounts_writable_without_rro(bundle, case):
    source = case.directory_for("source/sub").parent
    sandbox.mount("inner", str(source / "sub"), "tmpfs")
    try:
        result = bundle.mount("/data", source, "rbind", "ro").run("sh", "-c", "touch /data/sub/x && ! touch /data/x")
        result.succeeds()
    finally:
        sandbox.unmount(str(source / "sub"))


def test_bind_recursively_read_only(bundle, case):
    source = case.directory_for("source/sub").parent
    sandbox.mount("inner", str(source / "sub"), "tmpfs")
    try:
        bundle.mount("/data", source, "rbind", "rro").run(
            "sh", "-c", "! touch /data/sub/x && ! touch /data/x").succeeds()
    finally:
        sandbox.unmount(str(source / "sub"))


def test_bind_by_type_alone(bundle, case):
    """The specification lets options decide; callers have long written only the type."""
    source = case.directory_for("source", {"file": "text"})
    bundle.mounts.append({"destination": "/data", "source": str(source), "type": "bind", "options": ["bind"]})
    assert bundle.run("cat", "/data/file").succeeds().out == "text"


def test_bind_without_a_type(bundle, case):
    source = case.directory_for("source", {"file": "text"})
    bundle.mounts.append({"destination": "/data", "source": str(source), "options": ["rbind"]})
    assert bundle.run("cat", "/data/file").succeeds().out == "text"


def test_bind_source_relative_to_the_bundle(bundle):
    (bundle.directory / "beside").mkdir()
    (bundle.directory / "beside/file").write_text("text")
    assert bundle.bind("/data", "beside").run("cat", "/data/file").succeeds().out == "text"


def test_bind_source_through_a_symlink(bundle, case):
    source = case.directory_for("source", {"file": "text"})
    case.path("link").symlink_to(source)
    assert bundle.bind("/data", case.path("link")).run("cat", "/data/file").succeeds().out == "text"


def test_bind_makes_the_target_and_its_parents(bundle, case):
    source = case.directory_for("source", {"file": "text"})
    assert bundle.writable().bind("/a/b/c", source).run("cat", "/a/b/c/file").succeeds().out == "text"


def test_bind_makes_a_file_as_target(bundle, case):
    source = case.directory_for("source", {"file": "text"})
    assert bundle.writable().bind("/a/b/c", source / "file").run("cat", "/a/b/c").succeeds().out == "text"


def test_bind_source_missing(bundle, case):
    bundle.bind("/data", case.path("absent")).run("true").fails("absent", "no such file")


def test_bind_file_onto_a_directory(bundle):
    bundle.bind("/etc", "/etc/passwd").run("true").fails("not a directory|/etc")


def test_bind_directory_onto_a_file(bundle, case):
    bundle.bind("/etc/passwd", case.directory_for("source")).run("true").fails("not a directory|is a|/etc/passwd")


@pytest.mark.parametrize("target", ["../../../../../../tmp/scratch/escape", "/tmp/scratch/escape"])
def test_target_through_a_symlink_stays_inside(bundle, case, target):
    source = case.directory_for("source", {"file": "text"})
    (bundle.rootfs / "link").symlink_to(target)
    (bundle.rootfs / "tmp/scratch/escape").mkdir(parents=True)
    assert bundle.bind("/link", source).run("cat", "/tmp/scratch/escape/file").succeeds().out == "text"
    assert not os.path.exists("/tmp/scratch/escape")


@pytest.mark.parametrize("target", ["../../../../../../tmp/scratch/escape", "/tmp/scratch/escape"])
@pytest.mark.differs(crun="refuses a link that dangles")
def test_target_through_a_dangling_symlink_is_made_inside(bundle, case, target):
    source = case.directory_for("source", {"file": "text"})
    (bundle.rootfs / "link").symlink_to(target)
    result = bundle.writable().bind("/link", source).run("cat", "/tmp/scratch/escape/file")
    assert not os.path.exists("/tmp/scratch/escape")
    assert result.succeeds().out == "text" and (bundle.rootfs / "tmp/scratch/escape").is_dir()


def test_target_with_dots_stays_inside(bundle, case):
    source = case.directory_for("source", {"file": "text"})
    bundle.writable().bind("/etc/../../../tmp/scratch/escape", source).run("cat", "/tmp/scratch/escape/file").succeeds()
    assert not os.path.exists("/tmp/scratch/escape")


def test_target_relative_is_taken_from_the_root(bundle, case):
    """Deprecated by the specification, and still written by callers."""
    source = case.directory_for("source", {"file": "text"})
    assert bundle.bind("data", source).run("cat", "/data/file").succeeds().out == "text"


def test_target_is_the_root_itself(bundle, case):
    bundle.bind("/", case.directory_for("source")).run("true").fails()


def test_mounts_come_in_the_order_listed(bundle, case):
    first = case.directory_for("first", {"file": "first"})
    second = case.directory_for("second", {"file": "second"})
    bundle.bind("/data", first).bind("/data", second)
    assert bundle.run("cat", "/data/file").succeeds().out == "second"


def test_mount_below_a_mount(bundle, case):
    (case.directory_for("outer") / "in").mkdir()
    inner = case.directory_for("inner", {"file": "text"})
    bundle.bind("/data", case.path("outer")).bind("/data/in", inner)
    assert bundle.run("cat", "/data/in/file").succeeds().out == "text"


def test_tmpfs(bundle):
    bundle.mount("/scratch", "tmpfs", "size=1m", "mode=1777", kind="tmpfs")
    result = bundle.sh("stat -c %a /scratch; dd if=/dev/zero of=/scratch/x bs=1k count=2000 2>&1 | tail -1; "
                       "stat -c %s /scratch/x")
    assert result.lines[0] == "1777" and result.lines[-1] == str(1 << 20)


def test_tmpfs_owner_and_inodes(bundle):
    bundle.mount("/scratch", "tmpfs", "uid=1000", "gid=2000", "mode=0700", "nr_inodes=3", kind="tmpfs")
    result = bundle.sh("stat -c '%u %g %a' /scratch; touch /scratch/a /scratch/b; touch /scratch/c || echo full")
    assert result.lines == ["1000 2000 700", "full"]


def test_tmpfs_without_options(bundle):
    bundle.mounts.append({"destination": "/scratch", "source": "tmpfs", "type": "tmpfs"})
    bundle.run("touch", "/scratch/x").succeeds()


def test_tmpfs_read_only(bundle):
    bundle.mount("/scratch", "tmpfs", "ro", kind="tmpfs").run("touch", "/scratch/x").fails("read-only")


def test_tmpfs_takes_the_mode_of_the_directory_it_covers(bundle):
    bundle.mount("/tmp", "tmpfs", "nosuid", kind="tmpfs")
    assert bundle.run("stat", "-c", "%a", "/tmp").succeeds().out == "1777\n"


def test_tmpcopyup(bundle):
    (bundle.rootfs / "seed/deep").mkdir(parents=True)
    (bundle.rootfs / "seed/deep/file").write_text("seeded")
    (bundle.rootfs / "seed/link").symlink_to("deep/file")
    bundle.mount("/seed", "tmpfs", "tmpcopyup", kind="tmpfs")
    assert bundle.sh("cat /seed/link; touch /seed/new").out == "seeded"
    assert not (bundle.rootfs / "seed/new").exists()


def test_proc_is_the_containers(bundle):
    assert bundle.run("cat", "/proc/1/comm").succeeds().out == "cat\n"


def test_sysfs_shows_only_the_containers_interfaces(bundle):
    assert bundle.run("ls", "/sys/class/net").succeeds().lines == ["lo"]


def test_overlay(bundle, case):
    lower, upper, work = (case.directory_for(name) for name in ("lower", "upper", "work"))
    (lower / "file").write_text("low")
    bundle.mount("/merged", "overlay", f"lowerdir={lower}", f"upperdir={upper}", f"workdir={work}", kind="overlay")
    assert bundle.sh("cat /merged/file; echo new >/merged/made").out == "low"
    assert (upper / "made").exists()


def test_no_mounts_at_all(bundle):
    bundle.spec["mounts"] = []
    bundle.linux["maskedPaths"] = bundle.linux["readonlyPaths"] = []
    result = bundle.run("/bin/ls", "/proc")
    assert result.status in (0, 1)  # A runtime may need /proc; it must say so then, and leave nothing.


def test_mount_source_with_unusual_characters(bundle, case):
    source = case.directory_for("a b\tc,d\\e ü", {"file": "text"})
    assert bundle.bind("/with space", source).run("cat", "/with space/file").succeeds().out == "text"


def test_hundred_mounts(bundle, case):
    source = case.directory_for("source", {"file": "x"})
    for number in range(100):
        bundle.bind(f"/m/{number}", source, "ro")
    assert bundle.writable().sh("cat /m/*/file | wc -c").out == "100\n"


@pytest.mark.roost
@TMPFS_MAPS_IDS
def test_bind_with_mapped_ids(bundle, case):
    """What the container's root owns in the mount belongs to somebody else on the host."""
    source = case.directory_for("source", {"file": "text"})
    for path in (source, source / "file"):
        os.chown(path, 5000, 5000)
    # What the file system stores as 5000 is shown as 0, and the other way round.
    bundle.mounts.append({"destination": "/data", "source": str(source), "type": "bind", "options": ["bind", "idmap"],
                          "uidMappings": [{"containerID": 5000, "hostID": 0, "size": 1}],
                          "gidMappings": [{"containerID": 5000, "hostID": 0, "size": 1}]})
    assert bundle.sh("stat -c '%u %g' /data/file; touch /data/made").out == "0 0\n"
    assert os.stat(source / "made").st_uid == 5000


@pytest.mark.roost
def test_tmpfs_with_mapped_ids(bundle):
    """A file system other than a bind mount (tmpfs: Linux 6.3)."""
    bundle.mounts.append({"destination": "/data", "source": "tmpfs", "type": "tmpfs", "options": ["idmap"],
                          "uidMappings": [{"containerID": 0, "hostID": 7000, "size": 10}],
                          "gidMappings": [{"containerID": 0, "hostID": 7000, "size": 10}]})
    if kernel() < (6, 3):
        bundle.run("true").fails("idmap", "Linux 6.3", r"/mounts/\d+")
        return
    # The root of the tmpfs belongs to 0 in the file system, which the mount shows as 7000.
    assert bundle.run("stat", "-c", "%u:%g", "/data").succeeds().out == "7000:7000\n"


@pytest.mark.roost
def test_overlay_with_mapped_ids_is_the_kernels_to_refuse(bundle, case):
    """Layers can be idmapped, the overlay itself cannot: the error is the kernel's, at the mount's place."""
    lower, upper, work = (case.directory_for(name) for name in ("lower", "upper", "work"))
    bundle.mounts.append({"destination": "/data", "source": "overlay", "type": "overlay",
                          "options": [f"lowerdir={lower}", f"upperdir={upper}", f"workdir={work}", "idmap"],
                          "uidMappings": [{"containerID": 0, "hostID": 7000, "size": 10}],
                          "gidMappings": [{"containerID": 0, "hostID": 7000, "size": 10}]})
    result = bundle.run("stat", "-c", "%u", "/data")
    if result.status == 0:
        assert result.out == "7000\n"
    else:
        result.fails("mount_setattr", r"/mounts/\d+")


@pytest.mark.roost
@TMPFS_MAPS_IDS
def test_bind_with_all_ids_below_mapped(bundle, case):
    source = case.directory_for("source", {"file": "text"})
    inner = source / "inner"
    inner.mkdir()
    os.chown(source / "file", 5000, 5000)
    bundle.mounts.append({"destination": "/data", "source": str(source), "type": "bind", "options": ["rbind", "ridmap"],
                          "uidMappings": [{"containerID": 5000, "hostID": 0, "size": 1}],
                          "gidMappings": [{"containerID": 5000, "hostID": 0, "size": 1}]})
    assert bundle.run("stat", "-c", "%u", "/data/file").succeeds().out == "0\n"


@pytest.mark.roost
@pytest.mark.parametrize("option", ["src-nofollow", "copy-symlink"])
def test_bind_of_a_link_itself(bundle, case, option):
    """podman passes copy-symlink for files such as /etc/localtime."""
    source = case.directory_for("source", {"file": "text"})
    (source / "link").symlink_to("/etc/passwd")
    bundle.writable().mount("/data/link", source / "link", "bind", option)
    assert bundle.run("readlink", "/data/link").succeeds().out == "/etc/passwd\n"


@pytest.mark.roost
def test_bind_onto_a_link_itself(bundle, case):
    source = case.directory_for("source", {"file": "text"})
    (bundle.rootfs / "etc/link").symlink_to("passwd")
    bundle.mount("/etc/link", source / "file", "bind", "dest-nofollow")
    shown = bundle.run("sh", "-c", "cat /etc/link; head -c 5 /etc/passwd").succeeds()
    assert shown.out == "textroot:"


@pytest.mark.roost
def test_link_itself_can_be_covered_only_by_a_bind(bundle):
    bundle.mount("/data", "tmpfs", "dest-nofollow", kind="tmpfs")
    bundle.run("true").fails("/mounts/7/options", "dest-nofollow")


@pytest.mark.roost
@pytest.mark.parametrize("recursive", [True, False])
def test_bind_of_what_an_earlier_entry_has_mounted(bundle, case, recursive):
    """By its path on the host, below the root; the destination may be told in the same way, as with runc since 1.2."""
    outer, inner = case.directory_for("outer", {"file": "outer"}), case.directory_for("inner", {"file": "inner"})
    (outer / "below").mkdir()
    bundle.mount("/mnt", outer, "bind").mount("/mnt/below", inner, "bind")
    bundle.mount(f"{bundle.rootfs}/final", bundle.rootfs / "mnt", "rbind" if recursive else "bind")
    shown = bundle.run("sh", "-c", "cat /final/file; ls /final/below").succeeds().out
    assert shown == ("outerfile\n" if recursive else "outer")


@pytest.mark.roost
def test_source_that_leads_out_of_the_root_by_a_link(bundle, case):
    """A link that an earlier entry brings along is followed inside the root, as everything there is."""
    outer = case.directory_for("outer")
    secret = case.directory_for("secret", {"file": "secret"})
    (outer / "link").symlink_to(secret)
    bundle.mount("/mnt", outer, "bind").mount("/final", bundle.rootfs / "mnt/link", "bind")
    bundle.run("cat", "/final/file").fails("no such file", "/mounts/8")


def shown_owners(bundle, *paths):
    return bundle.run("stat", "-c", "%u", *paths).succeeds().out.split()


@pytest.mark.roost
@TMPFS_MAPS_IDS
@pytest.mark.parametrize("recursive", ["idmap", "ridmap"])
@pytest.mark.parametrize("hooks", [False, True])
def test_mapped_ids_of_what_an_earlier_entry_has_mounted(case, recursive, hooks):
    """In a user namespace, whose root has no rights over the host's file systems: the runtime lends its own, for this alone."""
    bundle = case.bundle().user_namespace()
    outer, inner = case.directory_for("outer", {"file": ""}), case.directory_for("inner", {"file": ""})
    (outer / "below").mkdir()
    for path in (outer / "file", inner / "file"):
        os.chown(path, 5000, 5000)
    host = bundle.linux["uidMappings"][0]["hostID"]
    maps = [{"containerID": 5000, "hostID": host, "size": 1}]
    bundle.mount("/mnt", outer, "bind").mount("/mnt/below", inner, "bind")
    for place, source in (("/final", "mnt"), ("/again", "mnt/below")):
        bundle.mounts.append({"destination": place, "source": str(bundle.rootfs / source), "type": "bind",
                              "options": ["rbind", recursive], "uidMappings": maps, "gidMappings": maps})
    if hooks:
        bundle.hook("createRuntime", "/bin/true").hook("createContainer", "/bin/true")
    below = "0" if recursive == "ridmap" else "65534"
    assert shown_owners(bundle, "/mnt/file", "/mnt/below/file", "/final/file", "/final/below/file", "/again/file") \
        == ["65534", "65534", "0", below, "0"]
    container = bundle.sleeper()
    assert container.exec("stat", "-c", "%u", "/final/file").succeeds().out == "0\n"
    container.stop()


@pytest.mark.roost
@TMPFS_MAPS_IDS
def test_links_do_not_direct_mapped_ids_elsewhere(case):
    """What an image's link points to is not what the configuration maps ids for."""
    bundle = case.bundle().user_namespace()
    secret, outer = case.directory_for("secret", {"file": ""}), case.directory_for("outer")
    (outer / "link").symlink_to("/secret")
    maps = [{"containerID": 0, "hostID": bundle.linux["uidMappings"][0]["hostID"], "size": 1}]
    bundle.mount("/secret", secret, "bind").mount("/mnt", outer, "bind")
    bundle.mounts.append({"destination": "/final", "source": str(bundle.rootfs / "mnt/link"), "type": "bind",
                          "options": ["bind", "idmap"], "uidMappings": maps, "gidMappings": maps})
    bundle.run("true").fails("symbolic links", r"/mounts/\d+")


@pytest.mark.roost
def test_mount_label_where_the_kernel_has_no_selinux(bundle):
    if os.path.exists("/sys/fs/selinux/enforce"):
        pytest.skip("SELinux is enabled")
    bundle.linux["mountLabel"] = "system_u:object_r:svirt_sandbox_file_t:s0:c715,c811"
    bundle.run("true").fails("SELinux is not enabled", "/linux/mountLabel")


@pytest.mark.roost
@TMPFS_MAPS_IDS
def test_idmap_without_mappings(bundle, case):
    """The container's user namespace is taken; without one there is nothing to take."""
    source = case.directory_for("source", {"file": "text"})
    bundle.mount("/data", source, "bind", "idmap")
    bundle.run("true").fails("idmap needs uidMappings and gidMappings", r"/mounts/\d+/options")
    mapped = case.bundle().user_namespace()
    mapped.mount("/data", source, "bind", "idmap")
    assert mapped.run("stat", "-c", "%u", "/data/file").succeeds().out == "0\n"


@pytest.mark.roost
def test_idmap_of_what_is_mounted_already(bundle):
    bundle.mounts.append({"destination": "/dev/shm", "type": "bind", "source": "x", "options": ["remount", "idmap"],
                          "uidMappings": [{"containerID": 0, "hostID": 7000, "size": 10}],
                          "gidMappings": [{"containerID": 0, "hostID": 7000, "size": 10}]})
    bundle.run("true").fails("cannot be idmapped", r"/mounts/\d+/options")
