# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Docker, its compose, and Swarm: three replicas, four, and one that is killed and replaced."""
import json
import os

import pytest

from harness import sandbox
from harness.case import eventually
from tool import Daemon, Tool

pytestmark = pytest.mark.needs("dockerd", "docker", "containerd")

# A binary of another origin may stand before Debian's in PATH.
DOCKER = "/usr/bin/docker"


@pytest.fixture(scope="module")
def docker(runtime, scratch, archive, word):
    home = scratch / "docker"
    home.mkdir()
    # dockerd keeps its key below /etc whatever it is told.
    os.makedirs("/etc/docker", exist_ok=True)
    sandbox.mount("tmpfs", "/etc/docker", "tmpfs")
    settings = home / "daemon.json"
    settings.write_text(json.dumps({
        "data-root": f"{home}/root", "exec-root": f"{home}/exec", "pidfile": f"{home}/pid",
        "hosts": [f"unix://{home}/socket"], "cgroup-parent": f"/{word}", "storage-driver": "overlay2",
        "exec-opts": ["native.cgroupdriver=cgroupfs"], "default-runtime": "tested",
        "runtimes": {"tested": {"path": str(runtime.path)}}}))
    daemon = Daemon(home / "log", "dockerd", "--config-file", settings)
    tool = Tool(DOCKER, DOCKER_HOST=f"unix://{home}/socket", DOCKER_CONFIG=str(home))
    daemon.until(lambda: tool("info").status == 0, seconds=60)
    print(tool.out("version", "--format", "Docker {{.Server.Version}}"))
    tool("import", archive, "busy").succeeds()
    yield tool
    tool("swarm", "leave", "--force")
    containers = tool.out("ps", "--all", "--quiet").split()
    if containers:
        tool("rm", "--force", *containers)
    daemon.stop()
    sandbox.unmount("/etc/docker")


@pytest.fixture
def sleeper(docker):
    made = []

    def make(*flags, command=("sleep", "1000")):
        made.append(docker.out("run", "--detach", *flags, "busy", *command))
        return made[-1]

    yield make
    for name in made:
        docker("rm", "--force", name)


def inspect(docker, name, what):
    return docker.out("inspect", "--format", "{{" + what + "}}", name)


def test_default_runtime(docker):
    assert docker.out("info", "--format", "{{.DefaultRuntime}}") == "tested"


def test_run(docker):
    result = docker("run", "--rm", "busy", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (result.status, result.out, result.err) == (3, "out\n", "err\n")


def test_run_on_a_terminal(docker):
    status, shown = docker.on_terminal("run", "--rm", "--interactive", "--tty", "busy", "sh", "-c", "tty; exit 4")
    assert (status, "/dev/pts/0" in shown) == (4, True), shown


@pytest.mark.parametrize("command, status", [("no-such-program", 127), ("/etc", 126)])
@pytest.mark.differs(crun="1.8.1 has other words than those that Docker looks for")
def test_program_that_cannot_start(docker, command, status):
    assert docker("run", "--rm", "busy", command).status == status


def test_bridge(docker, sleeper):
    name = sleeper("--name", "peer", command=("sh", "-c", "echo served >/tmp/index.html; exec httpd -f -h /tmp"))
    address = inspect(docker, name, ".NetworkSettings.IPAddress")
    eventually(lambda: docker("run", "--rm", "busy", "wget", "-qO-", f"http://{address}/").out == "served\n")


def test_exec(docker, sleeper):
    name = sleeper()
    result = docker("exec", "--env", "COLOUR=red", "--user", "1000", name, "sh", "-c", "echo $COLOUR $(id -u); exit 5")
    assert (result.status, result.out) == (5, "red 1000\n")
    assert docker("exec", name, "no-such-program").status in (126, 127)


def test_life_cycle(docker, sleeper):
    name = sleeper("--memory", "64m", "--init")
    docker("pause", name).succeeds()
    assert inspect(docker, name, ".State.Status") == "paused"
    docker("unpause", name).succeeds()
    assert "sleep 1000" in docker.out("top", name)
    assert "64MiB" in docker.out("stats", "--no-stream", name)
    docker("update", "--memory", "128m", "--memory-swap", "128m", "--cpus", "0.5", name).succeeds()
    assert "128MiB" in docker.out("stats", "--no-stream", name)
    docker("stop", "--time", "5", name).succeeds()
    assert inspect(docker, name, ".State.ExitCode") == "143"
    docker("start", name).succeeds()
    docker("kill", name).succeeds()
    eventually(lambda: inspect(docker, name, ".State.Status") == "exited")
    assert inspect(docker, name, ".State.ExitCode") == "137"


def test_logs(docker, sleeper):
    name = sleeper(command=("sh", "-c", "echo first; echo second"))
    eventually(lambda: docker.out("logs", name) == "first\nsecond")


def test_restart_policy(docker, sleeper):
    name = sleeper("--restart", "on-failure:2", command=("sh", "-c", "exit 1"))
    eventually(lambda: inspect(docker, name, ".RestartCount") == "2", seconds=30)
    eventually(lambda: inspect(docker, name, ".State.Status") == "exited")


def test_memory_limit_that_is_reached(docker, sleeper):
    name = sleeper("--memory", "16m", "--memory-swap", "16m", command=("sh", "-c", "tail /dev/zero"))
    eventually(lambda: inspect(docker, name, ".State.Status") == "exited", seconds=30)
    assert inspect(docker, name, ".State.OOMKilled") == "true"


def test_hardened(docker):
    result = docker("run", "--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--user", "1000:1000",
                    "--security-opt", "no-new-privileges", "--pids-limit", "50", "--ulimit", "core=0", "--sysctl",
                    "net.ipv4.ip_forward=0", "--hostname", "box", "busy", "sh", "-c",
                    "hostname; grep -E 'NoNewPrivs|CapEff|Seccomp:' /proc/self/status; touch /tmp/x; touch /x")
    assert result.status == 1 and "Read-only" in result.err
    assert result.out.split() == ["box", "CapEff:", "0000000000000000", "NoNewPrivs:", "1", "Seccomp:", "2"]


@pytest.mark.differs(runc="1.1.5 fails where root lacks a capability", crun="1.8.1 likewise")
def test_privileged(docker):
    assert docker.out("run", "--rm", "--privileged", "busy", "sh", "-c", "mount -t tmpfs none /mnt 2>&1 || mkdir /mnt && "
                      "mount -t tmpfs none /mnt && echo mounted").endswith("mounted")


@pytest.mark.needs("docker-compose")
def test_compose(docker, scratch):
    project = scratch / "project"
    project.mkdir()
    (project / "docker-compose.yml").write_text(
        "version: '3'\nservices:\n"
        "  web:\n    image: busy\n    command: sh -c 'echo served >/tmp/index.html; exec httpd -f -h /tmp'\n"
        "  client:\n    image: busy\n    depends_on: [web]\n"
        "    command: sh -c 'until wget -qO- http://web/; do sleep 0.2; done'\n")
    compose = Tool("docker-compose", "--file", project / "docker-compose.yml", **docker.environment)
    try:
        compose("up", "--detach", seconds=90).succeeds()
        eventually(lambda: "served" in compose("logs", "--no-color", "client").out, seconds=30)
    finally:
        compose("down", "--timeout", "0", seconds=90).succeeds()


def tasks(docker):
    """Containers of the service that run, by id."""
    return set(docker.out("ps", "--quiet", "--no-trunc", "--filter", "label=com.docker.swarm.service.name=birds").split())


def test_swarm(docker):
    docker("swarm", "init", "--advertise-addr", "127.0.0.1").succeeds()
    docker("service", "create", "--detach", "--name", "birds", "--replicas", "3", "--endpoint-mode", "dnsrr", "busy",
           "sleep", "1000").succeeds()
    eventually(lambda: len(tasks(docker)) == 3, "three replicas", seconds=60)
    for task in tasks(docker):
        assert inspect(docker, task, ".HostConfig.Runtime") == "tested"
    docker("service", "scale", "--detach", "birds=4").succeeds()
    eventually(lambda: len(tasks(docker)) == 4, "four replicas", seconds=60)
    before = tasks(docker)
    victim = before.pop()
    docker("kill", victim).succeeds()
    eventually(lambda: len(tasks(docker)) == 4 and victim not in tasks(docker), "a replacement", seconds=60)
    assert before < tasks(docker)
    docker("service", "rm", "birds").succeeds()
    eventually(lambda: not tasks(docker), "no replica", seconds=60)
    docker("swarm", "leave", "--force").succeeds()
