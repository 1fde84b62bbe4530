# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Device nodes and the device cgroup."""
import pytest

from harness import cgroups

ALWAYS = {"c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm"}


def rules(container):
    return set((container.cgroup("devices") / "devices.list").read_text().splitlines())


@cgroups.on_v1
def test_default_rules(bundle):
    found = rules(bundle.create("true"))
    assert ALWAYS <= found and "a *:* rwm" not in found


@cgroups.on_v1
def test_default_rules_allow_making_any_node(bundle):
    assert {"c *:* m", "b *:* m"} <= rules(bundle.create("true"))


@cgroups.on_v1
def test_rule_allow(bundle):
    bundle.resources["devices"].append({"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rw"})
    assert "c 10:229 rw" in rules(bundle.create("true"))


@cgroups.on_v1
def test_rule_with_a_wildcard(bundle):
    bundle.resources["devices"].append({"allow": True, "type": "b", "major": 8, "access": "r"})
    assert any(rule.startswith("b 8:*") and "r" in rule.split()[2] for rule in rules(bundle.create("true")))


@cgroups.on_v1
def test_rule_allow_all(bundle):
    bundle.resources["devices"] = [{"allow": True, "access": "rwm"}]
    assert "a *:* rwm" in rules(bundle.create("true"))


@cgroups.on_v1
def test_rules_are_applied_in_order(bundle):
    bundle.resources["devices"] += [
        {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rwm"},
        {"allow": False, "type": "c", "major": 10, "minor": 229, "access": "w"}]
    found = rules(bundle.create("true"))
    assert "c 10:229 rm" in found and "c 10:229 rwm" not in found


@pytest.mark.parametrize("rule", [
    {"allow": True, "type": "q", "access": "rwm"}, {"allow": True, "type": "c", "major": 1, "access": "rwx"},
])
@pytest.mark.roost
def test_rule_that_is_wrong(bundle, rule):
    bundle.resources["devices"].append(rule)
    bundle.run("true").fails("/linux/resources/devices/1")


KMSG = {"type": "c", "major": 1, "minor": 11}


@pytest.mark.parametrize("rules, read, write", [
    ([], False, False),
    ([{"allow": True, **KMSG, "access": "r"}], True, False),
    ([{"allow": True, **KMSG, "access": "w"}], False, True),
    ([{"allow": True, "type": "c", "major": 1, "access": "rw"}], True, True),
    ([{"allow": True, "type": "c", "minor": 11, "access": "rw"}], True, True),
    ([{"allow": True, "type": "b", "major": 1, "minor": 11, "access": "rw"}], False, False),
    ([{"allow": True, **KMSG, "access": "rw"}, {"allow": False, **KMSG, "access": "w"}], True, False),
    ([{"allow": True, "access": "rwm"}], True, True),
    ([{"allow": True, "access": "rwm"}, {"allow": False, "access": "rwm"}], False, False),
    ([{"allow": True, **KMSG, "access": "rwm"}, {"allow": False, **KMSG, "access": "rwm"}], False, False),
], ids=lambda value: str(len(value)) if isinstance(value, list) else None)
def test_rules_hold(bundle, rules, read, write):
    bundle.writable().capabilities("CAP_MKNOD", "CAP_SYSLOG").resources["devices"] += rules
    script = "mknod /kmsg c 1 11 || exit 9; (: </kmsg) 2>/dev/null && echo read; (: >>/kmsg) 2>/dev/null && echo write; true"
    assert bundle.sh(script).lines == ["read"] * read + ["write"] * write


def test_node_that_is_not_allowed_cannot_be_opened(bundle):
    bundle.writable().capabilities("CAP_MKNOD")
    result = bundle.run("sh", "-c", "mknod /kmsg c 1 11 && cat /kmsg")
    result.fails("not permitted")


def test_device_node(bundle):
    bundle.linux["devices"] = [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 0o640,
                                "uid": 7, "gid": 8}]
    assert bundle.run("stat", "-c", "%F %t:%T %a %u %g", "/dev/fuse").succeeds().out == \
        "character special file a:e5 640 7 8\n"


def test_device_node_in_a_new_directory(bundle):
    bundle.linux["devices"] = [{"path": "/dev/net/tun", "type": "c", "major": 10, "minor": 200}]
    assert bundle.run("stat", "-c", "%t:%T", "/dev/net/tun").succeeds().out == "a:c8\n"


def test_device_node_outside_dev(bundle):
    bundle.writable().linux["devices"] = [{"path": "/opt/null", "type": "c", "major": 1, "minor": 3}]
    assert bundle.run("stat", "-c", "%t:%T", "/opt/null").succeeds().out == "1:3\n"


def test_block_device_node(bundle):
    bundle.linux["devices"] = [{"path": "/dev/ram", "type": "b", "major": 1, "minor": 0}]
    assert bundle.run("stat", "-c", "%F", "/dev/ram").succeeds().out == "block special file\n"


def test_fifo_node(bundle):
    bundle.linux["devices"] = [{"path": "/dev/pipe", "type": "p"}]
    assert bundle.run("stat", "-c", "%F", "/dev/pipe").succeeds().out == "fifo\n"


@pytest.mark.differs(runc="1.1.5 then takes its own rule for the device away")
def test_device_node_that_replaces_a_default_one(bundle):
    bundle.linux["devices"] = [{"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 0o600}]
    assert bundle.run("stat", "-c", "%t:%T", "/dev/null").succeeds().out == "1:3\n"


@pytest.mark.roost
@pytest.mark.parametrize("device, pointer", [
    ({"path": "/dev/x", "type": "q", "major": 1, "minor": 3}, "/linux/devices/0/type"),
    ({"path": "dev/x", "type": "c", "major": 1, "minor": 3}, "/linux/devices/0/path"),
    ({"path": "/dev/../../x", "type": "c", "major": 1, "minor": 3}, "/linux/devices/0/path"),
    ({"type": "c", "major": 1, "minor": 3}, "/linux/devices/0"),
    ({"path": "/dev/x", "type": "c", "major": -1, "minor": 3}, "/linux/devices/0/major"),
])
def test_device_node_that_is_wrong(bundle, device, pointer):
    bundle.linux["devices"] = [device]
    bundle.run("true").fails(pointer)


def test_device_nodes_in_a_user_namespace_are_bound(bundle):
    """Nobody may make a node there, so the host's is bound."""
    bundle.user_namespace()
    assert bundle.sh("stat -c %t:%T /dev/null; echo x >/dev/null").out == "1:3\n"


def test_ptmx_opens_a_terminal(bundle):
    assert bundle.sh("exec 3<>/dev/ptmx; ls /dev/pts").lines == ["0", "ptmx"]


def test_exec_is_held_to_the_rules(bundle):
    container = bundle.writable().capabilities("CAP_MKNOD").sleeper()
    container.exec("sh", "-c", "mknod /kmsg c 1 11 && cat /kmsg").fails("not permitted")
