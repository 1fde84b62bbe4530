# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""S4: the program that executes itself; another shell that enters with nsenter."""
import os

import material
import pytest

PAGE = "pivot-root"
PIDS = [r"\b\d{2,}\b(?= +1\b)", r"(?m)^ *\d+ (?=root)", r"bash-[\d.]+", r"(?m)^\d+$"]


@pytest.fixture
def shell(machine):
    """A container with a shell on a terminal, as the text has it at this point."""
    material.shell_tree(machine.directory / "ubu")
    session = machine.open("roost run --rm -it --name ubu --hostname box ./ubu /bin/bash")
    session.until("bash-").again()
    # The program may be there before its number is known.
    machine.pid("ubu")
    yield session
    session.terminal.send("exit\n")
    assert session.finish() == 0


def pid_of(machine):
    return machine.pid("ubu")


def test_both_sides(machine, shell, page):
    """Host name and processes, as the container sees them and as the host does."""
    shell.type("hostname", "bash-").until("box\n")
    shell.type("ps", "bash-").until("ps\n")
    shell.until("bash-")
    page.check("inside", "\n".join(shell.transcript.splitlines()[:-1]), PIDS)
    page.check("outside", machine.transcript(
        "hostname",
        "ps -o args= -p $(roost inspect --format '{{.State.Pid}}' ubu)",
        "grep NSpid /proc/$(roost inspect --format '{{.State.Pid}}' ubu)/status"), [r"NSpid:\s+\d+"])
    inside = set(machine.run("roost exec ubu ps -o args").splitlines()[1:])
    assert inside == {"/bin/bash", "ps -o args"}
    # The host sees the container's processes among its own, under other numbers.
    assert f"/proc/{pid_of(machine)}" and open(f"/proc/{pid_of(machine)}/cmdline").read() == "/bin/bash\0"


def test_nsenter(machine, shell, page):
    """A plain nsenter of all namespaces finds the container's shell, root and processes."""
    page.check("nsenter", machine.transcript(
        """nsenter -a -t "$(roost inspect --format '{{.State.Pid}}' ubu)" /bin/bash -c 'hostname; ps; ls /'""",
        "roost exec ubu /bin/bash -c 'hostname; ps'"), PIDS)
    pid = pid_of(machine)
    for name in os.listdir(f"/proc/{pid}/ns"):
        command = f"nsenter -a -t {pid} /bin/busybox readlink /proc/self/ns/{name}"
        assert machine.run(command).strip() == os.readlink(f"/proc/{pid}/ns/{name}"), name


def test_pivot_root(machine, shell, page):
    """The old root is not below the new one, nor anywhere else that the container could name."""
    page.check("pivot-root", machine.transcript(
        "roost exec ubu /bin/bash -c 'cut -d \" \" -f 5 /proc/self/mountinfo | grep -vE \"^/(dev|proc|sys)\"'"))
    points = {line.split()[4] for line in machine.run("roost exec ubu cat /proc/self/mountinfo").splitlines()}
    assert all(point == "/" or point.startswith(("/proc", "/dev", "/sys", "/etc/")) for point in points), points
    roots = [line.split()[3] for line in machine.run("roost exec ubu cat /proc/self/mountinfo").splitlines()
             if line.split()[4] == "/"]
    assert len(roots) == 1 and roots[0].endswith("/ubu")


def test_exec_has_the_containers_rights(machine, shell):
    mine = machine.run(f"grep CapEff /proc/{pid_of(machine)}/status")
    assert machine.run("roost exec ubu grep CapEff /proc/self/status") == mine
    command = f"nsenter -a -t {pid_of(machine)} /bin/busybox grep CapEff /proc/self/status"
    assert machine.run(command) != mine


def test_the_hosts_name_stays(machine, shell):
    """A name that is changed inside changes nothing outside, given the right to change it at all."""
    output = machine.run("roost exec ubu hostname other", check=False)
    assert "permitted" in output or "denied" in output, output
    assert machine.run("hostname") == "host\n"
