"""What every format says in words: nothing that a row may bear is without a meaning."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

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
