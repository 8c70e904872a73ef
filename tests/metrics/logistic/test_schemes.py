"""The three schemes against the oracle, fold by fold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import softmax

from benchmark.metrics.logistic import (
    SENTEVAL,
    SENTEVAL_FAST,
    SKLEARN,
    ClassifierProtocol,
    Samples,
    SentEvalTrainer,
    SklearnTrainer,
    fixed_split,
    folds_and_test,
    kernel,
    nested_folds,
    select,
)
from benchmark.metrics.logistic.schemes import FoldReport
from benchmark.metrics.logistic.trainers import FOLDS_GRID, NESTED_GRID
from tests.metrics.logistic.data import make_samples, part, plain
from tests.oracles import transfer as oracle

PROTOCOLS = [(SENTEVAL, oracle.FULL), (SENTEVAL_FAST, oracle.FAST)]
both = pytest.mark.parametrize(
    ("protocol", "settings"), PROTOCOLS, ids=[protocol.id for protocol, _ in PROTOCOLS]
)


def assert_same_choice(ours: FoldReport, theirs: oracle.Tested) -> None:
    """The same scores of each strength, the same choice, the same length of every fit."""
    assert ours.means == tuple(theirs.scores.values())
    assert ours.strength == theirs.chosen
    for strength, passes in zip(theirs.fits, zip(*ours.passes, strict=True), strict=True):
        assert list(passes) == [fit.epochs for fit in theirs.fits[strength]]
    assert ours.refit_passes == theirs.refit.epochs


@pytest.mark.slow
def test_nested_folds_of_the_full_protocol() -> None:
    """The first outer fold and the last; what is made of all is the same for both protocols."""
    samples = make_samples(130, 12, 2)
    theirs = oracle.nested_kfold(plain(samples), oracle.FULL, outer_folds=(0, 9))
    with SentEvalTrainer(samples, SENTEVAL, 0) as trainer:
        ours = nested_folds(trainer)
    assert len(ours.folds) == 10
    for report, fold in zip((ours.folds[0], ours.folds[9]), theirs.folds, strict=True):
        assert_same_choice(report, fold)
        assert report.test == fold.test


def test_nested_folds() -> None:
    samples = make_samples(130, 12, 2)
    theirs = oracle.nested_kfold(plain(samples), oracle.FAST)
    with SentEvalTrainer(samples, SENTEVAL_FAST, 0) as trainer:
        ours = nested_folds(trainer)
    assert (ours.dev, ours.test) == (theirs.dev, theirs.test)
    for report, fold in zip(ours.folds, theirs.folds, strict=True):
        assert_same_choice(report, fold)
        assert report.test == fold.test
    shares = [fold.test for fold in theirs.folds]
    assert 100 * (ours.predictions == samples.labels).mean() == pytest.approx(
        np.mean(shares), abs=1.0
    )


@both
def test_folds_and_a_test_set(protocol: ClassifierProtocol, settings: oracle.Settings) -> None:
    samples = make_samples(330, 16, 4)
    train, test = part(samples, 0, 250), part(samples, 250, 330)
    theirs = oracle.kfold_with_test(plain(train), plain(test), settings)
    with SentEvalTrainer(train, protocol, 0) as trainer:
        ours = folds_and_test(trainer, test)
    assert (ours.dev, ours.test) == (theirs.dev, theirs.test)
    assert_same_choice(ours.folds[0], theirs)
    np.testing.assert_array_equal(ours.predictions, theirs.predictions)


@both
def test_a_fixed_split(protocol: ClassifierProtocol, settings: oracle.Settings) -> None:
    samples = make_samples(400, 16, 3)
    train, dev, test = (part(samples, *span) for span in ((0, 250), (250, 310), (310, 400)))
    theirs = oracle.fixed_split(plain(train), plain(dev), plain(test), settings)
    with SentEvalTrainer(part(samples, 0, 310), protocol, 0) as trainer:
        ours = fixed_split(trainer, np.arange(250, 310), test)
    assert (ours.dev, ours.test) == (theirs.dev, theirs.test)
    assert_same_choice(ours.folds[0], theirs)
    np.testing.assert_array_equal(ours.predictions, theirs.predictions)


@pytest.mark.parametrize("classes", [17, 50])
def test_many_classes(classes: int) -> None:
    """Each strength by itself, and exponentials of our own: still the oracle's fits."""
    samples = make_samples(700, 16, classes)
    spans = ((0, 500), (500, 600), (600, 700))
    train, dev, test = (part(samples, *span) for span in spans)
    theirs = oracle.fixed_split(plain(train), plain(dev), plain(test), oracle.FAST)
    ours = select("split", [train, dev, test], SENTEVAL_FAST)
    assert (ours.dev, ours.test) == (theirs.dev, theirs.test)
    assert_same_choice(ours.folds[0], theirs)
    np.testing.assert_array_equal(ours.predictions, theirs.predictions)


@pytest.mark.parametrize("classes", [2, 6, 100])
def test_errors_are_those_of_the_definition(classes: int) -> None:
    generator = np.random.default_rng(0)
    columns = 6 * classes  # with a hundred classes, more exponentials than one loop takes
    logits = generator.normal(0, 8, (9, columns)).astype(np.float32)
    logits[0, :classes] = 0
    logits[1, classes - 1] = 200  # all others vanish beside it
    bias = generator.normal(size=columns).astype(np.float32)
    chosen = generator.integers(0, classes, 9)
    # Sums in float32, as the kernel has them: what is compared is the softmax.
    expected = softmax((logits + bias).astype(np.float64).reshape(9, 6, classes), axis=2)
    expected[np.arange(9), :, chosen] -= 1
    kernel._softmax_errors(logits, bias, chosen, classes, np.empty(kernel.AT_ONCE, np.int32))
    np.testing.assert_allclose(logits, (expected / 9).reshape(9, columns), rtol=1e-5, atol=1e-8)


def test_scikit_learns_protocol_nested() -> None:
    samples = make_samples(120, 8, 2)
    theirs = oracle.sklearn_nested_kfold(plain(samples), oracle.FULL)
    ours = nested_folds(SklearnTrainer(samples, SKLEARN, strengths=NESTED_GRID))
    assert (ours.dev, ours.test) == (theirs.dev, theirs.test)
    assert [fold.strength for fold in ours.folds] == [fold.chosen for fold in theirs.folds]


def test_scikit_learns_protocol_with_a_test_set() -> None:
    samples = make_samples(260, 8, 3)
    train, test = part(samples, 0, 200), part(samples, 200, 260)
    theirs = oracle.sklearn_kfold_with_test(plain(train), plain(test), oracle.FULL)
    ours = folds_and_test(SklearnTrainer(train, SKLEARN, strengths=FOLDS_GRID), test)
    assert (ours.dev, ours.test) == (theirs.dev, theirs.test)
    assert ours.folds[0].means == tuple(theirs.scores.values())


def test_a_class_smaller_than_the_folds_is_refused() -> None:
    samples = make_samples(100, 4, 2)
    rare = Samples(samples.features, (np.arange(100) < 4).astype(np.int64), 2)
    with (
        SentEvalTrainer(rare, SENTEVAL, 0) as trainer,
        pytest.raises(ValueError, match="a class has 4 samples, fewer than the 10 folds"),
    ):
        nested_folds(trainer)


def test_too_few_rows_to_hold_any_out_are_refused() -> None:
    with (
        SentEvalTrainer(make_samples(12, 4, 2), SENTEVAL, 0) as trainer,
        pytest.raises(ValueError, match="12 samples are too few"),
    ):
        trainer.refit([(np.arange(12), 1e-5)])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_feature_that_is_not_finite_is_refused(value: float) -> None:
    samples = make_samples(60, 4, 2)
    samples.features[17, 2] = value
    with pytest.raises(ValueError, match="a feature is not finite"):
        select("nested", [samples], SENTEVAL)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("protocol", [SENTEVAL, SENTEVAL_FAST, SKLEARN], ids=lambda p: p.id)
@pytest.mark.parametrize("size", [1e25, 1e38])
def test_features_whose_training_overflows_are_refused(protocol: Any, size: float) -> None:
    """Adam and RMSprop take no step where a squared gradient is infinite: random weights."""
    samples = make_samples(60, 4, 2)
    samples.features[:] *= np.float32(size) / np.abs(samples.features).max()
    with pytest.raises(ValueError, match="overflows float32: vectors are too large"):
        select("nested", [samples], protocol)


def test_progress_counts_every_fit() -> None:
    seen: list[tuple[int, int]] = []
    samples = make_samples(100, 4, 2)
    with SentEvalTrainer(samples, SENTEVAL_FAST, 105, lambda *now: seen.append(now)) as trainer:
        nested_folds(trainer)
    assert seen[-1] == (105, 105)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_global_random_states_are_left_alone() -> None:
    np.random.seed(7)
    torch.manual_seed(7)
    before = np.random.get_state()[1].copy(), torch.get_rng_state()
    with SentEvalTrainer(make_samples(100, 4, 2), SENTEVAL_FAST, 0) as trainer:
        nested_folds(trainer)
    assert (np.random.get_state()[1] == before[0]).all()
    assert torch.equal(torch.get_rng_state(), before[1])


def test_an_interruption_ends_the_threads() -> None:
    samples = make_samples(3000, 64, 2)
    with pytest.raises(KeyboardInterrupt), SentEvalTrainer(samples, SENTEVAL, 410) as trainer:
        raise KeyboardInterrupt
    with pytest.raises(RuntimeError):
        trainer.train([(np.arange(2000), np.arange(2000, 3000))])
