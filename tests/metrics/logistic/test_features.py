"""Features that are formed when they are asked for: those of a matrix, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmark.metrics.logistic import SENTEVAL_FAST, SKLEARN, Gathered, Samples, select
from benchmark.metrics.logistic.features import MOST_ROWS, Form, all_finite, stacked
from benchmark.metrics.logistic.training import Fit, Permutations, seeded, train

FORMS: tuple[Form, ...] = ("u", "|u-v|, u*v", "u, v, u*v, |u-v|")
every_form = pytest.mark.parametrize("form", FORMS)


def pairs(
    form: Form, rows: int = 300, classes: int = 3, seed: int = 0
) -> tuple[Gathered, np.ndarray]:
    """Rows that share vectors, and the same as a matrix, written down plainly."""
    generator = np.random.default_rng(seed)
    table = generator.normal(0, 0.5, (40, 6)).astype(np.float32)
    first, second = generator.integers(0, 40, (2, rows)).astype(np.int32)
    u, v = table[first], table[second]
    plain = {
        "u": [u],
        "|u-v|, u*v": [np.abs(u - v), u * v],
        "u, v, u*v, |u-v|": [u, v, u * v, np.abs(u - v)],
    }
    return Gathered(table, first, second, form), np.hstack(plain[form])


@every_form
def test_any_rows_are_those_of_the_matrix(form: Form) -> None:
    formed, matrix = pairs(form)
    assert (formed.shape, len(formed)) == (matrix.shape, len(matrix))
    for rows in (slice(None), slice(3, 90, 7), np.array([5, 5, 2]), 7):
        np.testing.assert_array_equal(formed[rows], matrix[rows])
    np.testing.assert_array_equal(np.asarray(formed), matrix)


@every_form
def test_a_fit_is_that_of_the_matrix_to_the_last_bit(form: Form) -> None:
    formed, matrix = pairs(form)
    labels = np.random.default_rng(1).integers(0, 3, len(matrix))

    def fits(features: Gathered | np.ndarray) -> list[Fit]:
        rows, dev = np.arange(240), np.arange(240, 300)
        permutations = Permutations(seeded(1111), 240)
        return train(
            Samples(features, labels, 3), rows, dev, [1e-5, 1e-2], SENTEVAL_FAST, permutations
        )

    for ours, theirs in zip(fits(formed), fits(matrix), strict=True):
        np.testing.assert_array_equal(ours.weights, theirs.weights)
        np.testing.assert_array_equal(ours.bias, theirs.bias)
        assert (ours.accuracy, ours.passes) == (theirs.accuracy, theirs.passes)


@every_form
@pytest.mark.parametrize(
    "protocol",
    [SENTEVAL_FAST, SKLEARN, replace(SENTEVAL_FAST, hidden=3, max_epoch=4)],
    ids=["compiled", "scikit-learn", "torch"],
)
def test_every_trainer_takes_them(form: Form, protocol: object) -> None:
    formed, matrix = pairs(form)
    labels = np.arange(len(matrix)) % 3

    def parts(features: Gathered | np.ndarray) -> list[Samples]:
        spans = (slice(0, 200), slice(200, 250), slice(250, 300))
        cut = [
            replace(features, first=features.first[span], second=features.second[span])
            if isinstance(features, Gathered)
            else features[span]
            for span in spans
        ]
        return [Samples(f, labels[s], 3) for f, s in zip(cut, spans, strict=True)]

    ours, theirs = (
        select("split", parts(formed), protocol),
        select("split", parts(matrix), protocol),
    )
    assert ours.folds == theirs.folds
    np.testing.assert_array_equal(ours.predictions, theirs.predictions)


def test_rows_of_one_table_are_stacked_without_forming_them() -> None:
    formed, matrix = pairs("|u-v|, u*v")
    both = stacked(formed, formed)
    assert isinstance(both, Gathered)
    assert both.table is formed.table
    np.testing.assert_array_equal(np.asarray(both), np.vstack([matrix, matrix]))
    for other in (matrix, replace(formed, table=formed.table.copy()), pairs("u")[0]):
        if other.shape[1] == matrix.shape[1]:
            np.testing.assert_array_equal(
                np.asarray(stacked(formed, other)), np.vstack([matrix, matrix])
            )


@pytest.mark.parametrize("row", [0, MOST_ROWS, 2 * MOST_ROWS])
def test_a_number_that_is_not_finite_is_found_wherever_it_is(row: int) -> None:
    features = np.zeros((2 * MOST_ROWS + 1, 2), np.float32)
    assert all_finite(features)
    features[row, 1] = np.nan
    assert not all_finite(features)


def test_products_that_overflow_are_refused() -> None:
    formed, _ = pairs("|u-v|, u*v")
    large = replace(formed, table=formed.table * np.float32(1e25))
    with pytest.raises(ValueError, match="a feature is not finite"):
        select("nested", [Samples(large, np.arange(len(large)) % 2, 2)], SENTEVAL_FAST)


def test_predictions_do_not_depend_on_the_blocks() -> None:
    generator = np.random.default_rng(3)
    weights = generator.normal(size=(5, 4)).astype(np.float32)
    fit = Fit(weights, np.zeros(4, np.float32), 0.0, 0)
    features = generator.normal(size=(2 * MOST_ROWS + 17, 5)).astype(np.float32)
    np.testing.assert_array_equal(fit.predict(features), (features @ weights).argmax(axis=1))
