"""What a table makes: graded pairs, pairs that are the same or not, a classification."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from benchmark.datasets.readers import READERS
from benchmark.datasets.tables import OwnData, own_frame, own_labelled, own_pairs, read_own_data
from benchmark.datasets.tables.labelled import FOLDS, SCHEMES
from benchmark.datasets.tables.own_data import KINDS
from benchmark.errors import DataError, UsageError
from benchmark.metrics.logistic import SENTEVAL
from benchmark.tasks.catalogue import all_tasks

FIRST, SECOND = list("abcd"), list("efgh")


def of_gold(gold: list[object], kind: str | None = None) -> OwnData:
    return own_pairs(FIRST, SECOND, gold, name="t", kind=kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "gold",
    [
        *([0, 1, 1, 0], [0.0, 1.0, 1.0, 0.0], [False, True, True, False], ["0", "1", "1", "0"]),
        *(
            ["false", "true", "true", "false"],
            ["False", "TRUE", "1", "0.0"],
            ["0.0", "1.0", "1", "0"],
        ),
    ],
)
def test_zeros_and_ones_are_pairs_that_are_the_same_or_not(gold: list[object]):
    data = of_gold(gold)
    assert data.kind == "pair-classification"
    assert data.parts[0].gold.tolist() == [0, 1, 1, 0]
    assert of_gold(gold, "similarity").kind == "similarity"
    assert of_gold(gold, "pair-classification").sha256 == data.sha256


@pytest.mark.parametrize(
    "gold", [[0, 1, 2, 0], [0, 0.5, 1, 1], [-1, 1, 1, -1], [0.1, 0.9, 0.1, 0.9]]
)
def test_all_else_is_graded(gold: list[float]):
    data = of_gold([*gold])
    assert (data.kind, data.scheme, data.classes) == ("similarity", "", ())
    assert any("taken for grades" in note for note in data.report.notes) == (len(set(gold)) == 2)
    with pytest.raises(DataError, match="is neither 0 nor 1"):
        of_gold([*gold], "pair-classification")


def test_a_subset_without_both_is_refused():
    with pytest.raises(DataError, match="subset 'v': all 4 scores are 0"):
        own_pairs(
            FIRST * 2,
            SECOND * 2,
            [0, 1, 1, 0, 0, 0, 0, 0],
            name="t",
            subsets=list("uuuuvvvv"),
        )


def test_classes_of_entailment_are_no_grades():
    frame = {"premise": FIRST, "hypothesis": SECOND, "label": [0, 1, 2, 0]}
    with pytest.raises(DataError, match="look like classes of entailment, which are no grades"):
        own_frame(frame, name="t")
    assert own_frame(frame, name="t", kind="similarity").kind == "similarity"
    frame |= {"label": [0.0, 1.5, 2.0, 5.0]}
    assert own_frame(frame, name="t").kind == "similarity"


def test_labelled_pairs_are_a_classification_where_it_is_asked_for():
    names = ["entailment", "neutral", "contradiction"] * 10
    frame = {"premise": [f"p{n}" for n in range(30)], "hypothesis": ["h"] * 30, "label": names}
    said = "row 1: its label is 'entailment', where a number .* are for `kind` classification"
    with pytest.raises(DataError, match=said):
        own_frame(frame, name="t")
    data = own_frame(frame, name="t", kind="classification")
    assert data.classes == ("contradiction", "entailment", "neutral")
    assert data.parts[0].second == ("h",) * 30
    columns = ("premise", "hypothesis", "label")
    assert own_frame(frame, name="t", kind="classification", columns=columns).sha256 == data.sha256


def test_kinds_that_do_not_exist_or_do_not_fit():
    with pytest.raises(UsageError, match=r"'similarty': .*did you mean similarity"):
        of_gold([1, 2, 3, 4], "similarty")
    with pytest.raises(UsageError, match="kind` similarity is for pairs"):
        own_frame({"text": FIRST, "label": SECOND}, name="t", kind="similarity")
    with pytest.raises(UsageError, match="three are expected for pairs"):
        own_frame({"x": FIRST, "y": SECOND}, name="t", kind="similarity", columns=("x", "y"))
    with pytest.raises(UsageError, match="classification is for texts with labels"):
        of_gold([1, 2, 3, 4], "classification")


# --- classes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["b", "a"], ("a", "b")),
        (["b", "B"], ("B", "b")),
        ([2, 10], ("2", "10")),
        (["10", "9"], ("9", "10")),
        (["1.0", "0"], ("0", "1")),
        ([1.0, 0.0], ("0", "1")),
        ([np.int64(3), np.float32(-4)], ("-4", "3")),
        (["01", "1"], ("01", "1")),
        ([True, False], ("false", "true")),
        (["True", "false"], ("false", "true")),
        (["true", "yes"], ("true", "yes")),
        ([" a ", "b"], ("a", "b")),
        (["10", "a"], ("10", "a")),
        (["9" * 30, "8" * 30], ("8" * 30, "9" * 30)),
        (["1", "2.5"], None),
    ],
)
def test_classes_are_in_the_order_of_their_names(labels: list[object], classes: tuple[str] | None):
    texts = [f"t{n}" for n in range(20)]
    if classes is None:
        with pytest.raises(DataError, match="labels are names or whole numbers"):
            own_labelled(texts, labels * 10, name="t")  # type: ignore[arg-type]
        return
    data = own_labelled(texts, labels * 10, name="t")  # type: ignore[arg-type]
    assert data.classes == classes
    [part] = data.parts
    assert sorted(set(part.labels.tolist())) == [0, 1]
    assert part.labels.dtype == np.int64
    assert data.report.classes == tuple((name, 10) for name in classes)


@pytest.mark.parametrize(
    ("classes", "none"),
    [(("entailment", "neutral", "-"), "-"), ((0, 1, 2, -1), -1)],
    ids=["SNLI's files", "SNLI in the hub's data sets"],
)
def test_no_label_is_no_class(classes: tuple[object, ...], none: object):
    """Where annotators do not agree, SNLI says so in the column of labels."""
    rows = [(f"a {n}", f"b {n}", classes[n % len(classes)]) for n in range(12 * len(classes))]
    with pytest.raises(DataError, match=f"row {len(classes)}: its column 3 is '{none}', which"):
        own_frame(rows, name="nli", columns=(1, 2, 3), kind="classification")
    agreed = [row for row in rows if row[2] != none]
    data = own_frame(agreed, name="nli", columns=(1, 2, 3), kind="classification")
    assert len(data.classes) == len(classes) - 1


@pytest.mark.parametrize("classes", [("+", "-"), (-1, 0, 1), ("-1", "1")])
def test_minus_is_a_class_where_it_means_one(classes: tuple[object, ...]):
    labels = [classes[n % len(classes)] for n in range(12 * len(classes))]
    data = own_labelled([f"text {n}" for n in range(len(labels))], labels, name="polarity")
    assert data.classes == tuple(map(str, classes))


def test_classes_that_differ_by_case_alone_are_said():
    labels = [("Yes", "yes", "No")[n % 3] for n in range(45)]
    data = own_labelled([f"text {n}" for n in range(45)], labels, name="answers")
    assert data.classes == ("No", "Yes", "yes")
    assert "differ from another by case alone: 1" in "\n".join(data.report.notes)


def test_white_space_around_labels_is_said():
    data = own_labelled(["x", "y"] * 10, [" a", "b"] * 10, name="t")
    assert any("white space around them" in note and "10" in note for note in data.report.notes)


# --- splits ---------------------------------------------------------------------------------------

ALIASES = {
    "train": ["train", "Training"],
    "dev": ["dev", "valid", "validation", "VAL", "development"],
    "test": ["test", "testing"],
}


@pytest.mark.parametrize("dev", ALIASES["dev"])
@pytest.mark.parametrize("test", ALIASES["test"])
def test_given_splits_in_any_order(dev: str, test: str):
    splits = [test, dev, "Train"] * 4
    texts = [f"{split}{n}" for n, split in enumerate(splits)]
    data = own_labelled(texts, [n % 2 for n in range(12)], name="t", splits=splits)
    assert data.scheme == "split"
    assert [part.name for part in data.parts] == ["train", "dev", "test"]
    assert data.parts[0].first == ("Train2", "Train5", "Train8", "Train11")
    assert data.parts[2].first == tuple(text for text in texts if text.startswith(test))


def test_train_and_test():
    splits = ["train"] * 20 + ["test"] * 4
    data = own_labelled([f"t{n}" for n in range(24)], ["a", "b"] * 12, name="t", splits=splits)
    assert data.scheme == "folds"
    assert [(part.name, len(part)) for part in data.parts] == [("train", 20), ("test", 4)]


def test_one_split_is_tested_in_folds_and_said():
    data = own_labelled(
        [f"t{n}" for n in range(20)], ["a", "b"] * 10, name="t", splits=["test"] * 20
    )
    assert (data.scheme, data.parts[0].name) == ("nested", "test")
    assert any("the only split" in note for note in data.report.notes)


def test_the_words_are_those_of_the_tasks():
    """A room below the tasks and the classifiers has their words and numbers without them."""
    assert SENTEVAL.folds == FOLDS
    assert {*SCHEMES.values()} <= {task.scheme for task in all_tasks()}
    assert {*KINDS} - {"pair-classification"} <= {task.kind for task in all_tasks()}


def test_the_file_that_sentence_transformers_examples_read(tmp_path: Path):
    """Compressed, tabs, quotes that are text, splits; as they read it, so do csv and gzip."""
    names = ["split", "genre", "dataset", "year", "sid", "score", "sentence1", "sentence2"]
    rows = [
        [
            *(["train", "dev", "test"][n % 3], "news", "MSRpar", "2012", f"{n:04}"),
            *(f"{n % 6}.{n:03}", f'"Sentence {n}', f'it is "{n}" inches, 5" or so'),
        ]
        for n in range(30)
    ]
    path = tmp_path / "stsbenchmark.tsv.gz"
    path.write_bytes(gzip.compress("".join("\t".join(r) + "\n" for r in [names, *rows]).encode()))
    with gzip.open(path, "rt", encoding="utf8") as file:
        theirs = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    data = read_own_data(path)
    assert data.name == "stsbenchmark"
    assert [part.name for part in data.parts] == ["train", "dev", "test"]
    for part in data.parts:
        wanted = [row for row in theirs if row["split"] == part.name]
        assert part.first == tuple(row["sentence1"] for row in wanted)
        assert part.second == tuple(row["sentence2"] for row in wanted)
        assert part.gold.tolist() == [float(row["score"]) for row in wanted]
    assert any("train, dev, test are scored together" in note for note in data.report.notes)


# --- real files -----------------------------------------------------------------------------------


@pytest.mark.real_data
def test_real_files_hold_what_the_catalogues_reader_finds(real_data: Path):
    path = real_data / "STS" / "STSBenchmark" / "sts-test.csv"
    theirs = READERS["sts-benchmark"]("test", [path.read_bytes()], [str(path)])
    ours = read_own_data(path, columns=(6, 7, 5)).parts[0]
    assert ours.gold.tolist() == theirs.gold.tolist()
    assert [" ".join(text.split()) for text in ours.first] == list(theirs.first)
    assert [" ".join(text.split()) for text in ours.second] == list(theirs.second)
    path = real_data / "SICK" / "SICK_test_annotated.txt"
    content = path.read_bytes().replace(b"\r\n", b"\n")
    theirs = READERS["sick"]("test", [content], [str(path)])
    ours = read_own_data(path).parts[0]
    assert (ours.first, ours.gold.tolist()) == (theirs.first, theirs.gold.tolist())
