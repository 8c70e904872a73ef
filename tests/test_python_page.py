"""docs/python.md is true: its examples give what they show, and it names all that is public."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import benchmark

PROJECT = Path(__file__).parents[1]
PAGE = (PROJECT / "docs" / "python.md").read_text("utf-8")


@pytest.mark.slow
def test_the_examples_give_what_they_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leaderboards").symlink_to(PROJECT / "leaderboards")
    examples = "\n".join(re.findall(r"```pycon\n(.*?)```", PAGE, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(examples, {}, "python.md", None, None)
    assert len(test.examples) > 30
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=flags)
    assert runner.run(test, out=told.append).failed == 0, "".join(told)


def test_all_that_is_public_is_on_the_page():
    named = set(re.findall(r"`(\w+)", PAGE)) | set(re.findall(r"benchmark\.(\w+)", PAGE))
    assert set(benchmark.__all__) - {"__version__"} <= named


def test_the_columns_of_the_frame_are_those_of_the_page():
    columns = list(benchmark.Runs().to_pandas().columns)
    assert str(columns) in PAGE
