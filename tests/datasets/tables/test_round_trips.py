"""What others write in any form is read as it was: the same texts, scores, labels and hash."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from benchmark.datasets.tables import own_frame, own_labelled, own_pairs, read_own_data
from benchmark.datasets.tables.own_data import OwnData
from tests.datasets.tables.forms import FORMS, Columns, plain

AWKWARD = ['"', '""', "'", ",", ";", "\t", "\\", " ", "\u2028", "\u0085", "\x0b", "é", "日本", "🙂"]
AWKWARD += ["\n", "\r", "\r\n", "a", "word", "1.5", "true", "#", "=1+1", "[", "{", "nan", "\ufeff"]

texts = st.lists(st.sampled_from(AWKWARD), min_size=1, max_size=6).map("".join)
numbers = st.one_of(
    st.integers(-5, 5).map(float),
    st.floats(-100, 100, allow_nan=False).map(lambda number: round(number, 4)),
)


@st.composite
def pairs(draw: st.DrawFn, text: st.SearchStrategy[str] = texts) -> Columns:
    """Return the columns of pairs that can be scored; a mark makes no text empty."""
    count = draw(st.integers(3, 8))
    made = st.lists(text, min_size=count, max_size=count)
    gold = draw(st.lists(numbers, min_size=count, max_size=count))
    assume(len({score + 0.0 for score in gold}) > 1)
    return {
        "sentence1": [f"x{each}" for each in draw(made)],
        "sentence2": [f"{each}x" for each in draw(made)],
        "score": gold,
    }


def of_file(columns: Columns, name: str, write: Callable[[Columns, Path], None]) -> OwnData:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(columns, path)
        return read_own_data(path)


def assert_pairs(data: OwnData, columns: Columns) -> None:
    [part] = data.parts
    assert part.first == tuple(columns["sentence1"])
    assert part.second == tuple(columns["sentence2"])
    assert part.gold.dtype == np.float64
    assert part.gold.tolist() == columns["score"]


BARE = {"comma, LF": "\r", "pandas": "\r", "comma, CR": "\n"}
"""Python's writer leaves these without quotes where rows end in the other; then its own reader does
not find the rows either."""


def written_by(form: str, columns: Columns) -> Columns:
    """Return what a form can hold of these texts."""
    bare = BARE.get(form, "\0")
    return {
        name: [cell.replace(bare, "-") if isinstance(cell, str) else cell for cell in cells]
        for name, cells in columns.items()
    }


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=12)
@given(columns=pairs())
def test_pairs_come_back_as_they_were_written(form: str, columns: Columns):
    columns = written_by(form, columns)
    data = of_file(columns, *FORMS[form])
    assert_pairs(data, columns)
    assert data.sha256 == own_pairs(*columns.values(), name="x").sha256


IN_TABS = st.lists(
    st.sampled_from([each for each in AWKWARD if not set(each) & set("\t\r\n")]),
    min_size=1,
    max_size=6,
).map("".join)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@settings(max_examples=12)
@given(columns=pairs(IN_TABS))
@example({"sentence1": ['"a', "b", "c"], "sentence2": ["d", '"e', '"f"'], "score": [1.0, 2.0, 3.0]})
def test_quotes_are_text_where_they_mean_nothing(encoding: str, end: str, columns: Columns):
    data = of_file(columns, "t.tsv", lambda cells, path: plain(cells, path, encoding, end))
    assert_pairs(data, columns)


WESTERN = [
    "Käse",
    "größer",
    "naïve",
    "\u201cquoted\u201d",
    "5 €",
    "garçon",
    "¿dónde?",
    "plain",
    "words",
]


@settings(max_examples=50)
@given(columns=pairs(st.lists(st.sampled_from(WESTERN), min_size=2, max_size=9).map(" ".join)))
def test_western_text_is_read_as_such(columns: Columns):
    data = of_file(columns, "t.tsv", lambda cells, path: plain(cells, path, "cp1252"))
    assert_pairs(data, columns)
    ascii_only = "".join(map("".join, list(columns.values())[:2])).isascii()
    assert data.report.form.encoding.startswith("UTF-8" if ascii_only else "cp1252")


@st.composite
def labelled(draw: st.DrawFn) -> Columns:
    labels = draw(st.sampled_from([["a", "b"], ["10", "9", "-1"], [0, 1], ["é", "ü b", '"q"']]))
    repeated = draw(st.permutations(labels * 10))
    made = st.lists(texts, min_size=len(repeated), max_size=len(repeated))
    return {"text": [f"x{each}" for each in draw(made)], "label": repeated}


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=4)
@given(columns=labelled())
def test_labels_come_back_as_they_were_written(form: str, columns: Columns):
    columns = written_by(form, columns)
    data = of_file(columns, *FORMS[form])
    [part] = data.parts
    assert part.first == tuple(columns["text"])
    assert [data.classes[place] for place in part.labels] == list(map(str, columns["label"]))
    assert data.sha256 == own_labelled(*columns.values(), name="x").sha256
    assert data.sha256 == own_frame(columns, name="y").sha256


@pytest.mark.parametrize("form", FORMS)
def test_subsets_come_back_in_the_order_of_their_first_rows(form: str):
    columns = {
        "subset": ["news", "web", "news", "web", "web", "news"],
        "text_a": list("abcdef"),
        "text_b": list("ghijkl"),
        "Similarity": [1.5, 2.0, 3.0, 4.0, 5.0, 0.0],
    }
    data = of_file(columns, *FORMS[form])
    assert [part.name for part in data.parts] == ["news", "web"]
    assert [part.first for part in data.parts] == [("a", "c", "f"), ("b", "d", "e")]
    assert [part.gold.tolist() for part in data.parts] == [[1.5, 3, 0], [2, 4, 5]]
