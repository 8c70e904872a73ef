"""How scores spread over settings of one model, and whether the best one stays the best.

Functions of arrays whose last axis holds settings, whatever stands before it: the scores of all
rows, or of every resample at once. Scores are fractions of 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.metrics.resampling.intervals import LEVEL, Interval, percentile
from benchmark.metrics.resampling.observations import (
    Observations,
    Statistic,
    require_same_models,
)
from benchmark.metrics.resampling.units import lay_out

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spreads:
    """Scores over settings, each (...): one number for every list of settings.

    Attributes:
        mean: over settings.
        deviation: the standard deviation, with one less than their number as divisor.
        best, worst: the highest and the lowest score.
    """

    mean: Floats
    deviation: Floats
    best: Floats
    worst: Floats

    @property
    def range(self) -> Floats:
        """From the worst to the best."""
        return self.best - self.worst


def spreads_of(scores: ArrayLike) -> Spreads:
    """Return how (..., settings) scores spread.

    Raises:
        ValueError: there is only one setting.
    """
    values = _of_settings(scores)
    return Spreads(
        values.mean(axis=-1), values.std(axis=-1, ddof=1), values.max(axis=-1), values.min(axis=-1)
    )


def with_average(scores: ArrayLike) -> Floats:
    """Return (..., tasks + 1, settings): the mean over tasks behind the scores of each."""
    values = np.asarray(scores, np.float64)
    return np.concatenate([values, values.mean(axis=-2, keepdims=True)], axis=-2)


# --- is the best setting the best on another task? ------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What the setting that is best on the other tasks does on each task, all (..., tasks).

    Attributes:
        chosen: place of the setting with the highest mean over the other tasks; of equal ones the
            first.
        kept: whether no setting is better on the task itself.
        over_default: what it gains over the first setting.
        over_mean: over the mean of all settings.
        over_median: over their median.
    """

    chosen: NDArray[np.int64]
    kept: NDArray[np.bool_]
    over_default: Floats
    over_mean: Floats
    over_median: Floats


def held_out(scores: ArrayLike) -> HeldOut:
    """Choose a setting without each task in turn, and look at that task.

    Args:
        scores: (..., tasks, settings); the first setting is the default.

    Raises:
        ValueError: there is only one task, or only one setting.
    """
    values = _of_settings(scores)
    if values.ndim < 2 or values.shape[-2] < 2:
        raise ValueError("a task can be held out of two or more")
    others = values.sum(axis=-2, keepdims=True) - values
    chosen = np.asarray(others.argmax(axis=-1))
    score = np.take_along_axis(values, chosen[..., None], axis=-1)[..., 0]
    return HeldOut(
        chosen=chosen,
        kept=score >= values.max(axis=-1),
        over_default=score - values[..., 0],
        over_mean=score - values.mean(axis=-1),
        over_median=score - np.median(values, axis=-1),
    )


# --- do two rankings agree? -----------------------------------------------------------------------


def rank_agreement(scores: ArrayLike) -> Floats:
    """Return Kendall's tau-b of the rankings that every two judges give.

    Args:
        scores: (..., judges, ranked): what each judge gives to what is ranked, ties included.

    Returns:
        (..., pairs of judges) from -1 to 1, in the order of ``itertools.combinations``; NaN where
        a judge gives the same to all.

    Raises:
        ValueError: fewer than two judges, or fewer than two to rank.
    """
    values = _of_settings(scores)
    judges, ranked = values.shape[-2:] if values.ndim > 1 else (1, 0)
    if judges < 2:
        raise ValueError("two rankings can agree, not one")
    above, below = np.triu_indices(ranked, 1)
    order = np.sign(values[..., above] - values[..., below])
    untied = np.abs(order).sum(axis=-1)
    pairs = np.array(list(combinations(range(judges), 2)))
    first, second = pairs.T
    concordant = (order[..., first, :] * order[..., second, :]).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        return np.asarray(concordant / np.sqrt(untied[..., first] * untied[..., second]))


def other_winner(scores: ArrayLike) -> Floats:
    """Return the share (...) of pairs of judges that do not rank the same first.

    Args:
        scores: as for `rank_agreement`; of equal ones the first wins.
    """
    winners = np.asarray(scores, np.float64).argmax(axis=-1)
    first, second = np.array(list(combinations(range(winners.shape[-1]), 2))).T
    return np.asarray((winners[..., first] != winners[..., second]).mean(axis=-1))


# --- intervals ------------------------------------------------------------------------------------


def spread_interval(value: float, replicates: Floats, level: float = LEVEL) -> Interval:
    """Return an interval of a standard deviation or a range over settings.

    Noisy scores spread more than true ones, and resampled scores more again by about as much, in
    squares. So the lower end takes back what resampling added: that of the basic bootstrap
    (Davison and Hinkley 1997, section 5.2) of the square. The upper one is the percentile, which
    errs on the wide side. docs/prompts.md shows how often such intervals hold the truth.

    Args:
        value: of all rows, at least 0.
        replicates: (resamples,) of it.
        level: of the interval.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    drawn = percentile(replicates, level)
    squared = percentile(2 * value**2 - replicates**2, level)
    low = max(squared.low, 0.0) ** 0.5
    return Interval(min(low, drawn.low), drawn.high, level)


def reliability(scores: Floats, replicates: Floats) -> float:
    """Return how well rankings outlive resampling: the mean tau-b of each with itself, resampled.

    Args:
        scores: (judges, ranked) of all rows.
        replicates: (resamples, judges, ranked).

    Returns:
        Up to 1, where resampling changes no rank; NaN where no judge ranks.
    """
    once = np.broadcast_to(scores, replicates.shape)
    own = rank_agreement(np.stack([once, replicates], axis=-2))[..., 0]
    return float(np.mean(own[np.isfinite(own)])) if np.isfinite(own).any() else np.nan


def agreement_interval(
    value: float, replicates: Floats, reliable: float, level: float = LEVEL
) -> Interval:
    """Return an interval of a mean of rank correlations.

    Noise makes rankings agree less than the true ones do, as it makes each agree less with itself
    (Spearman 1904 divides by that). The interval holds that of percentiles, that of the basic
    bootstrap, and the percentiles divided by the square of the reliability; it ends at -1 and 1.

    Args:
        value: of all rows.
        replicates: (resamples,) of it; those without one are left out.
        reliable: `reliability` of the rankings.
        level: of the interval.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    defined = replicates[np.isfinite(replicates)]
    drawn, turned = percentile(defined, level), percentile(2 * value - defined, level)
    scale = 1 / reliable**2 if reliable > 0 else np.inf
    low, high = min(drawn.low, turned.low), max(drawn.high, turned.high)
    if drawn.low < 0:
        low = min(low, drawn.low * scale)
    if drawn.high > 0:
        high = max(high, drawn.high * scale)
    return Interval(max(float(low), -1.0), min(float(high), 1.0), level)


# --- halves of a task -----------------------------------------------------------------------------

HALVINGS = 200


@dataclass(frozen=True, slots=True)
class Halves:
    """What the setting that is best on one half of the rows does on the other; means over halvings.

    Attributes:
        kept: how often no setting is better on the other half.
        where_chosen: what it gains over the first setting on the half it was chosen on.
        elsewhere: what it gains over the first setting on the other half.
    """

    kept: float
    where_chosen: float
    elsewhere: float


def halve(
    tasks: Sequence[Observations], statistic: Statistic, *, halvings: int = HALVINGS, seed: int = 0
) -> tuple[Halves, ...]:
    """Choose settings on random halves of the units, and look at the other halves.

    Args:
        tasks: whose models are settings, the default first.
        statistic: which score.
        halvings: how many; each half is chosen on once.
        seed: the same gives the same result.

    Returns:
        One for each task, and one for the average over tasks. NaN where no halving has scores.

    Raises:
        ValueError: the tasks differ in models, or a task has fewer than two units.
    """
    require_same_models(tasks)
    layout = lay_out(tasks)
    rng = np.random.default_rng(seed)
    halves = np.zeros((2 * halvings, layout.count), np.int32)
    for first, last in pairwise(layout.starts):
        for drawn in range(halvings):
            order = rng.permutation(np.arange(first, last))
            halves[2 * drawn, order[: len(order) // 2]] = 1
    halves[1::2] = 1 - halves[::2]
    scores = [
        statistic.weighted(task, units, layout.count)(halves)
        for task, units in zip(tasks, layout.rows, strict=True)
    ]
    return tuple(_halves(one) for one in (*scores, np.mean(scores, axis=0)))


def _halves(scores: Floats) -> Halves:
    """Read (2 halvings, settings) scores, the other half of each beside it."""
    paired = scores.reshape(-1, 2, scores.shape[-1])
    defined = paired[np.isfinite(paired).all(axis=(1, 2))]
    if not len(defined):
        return Halves(np.nan, np.nan, np.nan)
    here, there = (
        defined.reshape(-1, scores.shape[-1]),
        defined[:, ::-1].reshape(-1, scores.shape[-1]),
    )
    chosen = here.argmax(axis=1)[:, None]
    found = np.take_along_axis(there, chosen, axis=1)[:, 0]
    return Halves(
        kept=float(np.mean(found >= there.max(axis=1))),
        where_chosen=float(np.mean(here.max(axis=1) - here[:, 0])),
        elsewhere=float(np.mean(found - there[:, 0])),
    )


def _of_settings(scores: ArrayLike) -> Floats:
    values = np.asarray(scores, np.float64)
    if values.ndim < 1 or values.shape[-1] < 2:
        raise ValueError("one setting alone has no spread")
    return values
