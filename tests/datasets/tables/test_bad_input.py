"""What cannot be scored is one line that names file, place and reason; what can be is said."""

from __future__ import annotations

import gzip
import io
import os
import re
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmark.datasets.tables import file as table_file
from benchmark.datasets.tables import own_data, own_pairs, read_own_data
from benchmark.datasets.tables.table import MOST_BYTES
from benchmark.errors import BenchmarkError, DataError, UsageError

PAIRS = "sentence1\tsentence2\tscore\na\tb\t1\nc\td\t2\ne\tf\t3\n"


def labelled(**sizes: int) -> str:
    rows = [f"text {label} {n}\t{label}" for label, size in sizes.items() for n in range(size)]
    return "\n".join(["text\tlabel", *rows, ""])


def with_row(row: str) -> str:
    return f"{PAIRS}{row}\ng\th\t5\n"


REFUSED: list[tuple[str, str, str | bytes, str]] = [
    ("text score", "t.tsv", with_row("x\ty\tgood"), "line 5: its score is 'good'"),
    ("no score", "t.tsv", with_row("x\ty\t"), "line 5: its score is empty"),
    ("blank score", "t.tsv", with_row("x\ty\t  "), "line 5: its score is empty"),
    ("nan", "t.tsv", with_row("x\ty\tnan"), "line 5: its score is 'nan'"),
    ("infinite", "t.tsv", with_row("x\ty\tinf"), "line 5: its score is 'inf'"),
    ("beyond", "t.tsv", with_row("x\ty\t1e999"), "line 5: its score is '1e999', which is no fin"),
    (
        "decimal comma among points",
        "t.tsv",
        with_row("x\ty\t3,5\nu\tv\t1.5"),
        "line 5: .*decimals are written with a point",
    ),
    ("underscore", "t.tsv", with_row("x\ty\t1_0"), "line 5: its score is '1_0'"),
    ("other digits", "t.tsv", with_row("x\ty\t\u0663"), "line 5: its score is"),
    ("true among", "t.tsv", with_row("x\ty\ttrue"), "line 5: its score is 'true', and others are"),
    (
        "NaN in JSON",
        "t.jsonl",
        '{"s1":"a","s2":"b","score":NaN}\n' * 3,
        "line 1: .*nan.* no finite",
    ),
    ("null", "t.jsonl", '{"s1":"a","s2":"b","score":null}\n' * 3, "line 1: its score is missing"),
    (
        "no key",
        "t.jsonl",
        '{"s1":"a","s2":"b","score":1}\n{"s1":"a","score":1}',
        "2: its s2 is miss",
    ),
    ("number", "t.jsonl", '{"s1":5,"s2":"b","score":1}\n' * 3, "line 1: its s1 is 5, where a text"),
    ("list", "t.jsonl", '{"s1":"a","s2":"b","score":[1]}\n' * 3, r"line 1: its score is \[1\]"),
    (
        "surrogate",
        "t.jsonl",
        '{"s1":"\\ud800","s2":"b","score":1}\n' * 3,
        "line 1: its s1 .*surrog",
    ),
    ("NUL escape", "t.jsonl", '{"s1":"a\\u0000","s2":"b","score":1}\n' * 3, "line 1: its s1 .*NUL"),
    ("twice a key", "t.jsonl", '{"s1":"a","s1":"b","score":1}\n', "line 1: .*'s1' stands twice"),
    ("an array a line", "t.jsonl", '["a","b",1]\n["c","d",2]\n', "line 1: an object .* expected"),
    ("arrays", "t.json", '[["a","b",1]]', "row 1: an object .* expected"),
    ("an object", "t.json", '{\n"text": ["a"]\n}', "line 1: no JSON object a line"),
    ("no JSON", "t.jsonl", PAIRS, "line 1: no JSON object a line"),
    ("deep", "t.jsonl", "[" * 100_000, "nested too deeply"),
    ("all equal", "t.tsv", "first\tsecond\tscore\n" + "a\tb\t2\n" * 5, "all 5 scores are 2"),
    ("all ones", "t.tsv", "first\tsecond\tlabel\n" + "a\tb\t1\n" * 5, "all 5 scores are 1"),
    (
        "two pairs",
        "t.tsv",
        "first\tsecond\tscore\na\tb\t1\nc\td\t2\n",
        "2 pairs, and 3 are the least",
    ),
    (
        "column less",
        "t.tsv",
        with_row("x\ty"),
        "line 5: 2 tab-separated columns where line 1 has 3",
    ),
    (
        "column more",
        "t.tsv",
        with_row("x\ty\t1\t2"),
        "line 5: 4 tab-separated columns where line 1",
    ),
    (
        "comma in text",
        "t.csv",
        PAIRS.replace("\t", ",") + "x, y,z,1\n",
        "line 5: 4 comma-separated",
    ),
    ("both empty", "t.tsv", with_row(" \t\t1"), "line 5: both texts are empty"),
    ("empty", "t.tsv", "", "the file is empty"),
    ("empty lines", "t.tsv", "\n\r\n\n", "nothing is in it"),
    ("empty cells", "t.csv", ",,\n,,\n", "nothing is in it"),
    ("empty quotes", "t.csv", '"",""\n"",""\n', "nothing is in it"),
    ("empty JSON lines", "t.jsonl", "\n \n", "nothing is in it"),
    ("empty array", "t.json", "[ ]", "nothing is in it"),
    ("mark alone", "t.csv", b"\xef\xbb\xbf", "nothing is in it"),
    ("names alone", "t.tsv", "sentence1\tsentence2\tscore\n", "no row follows the names"),
    ("one column", "t.tsv", "text\na\nb\n", "line 1: one column"),
    ("commas in .tsv", "t.tsv", PAIRS.replace("\t", ","), "line 1: no tab .* is named .csv"),
    ("NUL", "t.tsv", PAIRS.encode() + b"x\0\ty\t1\n", "line 5: a NUL byte .* no text"),
    (
        "wide",
        "t.tsv",
        PAIRS.encode("utf-16-le"),
        "line 1: a NUL byte .*UTF-16 without a byte-order",
    ),
    ("NUL, wide", "t.tsv", with_row("x\0\ty\t1").encode("utf-16"), "line 5: a NUL character"),
    ("half", "t.tsv", PAIRS.encode("utf-16")[:-1], "says UTF-16, and it is not at byte"),
    ("lying mark", "t.tsv", b"\xef\xbb\xbf" + b"a\tb\xe9\t1\n", "says UTF-8 .*, and it is not at"),
    (
        "cut UTF-8",
        "t.tsv",
        with_row("äöüäöüäöü\tß\t1").encode() + b"x\xc3\ty\t1\n",
        "line 7: .*damag",
    ),
    (
        "Cyrillic",
        "t.tsv",
        with_row("жизнь птиц\tлинии\t1").encode("cp1251"),
        "no Western",
    ),
    (
        "Shift-JIS",
        "t.tsv",
        with_row("これは例文です\tそれ\t1").encode("shift-jis"),
        "no Western encoding",
    ),
    (
        "undefined",
        "t.tsv",
        with_row("caf\xe9 au lait\ty\x81\t1").encode("latin-1"),
        "neither UTF-8",
    ),
    ("one class", "t.tsv", labelled(a=20), "all 20 labels are 'a'"),
    (
        "few of a class",
        "t.tsv",
        labelled(a=20, b=9),
        "'b' has 9 samples .*line 22.* needs 10 of each",
    ),
    ("one of a class", "t.tsv", labelled(a=20, b=1), "'b' has 1 sample "),
    ("no label", "t.tsv", labelled(a=20) + "x\t \n", "line 22: its label is missing"),
    ("fractions", "t.tsv", "text\tlabel\n" + "x\t1\ny\t2.5\n" * 10, "line 3: its label is '2.5'"),
    ("a spreadsheet", "t.xlsx", b"PK\x03\x04", r"\*.tsv.*save the sheet as .csv"),
    ("in disguise", "t.csv", b"PK\x03\x04...", "a zip archive, or a spreadsheet; save it as .csv"),
    ("another form", "t.md", PAIRS, r"a table is a file \*.tsv"),
    ("Parquet as .csv", "t.csv", b"PAR1....", "a Parquet file; name it"),
    ("text as .parquet", "t.parquet", PAIRS, "it is no Parquet file"),
    ("cut Parquet", "t.parquet", b"PAR1....", "cannot be read as Parquet"),
    ("compressed", "t.tsv", gzip.compress(PAIRS.encode()), "compressed by gzip; name it"),
    ("not compressed", "t.tsv.gz", PAIRS, "cannot be read .*gzip"),
    ("cut in the middle", "t.tsv.gz", gzip.compress(PAIRS.encode())[:-9], "cannot be read"),
    ("JSON as .csv", "t.csv", '{"s1":"a"}\n', "it holds JSON; name it .jsonl"),
    ("a pointer", "t.csv", "version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    ("a page", "t.tsv", "<!DOCTYPE html>\n<html><body>not found", "a web page"),
]


def refusal(path: Path, kind: type[BenchmarkError] = DataError, **how: Any) -> str:
    with pytest.raises(kind) as caught:
        read_own_data(path, **how)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "said"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_one_line_with_file_place_and_reason(
    tmp_path: Path, name: str, content: str | bytes, said: str
):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    message = refusal(path)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message) < 600
    assert re.search(said, message), message


# --- splits and subsets ---------------------------------------------------------------------------


def split_rows(**sizes: str) -> str:
    """Return labelled rows: of each split as many as letters, each the label."""
    rows = [f"{split}{n}\t{c}\t{split}" for split, ls in sizes.items() for n, c in enumerate(ls)]
    return "\n".join(["text\tlabel\tsplit", *rows, ""])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (split_rows(train="ab" * 10, dev="ab"), "splits train and dev; a classifier needs"),
        (split_rows(dev="ab" * 10, test="ab"), "splits dev and test; a classifier needs"),
        (split_rows(train="ab" * 10, test="abc"), "'c' is in no row of the split train"),
        (split_rows(train="ab", dev="c", test="ab"), "'c' is in no row of the split train"),
        (split_rows(train="a" * 20, dev="b", test="ab"), "'b' is in no row of the split train"),
        (split_rows(train="a" * 20 + "b" * 9, test="ab"), "'b' has 9 samples of the split train"),
        (
            split_rows(train="ab" * 10, tset="ab"),
            r"line 22: its split is 'tset' \(did you mean test",
        ),
        (split_rows(train="ab" * 10) + "x\ta\t\n", "line 22: its split is missing"),
    ],
)
def test_splits_that_nothing_can_be_learned_from(tmp_path: Path, content: str, said: str):
    path = tmp_path / "t.tsv"
    path.write_text(content)
    with pytest.raises(DataError, match=said):
        read_own_data(path)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a\tb\t1\tx\n" * 2 + "c\td\t2\tx\ne\tf\t1\ty\ng\th\t2\ty\n", "subset 'y': 2 pairs, and 3"),
        (
            "a\tb\t1\tx\nc\td\t2\tx\ne\tf\t1\tx\n" + "g\th\t4\ty\n" * 3,
            "subset 'y': all 3 scores are 4",
        ),
        ("a\tb\t1\tx\nc\td\t2\t\n", "line 3: its subset is missing"),
    ],
)
def test_subsets_that_cannot_be_scored(tmp_path: Path, rows: str, said: str):
    path = tmp_path / "t.tsv"
    path.write_text(f"s1\ts2\tscore\tsubset\n{rows}")
    with pytest.raises(DataError, match=said):
        read_own_data(path)


# --- what is no ordinary file ---------------------------------------------------------------------


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "t.tsv")
    assert "a pipe, no plain file" in refusal(tmp_path / "t.tsv")


def test_a_folder_or_nothing(tmp_path: Path):
    (tmp_path / "t.tsv").mkdir()
    assert "a folder, no plain file" in refusal(tmp_path / "t.tsv")
    assert "No such file" in refusal(tmp_path / "u.tsv")


def test_terabytes_are_not_read(tmp_path: Path):
    path = tmp_path / "t.tsv"
    with open(path, "wb") as file:
        file.truncate(2**40)
    tracemalloc.start()
    message = refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    assert f"more than the {MOST_BYTES:,} that it may have" in message


def test_a_small_file_does_not_become_a_large_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(table_file, "MOST_BYTES", 10_000)
    path = tmp_path / "t.tsv.gz"
    path.write_bytes(gzip.compress(b"a\tb\t1\n" * 10_000))
    assert "it inflates to more than" in refusal(path)


def test_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("benchmark.datasets.tables.table.MOST_ROWS", 3)
    for name in ("t.tsv", "t.jsonl"):
        path = tmp_path / name
        path.write_text(PAIRS if name == "t.tsv" else '{"s1":"a","s2":"b","score":1}\n' * 4)
        assert "4 rows, more than the 3 that it may have" in refusal(path)
    monkeypatch.setattr("benchmark.datasets.tables.decoding.MOST_LINES", 3)
    assert "4 ends of lines, more than the 3" in refusal(path)


@pytest.mark.parametrize("change", [b"x\ty\t5\n", b""], ids=["longer", "touched"])
def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: bytes
):
    path = tmp_path / "t.tsv"
    path.write_text(PAIRS)

    class Changing(io.BufferedReader):
        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            with open(path, "ab") as other:
                other.write(change)
            if not change:
                os.utime(path, ns=(1, 1))
            return found

    monkeypatch.setattr(table_file, "open_plain", lambda path, most: Changing(io.FileIO(path)))
    assert "it changed while it was read" in refusal(path)


def test_everything_comes_from_the_bytes_that_were_read_once(tmp_path: Path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"s1": list("abc"), "s2": list("def"), "score": [1, 2, 3]}), path)
    table = table_file.read_table(path)
    path.write_bytes(b"")
    assert own_data.own_data(table, "t").parts[0].first == ("a", "b", "c")


# --- what is kept, and said -----------------------------------------------------------------------


def notes_of(path: Path) -> str:
    return "; ".join(read_own_data(path).report.notes)


def test_three_pairs_are_scored_and_said_to_be_few(tmp_path: Path):
    path = tmp_path / "t.tsv"
    path.write_text(PAIRS)
    assert "only 3 pairs: the score is uncertain" in notes_of(path)


def test_a_pair_with_two_scores_is_kept_and_counted(tmp_path: Path):
    path = tmp_path / "t.tsv"
    path.write_text(with_row("a\tb\t1\na\tb\t4\nb\ta\t1\nd\tc\t5"))
    data = read_own_data(path)
    assert (data.report.rows, data.report.repeated, data.report.contradicting) == (8, 4, 2)
    assert "pairs that repeat an earlier one: 4; all are scored" in notes_of(path)
    assert "pairs with several scores: 2; all are scored" in notes_of(path)


def test_a_text_of_a_hundred_thousand_characters_is_kept_and_said(tmp_path: Path):
    path = tmp_path / "t.csv"
    long = "long, " * 33_333
    path.write_text(f'sentence1,sentence2,score\n"{long}",b,1\nc,d,2\ne,f,3\n')
    data = read_own_data(path)
    assert data.parts[0].first[0] == long
    assert data.report.longest == (len(long), "line 2")
    assert "a text of 199,998 characters (line 2); it is kept" in notes_of(path)


def test_an_empty_text_is_kept_and_counted(tmp_path: Path):
    path = tmp_path / "t.tsv"
    path.write_text(with_row("\ty\t1\n  \tz\t2"))
    data = read_own_data(path)
    assert data.parts[0].first[3:5] == ("", "  ")
    assert "empty texts: 2" in notes_of(path)


def test_mixed_line_ends_are_said(tmp_path: Path):
    path = tmp_path / "t.tsv"
    path.write_bytes(b"s1\ts2\tscore\r\na\tb\t1\nc\td\t2\re\tf\t3")
    data = read_own_data(path)
    assert data.parts[0].gold.tolist() == [1, 2, 3]
    assert data.report.form.line_ends == "mixed: 1 LF, 1 CRLF, 1 CR"


def test_blank_lines_are_said(tmp_path: Path):
    path = tmp_path / "t.tsv"
    path.write_text(PAIRS.replace("c\td", "\n\nc\td") + "\n")
    assert read_own_data(path).parts[0].gold.tolist() == [1, 2, 3]
    assert "3 blank lines passed over (line 3)" in notes_of(path)
    lines = tmp_path / "t.jsonl"
    lines.write_text('\n{"s1":"a","s2":"b","score":1}\n\n{"s1":"c","s2":"d","score":2}\n' * 2)
    assert "4 blank lines passed over (line 1)" in notes_of(lines)


def test_rows_of_empty_cells_are_blank_lines(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("s1,s2,score,,\na,b,1,,\nc,d,2,,\n,,,,\ne,f,3,,\n,,,,\n,,,,\n")
    assert read_own_data(path).parts[0].gold.tolist() == [1, 2, 3]
    assert "3 blank lines passed over (line 4)" in notes_of(path)


def test_what_is_tested_and_trained_on_is_said(tmp_path: Path):
    path = tmp_path / "t.tsv"
    path.write_text(split_rows(train="ab" * 10, test="ab") + "train0\tb\ttest\n")
    assert "texts of test that are in train as well: 1" in notes_of(path)


def test_a_number_in_numpy_is_a_number():
    with pytest.raises(DataError, match="row 2: its score is nan"):
        own_data_of([1.0, np.float32("nan"), 2.0])


def own_data_of(gold: list[Any]) -> Any:
    return own_pairs(list("abc"), list("def"), gold, name="x")


def test_without_the_library_parquet_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert "needs pyarrow; pip install '" in refusal(path, UsageError)
