"""The examples of docs/own-data.md do what the page says, and its tables are those of the code."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from benchmark.datasets.tables.columns import (
    LABELS,
    PAIRS,
    PARTS,
    SCORES,
    SPLITS,
    TEXTS,
    plain_name,
)
from benchmark.datasets.tables.file import SUFFIXES

PAGE = Path(__file__).parents[3] / "docs" / "own-data.md"


def test_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert (failed, tried) == (0, 10)


def test_every_known_name_is_on_the_page():
    words = {plain_name(word) for word in re.findall(r"`(\w+)`", PAGE.read_text("utf-8"))}
    stems = {name.rstrip("12ab0") for pair in PAIRS for name in pair if name[-1] in "12ab0"}
    names = {name for pair in PAIRS for name in pair if name[-1] not in "12ab0"} - {
        "1string",
        "2string",
    }
    assert (SCORES | TEXTS | LABELS | PARTS | stems | names | SPLITS.keys()) - words == set()
    assert all(f"`{suffix}`" in PAGE.read_text("utf-8") for suffix in SUFFIXES)
