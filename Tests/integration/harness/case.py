# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""One test's own corner: its directory, state root, ids, bundles and containers."""
import itertools
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from . import cgroups, config, sandbox
from .patience import deadline, patient
from .runtime import Result, _decode

_numbers = itertools.count(1)


def eventually(condition, what="condition", seconds=30):
    """Polls until the condition gives something true, and returns that."""
    end = deadline(seconds)
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.005)


def alive(pid):
    """Whether a process exists that is not a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Case:
    """Gives a test its bundles, and removes all that the test leaves."""

    def __init__(self, runtime, template, base):
        self.runtime, self.template = runtime, template
        self.word = f"{sandbox.session()}-{next(_numbers)}"
        self.directory = Path(base) / self.word
        self.directory.mkdir(parents=True)
        self.root = Path("/run") / self.word
        self._bundles = 0
        self._ids = []
        self._processes = []

    def __call__(self, *arguments, **options):
        """A command of the runtime, with this test's state directory."""
        return self.runtime.run(self.root, *arguments, **options)

    def popen(self, *arguments, **options):
        process = self.runtime.popen(self.root, *arguments, **options)
        self._processes.append(process)
        return process

    def new_id(self, suffix=""):
        """An id that nobody else uses; remembered for the clean-up."""
        identifier = f"{self.word}{suffix}" if suffix or not self._ids else f"{self.word}-{len(self._ids)}"
        self._ids.append(identifier)
        return identifier

    def bundle(self):
        self._bundles += 1
        return Bundle(self, self.directory / f"bundle{self._bundles}")

    def path(self, name):
        return self.directory / name

    def directory_for(self, name, files=()):
        """A directory beside the bundle, with files {name: text}."""
        directory = self.directory / name
        directory.mkdir(parents=True)
        for file, text in dict(files).items():
            (directory / file).parent.mkdir(parents=True, exist_ok=True)
            (directory / file).write_text(text)
        return directory

    def clean_up(self):
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
        if self.root.is_dir():
            for identifier in self._ids:
                if (self.root / identifier).exists():
                    sandbox.thaw(identifier)
                    self("delete", "--force", identifier)

    def remove_files(self):
        shutil.rmtree(self.directory, ignore_errors=True)


class Bundle:
    """A directory with config.json and rootfs. `spec` is the configuration, written at each command."""

    def __init__(self, case, directory):
        self.case, self.directory = case, Path(directory)
        self.rootfs = case.template.copy(self.directory / "rootfs")
        self.spec = config.default()
        self.raw = None

    # Shorthands for the parts of the configuration that tests change most.

    @property
    def process(self):
        return self.spec["process"]

    @property
    def linux(self):
        return self.spec["linux"]

    @property
    def resources(self):
        return self.spec["linux"]["resources"]

    @property
    def mounts(self):
        return self.spec["mounts"]

    def writable(self):
        self.spec["root"]["readonly"] = False
        return self

    def args(self, *arguments):
        self.process["args"] = [str(argument) for argument in arguments]
        return self

    def capabilities(self, *names):
        for kind in ("bounding", "effective", "permitted"):
            self.process["capabilities"][kind] = list(names)
        return self

    def mount(self, destination, source, *options, kind="bind"):
        self.mounts.append(
            {"destination": destination, "source": str(source), "type": kind, "options": list(options)})
        return self

    def bind(self, destination, source, *options):
        return self.mount(destination, source, "rbind", *options)

    def without_mount(self, destination):
        self.spec["mounts"] = [m for m in self.mounts if m["destination"] != destination]
        return self

    def namespace(self, kind, path=None):
        """Asks for a new namespace, or to join the one at the path."""
        self.without_namespace(kind)
        entry = {"type": kind} if path is None else {"type": kind, "path": str(path)}
        self.linux["namespaces"].append(entry)
        return self

    def without_namespace(self, *kinds):
        self.linux["namespaces"] = [n for n in self.linux["namespaces"] if n["type"] not in kinds]
        return self

    def user_namespace(self, host=100000, size=65536):
        """A new user namespace with root mapped to `host`, and a root file system that belongs to it."""
        self.namespace("user")
        mapping = [{"containerID": 0, "hostID": host, "size": size}]
        self.linux["uidMappings"], self.linux["gidMappings"] = mapping, list(mapping)
        for directory, names, files in os.walk(self.rootfs):
            for name in ["."] + names + files:
                os.chown(os.path.join(directory, name), host, host, follow_symlinks=False)
        for parent in (self.directory, self.case.directory, self.case.directory.parent):
            os.chmod(parent, 0o755)
        return self

    def hook(self, kind, *command, **fields):
        entry = {"path": str(command[0]), "args": [str(part) for part in command], **fields}
        self.spec.setdefault("hooks", {}).setdefault(kind, []).append(entry)
        return self

    def hook_script(self, kind, script, **fields):
        """A hook that reads its standard input to the end first: who does not may kill a careless writer."""
        return self.hook(kind, "/bin/sh", "-c", "cat >/dev/null; " + script, **fields)

    def save(self):
        text = self.raw if self.raw is not None else json.dumps(self.spec)
        # Replaced, not rewritten: a runtime that was started before may be reading it.
        fresh = self.directory / "config.json.new"
        fresh.write_bytes(text if isinstance(text, bytes) else text.encode())
        fresh.rename(self.directory / "config.json")
        return self

    # Commands.

    def run(self, *arguments, flags=(), identifier=None, **options):
        """`run` in the foreground; arguments replace process.args."""
        if arguments:
            self.args(*arguments)
        self.save()
        identifier = identifier or self.case.new_id()
        return self.case("run", "--bundle", self.directory, *flags, identifier, **options)

    def sh(self, script, **options):
        """`run` of a shell script, which must succeed; gives the Result."""
        return self.run("/bin/sh", "-c", script, **options).succeeds()

    def popen(self, *arguments, flags=(), identifier=None, **options):
        """`run` in the foreground as a subprocess.Popen. The Container is the second value."""
        if arguments:
            self.args(*arguments)
        self.save()
        container = Container(self, identifier or self.case.new_id())
        process = self.case.popen("run", "--bundle", self.directory, *flags, container.id, **options)
        return process, container

    def try_create(self, *arguments, flags=(), identifier=None, verb="create", **options):
        """`create` that may fail: (Result, Container). Output of the container goes to files."""
        if arguments:
            self.args(*arguments)
        self.save()
        container = Container(self, identifier or self.case.new_id())
        with open(container.out_path, "wb") as out, open(container.err_path, "wb") as err:
            # Not /dev/null: a runtime may give the container's user what it finds as standard input.
            with open(self.case.directory / "empty", "a+b") as empty:
                options.setdefault("stdin", empty)
                result = self.case(verb, "--bundle", self.directory, *flags, container.id, out=out, err=err, **options)
        result.out, result.err = container.out, container.err
        return result, container

    def create(self, *arguments, **options):
        result, container = self.try_create(*arguments, **options)
        result.succeeds()
        return container

    def detach(self, *arguments, **options):
        """`run --detach`."""
        options["flags"] = ("--detach", *options.get("flags", ()))
        return self.create(*arguments, verb="run", **options)

    def start(self, *arguments, **options):
        """`create`, then `start`."""
        container = self.create(*arguments, **options)
        container.start()
        return container

    def sleeper(self, **options):
        """A running container that does nothing until it is killed."""
        return self.start("sleep", "1000", **options)


class Container:
    """An id, and the commands that take one."""

    def __init__(self, bundle, identifier):
        self.bundle, self.case, self.id = bundle, bundle.case, identifier
        self.out_path = self.case.path(f"{identifier}.out")
        self.err_path = self.case.path(f"{identifier}.err")
        self._init = None

    @property
    def out(self):
        return _decode(self.out_path.read_bytes())

    @property
    def err(self):
        return _decode(self.err_path.read_bytes())

    def start(self):
        return self.case("start", self.id).succeeds()

    def state(self):
        return json.loads(self.case("state", self.id).succeeds().out)

    @property
    def status(self):
        return self.state()["status"]

    @property
    def pid(self):
        """The pid of init, remembered from the first question."""
        if self._init is None:
            self._init = self.state()["pid"]
        return self._init

    def kill(self, *signal_name, flags=()):
        return self.case("kill", *flags, self.id, *signal_name)

    def delete(self, *flags):
        return self.case("delete", *flags, self.id)

    def wait(self, status="stopped"):
        return eventually(lambda: self.status == status, f"{self.id} {status}")

    def stop(self):
        """Kills and deletes: the end of most tests that need a running container."""
        self.kill("KILL").succeeds()
        self.wait()
        self.delete().succeeds()

    def exec(self, *arguments, flags=(), **options):
        return self.case("exec", *flags, self.id, *arguments, **options)

    def cgroup(self, controller):
        """The directory of the container's cgroup for a controller."""
        return cgroups.directory(self.pid, controller)


def finish(process, timeout=30):
    """Waits for a Popen and gives a Result."""
    try:
        out, err = process.communicate(timeout=patient(timeout))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    return Result(process.args, process.returncode, _decode(out or b""), _decode(err or b""))
