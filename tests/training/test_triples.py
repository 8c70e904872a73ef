"""Tables of pairs and triples, against pandas' and Python's own readers."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import logging
import pickle
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from benchmark.errors import DataError
from benchmark.training.triples import is_table, triples
from tests import fixtures

log = fixtures.log

NAMES = ["sent0", "sent1", "hard_neg"]
ROWS = [
    ("A man plays a guitar.", "Somebody plays", "Nobody plays"),
    ('He said "no", and left.', "He left, it seems", "He stayed"),
    ("One fell off. , and\tthe other", "It's , well , so", "'' or \"\""),
]


def written(path: Path, rows: Sequence[Sequence[str]], names: Sequence[str] = NAMES) -> Path:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t" if ".tsv" in path.name else ",").writerows([names, *rows])
    return path


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        triples(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


@pytest.mark.parametrize("name", ["nli.csv", "nli.tsv"])
def test_rows_as_pandas_reads_them(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, ROWS)
    found = triples(path)
    frame = pd.read_csv(path, sep="\t" if name.endswith("tsv") else ",")
    assert list(found) == list(frame.itertuples(index=False, name=None)) == ROWS
    assert (len(found), found.views, found.name) == (3, 3, name)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found[1:] == ROWS[1:]
    assert list(pickle.loads(pickle.dumps(found))) == ROWS
    assert (found.counts.sentences, found.counts.different, found.counts.empty) == (3, 3, 0)


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "nli.jsonl"
    rows = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    assert list(triples(path)) == ROWS
    packed = tmp_path / "nli.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert list(triples(packed)) == ROWS
    assert triples(packed).sha256 == hashlib.sha256(packed.read_bytes()).hexdigest()


def test_columns_are_known_by_name_in_any_order(tmp_path: Path) -> None:
    turned = written(tmp_path / "t.csv", [row[::-1] for row in ROWS], NAMES[::-1])
    assert list(triples(turned)) == ROWS
    named = written(tmp_path / "n.csv", ROWS, ["anchor", "positive", "negative"])
    assert list(triples(named)) == ROWS


def test_two_columns_are_pairs(tmp_path: Path) -> None:
    found = triples(written(tmp_path / "t.csv", [row[:2] for row in ROWS], NAMES[:2]))
    assert (found.views, list(found)) == (2, [row[:2] for row in ROWS])


def test_an_empty_cell_is_one_blank(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """As SimCSE's training makes one of a cell that its reader gives as None."""
    rows = [*ROWS, ("one", "", "other")]
    found = triples(written(tmp_path / "t.csv", rows))
    assert found[3] == ("one", " ", "other")
    assert found.counts.empty == 1
    [record] = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert "1 rows have an empty sentence" in record.getMessage()
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"sent0": "a", "sent1": "b", "hard_neg": null}\n{"sent0": "c", "sent1": "d"}\n'
    )
    with pytest.raises(DataError, match="every row has an empty cell"):
        triples(path)


@pytest.mark.parametrize(
    "names",
    [
        ["sent0", "sent1", "hard_negative"],
        ["a", "b", "c"],
        ["sent0", "hard_neg", "score"],
        list(ROWS[0]),
        ["sent0", "sent0", "hard_neg"],
    ],
)
def test_other_columns_are_told(tmp_path: Path, names: list[str]) -> None:
    message = refusal(written(tmp_path / "t.csv", ROWS, names))
    assert f"its columns are {', '.join(map(repr, names))}; name them sent0, sent1" in message


def test_a_fourth_column_is_not_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", [(*row, "x") for row in ROWS], [*NAMES, "note"])
    assert "and leave others out" in refusal(path)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    assert "no row follows" in refusal(written(path, []))
    assert "only one row" in refusal(written(path, ROWS[:1]))
    assert "3 times the same row" in refusal(written(path, ROWS[:1] * 3))
    path.write_bytes(b"sent0,sent1\na,b\nc,d,e\n")
    assert "line 3" in refusal(path)
    (tmp_path / "t.jsonl").write_text('{"sent0": "a", "sent1": 3}\n{"sent0": "a", "sent1": "b"}\n')
    assert "line 1: its sent1 is 3, where a text is expected" in refusal(tmp_path / "t.jsonl")
    assert "cannot be read" in refusal(tmp_path / "missing.csv")
    (tmp_path / "folder.csv").mkdir()
    assert "cannot be read" in refusal(tmp_path / "folder.csv")


@pytest.mark.parametrize(
    ("name", "table"),
    [
        *(("a.csv", True), ("a.TSV", True), ("a.jsonl.gz", True), ("a.parquet", True)),
        *(("a.txt", False), ("a", False), ("wiki1m", False), ("a.txt.gz", False)),
    ],
)
def test_a_table_is_known_by_its_name(name: str, table: bool) -> None:
    assert is_table(name) == table
