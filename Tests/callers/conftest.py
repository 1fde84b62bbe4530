# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The tools that people run, on a machine of their own, with the runtime under test below them.

The sandbox is that of Tests/integration, with a network of its own in addition: daemons, bridges, mounts, firewall
rules and state all end with its PID 1. Cgroups are the machine's; every tool is told to keep to a parent that bears
the session's word, and PID 1 removes what is left there.
"""
import os
import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

from harness import rootfs, sandbox  # noqa: E402
from harness.runtime import Runtime, default_path  # noqa: E402

import image  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(PROGRAM…): skipped, with a word, where a program is not installed")
    config.addinivalue_line("markers", "differs(RUNTIME=why…): a reference that is expected to fail, by its name")
    if config.option.collectonly or config.option.help or sandbox.session():
        return
    if os.geteuid() != 0:
        pytest.exit("these tests need root: they run daemons in namespaces of their own", returncode=2)
    runtime = default_path(REPOSITORY)
    keep = {str(REPOSITORY), os.getcwd()}
    if isinstance(runtime, Path):
        keep.add(str(runtime.parent))
    config.pluginmanager.getplugin("capturemanager").stop_global_capturing()
    sandbox.enter(sorted(path for path in keep if os.path.isdir(path)), whole_machine=True)


def pytest_runtest_setup(item):
    for mark in item.iter_markers("needs"):
        for program in mark.args:
            if not shutil.which(program):
                pytest.skip(f"{program} is not installed: Scripts/packages.sh callers")


@pytest.fixture(scope="session")
def word():
    """The name that everything of this session bears."""
    return sandbox.session()


@pytest.fixture(scope="session")
def runtime():
    """The program under test. RUNTIME=crun and RUNTIME=runc are the references."""
    path = default_path(REPOSITORY)
    try:
        found = Runtime(shutil.which(path) if isinstance(path, str) else path)
    except (FileNotFoundError, TypeError):
        pytest.exit(f"{path}: no such program; build it, or choose one with RUNTIME=/path/to/runtime", returncode=2)
    if found.name == "crun":
        sandbox.hide_controllers_from_v2()
    return found


@pytest.fixture(autouse=True)
def reference(request, runtime):
    """What a reference is known not to do counts as an expected failure there."""
    for mark in request.node.iter_markers("differs"):
        if why := mark.kwargs.get(runtime.name):
            request.applymarker(pytest.mark.xfail(reason=why))


@pytest.fixture(scope="session")
def scratch():
    directory = Path("/tmp/callers")
    directory.mkdir()
    return directory


@pytest.fixture(scope="session")
def tree(scratch):
    """A root file system of busybox."""
    try:
        return rootfs.Template(scratch / "template").copy(scratch / "tree")
    except rootfs.Unavailable as problem:
        pytest.exit(str(problem), returncode=2)


@pytest.fixture(scope="session")
def archive(scratch, tree):
    """The same as a tar archive."""
    return image.archive(tree, scratch / "tree.tar")
