# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""`roost doctor`: what this machine has for containers of this user."""
import os

import pytest

from harness import users


def rows(result):
    """{subject: (level, text)}."""
    return {line[8:].split(": ", 1)[0]: (line[:8].strip(), line[8:].split(": ", 1)[1])
            for line in result.out.splitlines()}


@pytest.fixture
def ordinary(roost, case):
    for directory in (case.directory, case.directory.parent):
        os.chmod(directory, 0o755)
    roost.options = {"user": users.UID, "group": users.UID, "extra_groups": [], "cwd": "/"}
    return roost


def test_root(roost):
    found = rows(roost("doctor").succeeds())
    assert found["kernel"][0] == found["overlay"][0] == found["cgroups"][0] == "ok"
    assert "subordinate ids" not in found


@pytest.mark.parametrize("subordinate", [True, False])
def test_ordinary_user(ordinary, case, subordinate):
    with users.known(case.directory, subordinate=subordinate):
        found = rows(ordinary("doctor").succeeds())
    level, text = found["subordinate ids"]
    assert (level, str(users.COUNT) in text) == (("ok", True) if subordinate else ("hint", False))
    assert found["user namespaces"][0] == "ok" and found["cgroups"][0] == "hint"


def test_nothing_is_made(ordinary, case):
    ordinary("doctor")
    assert not (case.directory / "state").exists()
