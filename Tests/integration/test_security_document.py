# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""docs/security.md: no row without a test, and none that names a test that is not there."""
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.roost
REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY / "docs/security.md"


def rows():
    """(first cell, last cell) of every row of the tables."""
    for line in DOCUMENT.read_text().splitlines():
        if re.match(r"\| +\d+ ", line):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            yield cells[0], cells[-1]


def names_in(file):
    """The names of the tests in a file; None if there is no such file."""
    folder, _, name = file.rpartition("/")
    path = REPOSITORY / "Tests/integration" / folder / f"test_{name}.py"
    return set(re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE)) if path.exists() else None


def test_every_row_has_a_test():
    """A word such as `make check`, or another row's, is one."""
    for number, cell in rows():
        assert "`" in cell or re.match("row|the same|as ", cell), f"row {number}: {cell}"


def test_every_test_exists():
    """A second name belongs to the file of the one before; `…` stands for what is left out of a name."""
    for number, cell in rows():
        names = set()
        for word in re.findall(r"`([^`]+)`", cell):
            file, colons, name = word.rpartition("::")
            if colons:
                names = names_in(file)
                assert names is not None, f"row {number}: no file {file}"
            elif not re.match("test_|…", word):
                continue
            pattern = ".*".join(re.escape(part) for part in name.split("…"))
            assert any(re.fullmatch(pattern, known) for known in names), f"row {number}: no test {word}"
