"""From bytes to labelled sentences, file format by file format."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest

from benchmark.datasets import load_catalogue
from benchmark.datasets.files import Folder, load_parts
from benchmark.datasets.readers import READERS
from benchmark.datasets.splits import Labelled
from benchmark.errors import DataError
from tests.datasets.test_raw_readers import RAW_READERS
from tests.datasets.test_readers import PAIR_READERS


def read(kind: str, *contents: str | bytes) -> Labelled:
    encoded = [text.encode() if isinstance(text, str) else text for text in contents]
    return READERS[kind]("test", encoded, [f"file{place}" for place in range(len(contents))])


def rows_of(samples: Labelled) -> list[tuple]:
    columns = [samples.first, samples.labels.tolist()]
    if samples.second is not None:
        columns.insert(1, samples.second)
    return list(zip(*columns, strict=True))


HEADERS = {
    "mrpc": "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n",
    "sick-entailment": "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment\n",
    "demo-polarity": "label\tsentence\n",
}
LINES = {
    "sst-binary": ["{a}\t0", "{b}\t1"],
    "sst-fine": ["4 {a}", "0 {b}"],
    "trec": ["HUM:ind {a}", "NUM:dist {b}"],
    "mrpc": ["1\t17\t18\t{a}\tx", "0\t19\t20\t{b}\ty"],
    "sick-entailment": ["1\t{a}\tx\t4.5\tENTAILMENT", "2\t{b}\ty\t1\tCONTRADICTION"],
    "demo-polarity": ["1\t{a}", "0\t{b}"],
}
LABELS = {
    "sst-binary": [0, 1],
    "sst-fine": [4, 0],
    "trec": [3, 5],
    "mrpc": [1, 0],
    "sick-entailment": [2, 0],
    "demo-polarity": [1, 0],
}
ONE_FILE = pytest.mark.parametrize("kind", LINES)


def document(kind: str, a: str = "a b", b: str = "c") -> str:
    lines = "".join(line.format(a=a, b=b) + "\n" for line in LINES[kind])
    return HEADERS.get(kind, "") + lines


def test_every_kind_is_tested_here() -> None:
    elsewhere = {"probing", "snli"}  # test_splits_in_one_file.py, test_snli.py
    assert set(READERS) == {*PAIR_READERS, *RAW_READERS, "two-classes", *LINES, *elsewhere}


# --- MR, CR, SUBJ, MPQA: a file for each class ----------------------------------------------------


def test_the_first_file_is_class_one() -> None:
    found = read("two-classes", "good film \nfine \n", "bad \n")
    assert rows_of(found) == [("good film", 1), ("fine", 1), ("bad", 0)]
    assert found.labels.dtype == np.int64
    assert found.second is None


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("MR", "rt-polarity.pos", "rt-polarity.neg"),
        ("CR", "custrev.pos", "custrev.neg"),
        ("MPQA", "mpqa.pos", "mpqa.neg"),
        ("SUBJ", "subj.objective", "subj.subjective"),
    ],
)
def test_the_catalogue_lists_class_one_first(name: str, first: str, second: str) -> None:
    (part,) = load_catalogue().datasets[name].parts
    assert [Path(entry.path).name for entry in part.files] == [first, second]


def test_a_blank_line_is_a_sample() -> None:
    found = read("two-classes", "a\n\n \nb\n", "\n")
    assert rows_of(found) == [("a", 1), ("", 1), ("", 1), ("b", 1), ("", 0)]


def test_these_files_are_latin_1_to_the_reference() -> None:
    assert read("two-classes", b"caf\xe9\n", b"na\xc3\xafve\n").first == ("caf\xe9", "na\xc3\xafve")


# --- the others -----------------------------------------------------------------------------------


@ONE_FILE
def test_sentences_and_labels_of(kind: str) -> None:
    found = read(kind, document(kind))
    assert found.name == "test"
    assert found.first == ("a b", "c")
    assert found.labels.tolist() == LABELS[kind]
    assert found.second == (("x", "y") if kind in ("mrpc", "sick-entailment") else None)


@ONE_FILE
def test_white_space_is_normalised_and_nothing_else(kind: str) -> None:
    found = read(kind, document(kind, a='  "A   b" \x0c, ', b="it 's"))
    assert found.first == ('"A b" ,', "it 's")


@ONE_FILE
@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x85", "\r"])
def test_lines_end_at_newlines_and_nowhere_else(kind: str, character: str) -> None:
    encoding = "latin-1" if kind == "trec" else "utf-8"
    found = read(kind, document(kind, a=f"a{character}b").encode(encoding))
    assert found.first == ("a b", "c")


@ONE_FILE
def test_the_last_line_may_lack_its_end(kind: str) -> None:
    assert rows_of(read(kind, document(kind).rstrip("\n"))) == rows_of(read(kind, document(kind)))


@ONE_FILE
@pytest.mark.parametrize("line", ["", "nonsense", "7 8", "7\t8", "x:y"])
def test_other_lines_are_refused_with_their_place(kind: str, line: str) -> None:
    number = 3 + (kind in HEADERS)
    message = re.escape(f"file0, line {number}: {line!r} is not a labelled sample")
    with pytest.raises(DataError, match=message):
        read(kind, document(kind) + line + "\n")


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("sst-binary", "a b\t2"),
        ("sst-binary", "a b\t-1"),
        ("sst-binary", "a b\t0.5"),
        ("sst-fine", "5 a b"),
        ("sst-fine", "-1 a b"),
        ("trec", "OTHER:x a b"),
        ("trec", "hum:ind a b"),
        ("mrpc", "2\t1\t2\ta\tb"),
        ("mrpc", "1\t1\t2\ta"),
        ("sick-entailment", "1\ta\tb\t3\tMAYBE"),
        ("demo-polarity", "1\ta\tb"),
    ],
)
def test_unknown_classes_and_missing_columns_are_refused(kind: str, line: str) -> None:
    with pytest.raises(DataError, match="is not a labelled sample"):
        read(kind, HEADERS.get(kind, "") + line + "\n")


def test_a_long_line_is_cut_in_the_message() -> None:
    with pytest.raises(DataError) as caught:
        read("sst-binary", "word " * 100 + "\n")
    assert len(str(caught.value)) < 120


def test_every_class_of_trec() -> None:
    names = ["ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"]
    found = read("trec", "".join(f"{name}:x what is it\n" for name in names))
    assert found.labels.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_question_may_hold_colons_and_bytes_that_are_not_utf8() -> None:
    assert read("trec", b"DESC:def What : is caf\xe9 ?\n").first == ("What : is caf\xe9 ?",)


def test_the_byte_order_mark_of_mrpc_is_no_text() -> None:
    assert rows_of(read("mrpc", "\ufeff" + document("mrpc"))) == rows_of(
        read("mrpc", document("mrpc"))
    )


@pytest.mark.parametrize("kind", ["sst-binary", "sst-fine", "mrpc", "sick-entailment"])
def test_these_files_must_be_utf8(kind: str) -> None:
    with pytest.raises(DataError, match="file0: not UTF-8 at byte"):
        read(kind, document(kind, a="caf\xe9").encode("latin-1"))


@pytest.mark.parametrize("kind", ["two-classes", *LINES])
def test_nothing_in_nothing_out(kind: str) -> None:
    contents = ("", "") if kind == "two-classes" else (HEADERS.get(kind, ""),)
    assert len(read(kind, *contents)) == 0


# --- the order in which folds are made ------------------------------------------------------------


def test_samples_are_sorted_by_tokens_then_label_and_equals_stay_in_order() -> None:
    rows = [("c c c", 0), ("b b", 1), ("a", 1), ("b a", 0), ("z", 1), ("", 1), ("a a", 0), ("y", 0)]
    first, labels = zip(*rows, strict=True)
    found = Labelled("x", first, None, np.array(labels)).by_length()
    assert rows_of(found) == [
        ("", 1),
        ("y", 0),
        ("a", 1),
        ("z", 1),
        ("b a", 0),
        ("a a", 0),
        ("b b", 1),
        ("c c c", 0),
    ]


def test_pairs_are_sorted_by_tokens_of_one_then_the_other_then_label() -> None:
    generator = random.Random(0)
    rows = [
        ("w " * generator.randint(0, 3) + str(place), "v " * generator.randint(0, 3), place % 2)
        for place in range(200)
    ]
    first, second, labels = zip(*rows, strict=True)
    found = Labelled("x", first, second, np.array(labels)).by_length()
    expected = sorted(rows, key=lambda row: (len(row[0].split()), len(row[1].split()), row[2]))
    assert rows_of(found) == expected
    assert found.name == "x"


# --- the real files -------------------------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "classes", "distinct"),
    [
        # Samples of each class, part by part; distinct sentences, the empty one included.
        ("MR", [[5331, 5331]], 10_662),
        ("CR", [[1368, 2407]], 3765 + 1),
        ("SUBJ", [[5000, 5000]], 10_000),
        ("MPQA", [[7294, 3312]], 8240 + 1),
        ("SST2", [[29_780, 37_569], [428, 444], [912, 909]], 69_669),
        ("TREC", [[86, 1162, 1250, 1223, 835, 896], [9, 138, 94, 65, 81, 113]], 5870),
        ("MRPC", [[1323, 2753], [578, 1147]], 10_944),
        ("SICKEntailment", [[665, 2536, 1299], [74, 282, 144], [720, 2793, 1414]], 6077),
    ],
)
def test_real_files_hold_what_is_published(
    real_data: Path, name: str, classes: list[list[int]], distinct: int
) -> None:
    dataset = load_catalogue().datasets[name]
    data = load_parts(dataset, dataset.parts, Folder(real_data, "real"))
    assert data.verified
    assert [np.bincount(part.labels).tolist() for part in data.parts] == classes
    assert len({s for part in data.parts for s in (*part.first, *(part.second or ()))}) == distinct


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "blank"), [("MR", 0), ("CR", 4), ("SUBJ", 0), ("MPQA", 3)])
def test_blank_lines_of_the_real_files_are_samples(real_data: Path, name: str, blank: int) -> None:
    dataset = load_catalogue().datasets[name]
    (part,) = load_parts(dataset, dataset.parts, Folder(real_data, "real")).parts
    assert part.first.count("") == blank
