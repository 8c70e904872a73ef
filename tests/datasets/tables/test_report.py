"""What was seen: as data, and as lines that can be shown."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from benchmark.datasets.tables import own_labelled, own_pairs, read_own_data
from benchmark.datasets.tables.file import table_name
from benchmark.datasets.tables.report import LONG_TEXT


def test_a_file_as_it_was_read(tmp_path: Path):
    path = tmp_path / "tickets.csv"
    rows = [f'{n};"a ""{n}""";b; {n % 7}.50 ;{"dev" if n % 3 else "test"}' for n in range(60)]
    text = "\r\n".join(["ID;Text_1;Text_2;Similarity;split", *rows, rows[1]])
    path.write_bytes(text.encode("utf-16"))
    data = read_own_data(path)
    report = data.report
    assert data.name == "tickets"
    assert report.form.name == "CSV"
    assert report.form.encoding == "UTF-16"
    assert report.form.line_ends == "CRLF"
    assert report.form.delimiter == "semicolon"
    assert report.header is True
    assert report.columns == (
        ("first", "Text_1"),
        ("second", "Text_2"),
        ("score", "Similarity"),
        ("part", "split"),
    )
    assert report.passed_over == ("ID",)
    assert (report.rows, report.distinct_texts) == (61, 61)
    assert report.parts == (("test", 20), ("dev", 41))
    assert report.scores == (0.5, 6.5, 7)
    assert (report.repeated, report.contradicting, report.empty_texts) == (1, 0, 0)
    assert report.longest == (6, "line 12")
    assert report.first_rows[0] == ('a "0"', "b", " 0.50 ", "test")
    assert len(report.first_rows) == 3
    assert report.lines() == [
        (
            f"{path}: CSV, UTF-16, line ends CRLF, columns separated by semicolon, quotes are "
            "those of RFC 4180, names in the first row"
        ),
        (
            "columns: first = Text_1, second = Text_2, score = Similarity, part = split; "
            "passed over: ID"
        ),
        "similarity: 61 rows, 61 distinct texts, scores from 0.5 to 6.5 (7 different)",
        "parts: test 20, dev 41",
        'row 1: a "0" | b | 0.50 | test',
        'row 2: a "1" | b | 1.50 | dev',
        'row 3: a "2" | b | 2.50 | dev',
        "longest text: 6 characters, line 12",
        "note: pairs that repeat an earlier one: 1; all are scored",
        "note: only 20 pairs in test: the score is uncertain",
        (
            "note: the splits test, dev are scored together, and each by itself; for one alone "
            "take its rows alone"
        ),
    ]


def test_labelled_texts():
    texts = [f"t{n}" for n in range(30)]
    report = own_labelled(texts, ["b", "a", "b"] * 10, name="intents").report
    assert report.lines() == [
        "intents: lists",
        "columns: text = text, label = label",
        "classification: 30 rows, 30 distinct texts",
        "classes: a 10, b 20",
        "row 1: t0 | b",
        "row 2: t1 | a",
        "row 3: t2 | b",
        "longest text: 3 characters, row 11",
    ]


def test_repeated_texts_with_several_labels():
    report = own_labelled(["x", "y"] * 10, ["a", "b"] * 9 + ["b", "a"], name="t").report
    assert (report.repeated, report.contradicting) == (18, 2)


def test_a_repeated_text_in_another_part_is_no_repetition():
    first, second = list("abc") * 2, list("def") * 2
    report = own_pairs(first, second, [1, 2, 3, 3, 2, 1], name="t", subsets=list("uuuvvv")).report
    assert (report.repeated, report.contradicting) == (0, 0)


@given(st.text(min_size=1), st.text(max_size=LONG_TEXT), st.text())
def test_nothing_in_a_table_acts_on_a_terminal(first: str, second: str, subset: str):
    try:
        first, second, subset = (f"{each}\x1b[31m\n" for each in (first, second, subset))
        report = own_pairs([first] * 3, [second] * 3, [1, 2, 3], name="t\x07", subsets=[subset] * 3)
    except Exception as error:
        assert "surrogate" in str(error) or "NUL" in str(error) or "subset" in str(error)  # noqa: PT017
        return
    for line in report.report.lines():
        assert line.isprintable()


def test_names_of_files():
    assert table_name("a/b.tsv") == "b"
    assert table_name(Path("B.v2.JSONL.gz")) == "B.v2"
