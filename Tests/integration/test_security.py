# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Attacks by an image, a configuration or a container that have succeeded against some runtime."""
import ctypes
import hashlib
import os
import threading
from pathlib import Path

import pytest

from harness import sandbox
from harness.case import alive, eventually
from harness.terminal import Lent

LIBC = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def victim(case):
    """A directory of the host with a file; whatever happens, both must stay as they are."""
    directory = case.directory_for("victim", {"file": "precious"})
    yield directory
    assert sorted(os.listdir(directory)) == ["file"]
    assert (directory / "file").read_text() == "precious"


def inside_only(result):
    """The payload did not run, or it ran with a working directory inside its root."""
    if result.status == 0:
        assert "outside" not in result.out and "unreachable" not in result.out, result
        assert "error" not in result.out, result


SEARCH = "probe getcwd; test -e etc/debian_version && echo outside; true"


LEAKED = pytest.param(9, marks=pytest.mark.differs(crun="1.8.1 lets cwd be a descriptor of the caller"))


@pytest.mark.parametrize("number", [3, 4, 5, 6, 7, 8, LEAKED, 10, 11, 23])
def test_cwd_through_a_leaked_descriptor(bundle, number):
    """CVE-2024-21626: the caller left a directory of the host open."""
    bundle.process["cwd"] = f"/proc/self/fd/{number}"
    host = os.open("/", os.O_RDONLY)
    try:
        inside_only(bundle.run("sh", "-c", SEARCH, descriptors={9: host}))
    finally:
        os.close(host)


@pytest.mark.parametrize("number", [3, 4, 5, 6, 7, 8, LEAKED, 10, 11])
def test_cwd_of_exec_through_a_leaked_descriptor(bundle, number):
    container = bundle.sleeper()
    host = os.open("/", os.O_RDONLY)
    try:
        inside_only(container.exec("sh", "-c", SEARCH, flags=("--cwd", f"/proc/self/fd/{number}"),
                                   descriptors={9: host}))
    finally:
        os.close(host)


@pytest.mark.parametrize("name", ["proc", "sys"])
def test_pseudo_file_system_on_a_symlink(bundle, name, victim):
    """CVE-2019-19921, CVE-2023-27561: /proc of the image points elsewhere."""
    (bundle.rootfs / name).rmdir()
    (bundle.rootfs / "elsewhere").mkdir()
    (bundle.rootfs / name).symlink_to("/elsewhere")
    bundle.run("true").fails()


@pytest.mark.parametrize("target", ["absolute", "relative"])
@pytest.mark.parametrize("mounted", [True, False], ids=["tmpfs on /dev", "no mount on /dev"])
@pytest.mark.roost
def test_dev_is_a_symlink_out_of_the_root(bundle, victim, target, mounted):
    """CVE-2026-41579, CVE-2026-47766: nodes and links are made in a directory of the host."""
    (bundle.rootfs / "dev").rmdir()
    (bundle.rootfs / "dev").symlink_to(victim if target == "absolute" else "../../victim")
    if not mounted:
        for point in ("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"):
            bundle.without_mount(point)
    bundle.writable().run("true")


@pytest.mark.roost
def test_dev_null_of_the_image_is_a_link(bundle):
    """CVE-2025-31133: the mask would be a file of the image's choice, and standard streams too."""
    for point in ("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"):
        bundle.without_mount(point)
    bundle.linux["maskedPaths"] = ["/etc/passwd"]
    (bundle.rootfs / "dev/null").symlink_to("/etc/group")
    result = bundle.run("sh", "-c", "cat /etc/passwd; probe fstat 0; probe fstat 2")
    assert "extra" not in result.out
    if result.status == 0:
        assert [line.split()[0] for line in result.lines] == ["fifo", "fifo"], result


def test_tmpfs_in_proc(bundle):
    """A file system inside /proc can play the files to which labels and limits are written."""
    bundle.mount("/proc/self/attr", "tmpfs", kind="tmpfs")
    result = bundle.run("true")
    if bundle.case.runtime.name == "roost":
        result.fails("/mounts/7")
    else:
        assert result.status >= 0


@pytest.mark.differs(crun="1.8.1 takes it")
def test_bind_over_proc(bundle, case):
    bundle.bind("/proc", case.directory_for("false-proc")).run("true").fails("/proc")


def test_bind_of_one_harmless_file_in_proc(bundle, case):
    """What lxcfs does."""
    source = case.directory_for("source", {"cpuinfo": "one\n"})
    assert bundle.bind("/proc/cpuinfo", source / "cpuinfo").run("cat", "/proc/cpuinfo").succeeds().out == "one\n"


@pytest.mark.roost
@pytest.mark.parametrize("point", ["/proc/sys/kernel/core_pattern", "/proc/self/attr/exec", "/proc/self/environ",
                                   "/proc/1/ns", "/proc/sysrq-trigger", "/proc/../proc/sys", "/sys/../proc/irq"])
def test_bind_into_proc(bundle, case, point):
    source = case.directory_for("source", {"file": ""})
    bundle.bind(point, source / "file").run("true").fails("/mounts/7")


@pytest.mark.parametrize("path", ["/dev/../../../../../../../tmp/scratch/node", "/../../../../tmp/scratch/node",
                                  pytest.param("../../../../../../tmp/scratch/node", marks=pytest.mark.differs(
                                      crun="1.8.1 makes the node on the host"))])
def test_device_path_with_dots(bundle, path):
    bundle.writable().linux["devices"] = [{"path": path, "type": "c", "major": 1, "minor": 3}]
    bundle.run("true")
    assert not os.path.lexists("/tmp/scratch/node")


def test_device_path_through_a_symlink(bundle, victim):
    (bundle.rootfs / "out").symlink_to(victim)
    bundle.writable().linux["devices"] = [{"path": "/out/node", "type": "c", "major": 1, "minor": 3}]
    bundle.run("true")


@pytest.mark.parametrize("path", ["/../../../../{0}", "../../../../{0}", "/a/../../../{0}"])
def test_cgroups_path_with_dots(bundle, case, path):
    bundle.linux["cgroupsPath"] = path.format(case.word + "-x")
    bundle.run("true")
    assert not [name for top in ("/sys/fs", "/sys/fs/cgroup") for name in os.listdir(top) if case.word in name]
    for directory in sandbox.cgroups_named(case.word):
        os.rmdir(directory)


@pytest.mark.parametrize("key", ["net/../vm/swappiness", "net..vm.swappiness", "../vm/swappiness", "vm.swappiness",
                                 "kernel.core_pattern", "net.ipv4/../../vm/swappiness"])
def test_sysctl_of_the_machine(bundle, key):
    before = Path("/proc/sys/vm/swappiness").read_text(), Path("/proc/sys/kernel/core_pattern").read_text()
    bundle.linux["sysctl"] = {key: "61"}
    bundle.run("true").fails()
    assert before == (Path("/proc/sys/vm/swappiness").read_text(), Path("/proc/sys/kernel/core_pattern").read_text())


def test_sysctl_of_a_namespace(bundle):
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4096"}
    result = bundle.run("cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/msgmax")
    assert result.succeeds().lines == ["1", "4096"]


@pytest.mark.roost
@pytest.mark.parametrize("name", ["net.ipv4.ip_forward", "kernel.domainname"])
def test_sysctl_value_with_control_characters(bundle, name):
    bundle.linux["sysctl"] = {name: "1\nkernel.core_pattern=x"}
    bundle.run("true").fails("/linux/sysctl")


def test_supplementary_groups_of_the_caller_do_not_stay(bundle):
    assert bundle.run("probe", "ids", extra_groups=[4, 27]).succeeds().lines[2] == ""


def test_supplementary_groups_of_the_caller_do_not_stay_with_exec(bundle):
    container = bundle.sleeper()
    assert container.exec("probe", "ids", extra_groups=[4, 27]).succeeds().lines[2] == ""


def test_numeric_user_is_never_a_name(bundle):
    """CVE-2016-3697: a line of the image's passwd whose name is a number."""
    (bundle.rootfs / "etc/passwd").write_text("1000:x:0:0::/:/bin/sh\nroot:x:0:0::/:/bin/sh\n")
    container = bundle.sleeper()
    assert container.exec("id", "-u", flags=("--user", "1000")).succeeds().out == "1000\n"


def digest(path):
    return hashlib.sha256(Path(path).resolve().read_bytes()).hexdigest()


@pytest.mark.parametrize("capabilities", [(), ("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE")], ids=["default", "ptrace"])
def test_a_spy_in_the_container_gets_nothing_of_exec(bundle, capabilities):
    """CVE-2019-5736, CVE-2016-9962: program, environment and files of the runtime while it enters."""
    runtime = bundle.case.runtime
    before = digest(runtime.path)
    bundle.capabilities(*capabilities)
    container = bundle.start("probe", "spy")
    eventually(lambda: "watching" in container.out, "the spy is ready")
    for _ in range(int(os.environ.get("ROOST_SPIED", "25"))):
        container.exec("probe", "true", env={"SECRET": "1"}).succeeds()
    container.kill("TERM").succeeds()
    container.wait()
    assert digest(runtime.path) == before
    if runtime.name == "roost" or not capabilities:
        assert "exe-writable" not in container.out, container.out
    if not capabilities:
        assert container.out == "watching\ndone\n"


@pytest.mark.parametrize("how", ["run", "exec"])
def test_executing_the_runtime_itself(bundle, how):
    """/proc/self/exe as the program, which in the runtime's last moments is the runtime."""
    before = digest(bundle.case.runtime.path)
    if how == "run":
        bundle.run("/proc/self/exe", "--version")
    else:
        bundle.sleeper().exec("/proc/self/exe", "--version")
    assert digest(bundle.case.runtime.path) == before


def test_created_process_cannot_be_read_by_a_neighbour(bundle, case):
    """A second container in the same PID namespace looks at an init that waits for start."""
    first = bundle.create("true", env={"SECRET": "1"})
    second = case.bundle().namespace("pid", f"/proc/{first.pid}/ns/pid").capabilities()
    result = second.run("sh", "-c", "cat /proc/1/environ; ls -l /proc/1/fd; readlink /proc/1/exe; true").succeeds()
    assert "SECRET" not in result.out and " -> " not in result.out and "/proc" not in result.out, result


def test_root_cannot_be_left_by_a_second_chroot(bundle):
    bundle.writable().capabilities("CAP_SYS_CHROOT")
    assert bundle.run("probe", "escape", "etc/debian_version").succeeds().out == "confined\n"


def test_names_that_a_runtime_may_write_are_links(bundle, victim):
    """CVE-2019-18837: nothing is written into the image by its path."""
    for name in ("etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab", ".dockerenv", "run/.containerenv"):
        link = bundle.rootfs / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(victim / "file")
    bundle.writable().run("true").succeeds()


@pytest.mark.parametrize("name", ["console", "pts/0", "ptmx"])
def test_terminal_on_links_of_the_image(bundle, case, victim, name):
    """CVE-2025-52565: the console is bound to a path of the image."""
    for point in ("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"):
        if name != "console" or point == "/dev":
            bundle.without_mount(point)
    link = bundle.rootfs / "dev" / name
    link.parent.mkdir(exist_ok=True)
    for directory in ("pts", "shm", "mqueue"):
        (bundle.rootfs / "dev" / directory).mkdir(exist_ok=True)
    link.symlink_to(os.path.relpath(victim / "file", link.parent))
    bundle.writable().process["terminal"] = True
    bundle.args("sh", "-c", "echo scribble >/dev/console; true").save()
    with Lent(case, "run", "--bundle", bundle.directory, case.new_id()) as lent:
        lent.finish()


@pytest.mark.parametrize("name", ["cgroup.procs", "release_agent", "notify_on_release", "devices.allow"])
def test_cgroup_files_cannot_be_written(bundle, name):
    bundle.run("sh", "-c", f"for f in /sys/fs/cgroup/*/{name}; do echo 1 >$f || exit 1; done").fails()


def test_host_files_cannot_be_written_through_proc(bundle):
    for path in ("/proc/sys/vm/swappiness", "/proc/sys/kernel/hostname", "/proc/irq/default_smp_affinity"):
        bundle.run("sh", "-c", f"echo 1 >{path}").fails("read-only")


@pytest.mark.roost
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o707])
def test_state_root_that_others_may_write_is_refused(bundle, case, mode):
    case.root.mkdir()
    case.root.chmod(mode)
    bundle.run("true").fails(str(case.root), "mode|writable|permission")
    case.root.rmdir()


@pytest.mark.roost
def test_state_root_of_somebody_else_is_refused(bundle, case):
    case.root.mkdir(mode=0o700)
    os.chown(case.root, 1000, 1000)
    bundle.run("true").fails(str(case.root), "own")
    case.root.rmdir()


@pytest.mark.roost
def test_state_directory_replaced_by_a_link(bundle, case, victim):
    case.root.mkdir(mode=0o700)
    identifier = case.new_id()
    (case.root / identifier).symlink_to(victim)
    bundle.try_create("true", identifier=identifier)[0].fails()
    case("delete", "--force", identifier)
    if (case.root / identifier).is_symlink():
        (case.root / identifier).unlink()


@pytest.mark.roost
def test_mount_target_swapped_during_create(bundle, case, victim):
    """CVE-2021-30465, CVE-2024-45310: a directory of the root becomes a link to the host meanwhile."""
    source = case.directory_for("source")
    place, link = bundle.rootfs / "swap", bundle.rootfs / "link"
    place.mkdir()
    link.symlink_to(victim)
    stop, swaps = threading.Event(), []

    def swap():
        while not stop.is_set():
            exchange(place, link)
            swaps.append(1)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        bundle.writable().bind("/swap/a/b", source)
        for _ in range(int(os.environ.get("ROOST_RACES", "60"))):
            bundle.run("true")
    finally:
        stop.set()
        swapper.join()
    assert len(swaps) > 60


def exchange(one, other):
    """renameat2(2) with RENAME_EXCHANGE: both names exist at every instant."""
    here = -100  # AT_FDCWD
    if LIBC.renameat2(here, os.fsencode(one), here, os.fsencode(other), 2) != 0:
        raise OSError(ctypes.get_errno(), f"exchange of {one} and {other}")


def test_pid_of_a_dead_init_in_other_hands(bundle):
    """Another process that got init's pid is neither shown, signalled nor killed."""
    container = bundle.sleeper()
    pid = container.pid
    os.kill(pid, 9)
    container.wait()
    stranger = with_pid(pid)
    try:
        assert container.state()["status"] == "stopped"
        container.kill("KILL").fails()
        container.exec("true").fails()
        container.delete("--force").succeeds()
        assert alive(pid)
    finally:
        os.kill(stranger, 9)
        os.waitpid(stranger, 0)


def with_pid(pid):
    """Forks until a child has this pid. The counter belongs to the sandbox's own PID namespace."""
    for _ in range(100):
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1))
        child = os.fork()
        if child == 0:
            os.execvp("sleep", ["sleep", "1000"])
        if child == pid:
            return child
        os.kill(child, 9)
        os.waitpid(child, 0)
    pytest.skip("the pid could not be had again")
