# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""What plug-ins of the Container Network Interface are told, by one that writes it down: versions, capabilities, CHECK, GC."""
import json

import pytest
from cni import DIRECTORY, Recorder
from hosts import settings, sleeper

ALL = ["0.4.0", "1.0.0", "1.1.0"]
RESULT = {"cniVersion": "1.1.0", "ips": [{"address": "10.9.0.7/24", "gateway": "10.9.0.1", "interface": 1}],
          "interfaces": [{"name": "host0", "mac": "02:00:00:00:00:01"},
                         {"name": "eth0", "mac": "02:00:00:00:00:02", "sandbox": "/proc/1/ns/net"}],
          "dns": {"nameservers": ["10.9.0.53"], "search": ["inner.example"], "options": ["ndots:2"]}}


@pytest.fixture
def recorder(case):
    return Recorder(case.directory / "plugins")


@pytest.fixture
def run(net, recorder):
    """`roost` with the recorders as its plug-ins."""
    net.environment = lambda extra=None, made=net.environment: made({"CNI_PATH": str(recorder.directory), **(extra or {})})
    return net


def test_what_plugins_are_told(run, root, recorder, configure):
    """Each plug-in has its own configuration, what it has the capability for, and the result of the one before."""
    recorder.make("first", result=RESULT)
    recorder.make("second", result={**RESULT, "tail": True})
    wishes = {name: True for name in ["portMappings", "ips", "mac", "bandwidth", "dns", "aliases"]}
    configure("test", {"type": "first", "share": 0.5, "big": 1e3, "none": None, "cni.dev/own": 1, "capabilities": wishes},
              {"type": "second", "capabilities": {"mac": True, "ips": False}}, version="1.0.0")
    run.run("--name", "box", "--network", "cni:test,rate=8mbit", "-p", "127.0.0.1:8080:80/udp", "--ip", "10.9.0.7/24",
            "--mac-address", "02:00:00:00:00:02", "--dns", "192.0.2.53", "--dns-search", "a.example", "--dns-option",
            "ndots:3", "--network-alias", "www", root, "true").succeeds()
    adds, dels = recorder.calls("ADD"), recorder.calls("DEL")
    assert [call["plugin"] for call in adds + dels] == ["first", "second", "second", "first"]
    asked = adds[0]["request"]["runtimeConfig"]
    assert asked["portMappings"] == [{"hostPort": 8080, "containerPort": 80, "protocol": "udp", "hostIP": "127.0.0.1"}]
    assert asked["ips"] == ["10.9.0.7/24"] and asked["mac"] == "02:00:00:00:00:02"
    assert asked["bandwidth"] == {"ingressRate": 8000000, "ingressBurst": 524288, "egressRate": 8000000,
                                  "egressBurst": 524288}
    assert asked["dns"] == {"servers": ["192.0.2.53"], "searches": ["a.example"], "options": ["ndots:3"]}
    assert asked["aliases"][0] == "box" and asked["aliases"][-1] == "www"
    request = {key: value for key, value in adds[0]["request"].items() if key != "runtimeConfig"}
    assert request == {"cniVersion": "1.0.0", "name": "test", "type": "first", "share": 0.5, "big": 1000, "none": None}
    assert adds[1]["request"] == {"cniVersion": "1.0.0", "name": "test", "type": "second",
                                  "runtimeConfig": {"mac": "02:00:00:00:00:02"}, "prevResult": RESULT}
    # The last result for all, and what ADD was asked.
    assert all(call["request"]["prevResult"] == {**RESULT, "tail": True} for call in dels)
    assert dels[1]["request"]["runtimeConfig"] == asked
    for call in adds + dels:
        assert call["environment"]["CNI_IFNAME"] == "eth0" and call["environment"]["CNI_NETNS"].startswith("/proc/")
        assert call["environment"]["CNI_PATH"] == str(recorder.directory)
    assert len({call["environment"]["CNI_CONTAINERID"] for call in adds + dels}) == 1
    assert not recorder.calls("VERSION") and not recorder.calls("STATUS")


@pytest.mark.parametrize("flag, capability", [
    (["-p", "8080:80"], "portMappings"), (["--ip", "10.9.0.7"], "ips"), (["--mac-address", "02:00:00:00:00:02"], "mac"),
    (["--network-alias", "www"], "aliases")])
def test_flags_that_no_plugin_wants(run, root, recorder, configure, flag, capability):
    recorder.make("first", result=RESULT)
    configure("test", {"type": "first", "capabilities": {"other": True}})
    result = run.run("--network", "cni:test", *flag, root, "true").fails(
        f'{flag[0]}: no plug-in of cni:test has the capability "{capability}"', status=125)
    assert len(result.err.splitlines()) == 1 and not recorder.calls(), result.err


def test_what_plugins_say_is_shown(run, root, recorder, configure):
    """The container's name servers and its hardware address are the plug-ins'; what flags say goes first."""
    recorder.make("first", result=RESULT)
    configure("test", {"type": "first"})
    assert run.run("--network", "cni:test", root, "cat", "/etc/resolv.conf").succeeds().lines == [
        "nameserver 10.9.0.53", "search inner.example", "options ndots:2"]
    assert run.run("--network", "cni:test", "--dns", "192.0.2.53", root, "cat", "/etc/resolv.conf").succeeds().lines[0] \
        == "nameserver 192.0.2.53"
    sleeper(run, root, "box", "--network", "cni:test")
    assert settings(run, "box")["MacAddress"] == "02:00:00:00:00:02"
    assert settings(run, "box")["IPAddress"] == "10.9.0.7"
    run("rm", "--force", "box").succeeds()
    recorder.make("first", result={**RESULT, "dns": {"search": ["a\nnameserver 192.0.2.66"]}})
    run.run("--network", "cni:test", root, "true").fails("not a word", status=125)
    assert len(recorder.calls("DEL")) == len(recorder.calls("ADD"))


def test_the_newest_common_version(run, root, recorder, configure):
    recorder.make("first", versions=ALL, result=RESULT)
    recorder.make("second", versions=ALL[:2], result=RESULT)
    configure("test", {"type": "first"}, {"type": "second"}, version="0.4.0", cniVersions=[*ALL, "2.0.0"])
    run.run("--network", "cni:test", root, "true").succeeds()
    assert {call["request"]["cniVersion"] for call in recorder.calls("ADD") + recorder.calls("DEL")} == {"1.0.0"}
    recorder.make("second", versions=["0.3.1"], result=RESULT)
    result = run.run("--network", "cni:test", root, "true").fails("second speaks 0.3.1; no version", status=125)
    assert len(result.err.splitlines()) == 1 and len(recorder.calls("ADD")) == 2


def test_a_version_that_a_plugin_does_not_speak(run, root, recorder, configure):
    """Where there is no choice, nobody asks: the plug-in refuses, in its own words."""
    recorder.make("first", versions=ALL[:2], result=RESULT)
    configure("test", {"type": "first"}, version="1.1.0")
    run.run("--network", "cni:test", root, "true").fails(
        r"first STATUS: incompatible CNI versions: speaks 0.4.0, 1.0.0 \(code 1\)", status=125)
    assert not recorder.calls("VERSION") and not recorder.calls("ADD")


def test_plugins_of_the_directory_beside(run, root, recorder, configure):
    for name in ["first", "second", "third"]:
        recorder.make(name, result=RESULT)
    directory = DIRECTORY / "test"
    directory.mkdir()
    (directory / "20-b.conf").write_text(json.dumps({"type": "third"}))
    (directory / "10-a.conf").write_text(json.dumps({"type": "second", "share": 0.25}))
    (directory / "README").write_text("not a plug-in")
    configure("test", {"type": "first"}, version="1.1.0")
    run.run("--network", "cni:test", root, "true").succeeds()
    assert [call["plugin"] for call in recorder.calls("ADD")] == ["first", "second", "third"]
    assert recorder.calls("DEL")[1]["request"]["share"] == 0.25
    configure("test", {"type": "first"}, version="1.1.0", loadOnlyInlinedPlugins=True)
    run.run("--network", "cni:test", root, "true").succeeds()
    assert [call["plugin"] for call in recorder.calls("ADD")][3:] == ["first"]


def test_plugins_that_are_not_ready(run, root, recorder, configure):
    """STATUS, of 1.1.0: nothing was made, so there is nothing to be undone."""
    recorder.make("first", versions=ALL, result=RESULT)
    recorder.fail("STATUS", code=50, msg="no uplink", details="eth7")
    configure("test", {"type": "first"}, version="1.1.0")
    run.run("--network", "cni:test", root, "true").fails(r"first STATUS: no uplink: eth7 \(code 50\)", status=125)
    assert [call["command"] for call in recorder.calls()] == ["STATUS"]
    assert not list((run.state / "networks/.cni").glob("*"))
    configure("test", {"type": "first"}, version="1.0.0")
    run.run("--network", "cni:test", root, "true").succeeds()
    assert len(recorder.calls("STATUS")) == 1


def test_check_is_what_reload_asks(run, root, recorder, configure):
    recorder.make("first", versions=ALL, result=RESULT)
    configure("test", {"type": "first", "capabilities": {"mac": True}}, version="1.0.0")
    run("network", "reload").succeeds()
    sleeper(run, root, "box", "--network", "cni:test", "--mac-address", "02:00:00:00:00:02")
    run("network", "reload").succeeds()
    (call,) = recorder.calls("CHECK")
    assert call["request"]["prevResult"] == RESULT
    assert call["request"]["runtimeConfig"] == {"mac": "02:00:00:00:00:02"}
    assert call["environment"]["CNI_NETNS"] == recorder.calls("ADD")[0]["environment"]["CNI_NETNS"]
    recorder.fail("CHECK", code=100, msg="the address is gone")
    result = run("network", "reload").fails(r"first CHECK: the address is gone \(code 100\)", status=1)
    assert result.err.count(run.inspect("box")["Id"][:12]) == 1 and len(result.err.splitlines()) == 1, result.err
    run("rm", "--force", "box").succeeds()
    run("network", "reload").succeeds()
    configure("test", {"type": "first"}, version="1.0.0", disableCheck=True)
    sleeper(run, root, "other", "--network", "cni:test")
    run("network", "reload").succeeds()
    assert len(recorder.calls("CHECK")) == 2


def test_prune_collects(run, root, recorder, configure):
    """GC, of 1.1.0, names the attachments that are in use; a container that was lost has its DEL before."""
    recorder.make("first", versions=ALL, result=RESULT)
    recorder.make("second", versions=ALL, result=RESULT)
    configure("test", {"type": "first", "capabilities": {"mac": True}}, {"type": "second"}, version="1.1.0")
    configure("old", {"type": "first"}, version="1.0.0")
    run("network", "prune").succeeds()
    sleeper(run, root, "box", "--network", "cni:test", "--mac-address", "02:00:00:00:00:02")
    sleeper(run, root, "old", "--network", "cni:old")
    lost = sleeper(run, root, "lost", "--network", "cni:test")
    identifier = lost.id
    lost.process.kill()
    lost.process.wait()
    run("rm", "--force", "lost").succeeds()
    run("network", "prune").succeeds()
    assert [(call["command"], call["plugin"]) for call in recorder.calls()[-4:]] == [
        ("DEL", "second"), ("DEL", "first"), ("GC", "first"), ("GC", "second")]
    assert recorder.calls("DEL")[-1]["environment"]["CNI_CONTAINERID"] == identifier
    call = recorder.calls("GC")[0]
    valid = [{"containerID": run.inspect("box")["Id"], "ifname": "eth0"}]
    assert call["request"] == {"cniVersion": "1.1.0", "name": "test", "type": "first", "cni.dev/valid-attachments": valid}
    assert set(call["environment"]) == {"CNI_COMMAND", "CNI_PATH"}
    # All plug-ins are asked, whatever the first one says.
    recorder.fail("GC", code=7, msg="no luck")
    run("network", "prune").fails(r"first GC: no luck \(code 7\)", status=125)
    assert len(recorder.calls("GC")) == 4


def test_no_collection_where_the_administrator_forbids_it(run, root, recorder, configure):
    recorder.make("first", versions=ALL, result=RESULT)
    configure("test", {"type": "first"}, version="1.1.0", disableGC=True)
    sleeper(run, root, "box", "--network", "cni:test")
    run("network", "prune").succeeds()
    assert not recorder.calls("GC")
