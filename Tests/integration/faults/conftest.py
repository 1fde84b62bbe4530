# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""What is done to the runtime at every one of its system calls; `Scripts/test.sh faults`, as it takes minutes."""
import os
import platform
import subprocess
from pathlib import Path

import pytest

from harness import leaks
from harness.rootfs import compile_helper

HELPER = Path(__file__).resolve().parents[1] / "helpers/fault.c"


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.roost)


@pytest.fixture(scope="session")
def fault(template):
    """The program that does harm before a chosen system call."""
    if platform.machine() != "x86_64":
        pytest.skip("helpers/fault.c knows the registers of x86_64 only")
    path = Path("/tmp/scratch/fault")
    compile_helper(HELPER, path)
    return path


class Harm:
    """Runs commands of the runtime with one system call harmed, and looks at what is left."""

    def __init__(self, fault, bundle, case):
        self.fault, self.bundle, self.case = fault, bundle, case
        self.watch = leaks.Watch(case)
        self.problems = []
        bundle.args("sleep", "1000").save()

    def command(self, way, *words, counts=None):
        """(exit status, standard error) of a harmed command. None for the status of one that hangs."""
        error = self.case.path("stderr")
        command = [self.fault, *map(str, way), self.case.runtime.path, "--root", self.case.root, *words]
        with open(self.case.directory / "empty", "a+b") as empty, open(error, "wb") as err:
            if counts is None:
                arranged = [*map(str, command)]
            else:
                arranged = ["bash", "-c", f'exec 9>{counts}; exec "$0" "$@"', *map(str, command)]
            process = subprocess.Popen(arranged, stdin=empty, stdout=empty, stderr=err,
                                       env={"PATH": os.environ["PATH"]})
            try:
                status = process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                status = None
        return status, error.read_text(errors="replace").strip()

    def calls(self, *words):
        """For each role the numbers of its system calls, of an undisturbed command."""
        counts = self.case.path("counts")
        status, text = self.command(("count",), *words, counts=counts)
        assert status == 0, text
        rows = [[int(number) for number in line.split()] for line in counts.read_text().splitlines()]
        return {row[0]: row[2:] for row in rows if row[1]}

    def problem(self, what):
        self.problems.append(what)
        assert len(self.problems) < 10, "\n".join(self.problems)

    def gone(self, identifier, what):
        """`delete --force` removes everything and does not lie about it."""
        result = self.case("delete", "--force", identifier)
        left = self.watch.difference(1)
        if result.status != 0:
            self.problem(f"{what}: {result}")
        elif left:
            self.problem(f"{what}: delete --force says success, and there is left: {left}")
        if left:
            self.watch.remove()

    def finish(self):
        assert not self.problems, "\n".join(self.problems)


@pytest.fixture
def harm(fault, bundle, case):
    return Harm(fault, bundle, case)


@pytest.fixture(scope="session")
def stride():
    """Every how many-th system call is harmed; 1 is all of them."""
    return int(os.environ.get("ROOST_FAULTS_STRIDE", "1"))


@pytest.fixture(scope="session")
def scale():
    """What the numbers of random tries and the seconds of storms are multiplied with."""
    return float(os.environ.get("ROOST_FAULTS_SCALE", "1"))


