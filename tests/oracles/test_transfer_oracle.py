"""The oracle of the transfer tasks does what the rules say, on tiny data and scripted courses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from tests.oracles import transfer
from tests.oracles.transfer import FAST, FULL, Data, Settings

SMALL = replace(FULL, kfold=3, tenacity=0, epoch_size=1)


def points(count: int, classes: int = 2, seed: int = 0) -> Data:
    """Noisy clusters in four dimensions, each class about as large as the others."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    features = generator.normal(size=(count, 4)) + 1.5 * np.eye(4)[labels]
    return features.astype(np.float32), labels


# --- when training stops --------------------------------------------------------------------------


def course(accuracies: list[float]) -> Iterator[transfer.Check]:
    """A check for each accuracy; the same model, changed in place, has its number as bias."""
    model = torch.nn.Linear(1, 1)
    for number, accuracy in enumerate(accuracies):
        torch.nn.init.constant_(model.bias, number)
        yield accuracy, model


def stop(accuracies: list[float], settings: Settings) -> tuple[int, int, float, float]:
    """Checks done, epochs, the best accuracy, and the number of the check that had it."""
    found = transfer.stop_early(course(accuracies), settings)
    return found.checks, found.epochs, found.best_accuracy, found.bias.item()


@pytest.mark.parametrize(("settings", "checks", "epochs"), [(FULL, 7, 28), (FAST, 5, 10)])
def test_without_improvement_check_tenacity_plus_one_after_the_first_is_the_last(
    settings: Settings, checks: int, epochs: int
) -> None:
    assert stop([0.5] * 60, settings) == (checks, epochs, 0.5, 0)
    assert stop([0.0] * 60, settings) == (checks, epochs, 0.0, 0)  # even 0 beats none at all


def test_an_improvement_does_not_reset_the_count() -> None:
    failures_at = {1, 3, 5, 6, 8, 10}
    accuracies = [0.1 if check in failures_at else 0.5 + check / 100 for check in range(60)]
    assert stop(accuracies, FULL) == (11, 44, 0.59, 9)


def test_an_equal_accuracy_is_no_improvement() -> None:
    assert stop([0.2, 0.4, 0.4, 0.6, 0.6, 0.6, 0.9, 0.8], FAST) == (8, 16, 0.9, 6)
    assert stop([0.2, 0.4, 0.4, 0.6, 0.6, 0.6, 0.6, 0.9], FAST) == (7, 14, 0.6, 3)


@pytest.mark.parametrize(("settings", "checks", "epochs"), [(FULL, 51, 204), (FAST, 101, 202)])
def test_the_limit_of_epochs_is_looked_at_before_a_check(
    settings: Settings, checks: int, epochs: int
) -> None:
    rising = [check / 200 for check in range(200)]
    assert stop(rising, settings) == (checks, epochs, rising[checks - 1], checks - 1)


# --- one fit --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dev", [None, points(9)], ids=["split off", "given"])
def test_global_random_states_are_given_back(dev: Data | None) -> None:
    before = np.random.get_state(legacy=False), torch.random.get_rng_state()
    transfer.fit(points(40), 2, 1e-5, SMALL, dev)
    after = np.random.get_state(legacy=False), torch.random.get_rng_state()
    np.testing.assert_equal(after[0], before[0])
    assert torch.equal(after[1], before[1])


def test_random_states_are_given_back_after_an_error() -> None:
    before = np.random.get_state()[1].copy()
    with pytest.raises(RuntimeError), transfer.seeded(5):
        raise RuntimeError
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_dev_is_the_floor_of_the_share_and_first_in_the_permutation() -> None:
    features = np.arange(59, dtype=np.float32)[:, None]
    with transfer.seeded(1111):
        dev, rest = transfer.split_off((features, np.arange(59)), 0.05)
    rows = np.random.RandomState(1111).permutation(59)
    assert dev[1].tolist() == dev[0][:, 0].tolist() == rows[:2].tolist()  # 2.95
    assert rest[1].tolist() == rest[0][:, 0].tolist() == rows[2:].tolist()


@pytest.mark.parametrize(("rows", "sizes"), [(150, [64, 64, 22]), (128, [64, 64]), (3, [3])])
def test_every_row_is_in_one_batch_and_the_last_may_be_short(rows: int, sizes: list[int]) -> None:
    found = transfer.batches(np.arange(rows), 64)
    assert [len(batch) for batch in found] == sizes
    assert np.concatenate(found).tolist() == list(range(rows))


def by_hand(data: Data, classes: int, l2: float, settings: Settings) -> np.ndarray:
    """Weights and biases after one check, in float64 and without torch's autograd or optimisers."""
    torch_generator = torch.random.get_rng_state()
    torch.manual_seed(settings.seed)
    start = torch.nn.Linear(data[0].shape[1], classes)
    torch.random.set_rng_state(torch_generator)
    weights = np.hstack([start.weight.detach().numpy(), start.bias.detach().numpy()[:, None]])
    weights = weights.astype(np.float64)
    numpy_generator = np.random.RandomState(settings.seed)
    train_rows = numpy_generator.permutation(len(data[1]))[int(0.05 * len(data[1])) :]
    features = np.hstack([data[0], np.ones((len(data[0]), 1))])[train_rows]
    targets = np.eye(classes)[data[1][train_rows]]
    mean, square, steps = np.zeros_like(weights), np.zeros_like(weights), 0
    for _ in range(settings.epoch_size):
        order = numpy_generator.permutation(len(features))
        for first in range(0, len(order), settings.batch_size):
            batch = order[first : first + settings.batch_size]
            powers = np.exp(features[batch] @ weights.T)
            errors = powers / powers.sum(axis=1, keepdims=True) - targets[batch]
            gradient = errors.T @ features[batch] / len(batch) + l2 * weights
            steps += 1
            if settings.optimizer is torch.optim.Adam:
                mean = 0.9 * mean + 0.1 * gradient
                square = 0.999 * square + 0.001 * gradient**2
                ratio = mean / (1 - 0.9**steps), np.sqrt(square / (1 - 0.999**steps))
                weights = weights - 1e-3 * ratio[0] / (ratio[1] + 1e-8)
            else:
                square = 0.99 * square + 0.01 * gradient**2
                weights = weights - 1e-2 * gradient / (np.sqrt(square) + 1e-8)
    return weights


@pytest.mark.parametrize("settings", [FULL, FAST], ids=["Adam", "RMSprop"])
@pytest.mark.parametrize("l2", [1e-5, 0.5])
def test_a_fit_is_what_it_is_by_hand(settings: Settings, l2: float) -> None:
    settings = replace(settings, max_epoch=0)  # one check
    data = points(300, classes=3)
    found = transfer.fit(data, 3, l2, settings)
    expected = by_hand(data, 3, l2, settings)
    np.testing.assert_allclose(found.weight, expected[:, :-1], rtol=0, atol=2e-6)
    np.testing.assert_allclose(found.bias, expected[:, -1], rtol=0, atol=2e-6)


def test_the_best_model_is_the_one_returned() -> None:
    data, dev = points(150), points(60, seed=1)
    found = transfer.fit(data, 2, 1e-3, FAST, dev)
    assert transfer.accuracy(found, dev) == found.best_accuracy > 0.7
    assert found.checks * FAST.epoch_size == found.epochs


# --- the schemes ----------------------------------------------------------------------------------


class Scripted:
    """Instead of a fit: always class 0; notes what it was asked to fit."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float, Data | None]] = []

    def __call__(
        self, data: Data, classes: int, strength: float, settings: Settings, dev: Data | None
    ) -> Scripted:
        self.asked.append((len(data[1]), strength, dev))
        return self

    def predict(self, features: np.ndarray) -> np.ndarray:
        return np.zeros(len(features), np.int64)


def test_the_nested_scheme_fits_410_times_and_ties_go_to_the_smallest_strength() -> None:
    learn = Scripted()
    found = transfer.nested_kfold(points(200), FULL, learn)
    assert len(learn.asked) == 410
    assert [fold.chosen for fold in found.folds] == [1e-5] * 10
    assert learn.asked[0][0] == 162
    assert learn.asked[40] == (180, 1e-5, None)  # the refit, with dev data split off
    assert (found.dev, found.test) == (50.0, 50.0)


def test_only_the_outer_folds_asked_for_are_run() -> None:
    data = points(60)
    every = transfer.nested_kfold(data, SMALL)
    some = transfer.nested_kfold(data, SMALL, outer_folds=[0, 2])
    assert [fold.dev for fold in some.folds] == [every.folds[0].dev, every.folds[2].dev]
    assert [fold.test for fold in some.folds] == [every.folds[0].test, every.folds[2].test]
    assert some.test == round((some.folds[0].test + some.folds[1].test) / 2, 2)


def test_nested_folds_do_not_follow_the_seed_and_the_others_do() -> None:
    data, other = points(60), replace(SMALL, seed=5)

    def held_out(settings: Settings, scheme: str) -> list[list[float]]:
        learn = Scripted()
        if scheme == "nested":
            transfer.nested_kfold(data, settings, learn)
        else:
            transfer.kfold_with_test(data, points(7), settings, learn)
        return [dev[0].tolist() for _, _, dev in learn.asked if dev]

    assert held_out(SMALL, "nested") == held_out(other, "nested")
    assert held_out(SMALL, "with test") != held_out(other, "with test")


def test_scores_are_rounded_before_the_strength_is_chosen() -> None:
    # One sample of 60,000 more is right with the second strength: two decimals do not tell.
    labels = np.zeros(60_000, np.int64)
    data = np.arange(60_000, dtype=np.float32)[:, None], labels

    class Nearly:
        def __init__(self, wrong: int) -> None:
            self.wrong = wrong

        def predict(self, features: np.ndarray) -> np.ndarray:
            return (features[:, 0] < self.wrong).astype(np.int64)

    wrong = {1e-5: 19_999, 1e-4: 19_998, 1e-3: 30_000, 1e-2: 30_000}
    found = transfer.fixed_split(data, data, data, FULL, lambda *asked: Nearly(wrong[asked[2]]))
    assert found.accuracies[1e-4] > found.accuracies[1e-5]
    assert list(found.scores.values()) == [66.67, 66.67, 50.0, 50.0]
    assert (found.chosen, found.dev, found.test) == (1e-5, 66.67, 66.67)


def test_a_fixed_split_stops_every_fit_by_its_dev_data_the_refit_too() -> None:
    learn, dev = Scripted(), points(10)
    transfer.fixed_split(points(60), dev, points(7), FULL, learn)
    assert learn.asked == [(60, strength, dev) for strength in (*transfer.L2_GRID, 1e-5)]


def test_folds_and_test_fits_41_times_and_refits_all_training_rows() -> None:
    learn = Scripted()
    found = transfer.kfold_with_test(points(200, classes=4), points(10, classes=3), FULL, learn)
    assert len(learn.asked) == 41
    assert learn.asked[-1] == (200, 1e-5, None)
    assert (found.dev, found.test, found.predictions.tolist()) == (25.0, 40.0, [0] * 10)


def test_the_schemes_of_scikit_learn_have_their_own_grids() -> None:
    data, test = points(60, classes=3), points(30, classes=3, seed=1)
    settings = replace(FULL, kfold=3)
    nested = transfer.sklearn_nested_kfold(data, settings)
    found = transfer.sklearn_kfold_with_test(data, test, settings)
    fixed = transfer.sklearn_fixed_split(data, test, test, settings)
    assert list(nested.folds[0].scores) == list(fixed.scores) == [0.25, 0.5, 1, 2, 4, 8]
    assert list(found.scores) == [0.5, 1, 2, 4, 8, 16, 32]
    direct = LogisticRegression(C=found.chosen, random_state=1111).fit(*data)
    assert found.test == round(100 * direct.score(*test), 2)
