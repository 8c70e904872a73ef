"""Plots of a whole field: who is drawn where, what is hollow, and what the line is made of."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from benchmark.leaderboard import Leaderboard
from benchmark.reports.page.plots import AVERAGE
from benchmark.reports.page.progress import OTHERS, SHAPES, size_plot, year_plot
from benchmark.results.published import Backbone
from tests.leaderboard.traits import field_board
from tests.reports.page.samples import no_rows

PLOTS = [year_plot, size_plot]


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Leaderboard:
    return field_board(tmp_path_factory.mktemp("field"))


def points(plot) -> list[dict]:
    return plot.spec["data"]["values"]


def with_rows(board: Leaderboard, change) -> Leaderboard:
    """The first ranking with each quoted row's published one changed."""
    section = board.sections[0]
    rows = [
        replace(row, published=change(place, row.published)) if row in section.quoted else row
        for place, row in enumerate(section.rows)
    ]
    return replace(board, sections=(replace(section, rows=tuple(rows)), *board.sections[1:]))


def test_every_ranked_row_of_a_year_is_a_point_near_its_year(board: Leaderboard):
    found = points(year_plot(board))
    rows = [row for row in board.ranking.rows if row.traits.year]
    assert len(found) == len(rows) == 301
    assert sorted(point["at"] for point in found) == sorted(row.traits.year for row in rows)
    assert all(abs(point["x"] - point["at"]) < 0.5 for point in found)
    scores = {point["row"]: point["scores"] for point in found}
    [ours] = board.measured
    assert scores["ours"] == {
        AVERAGE: float(ours.average.text),
        **{column: float(cell.text) for column, cell in ours.cells.items()},
    }
    assert found[-1]["kind"] == "measured"  # on top
    assert "30 rows without a year are left out." in year_plot(board).text


def test_no_two_points_of_a_year_share_a_place(board: Leaderboard):
    places = defaultdict(list)
    for point in points(year_plot(board)):
        places[point["at"]].append(point["x"])
    assert all(len(set(xs)) == len(xs) for xs in places.values())


def test_a_size_is_drawn_near_its_size(board: Leaderboard):
    found = points(size_plot(board))
    assert len(found) == len(board.ranking.rows)
    assert all(0.95 < point["x"] / point["at"] < 1.05 for point in found)
    assert {point["at"] for point in found} == {110e6, 340e6, 125e6, 6.7e9}


@pytest.mark.parametrize("plot", PLOTS)
def test_rows_with_a_trap_are_hollow_and_it_is_said(board: Leaderboard, plot):
    made = plot(board)
    hollow = {point["row"] for point in points(made) if point["hollow"]}
    traps = {row.label for row in board.quoted if row.published.marks}
    assert {name.split(" [")[0] for name in hollow} <= traps
    assert hollow
    assert "Hollow, and no part of the line: rows marked test text." in made.text


def test_the_best_so_far_is_that_of_pandas(board: Leaderboard):
    plot = year_plot(board)
    frame = pd.DataFrame(
        [(p["row"], p["at"], p["scores"][AVERAGE]) for p in points(plot) if not p["hollow"]],
        columns=["row", "at", "score"],
    )
    best = frame.groupby("at")["score"].max().cummax()
    records = best[best.diff().fillna(1) > 0]
    told = [line for line in plot.numbers if line[4]]
    assert [(int(line[1]), float(line[3])) for line in told] == [*records.items()]
    assert len(plot.numbers) == len(points(plot))
    assert {len(line) for line in plot.numbers} == {len(plot.headings)}


def test_the_same_table_for_sizes_has_whole_numbers(board: Leaderboard):
    plot = size_plot(board)
    assert {line[1] for line in plot.numbers} == {
        "110,000,000",
        "125,000,000",
        "340,000,000",
        "6,700,000,000",
    }


def test_families_beyond_the_colours_are_others(board: Leaderboard):
    def changed(place, row):
        backbone = Backbone("x", "X", f"Family {place % 9}", 1_000_000 + place)
        return replace(row, backbone=None if place % 10 == 3 else backbone)

    plot = year_plot(with_rows(board, changed))
    [layer] = [layer for layer in plot.spec["layer"] if layer["mark"]["type"] == "point"]
    domain = layer["encoding"]["fill"]["scale"]["domain"]
    assert domain[-1] == OTHERS
    assert len(domain) == len(SHAPES) + 1
    for channel in ("fill", "shape"):
        scale = layer["encoding"][channel]["scale"]
        assert len(scale["range"]) == len(set(scale["range"])) == len(domain)
    assert {point["family"] for point in points(plot)} == set(domain)
    assert [*plot.choices[1].options] == ["", *domain]


def test_a_row_of_another_question_is_in_no_plot(board: Leaderboard):
    section = board.sections[0]
    apart = replace(section, title="Other questions", rows=section.rows[:5])
    listed = replace(section, ranked=False, rows=section.rows[5:9])
    first = replace(section, rows=section.rows[9:])
    plot = year_plot(replace(board, sections=(first, apart, listed)))
    assert len(points(plot)) == sum(bool(row.traits.year) for row in first.rows)


def test_one_year_is_no_progress(board: Leaderboard):
    assert year_plot(with_rows(board, lambda _, row: replace(row, year=2021))) is None
    assert year_plot(no_rows()) is None is size_plot(no_rows())
    same = Backbone("x", "X", "X", 110_000_000)
    assert size_plot(with_rows(board, lambda _, row: replace(row, backbone=same))) is None


def test_a_board_without_averages_begins_with_its_first_column(board: Leaderboard):
    section = board.sections[0]
    rows = tuple(replace(row, average=None) for row in section.rows)
    plot = year_plot(replace(board, sections=(replace(section, rows=rows),)))
    assert plot.choices[0].chosen == plot.spec["params"][0]["value"] == "STS12"
    assert plot.numbers == ()


@pytest.mark.parametrize("plot", PLOTS)
def test_vega_lite_compiles_them_without_a_warning(board: Leaderboard, plot):
    compiler = pytest.importorskip("vl_convert")
    assert compiler.vegalite_to_vega(plot(board).spec)["marks"]


def test_600_rows_are_a_fraction_of_a_megabyte(tmp_path: Path):
    board = field_board(tmp_path, 600)
    for plot in (year_plot(board), size_plot(board)):
        assert len(json.dumps(plot.spec)) < 280_000
