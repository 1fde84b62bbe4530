# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""podman and conmon."""
import json
import os

import pytest

from harness import sandbox, users
from harness.case import eventually
from tool import Tool

pytestmark = pytest.mark.needs("podman", "conmon")


@pytest.fixture(scope="module")
def podman(runtime, scratch, archive, word):
    home = scratch / "podman"
    home.mkdir()
    # Who may be mapped is the machine's business; here it is this file's.
    ids = home / "ids"
    ids.write_text("containers:200000:1000000\nroot:200000:1000000\n")
    for file in ("/etc/subuid", "/etc/subgid"):
        sandbox.mount(str(ids), file, None, sandbox.MS_BIND)
    tool = Tool(
        "podman", "--root", home / "root", "--runroot", home / "run", "--tmpdir", home / "tmp", "--runtime", runtime.path,
        "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--network-config-dir", home / "networks",
        "--storage-driver", "overlay")
    print(tool.out("--version"))
    tool("import", "--change", "ENV PATH=/bin", archive, "busy").succeeds()
    yield tool
    tool("pod", "rm", "--all", "--force", "--time", "0")
    tool("rm", "--all", "--force", "--time", "0")
    for file in ("/etc/subuid", "/etc/subgid"):
        sandbox.unmount(file)


@pytest.fixture
def options(word):
    """What each container needs here: raising limits is not allowed, and cgroups stay below one parent."""
    return ["--cgroup-parent", f"/{word}", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]


@pytest.fixture
def run(podman, options):
    def run(*arguments):
        return podman("run", "--rm", *options, *arguments)
    return run


@pytest.fixture
def sleeper(podman, options):
    """Makes containers that sleep, and removes them."""
    made = []

    def make(*arguments, command=("sleep", "1000")):
        made.append(podman.out("run", "--detach", *options, "--network", "none", *arguments, "busy", *command))
        return made[-1]

    yield make
    for name in made:
        podman("rm", "--force", "--time", "0", name)


@pytest.mark.parametrize("network", ["none", "host", "bridge"])
def test_run(run, network):
    result = run("--network", network, "busy", "sh", "-c", "ls /sys/class/net; exit 3")
    assert result.status == 3, result
    assert ("eth0" in result.out) == (network == "bridge")


def test_run_on_a_terminal(podman, options):
    status, shown = podman.on_terminal(
        "run", "--rm", *options, "--network", "none", "--interactive", "--tty", "busy", "sh", "-c", "tty; exit 4")
    assert (status, "/dev/pts/0" in shown) == (4, True), shown


def test_program_that_is_missing(run):
    result = run("--network", "none", "busy", "no-such-program")
    assert result.status == 127, result
    assert "not found" in result.err


def test_program_that_is_none(run):
    assert run("--network", "none", "busy", "/etc").status == 126


def test_limits(run):
    memory = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null"
    assert run("--network", "none", "--memory", "64m", "--cpus", "0.5", "busy", "sh", "-c", memory).out.strip() == "67108864"


def test_init_process(run):
    assert "podman-init" in run("--network", "none", "--init", "busy", "sh", "-c", "cat /proc/1/comm").out


@pytest.mark.parametrize("mode", ["auto", "auto:size=70000"])
def test_user_namespace(run, mode):
    first = run("--network", "none", "--userns", mode, "busy", "cat", "/proc/self/uid_map").succeeds().out.split()
    assert first[0] == "0" and int(first[1]) >= 200000


@pytest.mark.needs("newuidmap")
def test_ordinary_user_keeps_their_id(runtime, scratch, archive):
    """Maps by newuidmap and newgidmap, and no cgroups."""
    home = scratch / "ordinary"
    (home / "shared").mkdir(parents=True)
    for path in (home, home / "shared"):
        os.chown(path, users.UID, users.UID)
    work = scratch / "users"
    work.mkdir()
    tool = Tool(
        "podman", "--root", home / "root", "--runroot", home / "run", "--tmpdir", home / "tmp", "--runtime", runtime.path,
        "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--storage-driver", "vfs",
        HOME=str(home), XDG_RUNTIME_DIR=str(home)).as_user(users.UID)
    with users.known(work, subordinate=True):
        tool("import", archive, "busy").succeeds()
        shown = tool.out("run", "--rm", "--network", "none", "--userns", "keep-id", "--volume",
                         f"{home}/shared:/data", "busy", "sh", "-c", "touch /data/made; id -u; cat /proc/self/uid_map")
        assert shown.split()[0] == str(users.UID)
        tool("system", "migrate").succeeds()
    assert (home / "shared/made").stat().st_uid == users.UID


KUBE = """\
apiVersion: v1
kind: Pod
metadata:
  name: played
spec:
  hostNetwork: true
  restartPolicy: Never
  containers:
  - name: first
    image: localhost/busy
    command: [/bin/sh, -c, 'echo begun; sleep 1000']
    env: [{name: COLOUR, value: red}]
    resources: {limits: {memory: 64Mi}}
    volumeMounts: [{name: shared, mountPath: /shared}]
  - name: second
    image: localhost/busy
    command: [/bin/sleep, '1000']
    securityContext: {runAsUser: 1000, readOnlyRootFilesystem: true}
    volumeMounts: [{name: shared, mountPath: /shared, readOnly: true}]
  volumes:
  - name: shared
    hostPath: {path: DIRECTORY, type: Directory}
"""


def remove_tree(directory):
    """Whether a cgroup and those below it, which hold no process any more, are gone."""
    for inner, _, _ in os.walk(directory, topdown=False):
        try:
            os.rmdir(inner)
        except OSError:
            return False
    return True


@pytest.mark.needs("catatonit")
def test_play_kube(podman, options, scratch):
    """A pod as Kubernetes describes it. podman has no flags for limits here: its configuration has them."""
    (scratch / "played").mkdir()
    before = sandbox.cgroups_named("libpod_parent")
    (scratch / "kube.yaml").write_text(KUBE.replace("DIRECTORY", str(scratch / "played")))
    podman("play", "kube", scratch / "kube.yaml", seconds=120).succeeds()
    try:
        first, second = "played-first", "played-second"
        eventually(lambda: podman.out("logs", first) == "begun")
        assert podman.out("exec", first, "sh", "-c", "echo $COLOUR >/shared/file; echo $COLOUR") == "red"
        assert podman.out("exec", second, "cat", "/shared/file") == "red"
        assert podman.out("exec", second, "id", "-u") == "1000"
        for path in ("/shared/new", "/new"):
            assert "Read-only" in podman("exec", second, "touch", path).err
        assert podman.out("inspect", "--format", "{{.HostConfig.Memory}}", first) == str(64 << 20)
    finally:
        removed = podman("play", "kube", "--down", scratch / "kube.yaml")
        # Of a controller that is not mounted podman makes a directory with files, which it then cannot remove.
        assert removed.status == 0 or "directory not empty" in removed.err + removed.out, removed
        # Its own parent of cgroups, which stands beside what bears the session's word.
        for directory in set(sandbox.cgroups_named("libpod_parent")) - set(before):
            eventually(lambda: not os.path.isdir(directory) or remove_tree(directory), f"{directory} is empty")


def test_exec(podman, sleeper):
    name = sleeper()
    result = podman("exec", "--env", "COLOUR=red", "--user", "1000", "--workdir", "/tmp", name, "sh", "-c",
                    "echo $COLOUR $(id -u) $PWD; exit 5")
    assert (result.status, result.out) == (5, "red 1000 /tmp\n")
    assert podman("exec", name, "no-such-program").status == 127
    status, shown = podman.on_terminal("exec", "--interactive", "--tty", name, "tty")
    assert status == 0 and "/dev/pts/" in shown


def test_life_cycle(podman, sleeper):
    name = sleeper("--memory", "64m")
    assert podman.out("inspect", "--format", "{{.State.Status}}", name) == "running"
    podman("pause", name).succeeds()
    assert podman.out("inspect", "--format", "{{.State.Status}}", name) == "paused"
    podman("unpause", name).succeeds()
    assert "sleep 1000" in podman.out("top", name)
    assert json.loads(podman.out("stats", "--no-stream", "--format", "json", name))[0]["pids"] == "1"
    podman("update", "--memory", "128m", name).succeeds()
    podman("kill", "--signal", "KILL", name).succeeds()
    eventually(lambda: podman.out("inspect", "--format", "{{.State.Status}}", name) == "exited")
    assert podman.out("inspect", "--format", "{{.State.ExitCode}}", name) == "137"


def test_stop_waits_for_the_program(podman, sleeper):
    name = sleeper(command=("sh", "-c", "trap 'echo ended; exit 6' TERM; echo begun; while :; do sleep 0.1; done"))
    eventually(lambda: "begun" in podman.out("logs", name))
    podman("stop", "--time", "10", name).succeeds()
    assert podman.out("inspect", "--format", "{{.State.ExitCode}}", name) == "6"
    assert podman.out("logs", name) == "begun\nended"


def test_start_again(podman, sleeper):
    name = sleeper()
    podman("restart", "--time", "0", name).succeeds()
    assert podman.out("inspect", "--format", "{{.State.Status}}", name) == "running"


def test_health_check(podman, sleeper):
    name = sleeper("--health-cmd", "test -e /tmp/well", "--health-interval", "disable")
    assert podman("healthcheck", "run", name).status == 1
    podman("exec", name, "touch", "/tmp/well").succeeds()
    podman("healthcheck", "run", name).succeeds()


@pytest.mark.needs("catatonit")
def test_pod_shares_its_namespaces(podman, options, word):
    podman("pod", "create", "--name", "pod", "--network", "none", "--cgroup-parent", f"/{word}").succeeds()
    limits = options[2:]
    podman("run", "--detach", "--pod", "pod", *limits, "--name", "one", "busy", "sh", "-c", "hostname two; sleep 1000").succeeds()
    spaces = podman.out("run", "--rm", "--pod", "pod", *limits, "busy", "readlink", "/proc/self/ns/net")
    assert spaces == podman.out("exec", "one", "readlink", "/proc/self/ns/net")
    result = podman("pod", "rm", "--force", "--time", "0", "pod")
    # Of a controller that is not mounted podman makes a directory with files, which it then cannot remove.
    assert result.status == 0 or "directory not empty" in result.err, result


def test_volume_and_read_only_root(podman, run, scratch):
    (scratch / "shared").mkdir(exist_ok=True)
    result = run("--network", "none", "--read-only", "--volume", f"{scratch}/shared:/data", "busy", "sh", "-c",
                 "touch /data/made; touch /refused")
    assert result.status == 1 and "Read-only" in result.err
    assert (scratch / "shared/made").exists()


def test_build(podman, options, scratch, word):
    context = scratch / "context"
    context.mkdir()
    (context / "Containerfile").write_text("FROM localhost/busy\nRUN echo built > /made\nCMD [\"cat\", \"/made\"]\n")
    # The builder's container takes the parent itself for its cgroup, which must not have children then.
    limits = ["--cgroup-parent", f"/{word}/build", *options[2:]]
    podman("build", "--network", "none", *limits, "--tag", "built", context, seconds=120).succeeds()
    assert podman.out("run", "--rm", *options, "--network", "none", "built") == "built"
