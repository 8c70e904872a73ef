"""The verbs that ask what differences are worth, as functions: beside those of `benchmark.api`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from benchmark.named import Folders, Place, chosen_tasks, families_named, sources_of
from benchmark.results import as_stored
from benchmark.tasks import Task

if TYPE_CHECKING:
    from benchmark.comparisons import Sensitivity


def families(
    *results: Place,
    models: Sequence[str] | None = None,
    tasks: str | Task | Iterable[str | Task] | None = None,
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
    data_dir: Folders | None = None,
) -> Sensitivity:
    """Say how far the members of families lie apart, and whether the best one stays the best.

    Families with the same settings (the same templates, tried with several models) are also asked
    whether models keep their ranks from setting to setting, and settings from model to model.

    Args:
        *results: where records are, and families beside them.
        models: names of families, or globs of models' names, whose models are then members of one.
            Default: every family that is there.
        tasks: as for `benchmark.evaluate`, among those that are there. Default: all.
        resamples: of the bootstrap.
        level: of the intervals.
        seed: of the random numbers; the same seed gives the same result.
        data_dir: a SentEval folder, or several, for the sentences: pairs that share one are drawn
            together. Nothing is downloaded.

    Raises:
        UsageError: no family is there, a name means none, one has only one member, or no task is
            left.
        UnreadableRecord: records, families, predictions or gold are missing or damaged.
        DataError: a folder of data that was named does not exist.
    """
    from benchmark.comparisons import Resampling, spread_families

    chosen = families_named("families", results, models)
    members = [as_stored(run) for family in chosen for run in family.runs]
    asked, own = chosen_tasks(tasks, members)
    return spread_families(
        chosen,
        tasks=asked,
        sources=sources_of(results, data_dir, own),
        resampling=Resampling(resamples, level, seed),
    )
