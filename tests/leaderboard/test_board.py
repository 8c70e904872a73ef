"""The whole page as data: published tables as printed, measured rows with all that is known."""

from __future__ import annotations

import shutil
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.leaderboard import Leaderboard, Traits, make_leaderboard
from benchmark.leaderboard.table_rows import NO_GOLD, NO_PREDICTIONS
from benchmark.results import collect, published_sources, published_table, published_tables
from tests.leaderboard.samples import QUICK, STS, card_number, given_by, gold_of, write_model
from tests.results.samples import task_named


def board_of(folder: Path, group="sts", tables=(), **options) -> Leaderboard:
    return make_leaderboard(
        group,
        collect([folder]),
        tables,
        method=QUICK,
        bibliography=published_sources(),
        **options,
    )[0]


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("sts", "diffcse-sts"),
        ("sts", "simcse-sts"),
        ("transfer", "diffcse-transfer"),
        ("transfer", "simcse-transfer"),
    ],
)
def test_the_papers_tables_come_out_digit_for_digit(results: Path, group, name: str):
    board = board_of(results, group, published_tables())
    shown = {row.id: row for row in board.quoted}
    for place, row in enumerate(published_table(name).rows, start=1):
        found = shown[f"quoted-{name}-{place}"]
        assert {c: cell.text for c, cell in found.cells.items()} == {
            c: str(figure) for c, figure in row.scores.items()
        }
        assert found.average.text == row.average


def test_measured_rows_hold_what_a_page_can_ask_for(results: Path):
    board = board_of(results, described={"model-0": Traits(citation="sbert")})
    first = next(row for row in board.measured if row.model == "model-0")
    assert list(first.cells) == list(first.results) == STS
    for column, cell in first.cells.items():
        score = first.results[column].main_score
        assert cell.text == f"{100 * score:.2f}"
        assert cell.exact == score
        assert cell.interval.low < score < cell.interval.high
    assert first.average.interval.low < first.average.exact < first.average.interval.high
    assert first.units == "rows"
    assert first.signature.startswith("split:test|agg:all|metric:spearman|sim:cos|data:")
    assert first.results["STS12"].subsets["first"]["pairs"] == 60
    assert "Sentence-{BERT}" in board.bibliography[first.traits.citation]


def test_rows_that_cannot_be_told_apart_share_a_letter(results: Path):
    [section] = board_of(results).sections
    assert {row.model: row.letters for row in section.rows} == {
        "model-0": "a",
        "model-1": "a",
        "model-2": "b",
    }
    assert [(row.ranks.best, row.ranks.worst) for row in section.rows] == [(1, 2), (1, 2), (3, 3)]
    assert (section.tests, section.pairs) == (3, 3)
    assert [row.rank for row in section.rows] == [1, 2, 3]


def test_rows_without_statistics_say_why(results: Path):
    write_model(results, "bare", predictions_sha256=None, card=card_number(7))
    shutil.rmtree(results / "gold")
    board = board_of(results)
    cautions = {row.model: row.cautions for row in board.measured}
    assert cautions["model-0"] == (NO_GOLD,)
    assert cautions["bare"] == (NO_PREDICTIONS,)
    assert not any(row.letters or row.units for row in board.measured)
    assert not any(cell.interval for row in board.measured for cell in row.cells.values())


def test_notes_of_records_go_with_their_rows(tmp_path: Path):
    write_model(tmp_path, verified=False)
    [row] = board_of(tmp_path).measured
    assert row.cautions == ("scored on unverified data",)


def test_rankings_of_other_questions_are_named(tmp_path: Path):
    write_model(tmp_path, tasks=["MR", "MR/sklearn"])
    first, second = board_of(tmp_path, "transfer").sections
    assert first.title == ""
    assert second.title == "Other questions: clf:sklearn"


def test_rows_without_an_average_stand_last(tmp_path: Path):
    write_model(tmp_path, "aa", quality=0.99, tasks=STS[:3])
    write_model(tmp_path, "whole", quality=0.1, card=card_number(2))
    [section] = board_of(tmp_path).sections
    assert [(row.label, row.rank) for row in section.rows] == [("whole", 1), ("aa", None)]
    assert section.rows[1].cells["STS12"].mark == "best"


def test_listed_rows_have_neither_rank_nor_mark(results: Path):
    board = board_of(results, tables=published_tables())
    listed = [section for section in board.sections if not section.ranked]
    tables = [table for table in published_tables() if table.group == "sts"]
    assert len({section.title for section in listed}) == len(listed)
    assert {section.title.partition(" (")[0] for section in listed} < {t.title for t in tables}
    for row in (row for section in listed for row in section.rows):
        assert row.rank is None
        assert {cell.mark for cell in row.cells.values()} <= {""}


def test_footnotes_are_numbered_in_the_order_of_the_page(results: Path):
    board = board_of(results, tables=published_tables())
    numbers = [row.footnote for row in board.quoted]
    firsts = list(dict.fromkeys(numbers))
    # Those of rows that stand beside a method alone come last.
    assert [footnote.number for footnote in board.footnotes] == list(
        range(1, len(board.footnotes) + 1)
    )
    assert firsts == list(range(1, len(firsts) + 1))
    beside = {row.footnote for one in board.methods.values() for row in one.quoted}
    assert {footnote.number for footnote in board.footnotes} == {*firsts, *beside}
    for row in board.quoted:
        footnote = board.footnotes[row.footnote - 1]
        assert (footnote.source.key, footnote.where, footnote.status) == (
            row.published.source,
            row.published.where,
            row.published.status,
        )


def test_ids_are_distinct_and_do_not_move(results: Path):
    board = board_of(results, tables=published_tables())
    ids = [row.id for section in board.sections for row in section.rows]
    assert len(set(ids)) == len(ids)
    write_model(results, "another", card=card_number(8))
    more = board_of(results, tables=published_tables())
    assert set(ids) < {row.id for section in more.sections for row in section.rows}


def test_models_with_the_same_label_keep_apart(tmp_path: Path):
    """A name that looks like the label of a state."""
    card = card_number(1)
    write_model(tmp_path, "m", 0.9, card=card)
    write_model(tmp_path, "m", 0.5, card=card_number(2))
    write_model(tmp_path, f"m ({card.fingerprint[:8]})", 0.2, card=card_number(3))
    [section] = board_of(tmp_path).sections
    assert len({row.average.text for row in section.rows}) == 3
    assert len({row.id for row in section.rows}) == 3


def test_evidence_is_what_was_given_beside_gold(results: Path):
    board = board_of(results, with_evidence=True)
    [row] = [row for row in board.measured if row.model == "model-0"]
    found = board.evidence[row.id, "STS12"]
    task = task_named("STS12")
    assert np.array_equal(found.predicted, given_by("model-0", task, 0.9))
    assert np.array_equal(found.rows.gold.values, gold_of(task))
    assert found.rows.sentences is None
    assert len(board.evidence) == 3 * len(STS)
    shutil.rmtree(results / "gold")
    assert board_of(results, with_evidence=True).evidence == {}


def test_no_path_of_this_machine_is_in_a_page(results: Path):
    def texts(value: object):
        if is_dataclass(value):
            for field in fields(value):
                yield from texts(getattr(value, field.name))
        elif isinstance(value, dict):
            for pair in value.items():
                yield from texts(pair)
        elif isinstance(value, (tuple, list)):
            for item in value:
                yield from texts(item)
        else:
            yield str(value)

    board = board_of(results, tables=published_tables())
    assert not [text for text in texts(board) if str(results.parent) in text]


def test_rows_of_tables_may_not_be_of_other_groups(results: Path):
    table = replace(published_table("diffcse-transfer"), group="ablation")
    assert board_of(results, "transfer", [table]).quoted == []
