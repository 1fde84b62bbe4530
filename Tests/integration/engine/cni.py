# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Plug-ins of the tests' own for the Container Network Interface, and where configurations stand."""
import json
from pathlib import Path

DIRECTORY = Path("/etc/cni/net.d")

PLUGIN = """#!/usr/bin/python3
import json, os, sys
request = json.load(sys.stdin)
command = os.environ["CNI_COMMAND"]
name = os.path.basename(sys.argv[0])
here = os.path.dirname(sys.argv[0])
own = json.load(open(f"{here}/{name}.json"))
with open(f"{here}/log", "a") as log:
    environment = {key: value for key, value in os.environ.items() if key.startswith("CNI_")}
    line = {"plugin": name, "command": command, "request": request, "environment": environment}
    log.write(json.dumps(line) + "\\n")
def refuse(error):
    print(json.dumps(error))
    sys.exit(1)
if command == "VERSION":
    print(json.dumps({"cniVersion": request["cniVersion"], "supportedVersions": own["versions"]}))
    sys.exit()
if request["cniVersion"] not in own["versions"]:
    refuse({"code": 1, "msg": "incompatible CNI versions", "details": "speaks " + ", ".join(own["versions"])})
if os.path.exists(f"{here}/{command}.error"):
    refuse(json.load(open(f"{here}/{command}.error")))
if command == "ADD":
    print(json.dumps(own["result"]))
"""


class Recorder:
    """Plug-ins that write down how they are called."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()

    def make(self, name, result, versions=("0.4.0", "1.0.0", "1.1.0")):
        """A plug-in, or another one in its place."""
        (self.directory / f"{name}.json").write_text(json.dumps({"result": result, "versions": list(versions)}))
        plugin = self.directory / name
        plugin.write_text(PLUGIN)
        plugin.chmod(0o755)

    def fail(self, command, **error):
        """All of them answer a command so."""
        (self.directory / f"{command}.error").write_text(json.dumps(error))

    def calls(self, command=None):
        log = self.directory / "log"
        made = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [call for call in made if command in (None, call["command"])]
