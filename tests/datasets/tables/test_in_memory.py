"""Lists, arrays, data frames and data sets: the same as from a file, or one line."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

from benchmark.datasets.tables import own_frame, own_labelled, own_pairs
from benchmark.errors import BenchmarkError, DataError, UsageError

FIRST, SECOND, GOLD = ["a", "b", "c"], ["d", "e", "f"], [1.5, 2.0, 3.25]
COLUMNS = {"sentence1": FIRST, "sentence2": SECOND, "score": GOLD}
SAME = own_pairs(FIRST, SECOND, GOLD, name="t").sha256
ROWS = list(zip(FIRST, SECOND, GOLD, strict=True))


class Dataset:
    """What the datasets library offers of a table: names, and columns by name."""

    def __init__(self, columns: dict[str, list[Any]]):
        self.columns = columns
        self.column_names = list(columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> list[Any]:
        if name == "image":
            raise AssertionError("nobody asked for that")
        return self.columns[name]


class DatasetDict(dict):  # type: ignore[type-arg]
    """And of its splits: it has the names of each as a mapping."""

    @property
    def column_names(self) -> dict[str, list[str]]:
        return {split: table.column_names for split, table in self.items()}


class Streamed:
    """A data set that is gone through, and has names all the same."""

    @property
    def column_names(self) -> list[str]:
        return list(COLUMNS)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (dict(zip(COLUMNS, row, strict=True)) for row in ROWS)


class Series:
    """A column of polars."""

    def __init__(self, values: list[Any]):
        self.values = values

    def to_list(self) -> list[Any]:
        return self.values


class Frame:
    """A DataFrame of polars, by what is used of it."""

    def __init__(self, columns: dict[str, list[Any]]):
        self._columns = columns

    @property
    def columns(self) -> list[str]:
        return list(self._columns)

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def __getitem__(self, name: str) -> Series:
        return Series(self._columns[name])


FRAMES = {
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "pandas, an index": lambda: pd.DataFrame(COLUMNS, index=[7, 7, 9]),
    "pandas, categories": lambda: pd.DataFrame(COLUMNS).astype({"sentence1": "category"}),
    "pandas, pyarrow": lambda: pd.DataFrame(COLUMNS).convert_dtypes(dtype_backend="pyarrow"),
    "pyarrow": lambda: pa.table(COLUMNS),
    "polars": lambda: Frame(COLUMNS),
    "datasets": lambda: Dataset(COLUMNS),
    "datasets, images": lambda: Dataset({"image": [b"", b"", b""], **COLUMNS}),
    "datasets, streamed": Streamed,
    "columns": lambda: COLUMNS,
    "columns of arrays": lambda: {key: np.array(column) for key, column in COLUMNS.items()},
    "rows": lambda: [dict(zip(COLUMNS, row, strict=True)) for row in ROWS],
    "rows, once": lambda: iter([dict(zip(COLUMNS, row, strict=True)) for row in ROWS]),
    "tuples": lambda: ROWS,
    "lists": lambda: [list(row) for row in ROWS],
    "lists with names": lambda: [list(COLUMNS), *ROWS],
    "an array": lambda: np.array(ROWS, object),
    "numbers of Decimal": lambda: pa.table(
        {**COLUMNS, "score": pa.array(GOLD).cast(pa.decimal128(5, 2))}
    ),
}


@pytest.mark.parametrize("frame", FRAMES)
def test_any_table_in_memory_has_the_content_of_the_lists(frame: str):
    data = own_frame(FRAMES[frame](), name="tickets")
    assert data.sha256 == SAME
    assert (data.name, data.report.source) == ("tickets", "tickets")
    assert data.report.form.name == type(FRAMES[frame]()).__name__


@pytest.mark.parametrize(
    "gold",
    [
        np.array(GOLD),
        np.array(GOLD, np.float32),
        torch.tensor(GOLD),
        pd.Series(GOLD),
        iter(GOLD),
        tuple(GOLD),
        [np.float64(score) for score in GOLD],
        list(map(str, GOLD)),
    ],
    ids=lambda gold: type(gold).__name__,
)
def test_scores_of_any_sequence(gold: Any):
    assert own_pairs(iter(FIRST), np.array(SECOND), gold, name="t").sha256 == SAME


def test_what_is_in_memory_may_change_later():
    first = list(FIRST)
    data = own_pairs(first, SECOND, GOLD, name="t")
    first[0] = "z"
    assert data.parts[0].first == tuple(FIRST)


def test_columns_of_a_frame_by_name():
    frame = pd.DataFrame({"x": FIRST, "y": SECOND, "z": GOLD, "id": [1, 2, 3]})
    assert own_frame(frame, name="t", columns=("x", "y", "z")).sha256 == SAME
    assert own_frame(frame, name="t", columns="1,2,3").sha256 == SAME
    assert own_frame(frame, name="t", columns="1,2,3").report.passed_over == ("id",)
    with pytest.raises(DataError, match="'x', 'y', 'z', 'id': none is known to hold texts"):
        own_frame(frame, name="t")


def test_two_columns_of_one_name_in_pandas():
    frame = pd.DataFrame(ROWS, columns=["s", "s", "score"])
    assert own_frame(frame, name="t", columns=(1, 2, 3)).sha256 == SAME


def test_the_splits_of_a_data_set_are_the_parts():
    table = Dataset({"id": [1, 2, 3], "split": ["x", "x", "x"], **COLUMNS})
    other = Dataset(COLUMNS | {"sentence1": ["x", "y", "z"]})
    for splits in (
        DatasetDict(validation=table, test=other),
        {"validation": pd.DataFrame(table.columns), "test": pd.DataFrame(other.columns)},
        {
            "validation": pd.DataFrame({"split": ["x"] * 3, **COLUMNS}),
            "test": pd.DataFrame({**other.columns, "split": "y"}),
        },
    ):
        data = own_frame(splits, name="t")
        assert [part.name for part in data.parts] == ["validation", "test"]
        assert [part.first for part in data.parts] == [tuple(FIRST), ("x", "y", "z")]
    labelled = {"text": [f"t{n}" for n in range(20)], "label": [0, 1] * 10}
    splits = DatasetDict(test=Dataset(labelled), train=Dataset(labelled))
    assert own_frame(splits, name="t").scheme == "folds"


@pytest.mark.parametrize(
    ("ask", "kind", "said"),
    [
        (
            lambda: own_pairs(FIRST, SECOND[:2], GOLD, name="t"),
            DataError,
            r"t: columns of different lengths \(3 of 'first', 2 of 'second', 3 of 'score'\)",
        ),
        (
            lambda: own_pairs(FIRST, SECOND, GOLD, name="t", subsets=["u"]),
            DataError,
            "1 of 'subset'",
        ),
        (
            lambda: own_labelled(["a"] * 9, [1] * 8, name="t"),
            DataError,
            "9 of 'text', 8 of 'label'",
        ),
        (
            lambda: own_pairs("abc", SECOND, GOLD, name="t"),
            DataError,
            "first is 'abc', where a list",
        ),
        (lambda: own_pairs(FIRST, SECOND, 3.0, name="t"), DataError, "score is 3.0, where a list"),
        (
            lambda: own_pairs(FIRST, SECOND, np.eye(3), name="t"),
            DataError,
            r"row 1: its score is \[1.0, 0.0, 0.0\], where a number",
        ),
        (lambda: own_pairs([], [], [], name="t"), DataError, "t: nothing is in it"),
        (
            lambda: own_pairs(["a", None, "c"], SECOND, GOLD, name="t"),
            DataError,
            "t, row 2: its first is missing",
        ),
        (
            lambda: own_pairs(["a", 2, "c"], SECOND, GOLD, name="t"),
            DataError,
            "t, row 2: its first is 2, where a text",
        ),
        (
            lambda: own_pairs(FIRST, SECOND, [1, None, 2], name="t"),
            DataError,
            "t, row 2: its score is missing",
        ),
        (
            lambda: own_pairs(FIRST, SECOND, [1, 10**5000, 2], name="t"),
            DataError,
            "row 2: .* finite",
        ),
        (
            lambda: own_pairs(FIRST, SECOND, [1, 2j, 3], name="t"),
            DataError,
            "row 2: .*2j, where a n",
        ),
        (
            lambda: own_frame(pd.DataFrame(COLUMNS).replace("b", None), name="t"),
            DataError,
            "t, row 2: its sentence1 is missing",
        ),
        (
            lambda: own_frame(pd.DataFrame(COLUMNS).iloc[:0], name="t"),
            DataError,
            "nothing is in it",
        ),
        (lambda: own_frame([], name="t"), DataError, "nothing is in it"),
        (lambda: own_frame({}, name="t"), DataError, "nothing is in it"),
        (lambda: own_frame([(1, 2), (3,)], name="t"), DataError, r"row 2: \(3,\); each row is"),
        (lambda: own_frame(["ab", "cd"], name="t"), DataError, "row 1: 'ab'; each row is"),
        (lambda: own_frame([{"a": 1}, ("b", 2)], name="t"), DataError, "row 1: .*; each row is"),
        (lambda: own_frame(3, name="t"), DataError, "the rows is 3, where a list is expected"),
        (lambda: own_frame("pairs.tsv", name="t"), UsageError, "read_own_data reads files"),
        (lambda: own_frame([list(COLUMNS)], name="t"), DataError, "no row follows the names"),
    ],
)
def test_one_line_that_says_where(ask: Any, kind: type[BenchmarkError], said: str):
    with pytest.raises(kind, match=said) as caught:
        ask()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_an_endless_iterable_ends(monkeypatch: pytest.MonkeyPatch):
    for module in ("table", "in_memory"):
        monkeypatch.setattr(f"benchmark.datasets.tables.{module}.MOST_ROWS", 1000)
    with pytest.raises(DataError, match="1,001 rows, more than the 1,000"):
        own_pairs(itertools.repeat("a"), SECOND, GOLD, name="t")
