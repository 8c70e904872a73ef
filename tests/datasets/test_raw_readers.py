"""Sets beside SentEval's: raw text, as it was released, blanks included."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.datasets import SentencePairs
from benchmark.datasets.readers import READERS
from benchmark.errors import DataError

RAW_READERS = ("sts-benchmark-raw", "sick-raw", "sts17", "stsb-multi")


def read(kind: str, *contents: str) -> SentencePairs:
    paths = [f"{number}.txt" for number in range(1, len(contents) + 1)]
    made = READERS[kind]("test", [content.encode() for content in contents], paths)
    assert isinstance(made, SentencePairs)
    return made


def rows_of(pairs: SentencePairs) -> list[tuple[str, str, float]]:
    return list(zip(pairs.first, pairs.second, pairs.gold.tolist(), strict=True))


ODD = " Two  blanks ,\u00a0one of them\u3000wide\x85\x1c "
FORMS = {
    "sts-benchmark-raw": [f"g\tf\t2012\t1\t2.5\t{ODD}\tb \tlicence\n"],
    "sick-raw": [f"id\ta\tb\tscore\tjudgment\n1\t{ODD}\tb \t2.5\tNEUTRAL\n"],
    "sts17": [f"{ODD}\tb \n", "2.5\n"],
    "stsb-multi": [f'"{ODD}",b ,2.5\n'],
}


@pytest.mark.parametrize("kind", RAW_READERS)
def test_text_stays_as_it_is(kind: str) -> None:
    found = read(kind, *FORMS[kind])
    assert rows_of(found) == [(ODD, "b ", 2.5)]
    assert (found.name, found.unscored) == ("test", 0)


# --- STS17: two files -----------------------------------------------------------------------------


def test_of_twice_as_many_pairs_the_first_are_scored() -> None:
    """Track 6 was released with 500 pairs, and gold for the first 250."""
    found = read("sts17", "a\tb\nc\td\ne\tf\ng\th\n", "1\n2\n")
    assert (rows_of(found), found.unscored) == ([("a", "b", 1.0), ("c", "d", 2.0)], 2)


@pytest.mark.parametrize("gold", ["", "1\n", "1\n2\n3\n4\n5\n", "1\n2\n3\n"])
def test_any_other_number_of_gold_lines_is_refused(gold: str) -> None:
    lines = gold.count("\n")
    with pytest.raises(DataError, match=rf"2\.txt: {lines} gold lines for the 4 pairs of 1\.txt"):
        read("sts17", "a\tb\nc\td\ne\tf\ng\th\n", gold)


@pytest.mark.parametrize("score", ["", "x", "nan"])
def test_every_line_of_gold_counts(score: str) -> None:
    with pytest.raises(DataError, match=r"2\.txt, line 2: '.*' is not a gold score"):
        read("sts17", "a\tb\nc\td\n", f"1\n{score}\n")


# --- STSB-multi: quoted columns -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("a,b,1", ("a", "b", 1.0)),
        ('"a, b","say ""yes""",4.25', ("a, b", 'say "yes"', 4.25)),
        ('"a\nb",c,2', ("a\nb", "c", 2.0)),
        ('say "yes",b,3', ('say "yes"', "b", 3.0)),
        ("ein Mädchen,少女,0.5", ("ein Mädchen", "少女", 0.5)),
        (",b,1", ("", "b", 1.0)),
    ],
)
def test_quotes_are_read(line: str, row: tuple[str, str, float]) -> None:
    assert rows_of(read("stsb-multi", f"x,y,0\n{line}\n")) == [("x", "y", 0.0), row]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a,b", r"line 2: 2 comma-separated columns where 3 are needed"),
        ("a,b,c,1", r"line 2: 4 comma-separated columns"),
        ("", r"line 2: 0 comma-separated columns"),
        ("a,b,many", r"line 2: 'many' is not a gold score"),
        ('"a,b,1', r"line 3: no quoted columns \(unexpected end of data\)"),
        ('"a"b,c,1', r"line 2: no quoted columns"),
        ("a\rb,c,1", r"line 2: 1 comma-separated columns"),
        (f"{'a' * 200_000},b,1", r"line 2: no quoted columns \(field larger"),
    ],
)
def test_a_bad_line_is_named(line: str, said: str) -> None:
    with pytest.raises(DataError, match=rf"1\.txt, {said}"):
        read("stsb-multi", f"x,y,0\n{line}\nz,z,1\n")


SENTENCE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
ROW = st.tuples(SENTENCE, SENTENCE, st.floats(0, 5))


@settings(deadline=None, max_examples=60)
@given(st.lists(ROW, min_size=1, max_size=8))
def test_what_pandas_writes_is_read(rows: list[tuple[str, str, float]]) -> None:
    text = io.StringIO()
    pd.DataFrame(rows).to_csv(text, header=False, index=False, lineterminator="\n")
    assert rows_of(read("stsb-multi", text.getvalue())) == rows
