# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The pages of docs/seeds: their commands are what the tests run, their output is what the tests got.

A block of a page is a `<!-- block: NAME -->` line and the fenced text below it. A test that runs the commands of that name
compares: the commands must be the same to the letter, the output except for what the test calls volatile (process ids,
times). With ROOST_UPDATE_SEEDS=1 the block is written anew instead.
"""
import difflib
import os
import re
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parents[2] / "docs/seeds"
UPDATES = os.environ.get("ROOST_UPDATE_SEEDS") == "1"
BLOCK = re.compile(r"^<!-- block: (?P<name>[a-z0-9-]+) -->\n```console\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def mask(text, volatile):
    """The text without what differs from run to run."""
    for pattern in volatile:
        text = re.sub(pattern, "…", text)
    return text


class Page:
    def __init__(self, name):
        self.path = DIRECTORY / f"{name}.md"

    @property
    def text(self):
        return self.path.read_text()

    def blocks(self):
        return {match["name"]: match["text"] for match in BLOCK.finditer(self.text)}

    def check(self, name, transcript, volatile=()):
        """Compares a block with what was typed and printed just now."""
        transcript = "".join(line.rstrip() + "\n" for line in transcript.splitlines())
        known = self.blocks()
        assert name in known, f"{self.path}: there is no block {name}"
        if mask(known[name], volatile) == mask(transcript, volatile):
            return
        if UPDATES:
            return self._write(name, transcript)
        difference = "\n".join(difflib.unified_diff(
            known[name].splitlines(), transcript.splitlines(), "the page", "what happened", lineterm=""))
        raise AssertionError(f"{self.path}, block {name}; ROOST_UPDATE_SEEDS=1 make seeds writes it anew:\n{difference}")

    def _write(self, name, transcript):
        def replace(match):
            if match["name"] != name:
                return match[0]
            return f"<!-- block: {name} -->\n```console\n{transcript}```"

        self.path.write_text(BLOCK.sub(replace, self.text))
