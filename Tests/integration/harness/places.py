# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The places of a JSON document, by JSON pointer (RFC 6901), and documents that differ from another in one of them."""
import copy
import json

ABSENT = object()


def tokens(pointer):
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def appending(token, pointer):
    return f"{pointer}/{str(token).replace('~', '~0').replace('/', '~1')}"


def places(value, pointer=""):
    """Every value below the document's root, with its pointer."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for token, child in children:
        yield appending(token, pointer), child
        yield from places(child, appending(token, pointer))


def changed(document, changes):
    """A copy in which the values at the pointers are replaced, added (also behind the end of a list) or, if ABSENT,
    removed; pairs are applied in turn."""
    document = copy.deepcopy(document)
    for pointer, value in changes:
        *way, last = tokens(pointer)
        place = document
        for token in way:
            place = place[int(token)] if isinstance(place, list) else place.setdefault(token, {})
        if isinstance(place, list):
            last = int(last)
            if last == len(place):
                place.append(None)
        if value is ABSENT:
            del place[last]
        else:
            place[last] = value
    return document


def repeating(document, pointer):
    """The document's text, in which the member at the pointer stands a second time, at its object's end."""
    def text(value, way):
        if not way:
            return json.dumps(value)
        first, *rest = way
        if isinstance(value, list):
            return "[" + ", ".join(
                text(child, rest if str(index) == first else []) for index, child in enumerate(value)) + "]"
        members = [(key, text(child, rest if key == first else [])) for key, child in value.items()]
        if not rest:
            members.append((first, json.dumps(value[first])))
        return "{" + ", ".join(f"{json.dumps(key)}: {child}" for key, child in members) + "}"
    return text(document, tokens(pointer))
