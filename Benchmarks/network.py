#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Compares networks of roost with podman's: interleaved `run --rm true`, and what goes through a bridge and a published port.

Usage: Benchmarks/network.py [--runs N] [--seconds N] [--bin DIR] [--strict]

It runs in mount, PID and network namespaces of its own, with a tmpfs on /run, so that both contenders find an empty host
and nothing of them stays but the cgroups, which it removes.
"""
import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ULIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
PORT = 5201


class Workshop:
    """A directory with a root file system, and how each contender is called."""

    def __init__(self, binaries):
        self.directory = Path(tempfile.mkdtemp(prefix="roost-bench-"))
        self.word = f"bench{os.getpid()}-{int(time.time())}"
        self.root = self.directory / "root"
        for name in ["bin", "proc", "sys", "dev", "tmp", "etc", "run"]:
            (self.root / name).mkdir(parents=True)
        shutil.copy("/bin/busybox", self.root / "bin/busybox")
        for name in ["true", "sleep", "sh"]:
            (self.root / "bin" / name).symlink_to("busybox")
        self.environment = {"PATH": os.environ["PATH"], "ROOST_ROOT": str(self.directory / "roost"),
                            "ROOST_RUNTIME": str(binaries / "roost-runtime"), "HOME": str(self.directory)}
        self.roost = [str(binaries / "roost")]
        home = self.directory / "podman"
        # Above the same runtime: what differs is the engine and its network.
        self.podman = ["podman", "--root", home / "root", "--runroot", home / "run", "--tmpdir", home / "tmp", "--runtime",
                       binaries / "roost-runtime", "--cgroup-manager", "cgroupfs", "--events-backend", "file",
                       "--network-config-dir", home / "networks"]

    def command(self, who, name, flags, program):
        """A container with a name, in the foreground, of the contender."""
        if who == "roost":
            return [*self.roost, "run", "--rm", "--name", name, *flags, self.root, *program]
        return [*self.podman, "run", "--rm", "--name", name, "--cgroup-parent", f"/{self.word}", *ULIMITS, *flags,
                "--rootfs", self.root, *program]

    def call(self, command, **options):
        words = [str(word) for word in command]
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, **options)
        if done.returncode:
            sys.exit(f"network.py: {' '.join(words)}: status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def timed(self, command):
        """Milliseconds from start to end, and of the processors."""
        words = [str(word) for word in command]
        before = time.monotonic()
        process = subprocess.Popen(words, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        if status:
            sys.exit(f"network.py: {' '.join(words)}: status {os.waitstatus_to_exitcode(status)}")
        return (time.monotonic() - before) * 1000, (usage.ru_utime + usage.ru_stime) * 1000

    def popen(self, command):
        return subprocess.Popen([str(word) for word in command], env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def pid(self, who, name):
        """That of the first process, as soon as the engine has heard of it."""
        tool = self.roost if who == "roost" else self.podman
        while (found := self.call([*tool, "inspect", "--format", "{{.State.Pid}}", name]).strip()) == "0":
            time.sleep(0.01)
        return found

    def remove(self, who, name):
        tool = self.roost if who == "roost" else self.podman
        self.call([*tool, "rm", "--force", name])

    def end(self):
        for parent in Path("/sys/fs/cgroup").glob(f"*/{self.word}"):
            for directory, _, _ in os.walk(parent, topdown=False):
                os.rmdir(directory)
        shutil.rmtree(self.directory, ignore_errors=True)


def starts(workshop, runs):
    """Milliseconds of each kind of start, elapsed and of the processors; every contender once in a round."""
    port = ["-p", "8080:80"]
    kinds = {
        "roost, none": ("roost", ["--network", "none"]), "roost, bridge": ("roost", ["--network", "default"]),
        "roost, port": ("roost", ["--network", "default", *port]), "podman, none": ("podman", ["--network", "none"]),
        "podman, bridge": ("podman", ["--network", "podman"]), "podman, port": ("podman", ["--network", "podman", *port]),
    }
    names = list(kinds)
    times = {name: [] for name in names}
    order = random.Random(1)
    for number in range(runs + 2):
        # The kernel takes a network apart while the next command runs: nobody shall always follow the same.
        for name in order.sample(names, len(names)):
            who, flags = kinds[name]
            command = workshop.command(who, f"c{number}", flags, ["true"])
            figures = workshop.timed(command)
            # The first rounds make bridges and tables.
            if number >= 2:
                times[name].append(figures)
    return times


def throughput(workshop, who, seconds):
    """Gigabits per second into a container: over the bridge from the host, and through a published port from elsewhere."""
    network = ["--network", "default" if who == "roost" else "podman", "-p", f"{PORT}:{PORT}"]
    container = workshop.popen(workshop.command(who, "server", network, ["sh", "-c", "echo ready; exec sleep 1000"]))
    assert container.stdout.readline() == "ready\n"
    inside = ["nsenter", f"--net=/proc/{workshop.pid(who, 'server')}/ns/net"]
    addresses = json.loads(workshop.call([*inside, "ip", "-json", "-4", "address", "show", "dev", "eth0"]))
    address = addresses[0]["addr_info"][0]["local"]
    server = subprocess.Popen([*inside, "iperf3", "--server"], stdout=subprocess.DEVNULL)
    try:
        while f":{PORT}" not in workshop.call([*inside, "ss", "-tln"]):
            time.sleep(0.02)
        # What a client in another namespace sends to the host's address.
        lan = ["nsenter", f"--net=/proc/{workshop.lan.pid}/ns/net"]
        return [gigabits(workshop, [], address, seconds), gigabits(workshop, lan, "192.0.2.1", seconds)]
    finally:
        server.kill()
        server.wait()
        workshop.remove(who, "server")
        container.wait()


def gigabits(workshop, prefix, address, seconds):
    report = json.loads(workshop.call([*prefix, "iperf3", "--client", address, "--time", seconds, "--json"], timeout=120))
    return report["end"]["sum_received"]["bits_per_second"] / 1e9


def lan(workshop):
    """Another machine: a network namespace at the end of a cable."""
    workshop.lan = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up; echo; exec sleep inf"],
                                    stdout=subprocess.PIPE)
    workshop.lan.stdout.readline()
    for line in [f"link add lan type veth peer name eth0 netns {workshop.lan.pid}", "address add 192.0.2.1/24 dev lan",
                 "link set lan up"]:
        workshop.call(["ip", *line.split()])
    inside = ["nsenter", f"--net=/proc/{workshop.lan.pid}/ns/net", "ip"]
    workshop.call([*inside, "address", "add", "192.0.2.2/24", "dev", "eth0"])
    workshop.call([*inside, "link", "set", "eth0", "up"])


class Targets:
    """Lines with a figure and what it must not exceed, or fall short of."""

    def __init__(self):
        self.missed = 0

    def say(self, words, value, limit, unit, at_least=False):
        met = value >= limit if at_least else value <= limit
        self.missed += not met
        print(f"  {words:<62}{value:9.2f} {unit:<3} {'≥' if at_least else '≤'} {limit} {'met' if met else 'MISSED'}")


def measure(options):
    workshop = Workshop(options.bin.absolute())
    targets = Targets()
    # Both inherit it: what else the machine does then disturbs them less, and both alike.
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    try:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        times = starts(workshop, options.runs)
        print(f"\nrun --rm true, {options.runs} rounds, in turns\n{'  contender':<40}{'median ms':>11}{'min':>9}{'p90':>9}{'processor':>11}")
        middle = {name: statistics.median(elapsed for elapsed, _ in series) for name, series in times.items()}
        for name, series in times.items():
            ordered = sorted(elapsed for elapsed, _ in series)
            work = statistics.median(used for _, used in series)
            print(f"  {name:<38}{middle[name]:11.2f}{ordered[0]:9.2f}{ordered[len(ordered) * 9 // 10]:9.2f}{work:11.2f}")
        print()
        targets.say("a bridge, beyond none", middle["roost, bridge"] - middle["roost, none"], 6, "ms")
        targets.say("a published port, beyond the bridge", middle["roost, port"] - middle["roost, bridge"], 2, "ms")
        targets.say("a bridge, of podman's", middle["roost, bridge"] / middle["podman, bridge"], 0.15, "x")
        lan(workshop)
        figures = {"roost": [], "podman": []}
        for number in range(3):
            for who in (["roost", "podman"], ["podman", "roost"])[number % 2]:
                figures[who].append(throughput(workshop, who, options.seconds))
        print(f"\niperf3, one stream, {options.seconds} s, the best of three, in turns, Gbit/s")
        for index, name in enumerate(["bridge, from the host", "published port, from another namespace"]):
            best = {who: max(run[index] for run in runs) for who, runs in figures.items()}
            print(f"  {name:<40}roost {best['roost']:6.2f}   podman {best['podman']:6.2f}")
            targets.say(f"{name}, of podman's", best["roost"] / best["podman"], 0.95, "x", at_least=True)
        print(f"\n{'No target missed.' if not targets.missed else f'{targets.missed} targets missed.'}")
        workshop.lan.kill()
    finally:
        workshop.end()
    return 1 if options.strict and targets.missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=30, help="measured rounds of starts (30)")
    parser.add_argument("--seconds", type=int, default=3, help="of each stream (3)")
    parser.add_argument("--bin", type=Path, default=Path("bin"), help="where roost and roost-runtime are (bin)")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        sys.exit(measure(options))
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--net"]
    os.execvp("unshare", [*namespaces, sys.executable, __file__, "--inside", *sys.argv[1:]])


main()
