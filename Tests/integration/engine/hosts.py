# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Hosts for tests of networks: network namespaces of the test's own, so that the machine's is never touched."""
import json
import subprocess

from harness.runtime import TIMEOUT_SECONDS


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
