# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Fixtures for the engine's tests: the program, and a store and a state directory of the test's own."""
import os
import subprocess
from pathlib import Path

import pytest

from harness.runtime import Result, _decode, base_environment

REPOSITORY = Path(__file__).resolve().parents[3]


class Engine:
    """Runs commands of bin/roost with everything that they keep below the test's directory."""

    def __init__(self, program, case):
        self.program, self.case = program, case

    def __call__(self, *arguments, stdin=b"", timeout=60, env=None, **options):
        environment = base_environment()
        environment["ROOST_ROOT"] = str(self.case.path("engine"))
        environment.update(env or {})
        command = [str(self.program), *(str(argument) for argument in arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, env=environment, **options)
        return Result(command, done.returncode, _decode(done.stdout), _decode(done.stderr))


@pytest.fixture
def roost(case):
    program = Path(os.environ.get("ROOST", REPOSITORY / "bin/roost"))
    if not program.exists():
        pytest.skip(f"{program} is not built")
    return Engine(program, case)
