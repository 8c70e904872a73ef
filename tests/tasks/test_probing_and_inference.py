"""Probing tasks and SNLI from files to scores, against SentEval's rules written down plainly."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.datasets import load_catalogue
from benchmark.datasets.splits import Labelled
from benchmark.embeddings.embed import Embeddings
from benchmark.errors import BenchmarkError
from benchmark.options import DataOptions
from benchmark.tasks import KINDS, Task, TaskScores, select_tasks, table, task_by_id
from benchmark.tasks.loading import TaskData, load_data, locate_data
from tests.datasets.probing import probing_file, write_probing
from tests.oracles import transfer as oracle
from tests.oracles.network import learner

UNVERIFIED = {"unverified_data": True, "offline": True}


def load(task: Task, root: Path) -> TaskData:
    options = DataOptions(data_dir=root, **UNVERIFIED)
    loaded, failures = load_data(locate_data([task], options), options)
    assert not failures
    return loaded[0]


def embeddings(sentences: Sequence[str], width: int = 24) -> Embeddings:
    """Means of random word vectors."""
    words = sorted({word for sentence in sentences for word in sentence.split()})
    vectors = np.random.default_rng(0).normal(size=(len(words), width))
    row = dict(zip(words, vectors, strict=True))
    distinct = list(dict.fromkeys(sentences))
    means = [np.mean([row[w] for w in s.split()] or [np.zeros(width)], axis=0) for s in distinct]
    matrix = np.array(means, np.float32)
    return Embeddings(matrix, {sentence: place for place, sentence in enumerate(distinct)})


def score(task: Task, loaded: TaskData) -> tuple[TaskScores, Embeddings]:
    kind = KINDS[task.kind]
    vectors = embeddings(list(kind.sentences(loaded.data.parts)))
    return kind.score(task, loaded.data.parts, vectors), vectors


def assert_same(ours: TaskScores, theirs: oracle.Tested) -> None:
    assert ours.scores["dev"]["accuracy"] == pytest.approx(theirs.dev / 100, abs=1e-9)
    assert ours.main_score == pytest.approx(theirs.test / 100, abs=1e-9)
    np.testing.assert_array_equal(ours.predicted, theirs.predictions)
    assert ours.choices["fold 1"]["strength"] == theirs.chosen


def probing_data(path: Path, vectors: Embeddings) -> list[oracle.Data]:
    """The three splits, read, numbered and sorted as ``senteval/probing.py`` says."""
    rows = [line.rstrip().split("\t") for line in path.read_text().splitlines()]
    names = sorted({row[1] for row in rows if row[0] == "tr"})
    found = []
    for partition in ("tr", "va", "te"):
        samples = [(row[-1].split(), names.index(row[1])) for row in rows if row[0] == partition]
        samples = sorted(samples, key=lambda sample: (len(sample[0]), sample[1]))
        found.append(
            (
                vectors[[" ".join(tokens) for tokens, _ in samples]],
                np.array([y for _, y in samples]),
            )
        )
    return found


@pytest.mark.parametrize(("task_id", "classes"), [("BigramShift", 2), ("WordContent", 23)])
def test_a_probing_task_is_the_oracles(tmp_path: Path, task_id: str, classes: int) -> None:
    task = replace(task_by_id(task_id), protocol="senteval-fast")
    file = load_catalogue().datasets[task_id].parts[0].files[0].path
    path = write_probing(tmp_path, file, probing_file(classes, 1440))
    loaded = load(task, tmp_path)
    assert [len(part) for part in loaded.data.parts] == [1200, 120, 120]
    ours, vectors = score(task, loaded)
    theirs = oracle.fixed_split(*probing_data(path, vectors), oracle.FAST)
    assert_same(ours, theirs)
    assert ours.main_score > 1.5 / classes


@pytest.mark.parametrize(("task_id", "linear"), [("BigramShift", False), ("WordContent", True)])
def test_word_content_takes_no_hidden_units(tmp_path: Path, task_id: str, linear: bool) -> None:
    import torch

    words = "senteval-fast,nhid=4,dropout=0.2"
    task = replace(task_by_id(task_id), id="variant", variant_of=task_id, protocol=words)
    file = load_catalogue().datasets[task_id].parts[0].files[0].path
    path = write_probing(tmp_path, file, probing_file(3, 480))
    ours, vectors = score(task, load(task, tmp_path))
    hidden = learner(torch.optim.RMSprop, 4, 0.2)
    learn = oracle.fit if linear else hidden
    assert_same(ours, oracle.fixed_split(*probing_data(path, vectors), oracle.FAST, learn))
    assert KINDS[task.kind].question(task)["clf"] == words


def test_a_protocol_that_does_not_exist_is_said(tmp_path: Path) -> None:
    task = replace(task_by_id("Tense"), protocol="senteval,units=3")
    write_probing(tmp_path, "probing/past_present.txt", probing_file(2, 240))
    loaded = load(task, tmp_path)
    with pytest.raises(BenchmarkError, match="options are nhid=UNITS"):
        score(task, loaded)


# --- SNLI -----------------------------------------------------------------------------------------

WORDS = ("entailment", "neutral", "contradiction")


def snli_rows(count: int, seed: int) -> list[tuple[str, str, str]]:
    """Hypotheses that repeat the premise, say something else, or deny it."""
    generator = random.Random(seed)
    nouns = ["man", "dog", "girl", "bird", "horse"]
    rows = []
    for _ in range(count):
        noun, other = generator.sample(nouns, 2)
        label = generator.choice(WORDS)
        says = {"entailment": f"a {noun} moves", "neutral": f"a {other} smiles today"}
        premise = " ".join(["a", noun, "runs", *["fast"] * generator.randint(0, 3)])
        rows.append((premise, says.get(label, f"no {noun} runs"), label))
    return rows


def write_snli(root: Path) -> dict[str, list[tuple[str, str, str]]]:
    rows = {split: snli_rows(n, n) for split, n in (("train", 600), ("dev", 90), ("test", 80))}
    for split, samples in rows.items():
        for name, column in zip(("s1", "s2", "labels"), zip(*samples, strict=True), strict=True):
            content = "".join(f"{text}\n" for text in column).encode()
            write_probing(root, f"SNLI/{name}.{split}", content)
    return rows


def snli_data(rows: list[tuple[str, str, str]], vectors: Embeddings) -> oracle.Data:
    """Sorted and put together as ``senteval/snli.py`` says."""
    samples = sorted(rows, key=lambda row: (len(row[1].split()), len(row[0].split()), row[2]))
    u, v = (vectors[[sample[side] for sample in samples]] for side in (0, 1))
    return np.hstack((u, v, u * v, np.abs(u - v))), np.array([WORDS.index(r[2]) for r in samples])


@pytest.mark.parametrize("protocol", ["senteval", "sklearn", "senteval,nhid=5"])
def test_snli_is_the_oracles(tmp_path: Path, protocol: str) -> None:
    import torch

    rows = write_snli(tmp_path)
    task = replace(task_by_id("SNLI"), protocol=protocol)
    loaded = load(task, tmp_path)
    assert not loaded.data.verified
    ours, vectors = score(task, loaded)
    data = [snli_data(rows[split], vectors) for split in ("train", "dev", "test")]
    if protocol == "sklearn":
        settings = replace(oracle.FULL, grid=(1e9,))
        theirs = oracle.fixed_split(*data, settings, oracle.sklearn_fit)
    else:
        learn = learner(torch.optim.Adam, 5) if "nhid" in protocol else oracle.fit
        settings = replace(oracle.FULL, grid=(1e-9,), epoch_size=1, max_epoch=15)
        theirs = oracle.fixed_split(*data, settings, learn)
    assert_same(ours, theirs)
    gold = KINDS["inference"].gold(loaded.data.parts)
    np.testing.assert_array_equal(gold.values, data[2][1])
    assert (ours.predicted == gold.values).mean() == pytest.approx(ours.main_score, abs=1e-4)


@pytest.mark.usefixtures("project")
def test_without_unverified_data_snli_is_refused_in_one_line(tmp_path: Path) -> None:
    [task] = select_tasks("SNLI")
    for options in (DataOptions(offline=True), DataOptions()):
        _, failures = load_data(locate_data([task], options), options)
        assert str(failures["SNLI"]) == (
            "Stanford Natural Language Inference: s1.train and s2.train and labels.train and "
            "s1.dev and s2.dev and labels.dev and s1.test and s2.test and labels.test found below "
            "no folder, and in no download; published at "
            "https://nlp.stanford.edu/projects/snli/snli_1.0.zip (made into these files by "
            "SentEval's get_transfer_data.bash; no hash of them is known, so pass "
            "`unverified_data` too): put the files below a folder as they are, and name it with "
            "`data_dir`"
        )
    write_snli(tmp_path)
    options = DataOptions(data_dir=tmp_path)
    _, failures = load_data(locate_data([task], options), options)
    assert "refused, no hash of the original is known to tell whether this is it" in str(
        failures["SNLI"]
    )
    assert "`unverified_data`" in str(failures["SNLI"])


# --- the catalogue --------------------------------------------------------------------------------


def test_the_probing_tasks_are_in_the_order_of_their_paper() -> None:
    assert [task.heading for task in table("probing")] == [
        *("SentLen", "WC", "TreeDepth", "TopConst", "BShift"),
        *("Tense", "SubjNum", "ObjNum", "SOMO", "CoordInv"),
    ]
    assert [task.id for task in table("probing") if task.linear] == ["WordContent"]
    assert not any(task.in_all for task in (*table("probing"), *table("inference")))


def test_names_of_classes_are_in_the_order_in_which_the_reader_numbers_them() -> None:
    classes = {
        task.id: load_catalogue().datasets[task.dataset].classes for task in table("probing")
    }
    for task_id in ("Depth", "TopConstituents"):
        assert list(classes[task_id]) == sorted(classes[task_id])
    assert {task: len(names) for task, names in classes.items()} == {
        **dict.fromkeys(classes, 2),
        "Length": 6,
        "WordContent": 0,
        "Depth": 8,
        "TopConstituents": 20,
    }


def test_sentences_of_several_tasks_are_the_same_text(tmp_path: Path) -> None:
    """So that one that two files hold is encoded once."""
    for name in ("bigram_shift", "past_present"):
        write_probing(tmp_path, f"probing/{name}.txt", probing_file(2, 240))
    sentences = [
        set(KINDS["classification"].sentences(load(task_by_id(task), tmp_path).data.parts))
        for task in ("BigramShift", "Tense")
    ]
    assert sentences[0] == sentences[1]
    assert all(
        isinstance(part, Labelled) for part in load(task_by_id("Tense"), tmp_path).data.parts
    )
