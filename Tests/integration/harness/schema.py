# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The specification's JSON schemas, where they are: they are not part of this repository.

ROOST_REFERENCE names the folder, else it is searched beside the repository. The schemas are of draft 4 and use few of
its words; an unknown one is an error, so that none is taken for checked.
"""
import json
import os
import re
from pathlib import Path

import pytest

_KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}
_SILENT = {"description", "id", "$schema", "title", "definitions", "default"}


def folder():
    """The folder of the runtime's schemas; skips the test where there is none."""
    repository = Path(__file__).resolve().parents[3]
    candidates = [repository / "../shared/reference", repository / "../../shared/reference"]
    if os.environ.get("ROOST_REFERENCE"):
        candidates.insert(0, Path(os.environ["ROOST_REFERENCE"]))
    for candidate in candidates:
        if (candidate / "oci-schema/runtime").is_dir():
            return (candidate / "oci-schema/runtime").resolve()
    pytest.skip("the OCI reference data is not there (ROOST_REFERENCE)")
    return None


class Schema:
    """One schema, with its references resolved as they are met."""

    def __init__(self, name, pointer=""):
        self.folder, self._files = folder(), {}
        self.root = self._at(name, pointer), name

    def _at(self, name, pointer):
        if name not in self._files:
            path = self.folder / name
            # Platforms whose schemas are not kept.
            self._files[name] = json.loads(path.read_text()) if path.exists() else None
        if self._files[name] is None:
            return {}
        node = self._files[name]
        for part in pointer.strip("/").split("/"):
            node = node[part] if part else node
        return node

    def resolve(self, node, name):
        """The schema that a node means, and the file that its own references count from."""
        while "$ref" in node:
            file, _, pointer = node["$ref"].partition("#")
            name = file or name
            node = self._at(name, pointer)
        return node, name

    def problems(self, value, node=None, name=None, place=""):
        """What is wrong with a value, each with its JSON pointer."""
        node, name = self.resolve(*(self.root if node is None else (node, name)))
        wanted = node.get("type")
        if wanted is not None and not any(_is(value, kind) for kind in [wanted] * isinstance(wanted, str) or wanted):
            yield f"{place}: {value!r} is no {wanted}"
            return
        for word, argument in node.items():
            if word in ("type", "$ref") or word in _SILENT:
                continue
            yield from getattr(self, "_" + word.replace("$", ""))(value, argument, node, name, place)

    def _properties(self, value, argument, node, name, place):
        if isinstance(value, dict):
            for key, schema in argument.items():
                if key in value:
                    yield from self.problems(value[key], schema, name, f"{place}/{key}")

    def _patternProperties(self, value, argument, node, name, place):
        for pattern, schema in argument.items():
            for key in value:
                if re.search(pattern, key):
                    yield from self.problems(value[key], schema, name, f"{place}/{key}")

    def _additionalProperties(self, value, argument, node, name, place):
        return iter(())

    def _items(self, value, argument, node, name, place):
        for index, element in enumerate(value):
            yield from self.problems(element, argument, name, f"{place}/{index}")

    def _required(self, value, argument, node, name, place):
        yield from (f"{place}/{key}: missing" for key in argument if key not in value)

    def _enum(self, value, argument, node, name, place):
        if value not in argument:
            yield f"{place}: {value!r} is not one of {argument}"

    def _pattern(self, value, argument, node, name, place):
        if not re.search(argument, value):
            yield f"{place}: {value!r} does not match {argument}"

    def pointers(self, node=None, name=None, place="", seen=()):
        """The pointers of all properties: `*` for the elements of an array and for free keys."""
        node, name = self.resolve(*(self.root if node is None else (node, name)))
        for key, schema in node.get("properties", {}).items():
            yield f"{place}/{key}"
            yield from self.pointers(schema, name, f"{place}/{key}")
        for word in ("items", "additionalProperties"):
            if isinstance(node.get(word), dict):
                yield from self.pointers(node[word], name, f"{place}/*")
        for schema in node.get("patternProperties", {}).values():
            yield from self.pointers(schema, name, f"{place}/*")
        for word in ("anyOf", "oneOf", "allOf"):
            for schema in node.get(word, []):
                yield from self.pointers(schema, name, place)


def words(definition, file="defs-linux.json"):
    """The words of an enumeration of the specification."""
    return json.loads((folder() / file).read_text())["definitions"][definition]["enum"]


def _is(value, kind):
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))
