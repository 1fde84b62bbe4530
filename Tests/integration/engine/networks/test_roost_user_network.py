# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Networks of ordinary users: pasta and slirp4netns, on hosts of the test's own."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness import sandbox, users
from harness.case import eventually
from hosts import CLIENT, PEER, Host, listens
from roost import Roost
from test_roost_rootless import user  # noqa: F401

PROGRAMS = {"pasta": "/usr/bin/pasta", "slirp4netns": "/usr/bin/slirp4netns"}
pytestmark = pytest.mark.skipif(not (all(os.access(path, os.X_OK) for path in PROGRAMS.values()) and shutil.which("ip")),
                                reason="needs passt, slirp4netns and ip")


class NetworkedUser(Roost):
    """The engine of user 1000 on a host of the test's own."""

    host = None

    def popen(self, *arguments, env=None, **options):
        command = self.with_network([str(argument) for argument in arguments])
        become = ["setpriv", "--reuid", users.UID, "--regid", users.UID, "--clear-groups"]
        process = subprocess.Popen([*self.host.prefix, *map(str, become), self.path, *command], env=self.environment(env),
                                   **self.options, **options)
        self._processes.append(process)
        return process


@pytest.fixture
def net(user, roost, case):  # noqa: F811
    """The user's engine on a host with a neighbour, who is its way to everywhere."""
    host, other = Host(), Host()
    host.cable(other, "lan", "192.0.2.1/24", "eth0", "192.0.2.2/24")
    host("ip", "route", "add", "default", "via", "192.0.2.2")
    roost.__class__ = NetworkedUser
    roost.host, roost.other, roost.network = host, other, None
    roost.options = {"cwd": user.home}
    ordinary = case.clean_up

    def clean_up():
        for identifier in roost.ids():
            roost("rm", "--force", identifier)
        ordinary()
        eventually(lambda: not carriers(), "nothing carries on")
        host.end()
        other.end()

    case.clean_up = clean_up
    return roost


@pytest.fixture
def without(case):
    """Hides programs from everybody in the sandbox."""
    hidden = []

    def hide(*names):
        for name in names:
            sandbox.mount("/dev/null", PROGRAMS[name], None, sandbox.MS_BIND)
            hidden.append(PROGRAMS[name])

    ordinary = case.clean_up

    def clean_up():
        for path in hidden:
            sandbox.unmount(path)
        ordinary()

    case.clean_up = clean_up
    return hide


def carriers():
    """The process ids of programs that carry networks."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            program = Path(f"/proc/{entry}/cmdline").read_text().split("\0")[0]
        except OSError:
            continue
        if program in PROGRAMS.values():
            found.append(int(entry))
    return found


def answers(host, address, port):
    return "hello" in host("busybox", "timeout", "3", "busybox", "nc", address, str(port), check=False)


def server(net, *flags, name="box"):
    container = net.start(*flags, "host:busybox", "busybox", "nc", "-ll", "-p", "80", "-e", "echo", "hello", name=name)
    eventually(lambda: listens(container.pid, 80), f"{name} listens")
    return container


@pytest.mark.parametrize("program", PROGRAMS)
def test_way_out_and_in(net, without, program):
    """The default where it is installed, pasta first; published ports, taken back at the end."""
    without(*[name for name in PROGRAMS if program == "slirp4netns" and name == "pasta"])
    listener = net.other.popen("busybox", "nc", "-ll", "-p", "7", "-e", "echo", "hello")
    try:
        eventually(lambda: ":7 " in net.other("ss", "-tln"), "the neighbour listens")
        result = net.run("host:busybox", "busybox", "sh", "-c",
                         "busybox timeout 3 busybox nc 192.0.2.2 7; "
                         "busybox ls /sys/class/net; busybox timeout 3 busybox nc 127.0.0.1 7 2>&1; true")
        assert "hello" in result.succeeds().out and "refused" in result.out
        assert ("tap0" if program == "slirp4netns" else "lan") in result.out
    finally:
        listener.kill()
        listener.wait()
    assert not carriers()
    container = server(net, "-p", "8080:80")
    assert net.inspect("box")["HostConfig"]["NetworkMode"] == program
    assert net.inspect("box")["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"] == "8080"
    assert answers(net.other, "192.0.2.1", 8080) and answers(net.host, "192.0.2.1", 8080)
    net.run("-p", "8080:80", "host:busybox", "busybox", "true").fails("8080", "address already in use", status=125)
    container.signal(9)
    container.process.wait()
    # pasta stays with the container, slirp4netns goes with its engine.
    assert answers(net.other, "192.0.2.1", 8080) == (program == "pasta")
    net("rm", "--force", "box").succeeds()
    eventually(lambda: not carriers(), "nothing carries on")
    assert not answers(net.other, "192.0.2.1", 8080)


@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_clients_address_is_kept(net, kind):
    container = net.start("--network", "pasta", "-p", f"192.0.2.1:5353:53/{kind}", "host:sleep", "sleep", "1000")
    serving = subprocess.Popen(["nsenter", f"--net=/proc/{container.pid}/ns/net", sys.executable, "-c", PEER, kind, "53"],
                               stdout=subprocess.PIPE, text=True)
    try:
        assert serving.stdout.readline() == "ready\n"
        assert net.other(sys.executable, "-c", CLIENT, kind, "192.0.2.1", "5353") == "answer\n"
        assert serving.stdout.readline() == "192.0.2.2\n"
    finally:
        serving.kill()
        serving.wait()
        serving.stdout.close()


def test_services_of_loopback_stay_there(net):
    """Neither the host's for the container, by its loopback or its gateway, nor the container's for the host."""
    listener = net.host.popen(sys.executable, "-c", "import socket\n"
                              "with socket.create_server(('127.0.0.1', 7)) as server:\n"
                              "    while True: server.accept()[0].sendall(b'hello')")
    try:
        eventually(lambda: answers(net.host, "127.0.0.1", 7), "the host listens")
        script = "for a in 127.0.0.1 192.0.2.2; do busybox timeout 1 busybox nc $a 7; done; true"
        assert "hello" not in net.run("host:busybox", "busybox", "sh", "-c", script).succeeds().out
    finally:
        listener.kill()
        listener.wait()
    server(net)
    assert not answers(net.host, "127.0.0.1", 80)


def test_ports_that_the_system_chooses(net):
    server(net, "-p", "127.0.0.1::80", "-p", "127.0.0.1::81/udp")
    ports = net.inspect("box")["NetworkSettings"]["Ports"]
    assert answers(net.host, "127.0.0.1", int(ports["80/tcp"][0]["HostPort"]))
    assert int(ports["81/udp"][0]["HostPort"]) > 0
    assert not answers(net.other, "192.0.2.1", int(ports["80/tcp"][0]["HostPort"]))


def test_options_of_the_program(net):
    result = net.run("--network", "pasta:--mtu,1400,-I,uplink", "host:busybox", "busybox", "cat",
                     "/sys/class/net/uplink/mtu")
    assert result.succeeds().out == "1400\n"
    result = net.run("--network", "pasta:--nosuch", "host:true", "true").fails("--network pasta: ", status=125)
    assert len(result.err.splitlines()) == 1 and not net.ids(), result.err
    net.run("--network", "pasta:--netns,x", "host:true", "true").fails("roost gives --netns itself", status=125)


def test_nothing_installed(net, without):
    without(*PROGRAMS)
    result = net.run("host:busybox", "busybox", "ls", "/sys/class/net").succeeds()
    assert result.out == "lo\n"
    for flags in [("--network", "pasta"), ("--network", "slirp4netns"), ("-p", "8080:80")]:
        result = net.run(*flags, "host:true", "true").fails("Debian: passt, slirp4netns", status=125)
        assert len(result.err.splitlines()) == 1 and not net.ids(), result.err


def test_host_without_a_way_out(net):
    net.host("ip", "route", "del", "default")
    assert net.run("host:busybox", "busybox", "ls", "/sys/class/net").succeeds().out == "lo\n"
    result = net.run("--network", "pasta", "host:true", "true").fails("--network pasta: ", status=125)
    assert len(result.err.splitlines()) == 1 and not net.ids() and not carriers(), result.err


@pytest.mark.parametrize("flags, words", [
    (["--network", "pasta", "-p", "8080:80/sctp"], "carries tcp and udp alone"),
    (["--network", "pasta", "--ip", "10.0.0.1/24"], "--ip: the network pasta has no interface"),
    (["--network", "slirp4netns", "-p", "[::1]:8080:80"], "slirp4netns publishes on IPv4 alone"),
    (["--network", "pasta", "--add-host", "a:host-gateway"], "gives the container no way to the host"),
    (["--network", "pasta", "-p", "192.0.2.77:8080:80"], "does not have the address"),
    (["--network", "pasta", "-p", "80:80"], "permission denied"),
    (["--network", "pasta", "--network", "none"], "was asked for before"),
])
def test_bad_flags(net, flags, words):
    result = net.run(*flags, "host:true", "true").fails(status=125)
    assert words in result.err and len(result.err.splitlines()) == 1, result.err
    assert not net.ids() and not carriers()


def test_not_for_root(roost, root):
    roost.run("--network", "pasta", root, "true").fails("root has --network default", status=125)


def test_many_come_and_go(net):
    for _ in range(5):
        net.run("-p", "8080:80", "host:true", "true").succeeds()
    assert not carriers()
