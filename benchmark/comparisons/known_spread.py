"""How far scores lie apart by chance alone, where it was measured: ``known_spread.toml``.

For two scores without predictions nothing can be tested. What can be said is how far two encoders
of this kind differ when other sentences are drawn, or when both are trained again.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Literal

from benchmark.results import PublishedRow
from benchmark.toml_tables import packaged_table

NEVER_TRAINED = ("untrained", "prompted")
"""`benchmark.results.published.Training` without a training run, hence without seeds."""


@dataclass(frozen=True, slots=True)
class SentenceError:
    """The standard error of the difference of two encoders, in points.

    Attributes:
        alike: how much their errors have in common.
        encoders: which two were measured.
        correlation: of the errors of their averages.
        average: of the difference of their averages.
        tasks: of that of each task.
    """

    alike: Literal["strongly", "typically", "weakly"]
    encoders: str
    correlation: float
    average: float
    tasks: dict[str, float]

    def of(self, column: str | None) -> float:
        """Return that of a column, or (None) of the average."""
        return self.average if column is None else self.tasks[column]


@dataclass(frozen=True, slots=True)
class TrainingSpread:
    """The standard deviation over training runs that differ in their seed, in points.

    Attributes:
        method: what was trained.
        known_as: models of the catalogue, and methods of published rows, that it is of.
        backbone: id of it.
        mean: of the average over runs.
        average: deviation of the average.
        source: where it stands.
        tasks: deviations of each task, where they are known.
        runs: how many, None where that is not stated.
    """

    method: str
    known_as: tuple[str, ...]
    backbone: str
    mean: float
    average: float
    source: str
    tasks: dict[str, float] = field(default_factory=dict)
    runs: int | None = None

    def of(self, column: str | None) -> float | None:
        """Return that of a column, or (None) of the average; None where it is not known."""
        return self.average if column is None else self.tasks.get(column)


@dataclass(frozen=True, slots=True)
class KnownSpread:
    """All that is known, in the order of the file."""

    sentences: tuple[SentenceError, ...]
    training: tuple[TrainingSpread, ...]


@functools.cache
def known_spread() -> KnownSpread:
    """Return all that is known.

    Raises:
        UsageError: somebody changed the file, and it is not understood.
    """
    return packaged_table(__package__, "known_spread.toml", KnownSpread)


def sentence_errors(column: str | None) -> tuple[float, float]:
    """Return the least and the largest standard error of a difference, or (None) of averages."""
    found = [error.of(column) for error in known_spread().sentences]
    return min(found), max(found)


@dataclass(frozen=True, slots=True)
class SeedSpread:
    """What training again does to a row: the deviation of its figure, in points.

    Attributes:
        low, high: of what is known of the most similar methods; equal where the row or its method
            has one of its own, 0 where nothing was trained.
        basis: where that comes from, in words.
    """

    low: float
    high: float
    basis: str


def seed_spread(
    row: PublishedRow | None, model: str, column: str | None = None
) -> SeedSpread | None:
    """Return what training again does to a figure.

    The row's own deviation comes first, then that of its method; then, for what was trained without
    labels or does not say how, those that are known for its backbone, then all there are.

    Args:
        row: that was quoted; None for a measured model.
        model: of the catalogue, empty if it is none of it.
        column: of the figure; None for the average.

    Returns:
        None where nothing is known.
    """
    runs = (row.runs if row else None) or 1
    if row is not None:
        printed = row.average_deviation if column is None else row.deviations.get(column)
        if printed is not None:
            own = float(printed) / runs**0.5
            return SeedSpread(own, own, f"printed with it{_of_runs(runs)}")
        if row.training in NEVER_TRAINED:
            return SeedSpread(0.0, 0.0, "nothing was trained")
    training = known_spread().training
    backbone = row.backbone.id if row and row.backbone else ""
    unsupervised = row is not None and row.training in ("", "unsupervised")
    names = {model, row.method if row else ""} - {""}
    of_method = [one for one in training if names & set(one.known_as)]
    of_backbone = [one for one in training if unsupervised and one.backbone == backbone]
    every = training if unsupervised else ()
    unstated = "" if row and row.training else "its training is not stated; "
    for found, basis in (
        (of_method, "its method, trained again by others"),
        (of_backbone, f"{unstated}unsupervised methods on its backbone"),
        (every, f"{unstated}unsupervised methods on any backbone"),
    ):
        values = [value for one in found if (value := one.of(column)) is not None]
        if values:
            low, high = min(values) / runs**0.5, max(values) / runs**0.5
            return SeedSpread(low, high, f"{basis}{_of_runs(runs)}")
    return None


def _of_runs(runs: int) -> str:
    return f", of a mean of {runs} runs" if runs > 1 else ""
