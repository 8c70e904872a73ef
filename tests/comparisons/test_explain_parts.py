"""Subsets, their shares of a score, and aggregations, against scipy and published logs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from benchmark.comparisons.similarity import percentiles, shares, take_apart
from tests.comparisons.made_up import gold_scores, noisy, paired

PARTS = (("first", 40), ("second", 60), ("third", 100))


@pytest.fixture
def task():
    gold = gold_scores(200)
    return paired(gold, noisy(gold, 0.2, 1), noisy(gold, 0.6, 2), subsets=PARTS)


def stretches(task):
    start = 0
    for name, size in PARTS:
        yield name, slice(start, start + size)
        start += size


def test_scores_of_subsets_are_scipys(task):
    found = take_apart(task)
    gold = task.rows.gold.values
    for subset, (name, where) in zip(found.subsets, stretches(task), strict=True):
        assert (subset.name, subset.pairs) == (name, len(gold[where]))
        for figures, given_ in zip(subset.figures, task.given, strict=True):
            rho = stats.spearmanr(given_[where], gold[where]).statistic
            r = stats.pearsonr(given_[where].astype(float), gold[where]).statistic
            assert figures.scores["spearman"] == pytest.approx(rho, abs=1e-12)
            assert figures.scores["pearson"] == pytest.approx(r, abs=1e-12)


def test_aggregations_are_means_of_scipys(task):
    found = take_apart(task)
    gold, sizes = task.rows.gold.values, [size for _, size in PARTS]
    for of_model, given_ in zip(found.aggregations, task.given, strict=True):
        parts = [stats.spearmanr(given_[w], gold[w]).statistic for _, w in stretches(task)]
        assert of_model["mean"]["spearman"] == pytest.approx(np.mean(parts))
        assert of_model["wmean"]["spearman"] == pytest.approx(np.average(parts, weights=sizes))
        everything = stats.spearmanr(given_, gold).statistic
        assert of_model["all"]["spearman"] == pytest.approx(everything)


def test_shares_add_up_to_the_score_and_are_products_of_standard_scores(task):
    found = take_apart(task)
    gold = stats.zscore(stats.rankdata(task.rows.gold.values))
    for model, given_ in enumerate(task.given):
        products = stats.zscore(stats.rankdata(given_)) * gold / len(gold)
        for subset, (_, where) in zip(found.subsets, stretches(task), strict=True):
            assert subset.figures[model].share == pytest.approx(products[where].sum(), abs=1e-12)
        total = sum(subset.figures[model].share for subset in found.subsets)
        assert total == pytest.approx(found.aggregations[model]["all"]["spearman"], abs=1e-12)


def test_offsets_are_mean_differences_of_percentiles(task):
    found = take_apart(task)
    gold = task.rows.gold.values
    of_gold = stats.percentileofscore(gold, gold, kind="mean")
    for model, given_ in enumerate(task.given):
        moved = (stats.percentileofscore(given_, given_, kind="mean") - of_gold) / 100
        for subset, (_, where) in zip(found.subsets, stretches(task), strict=True):
            assert subset.figures[model].offset == pytest.approx(moved[where].mean(), abs=1e-12)
        weighted = [subset.pairs * subset.figures[model].offset for subset in found.subsets]
        assert sum(weighted) == pytest.approx(0, abs=1e-9)


def test_an_offset_lowers_the_score_over_all_pairs_only():
    gold = gold_scores(200)
    given_ = gold.astype(np.float32) / 5
    moved = np.concatenate([given_[:100] + 10, given_[100:]])
    found = take_apart(paired(gold, moved, subsets=(("moved", 100), ("rest", 100))))
    [of_model] = found.aggregations
    assert of_model["mean"]["spearman"] == pytest.approx(1)
    assert of_model["all"]["spearman"] < 0.8
    first, second = found.subsets
    assert first.figures[0].offset > 0.2 > -0.2 > second.figures[0].offset


def test_a_subset_without_spread_has_no_score_and_no_mean():
    gold = np.concatenate([np.full(10, 2.0), np.arange(10.0)])
    found = take_apart(
        paired(gold, np.arange(20, dtype=np.float32), subsets=(("flat", 10), ("rest", 10)))
    )
    flat, rest = found.subsets
    assert flat.figures[0].scores == {"spearman": None, "pearson": None}
    assert rest.figures[0].scores["spearman"] == pytest.approx(1)
    assert found.aggregations[0]["mean"] == {"spearman": None, "pearson": None}
    assert found.aggregations[0]["all"]["spearman"] is not None


def test_equal_values_have_no_shares():
    with pytest.raises(ZeroDivisionError, match="all values are equal"):
        shares(np.ones(3), np.arange(3))


lists = arrays.arrays(np.float64, st.integers(2, 60), elements=st.integers(-5, 5).map(float))


@settings(deadline=None)
@given(lists, st.randoms())
def test_shares_always_add_up_to_spearman(values, dice):
    other = np.array([value + dice.randint(-3, 3) for value in values])
    if len(set(values)) > 1 and len(set(other)) > 1:
        rho = stats.spearmanr(values, other).statistic
        assert shares(values, other).sum() == pytest.approx(rho, abs=1e-9)


@settings(deadline=None)
@given(lists)
def test_percentiles_are_scipys(values):
    expected = stats.percentileofscore(values, values, kind="mean") / 100
    assert percentiles(values) == pytest.approx(expected, abs=1e-12)
