"""Ranks and marks, against scipy and against what the papers print bold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmark.leaderboard import make_leaderboard
from benchmark.leaderboard.sections import marks, ranks
from benchmark.results import published_table

NUMBERS = st.integers(-10_000, 10_000).map(lambda cents: f"{cents / 100:.2f}")


@given(st.lists(NUMBERS | st.none()))
def test_ranks_are_those_of_scipy(texts: list[str | None]):
    expected = stats.rankdata([-float(text) for text in texts if text is not None], method="min")
    found = ranks(texts)
    assert [rank for rank in found if rank is not None] == expected.tolist()
    assert [rank is None for rank in found] == [text is None for text in texts]


@given(st.lists(NUMBERS | st.none(), min_size=1))
def test_marks_are_the_two_largest_values(texts: list[str | None]):
    values = sorted({float(text) for text in texts if text is not None}, reverse=True)
    there = sum(text is not None for text in texts)
    for text, mark in zip(texts, marks(texts), strict=True):
        if text is None or there < 2:
            assert mark == ""
        else:
            place = values.index(float(text))
            assert mark == (["best", "second"][place] if place < 2 else "")


def test_equal_numbers_share_a_mark_and_the_next_value_is_second():
    assert marks(["80.00", "80.00", "79.00", "78.00"]) == ["best", "best", "second", ""]


@pytest.mark.parametrize(
    ("family", "bold"),
    [
        ("BERT-base", dict.fromkeys(["STS12", "STS13", "STS14", "STS15", "STS16"], "DiffCSE")),
        (
            "RoBERTa-base",
            dict.fromkeys(["STS13", "STS14", "STS15", "STS16", "STSBenchmark"], "DiffCSE")
            | {"STS12": "SimCSE"},
        ),
    ],
)
def test_the_best_are_those_of_the_paper(family: str, bold: dict[str, str]):
    """Table 1 of the DiffCSE paper, one encoder family at a time."""
    table = published_table("diffcse-sts")
    rows = [
        r for r in table.rows if r.model.startswith(("DiffCSE", "SimCSE")) and family in r.model
    ]
    mine = [r for r in rows if ("RoBERTa" in r.model) == (family == "RoBERTa-base")]
    kept = [type(table)(**{f: getattr(table, f) for f in table.__slots__} | {"rows": tuple(mine)})]
    board, _ = make_leaderboard("sts", [], kept)
    for column, model in bold.items():
        [best] = [r.label for r in board.sections[0].rows if r.cells[column].mark == "best"]
        assert best.startswith(model)
