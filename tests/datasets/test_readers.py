"""From bytes to pairs, rule by rule."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.datasets import SentencePairs
from benchmark.datasets.readers import READERS
from benchmark.errors import DataError

PAIR_READERS = ("sts", "sts-benchmark", "sick", "demo")


def read_year(pairs: str, gold: str) -> SentencePairs:
    """Read STS12-16 from what its two files say."""
    contents = [pairs.encode(), gold.encode()]
    return READERS["sts"]("forum", contents, ["STS.input.forum.txt", "STS.gs.forum.txt"])


def read_one(kind: str, text: str) -> SentencePairs:
    return READERS[kind]("test", [text.encode()], ["file.txt"])


def rows_of(pairs: SentencePairs) -> list[tuple[str, str, float]]:
    return list(zip(pairs.first, pairs.second, pairs.gold.tolist(), strict=True))


LINES = {
    "sts-benchmark": "main-news\tMSRpar\t2012test\t0024\t{gold}\t{first}\t{second}",
    "sick": "17\t{first}\t{second}\t{gold}\tNEUTRAL",
    "demo": "{gold}\tnegation\t{first}\t{second}",
}
HEADERS = {
    "sts-benchmark": "",
    "sick": "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment\n",
    "demo": "score\tphenomenon\tfirst\tsecond\n",
}
ONE_FILE = pytest.mark.parametrize("kind", LINES)


def document(kind: str, *rows: tuple[str, str, str], end: str = "\n") -> str:
    """A file of one of the kinds that keep pairs and gold together."""
    lines = [LINES[kind].format(first=a, second=b, gold=gold) for a, b, gold in rows]
    return HEADERS[kind] + "".join(line + end for line in lines)


# --- STS12-16: two files --------------------------------------------------------------------------


def test_lines_are_paired_by_position() -> None:
    found = read_year("a b\tc d\ne\tf\n", "1.5\n4\n")
    assert found.name == "forum"
    assert rows_of(found) == [("a b", "c d", 1.5), ("e", "f", 4.0)]
    assert found.gold.dtype == np.float64
    assert (len(found), found.unscored) == (2, 0)


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0 "])
def test_pairs_without_gold_are_dropped_after_pairing(blank: str) -> None:
    found = read_year("a\tb\nc\td\ne\tf\ng\th\n", f"{blank}\n1\n{blank}\n2\n")
    assert rows_of(found) == [("c", "d", 1.0), ("g", "h", 2.0)]
    assert found.unscored == 2


def test_gold_may_end_in_blank_lines() -> None:
    found = read_year("a\tb\nc\td\ne\tf\n", "1\n\n\n")
    assert (rows_of(found), found.unscored) == ([("a", "b", 1.0)], 2)


def test_a_subset_without_any_gold_is_read_as_empty() -> None:
    found = read_year("a\tb\nc\td\n", "\n\n")
    assert (len(found), found.unscored, found.gold.shape) == (0, 2, (0,))


def test_extra_columns_are_ignored() -> None:
    assert rows_of(read_year("a\tb\tsource\turl\nc\td\t\n", "1\n2\n")) == [
        ("a", "b", 1.0),
        ("c", "d", 2.0),
    ]


@pytest.mark.parametrize(
    ("pairs", "gold", "counts"),
    [
        ("a\tb\nc\td\n", "1\n", "1 gold lines for the 2 pairs"),
        ("a\tb\n", "1\n2\n", "2 gold lines for the 1 pairs"),
        ("a\tb\n", "1\n\n", "2 gold lines for the 1 pairs"),
        ("a\tb\n", "", "0 gold lines for the 1 pairs"),
        ("a\tb\n" * 1200, "1\n" * 1000, "1,000 gold lines for the 1,200 pairs"),
    ],
)
def test_files_of_different_length_are_refused(pairs: str, gold: str, counts: str) -> None:
    with pytest.raises(DataError, match=counts) as caught:
        read_year(pairs, gold)
    assert "STS.gs.forum.txt" in str(caught.value)
    assert "STS.input.forum.txt" in str(caught.value)


def test_a_scored_line_needs_two_columns() -> None:
    with pytest.raises(DataError, match=r"input\.forum\.txt, line 2: 1 tab-separated columns .* 2"):
        read_year("a\tb\nc d\n", "1\n2\n")
    assert len(read_year("a\tb\nc d\n", "1\n\n")) == 1  # nobody looks at what is not scored


@pytest.mark.parametrize(
    "score", ["x", "nan", "inf", "-inf", "1,5", "1 2", "1\t2", "5.0.0", "\ufeff1"]
)
def test_gold_must_be_a_finite_number(score: str) -> None:
    message = rf"gs\.forum\.txt, line 3: {re.escape(repr(score))} is not a gold score"
    with pytest.raises(DataError, match=message):
        read_year("a\tb\nc\td\ne\tf\n", f"1\n\n{score}\n")


@pytest.mark.parametrize(
    ("score", "value"), [(" 3.5 ", 3.5), ("1e0", 1), ("-0.25", -0.25), ("5", 5)]
)
def test_gold_is_any_plain_number(score: str, value: float) -> None:
    assert read_year("a\tb\n", f"{score}\n").gold.tolist() == [value]


# --- the others: one file -------------------------------------------------------------------------


@ONE_FILE
def test_columns_of(kind: str) -> None:
    found = read_one(kind, document(kind, ("a b", "c", "1.25"), ("d", "e f", "4")))
    assert found.name == "test"
    assert rows_of(found) == [("a b", "c", 1.25), ("d", "e f", 4.0)]
    assert found.unscored == 0


@ONE_FILE
def test_columns_after_those_are_ignored(kind: str) -> None:
    text = document(kind, ("a", "b", "1"), ("c", "d", "2"), end='\thttp://example.org\t"\n')
    assert len(read_one(kind, text)) == 2


def test_only_the_first_line_is_a_header() -> None:
    assert len(read_one("sick", HEADERS["sick"])) == 0
    with pytest.raises(DataError, match="line 2: 'relatedness_score' is not a gold score"):
        read_one("sick", HEADERS["sick"] * 2)
    # STS-B has none: its first line counts.
    assert len(read_one("sts-benchmark", document("sts-benchmark", ("a", "b", "1")))) == 1


@ONE_FILE
@pytest.mark.parametrize("gold", ["", " ", "x", "nan", "inf"])
def test_here_every_pair_needs_gold(kind: str, gold: str) -> None:
    text = document(kind, ("a", "b", "1"), ("c", "d", gold))
    line = 2 + bool(HEADERS[kind])
    with pytest.raises(DataError, match=f"file.txt, line {line}: '.*' is not a gold score"):
        read_one(kind, text)


@ONE_FILE
@pytest.mark.parametrize("line", ["", "a\tb", "only one"])
def test_too_few_columns(kind: str, line: str) -> None:
    text = document(kind, ("a", "b", "1")) + f"{line}\n"
    needed = {"sts-benchmark": 7, "sick": 4, "demo": 4}[kind]
    number = 2 + bool(HEADERS[kind])
    found = line.count("\t") + 1
    message = f"file.txt, line {number}: {found} tab-separated columns where at least {needed}"
    with pytest.raises(DataError, match=message):
        read_one(kind, text)


@ONE_FILE
def test_an_empty_file_has_no_pairs(kind: str) -> None:
    assert len(read_one(kind, "")) == 0


# --- text, in every kind --------------------------------------------------------------------------

ODD_CHARACTERS = ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r"]
"""Each ends a line for `str.splitlines`."""


def read_cells(kind: str, first: str, second: str) -> tuple[str, str]:
    """What becomes of two cells that stand between other rows."""
    if kind == "sts":
        found = read_year(f"x\ty\n{first}\t{second}\nx\ty\n", "1\n2\n3\n")
    else:
        found = read_one(
            kind, document(kind, ("x", "y", "1"), (first, second, "2"), ("x", "y", "3"))
        )
    assert found.gold.tolist() == [1, 2, 3]
    return found.first[1], found.second[1]


@pytest.mark.parametrize("kind", PAIR_READERS)
@pytest.mark.parametrize("character", ODD_CHARACTERS)
def test_lines_end_at_newlines_and_nowhere_else(kind: str, character: str) -> None:
    assert read_cells(kind, f"a{character}b", "c") == ("a b", "c")


@pytest.mark.parametrize("kind", PAIR_READERS)
@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("  a   b ", "a b"),
        ("a\u00a0b\u3000c", "a b c"),
        ('"a b', '"a b'),
        ('" a "" b "', '" a "" b "'),
        ("it 's 'a", "it 's 'a"),
        ("a, b; c", "a, b; c"),
        ("\\t \\n", "\\t \\n"),
        ("# a", "# a"),
        ("A a", "A a"),
        ("caf\u00e9 \u4e2d\u6587 \U0001f600", "caf\u00e9 \u4e2d\u6587 \U0001f600"),
        ("cafe\u0301", "cafe\u0301"),
        ("a\u200bb", "a\u200bb"),
        ("\ufffd", "\ufffd"),
        ("NA", "NA"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_only_white_space_is_normalised(kind: str, cell: str, sentence: str) -> None:
    assert read_cells(kind, cell, "c") == (sentence, "c")
    assert read_cells(kind, "c", cell) == ("c", sentence)


@ONE_FILE
def test_the_last_line_may_lack_its_end(kind: str) -> None:
    text = document(kind, ("a", "b", "1"), ("c", "d", "2"))
    assert rows_of(read_one(kind, text.rstrip("\n"))) == rows_of(read_one(kind, text))


def test_the_last_lines_of_both_files_may_lack_their_ends() -> None:
    whole = rows_of(read_year("a\tb\nc\td\n", "1\n2\n"))
    assert rows_of(read_year("a\tb\nc\td", "1\n2\n")) == whole
    assert rows_of(read_year("a\tb\nc\td\n", "1\n2")) == whole


def test_text_that_is_not_utf8_is_refused_with_the_place() -> None:
    with pytest.raises(DataError, match=r"input\.txt: not UTF-8 at byte 4"):
        READERS["sts"]("x", [b"a\tb \xe9\n", b"1\n"], ["input.txt", "gs.txt"])
    with pytest.raises(DataError, match=r"gs\.txt: not UTF-8 at byte 0"):
        READERS["sts"]("x", [b"a\tb\n", b"\xff\n"], ["input.txt", "gs.txt"])
    with pytest.raises(DataError, match=r"sick\.txt: not UTF-8 at byte 1,001"):
        READERS["sick"]("x", [b"x" * 1001 + b"\x80"], ["sick.txt"])


def test_rows_may_repeat() -> None:
    assert rows_of(read_year("a\tb\na\tb\n", "1\n2\n")) == [("a", "b", 1.0), ("a", "b", 2.0)]


# --- round trip -----------------------------------------------------------------------------------

TOKEN = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: len(text.split()) == 1 and text == text.strip()
)
SENTENCE = st.lists(TOKEN, max_size=5).map(" ".join)
GOLD = st.none() | st.floats(allow_nan=False, allow_infinity=False)
PAIRS = st.lists(st.tuples(SENTENCE, SENTENCE, GOLD), max_size=15)


@settings(deadline=None, max_examples=60)
@given(PAIRS)
def test_what_is_written_is_read_back(rows: list[tuple[str, str, float | None]]) -> None:
    pairs = "".join(f"{first}\t{second}\n" for first, second, _ in rows)
    gold = "".join("\n" if score is None else f"{score!r}\n" for *_, score in rows)
    found = read_year(pairs, gold)
    assert rows_of(found) == [row for row in rows if row[2] is not None]
    assert found.unscored == sum(score is None for *_, score in rows)
