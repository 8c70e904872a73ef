"""``python -m benchmark leaderboard --format html``: the file, its options, what is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

import pytest

from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.leaderboard.samples import write_models

__all__ = ["verb"]

PAGE = Path("leaderboards/leaderboard.html")
PAIRS = 'id="sts-pairs"'


@pytest.fixture(autouse=True)
def _short_library():
    pytest.importorskip("vl_convert")
    with mock.patch("benchmark.reports.page.page.plot_library", return_value="// library"):
        yield


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return write_models(tmp_path / "results", [0.9, 0.3])


def test_one_page_is_written_beside_the_statistics(verb: Command, results: Path):
    done = verb("leaderboard", results, "--format", "html", "--quiet")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [str(PAGE), "leaderboards/statistics.json"]
    page = PAGE.read_text("utf-8")
    assert "model-0" in page
    assert PAIRS in page
    assert "DiffCSE-BERT-base" in page
    again = verb("leaderboard", results, "--format", "html", "--output", "again", "--quiet")
    assert again.code == 0
    assert Path("again/leaderboard.html").read_text("utf-8") == page


def test_gold_can_be_left_out(verb: Command, results: Path):
    assert verb("leaderboard", results, "--format", "html", "--no-pairs").code == 0
    assert PAIRS not in PAGE.read_text("utf-8")


def test_nothing_published_is_in_a_page_of_measured_rows(verb: Command, results: Path):
    assert verb("leaderboard", results, "--format", "html", "--no-published").code == 0
    assert "DiffCSE-BERT-base" not in PAGE.read_text("utf-8")


def test_a_page_without_gold_at_hand_has_everything_else(verb: Command, results: Path):
    verb("leaderboard", results, "--format", "html")
    for kept in (results / "gold").iterdir():
        kept.unlink()
    assert verb("leaderboard", results, "--format", "html").code == 0
    page = PAGE.read_text("utf-8")
    assert PAIRS not in page
    assert "interval " in page


def test_all_formats_are_those_that_are_kept(verb: Command, results: Path):
    assert verb("leaderboard", results, "--format", "all").code == 0
    assert not PAGE.exists()


def test_sentences_without_pairs_are_refused(verb: Command, results: Path):
    asked = ("--format", "html", "--no-pairs", "--sentences")
    verb("leaderboard", results, *asked).refused(2, "--no-pairs and --sentences contradict")


def test_a_missing_library_is_refused_before_anything_is_computed(
    verb: Command, results: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    refused = verb("leaderboard", results, "--format", "html")
    refused.refused(2, "--format html needs vl-convert-python", "pip install '.[page]'")
    assert not PAGE.parent.exists()
