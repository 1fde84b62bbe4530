# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""S3: what chroot, unshare, mount and echo do by hand."""
import os
import re
import subprocess
import time

import pytest
from harness import cgroups, users
from harness.case import eventually

PAGE = "by-hand"
ISOLATION = "roost run --rm --network none --hostname better host:bash,cat,hostname,id,ls,stat bash -c \\\n  " \
    "'hostname; id -u; echo $$; ls /sys/class/net; stat -f -c \"%n %T\" /proc /sys /dev/shm; cat /proc/self/uid_map'"


def test_missing_program(machine, page):
    """By hand: chroot's complaint about a program that is there, whose libraries are not."""
    machine.run("mkdir -p my-new-container/bin && cp /bin/bash my-new-container/bin/ && touch my-new-container/hello.txt")
    page.check("missing", machine.transcript(
        "chroot my-new-container bash", status=127) + machine.transcript(
        "roost run --rm ./my-new-container bash", status=127), [r"roost-runtime: .*: exec"])


def test_host_programs(machine, page):
    """The closure of shared libraries, without running ldd."""
    page.check("host-programs", machine.transcript(
        "roost run --rm host:bash,ls bash -c 'ls /; ls /lib64; echo $$'"), [r"(?s)\nbin\n.*"])
    expected = {os.path.basename(path) for path in
                re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", "/bin/bash"], capture_output=True, text=True, check=True).stdout)}
    found = machine.run("roost run --rm host:bash,find find / -xdev -name '*.so*'").split()
    assert expected <= {os.path.basename(path) for path in found}


def test_isolation(machine, page):
    """All the namespaces, and proc, sysfs and tmpfs."""
    page.check("as-root", machine.transcript(ISOLATION))


def test_isolation_of_an_ordinary_user(machine, page):
    """The same without root; the container calls the user root."""
    page.check("as-user", machine.transcript(ISOLATION, user=users.UID), [r"(?m)^ +\d+ +\d+ +\d+$"])


def test_ordinary_user_is_nobody_outside(machine):
    """Root in there is the user out here: what the container's files and processes belong to."""
    session = machine.open("roost run --rm --name box host:sleep sleep 1000", user=users.UID)
    pid = machine.pid("box", user=users.UID)
    assert os.stat(f"/proc/{pid}").st_uid == users.UID
    for name in ("mnt", "uts", "ipc", "net", "pid", "user"):
        assert os.readlink(f"/proc/{pid}/ns/{name}") != os.readlink(f"/proc/self/ns/{name}"), name
    machine.run("roost rm --force box", user=users.UID)
    session.finish()


@pytest.mark.skipif(not os.environ.get("ROOST_SEEDS_SYSTEM"), reason="needs the archive of Scripts/seeds-system.sh")
def test_debootstrap(machine, page):
    """A whole Debian, as root and as an ordinary user, each with a store of its own."""
    (machine.directory / "better-root.tar").symlink_to(os.environ["ROOST_SEEDS_SYSTEM"])
    script = 'roost run --rm ./better-root.tar bash -c \'. /etc/os-release; echo $VERSION_CODENAME; id -un; dpkg --list | grep -c ^ii\''
    page.check("debootstrap", machine.transcript(script) + machine.transcript(script, user=users.UID), [r"(?m)^\d+$"])
    # With ids of its own, the system is what it is on a machine: apt(8) has a user for its work.
    owner = machine.run("roost run --rm ./better-root.tar stat -c %U:%G /etc/shadow", user=users.UID)
    assert owner == "root:shadow\n"


def test_memory_limit(machine, page):
    """A gigabyte in 512 MiB: the kernel ends the process, and roost says which."""
    page.check("memory-limit", machine.transcript(
        "roost run --rm --memory 512m --memory-swap 512m host:stress stress --vm 1 --vm-bytes 1G --timeout 60s; echo status $?"),
        # What stress says about its end depends on who learns of it first.
        [r"process \d+", r"(stress: (FAIL|WARN).*\n)+"])


def test_cpu_limit(machine, page):
    """Four processes that only calculate, in 30 % of one processor. The kernel's own account says so."""
    session = machine.open("roost run --rm --name busy --cpus 0.3 host:stress stress --cpu 4 --timeout 60s")
    pid = machine.pid("busy")
    # It has a number before it enters its cgroup.
    eventually(lambda: "/roost/" in str(cgroups.directory(pid, "cpu")), "it is in its cgroup")
    cgroup = cgroups.directory(pid, "cpu")
    eventually(lambda: throttled(cgroup) > 0, "the limit is reached")
    began, used = time.monotonic(), usage(pid)
    time.sleep(2)
    share = (usage(pid) - used) / (time.monotonic() - began)
    # At the ends, the time of a whole period may fall into the interval.
    assert share <= 0.3 + 0.03, share
    page.check("cpu-load", session.until("0 hdd\n").transcript)
    page.check("cpu-limit", machine.transcript("roost stats --no-stream --format '{{.Name}} {{.CPUPerc}}' busy"),
               [r"\d+\.\d+%"])
    machine.run("roost rm --force busy")
    session.finish()


def throttled(cgroup):
    return cgroups.key(cgroup / "cpu.stat", "nr_throttled")


def usage(pid):
    """Seconds of processor time."""
    if cgroups.V2:
        return cgroups.key(cgroups.directory(pid, "cpu") / "cpu.stat", "usage_usec") / 1e6
    return int((cgroups.directory(pid, "cpuacct") / "cpuacct.usage").read_text()) / 1e9
