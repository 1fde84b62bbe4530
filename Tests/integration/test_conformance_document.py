# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""docs/spec-conformance.md: no property of the schema without a row, and no row that names a test that is not there."""
import re
from pathlib import Path

import pytest

from harness import schema

pytestmark = pytest.mark.roost
REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY / "docs/spec-conformance.md"
OTHER_PLATFORMS = ("/vm/", "/windows/", "/solaris/", "/zos/", "/freebsd/")


def rows():
    """The cells of every row of every table, but for those about other projects' suites."""
    for line in DOCUMENT.read_text().partition("## External suites")[0].splitlines():
        if line.startswith("| ") and not line.startswith("| property"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def pointers(cell):
    """The properties that a first cell names, as pointers like those of the schema:
    `.a.b` counts from the nearest name before that does not start with a dot."""
    base = ""
    for name in re.findall(r"`([^`]+)`", cell):
        if not re.fullmatch(r"\.?[A-Za-z0-9]+(\[\])?(\.(\*|[A-Za-z0-9]+(\[\])?))*", name):
            continue
        if name.startswith("."):
            name = base + name
        else:
            base = name.rpartition(".")[0]
        yield "/" + name.replace("[]", ".*").replace(".", "/")


def test_every_property_has_a_row():
    listed = {pointer for row in rows() for pointer in pointers(row[0])}
    wanted = {pointer for pointer in schema.Schema("config-schema.json").pointers()
              if not pointer.startswith(OTHER_PLATFORMS)}
    assert sorted(wanted - listed) == []


def test_every_row_has_a_test():
    for row in rows():
        if row[1] not in ("ignored",) and not set(row[1]) <= {"-"}:
            assert "`" in row[-1] and "–" not in row[-1], row


def test_every_test_exists():
    missing = []
    for row in rows():
        for name in re.findall(r"`([^`]+)`", row[-1]):
            file, colons, function = name.partition("::")
            if colons:
                path = REPOSITORY / f"Tests/integration/test_{file}.py"
                found = path.exists() and re.search(rf"^def test_{function}\(", path.read_text(), re.MULTILINE)
            else:
                module, _, suite = name.partition("/")
                found = (REPOSITORY / f"Tests/{module}Tests/{suite}Tests.swift").exists()
            if not found:
                missing.append(name)
    assert missing == []


def test_the_full_configuration_is_full():
    """What tests change value by value has every property of the schema."""
    words = set(re.findall(r'"([A-Za-z0-9]+)":', (REPOSITORY / "Tests/configuration.json").read_text()))
    ignored = {"commandLine", "username", "vm", "windows", "solaris", "zos", "freebsd"}
    wanted = {pointer.rpartition("/")[2] for pointer in schema.Schema("config-schema.json").pointers()
              if not pointer.startswith(OTHER_PLATFORMS)}
    assert sorted(wanted - words - ignored) == []
