# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""containerd's CRI plug-in with the runtime as a handler, as in a node of Kubernetes with a RuntimeClass."""
import json

import pytest

import image
from harness.case import eventually
from tool import Daemon, Tool

pytest.importorskip("grpc", reason="python3-grpcio is not installed: Scripts/packages.sh callers")
import cri  # noqa: E402
import grpc  # noqa: E402

pytestmark = pytest.mark.needs("containerd", "ctr", "containerd-shim-runc-v2")

PAUSE = "docker.io/library/pause:latest"
ON_NODE, OWN = 2, 0
RUNNING, EXITED = 1, 2

SETTINGS = """\
version = 2
root = '{home}/root'
state = '{home}/state'
disabled_plugins = ['io.containerd.snapshotter.v1.btrfs']
[grpc]
address = '{home}/socket'
[plugins.'io.containerd.grpc.v1.cri']
sandbox_image = '{pause}'
# Lowering the score needs a capability that not every root has.
restrict_oom_score_adj = true
stream_server_port = '0'
[plugins.'io.containerd.grpc.v1.cri'.cni]
bin_dir = '/usr/lib/cni'
conf_dir = '{home}/cni'
[plugins.'io.containerd.grpc.v1.cri'.containerd]
default_runtime_name = 'roost'
[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.roost]
runtime_type = 'io.containerd.runc.v2'
[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.roost.options]
BinaryName = '{runtime}'
"""

NETWORK = {"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipam": {
    "type": "host-local", "subnet": "10.94.0.0/24", "routes": [{"dst": "0.0.0.0/0"}]}}]}


@pytest.fixture(scope="module")
def client(scratch, archive, runtime):
    home = scratch / "cri"
    (home / "cni").mkdir(parents=True)
    network = json.loads(json.dumps(NETWORK))
    network["plugins"][0]["ipam"]["dataDir"] = str(home / "addresses")
    (home / "cni/10-pods.conflist").write_text(json.dumps(network))
    (home / "config.toml").write_text(SETTINGS.format(home=home, pause=PAUSE, runtime=runtime.path))
    daemon = Daemon(home / "log", "containerd", "--config", home / "config.toml")
    ctr = Tool("ctr", "--address", home / "socket", "--namespace", "k8s.io")
    daemon.until(lambda: ctr("version").status == 0)
    for name, command in ((image.NAME, ["sh"]), (PAUSE, ["sleep", "100000"])):
        ctr("images", "import", image.layout(archive, home / "image.tar", name, command)).succeeds()
    client = cri.Client(home / "socket")
    daemon.until(lambda: images_are_known(client))
    yield client
    for sandbox in client("ListPodSandbox", {}).get(1, []):
        name = cri.text(cri.decode(sandbox), 1)
        client("StopPodSandbox", {1: name})
        client("RemovePodSandbox", {1: name})
    client.channel.close()
    daemon.stop()


def images_are_known(client):
    try:
        listed = client.channel.unary_unary("/runtime.v1.ImageService/ListImages", cri.encode, cri.decode)({}, timeout=10)
    except grpc.RpcError:
        return False
    return len(listed.get(1, [])) == 2


class Pod:
    def __init__(self, client, name, word, network):
        self.client = client
        # metadata: name, uid, namespace; linux: cgroup_parent, security_context.namespace_options
        self.config = {1: {1: name, 2: name, 3: "default"}, 8: {1: f"/{word}", 2: {1: {1: network, 2: 1, 3: OWN}}}}
        if network != ON_NODE:
            self.config[2] = name  # hostname
        self.id = cri.text(client("RunPodSandbox", {1: self.config, 2: "roost"}), 1)

    def container(self, name, *command, limits=None):
        # metadata, image, command, linux.resources
        config = {1: {1: name}, 2: {1: image.NAME}, 3: list(command), 15: {1: limits or {}, 2: {3: self.config[8][2][1]}}}
        made = self.client("CreateContainer", {1: self.id, 2: config, 3: self.config})
        return cri.text(made, 1)

    def start(self, name, *command, **options):
        container = self.container(name, *command, **options)
        self.client("StartContainer", {1: container})
        return container

    def status(self, container):
        """state and exit code"""
        status = cri.decode(self.client("ContainerStatus", {1: container})[1][0])
        return status.get(3, [0])[0], status.get(7, [0])[0]

    def execute(self, container, *command):
        """standard output and exit code"""
        result = self.client("ExecSync", {1: container, 2: list(command), 3: 30})
        return cri.text(result, 1), result.get(3, [0])[0]


@pytest.fixture
def pod(client, word):
    made = []

    def make(name, network=ON_NODE):
        made.append(Pod(client, name, word, network))
        return made[-1]

    yield make
    for pod in made:
        client("StopPodSandbox", {1: pod.id})
        client("RemovePodSandbox", {1: pod.id})


def test_container_runs_to_its_end(pod):
    pod = pod("end")
    container = pod.start("once", "sh", "-c", "exit 3")
    eventually(lambda: pod.status(container)[0] == EXITED)
    assert pod.status(container) == (EXITED, 3)


def test_program_that_is_missing(pod):
    pod = pod("missing")
    with pytest.raises(grpc.RpcError) as failure:
        pod.start("none", "no-such-program")
    assert "no-such-program" in failure.value.details() and "not found" in failure.value.details()


def test_execute(pod):
    pod = pod("execute")
    container = pod.start("sleeper", "sleep", "1000")
    assert pod.execute(container, "sh", "-c", "echo inside; exit 5") == ("inside\n", 5)
    with pytest.raises(grpc.RpcError) as failure:
        pod.execute(container, "no-such-program")
    assert "no-such-program" in failure.value.details()


def test_limits_and_their_change(client, pod):
    pod = pod("limits")
    # memory_limit_in_bytes
    container = pod.start("sleeper", "sleep", "1000", limits={4: 64 << 20})
    show = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"
    assert pod.execute(container, "sh", "-c", show) == (f"{64 << 20}\n", 0)
    client("UpdateContainerResources", {1: container, 2: {4: 128 << 20}})
    assert pod.execute(container, "sh", "-c", show) == (f"{128 << 20}\n", 0)


def test_containers_share_the_network_of_their_pod(pod):
    pod = pod("network", OWN)
    first, second = (pod.start(name, "sleep", "1000") for name in ("first", "second"))
    spaces = {pod.execute(container, "readlink", "/proc/self/ns/net")[0] for container in (first, second)}
    assert len(spaces) == 1
    shown = pod.execute(first, "ip", "-4", "-o", "addr", "show", "eth0")[0]
    assert "10.94.0." in shown
    assert pod.execute(second, "hostname")[0] == "network\n"


def test_stop_and_remove(client, pod):
    pod = pod("stop")
    container = pod.start("stubborn", "sh", "-c", "trap 'exit 6' TERM; while :; do sleep 0.1; done")
    assert pod.status(container)[0] == RUNNING
    client("StopContainer", {1: container, 2: 10})
    assert pod.status(container) == (EXITED, 6)
    client("RemoveContainer", {1: container})
    with pytest.raises(grpc.RpcError):
        pod.status(container)
