"""Which column is what: known names, names and numbers that are given, files without names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmark.datasets.tables import OwnData, read_own_data
from benchmark.datasets.tables.columns import PAIRS, SCORES
from benchmark.errors import BenchmarkError, DataError, UsageError


def read(tmp_path: Path, *rows: str, suffix: str = ".tsv", **how: object) -> OwnData:
    """Read rows whose cells are separated by a bar."""
    path = tmp_path / f"t{suffix}"
    path.write_text("\n".join(rows).replace("|", "\t") + "\n")
    return read_own_data(path, **how)  # type: ignore[arg-type]


def refusal(tmp_path: Path, kind: type[BenchmarkError], *rows: str, **how: object) -> str:
    with pytest.raises(kind) as caught:
        read(tmp_path, *rows, **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


THREE = ("a|b|1.5", "c|d|2", "e|f|3")
LABELLED = [f"text {n}|{'xy'[n % 2]}" for n in range(20)]


@pytest.mark.parametrize(
    "names",
    [
        *("sentence1|sentence2|score", "Sentence_A|Sentence_B|relatedness_score", "s1|s2|gold"),
        *("TEXT1|TEXT2|Label", "sent1|sent2|similarity", "premise|hypothesis|similarity-score"),
        *("query|passage|score", "question1|question2|score", "first|second|score"),
        *("sentence_0|sentence_1|similarity", "Sentence 1|Sentence 2|Gold Score", "q1|q2|sim"),
        *("#1 String|#2 String|Quality", '"sentence1"|sentence2|score'),
    ],
)
def test_the_usual_names_are_known(tmp_path: Path, names: str):
    data = read(tmp_path, names, *THREE)
    [part] = data.parts
    assert (part.first, part.second) == (("a", "c", "e"), ("b", "d", "f"))
    assert part.gold.tolist() == [1.5, 2, 3]
    assert data.report.header is True


@pytest.mark.parametrize(("one", "other"), PAIRS)
@pytest.mark.parametrize("score", ["score", "label"])
def test_in_any_order_among_others(tmp_path: Path, one: str, other: str, score: str):
    rows = [f"{n}|{r[2]}|{r[1]}|en|{r[0]}" for n, r in enumerate(r.split("|") for r in THREE)]
    [part] = read(tmp_path, f"id|{score}|{other}|lang|{one}", *rows).parts
    assert (part.first, part.gold.tolist()) == (("a", "c", "e"), [1.5, 2, 3][: len(part)]) or (
        part.gold.tolist() == [1, 2, 3]
    )
    assert part.second == ("b", "d", "f")


def test_no_known_name_is_a_score_and_a_text_of_a_pair():
    assert not SCORES & {name for pair in PAIRS for name in pair}


@pytest.mark.parametrize(
    "names", ["text|label", "Sentence|Class", "utterance|intent", "review|sentiment"]
)
def test_the_usual_names_of_labelled_texts(tmp_path: Path, names: str):
    data = read(tmp_path, names, *LABELLED)
    assert (data.kind, data.classes, data.scheme) == ("classification", ("x", "y"), "nested")
    assert data.parts[0].first[:2] == ("text 0", "text 1")


# --- a file without names -------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 2, 1)])
def test_three_columns_are_a_pair_and_the_one_of_numbers(tmp_path: Path, order: Sequence[int]):
    rows = ["|".join(row.split("|")[place] for place in order) for row in THREE]
    data = read(tmp_path, *rows)
    assert data.parts[0].first == ("a", "c", "e")
    assert data.parts[0].gold.tolist() == [1.5, 2, 3]
    assert data.report.header is False
    where = f"column {order.index(2) + 1}"
    assert data.report.columns[2] == ("score", where)
    assert "no names in the first row" in data.report.lines()[0]


def test_two_columns_are_a_text_and_the_one_that_repeats(tmp_path: Path):
    data = read(tmp_path, *LABELLED)
    turned = read(tmp_path, *("|".join(reversed(row.split("|"))) for row in LABELLED))
    assert data.parts[0].first == turned.parts[0].first
    assert data.sha256 == turned.sha256
    assert turned.report.columns == (("text", "column 2"), ("label", "column 1"))


@pytest.mark.parametrize(
    "rows",
    [
        ["satz1|satz2|wert", *THREE],  # names that are not known
        ["a|b|c", "d|e|f"],
        ["1|b|2", "2|e|3"],
        ["a|b|1|2"] * 3,
        ["a|b", "c|d"],
        ["a|a", "b|b", "a|a", "b|b"],
        [f"text {n}|train|{n % 2}" for n in range(8)],  # a label and a split
        [f"text {n}|{'abc'[n % 3]}|{n % 2}" for n in range(30)],  # a label and a topic
        [f"en|text {n}|{n % 2}" for n in range(5)],
        [f"{n}|text {n}|other {n}" for n in range(12)],  # a pair that is numbered, without a score
        [f"{n * 7 % 12 + 100}|text {n}|other {n}" for n in range(12)],
        [f"text {n}|{['train', 'test'][n % 2]}" for n in range(20)],
        [f"text {n}|{'query ' * 12}{n % 2}" for n in range(20)],  # a pair without a score
    ],
)
def test_what_is_not_clear_is_asked(tmp_path: Path, rows: list[str]):
    said = refusal(tmp_path, DataError, *rows)
    assert "line 1 holds no names of columns that are known" in said
    assert repr(rows[0].split("|")[0]) in said
    assert "say which with `columns`: first,second,score or text,label" in said


def test_a_bad_row_of_a_file_without_names(tmp_path: Path):
    assert "line 3: its column 3 is 'x'" in refusal(
        tmp_path, DataError, *THREE[:2], "a|b|x", *THREE
    )


# --- columns that are given -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "columns",
    [
        ("satz1", "satz2", "wert"),
        "satz1,satz2,wert",
        "satz1, Satz-2 , WERT",
        ["satz1", 2, "3"],
        ("satz1", "satz2", "wert", "art"),
    ],
)
def test_names_and_numbers(tmp_path: Path, columns: Sequence[str | int]):
    rows = [f"{row}|k" for row in THREE]
    data = read(tmp_path, "satz1|satz2|wert|art", *rows, columns=columns)
    assert data.parts[0].first == ("a", "c", "e")
    assert data.parts[0].name == ("k" if len(columns) == 4 else "all")


def test_numbers_count_from_one_and_the_first_row_is_a_row(tmp_path: Path):
    data = read(tmp_path, *(f"id|{row}" for row in THREE), columns=(3, 2, 4))
    assert data.parts[0].first == ("b", "d", "f")
    assert data.report.header is False


def test_numbers_beside_known_names(tmp_path: Path):
    data = read(tmp_path, "x|y|label", *THREE, columns=(2, 1, 3))
    assert data.parts[0].first == ("b", "d", "f")
    assert data.report.header is True


def test_numbers_beside_unknown_names(tmp_path: Path):
    said = refusal(tmp_path, DataError, "satz1|satz2|wert", *THREE, columns=(1, 2, 3))
    assert "line 1: its column 3 is 'wert'" in said
    assert "if this line holds names, give these as `columns`" in said
    said = refusal(tmp_path, DataError, "satz|art", *LABELLED, columns=(1, 2))
    assert "the label 'art' has 1 sample (the first in line 1)" in said
    assert "give it as `columns`" in said


def test_a_label_that_is_a_word_for_labels_is_no_name(tmp_path: Path):
    rows = [f"{'topic' if n % 2 else 'label'}|text {n}" for n in range(20)]
    data = read(tmp_path, *rows, columns=(2, 1))
    assert data.report.header is False
    assert data.report.rows == 20


def test_whole_numbers_are_grades_where_they_repeat(tmp_path: Path):
    rows = [f"text {n}|other {n}|{n % 6}" for n in range(12)]
    assert read(tmp_path, *rows).parts[0].gold.tolist() == [n % 6 for n in range(12)]
    rows = [f"text {n}|other {n}|{n}" for n in range(11)]
    assert read(tmp_path, *rows).parts[0].gold.tolist() == list(range(11))


def test_two_columns_of_labelled_texts(tmp_path: Path):
    data = read(
        tmp_path,
        "wert|satz",
        *("|".join(r.split("|")[::-1]) for r in LABELLED),
        columns=("satz", "wert"),
    )
    assert data.classes == ("x", "y")
    data = read(tmp_path, *LABELLED, columns=(1, 2))
    assert data.classes == ("x", "y")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            ("satz1", "satz2", "wrt"),
            r"'wrt': .* has no such column \(did you mean wert\?\); it has 'satz1'",
        ),
        ((1, 2, 4), "`columns` 4: .* has 3 columns, counted from 1"),
        ((0, 1, 2), "`columns` 0: .* has 3 columns, counted from 1"),
        ((1, 1, 2), "a column is named twice"),
        (("satz1",), "three are expected for pairs"),
        ((), "three are expected for pairs"),
        ("", "three are expected for pairs"),
        ((1, 2, None), "each is a name, or a number from 1 on"),
        ((1, 2, 3, 4, 5), "three are expected for pairs"),
    ],
)
def test_columns_that_do_not_exist(tmp_path: Path, columns: Sequence[str | int], said: str):

    message = refusal(tmp_path, UsageError, "satz1|satz2|wert", *THREE, columns=columns)
    assert re.search(said, message), message


def test_columns_of_one_name(tmp_path: Path):
    rows = ["s1|s1|score", *THREE]
    said = refusal(tmp_path, UsageError, *rows, columns=("s1", "S1", "score"))
    assert "has 2 such columns; give its number" in said
    assert read(tmp_path, *rows, columns=(1, 2, 3)).parts[0].second == ("b", "d", "f")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("sentence1|sentence2|score|label", "'score', 'label' may all be the score"),
        ("sentence1|sentence2|s1|s2", "'sentence1', 'sentence2', 's1', 's2' may all be the texts"),
        ("text|comment|label|x", "'text', 'comment' may all be the texts"),
        ("text|label|intent|x", "'label', 'intent' may all be the label"),
        ("sentence1|sentence2|x|y", "none is known to hold the score"),
        ("s1|s2|score|score", "'score', 'score' may all be the score"),
    ],
)
def test_ambiguous_names_are_shown(tmp_path: Path, names: str, said: str):
    message = refusal(tmp_path, DataError, names, "a|b|1|2", "c|d|2|3", "e|f|3|4")
    assert said in message
    assert f"columns {', '.join(map(repr, names.split('|')))}: " in message
    assert "say which with `columns`" in message


def test_two_columns_of_parts(tmp_path: Path):
    rows = [f"{row}|u|v" for row in THREE]
    said = refusal(tmp_path, DataError, "s1|s2|score|split|subset", *rows)
    assert "'split', 'subset' may all say which part a row belongs to" in said
    columns = ("s1", "s2", "score", "subset")
    assert read(tmp_path, "s1|s2|score|split|subset", *rows, columns=columns).parts[0].name == "v"


def test_names_of_json_are_never_guessed(tmp_path: Path):
    said = refusal(tmp_path, DataError, '{"a": "x", "b": "y", "c": 1}', suffix=".jsonl")
    assert "columns 'a', 'b', 'c': none is known to hold texts" in said
