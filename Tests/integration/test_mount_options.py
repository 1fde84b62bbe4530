# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The options of a mount, as the kernel's mount table shows them, and propagation."""
import pytest

from harness import mountinfo, sandbox

OLD_CRUN = pytest.mark.differs(crun="1.8.1 does not know the option")


@pytest.mark.parametrize("option, shown", [
    ("ro", "ro"), ("rw", "rw"), ("nosuid", "nosuid"), ("nodev", "nodev"), ("noexec", "noexec"),
    ("noatime", "noatime"), ("relatime", "relatime"), ("nodiratime", "nodiratime"),
    ("strictatime", "!relatime"), ("suid", "!nosuid"), ("dev", "!nodev"), ("exec", "!noexec"),
    ("atime", "!noatime"), ("diratime", "!nodiratime"), ("norelatime", "rw"), ("nostrictatime", "relatime"),
    ("async", "rw"), ("nomand", "rw"),
    pytest.param("nosymfollow", "nosymfollow", marks=OLD_CRUN),
])
@pytest.mark.parametrize("kind", ["bind", "tmpfs"])
def test_option_of_the_mount(bundle, case, kind, option, shown):
    if kind == "bind":
        bundle.mount("/data", case.directory_for("source"), "bind", option)
    else:
        bundle.mount("/data", "tmpfs", option, kind="tmpfs")
    options = mountinfo.of(bundle)["/data"].options
    assert (shown[1:] not in options) if shown.startswith("!") else (shown in options), options


@pytest.mark.parametrize("option, shown", [("sync", "sync"), ("dirsync", "dirsync"), ("lazytime", "lazytime")])
def test_option_of_the_file_system(bundle, option, shown):
    bundle.mount("/data", "tmpfs", option, kind="tmpfs")
    mount = mountinfo.of(bundle)["/data"]
    assert shown in mount.super_options | mount.options, mount


@pytest.mark.parametrize("kind", ["bind", pytest.param("tmpfs", marks=pytest.mark.differs(
    runc="1.1.5 hands the word to the file system"))])
def test_defaults(bundle, case, kind):
    bundle.mount("/data", case.directory_for("source"), *(["bind"] if kind == "bind" else []), "defaults", kind=kind)
    assert "rw" in mountinfo.of(bundle)["/data"].options


@pytest.mark.parametrize("option", ["iversion", "noiversion", "silent", "loud", "symfollow", "nolazytime", "mand"])
@pytest.mark.roost
def test_option_without_a_visible_effect(bundle, option):
    bundle.mount("/data", "tmpfs", option, kind="tmpfs").run("true").succeeds()


@pytest.mark.parametrize("option, shown", [
    ("rro", "ro"), ("rnosuid", "nosuid"), ("rnodev", "nodev"), ("rnoexec", "noexec"), 
    ("rrelatime", "relatime"),
    *(pytest.param("r" + name, name, marks=OLD_CRUN) for name in ("noatime", "nodiratime", "nosymfollow")),
])
def test_recursive_option(bundle, case, option, shown):
    source = case.directory_for("source/sub").parent
    sandbox.mount("inner", str(source / "sub"), "tmpfs")
    try:
        table = mountinfo.of(bundle.mount("/data", source, "rbind", option))
    finally:
        sandbox.unmount(str(source / "sub"))
    assert shown in table["/data"].options and shown in table["/data/sub"].options


@pytest.mark.roost
@pytest.mark.parametrize("options", [("ro", "rw"), ("suid", "nosuid"), ("noexec", "nodev", "exec"), ("rro", "rrw"),
                                     ("symfollow", "nosymfollow"), ("dev", "nodev")])
def test_contradicting_options_are_refused(bundle, case, options):
    """runc takes the last, crun the sum: whoever wrote them meant one of the two."""
    bundle.mount("/data", case.directory_for("source"), "bind", *options)
    place = f"/mounts/{len(bundle.mounts) - 1}/options/{len(options)}"
    bundle.run("true").fails("contradicts", place)


@pytest.mark.parametrize("options", [("noatime", "relatime"), ("rro", "rw"), ("ro", "ro")])
def test_options_that_only_look_contradicting(bundle, case, options):
    bundle.mount("/data", case.directory_for("source"), "bind", *options)
    bundle.run("true").succeeds()


def test_remount(bundle, case):
    """Other attributes for what an earlier entry has mounted."""
    bundle.mount("/data", case.directory_for("source"), "bind")
    bundle.mount("/data", "none", "bind", "remount", "ro", "noexec")
    assert {"ro", "noexec"} <= mountinfo.of(bundle)["/data"].options


def test_several_options(bundle, case):
    bundle.mount("/data", case.directory_for("source"), "bind", "ro", "nosuid", "nodev", "noexec", "noatime")
    assert {"ro", "nosuid", "nodev", "noexec", "noatime"} <= mountinfo.of(bundle)["/data"].options


def test_noexec_holds(bundle, case):
    source = case.directory_for("source", {"tool": "#!/bin/sh\necho ran\n"})
    (source / "tool").chmod(0o755)
    bundle.mount("/data", source, "bind", "noexec").run("/data/tool").fails("/data/tool|permission")


def test_nodev_holds(bundle):
    bundle.mount("/data", "tmpfs", "nodev", kind="tmpfs").capabilities("CAP_MKNOD")
    bundle.resources["devices"] = [{"allow": True, "access": "rwm"}]
    bundle.run("sh", "-c", "mknod /data/null c 1 3 && echo x >/data/null").fails("permission")


def test_nosuid_holds(bundle, case):
    bundle.process["noNewPrivileges"] = False
    source = case.directory_for("source")
    (source / "busybox").write_bytes((bundle.rootfs / "bin/busybox").read_bytes())
    (source / "busybox").chmod(0o4755)
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.mount("/data", source, "bind", "nosuid")
    assert bundle.run("/data/busybox", "id", "-u").succeeds().out == "1000\n"


@pytest.mark.roost
def test_options_of_the_source_are_kept_in_a_user_namespace(bundle, case):
    """The kernel forbids to drop nosuid, nodev or noexec of a mount that another user namespace owns."""
    source = case.directory_for("source")
    sandbox.mount("inner", str(source), "tmpfs", sandbox.MS_NOSUID | sandbox.MS_NODEV | sandbox.MS_NOEXEC)
    source.chmod(0o755)
    try:
        table = mountinfo.of(bundle.user_namespace().mount("/data", source, "bind", "ro"))
    finally:
        sandbox.unmount(str(source))
    assert {"ro", "nosuid", "nodev", "noexec"} <= table["/data"].options


@pytest.fixture
def restricted(case):
    """A source on a mount that is read-only, nosuid, nodev, noexec and noatime."""
    source = case.directory_for("restricted")
    flags = sandbox.MS_NOSUID | sandbox.MS_NODEV | sandbox.MS_NOEXEC | 1024
    sandbox.mount("inner", str(source), "tmpfs")
    source.chmod(0o755)
    sandbox.mount(None, str(source), None, sandbox.MS_BIND | 0x21 | flags)  # MS_REMOUNT | MS_RDONLY
    yield source
    sandbox.unmount(str(source))


RESTRICTIONS = {"ro", "nosuid", "nodev", "noexec"}


@pytest.mark.parametrize("options, kept", [
    pytest.param((), RESTRICTIONS, marks=pytest.mark.differs(crun="1.8.1 keeps none")),
    pytest.param(("rprivate",), RESTRICTIONS, marks=pytest.mark.differs(crun="1.8.1 keeps none")),
    (("ro",), {"ro"}), (("nosuid", "nodev"), {"nosuid", "nodev"}),
    *(pytest.param((word,), set(), marks=pytest.mark.differs(runc="1.1.5 keeps all where nothing is set"))
      for word in ("dev", "rw"))])
def test_options_of_the_source_go_when_any_is_given(bundle, restricted, options, kept):
    """With none they stay; times of access stay in any case."""
    found = mountinfo.of(bundle.mount("/data", restricted, "bind", *options))["/data"].options
    assert found & RESTRICTIONS == kept and "noatime" in found


@pytest.mark.parametrize("options, kept", [
    ((), RESTRICTIONS), pytest.param(("ro",), RESTRICTIONS, marks=pytest.mark.roost),
    pytest.param(("nosuid",), RESTRICTIONS, marks=pytest.mark.differs(runc="1.1.5 fails"))])
def test_options_of_the_source_stay_in_a_user_namespace(bundle, restricted, options, kept):
    bundle.user_namespace()
    found = mountinfo.of(bundle.mount("/data", restricted, "bind", *options))["/data"].options
    assert found & RESTRICTIONS == kept


@pytest.mark.roost
def test_options_of_the_source_go_in_a_user_namespace_when_named(bundle, restricted):
    """runc refuses: it mounts with the rights of the container."""
    bundle.user_namespace()
    found = mountinfo.of(bundle.mount("/data", restricted, "bind", "rw", "exec"))["/data"].options
    assert found & RESTRICTIONS == {"nosuid", "nodev"}


def test_unknown_option_is_refused(bundle):
    bundle.mount("/data", "tmpfs", "frobnicate", kind="tmpfs").run("true").fails()


@pytest.mark.roost
def test_unknown_option_is_named_as_the_kernel_does(bundle):
    bundle.mount("/data", "tmpfs", "frobnicate", kind="tmpfs")
    bundle.run("true").fails().explains("frobnicate", "/mounts/7|/data")


@pytest.mark.parametrize("propagation, shown", [
    ("private", set()), ("rprivate", set()), ("slave", set()), ("rslave", set()),
    *(pytest.param(word, {word.removeprefix("r")}, marks=pytest.mark.differs(crun="1.8.1 leaves it private"))
      for word in ("shared", "rshared", "unbindable", "runbindable")),
])
def test_propagation_of_a_private_source(bundle, case, propagation, shown):
    bundle.mount("/data", case.directory_for("source"), "rbind", propagation)
    found = {word.split(":")[0] for word in mountinfo.of(bundle)["/data"].propagation}
    assert found == shown


@pytest.fixture
def shared(case):
    """A directory that is a shared mount of the sandbox."""
    source = case.directory_for("shared")
    sandbox.mount("shared", str(source), "tmpfs")
    sandbox.mount(None, str(source), None, 1 << 20)  # MS_SHARED
    (source / "in").mkdir()
    yield source
    sandbox.unmount(str(source))


def test_slave_receives_mounts(bundle, shared):
    bundle.linux["rootfsPropagation"] = "slave"
    container = bundle.bind("/data", shared, "rslave").sleeper()
    sandbox.mount("later", str(shared / "in"), "tmpfs")
    try:
        assert "/data/in" in mountinfo.parse(container.exec("cat", "/proc/self/mountinfo").succeeds().out)
    finally:
        sandbox.unmount(str(shared / "in"))


def test_private_receives_none(bundle, shared):
    container = bundle.bind("/data", shared, "rprivate").sleeper()
    sandbox.mount("later", str(shared / "in"), "tmpfs")
    try:
        assert "/data/in" not in mountinfo.parse(container.exec("cat", "/proc/self/mountinfo").succeeds().out)
    finally:
        sandbox.unmount(str(shared / "in"))


def test_shared_sends_mounts_to_the_host(bundle, shared):
    bundle.linux["rootfsPropagation"] = "shared"
    bundle.bind("/data", shared, "rshared").capabilities("CAP_SYS_ADMIN")
    container = bundle.sleeper()
    container.exec("mount", "-t", "tmpfs", "sent", "/data/in").succeeds()
    try:
        assert str(shared / "in") in mountinfo.parse(open("/proc/self/mountinfo").read())
    finally:
        sandbox.unmount(str(shared / "in"))


@pytest.mark.parametrize("value, shown", [("private", set()), ("rprivate", set()), ("slave", set()),
                                          ("rslave", set()), *(
    pytest.param(word, {word.removeprefix("r")}, marks=pytest.mark.differs(runc="1.1.5 leaves it private"))
    for word in ("shared", "rshared", "unbindable"))])
def test_root_propagation(bundle, value, shown):
    bundle.linux["rootfsPropagation"] = value
    found = {word.split(":")[0] for word in mountinfo.of(bundle)["/"].propagation}
    assert found - {"master"} == shown


@pytest.mark.differs(crun="1.8.1 takes it")
def test_root_propagation_unknown_is_refused(bundle):
    bundle.linux["rootfsPropagation"] = "sideways"
    bundle.run("true").fails("sideways|propagation")
