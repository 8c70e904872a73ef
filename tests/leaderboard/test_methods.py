"""All numbers of one method: who is averaged with whom, against numpy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.leaderboard import Leaderboard, MeasuredRow, QuotedRow
from benchmark.leaderboard.methods import gather_methods
from tests.leaderboard.samples import STS
from tests.leaderboard.traits import method_board

METHOD = "diffcse-bert-base"


@pytest.fixture
def board(tmp_path: Path) -> Leaderboard:
    return method_board(tmp_path)


def names(rows) -> list[str]:
    return [row.label for row in rows]


def test_rows_of_the_same_question_are_gathered_wherever_they_stand(board: Leaderboard):
    found = board.methods[METHOD]
    assert sorted(names(found.alike)) == [
        "DiffCSE again (rerun)",
        "DiffCSE-BERT-base",
        "DiffCSE-BERT-base (notebook)",
        "diffcse-bert-base",
    ]
    assert [row.published.group for row in found.beside] == ["log"]
    assert {row.footnote for row in found.quoted} == {note.number for note in board.footnotes}


def test_other_questions_and_traps_stand_apart(board: Leaderboard):
    found = board.methods[METHOD]
    assert {other.row.label: other.place for other in found.apart} == {
        "DiffCSE trap (rerun)": "",
        "DiffCSE mean (rerun)": "Table made (spearman, mean)",
    }


@pytest.mark.parametrize("card", [{"pooler": "avg"}, {"steps": ["whiten"]}], ids=str)
def test_ours_in_another_setting_stands_apart(board: Leaderboard, card: dict[str, object]):
    [section, *others] = board.sections
    ours = next(row for row in section.rows if isinstance(row, MeasuredRow))
    model = next(iter(ours.results.values())).model
    model = replace(model, card=model.card | card)
    other = replace(ours, results={c: replace(r, model=model) for c, r in ours.results.items()})
    rows = tuple(other if row is ours else row for row in section.rows)
    found = gather_methods([replace(section, rows=rows), *others], [], STS, "sts")[METHOD]
    assert not [row for row in found.alike if isinstance(row, MeasuredRow)]
    assert other in [entry.row for entry in found.apart]
    family = replace(ours, results={}, members=(ours, other))
    found = gather_methods([replace(section, rows=(*rows, family))], [], STS, "sts")[METHOD]
    assert family in [entry.row for entry in found.apart]


def test_the_spread_is_that_of_numpy_over_different_rows(board: Leaderboard):
    found = board.methods[METHOD]
    ours = next(row for row in found.alike if isinstance(row, MeasuredRow))
    # The log prints the paper's row again: one number.
    averages = np.array([78.49, 77.00, float(ours.average.text)])
    assert found.average.count == 3
    assert found.average.mean == pytest.approx(averages.mean())
    assert found.average.deviation == pytest.approx(averages.std(ddof=1))
    assert (found.average.low, found.average.high) == (averages.min(), averages.max())
    column = np.array([72.28, 70.28, float(ours.cells["STS12"].text)])
    assert found.columns["STS12"].deviation == pytest.approx(column.std(ddof=1))
    assert set(found.columns) == set(STS)


def test_one_number_has_no_deviation(board: Leaderboard):
    section = board.sections[0]
    paper = next(row for row in section.quoted if row.label == "DiffCSE-BERT-base")
    twice = replace(section, rows=(paper, paper))
    found = gather_methods([twice], [], STS, "sts")[METHOD]
    assert (found.average.count, found.average.deviation) == (1, None)


def test_a_row_alone_is_no_method(board: Leaderboard):
    section = board.sections[0]
    assert gather_methods([replace(section, rows=section.rows[:1])], [], STS, "sts") == {}
    unnamed = [
        replace(row, published=replace(row.published, method="", catalogue=""))
        for row in section.rows
        if isinstance(row, QuotedRow)
    ]
    assert gather_methods([replace(section, rows=tuple(unnamed))], [], STS, "sts") == {}


def test_a_ranking_of_other_questions_is_averaged_with_nothing(board: Leaderboard):
    section = replace(board.sections[0], title="Other questions: agg:mean")
    found = gather_methods([section], [], STS, "sts")[METHOD]
    assert (found.alike, found.average, found.columns) == ((), None, {})
    assert len(found.apart) == len(section.rows)


def test_deviations_over_runs_are_kept_as_printed(board: Leaderboard):
    row = next(row for row in board.quoted if row.label.startswith("DiffCSE again"))
    assert row.average.deviation == "0.40"
    assert {cell.deviation for cell in row.cells.values()} == {"0.38"}
    plain = next(row for row in board.quoted if row.label == "DiffCSE-BERT-base")
    assert plain.average.deviation == "" == plain.cells["STS12"].deviation
