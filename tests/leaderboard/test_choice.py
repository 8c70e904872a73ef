"""Rows that somebody chose: by name, glob and source, and against a baseline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.leaderboard import Choice, Leaderboard, Statistics, make_leaderboard
from benchmark.results import Family, Member, collect, published_tables
from tests.leaderboard.samples import QUICK, STS, write_model, write_models

MODELS = {"model-0": 0.9, "model-1": 0.5, "model-2": 0.1}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_models(tmp_path, [*MODELS.values()])


def made(folder: Path, *rows: str, **options: object) -> tuple[Leaderboard, Statistics]:
    choice = Choice(rows, **options)
    return make_leaderboard(
        "sts", collect([folder]), published_tables(), method=QUICK, choice=choice
    )


def labels(board: Leaderboard) -> list[str]:
    return [row.label for row in board.sections[0].rows]


def test_names_globs_and_sources_choose_rows_in_the_order_of_averages(folder: Path):
    board, _ = made(folder, "model-2", "published:diffcse-sts/DiffCSE-BERT-base", "model-0")
    assert labels(board) == ["model-0", "DiffCSE-BERT-base", "model-2"]
    assert [row.rank for row in board.sections[0].rows] == [1, 2, 3]
    assert len(made(folder, "model-*")[0].measured) == 3
    assert not made(folder, "model-*")[0].quoted
    of_table = made(folder, "published:diffcse-sts")[0].quoted
    assert {row.published.table for row in of_table} == {"diffcse-sts"}
    of_source = made(folder, "published:simcse")[0].quoted
    assert {row.published.source for row in of_source} == {"simcse"}
    whitened = made(folder, "published:*whitening*")[0].quoted
    assert whitened
    assert all("whitening" in row.label for row in whitened)


def test_marks_ranks_and_letters_are_among_the_chosen(folder: Path):
    board, _ = made(folder, "model-1", "model-2")
    first, second = board.measured
    assert {cell.mark for cell in [*first.cells.values(), first.average]} == {"best"}
    assert {cell.mark for cell in [*second.cells.values(), second.average]} == {"second"}
    assert (board.sections[0].tests, board.sections[0].pairs) == (1, 1)
    whole, _ = made(folder)
    same = {row.label: row for row in whole.measured}
    for row in board.measured:
        texts = {name: (cell.text, cell.interval) for name, cell in row.cells.items()}
        known = same[row.label].cells
        assert texts == {name: (cell.text, cell.interval) for name, cell in known.items()}


def test_rows_of_ours_stand_last_where_that_is_asked_for(folder: Path):
    names = ("model-*", "published:diffcse-sts")
    ranked, last = made(folder, *names)[0], made(folder, *names, own="last")[0]
    assert sorted(labels(ranked)) == sorted(labels(last))
    assert labels(last)[-3:] == ["model-0", "model-1", "model-2"]
    assert labels(ranked)[-3:] != labels(last)[-3:]
    assert {r.label: r.rank for r in ranked.measured} == {r.label: r.rank for r in last.measured}


def test_a_family_is_named_by_its_name(folder: Path):
    write_model(folder, "seed-1", 0.5)
    write_model(folder, "seed-2", 0.6)
    runs = collect([folder])
    seeds = [run for run in runs if run.model.startswith("seed")]
    family = Family("seeds", "seed", tuple(Member(r.model, (r.fingerprint,)) for r in seeds))
    options = {"method": QUICK, "families": [family]}
    board, _ = make_leaderboard("sts", runs, **options, choice=Choice(("seeds", "model-0")))
    assert [row.model for row in board.measured] == ["model-0", "seeds"]
    with pytest.raises(UsageError, match="a family is not tested"):
        make_leaderboard("sts", runs, **options, choice=Choice(("model-0",), baseline="seeds"))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("model-9", "did you mean model-"),
        ("modell-*x", "measured rows are model-0, model-1, model-2"),
        ("published:diffcse-st", "did you mean published:diffcse-sts?"),
        ("published:SimCSE-BERT-base", "there are"),
        ("published:diffcse-transfer/DiffCSE-BERT-base", "is not of the leaderboard STS"),
    ],
)
def test_what_means_no_row_or_several_is_refused(folder: Path, word: str, said: str):
    with pytest.raises(UsageError, match=re.escape(said)) as refused:
        made(folder, "model-0", word)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("model-9", "did you mean model-"),
        ("published:diffcse-sts/1", "a published row has no predictions"),
    ],
)
def test_a_baseline_is_a_measured_row(folder: Path, name: str, said: str):
    with pytest.raises(UsageError, match=re.escape(said)):
        made(folder, baseline=name)


# --- tests against the baseline -------------------------------------------------------------------


def step_down(p_values: list[float]) -> list[float]:
    """Holm, by his own words: the smallest times all there are, the next times one less ..."""
    adjusted, largest = [0.0] * len(p_values), 0.0
    for left, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, p_values[place] * (len(p_values) - left))
        adjusted[place] = min(largest, 1.0)
    return adjusted


def test_numbers_are_tested_against_the_baseline_adjusted_over_all_of_them(folder: Path):
    board, known = made(folder, "model-0", "model-2", baseline="model-1")
    rows = {row.label: row for row in board.measured}
    assert [*rows] == ["model-0", "model-1", "model-2"]  # the baseline is one of them
    assert len(known.pairs) == 3
    section = board.sections[0]
    assert (section.against.label, section.against.columns) == ("model-1", 7)
    cells = [rows[name].cells[task] for name in ("model-0", "model-2") for task in STS]
    scores = rows["model-1"].cells
    # Which two rows a kept test is of is told by its p-values against those of the pair alone.
    alone = {
        name: next(iter(made(folder, name, baseline="model-1")[1].pairs.values()))
        for name in ("model-0", "model-2")
    }
    given = [alone[name].p_values[task] for name in ("model-0", "model-2") for task in STS]
    assert [cell.tested.p_value for cell in cells] == pytest.approx(step_down(given))
    averages = [rows[name].average.tested.p_value for name in ("model-0", "model-2")]
    assert averages == pytest.approx(step_down([alone[n].average for n in ("model-0", "model-2")]))
    for name, verdict in (("model-0", "better"), ("model-2", "worse")):
        for task, cell in rows[name].cells.items():
            assert cell.tested.difference == pytest.approx(cell.exact - scores[task].exact)
            assert cell.tested.verdict == (verdict if cell.tested.p_value < 0.05 else "")
        assert rows[name].average.tested.verdict == verdict
    assert all(cell.tested is None for cell in [*scores.values(), rows["model-1"].average])
    assert all(row.average.tested is None for row in board.quoted)
