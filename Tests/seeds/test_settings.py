# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""S2: the launcher that reads a container directory."""
import json
import os
import re
import shutil

import pytest
from harness import cgroups, sandbox, users
from harness.case import eventually

PAGE = "settings-file"
PIDS = [r"PID \d+ in", r"\d+ blocks", r"(?m)^ *\d+ (?=root|nobody)"]
TIMES = [r"time=\S+ ms", r"rtt .*", r"time \d+ms"]

SETTINGS = """user: 99
group: 98
memlimit: 4194304
cpupercent: 5
process:/bin/bash
arg1:-i
"""
# The blanks at the ends are the original's.
NETWORK = "bridge: br0    \nip: 192.168.1.228/24\ngw: 192.168.1.1   \n"


@pytest.fixture
def slackware(machine, initrd):
    """The container directory, made as the text has it."""
    (machine.directory / "initrd.img").symlink_to(initrd)
    (machine.directory / "slackware").mkdir()
    settings(machine, SETTINGS)
    # Hard links to what the initrd was made of; one test unpacks it.
    machine.run(f"cp -al {initrd.parent}/initrd slackware/chroot")
    return machine


def settings(machine, text):
    (machine.directory / "slackware/settings").write_text(text)


def test_container_directory(slackware, page):
    """The directory as it is, the same lines before and after, the same limits in the kernel."""
    slackware.run("rm -r slackware/chroot; mkdir slackware/chroot")
    page.check("unpacking", slackware.transcript(
        "cd slackware/chroot && gunzip < ../../initrd.img | cpio -i --make-directories", "cat slackware/settings"), PIDS)
    session = slackware.open("roost run --settings ./slackware")
    session.type("ps", "bash-").until("ps\n")
    session.type("ls", "bash-").until("var")
    session.until("bash-")
    pid = int(re.search(r"Added PID (\d+) in cgroup", session.text)[1])
    identifier = eventually(lambda: slackware.run("roost ps --quiet --no-trunc").strip(), "it is listed")
    assert pid == slackware.pid(identifier)
    check_cgroup(pid, identifier)
    session.terminal.send("exit\n")
    assert session.finish() == 0
    page.check("run", session.transcript, [*PIDS, r"bash-[\d.]+"])


def check_cgroup(pid, identifier):
    memory, cpu = cgroups.directory(pid, "memory"), cgroups.directory(pid, "cpu")
    assert identifier in str(memory)
    if cgroups.V2:
        assert (memory / "memory.max").read_text() == "4194304\n"
    else:
        assert (memory / "memory.limit_in_bytes").read_text() == "4194304\n"
        assert (cpu / "cpu.shares").read_text() == "51\n"
    assert str(pid) in (memory / "cgroup.procs").read_text().split()


def test_network(slackware, page, bridge):
    """A port of the administrator's bridge, the address and the route, and a neighbour that answers."""
    settings(slackware, "process:/bin/bash\narg1:-c\narg2:ip route; ping -c 1 192.168.1.1\n" + NETWORK)
    page.check("network", slackware.transcript("cat slackware/settings", "roost run --settings ./slackware"),
               [*PIDS, *TIMES])


@pytest.mark.skipif(not shutil.which("ovs-vswitchd"), reason="openvswitch-switch is not installed")
def test_openvswitch(slackware, page, openvswitch):
    """The same file with a bridge of Open vSwitch, whose database forgets the port with the container."""
    settings(slackware, "process:/bin/ping\narg1:-c\narg2:1\narg3:192.168.1.1\n" + NETWORK)
    page.check("openvswitch", slackware.transcript("ovs-vsctl list-br", "roost run --settings ./slackware"),
               [*PIDS, *TIMES])
    assert slackware.run("ovs-vsctl list-ports br0") == ""


def test_facts_come_before_and_after_the_output(slackware):
    """Also without a terminal, and the exit status is the program's."""
    settings(slackware, SETTINGS.replace("arg1:-i", "arg1: -c\narg2: echo in between; id -u; id -g; exit 7"))
    lines = slackware.run("roost run --settings slackware/", status=7).splitlines()
    assert re.fullmatch(r"Added PID \d+ in cgroup", lines.pop(2))
    assert lines == ["Mem limit: 4194304 bytes", "CPU shares: 51 (5%)", "Dropping privileges to 99:98",
                     "Starting /bin/bash -c echo in between; id -u; id -g; exit 7", "in between", "99", "98",
                     "Exiting container"]


def test_order_under_load(slackware):
    """The program waits until the lines have been printed, however often one looks."""
    settings(slackware, "process: /bin/echo\narg1: the program\n")
    for _ in range(10):
        lines = slackware.run("roost run --settings ./slackware").splitlines()
        assert [line.split()[0] for line in lines] == ["Mem", "CPU", "Added", "Dropping", "Starting", "the", "Exiting"]


def test_nothing_but_the_programs_output(slackware):
    settings(slackware, "process: /bin/echo\narg1: the program\n")
    assert slackware.run("roost run --quiet --settings ./slackware") == "the program\n"


def test_defaults(slackware):
    """An empty file is a root shell without limits or network."""
    settings(slackware, "")
    output = slackware.run("echo 'id -u; ls /sys/class/net' | roost run --settings ./slackware", check=False)
    lines = output.splitlines()
    assert [lines[0], lines[1], *lines[3:]] == [
        "Mem limit: none", "CPU shares: 1024 (100%)", "Dropping privileges to 0:0", "Starting /bin/sh", "0", "lo",
        "Exiting container"], output


def test_the_command_line_wins(slackware):
    output = slackware.run("roost run --settings ./slackware --memory 8m --user 0 /bin/echo other")
    assert "Mem limit: 8388608 bytes" in output and "Dropping privileges to 0:0" in output
    assert "Starting /bin/echo other\nother\nExiting container\n" in output


def test_other_runtimes_wait_too(slackware):
    """What makes the program wait is a hook of the specification."""
    if not shutil.which("runc"):
        pytest.skip("runc is not installed")
    settings(slackware, "process: /bin/echo\narg1: the program\n")
    output = slackware.run("roost run --runtime runc --settings ./slackware")
    assert output.endswith("Starting /bin/echo the program\nthe program\nExiting container\n"), output


def test_nobody_at_the_gate(slackware):
    """The hook, when the engine that it works for is gone: the container goes on."""
    for name in ("pid", "open"):
        os.mkfifo(slackware.directory / name)
    for state, status in (('{"pid": 5}', 0), ("nonsense", 1), ("{}", 1)):
        slackware.run(f"echo '{state}' | (exec -a roost-gate roost ./pid ./open)", status=status)


def test_convert(slackware, page):
    """The command and the configuration make what the settings make."""
    page.check("convert", slackware.transcript("roost settings convert --format command ./slackware"))
    settings(slackware, SETTINGS.replace("arg1:-i", "arg1:-c\narg2:id -u; id -g; ulimit -c; cat /proc/self/status"))
    probe = [line for line in slackware.run("roost run --quiet --settings ./slackware").splitlines()
             if not re.match(r"\w*(Pid|ctxt|Vm|Rss|Threads|Sig|Shd|Cpus|Mems|Speculation|x86|TracerPid)", line)]
    command = slackware.run("roost settings convert --format command ./slackware").strip()
    bundle = slackware.directory / "bundle"
    bundle.mkdir()
    text = slackware.run("roost settings convert --format config ./slackware")
    (bundle / "config.json").write_text(text)
    config = json.loads(text)
    assert config["linux"]["resources"]["memory"]["limit"] == 4194304
    assert config["linux"]["resources"]["cpu"]["shares"] == 51
    runtime = f"{slackware.runtime.path} --root {slackware.directory}/runtime run --bundle bundle seeds-{bundle.stat().st_ino}"
    for other in (command, runtime):
        lines = slackware.run(other).splitlines()
        assert [line for line in lines if line in probe] == probe, other


def test_explain(slackware):
    """The same flags lead to the same steps."""
    text = slackware.run("roost explain --settings ./slackware")
    assert "4194304" in text and "/bin/bash" in text and "setuid" in text


def test_convert_says_what_is_missing(slackware, bridge):
    settings(slackware, "process:/bin/true\n" + NETWORK)
    both = slackware.run("roost settings convert ./slackware")
    assert both.startswith("roost run --rm --interactive --network bridge:br0 --ip 192.168.1.228/24 "
                           "--gateway 192.168.1.1 ./slackware/chroot /bin/true\n\n{\n")
    assert "bridge, ip and gw are roost's work" in both.splitlines()[-1]


@pytest.mark.parametrize("line, words", [
    ("memlimt: 4194304", 'slackware/settings:7: unknown key "memlimt"'),
    ("user: 99", "slackware/settings:7: user is given twice, first on line 1"),
    ("garbage", 'slackware/settings:7: "garbage": expected KEY: VALUE'),
    ("arg3: x", "slackware/settings:7: arg3: there is no arg2 before it"),
    ("ip: 10.0.0.300/24", 'slackware/settings:7: ip: "10.0.0.300/24" is no address'),
])
def test_mistakes(slackware, line, words):
    """One line with file and line number, before anything is made."""
    settings(slackware, SETTINGS + line + "\n")
    for command in ("run --settings", "settings convert"):
        output = slackware.run(f"roost {command} ./slackware", status=125)
        assert words in output and len(output.splitlines()) == 1, output


def test_mistakes_on_the_page(slackware, page):
    settings(slackware, SETTINGS + "memlimt: 8388608\n")
    page.check("mistake", slackware.transcript("roost run --settings ./slackware", status=125))


@pytest.mark.parametrize("damage, words", [
    ("rm slackware/settings", "slackware/settings: no such file"),
    ("rm -r slackware/chroot", "slackware/chroot: no such file"),
    ("rm slackware/settings; mkdir slackware/settings", "slackware/settings: not a regular file"),
    ("rm slackware/settings; mkfifo slackware/settings", "slackware/settings: not a regular file"),
    ("head -c 1000 /dev/urandom >slackware/settings", "slackware/settings"),
    ("rm slackware/chroot/bin/bash", "/bin/bash"),
])
def test_damage(slackware, damage, words):
    output = slackware.run(f"{damage}; roost run --settings ./slackware", check=False)
    errors = [line for line in output.splitlines() if line.startswith("roost")]
    assert words.lower() in output.lower() and len(errors) <= 1, output


def test_bridge_that_is_missing(slackware):
    settings(slackware, "process:/bin/true\n" + NETWORK)
    output = slackware.run("roost run --settings ./slackware", status=125)
    assert "br0" in output and "no such bridge" in output


def test_namespaces(slackware):
    settings(slackware, SETTINGS.replace("arg1:-i", "arg1:-c\narg2:ls -l /proc/self/ns; cat /proc/self/mountinfo"))
    output = slackware.run("roost run --quiet --settings ./slackware")
    for name in ("cgroup", "ipc", "mnt", "net", "pid", "uts"):
        link = re.search(rf"{name}:\[\d+\]", output)[0]
        assert link != os.readlink(f"/proc/self/ns/{name}"), name
    roots = [line.split()[3] for line in output.splitlines() if " - " in line and line.split()[4] == "/"]
    assert len(roots) == 1 and roots[0].endswith("/slackware/chroot")


def test_rights(slackware):
    settings(slackware, SETTINGS.replace("arg1:-i", "arg1:-c\narg2:cat /proc/self/status"))
    output = slackware.run("roost run --quiet --settings ./slackware")
    status = dict(line.split(":\t", 1) for line in output.splitlines() if ":\t" in line)
    assert status["Uid"].split() == ["99"] * 4 and status["Gid"].split() == ["98"] * 4
    assert status["Groups"].split() == ["98"]
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0 and status["NoNewPrivs"] == "1"


def test_killed_launcher(slackware):
    settings(slackware, "process: /bin/bash\n")
    session = slackware.open("exec roost run --settings ./slackware")
    session.until("bash-")
    identifier = eventually(lambda: slackware.run("roost ps --quiet --no-trunc").strip(), "it is listed")
    assert sandbox.cgroups_named(identifier)
    session.process.kill()
    session.process.wait()
    slackware.run(f"roost rm --force {identifier}")
    assert not sandbox.cgroups_named(identifier)


def test_ordinary_user(slackware):
    """Whose tree it is may run it; a limit needs a cgroup that was delegated."""
    slackware.run(f"cp -r --no-preserve=ownership slackware {slackware.home}/box; chown -R {users.UID}:{users.UID} {slackware.home}/box")
    box = slackware.home / "box/settings"
    box.write_text("process: /bin/bash\narg1: -c\narg2: id -u; cat /proc/self/uid_map\n")
    lines = slackware.run(f"roost run --settings {box.parent}", user=users.UID).splitlines()
    assert lines[3:5] == ["Dropping privileges to 0:0", "Starting /bin/bash -c id -u; cat /proc/self/uid_map"]
    assert lines[5] == "0" and lines[6].split() == ["0", str(users.UID), "1"] and lines[-1] == "Exiting container"
    box.write_text("memlimit: 4194304\nprocess: /bin/true\n")
    output = slackware.run(f"roost run --settings {box.parent}", user=users.UID, status=125)
    assert "cgroup" in output and len(output.splitlines()) == 1, output


def test_cgroup_is_removed(slackware):
    settings(slackware, SETTINGS.replace("arg1:-i", "arg1:-c\narg2:cat /proc/self/cgroup"))
    output = slackware.run("roost run --settings ./slackware")
    assert "Exiting container" in output
    eventually(lambda: not slackware.run("roost ps --all --quiet").strip(), "the container is forgotten")
