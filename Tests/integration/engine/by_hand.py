# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""What a container looks like from inside, in a form that two containers of one configuration share."""
import os
import re

#: A shell script for busybox or bash with the usual tools. Sections start with "== ".
PROBE = r"""
say() { echo "== $1"; }
say namespaces; for n in cgroup ipc mnt net pid user uts time; do echo "$n $(readlink /proc/self/ns/$n)"; done
say mounts; cat /proc/self/mountinfo
say ids; grep -E '^(Uid|Gid|Groups|NoNewPrivs|Umask|Cap...|NSpid|NSpgid|NSsid):' /proc/1/status
cat /proc/self/uid_map /proc/self/gid_map
say limits; cat /proc/1/limits /proc/1/oom_score_adj
say cgroups; cat /proc/self/cgroup
cd /sys/fs/cgroup 2> /dev/null && for f in memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes \
  memory/memory.soft_limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpu/cpu.shares pids/pids.max cpuset/cpuset.cpus \
  cpuset/cpuset.mems blkio/blkio.bfq.weight blkio/blkio.weight devices/devices.list \
  memory.max memory.swap.max memory.low cpu.max cpu.weight pids.max io.weight cpuset.cpus cgroup.controllers; do
  [ ! -e $f ] || { echo "$f:"; cat $f; }; done; cd "$OLDPWD"
ls /sys/fs/cgroup
say network; ip addr; ip route; cat /proc/net/dev | cut -d: -f1
cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ip_forward 2> /dev/null
say names; cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname; cat /etc/hosts /etc/hostname /etc/resolv.conf 2> /dev/null
say devices; ls -ln /dev
say root; ls -ldn / /etc /proc /sys /dev /dev/shm /tmp 2> /dev/null | tr -s ' ' | cut -d' ' -f1,3,4,9-
say descriptors; ls /proc/1/fd
say environment; tr '\0' '\n' < /proc/1/environ
say directory; readlink /proc/1/cwd
say processes; for p in /proc/[0-9]*; do [ ! -e $p/exe ] || readlink $p/exe; done | head -n 1
say hidden; ls /proc/kcore /proc/acpi /sys/firmware 2>&1 | head -n 5; head -c 1 /proc/keys 2>&1; echo
say end
"""

_NUMBERS = re.compile(r"\b[0-9a-f]{12,64}\b")


def _namespaces(lines):
    """Whether each is the host's."""
    result = []
    for line in lines:
        name, link = line.split()
        result.append(f"{name} {'host' if link == os.readlink(f'/proc/self/ns/{name}') else 'own'}")
    return result


def _mounts(lines):
    """Without numbers, which no two mounts share: place, options, propagation, type, source, options of the file system."""
    result = []
    for line in lines:
        fields = line.split()
        dash = fields.index("-")
        propagation = [re.sub(r":\d+", "", word) for word in fields[6:dash]]
        root = _NUMBERS.sub("ID", fields[3])
        if "/hosts" in root or "/hostname" in root or "/resolv.conf" in root:
            root = "OWN/" + root.rsplit("/", 1)[1]
        options = re.sub(r"(lowerdir|upperdir|workdir)=[^,]*", r"\1", fields[dash + 3])
        source, kind = fields[dash + 2], fields[dash + 1]
        if fields[4] == "/":
            # Layers and copies lie where each tool keeps them.
            root, source, options = "/", "ROOT", "" if kind != "overlay" else options
            fields[5] = fields[5].replace(",idmapped", "")
        if root.startswith("OWN/") or (fields[4] == "/" and kind != "overlay"):
            source, options, kind = "", "", ""
        result.append((fields[4], root, fields[5], propagation, kind, source, options))
    # The list is in the order in which mounts were opened, and Roost opens sources before it attaches anything. What lies on
    # top of what is a matter of one place.
    return [" ".join(map(str, mount)) for mount in sorted(result, key=lambda mount: mount[0])]


def _devices(lines):
    """Type and mode, owner, number or nothing, name and target."""
    found = [re.match(r"(\S+) +\d+ +(\d+) +(\d+) +(\d+, +\d+|\d+) +\S+ +\d+ +[\d:]+ (.*)", line) for line in lines]
    return [" ".join([m[1], m[2], m[3], m[4] if "," in m[4] else "", m[5]]) for m in found if m]


def _network(lines):
    """Without indices, random addresses and what IPv6 makes of them."""
    result = []
    for line in lines:
        if "inet6" in line or "valid_lft" in line:
            continue
        line = re.sub(r"^\d+: ", "", line)
        # Who is at the other end, and whether it was up already when the probe looked.
        line = re.sub(r"@\w+:", ":", line)
        line = re.sub(r"(NO-CARRIER,|,LOWER_UP|,M-DOWN)", "", line)
        line = re.sub(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", "MAC", line)
        result.append(re.sub(r" link-netnsid \d+", "", line).rstrip())
    return result


def _cgroups(lines):
    """Without what another test of this machine mounts for a while: hierarchies have numbers, and come and go."""
    return [re.sub(r"^\d+:", "", line) for line in lines if "hugetlb" not in line]


def _environment(lines):
    """Without an order, and without what the script says that bash adds."""
    return sorted(line for line in lines if line != "SHLVL=0")


def view(text):
    """Sections of a probe's output, comparable."""
    sections, name = {}, None
    for line in text.splitlines():
        if line.startswith("== "):
            name = line[3:]
            sections[name] = []
        elif name:
            sections[name].append(line)
    assert name == "end", text
    result = {}
    for name, lines in sections.items():
        change = {"namespaces": _namespaces, "mounts": _mounts, "network": _network, "devices": _devices, "cgroups": _cgroups, "environment": _environment}.get(name, list)
        result[name] = [_NUMBERS.sub("ID", line) for line in change(lines)]
    return result
