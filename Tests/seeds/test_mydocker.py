# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""S5: MyDocker's options, each held to what the kernel has written down."""
import json
import os
import re
import shutil
from pathlib import Path

import material
import pytest
from harness import cgroups
from harness.case import eventually

PAGE = "mydocker"
EXAMPLE = "roost mydocker -aUc -C 50 -I 20 -P 333 /bin/bash"
DEFAULT = {"CAP_CHOWN": 0, "CAP_SYS_ADMIN": 21, "CAP_NET_RAW": 13, "CAP_SYS_MODULE": 16}


@pytest.fixture
def root_fs(machine):
    """The tree that MyDocker's sources have beside them."""
    material.shell_tree(machine.directory / "root_fs")
    return machine


def status(pid):
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def open_box(machine, command):
    """A shell on a terminal; its session and process id."""
    session = machine.open(command)
    session.until("bash-").again()
    return session, machine.pid(eventually(lambda: machine.run("roost ps --quiet").strip(), "a container"))


def limits(pid):
    """MyDocker's table, read from the cgroup's files."""
    memory, cpu, pids = (cgroups.directory(pid, name) for name in ("memory", "cpu", "pids"))
    blkio = cgroups.directory(pid, "blkio")
    if cgroups.V2:
        bytes_, shares = (memory / "memory.max").read_text(), None
        weight = (blkio / "io.bfq.weight") if (blkio / "io.bfq.weight").exists() else blkio / "io.weight"
    else:
        bytes_, shares = (memory / "memory.limit_in_bytes").read_text(), int((cpu / "cpu.shares").read_text())
        weight = next(path for path in (blkio / "blkio.weight", blkio / "blkio.bfq.weight") if path.exists())
    return {"memory_limit": int(bytes_), "cpu_shares": shares, "max_pids": int((pids / "pids.max").read_text()),
            "io_weight": int(weight.read_text().split()[-1])}


def test_conversion(root_fs, page):
    page.check("conversion", root_fs.transcript(EXAMPLE.replace("mydocker", "mydocker --convert")))


def test_example(root_fs, page):
    """The published example: its four limits, a user namespace, a shell that sees itself alone."""
    session, pid = open_box(root_fs, EXAMPLE)
    session.type("ps", "bash-").until("ps\n")
    session.type("cat /proc/self/uid_map", "bash-").until("\n")
    session.until("bash-")
    found = limits(pid)
    assert found["memory_limit"] == 1 << 30 and found["max_pids"] == 333
    assert found["cpu_shares"] in (512, None)
    assert found["io_weight"] == 20 or cgroups.V2
    kinds = {name: os.readlink(f"/proc/{pid}/ns/{name}") for name in ("mnt", "uts", "ipc", "net", "pid", "user", "cgroup")}
    assert all(link != os.readlink(f"/proc/self/ns/{name}") for name, link in kinds.items())
    assert os.stat(f"/proc/{pid}").st_uid >= 1 << 16, "root of the container is nobody on the host"
    page.check("limits", root_fs.transcript(
        "roost inspect --format 'memory_limit {{.HostConfig.Memory}}, cpu_shares {{.HostConfig.CpuShares}}, "
        "max_pids {{.HostConfig.PidsLimit}}, io_weight {{.HostConfig.BlkioWeight}}' $(roost ps -q)"))
    session.terminal.send("exit\n")
    assert session.finish() == 0
    page.check("example", session.transcript, [r"(?m)^ *\d+ (?=root)", r"bash-[\d.]+", r"0 +\d+ +65536"])


def test_rights(root_fs, page):
    """Capabilities dropped, a seccomp filter, no new privileges, without being asked."""
    page.check("rights", root_fs.transcript(
        "roost mydocker -a /bin/bash -c 'grep -E \"^(CapBnd|Seccomp|NoNewPrivs):\" /proc/self/status; "
        "unshare -m true; chroot / true; mknod /x c 1 1'", check=False))
    bounding = int(re.search(r"CapBnd:\s+(\w+)", root_fs.run(
        "roost mydocker -a /bin/bash -c 'grep CapBnd /proc/self/status'"))[1], 16)
    assert bounding >> DEFAULT["CAP_CHOWN"] & 1
    for name in ("CAP_SYS_ADMIN", "CAP_NET_RAW", "CAP_SYS_MODULE"):
        assert not bounding >> DEFAULT[name] & 1, name


def test_defaults(root_fs):
    session, pid = open_box(root_fs, "roost mydocker -ac -M 536870912 /bin/bash")
    found = limits(pid)
    assert found["memory_limit"] == 536870912 and found["max_pids"] == 64
    assert found["cpu_shares"] in (256, None)
    assert found["io_weight"] == 10 or cgroups.V2
    assert os.readlink(f"/proc/{pid}/ns/user") == os.readlink("/proc/self/ns/user")
    session.terminal.send("exit\n")
    assert session.finish() == 0


def test_two_at_once(root_fs):
    sessions = [root_fs.open("roost mydocker -aUc -P 64 /bin/bash") for _ in range(2)]
    for session in sessions:
        session.until("bash-")
    for session in sessions:
        session.terminal.send("exit\n")
        assert session.finish() == 0


def test_process_limit(root_fs):
    """The smallest number that MyDocker takes: the tenth process is refused."""
    output = root_fs.run("roost mydocker -ac -P 10 /bin/bash -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1 & done; wait'",
                         check=False)
    assert "Resource temporarily unavailable" in output


@pytest.mark.parametrize("option, low, high", [
    ("M", 1, 4294967296), ("C", 1, 100), ("P", 10, 32768), ("I", 10, 1000),
])
def test_ranges(root_fs, option, low, high):
    """Beyond either end: the range, in one line, and nothing runs."""
    for value in (low - 1, high + 1):
        output = root_fs.run(f"roost mydocker -aUc -{option} {value} /bin/bash", status=125)
        assert f"expected a whole number from {low} to {high}" in output and len(output.splitlines()) == 1, output
    for value in (low, high):
        root_fs.run(f"roost mydocker --convert -aUc -{option} {value} /bin/bash")


def test_range_on_the_page(root_fs, page):
    page.check("range", root_fs.transcript("roost mydocker -aUc -P 9 /bin/bash", status=125))


def test_ordinary_user(root_fs):
    """MyDocker needs root; -U does not."""
    output = root_fs.run("roost mydocker -aU --root host:bash,id bash -c id", user=1000)
    assert output.startswith("uid=0(root)") or output.startswith("uid=0 "), output


@pytest.mark.skipif(not os.access("/usr/lib/cni/bridge", os.X_OK), reason="containernetworking-plugins is not installed")
def test_cni(root_fs, page):
    """A standard plug-in makes the network, and takes it back."""
    Path("/etc/cni/net.d").mkdir(parents=True, exist_ok=True)
    ipam = {"type": "host-local", "ranges": [[{"subnet": "10.9.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": str(root_fs.directory / ".ipam")}
    plugin = {"type": "bridge", "bridge": "cni9", "isGateway": True, "ipMasq": False, "ipam": ipam}
    Path("/etc/cni/net.d/10-mynet.conflist").write_text(
        json.dumps({"cniVersion": "1.0.0", "name": "mynet", "plugins": [plugin]}))
    try:
        page.check("cni", root_fs.transcript(
            "roost mydocker -a --network cni:mynet /bin/bash -c 'ip -4 -o address show dev eth0; ping -c 1 10.9.0.1'"),
            [r"time=\S+ ms", r"rtt .*", r"time \d+ms", r"(?m)^\d+: (?=eth0)"])
        eventually(lambda: not [name for name in os.listdir(root_fs.directory / ".ipam/mynet") if name[0].isdigit()],
                   "the address is free again")
    finally:
        if shutil.which("ip"):
            os.system("ip link del cni9 2>/dev/null")
