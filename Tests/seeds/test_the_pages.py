# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The pages say nothing that no test has seen."""
import importlib
import re
from pathlib import Path

import pytest
from page import DIRECTORY, Page

HERE = Path(__file__).resolve().parent
MODULES = sorted(path.stem for path in HERE.glob("test_*.py") if path.stem != "test_the_pages")


@pytest.mark.parametrize("module", MODULES)
def test_blocks(module):
    """Every block of a page is run by its tests, and every block that they run is on the page."""
    blocks = Page(importlib.import_module(module).PAGE).blocks()
    run = set(re.findall(r'page\.check\(\s*"([a-z0-9-]+)"', (HERE / f"{module}.py").read_text()))
    assert set(blocks) == run
    for name, text in blocks.items():
        assert text.startswith(("# ", "$ ")), name


@pytest.mark.parametrize("module", MODULES)
def test_claims(module):
    """Every row of the comparison names tests that exist, and every command outside of the blocks is inside one, too."""
    imported = importlib.import_module(module)
    page = Page(imported.PAGE)
    rows = [line for line in page.text.splitlines() if line.startswith("|") and not line.startswith(("| by", "|--", "| in"))]
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, f"no test: {row}"
        for name in named:
            assert hasattr(imported, name), f"no such test: {row}"
    assert "```" in page.text and page.text.count("```console") == len(page.blocks())


def test_index():
    """The list of pages is complete."""
    index = (DIRECTORY / "README.md").read_text()
    for path in DIRECTORY.glob("*.md"):
        assert path.name == "README.md" or f"]({path.name})" in index, path
    assert {importlib.import_module(module).PAGE for module in MODULES} == {
        path.stem for path in DIRECTORY.glob("*.md") if path.name != "README.md"}
