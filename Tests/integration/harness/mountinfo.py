# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The mount table of a container."""
from dataclasses import dataclass


@dataclass
class Mount:
    point: str
    root: str
    options: set
    propagation: set
    kind: str
    source: str
    super_options: set


def parse(text):
    """mountinfo → {mount point: the topmost Mount there}."""
    table = {}
    for line in text.splitlines():
        before, after = line.split(" - ")
        fields, (kind, source, super_options) = before.split(), after.split(" ")[:3]
        point = fields[4].encode().decode("unicode_escape")
        table[point] = Mount(point, fields[3], set(fields[5].split(",")), set(fields[6:]), kind, source,
                             set(super_options.split(",")))
    return table


def of(bundle, **options):
    """The mount table that a payload of this bundle sees."""
    return parse(bundle.run("cat", "/proc/self/mountinfo", **options).succeeds().out)
