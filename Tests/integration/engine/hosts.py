# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Hosts for tests of networks: network namespaces of the test's own, so that the machine's is never touched."""
import json
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from harness.case import eventually
from harness.runtime import TIMEOUT_SECONDS
from roost import Roost


class Host:
    """A network namespace that lives as long as a sleeping process."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up; echo; exec sleep inf"],
                                        stdout=subprocess.PIPE)
        self.process.stdout.readline()
        self.process.stdout.close()

    @property
    def prefix(self):
        """What a command line starts with to run here."""
        return ["nsenter", f"--net=/proc/{self.process.pid}/ns/net"]

    def popen(self, *command, **options):
        return subprocess.Popen([*self.prefix, *map(str, command)], **options)

    def __call__(self, *command, check=True):
        """The output of a command."""
        done = subprocess.run([*self.prefix, *map(str, command)], capture_output=True, text=True,
                              timeout=TIMEOUT_SECONDS)
        assert not check or done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def sh(self, script, check=True):
        return self("sh", "-ec", script, check=check)

    def links(self):
        return {link["ifname"]: link for link in json.loads(self("ip", "-json", "-details", "link"))}

    def cable(self, other, name, address, other_name, other_address):
        """Connects two hosts with a cable and addresses."""
        self("ip", "link", "add", name, "type", "veth", "peer", "name", other_name, "netns", other.process.pid)
        self.sh(f"ip address add {address} dev {name}; ip link set {name} up")
        other.sh(f"ip address add {other_address} dev {other_name}; ip link set {other_name} up")

    def end(self):
        self.process.kill()
        self.process.wait()


class NetworkedRoost(Roost):
    """The engine on a host of the test's own."""

    host = None

    def popen(self, *arguments, env=None, **options):
        # Debian's busybox pings with raw sockets only.
        if arguments and arguments[0] == "run":
            arguments = ("run", "--cap-add", "NET_RAW", *arguments[1:])
        process = subprocess.Popen([*self.host.prefix, self.path, *map(str, arguments)], env=self.environment(env),
                                   **options)
        self._processes.append(process)
        return process


def server(net, root, name, *flags, port=80, text="hello"):
    """A container that answers TCP connections with the peer's address and a text."""
    container = net.start(*flags, root, "nc", "-ll", "-p", port, "-e", "echo", text, name=name)
    eventually(lambda: listens(container.pid, port), f"{name} listens")
    return container


def listens(pid, port):
    """Whether somebody in the network namespace of a process listens on a TCP port (proc_pid_net(5))."""
    tables = [Path(f"/proc/{pid}/net/{name}") for name in ("tcp", "tcp6")]
    pattern = re.compile(rf":{port:04X} [0-9A-F]+:0000 0A ")
    return any(table.exists() and pattern.search(table.read_text()) for table in tables)


def sleeper(net, root, name, *flags):
    container = net.start(*flags, root, "sh", "-c", "echo ready; exec sleep 1000", name=name)
    assert container.line() == "ready"
    return container


def settings(net, name):
    return net.inspect(name)["NetworkSettings"]


@contextmanager
def running(process):
    """A program of the test's own, from when it is ready."""
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def inside(container, program, *arguments):
    """Such a program in a container's network."""
    command = ["nsenter", f"--net=/proc/{container.pid}/ns/net", sys.executable, "-c", program, *map(str, arguments)]
    return running(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))


PEER = """
import socket, sys
kind, port = sys.argv[1], int(sys.argv[2])
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", port))
if kind == "tcp":
    server.listen()
print("ready", flush=True)
if kind == "tcp":
    connection, peer = server.accept()
    # Unread, it would make the end a reset, which overtakes the answer.
    connection.recv(100)
    connection.sendall(b"answer")
else:
    data, peer = server.recvfrom(100)
    server.sendto(b"answer", peer)
print(peer[0], flush=True)
"""

CLIENT = """
import socket, sys
kind, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
client.settimeout(5)
client.connect((host, port))
client.sendall(b"question")
print(client.recv(100).decode())
"""
