# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`roost explain` in all its forms, and `inspect --live`, which asks the kernel whether it was true."""
import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from harness import cgroups

GROUPS = ["beforeProcess", "limits", "namespaces", "fileSystem", "network", "system", "identity", "lastFence", "start"]


def explain(roost, *arguments):
    """`explain` without flags of `run`, which bundles and comparisons do not take."""
    chosen, roost.network = roost.network, None
    try:
        return roost("explain", *arguments)
    finally:
        roost.network = chosen


def steps(result):
    return json.loads(result.succeeds().out)["steps"]


def test_json_has_every_step_with_its_reason(roost, root):
    found = steps(roost("explain", "--format", "json", "-m", "64m", "--ulimit", "nofile=9", "--overlay", root, "true"))
    assert [step["number"] for step in found] == list(range(1, len(found) + 1))
    for step in found:
        assert step["title"] and step["why"].endswith(".") and step["side"] in ("engine", "runtime", "stage", "container")
    assert [group for group in GROUPS if group in {step["group"] for step in found}] == GROUPS
    asked = {step.get("requestedBy") for step in found} | {
        detail.get("requestedBy") for step in found for detail in step.get("details", [])}
    assert {"--memory", "--ulimit", "ROOT", "COMMAND"} <= asked
    assert found[0]["side"] == "engine" and found[-1]["group"] == "start"
    assert all(step["manual"] for step in found if step["side"] == "engine")


def test_a_bundle_of_any_tool(roost, case):
    bundle = case.bundle().args("true").save()
    bundle.spec["hostname"] = "explained"
    bundle.save()
    found = steps(explain(roost, "--format", "json", bundle.directory))
    assert any(step["title"] == "Set the host name to explained" and step["origin"] == "/hostname" for step in found)
    assert not any(step["side"] == "engine" for step in found)
    (bundle.directory / "config.json").write_text('{"ociVersion": "1.0.2", "process": 3}')
    result = explain(roost, bundle.directory)
    assert result.status == 125 and "/process" in result.err and len(result.err.splitlines()) == 1


def test_pictures(roost, root, case):
    flags = ["-m", "64m", "-v", "/usr:/usr:ro", "--ip", "10.0.0.1/24", "--host-ip", "10.0.0.2/24", "--label", "a=<&\">"]
    svg = roost("explain", "--format", "svg", *flags, root, "sh", "-c", "echo '<&>' \"\x1b\"").succeeds().out
    tree = ElementTree.fromstring(svg)
    texts = [text.text for text in tree.iter("{http://www.w3.org/2000/svg}text")]
    for words in ["the host", "the container", "new mount namespace", "/usr", "veth", "bind", "limits", " = 67108864", str(root)]:
        assert any(words in (text or "") for text in texts), (words, texts)
    dot = roost("explain", "--format", "dot", *flags, root, "sh").succeeds().out
    assert dot.startswith("digraph") and '-> "network":r1:w [label="veth"]' in dot
    if shutil.which("dot"):
        subprocess.run(["dot", "-Tsvg"], input=dot, text=True, check=True, capture_output=True, timeout=30)


def test_two_containers_and_two_bundles_compared(roost, root, case):
    roost.start("-m", "64m", "--hostname", "a", root, "sleep", "1000", name="one")
    roost.start("-m", "32m", "--hostname", "a", "--tmpfs", "/x", root, "sleep", "1000", name="two")
    text = explain(roost, "--diff", "one", "two").succeeds().out
    assert "/linux/resources/memory/limit (--memory)\n  - 67108864\n  + 33554432\n" in text
    assert "/mounts/x/destination\n  + \"/x\"\n" in text and "/hostname" not in text
    entries = json.loads(explain(roost, "--diff", "--format", "json", "one", "two").succeeds().out)
    assert {"place": "/linux/resources/memory/limit", "flag": "--memory", "first": "67108864", "second": "33554432"} in entries
    assert explain(roost, "--diff", "one", "one").succeeds().out == "one and one are configured alike\n"
    bundle = case.bundle().args("true").save()
    assert "--- one" in explain(roost, "--diff", "one", bundle.directory).succeeds().out
    assert explain(roost, "--diff", "one").status == 125
    explain(roost, "--diff", "one", "nosuch").fails("nosuch", status=125)


# What the kernel says


def live(roost, name):
    report = json.loads(roost("inspect", "--live", "--format", "json", name).succeeds().out)
    return report, {(fact["Area"], fact["Name"]): fact for fact in report["Facts"]}


@pytest.mark.parametrize("flags", [
    ["-m", "64m", "--cpus", "0.5", "--ulimit", "nofile=100:200", "--pids-limit", "77", "--oom-score-adj", "100"],
    ["-u", "1000:1000", "--cap-add", "NET_RAW", "--read-only", "--tmpfs", "/tmp", "--shm-size", "1m"],
    ["--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536"], ["--privileged"], ["--network", "host"],
])
def test_a_container_is_what_was_asked_for(roost, root, flags):
    roost.start(*flags, root, "sleep", "1000", name="box")
    report, facts = live(roost, "box")
    assert not [fact for fact in report["Facts"] if fact["Differs"]]
    assert report["Differences"] == 0 and report["Pid"] == roost.inspect("box")["State"]["Pid"]
    assert "all as asked for" in roost("inspect", "--live", "box").succeeds().out
    assert ("mounts", "/proc") in facts and ("rights", "seccomp") in facts and any(name.endswith("pids.max") for _, name in facts)


@cgroups.on_v1
def test_what_was_changed_since_is_marked(roost, root):
    box = roost.start("-m", "64m", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", root, "sh", "-c",
                      "mount -t tmpfs none /tmp; echo ready; exec sleep 1000")
    assert box.line() == "ready"
    (box.cgroup("memory") / "memory.limit_in_bytes").write_text("33554432")
    report, facts = live(roost, "box")
    assert report["Differences"] == 2
    memory = next(fact for (_, name), fact in facts.items() if name.endswith("memory.limit_in_bytes"))
    assert (memory["Asked"], memory["Actual"], memory["Differs"]) == ("67108864", "33554432", True)
    assert facts["mounts", "/tmp"]["Differs"] and "Asked" in facts["mounts", "/tmp"]
    text = roost("inspect", "--live", "box").succeeds().out
    assert len([line for line in text.splitlines() if line.startswith("!")]) == 2 and "2 differences" in text


def test_a_container_that_does_not_run_has_nothing_to_say(roost, root):
    roost("run", "--name", "gone", root, "true").succeeds()
    roost("inspect", "--live", "gone").fails("does not run", status=1)
