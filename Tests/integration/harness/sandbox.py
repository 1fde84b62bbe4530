# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Mount, PID and network namespaces of the suite's own, so that whatever a runtime leaks is seen and dies with it.

`enter()` replaces the pytest process by `unshare … sandbox.py <the same pytest command>`. Run as a program, this file
is PID 1 of that namespace: it hides /tmp, /run and /dev behind file systems of its own, starts pytest, reaps every
orphan and finally takes down what is left. Cgroups alone are shared with the machine, therefore every container id
starts with a word that only this session uses.
"""
import contextlib
import ctypes
import errno
import fcntl
import os
import secrets
import signal
import socket
import stat
import struct
import sys
import time

SESSION_VARIABLE = "ROOST_TEST_SESSION"
NETWORK_VARIABLE = "ROOST_TEST_MACHINE_NETWORK"
CGROUP_ROOT = "/sys/fs/cgroup"
PRIVATE_V1 = "/tmp/cgroup-v1"

CLONE_NEWNET = 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC = 0x1, 0x2, 0x4, 0x8, 0x20, 0x1000, 0x4000

_libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, flags=0, data=None):
    """mount(2); raises OSError."""
    encoded = [None if s is None else s.encode() for s in (source, target, kind, data)]
    if _libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3]) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount {kind or source}: {os.strerror(number)}", target)


def unmount(target):
    """umount2(2) with MNT_DETACH; False when there was nothing to unmount."""
    return _libc.umount2(target.encode(), 2) == 0


@contextlib.contextmanager
def machine_network():
    """For a while this thread, and what it starts, is in the machine's own network: for mirrors, never for changes."""
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        _setns(int(os.environ[NETWORK_VARIABLE]))
        yield
    finally:
        _setns(own)
        os.close(own)


def _setns(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def session():
    """The word with which every container id of this session starts, or None outside the sandbox."""
    return os.environ.get(SESSION_VARIABLE) if os.getppid() == 1 else None


def enter(keep, whole_machine=False):
    """Replaces this process by the sandboxed repetition of its own command line. Never returns.

    keep: directories that must stay visible even when they lie below /tmp or /run.
    whole_machine: with a host name and a /sys/fs/cgroup of its own, for engines that change both.
    """
    environment = dict(os.environ, **{SESSION_VARIABLE: "it" + secrets.token_hex(3)})
    # Whoever needs the world outside gets there with this: see machine_network().
    machine = os.open("/proc/self/ns/net", os.O_RDONLY)
    os.set_inheritable(machine, True)
    environment[NETWORK_VARIABLE] = str(machine)
    kept = [part for path in keep for part in ("--keep", path)]
    more, marks = (["--uts", "--ipc"], ["--whole-machine"]) if whole_machine else ([], [])
    os.execvpe(
        "unshare",
        ["unshare", *more, "--net", "--mount", "--pid", "--fork", "--kill-child=TERM", "--mount-proc", "--propagation", "private", "--",
         sys.executable, os.path.abspath(__file__), *marks, *kept, "--", *sys.orig_argv],
        environment)


def _private_dev():
    """A /dev of our own: a runtime that changes the owner of /dev/null must not hurt the machine."""
    nodes = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9),
             "tty": (5, 0), "kmsg": (1, 11)}
    mount("tmpfs", "/dev", "tmpfs", MS_NOSUID, "mode=755")
    previous = os.umask(0)
    for name, (major, minor) in nodes.items():
        os.mknod(f"/dev/{name}", 0o666 | stat.S_IFCHR, os.makedev(major, minor))
    os.umask(previous)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
                         ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx")):
        os.symlink(target, f"/dev/{name}")
    for name in ("pts", "shm", "mqueue"):
        os.mkdir(f"/dev/{name}")
    # Where every user may make interfaces of programs, in network namespaces of their own.
    os.mkdir("/dev/net")
    os.mknod("/dev/net/tun", stat.S_IFCHR, os.makedev(10, 200))
    os.chmod("/dev/net/tun", 0o666)
    mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620")
    mount("shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV)


def _private_file_systems(keep):
    handles = [(path, os.open(path, os.O_PATH | os.O_DIRECTORY)) for path in keep]
    mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777,size=4g")
    mount("tmpfs", "/run", "tmpfs", MS_NOSUID, "mode=755,size=1g")
    for path, handle in handles:
        if path.startswith(("/tmp/", "/run/")):
            os.makedirs(path, exist_ok=True)
            mount(f"/proc/self/fd/{handle}", path, None, MS_BIND | MS_REC)
        os.close(handle)
    _private_dev()
    os.makedirs(PRIVATE_V1)


def _loopback_up():
    """The network namespace is new: bridges, rules and settings of tests are not the machine's."""
    name, up = b"lo", 0x1
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH22x", name, up))  # SIOCSIFFLAGS


def _private_cgroup_view():
    """Engines make directories for controllers that are not mounted, beside those that are."""
    view = "/tmp/cgroup-view"
    os.makedirs(view)
    mount("tmpfs", view, "tmpfs", 0, "mode=755")
    for name in os.listdir(CGROUP_ROOT):
        # What is no mount point, an engine has made there.
        if os.path.ismount(f"{CGROUP_ROOT}/{name}"):
            os.mkdir(f"{view}/{name}")
            mount(f"{CGROUP_ROOT}/{name}", f"{view}/{name}", None, MS_BIND)
    # containerd reads no statistics of a process that is in a hierarchy which is not mounted anywhere.
    for names in _elsewhere():
        os.mkdir(f"{view}/{names}")
        mount("none", f"{view}/{names}", "cgroup", 0, names)
    mount(view, CGROUP_ROOT, None, MS_BIND | MS_REC)


def _controllers(file):
    """The words of one of the v2 root's files; none where there is no hybrid hierarchy."""
    try:
        with open(f"{CGROUP_ROOT}/unified/{file}") as opened:
            return opened.read().split()
    except FileNotFoundError:
        return []


def _take_back(controllers):
    """Ends the delegation of controllers to the children of the v2 root, as far as nobody holds on to them."""
    for controller in controllers:
        _write(f"{CGROUP_ROOT}/unified/cgroup.subtree_control", f"-{controller}")


def _elsewhere():
    """Sets of v1 controllers whose hierarchy is not mounted below /sys/fs/cgroup: somebody has it in private."""
    with open("/proc/self/cgroup") as file:
        named = [line.split(":")[1] for line in file]
    return [names for names in named if names and "=" not in names and not os.path.ismount(f"{CGROUP_ROOT}/{names}")]


def hide_controllers_from_v2():
    """crun refuses a hybrid hierarchy while the v2 tree owns a controller. A private v1 mount takes it away.

    When another process has done so already, its hierarchy is mounted here too, so that it outlives that process.
    """
    deadline = time.monotonic() + 5
    joined = set()
    while wanted := {",".join(_controllers("cgroup.controllers")), *_elsewhere()} - joined - {""}:
        names = wanted.pop()
        _take_back(_controllers("cgroup.subtree_control"))
        target = f"{PRIVATE_V1}/{names}"
        os.makedirs(target, exist_ok=True)
        try:
            mount("none", target, "cgroup", 0, names)
            joined.add(names)
        except OSError as error:
            # Cgroups that had the controller stay in its way for a while after their removal.
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def hierarchies():
    """The directories of the mounted cgroup hierarchies, each where it was mounted last."""
    found = {}
    with open("/proc/self/mountinfo") as file:
        for line in file:
            before, after = line.split(" - ")
            if after.split()[0] in ("cgroup", "cgroup2"):
                found[before.split()[2]] = before.split()[4]
    return list(found.values())


def cgroups_named(word):
    """Every cgroup directory whose path contains the word, innermost first."""
    found = []
    for top in hierarchies():
        for directory, _, _ in os.walk(top, topdown=False):
            if word in directory[len(top):]:
                found.append(directory)
    return found


def _write(path, text):
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError:
        pass  # The cgroup went away, has no such file, or is in use: there is nothing to thaw or to take back.


def thaw(word):
    """A frozen process cannot be killed, so thaw before killing."""
    for directory in cgroups_named(word):
        if os.path.exists(f"{directory}/freezer.state"):
            _write(f"{directory}/freezer.state", "THAWED")
        if os.path.exists(f"{directory}/cgroup.freeze"):
            _write(f"{directory}/cgroup.freeze", "0")


def _reap_until(child):
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _reap_all(seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.01)
        except ChildProcessError:
            return True
    return False


def _take_down(word, delegated):
    thaw(word)
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        pass
    complete = _reap_all(10)
    for directory in cgroups_named(word):
        try:
            os.rmdir(directory)
        except OSError as error:
            complete = False
            print(f"sandbox: {directory}: {error.strerror}", file=sys.stderr)
    for directory in os.listdir(PRIVATE_V1):
        unmount(f"{PRIVATE_V1}/{directory}")
    _take_back(set(_controllers("cgroup.subtree_control")) - set(delegated))
    return complete


def main(arguments):
    keep = []
    whole_machine = arguments[0] == "--whole-machine"
    if whole_machine:
        arguments = arguments[1:]
    while arguments and arguments[0] == "--keep":
        keep.append(arguments[1])
        arguments = arguments[2:]
    command = arguments[1:]
    _private_file_systems(keep)
    _loopback_up()
    # With cgroup v2 alone there is one tree, and nothing beside it.
    if whole_machine and not os.path.exists(f"{CGROUP_ROOT}/cgroup.controllers"):
        _private_cgroup_view()
    delegated = _controllers("cgroup.subtree_control")
    child = os.fork()
    if child == 0:
        os.execvp(command[0], command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # From outside, or because the process that waits for us is gone: end the tests, then take everything down.
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(child, signal.SIGKILL))
    code = _reap_until(child)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    complete = _take_down(os.environ[SESSION_VARIABLE], delegated)
    if not complete:
        print("sandbox: processes or cgroups of this session could not be removed", file=sys.stderr)
        code = code or 1
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.stdout.flush()
    sys.exit(main(sys.argv[1:]))
