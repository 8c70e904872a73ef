"""Hidden units and other optimisers against the plain oracle, and reading what scripts ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from benchmark.metrics.logistic import (
    SENTEVAL,
    SENTEVAL_FAST,
    ClassifierProtocol,
    Samples,
    protocol_named,
    read_optimiser,
    select,
)
from benchmark.metrics.logistic.in_torch import TorchTrainer
from benchmark.metrics.logistic.optimisers import ADAM, RMSPROP, SETTINGS, TorchOptimiser
from tests.metrics.logistic.data import make_samples, part, plain
from tests.oracles import transfer as oracle
from tests.oracles.network import learner

OPTIMISERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adam,lr=0.01,amsgrad=1": partial(torch.optim.Adam, lr=0.01, amsgrad=True),
    "sgd,lr=0.1": partial(torch.optim.SGD, lr=0.1),
    "sgd,lr=0.1,momentum=0.9,nesterov=1": partial(
        torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True
    ),
    "adagrad,lr=0.1,lr_decay=0.05": partial(torch.optim.Adagrad, lr=0.1, lr_decay=0.05),
    "adadelta": torch.optim.Adadelta,
    "adamax": torch.optim.Adamax,
    "asgd,lambd=0.001": partial(torch.optim.ASGD, lambd=0.001),
    "rprop": torch.optim.Rprop,
    "rmsprop,lr=0.02,alpha=0.9": partial(torch.optim.RMSprop, lr=0.02, alpha=0.9),
    "rmsprop,momentum=0.5,centered=1": partial(torch.optim.RMSprop, momentum=0.5, centered=True),
}
QUICK = replace(SENTEVAL_FAST, folds=3, max_epoch=20)
QUICK_SETTINGS = replace(oracle.FAST, kfold=3, max_epoch=20)


def three_parts() -> list[Samples]:
    samples = make_samples(400, 16, 3)
    return [part(samples, *span) for span in ((0, 250), (250, 310), (310, 400))]


def assert_split_is_the_oracles(
    protocol: ClassifierProtocol, settings: oracle.Settings, learn: Any
) -> None:
    parts = three_parts()
    ours = select("split", parts, protocol)
    theirs = oracle.fixed_split(*map(plain, parts), settings, learn)
    assert (ours.dev, ours.test) == (theirs.dev, theirs.test)
    assert ours.folds[0].means == tuple(theirs.scores.values())
    assert ours.folds[0].strength == theirs.chosen
    assert list(ours.folds[0].passes[0]) == [fit.epochs for [fit] in theirs.fits.values()]
    np.testing.assert_array_equal(ours.predictions, theirs.predictions)


@pytest.mark.parametrize("text", OPTIMISERS)
def test_every_optimiser_is_the_oracles(text: str) -> None:
    """Compiled ones too: the same fits come out, whoever trains them."""
    protocol = replace(QUICK, optimiser=read_optimiser(text))
    assert_split_is_the_oracles(protocol, QUICK_SETTINGS, learner(OPTIMISERS[text]))


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("text", ["adam", "rmsprop,lr=0.02,alpha=0.9", "sgd,lr=0.1"])
def test_hidden_units_are_the_oracles(text: str, dropout: float) -> None:
    protocol = replace(QUICK, optimiser=read_optimiser(text), hidden=7, dropout=dropout)
    learn = learner(OPTIMISERS[text], 7, dropout)
    assert_split_is_the_oracles(protocol, QUICK_SETTINGS, learn)


def test_hidden_units_in_nested_folds() -> None:
    samples = make_samples(90, 8, 2)
    protocol = replace(QUICK, optimiser=ADAM, hidden=5, dropout=0.1, max_epoch=6)
    settings = replace(QUICK_SETTINGS, max_epoch=6)
    ours = select("nested", [samples], protocol)
    theirs = oracle.nested_kfold(plain(samples), settings, learner(torch.optim.Adam, 5, 0.1))
    assert (ours.dev, ours.test) == (theirs.dev, theirs.test)
    assert [fold.strength for fold in ours.folds] == [fold.chosen for fold in theirs.folds]
    assert [fold.refit_passes for fold in ours.folds] == [f.refit.epochs for f in theirs.folds]


def test_without_strengths_there_is_one_fit() -> None:
    parts = three_parts()
    for hidden in (0, 4):
        protocol = replace(QUICK, hidden=hidden)
        ours = select("split-no-l2", parts, protocol)
        learn = learner(torch.optim.RMSprop, hidden)
        theirs = oracle.fixed_split(
            *map(plain, parts), replace(QUICK_SETTINGS, grid=(1e-9,)), learn
        )
        assert (ours.dev, ours.test) == (theirs.dev, theirs.test)
        assert ours.folds[0].strength == 1e-9
        assert len(ours.folds[0].means) == 1


def test_torch_trains_what_the_compiled_loop_does() -> None:
    samples = make_samples(260, 12, 3)
    rows, dev = np.arange(200), np.arange(200, 260)
    [fits] = TorchTrainer(samples, SENTEVAL).train([(rows, dev)])
    data, held = plain(part(samples, 0, 200)), plain(part(samples, 200, 260))
    for strength, fit in zip(oracle.L2_GRID, fits, strict=True):
        theirs = oracle.fit(data, 3, strength, oracle.FULL, held)
        assert (fit.accuracy, fit.passes) == (theirs.best_accuracy, theirs.epochs)
        np.testing.assert_array_equal(
            fit.predict(samples.features), theirs.predict(samples.features)
        )


def test_nothing_global_is_touched() -> None:
    np.random.seed(7)
    torch.manual_seed(7)
    before = np.random.get_state()[1].copy(), torch.get_rng_state(), torch.get_num_threads()
    seen: list[tuple[int, int]] = []
    protocol = replace(QUICK, hidden=3, dropout=0.5, max_epoch=2)
    select("split", three_parts(), protocol, lambda *now: seen.append(now))
    assert seen == [(done, 4) for done in (1, 2, 3, 4)]
    assert (np.random.get_state()[1] == before[0]).all()
    assert torch.equal(torch.get_rng_state(), before[1])
    assert torch.get_num_threads() == before[2]


def test_what_diverges_is_refused() -> None:
    protocol = replace(QUICK, optimiser=read_optimiser("sgd,lr=1e30"))
    with pytest.raises(ValueError, match="learning rate or the vectors are too large"):
        select("split", three_parts(), protocol)


# --- reading -------------------------------------------------------------------------------------


def test_what_the_compiled_loop_can_do_it_does() -> None:
    assert read_optimiser("adam") == ADAM
    assert read_optimiser("rmsprop") == RMSPROP
    assert read_optimiser("adam,lr=.5") == replace(ADAM, learning_rate=0.5)
    assert read_optimiser("rmsprop,alpha=0.9,eps=0.1") == replace(RMSPROP, beta2=0.9, epsilon=0.1)
    assert read_optimiser("rmsprop,momentum=0.9") == TorchOptimiser("rmsprop", (("momentum", 0.9),))
    assert replace(QUICK, optimiser=ADAM).is_compiled
    assert not replace(QUICK, hidden=1).is_compiled


@pytest.mark.parametrize("kind", SETTINGS)
def test_torch_takes_every_setting_that_is_offered(kind: str) -> None:
    given = {"lr": 0.5, "momentum": 0.5, "nesterov": 0} | dict.fromkeys(SETTINGS[kind], 0.25)
    text = ",".join([kind, *(f"{name}={given[name]}" for name in SETTINGS[kind])])
    found = read_optimiser(text.replace("nesterov=0.25", "nesterov=0"))
    made = OPTIMISER_CLASSES[kind]([torch.nn.Parameter(torch.zeros(2))], **found.settings)
    assert made.defaults["lr"] == 0.25


OPTIMISER_CLASSES: dict[str, Any] = {
    name: next(
        value for key, value in vars(torch.optim).items() if key.lower() == name and key != name
    )
    for name in SETTINGS
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lbfgs", "'lbfgs' is no optimiser; there are adadelta, adagrad, adam"),
        ("", "'' is no optimiser"),
        ("sgd", "sgd needs a learning rate, as in 'sgd,lr=0.1'"),
        ("adam,momentum=0.9", "'momentum=0.9' is no setting of adam; it takes lr, eps, amsgrad"),
        ("adam,lr", "'lr' is no setting of adam"),
        ("adam,lr=0.1,lr=0.2", "'lr=0.2' is no setting of adam"),
        ("adam,lr=fast", "lr=fast is not a number above 0"),
        ("adam,lr=0", "lr=0 is not a number above 0"),
        ("adam,lr=nan", "lr=nan is not a number above 0"),
        ("rmsprop,alpha=-1", "alpha=-1 is not a number from 0"),
        ("sgd,lr=inf", "lr=inf is not a number above 0"),
    ],
)
def test_what_is_no_optimiser(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="^" + said.replace(".", r"\.")):
        read_optimiser(text)


def test_protocols_by_their_words() -> None:
    assert protocol_named("senteval") == SENTEVAL
    words = "senteval,nhid=50,dropout=0.1,optim=rmsprop,lr=0.01"
    expected = replace(
        SENTEVAL, id=words, hidden=50, dropout=0.1, optimiser=replace(RMSPROP, learning_rate=0.01)
    )
    assert protocol_named(words) == expected
    only = protocol_named("senteval-fast,optim=sgd,lr=0.1")
    assert only.optimiser == TorchOptimiser("sgd", (("lr", 0.1),))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "sentival",
            "'sentival' is no way of training; there are senteval, senteval-fast, sklearn",
        ),
        ("sklearn,nhid=3", "'sklearn,nhid=3' is no way of training"),
        ("senteval,units=3", "options are nhid=UNITS"),
        ("senteval,nhid=3,nhid=4", "options are nhid=UNITS"),
        ("senteval,nhid=few", "nhid and dropout are numbers"),
        ("senteval,nhid=-1", "-1 hidden units"),
        ("senteval,dropout=1", "a dropout of 1.0 is no share"),
        ("senteval,optim=lbfgs", "'lbfgs' is no optimiser"),
    ],
)
def test_what_is_no_protocol(words: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        protocol_named(words)
