"""Which rows are drawn together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.metrics.resampling import sentence_units
from benchmark.options import DataOptions
from scripts import measure_dependence

TEXTS = st.sampled_from("abcdefgh")
TASKS = st.lists(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=12), min_size=1, max_size=3)


def as_lists(asked) -> list[list[int]]:
    return [units.tolist() for units in sentence_units(asked)]


def test_pairs_stand_around_their_more_frequent_sentence() -> None:
    rows = [("hub", "x"), ("y", "hub"), ("y", "z"), ("hub", "w"), ("p", "q")]
    assert as_lists([rows]) == [[0, 0, 1, 0, 2]]


def test_sentences_are_counted_over_all_tasks() -> None:
    first, second = [("a", "b"), ("a", "c")], [("b", "d"), ("b", "e"), ("a", "b")]
    assert as_lists([first, second]) == [[0, 1], [0, 0, 0]]
    assert as_lists([first]) == [[0, 0]]


def test_a_sentence_paired_with_itself_counts_once() -> None:
    assert as_lists([[("a", "a"), ("a", "b"), ("b", "c"), ("b", "d")]]) == [[0, 1, 1, 1]]


def test_single_sentences_are_units_by_themselves() -> None:
    assert as_lists([[("a",), ("b",), ("a",)], [("b",), ("c",)]]) == [[0, 1, 0], [1, 2]]


@given(TASKS)
def test_the_same_pair_is_one_unit_everywhere(asked: list[list[tuple[str, str]]]) -> None:
    units = as_lists(asked)
    seen: dict[frozenset[str], int] = {}
    for rows, numbers in zip(asked, units, strict=True):
        for row, number in zip(rows, numbers, strict=True):
            assert seen.setdefault(frozenset(row), number) == number


@given(TASKS)
def test_rows_of_a_unit_have_a_sentence_in_common(asked: list[list[tuple[str, str]]]) -> None:
    together: dict[int, set[str]] = {}
    for rows, numbers in zip(asked, as_lists(asked), strict=True):
        for row, number in zip(rows, numbers, strict=True):
            together[number] = together.get(number, set(row)) & set(row)
    assert all(together.values())


@given(TASKS, st.permutations("abcdefgh"))
def test_names_of_sentences_do_not_matter(
    asked: list[list[tuple[str, str]]], names: list[str]
) -> None:
    """So that hashes give what texts give."""
    renamed = dict(zip("abcdefgh", names, strict=True))
    hashed = [[(renamed[first], renamed[second]) for first, second in rows] for rows in asked]
    assert as_lists(asked) == as_lists(hashed)


def test_of_equally_frequent_sentences_the_first_counts() -> None:
    rows = [("b", "a"), ("a", "x"), ("y", "b"), ("a", "b")]
    assert as_lists([rows]) == [[0, 1, 0, 0]]


# --- what docs/significance.md says of the real tasks ---------------------------------------------


@pytest.mark.real_data
def test_the_figures_of_the_real_tasks(real_data: Path) -> None:
    rows = measure_dependence.sentences(DataOptions(data_dir=real_data))
    found = measure_dependence.table_of_links(rows)
    figures = [line.replace("|", " ").split()[-3:] for line in found.splitlines()[4:]]
    assert found.startswith("18,850 rows; 28,177 pairs of rows share a sentence")
    assert figures == [
        ["18,850", "1", "0"],
        ["17,378", "16", "1,988"],
        ["11,355", "50", "23,759"],
        ["9,674", "402", "220,708"],
    ]


def test_the_reference_counts_each_two_rows_once() -> None:
    """Rows ab, ba, aa, bc: all but the last two share a sentence with each other."""
    rows = [("a", "b"), ("b", "a"), ("a", "a"), ("b", "c")]
    values = np.array([1.0, 10.0, 100.0, 1000.0])
    linked = np.array([[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 1]])
    found = measure_dependence.squares_of_sharing(values, rows)
    assert found == pytest.approx(values @ linked @ values)
