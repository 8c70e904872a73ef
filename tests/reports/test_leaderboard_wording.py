"""What every format says in words: nothing that a row may bear is without a meaning."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from benchmark.reports.leaderboard import wording
from benchmark.results.published import Mark, Status, Training
from tests.leaderboard.traits import method_board


def test_every_status_and_every_trap_has_words():
    assert set(wording.STATUS) == set(get_args(Status))
    assert set(wording.MARKS) >= set(get_args(Mark))
    assert set(wording.TRAINING) == set(get_args(Training)) - {""}
    assert len({short for short, _ in wording.MARKS.values()}) == len(wording.MARKS)


def test_only_what_is_there_is_explained(tmp_path: Path):
    rows = {row.label: row for row in method_board(tmp_path).quoted}
    trap, plain = rows["DiffCSE trap (rerun)"], rows["DiffCSE-BERT-base"]
    assert wording.marks(trap) == ["test text"]
    assert wording.marks(plain) == wording.marks_of([plain]) == []
    [meaning] = wording.marks_of([plain, trap, trap])
    assert meaning.startswith("test text (")
    assert wording.deviates(trap)
    assert not wording.deviates(plain)
    assert wording.kind(plain) == ["BERT-base", "unsupervised", "2022"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("run by others", "Run by others."),
        ("a1b2c3d of main, table 2", "a1b2c3d of main, table 2."),
        ("mteb/results, file x", "mteb/results, file x."),
        ("one-off; of a log.", "One-off; of a log."),
        ("", ""),
    ],
)
def test_a_remark_has_a_capital_but_a_commit_is_spelled_as_it_is(said: str, shown: str):
    assert wording.sentence(said) == shown
