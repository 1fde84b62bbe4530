# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Enters the sandbox, finds the runtime, and checks after every test that nothing is left behind."""
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import leaks, rootfs, sandbox  # noqa: E402
from harness.case import Case  # noqa: E402
from harness.runtime import Runtime, default_path  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]
SCRATCH = Path("/tmp/scratch")


def pytest_addoption(parser):
    parser.addoption("--ours-too", action="store_true",
                     help="run the tests marked roost on a reference as well, to see how far it is from them")


def pytest_configure(config):
    config.addinivalue_line("markers", "roost: better than both references on purpose; skipped on them")
    config.addinivalue_line("markers", "differs(runc=WHY, crun=WHY): one reference is known to behave otherwise")
    config.addinivalue_line("markers", "unsafe(crun=WHY): a reference harms what is not its own here; not run on it")
    if config.option.collectonly or config.option.help or sandbox.session():
        return
    if os.geteuid() != 0:
        pytest.exit("the integration tests need root: they make namespaces, mounts and cgroups", returncode=2)
    runtime = default_path(REPOSITORY)
    keep = {str(REPOSITORY), os.getcwd()}
    if isinstance(runtime, Path):
        keep.add(str(runtime.parent))
    # pytest redirects descriptors while it loads this file; the repetition wants the real ones.
    config.pluginmanager.getplugin("capturemanager").stop_global_capturing()
    sandbox.enter(sorted(path for path in keep if os.path.isdir(path)))


def pytest_collection_modifyitems(items):
    for item in items:
        differs = item.get_closest_marker("differs")
        if differs and set(differs.kwargs) >= {"runc", "crun"} and not item.get_closest_marker("roost"):
            raise pytest.UsageError(f"{item.nodeid}: both references differ, so mark it roost or correct it")


@pytest.fixture(scope="session")
def runtime():
    path = default_path(REPOSITORY)
    try:
        found = Runtime(path)
    except FileNotFoundError:
        pytest.exit(f"{path}: no such program; build it, or choose one with RUNTIME=/path/to/runtime", returncode=2)
    if found.name == "crun":
        try:
            sandbox.hide_controllers_from_v2()
        except OSError as problem:
            pytest.exit(f"crun cannot run here: somebody holds a cgroup v2 controller: {problem}", returncode=2)
    return found


@pytest.fixture(scope="session")
def template():
    try:
        return rootfs.Template(SCRATCH / "template")
    except rootfs.Unavailable as problem:
        pytest.exit(str(problem), returncode=2)


@pytest.fixture(autouse=True)
def _for_this_runtime(request, runtime):
    if runtime.name == "roost":
        return
    if request.node.get_closest_marker("roost") and not request.config.option.ours_too:
        pytest.skip("only ours is held to this")
    unsafe = request.node.get_closest_marker("unsafe")
    if unsafe and runtime.name in unsafe.kwargs:
        pytest.skip(f"not safe: {unsafe.kwargs[runtime.name]}")
    differs = request.node.get_closest_marker("differs")
    if differs and runtime.name in differs.kwargs:
        request.node.add_marker(pytest.mark.xfail(reason=differs.kwargs[runtime.name], strict=False))


@pytest.fixture
def case(runtime, template):
    """The test's own corner; see harness/case.py."""
    made = Case(runtime, template, SCRATCH)
    yield made
    made.remove_files()


@pytest.fixture
def bundle(case):
    return case.bundle()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs the test, its clean-up and the leak check as one, so that a leak is the failure of its test."""
    case = pyfuncitem.funcargs.get("case")
    if case is None:
        return None
    watch = leaks.Watch(case)
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    try:
        pyfuncitem.obj(**arguments)
    except BaseException:
        try:
            case.clean_up()
        finally:
            watch.remove()
        raise
    try:
        case.clean_up()
    except BaseException:
        watch.remove()
        raise
    left = watch.difference()
    if left:
        watch.remove()
        pytest.fail("left behind:\n  " + "\n  ".join(left), pytrace=False)
    return True
