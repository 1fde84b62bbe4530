# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""S1: the bash script with cgroups, a cable and an interactive ash, as one command."""
import hashlib
import subprocess

import pytest
from harness import cgroups, sandbox
from harness.case import eventually

PAGE = "container-101"
PROMPT = "/ # "
TIMES = [r"time=\S+ ms", r"rtt .*", r"time \d+ms", r"\b[0-9a-f]{12}\b", r"(?m)^\d+: (?=eth0)"]
RUN = "roost run --rm -it --name mycontainer --memory 64m --cpus 0.1 --ip 10.0.0.1/24 --host-ip 10.0.0.2/24 " \
      "./alpine-minirootfs.tar.gz /bin/ash"
ARCHIVE = "alpine/latest-stable/releases/x86_64/alpine-minirootfs-3.22.2-x86_64.tar.gz"


@pytest.fixture
def place(machine, minirootfs):
    (machine.directory / "alpine-minirootfs.tar.gz").symlink_to(minirootfs)
    return machine


def test_whole_script(place, page):
    """One terminal has the shell in the container, the other one is on the host."""
    session = place.open(RUN)
    # By its path: Debian's busybox prefers its own programs.
    session.type("/bin/ping -c 1 10.0.0.2", PROMPT).until("1 received")
    session.type("ip -4 -o address show dev eth0", PROMPT).until("10.0.0.1/24")
    session.type("ps", PROMPT).until(PROMPT)
    check_limits(place.pid("mycontainer"))
    page.check("host-side", place.transcript(
        "ping -c 1 10.0.0.1",
        "ip -brief -4 address show to 10.0.0.2",
        "roost stats --no-stream --format '{{.Name}}: memory {{.MemUsage}}' mycontainer"),
        [*TIMES, r"memory \S+", r"r[0-9a-f]+e?\d*@if\d+ +"])
    session.terminal.send("exit\n")
    assert session.finish() == 0
    page.check("whole-script", session.transcript, TIMES)


def test_from_the_network(machine, minirootfs, mirror, page):
    """The script's first step is a part of the command; what has come once is neither fetched nor unpacked again."""
    content = minirootfs.read_bytes()
    _, archive = mirror.add(ARCHIVE, content)
    checksum = hashlib.sha256(content).hexdigest()
    command = f"roost run --rm --checksum sha256:{{}} https://dl-cdn.alpinelinux.org/{ARCHIVE} /bin/ash -c 'head -n 1 /etc/passwd'"
    page.check("from-the-network", machine.transcript(command.format(checksum)), [r"[0-9a-f]{64}"])
    machine.run(command.format(checksum))
    assert len(archive.requests) == 1
    refused = machine.run(command.format("0" * 64), status=125)
    assert checksum in refused and len(refused.splitlines()) == 1, refused


def check_limits(pid):
    """What the kernel has written down for the container's cgroup: 64 MiB, 10 ms of every 100."""
    memory, cpu = cgroups.directory(pid, "memory"), cgroups.directory(pid, "cpu")
    if cgroups.V2:
        assert (memory / "memory.max").read_text() == f"{64 << 20}\n"
        assert (cpu / "cpu.max").read_text() == "10000 100000\n"
    else:
        assert (memory / "memory.limit_in_bytes").read_text() == f"{64 << 20}\n"
        assert (cpu / "cpu.cfs_quota_us").read_text() == "10000\n"
        assert (cpu / "cpu.cfs_period_us").read_text() == "100000\n"


def test_memory_limit(place, page):
    """The script's limit holds nobody, as it moves no process into its cgroup; ours ends what goes beyond."""
    page.check("memory-limit", place.transcript(
        "roost run --rm --memory 64m ./alpine-minirootfs.tar.gz tail /dev/zero; echo status $?"),
        [r"process \d+", r"\d+(\.\d+)?(KiB|MiB)"])


def test_unpacked_once(place, page):
    """The store names a tree by the archive's SHA-256; containers write to layers of their own."""
    page.check("unpacked-once", place.transcript(
        "roost run --rm ./alpine-minirootfs.tar.gz sh -c 'rm /etc/passwd; echo new > /etc/motd; ls /etc'",
        "roost run --rm ./alpine-minirootfs.tar.gz ls /etc"))
    assert len(list(place.state.glob("roots/sha256/*"))) == 1


def test_nothing_is_left(place, page):
    """Neither the cable nor the cgroup nor the network namespace outlives the container."""
    place.run(RUN.replace("-it ", "--cidfile id ").replace("/bin/ash", "true"))
    eventually(lambda: "10.0.0.2" not in place.run("ip -brief address"), "the cable is gone")
    assert not sandbox.cgroups_named((place.directory / "id").read_text())
    page.check("nothing-left", place.transcript("ip -brief address show to 10.0.0.0/24", "ip netns list", "roost ps --all"))


def test_old_root_is_gone(place):
    """The way out of a chroot: a second one, with a directory of the first still open."""
    script = "mkdir -p /tmp/x; cd /; chroot /tmp/x true; cd ../../../..; ls -d .state"
    output = place.run(f"roost run --rm ./alpine-minirootfs.tar.gz sh -c '{script}'", check=False)
    assert "No such file" in output
    mounts = place.run("roost run --rm ./alpine-minirootfs.tar.gz cat /proc/self/mountinfo")
    assert all(line.split()[4] == "/" or line.split()[4].startswith(("/proc", "/sys", "/dev", "/etc/"))
               for line in mounts.splitlines()), mounts


def test_rights(place):
    text = place.run("roost run --rm ./alpine-minirootfs.tar.gz grep -E '^(CapEff|Seccomp|NoNewPrivs):' /proc/self/status")
    status = dict(line.split() for line in text.splitlines())
    assert bin(int(status["CapEff:"], 16)).count("1") == 11
    assert status["Seccomp:"] == "2" and status["NoNewPrivs:"] == "1"


def test_two_at_once(place):
    """The script's names exist once per machine; ours do not meet."""
    first = place.open(RUN)
    first.until(PROMPT)
    other = RUN.replace("mycontainer", "other").replace("10.0.0.", "10.0.1.")
    second = place.open(other)
    second.until(PROMPT)
    for session in (first, second):
        session.terminal.send("exit\n")
        assert session.finish() == 0


@pytest.mark.parametrize("change, words", [
    (("./alpine-minirootfs.tar.gz", "./nosuch.tar.gz"), "./nosuch.tar.gz"),
    (("10.0.0.2/24", "10.0.0.1/24"), "--host-ip 10.0.0.1: this is the container's own address"),
    (("64m", "64q"), '--memory "64q": not a size'),
    (("/bin/ash", "/bin/nosuch"), "/bin/nosuch"),
])
def test_mistakes(place, change, words):
    """One line, and nothing half made."""
    output = place.run(RUN.replace("-it ", "").replace(*change), check=False)
    assert words in output and len(output.splitlines()) == 1, output


def test_a_broken_archive(place):
    """A download that was cut: nothing of it is used, now or later."""
    with open(place.directory / "alpine-minirootfs.tar.gz", "rb") as whole:
        (place.directory / "cut.tar.gz").write_bytes(whole.read()[:200_000])
    for _ in range(2):
        output = place.run("roost run --rm ./cut.tar.gz true", status=125)
        assert "cut.tar.gz" in output and len(output.splitlines()) == 1, output
    assert subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout.startswith("lo")
