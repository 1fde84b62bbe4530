# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""What the payload finds: user, environment, limits, rights, devices, names."""
import json
import os

import pytest
from harness import cgroups

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def ids(roost, *arguments):
    return roost.run(*arguments, "probe", "ids").succeeds().lines


@pytest.mark.parametrize("flags, expected", [
    ([], ["0 0 0", "0 0 0", "0"]),
    (["-u", "ann"], ["1000 1000 1000", "1000 1000 1000", "1000 2000"]),
    (["-u", "1000"], ["1000 1000 1000", "1000 1000 1000", "1000 2000"]),
    (["-u", "ann:extra"], ["1000 1000 1000", "2000 2000 2000", "2000"]),
    (["-u", "4242"], ["4242 4242 4242", "0 0 0", "0"]),
    (["-u", "4242:77"], ["4242 4242 4242", "77 77 77", "77"]),
    pytest.param(["-u", "4294967294:4294967294"], ["4294967294 4294967294 4294967294"] * 2 + ["4294967294"],
                 marks=pytest.mark.differs(runc="takes ids up to 2147483647 only")),
    (["--group-add", "extra", "--group-add", "5"], ["0 0 0", "0 0 0", "0 2000 5"]),
])
def test_user(roost, root, flags, expected):
    lines = ids(roost, *flags, root)
    assert lines[:2] == expected[:2]
    assert sorted(lines[2].split()) == sorted(expected[2].split())


def test_a_numeric_user_is_never_a_name(roost, root):
    (root / "etc/passwd").write_text("0:x:1000:1000::/:/bin/sh\n")
    assert ids(roost, "-u", "0", root)[0] == "0 0 0"


@pytest.mark.parametrize("user", ["4294967295", "4294967296", "-1", "nobody"])
def test_users_that_are_refused(roost, root, user):
    roost.run("-u", user, root, "true").fails("--user", status=125)


@pytest.mark.parametrize("make", [
    lambda path: os.mkfifo(path), lambda path: path.symlink_to("/dev/zero"), lambda path: path.mkdir(),
    lambda path: path.write_bytes(b"x" * (2 << 20)),
])
def test_a_hostile_passwd_is_an_error(roost, root, make):
    (root / "etc/passwd").unlink()
    os.mknod(root / "dev/zero", 0o666 | 0o020000, os.makedev(1, 5))
    make(root / "etc/passwd")
    roost.run("-u", "ann", root, "true", timeout=10).fails("passwd", status=125)


def test_a_passwd_outside_the_root_is_not_read(roost, root, case):
    (root / "etc/passwd").unlink()
    (root / "etc/passwd").symlink_to("../../../../../../etc/passwd")
    roost.run("-u", "root", root, "true").fails("passwd", status=125)


def test_environment(roost, root, case):
    file = case.directory_for("files", {"env": "# note\nFILE=f\nPASS\nBOTH=file\n"}) / "env"
    out = roost.run("-e", "A=b c", "-e", "PASS2", "-e", "ABSENT", "--env-file", file, "-e", "BOTH=flag", "-h", "box",
                    root, "env", env={"PASS": "p", "PASS2": "q"}).succeeds().lines
    assert {line for line in out if not line.startswith(("SHLVL", "PWD", "_="))} == {
        f"PATH={PATH}", "HOSTNAME=box", "HOME=/root", "A=b c", "FILE=f", "PASS=p", "PASS2=q", "BOTH=flag"}


def test_home_is_the_users(roost, root):
    script = "echo $HOME"
    assert roost.run("-u", "ann", root, "sh", "-c", script).succeeds().out == "/tmp\n"
    assert roost.run("-u", "4242", root, "sh", "-c", script).succeeds().out == "/\n"


def test_env_file_errors_name_the_line(roost, root, case):
    file = case.directory_for("files", {"env": "A=1\n=2\n"}) / "env"
    roost.run("--env-file", file, root, "true").fails("line 2: the variable has no name", status=125)


def test_working_directory_umask_and_limits(roost, root):
    script = "pwd; umask; ulimit -n; ulimit -c; ulimit -Hc"
    flags = ["-w", "/tmp", "--umask", "0027", "--ulimit", "nofile=123:456"]
    assert roost.run(*flags, root, "sh", "-c", script).succeeds().lines == ["/tmp", "0027", "123", "0", "0"]
    assert roost.run(root, "sh", "-c", "umask; pwd").succeeds().lines == ["0022", "/"]


def test_host_name_and_own_files(roost, root):
    script = "hostname; cat /etc/hostname /etc/hosts /etc/resolv.conf"
    out = roost.run("-h", "box", "--add-host", "db:10.0.0.5", root, "sh", "-c", script).succeeds().lines
    assert out[:2] == ["box", "box"]
    assert "127.0.0.1\tlocalhost" in out and "127.0.1.1\tbox" in out and "10.0.0.5\tdb" in out
    assert roost.run(root, "hostname").succeeds().out.strip() not in ("", "box", os.uname().nodename)


def status(roost, *arguments):
    lines = roost.run(*arguments, "cat", "/proc/self/status").succeeds().lines
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def capability_mask(*numbers):
    return f"{sum(1 << number for number in numbers):016x}"


DEFAULT = (0, 1, 3, 4, 5, 6, 7, 8, 10, 18, 31)


def test_default_rights(roost, root):
    found = status(roost, root)
    assert found["CapEff"] == found["CapBnd"] == found["CapPrm"] == capability_mask(*DEFAULT)
    assert found["CapInh"] == found["CapAmb"] == capability_mask()
    assert found["NoNewPrivs"] == "1"


def test_changed_rights(roost, root):
    flags = ["--cap-drop", "all", "--cap-add", "net_admin", "--security-opt", "no-new-privileges=false"]
    found = status(roost, *flags, root)
    assert found["CapEff"] == capability_mask(12) and found["NoNewPrivs"] == "0"
    user = status(roost, "-u", "ann", root)
    assert user["CapEff"] == capability_mask() and user["CapBnd"] == capability_mask(*DEFAULT)


def test_privileged(roost, root):
    found = status(roost, "--privileged", root)
    assert found["CapEff"] == found["CapBnd"] and int(found["CapEff"], 16) >> 37 & 1
    assert found["Seccomp"] == "0"
    script = "mount -t tmpfs none /tmp && test -w /proc/sys/kernel/hostname && ls /dev/kmsg"
    roost.run("--privileged", root, "sh", "-c", script).succeeds()


def test_hidden_paths(roost, root):
    script = "cat /proc/keys /proc/timer_list | wc -c; touch /proc/sys/kernel/hostname 2>&1; ls /sys/firmware | wc -l"
    out = roost.run(root, "sh", "-c", script).succeeds().lines
    assert out[0] == "0" and "Read-only" in out[1] and out[2] == "0"
    opened = roost.run("--security-opt", "unmask=/proc/timer_list", root, "head", "-c", "5", "/proc/timer_list")
    assert opened.succeeds().out
    masked = roost.run("--security-opt", "mask=/etc/group", root, "cat", "/etc/group").succeeds()
    assert masked.out == ""


def test_seccomp(roost, root, case):
    assert status(roost, root)["Seccomp"] == "2"
    assert "not permitted" in roost.run("--cap-add", "sys_chroot", root, "unshare", "-U", "true").fails().err
    assert status(roost, "--security-opt", "seccomp=unconfined", root)["Seccomp"] == "0"
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "archMap": [
        {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}], "syscalls": [
            {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28, "args": None,
             "excludes": {"caps": ["CAP_SYS_ADMIN"]}}]}
    file = case.directory_for("files", {"profile.json": json.dumps(profile)}) / "profile.json"
    flags = ["--security-opt", f"seccomp={file}"]
    assert "No space" in roost.run(*flags, root, "mkdir", "/new").fails().err
    roost.run(*flags, "--cap-add", "SYS_ADMIN", root, "mkdir", "/new").succeeds()
    file.write_text("{")
    roost.run(*flags, root, "true").fails("--security-opt seccomp=.*profile.json", status=125)


def test_devices(roost, root):
    script = "ls -l /dev/dump; head -c 1 /dev/kmsg"
    out = roost.run("--device", "/dev/zero:/dev/dump:r", root, "ls", "-l", "/dev/dump").succeeds().out
    assert out.startswith("crw-rw-rw-") and "1,   5" in out
    roost.run(root, "sh", "-c", script).fails()
    refused = roost.run("--device", "/dev/kmsg:/dev/kmsg:w", root, "head", "-c", "1", "/dev/kmsg")
    assert "not permitted" in refused.fails().err


def test_sysctl(roost, root):
    out = roost.run("--sysctl", "net.ipv4.ip_forward=1", "--sysctl", "kernel.msgmax=5000", root, "cat",
                    "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/msgmax").succeeds().lines
    assert out == ["1", "5000"]


def test_out_of_memory_score(roost, root):
    assert roost.run("--oom-score-adj", "321", root, "cat", "/proc/self/oom_score_adj").succeeds().out == "321\n"


def test_network_none_has_nothing_but_loopback(roost, root):
    out = roost.run(root, "ip", "-o", "addr").succeeds().lines
    assert {line.split()[1] for line in out} == {"lo"}
    roost.run(root, "ping", "-c", "1", "-W", "1", "127.0.0.1")
    assert os.readlink("/proc/self/ns/net") not in roost.run(root, "readlink", "/proc/self/ns/net").succeeds().out


def test_network_host(roost, root):
    script = "readlink /proc/self/ns/net; hostname"
    lines = roost.run("--network", "host", root, "sh", "-c", script).succeeds().lines
    assert lines == [os.readlink("/proc/self/ns/net"), os.uname().nodename]


def test_init_reaps_and_passes_on(roost, root, static_roost):
    # A process that nobody waited for would stay in /proc.
    script = "cat /proc/1/comm; pid=$(sleep 0.1 >/dev/null & echo $!); while [ -e /proc/$pid ]; do sleep 0.05; done; exit 5"
    result = roost.run("--init", root, "sh", "-c", script).fails(status=5)
    assert result.lines == ["roost-init"]
    roost.run("--init", root, "nosuch").fails("nosuch: executable file not found", status=127)
    roost.run("--init", root, "/etc/passwd").fails("/etc/passwd", status=126)
    container = roost.start("--init", "--rm", root, "sh", "-c", "echo ready; exec sleep 1000")
    # Before it has begun to, a first process takes no signals.
    assert container.line() == "ready"
    container.signal(15)
    assert container.wait() == 143


def test_limits_reach_the_kernel(roost, root):
    container = roost.start("-m", "64m", "--cpus", "0.5", "--cpu-shares", "512", "--pids-limit", "50",
                            "--cpuset-cpus", "0", "--memory-reservation", "32m", root, "sleep", "1000")

    def value(controller, v1, v2):
        return cgroups.value(container, controller, v1, v2)

    assert value("memory", "memory.limit_in_bytes", "memory.max") == str(64 << 20)
    assert value("memory", "memory.soft_limit_in_bytes", "memory.low") == str(32 << 20)
    assert value("cpu", "cpu.cfs_quota_us", "cpu.max") == ("50000 100000" if cgroups.V2 else "50000")
    assert value("cpu", "cpu.shares", "cpu.weight") == ("59" if cgroups.V2 else "512")
    assert value("pids", "pids.max", "pids.max") == "50"
    assert value("cpuset", "cpuset.cpus", "cpuset.cpus") == "0"
    assert container.cgroup("memory").parent.name == "roost"
    container.roost("rm", "-f", "box").succeeds()


def test_default_pids_limit(roost, root):
    container = roost.start("--cpu-percent", "30", root, "sleep", "1000")
    assert cgroups.value(container, "pids", "pids.max", "pids.max") == "2048"
    assert cgroups.value(container, "cpu", "cpu.cfs_quota_us", "cpu.max").split()[0] == "30000"
    container.roost("rm", "-f", "box").succeeds()


def test_out_of_memory_is_told(roost, root):
    result = roost("run", "--name", "big", "-m", "16m", root, "probe", "eat", str(64 << 20)).fails(status=137)
    assert "reached its memory limit of 16 MiB; the kernel killed probe (process " in result.err
    state = roost.inspect("big")["State"]
    assert state["OOMKilled"] is True and state["ExitCode"] == 137
    roost("run", "--name", "killed", "-m", "64m", root, "sh", "-c", "kill -9 $$; sleep 1; exit 137")
    assert roost.inspect("killed")["State"]["OOMKilled"] is False


def test_swap_below_memory_is_refused(roost, root):
    roost.run("-m", "64m", "--memory-swap", "32m", root, "true").fails("--memory-swap", status=125)
