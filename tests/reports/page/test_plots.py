"""Plots as specifications: what they are made of, and that Vega-Lite's compiler takes them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from benchmark.leaderboard import Evidence, Leaderboard, MeasuredRow
from benchmark.reports.page.pairs import CELLS, LABEL_CELLS, MOST_POINTS, label_plot, pair_plot
from benchmark.reports.page.plots import MOST_ROWS, interval_plot, speed_plot, vector_plot
from benchmark.results import published_rows
from tests.reports.page.samples import full_boards, many_rows, no_rows, one_row

STS, TRANSFER = 0, 1


def ours(board: Leaderboard) -> list[MeasuredRow]:
    return [row for row in board.sections[0].rows if isinstance(row, MeasuredRow)]


def few_pairs(board: Leaderboard, count: int) -> Leaderboard:
    """The first pairs of each task only."""

    def cut(evidence: Evidence) -> Evidence:
        gold = replace(
            evidence.rows.gold,
            values=evidence.rows.gold.values[:count],
            subsets=(("first", count),),
        )
        return Evidence(evidence.predicted[:count], replace(evidence.rows, gold=gold))

    return replace(board, evidence={key: cut(value) for key, value in board.evidence.items()})


def with_labels(board: Leaderboard) -> Leaderboard:
    """The same pairs with labels: 1 for the upper half of their gold scores."""

    def halved(evidence: Evidence) -> Evidence:
        gold = evidence.rows.gold
        labels = (gold.values > np.median(gold.values)).astype(np.int64)
        return replace(evidence, rows=replace(evidence.rows, gold=replace(gold, values=labels)))

    def asked(row: MeasuredRow) -> MeasuredRow:
        results = {
            task: replace(result, asked=replace(result.asked, kind="pair-classification"))
            for task, result in row.results.items()
        }
        return replace(row, results=results)

    rows = tuple(asked(row) for row in ours(board))
    return replace(
        board,
        sections=(replace(board.sections[0], rows=rows),),
        evidence={key: halved(value) for key, value in board.evidence.items()},
    )


# --- scores with intervals ------------------------------------------------------------------------


def test_every_number_of_the_ranking_is_a_point():
    board = full_boards()[STS]
    values = interval_plot(board).spec["data"]["values"]
    section = board.sections[0]
    rows = [*section.measured, *section.quoted][:MOST_ROWS]
    assert len(values) == sum(len(row.cells) + bool(row.average) for row in rows)
    averages = {v["row"]: v["score"] for v in values if v["column"] == "average"}
    for row in ours(board):
        assert averages[row.label] == float(row.average.text)
    bars = [value for value in values if "low" in value]
    assert {value["kind"] for value in bars} == {"measured"}
    assert all(value["low"] <= value["score"] <= value["high"] for value in bars)


def test_rows_of_one_name_do_not_share_a_line():
    rows = interval_plot(many_rows(30)).spec["data"]["values"]
    assert len({value["row"] for value in rows}) == 30
    board = full_boards()[STS]
    same = tuple(replace(row, label="same") for row in ours(board))
    values = interval_plot(replace(board, sections=(replace(board.sections[0], rows=same),))).spec[
        "data"
    ]["values"]
    assert {value["row"] for value in values} == {"same", "same #2", "same #3"}


def test_scores_of_a_board_without_averages_can_be_chosen():
    board = one_row()
    row = replace(ours(board)[0], average=None)
    plot = interval_plot(replace(board, sections=(replace(board.sections[0], rows=(row,)),)))
    assert plot.choices[0].chosen == plot.spec["params"][0]["value"] == "STS12"


def test_a_name_that_looks_like_a_parameter_stays_a_name():
    board = full_boards()[STS]
    rows = tuple(replace(row, label="$chosen") for row in ours(board)[:1])
    plot = interval_plot(replace(board, sections=(replace(board.sections[0], rows=rows),)))
    assert {value["row"] for value in plot.spec["data"]["values"]} == {"$chosen"}


# --- alignment, uniformity, speed -----------------------------------------------------------------


def test_published_points_are_those_of_the_papers():
    plot = vector_plot(full_boards()[STS], published_rows("geometry"))
    points = {p["row"]: p for p in plot.spec["data"]["values"] if p["kind"] == "quoted"}
    assert (points["SimCSE-BERT-base"]["alignment"], points["SimCSE-BERT-base"]["uniformity"]) == (
        0.177,
        -2.313,
    )
    assert points["DiffCSE-BERT-base"]["alignment"] == 0.097
    assert plot.numbers[1][:4] == ("model-1", "measured", "0.200", "-2.000")


def test_published_points_alone_are_no_plot():
    board = full_boards()[TRANSFER]
    assert vector_plot(board, published_rows("geometry")) is None


def test_speed_stands_beside_the_average():
    points = speed_plot(full_boards()[STS]).spec["data"]["values"]
    assert [point["rate"] for point in points] == [2000.0, 500.0, 125.0]
    assert points[0]["low"] < points[0]["score"] < points[0]["high"]


def test_there_is_no_plot_of_nothing():
    assert interval_plot(no_rows()) is None
    assert speed_plot(no_rows()) is None
    assert pair_plot(no_rows()) is None
    assert pair_plot(full_boards()[TRANSFER]) is None
    assert label_plot(full_boards()[STS]) is None
    assert pair_plot(with_labels(full_boards()[STS])) is None


# --- gold against cosine --------------------------------------------------------------------------


def test_every_pair_is_counted_in_its_cell():
    board = full_boards()[STS]
    plot = pair_plot(board)
    grid, cases = plot.data["grid"], plot.data["cases"]
    assert len(cases) == 3 * 7
    evidence = board.evidence[ours(board)[1].id, "STS14"]
    gold, cosines = evidence.rows.gold.values, evidence.predicted
    edges = [
        start + width * (np.arange(steps + 2) - 0.5)
        for start, width, steps in zip(
            (grid["x"], grid["y"]), (grid["dx"], grid["dy"]), CELLS, strict=True
        )
    ]
    expected, *_ = np.histogram2d(gold, cosines, bins=edges)
    found = np.zeros_like(expected)
    for x, y, count in np.reshape(cases["1:2"]["cells"], (-1, 3)):
        found[x, y] = count
    assert found.sum() == 400
    np.testing.assert_array_equal(found, expected)


def test_few_pairs_are_points_of_their_own():
    board = few_pairs(full_boards()[STS], MOST_POINTS)
    case = pair_plot(board).data["cases"]["0:0"]
    evidence = board.evidence[ours(board)[0].id, "STS12"]
    both = np.column_stack([evidence.rows.gold.values, evidence.predicted])
    np.testing.assert_allclose(np.reshape(case["points"], (-1, 2)), both, atol=5e-4)
    assert "cells" not in case


def test_the_farthest_pair_is_the_one_whose_ranks_differ_most():
    board = full_boards()[STS]
    far = pair_plot(board).data["cases"]["0:0"]["far"]
    evidence = board.evidence[ours(board)[0].id, "STS12"]
    ranks = [stats.rankdata(v) for v in (evidence.predicted, evidence.rows.gold.values)]
    apart = (ranks[0] - ranks[1]) / len(ranks[0])
    worst = int(np.argmax(np.abs(apart)))
    assert far[0]["disagreement"] == pytest.approx(apart[worst], abs=5e-4)
    assert far[0]["gold"] == evidence.rows.gold.values[worst]
    assert far[0]["place"] == f"first {worst + 1}"
    sizes = [abs(pair["disagreement"]) for pair in far]
    assert sizes == sorted(sizes, reverse=True)


def test_sts_b_is_shown_first():
    model, task = pair_plot(full_boards()[STS]).choices
    assert model.chosen == "0"
    assert task.options[task.chosen] == "STS-B"


# --- label against cosine -------------------------------------------------------------------------


def test_labels_have_two_columns():
    board = with_labels(full_boards()[STS])
    plot = label_plot(board)
    assert plot.title == "Label against cosine"
    assert plot.id != pair_plot(full_boards()[STS]).id
    evidence = board.evidence[ours(board)[0].id, "STS12"]
    labels = evidence.rows.gold.values
    cells = np.reshape(plot.data["cases"]["0:0"]["cells"], (-1, 3))
    assert set(cells[:, 0]) == {0, LABEL_CELLS[0]}
    counted = [int(cells[cells[:, 0] == column, 2].sum()) for column in (0, LABEL_CELLS[0])]
    assert counted == [int(np.sum(labels == label)) for label in (0, 1)]


def test_the_farthest_of_labelled_pairs_are_on_the_wrong_side_of_most_others():
    board = with_labels(full_boards()[STS])
    [worst, *_] = label_plot(board).data["cases"]["0:0"]["far"]
    evidence = board.evidence[ours(board)[0].id, "STS12"]
    labels, cosines = evidence.rows.gold.values, evidence.predicted
    wrong = [
        np.mean([(other - cosine) * (1 if label else -1) > 0 for other in cosines[labels != label]])
        for label, cosine in zip(labels, cosines, strict=True)
    ]
    assert abs(worst["disagreement"]) == pytest.approx(max(wrong), abs=2e-3)
    assert (worst["disagreement"] > 0) == (worst["gold"] == 0)


# --- somebody else's word -------------------------------------------------------------------------


@pytest.mark.parametrize("group", [STS, TRANSFER])
def test_vega_lite_compiles_every_plot(group: int):
    compiler = pytest.importorskip("vl_convert")
    board = full_boards()[group]
    plots = [
        interval_plot(board),
        vector_plot(board, published_rows("geometry")),
        speed_plot(board),
        pair_plot(board),
        label_plot(with_labels(full_boards()[STS])),
    ]
    for plot in filter(None, plots):
        compiled = compiler.vegalite_to_vega(plot.spec)
        assert compiled["marks"], plot.id
