# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`roost explain --format sh`: its script runs, and what it makes looks from inside as what Roost makes."""
import os
import re
import subprocess
import tarfile

import pytest
from by_hand import PROBE, view
from harness import sandbox
from harness.patience import patient
from roost import NETWORK_FLAGS

TOOLS = "host:bash,cat,ls,readlink,grep,ip,tr,cut,head"


def run_script(roost, text, stdin=b""):
    path = roost.case.directory / "by-hand.sh"
    path.write_text(text)
    prefix = roost.host.prefix if getattr(roost, "host", None) else []
    done = subprocess.run([*prefix, "bash", str(path)], input=stdin, capture_output=True, timeout=patient(60),
                          env={**os.environ, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def differences(script):
    """What the script's own comments list."""
    listed = re.search(r"different from Roost's container:\n#\n?((?:#   - .*\n)+)|different from Roost's container:\n((?:#   - .*\n)+)",
                       script)
    assert listed, script[:2000]
    return [line[6:] for line in (listed[1] or listed[2]).splitlines()]


def compare(roost, flags, root, shell="sh"):
    if not NETWORK_FLAGS.intersection(flags):
        flags = ["--network", "none", *flags]
    # The test's host gives NET_RAW to `run`; the explanation must do the same.
    more = ["--cap-add", "NET_RAW"] if getattr(roost, "host", None) else []
    command = [*flags, root, shell, "-c", PROBE]
    script = roost("explain", "--format", "sh", "--rm", *more, *command).succeeds().out
    by_roost = view(roost.run(*command).succeeds().out)
    status, out, err = run_script(roost, script)
    assert status == 0, (err, out, script)
    by_hand = view(out)
    for section, lines in by_roost.items():
        assert by_hand[section] == lines, (section, err)
    assert not err, err
    assert not [name for name in os.listdir("/run") if name.startswith("by-hand")]
    identifier = re.search(r"/roost/([0-9a-f]{64})", script)
    assert not identifier or not sandbox.cgroups_named(identifier[1])
    return script


def test_nothing_but_defaults(net, root):
    script = compare(net, ["--hostname", "box"], root)
    assert len(differences(script)) == 3, differences(script)
    for words in ("system call filter", "session keyring", "environment"):
        assert any(words in line for line in differences(script)), words


def test_seed_1_limits_and_a_cable(net, root, case):
    archive = case.directory / "mini root.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(root, ".")
    flags = ["--hostname", "box", "--memory", "64m", "--cpus", "0.1", "--ip", "10.0.0.1/24", "--host-ip", "10.0.0.2/24"]
    compare(net, flags, archive)


def test_seed_2_settings(net, root):
    net.host.sh("ip link add br0 type bridge; ip link set br0 up")
    flags = ["--hostname", "box", "-u", "99:98", "-m", "16m", "--cpu-percent", "5", "--network", "bridge:br0",
             "--ip", "192.168.1.228/24", "--gateway", "192.168.1.1"]
    compare(net, flags, root)


def test_seed_3_host_programs(net):
    compare(net, ["--hostname", "box", "-m", "512m", "--cpus", "0.3"], TOOLS, shell="bash")


def test_seed_4_layer_and_name(net, root):
    compare(net, ["--hostname", "box", "--overlay", "--init=false"], root)


def test_seed_5_all_namespaces_and_limits(net, root):
    flags = ["--hostname", "box", "--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536", "-m", "1g", "--cpu-percent", "50",
             "--pids-limit", "333", "--io-weight", "20"]
    script = compare(net, flags, root)
    assert any("copy" in line for line in differences(script))


def test_files(net, root, case):
    data = case.directory_for("data", {"file": "x", "below/file": "y"})
    flags = ["--hostname", "box", "--read-only", "--tmpfs", "/tmp:size=1m", "-v", f"{data}:/mnt:ro", "-v", f"{data}/file:/etc/one",
             "--shm-size", "2m", "-w", "/root", "--umask", "077", "-e", "A=1 2'3", "-e", "B=\n\"x"]
    compare(net, flags, root)


def test_privileged(net, root):
    script = compare(net, ["--hostname", "box", "--privileged"], root)
    assert not any("filter" in line for line in differences(script))


def test_rights(net, root):
    flags = ["--hostname", "box", "--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", "-u", "1000:1000", "--group-add", "5",
             "--ulimit", "nofile=100:200", "--oom-score-adj", "500", "--security-opt", "no-new-privileges=false"]
    compare(net, flags, root)


def test_settings_of_the_kernel(net, root):
    flags = ["--hostname", "box", "--sysctl", "net.ipv4.ip_forward=1", "--sysctl", "kernel.msgmax=4096", "--cpuset-cpus", "0",
             "--cpu-shares", "512", "--memory-reservation", "32m", "--device", "/dev/null:/dev/other:r"]
    compare(net, flags, root)


def test_the_hosts_network(roost, root):
    compare(roost, ["--network", "host", "--hostname", "box"], root)


def test_a_bundle_of_another_tool(roost, case):
    bundle = case.bundle().args("sh", "-c", PROBE)
    bundle.linux["cgroupsPath"] = "/" + case.new_id()
    by_runtime = view(bundle.run().succeeds().out)
    roost.network = None
    script = roost("explain", "--format", "sh", bundle.directory).succeeds().out
    status, out, err = run_script(roost, script)
    assert status == 0, (err, script)
    by_hand = view(out)
    for section, lines in by_runtime.items():
        assert by_hand[section] == lines, (section, err)


def test_exit_status_and_input(roost, root):
    script = roost("explain", "--format", "sh", root, "sh", "-c", "read line; echo got $line; exit 7").succeeds().out
    assert run_script(roost, script, b"input\n")[:2] == (7, "got input\n")
    missing = roost("explain", "--format", "sh", root, "/no/such").succeeds().out
    status, _, err = run_script(roost, missing)
    assert status == 127 and "/no/such" in err


def test_links_in_the_root_are_refused(roost, root, case):
    (root / "proc").rmdir()
    (root / "proc").symlink_to("/tmp")
    script = roost("explain", "--format", "sh", root, "true").succeeds().out
    status, _, err = run_script(roost, script)
    assert status == 125 and "/proc: a link in the root leads to /tmp" in err
    assert not [name for name in os.listdir("/run") if name.startswith("by-hand")]


@pytest.mark.parametrize("flags, words", [
    (["--mount", "type=bind,src=/tmp,dst=/mnt,idmap"], "idmap"),
])
def test_what_no_shell_tool_can_do_is_an_error(roost, root, flags, words):
    result = roost("explain", "--format", "sh", *flags, root, "true")
    assert result.status == 125 and words in result.err
