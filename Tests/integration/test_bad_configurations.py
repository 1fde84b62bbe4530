# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""A good configuration that has every property, with one thing wrong: refused, the place named, and nothing made.

test_config_errors.py holds runc and crun to a selection; these hold ours to all, hundreds in each test.
"""
import json
import re
from pathlib import Path

import pytest

from bad_values import ALONE, TOGETHER
from harness import schema
from harness.places import ABSENT, changed, places, repeating
from test_conformance_document import OTHER_PLATFORMS

pytestmark = pytest.mark.roost
FULL = json.loads((Path(__file__).resolve().parents[1] / "configuration.json").read_text())
AREAS = ["/process", "/hooks", "/mounts", "/linux/resources", "/linux/seccomp", "/linux", ""]


def area(pointer):
    return next(name for name in AREAS if pointer == name or pointer.startswith(name + "/"))


def of(name, pairs):
    """The pairs whose pointers are of the area; there are some."""
    found = [(document, pointer) for document, pointer in pairs if area(pointer) == name]
    assert found
    return found


class Refusals:
    """Feeds one bundle with configurations, and remembers those that were not refused as they should."""

    def __init__(self, bundle):
        self.bundle, self.case, self.wrong = bundle, bundle.case, []
        self.identifier = bundle.case.new_id()

    def add(self, document, pointer):
        self.bundle.raw = document if isinstance(document, str) else json.dumps(document)
        self.bundle.save()
        result = self.case("create", "--bundle", self.bundle.directory, self.identifier)
        lines = result.err.splitlines()
        place = len(lines) == 1 and re.fullmatch(rf".*config\.json:\d+:\d+: {re.escape(pointer)}: .+", lines[0])
        left = (self.case.root / self.identifier).exists()
        if result.status != 1 or not place or not lines[0].isprintable() or len(lines[0]) > 500 or left:
            self.wrong.append(f"{pointer}: status {result.status}, {result.err!r}" + ", a state directory" * left)
        if left:
            self.case("delete", "--force", self.identifier)

    def conclude(self, pairs):
        for document, pointer in pairs:
            self.add(document, pointer)
        assert self.wrong == [], "\n".join(["", *self.wrong])


@pytest.fixture
def refusals(bundle):
    return Refusals(bundle)


def test_the_configuration_is_good(bundle):
    """Else all refusals below would be worth nothing."""
    bundle.raw = json.dumps(FULL)
    bundle.save()
    result = bundle.case("lint", bundle.directory).succeeds()
    assert not re.search("^(error|warning)", result.out, re.MULTILINE), result


OTHER_KINDS = {dict: [[], "text", 1], list: [{}, "text"], str: [5, [], True], bool: ["true", 1], int: ["1", True, {}]}


def of_other_kinds():
    return [(changed(FULL, [(pointer, other)]), pointer)
            for pointer, value in places(FULL) for other in OTHER_KINDS[type(value)]]


@pytest.mark.parametrize("name", AREAS)
def test_value_of_another_kind(refusals, name):
    refusals.conclude(of(name, of_other_kinds()))


@pytest.mark.parametrize("name", AREAS)
def test_key_that_stands_twice(refusals, name):
    members = [pointer for pointer, _ in places(FULL) if not pointer.rpartition("/")[2].isdigit()]
    refusals.conclude(of(name, [(repeating(FULL, pointer), pointer) for pointer in members]))


@pytest.mark.parametrize("name", AREAS)
def test_value_out_of_range(refusals, name):
    refusals.conclude(of(name, [(changed(FULL, [(pointer, value)]), pointer)
                                for pointer, values in ALONE.items() for value in values]))


def test_values_at_odds(refusals):
    refusals.conclude([(changed(FULL, changes), pointer) for changes, pointer in TOGETHER])


@pytest.mark.parametrize("name", AREAS)
def test_null_where_something_is_required(refusals, name):
    """Engines write null for lists and objects that they leave out, so elsewhere it counts as absent."""
    required = [pointer for pointer, values in ALONE.items() if ABSENT in values]
    refusals.conclude(of(name, [(changed(FULL, [(pointer, None)]), pointer) for pointer in required]))


def test_every_property_is_tried():
    """Each property of the schema, at the latest as `*`, has a value of another kind."""
    tried = {re.sub(r"/\d+(?=/|$)", "/*", pointer) for _, pointer in of_other_kinds()}
    free = ("/annotations", "/linux/sysctl", "/linux/netDevices", "/linux/resources/rdma", "/linux/resources/unified")
    for name in free:
        tried |= {re.sub(re.escape(name) + r"/[^/]+", name + "/*", pointer, count=1) for pointer in tried}
    ignored = {"/process/user/username", "/process/commandLine"}
    wanted = {pointer for pointer in schema.Schema("config-schema.json").pointers()
              if not f"{pointer}/".startswith(OTHER_PLATFORMS)} - ignored
    assert sorted(wanted - tried) == []
