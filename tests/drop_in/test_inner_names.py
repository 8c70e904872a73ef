"""The parts of SentEval that a script takes for itself: data, classifiers, small functions."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from senteval import sts
from senteval.errors import ParamsError
from senteval.tools.classifier import MLP
from senteval.tools.validation import (
    InnerKFoldClassifier,
    KFoldClassifier,
    SplitClassifier,
    get_classif_name,
)
from senteval.utils import create_dictionary, get_optimizer

from benchmark.datasets import load_catalogue
from benchmark.errors import DataError, TaskError
from tests.drop_in.conftest import FAST
from tests.oracles import transfer
from tests.oracles.network import learner

# --- senteval.sts ---------------------------------------------------------------------------------


def lines_of(path: Path) -> list[str]:
    return path.read_text("utf-8").removesuffix("\n").split("\n")


@pytest.mark.parametrize("year", ["12", "13", "14", "15", "16"])
def test_the_years_pairs_are_sorted_as_sentevals(year: str, made_up: Path) -> None:
    """By tokens of the first sentence, of the second, and the score; blank scores are dropped."""
    folder = made_up / "downstream" / "STS" / f"STS{year}-en-test"
    task = getattr(sts, f"STS{year}Eval")(str(folder), unverified_data=True)
    names = [part.name for part in load_catalogue().datasets[f"STS{year}"].parts]
    assert task.datasets == list(task.data) == names
    samples = []
    for name in names:
        pairs = [line.split("\t") for line in lines_of(folder / f"STS.input.{name}.txt")]
        gold = lines_of(folder / f"STS.gs.{name}.txt")
        rows = [
            (first.split(), second.split(), float(score))
            for (first, second), score in zip(pairs, gold, strict=True)
            if score
        ]
        rows.sort(key=lambda row: (len(row[0]), len(row[1]), row[2]))
        assert task.data[name] == tuple(map(list, zip(*rows, strict=True)))
        samples += task.data[name][0] + task.data[name][1]
    assert task.samples == samples
    assert task.seed == 1111


@pytest.mark.parametrize(
    ("task", "folder", "files", "columns", "header"),
    [
        ("STSBenchmarkEval", "STS/STSBenchmark", "sts-{}.csv", (5, 6, 4), 0),
        ("SICKRelatednessEval", "SICK", "SICK_{}.txt", (1, 2, 3), 1),
    ],
)
def test_the_splits_in_the_order_of_their_files(
    task: str, folder: str, files: str, columns: tuple[int, ...], header: int, made_up: Path
) -> None:
    read = getattr(sts, task)(made_up / "downstream" / folder, unverified_data=True)
    assert read.datasets == ["train", "dev", "test"]
    in_files = {"dev": "trial", "test": "test_annotated"} if header else {}
    for split in read.datasets:
        path = made_up / "downstream" / folder / files.format(in_files.get(split, split))
        rows = [line.split("\t") for line in lines_of(path)[header:]]
        first, second, score = columns
        assert read.data[split] == (
            [row[first].split() for row in rows],
            [row[second].split() for row in rows],
            [float(row[score]) for row in rows],
        )
        keys = ("X_A", "X_B", "y")
        assert read.sick_data[split] == dict(zip(keys, read.data[split], strict=True))


def test_synwmds_class_has_the_splits_sorted(made_up: Path) -> None:
    folder = made_up / "downstream" / "STS" / "STSBenchmark"
    plain = sts.STSBenchmarkEval(folder, unverified_data=True)
    theirs = sts.STSBun_Eval(folder, unverified_data=True)
    assert theirs.datasets == ["sts-train", "sts-dev", "sts-test"]
    rows = sorted(
        zip(*plain.data["test"], strict=True), key=lambda row: (len(row[0]), len(row[1]), row[2])
    )
    assert list(zip(*theirs.data["sts-test"], strict=True)) == rows


def test_data_that_is_not_the_published_is_refused_here_too(made_up: Path) -> None:
    with pytest.raises(DataError, match=r"^STS12: .*refused"):
        sts.STS12Eval(str(made_up / "downstream" / "STS" / "STS12-en-test"))
    with pytest.raises(DataError, match=r"^STS12: .*missing"):
        sts.STS12Eval(str(made_up / "elsewhere" / "STS" / "STS12-en-test"))
    with pytest.raises(ParamsError, match=r"STS12Eval: .*is no folder .*STS/STS12-en-test"):
        sts.STS12Eval(str(made_up / "downstream"))


@pytest.mark.real_data
def test_real_data(real_data: Path) -> None:
    task = sts.STS14Eval(f"{real_data}/STS/STS14-en-test")
    assert {name: len(gold) for name, (_, _, gold) in task.data.items()} == {
        "deft-forum": 450,
        "deft-news": 300,
        "headlines": 750,
        "images": 750,
        "OnWN": 750,
        "tweet-news": 750,
    }


# --- senteval.tools -------------------------------------------------------------------------------


def three_classes(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 3, rows)
    features = draw.normal(size=(rows, 8)) + 1.3 * np.eye(8)[labels]
    return features.astype(np.float32), labels


TRAIN, DEV, TEST = three_classes(120, 1), three_classes(60, 2), three_classes(60, 3)
SETTINGS = transfer.Settings(3, torch.optim.RMSprop, 128, 3, 2, seed=7)
CONFIG = {"nclasses": 3, "seed": 7, "usepytorch": True, "classifier": FAST, "kfold": 3, "nhid": 0}


def test_choice_by_nested_folds() -> None:
    expected = transfer.nested_kfold(TRAIN, SETTINGS)
    assert InnerKFoldClassifier(*TRAIN, CONFIG).run() == (expected.dev, expected.test)


@pytest.mark.parametrize("usepytorch", [True, False])
def test_choice_by_folds_and_a_test_set(usepytorch: bool) -> None:
    oracle = transfer.kfold_with_test if usepytorch else transfer.sklearn_kfold_with_test
    expected = oracle(TRAIN, TEST, SETTINGS)
    named = [dict(zip("Xy", part, strict=True)) for part in (TRAIN, TEST)]
    dev, test, found = KFoldClassifier(*named, CONFIG | {"usepytorch": usepytorch}).run()
    assert (dev, test) == (expected.dev, expected.test)
    assert found.shape == ((60, 1) if usepytorch else (60,))
    assert found.ravel().tolist() == expected.predictions.tolist()


def test_choice_by_a_development_set() -> None:
    expected = transfer.fixed_split(TRAIN, DEV, TEST, SETTINGS)
    parts = {"train": TRAIN, "valid": DEV, "test": TEST}
    features, labels = ({name: part[i] for name, part in parts.items()} for i in (0, 1))
    as_lists = {name: column.tolist() for name, column in labels.items()}
    assert SplitClassifier(features, as_lists, CONFIG).run() == (expected.dev, expected.test)
    none = transfer.fixed_split(TRAIN, DEV, TEST, replace(SETTINGS, grid=(1e-9,)))
    found = SplitClassifier(features, labels, CONFIG | {"noreg": True}).run()
    assert found == (none.dev, none.test)


def test_one_strength_with_development_rows() -> None:
    expected = transfer.fit(TRAIN, 3, 0.01, SETTINGS, DEV)
    ours = MLP(FAST, 8, 3, l2reg=0.01, batch_size=1, seed=7)
    assert ours.fit(*TRAIN, validation_data=DEV) == expected.best_accuracy
    assert ours.predict(TEST[0])[:, 0].tolist() == expected.predict(TEST[0]).tolist()
    assert ours.score(*TEST) == transfer.share_correct(expected.predict(TEST[0]), TEST[1])
    with pytest.raises(ParamsError, match="second fit"):
        ours.fit(*TRAIN, validation_data=DEV)


def test_one_strength_with_hidden_units() -> None:
    expected = learner(torch.optim.RMSprop, 4, 0.1)(TRAIN, 3, 0.001, SETTINGS, DEV)
    ours = MLP(FAST | {"nhid": 4, "dropout": 0.1}, 8, 3, l2reg=0.001, seed=7)
    assert ours.fit(*TRAIN, validation_data=DEV) == expected.best_accuracy
    assert ours.predict(TEST[0])[:, 0].tolist() == expected.predict(TEST[0]).tolist()


def test_one_strength_with_a_share_held_out() -> None:
    expected = transfer.fit(TRAIN, 3, 0.0, SETTINGS)
    ours = MLP(FAST, 8, 3, seed=7)
    assert ours.fit(*TRAIN, validation_split=0.05) == expected.best_accuracy
    assert ours.predict(TEST[0])[:, 0].tolist() == expected.predict(TEST[0]).tolist()


def test_training_to_the_last_pass() -> None:
    """Without early stopping, as many passes as there may be."""
    short = FAST | {"max_epoch": 12, "tenacity": 0}
    patient = transfer.Settings(3, torch.optim.RMSprop, 128, 99, 2, max_epoch=12, seed=7)
    expected = transfer.fit(TRAIN, 3, 0.0, patient, DEV)
    ours = MLP(short, 8, 3, seed=7)
    assert ours.fit(*TRAIN, validation_data=DEV, early_stop=False) == expected.best_accuracy
    assert ours.predict(TEST[0])[:, 0].tolist() == expected.predict(TEST[0]).tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLP(FAST, 8, 3).fit(*TRAIN), "0.05, not None"),
        (lambda: MLP(FAST, 8, 3).fit(*TRAIN, validation_split=0.1), "0.05, not 0.1"),
        (lambda: MLP(FAST, 7, 3).fit(*TRAIN, validation_split=0.05), "8 features .* is 7"),
        (lambda: MLP(FAST, 8, 2).fit(*TRAIN, validation_split=0.05), "from 0 to 2; .* is 2"),
        (lambda: MLP(FAST, 8, 3).predict(TEST[0]), "fit it first"),
        (lambda: MLP({"nhid": 0, "tenasity": 1}, 8, 3), "did you mean tenacity"),
        (lambda: InnerKFoldClassifier(TRAIN[0], TRAIN[1][1:], CONFIG), r"\(119,\)"),
    ],
)
def test_what_a_classifier_does_not_take(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        call()


def test_features_that_overflow() -> None:
    with pytest.raises(TaskError, match="vectors are too large"):
        InnerKFoldClassifier(TRAIN[0] * np.float32(3e37), TRAIN[1], CONFIG).run()
    with pytest.raises(TaskError, match="vectors are too large"):
        MLP(FAST, 8, 3).fit(TRAIN[0] * np.float32(3e37), TRAIN[1], validation_data=DEV)


def test_global_random_states_stay() -> None:
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    before = random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()
    MLP(FAST, 8, 3).fit(*TRAIN, validation_split=0.05)
    InnerKFoldClassifier(*TRAIN, CONFIG).run()
    assert before == (random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist())


def test_names_of_classifiers() -> None:
    assert get_classif_name(FAST, True) == "pytorch-MLP-nhid0-rmsprop-bs128"
    assert get_classif_name({"nhid": 50}, True) == "pytorch-MLP-nhid50-adam-bs64"
    assert get_classif_name(FAST, False) == "sklearn-LogReg"


# --- senteval.utils -------------------------------------------------------------------------------


def test_a_dictionary_of_words() -> None:
    words, places = create_dictionary([["b", "a"], ["a", "<p>", "c"], []])
    assert words == ["<s>", "</s>", "<p>", "a", "b", "c"]
    assert places == {"<s>": 0, "</s>": 1, "<p>": 2, "a": 3, "b": 4, "c": 5}


def test_optimisers_of_torch() -> None:
    assert get_optimizer("adam") == (torch.optim.Adam, {})
    assert get_optimizer("sgd,lr=0.1,weight_decay=1e-4") == (
        torch.optim.SGD,
        {"lr": 0.1, "weight_decay": 1e-4},
    )
    for wrong in ("lion", "adam,lr", "adam,lr=fast", ""):
        with pytest.raises(ParamsError, match="it is one of adadelta, adagrad, adam"):
            get_optimizer(wrong)
