"""Options of the classifier: each does what it does in SentEval, or is refused by name."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import senteval
import torch
from senteval.errors import ParamsError

from benchmark.datasets.splits import Labelled
from benchmark.errors import UsageError
from tests.drop_in.conftest import FAST
from tests.drop_in.own_tasks import read
from tests.drop_in.word_vectors import Vectors, batcher
from tests.oracles import transfer
from tests.oracles.network import learner

ODD = {"optim": "adam", "batch_size": 16, "tenacity": 1, "epoch_size": 3, "max_epoch": 8}
OTHER = {"optim": "rmsprop", "batch_size": 50, "tenacity": 0, "epoch_size": 1, "max_epoch": 9}


def settings(options: dict[str, Any], kfold: int, seed: int) -> transfer.Settings:
    optimizer = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}[options["optim"]]
    rest = {name: value for name, value in options.items() if name not in {"optim", "nhid"}}
    return transfer.Settings(kfold, optimizer, seed=seed, **rest)


def features(name: str, made_up: Path) -> list[transfer.Data]:
    vectors = Vectors()
    parts = [part.by_length() for part in read(name, made_up / "downstream")]
    found = []
    for part in parts:
        u = vectors[part.first]
        if part.second is not None:
            v = vectors[part.second]
            u = np.c_[np.abs(u - v), u * v]
        found.append((u, part.labels))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("options", "kfold", "seed"), [(ODD, 2, 7), (OTHER, 3, 2024)])
@pytest.mark.parametrize("usepytorch", [True, False])
def test_all_options_mean_what_they_mean_in_senteval(
    options: dict[str, Any], kfold: int, seed: int, usepytorch: bool, params: Any, made_up: Path
) -> None:
    """The oracle has SentEval's rules once more, one fit after another in plain torch."""
    params |= {"kfold": kfold, "seed": seed, "usepytorch": usepytorch}
    params["classifier"] = {"nhid": 0, **options}
    results = senteval.engine.SE(params, batcher).eval(["CR", "MRPC", "SICKEntailment"])
    chosen = settings(options, kfold, seed)
    schemes = (
        (transfer.nested_kfold, transfer.kfold_with_test, transfer.fixed_split)
        if usepytorch
        else (
            transfer.sklearn_nested_kfold,
            transfer.sklearn_kfold_with_test,
            transfer.sklearn_fixed_split,
        )
    )
    for (name, result), scheme in zip(results.items(), schemes, strict=True):
        expected = scheme(*features(name, made_up), chosen)
        assert (result["devacc"], result["acc"]) == (expected.dev, expected.test), name


HIDDEN = {"nhid": 6, "optim": "adam", "batch_size": 32, "tenacity": 1, "epoch_size": 2}
NETWORKS = {
    "hidden units": (HIDDEN, learner(torch.optim.Adam, 6)),
    "dropout": (HIDDEN | {"dropout": 0.2}, learner(torch.optim.Adam, 6, 0.2)),
    "sgd": (
        HIDDEN | {"nhid": 0, "optim": "sgd,lr=0.1"},
        learner(partial(torch.optim.SGD, lr=0.1)),
    ),
    "adagrad": (HIDDEN | {"nhid": 0, "optim": "adagrad"}, learner(torch.optim.Adagrad)),
    "rmsprop": (
        HIDDEN | {"nhid": 0, "optim": "rmsprop,lr=0.02,alpha=0.9"},
        learner(partial(torch.optim.RMSprop, lr=0.02, alpha=0.9)),
    ),
}


@pytest.mark.parametrize("case", NETWORKS)
def test_hidden_units_and_other_optimisers(case: str, params: Any, made_up: Path) -> None:
    options, learn = NETWORKS[case]
    options = options | {"max_epoch": 8}
    params |= {"kfold": 2, "classifier": options}
    results = senteval.engine.SE(params, batcher).eval(["MRPC", "SST2"])
    rest = {name: options[name] for name in ("batch_size", "tenacity", "epoch_size", "max_epoch")}
    chosen = transfer.Settings(2, torch.optim.Adam, **rest)
    schemes = (transfer.kfold_with_test, transfer.fixed_split)
    for (name, result), scheme in zip(results.items(), schemes, strict=True):
        expected = scheme(*features(name, made_up), chosen, learn)
        assert (result["devacc"], result["acc"]) == (expected.dev, expected.test), name


def test_differences_of_float64_vectors_are_taken_in_float64(params: Any, made_up: Path) -> None:
    """SentEval rounds features, not vectors: beside a large offset nothing would be left."""

    def far_off(_params: Any, batch: Any) -> np.ndarray:
        return batcher(_params, batch).astype(float) + 1e5

    result = senteval.engine.SE(params | {"usepytorch": False}, far_off).eval("SICKEntailment")
    parts = []
    for part in map(Labelled.by_length, read("SICKEntailment", made_up / "downstream")):
        u, v = (
            far_off(params, [text.split() for text in side]) for side in (part.first, part.second)
        )
        parts.append((np.c_[np.abs(u - v), u * v].astype(np.float32), part.labels))
    chosen = transfer.Settings(5, torch.optim.Adam, 64, 5, 4)
    expected = transfer.sklearn_fixed_split(*parts, chosen)
    assert (result["devacc"], result["acc"]) == (expected.dev, expected.test)


@pytest.mark.parametrize("optim", ["rmsprop,lr=0.0001", "adam"])
def test_optimiser_and_learning_rate_reach_the_training(optim: str, params: Any) -> None:
    changed = params | {"classifier": FAST | {"optim": optim}}
    first, second = (senteval.engine.SE(given, batcher).eval("TREC") for given in (params, changed))
    assert first != second


def test_the_default_learning_rate_may_be_spelled_out(params: Any) -> None:
    spelled = params | {"classifier": FAST | {"optim": "rmsprop,lr=0.01"}}
    first, second = (senteval.engine.SE(given, batcher).eval("TREC") for given in (params, spelled))
    assert first == second


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kfold": 1}, "kfold"),
        ({"kfold": "ten"}, "kfold"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"seed": None}, "seed"),
        ({"classifier": [0]}, "classifier.*dictionary"),
        ({"classifier": {"nhid": -1}}, "nhid.*at least 0"),
        ({"classifier": {"nhid": 1.5}}, "nhid.*whole number"),
        ({"classifier": {"nhid": 0, "dropout": 1}}, "dropout.*share"),
        ({"classifier": {"nhid": 5, "dropout": "0.1"}}, "dropout.*share"),
        ({"classifier": {"nhid": 0, "tenasity": 3}}, "'tenasity' .did you mean tenacity.*nhid"),
        ({"classifier": {"nhid": 0, "batch_size": 0}}, "batch_size"),
        ({"classifier": {"nhid": 0, "epoch_size": 0.5}}, "epoch_size"),
        ({"classifier": {"nhid": 0, "tenacity": -1}}, "tenacity"),
        ({"classifier": {"nhid": 0, "max_epoch": -1}}, "max_epoch"),
        ({"classifier": {"nhid": 0, "optim": "sgd"}}, "'sgd': sgd needs a learning rate"),
        ({"classifier": {"nhid": 0, "optim": "lion"}}, "'lion' is no optimiser; there are ada"),
        ({"classifier": {"nhid": 0, "optim": "adam,momentum=1"}}, "no setting of adam; it takes"),
        ({"classifier": {"nhid": 0, "optim": "adam,lr=fast"}}, "lr=fast is not a number"),
        ({"classifier": {"nhid": 0, "optim": "adam,lr=nan"}}, "lr=nan is not a number"),
        ({"classifier": {"nhid": 0, "optim": "adam,lr=0.1,lr=0.2"}}, "each once"),
        ({"classifier": {"nhid": 0, "optim": None}}, "optim"),
    ],
)
def test_what_is_not_supported_is_refused_before_anything_is_encoded(
    changes: dict[str, Any], named: str, params: Any
) -> None:
    asked = []
    se = senteval.engine.SE(params | changes, lambda *given: asked.append(given))
    with pytest.raises(ParamsError, match=named) as refusal:
        se.eval(["STS12", "MR"])
    assert isinstance(refusal.value, ValueError)
    assert isinstance(refusal.value, UsageError)
    assert not asked


def test_options_nobody_reads_do_no_harm(params: Any) -> None:
    """Similarity trains nothing, and scikit-learn knows no hidden layers, in SentEval neither."""
    hidden = params | {"classifier": {"nhid": 50}}
    senteval.engine.SE(hidden, batcher).eval("STS12")
    senteval.engine.SE(hidden | {"usepytorch": False}, batcher).eval("SST2")


def test_more_folds_than_samples_of_a_class(params: Any) -> None:
    from benchmark.errors import TaskError

    with pytest.raises(TaskError, match=r"TREC: .*20 samples, fewer than the 21 folds"):
        senteval.engine.SE(params | {"kfold": 21}, batcher).eval("TREC")
