"""Scores by subset: which there are, their tints, and the best of each."""

from __future__ import annotations

from dataclasses import replace

from benchmark.leaderboard import Leaderboard, MeasuredRow
from benchmark.reports.page.heat import STEPS, heat_map
from tests.reports.page.samples import full_boards, no_rows


def board_with(*subsets: dict[str, dict[str, float]]) -> Leaderboard:
    """A measured row for each of these, on STS12 only."""
    board = full_boards()[0]
    section = board.sections[0]
    row = next(row for row in section.rows if isinstance(row, MeasuredRow))
    rows = tuple(
        replace(row, label=f"m{n}", results={"STS12": replace(row.results["STS12"], subsets=found)})
        for n, found in enumerate(subsets)
    )
    return replace(board, sections=(replace(section, rows=rows),))


def test_subsets_stand_below_their_task():
    found = heat_map(full_boards()[0])
    assert [count for _, count in found.tasks] == [2] * 7
    assert found.tasks[0] == ("STS12", 2)
    assert found.subsets[:4] == ("first", "second", "first", "second")
    assert [label for label, _ in found.rows] == ["model-0", "model-1", "model-2"]
    assert (found.low, found.high) == ("25.00", "75.00")


def test_tints_go_from_the_lowest_to_the_highest_score():
    scores = [place / 20 for place in range(21)]
    rows = [{"a": {"spearman": score}, "b": {"spearman": 0.5}} for score in scores]
    steps = [cells[0].step for _, cells in heat_map(board_with(*rows)).rows]
    assert steps == sorted(steps)
    assert set(steps) == set(range(STEPS))


def test_the_best_of_a_column_is_marked_where_there_is_a_choice():
    rows = [
        {"a": {"spearman": 0.2}, "b": {"spearman": -0.0149}},
        {"a": {"spearman": 0.2}},
        {"a": {"spearman": 0.1}},
    ]
    found = [cells for _, cells in heat_map(board_with(*rows)).rows]
    assert [cells[0].best for cells in found] == [True, True, False]
    assert (found[0][1].text, found[0][1].best) == ("-1.5", False)
    assert found[1][1] is None


def test_equal_scores_have_one_tint():
    [(_, cells)] = heat_map(board_with({"a": {"spearman": 0.5}, "b": {"spearman": 0.5}})).rows
    assert {cell.step for cell in cells} == {STEPS // 2}


def test_tasks_of_one_part_have_no_heat_map():
    assert heat_map(board_with({"test": {"spearman": 0.5}})) is None
    assert heat_map(no_rows()) is None


def test_folds_are_no_subsets():
    assert heat_map(full_boards()[1]) is None
    folds = {f"fold {n}": {"dev_accuracy": 0.5, "test_accuracy": 0.5} for n in (1, 2)}
    assert heat_map(board_with(folds)) is None
