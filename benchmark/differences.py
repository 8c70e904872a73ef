"""The verbs that ask what differences are worth, as functions: beside those of `benchmark.api`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark.errors import UsageError
from benchmark.named import (
    Folders,
    Location,
    Place,
    chosen_tasks,
    families_named,
    histories_named,
    sources_of,
    two_sides,
)
from benchmark.one_line import one_line
from benchmark.results import as_stored, published_tables
from benchmark.tasks import Task

if TYPE_CHECKING:
    from benchmark.comparisons import LearningCurves, QuotedComparison, Sensitivity


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


def curve(
    *results: Place,
    runs: Sequence[str] | None = None,
    tasks: str | Task | Iterable[str | Task] | None = None,
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
    data_dir: Folders | None = None,
) -> LearningCurves:
    """Return the scores of training runs over their steps, from the records of these steps.

    The best step of each run is marked and tested against the first and the last. It was chosen
    among many, so its score is optimistic; what it scores on other data, another task tells.

    Args:
        *results: folders of training runs, or of the records of their steps; or results of steps.
        runs: names of runs or of families of runs, or globs of names of runs. Default: all.
        tasks: as for `benchmark.evaluate`, among those that are there. Default: all.
        resamples: of the bootstrap, and exchanges of the tests.
        level: of the intervals; 1 - level is the level of the tests.
        seed: of the random numbers; the same seed gives the same result.
        data_dir: a SentEval folder, or several, for the sentences: pairs that share one are drawn
            together. Nothing is downloaded.

    Raises:
        UsageError: there is no history of a training run, a name means nothing, or steps answer
            different questions.
        UnreadableRecord: records, predictions, gold or the file of a family are damaged.
        DataError: a folder of data that was named does not exist.
    """
    from benchmark.comparisons import learning_curves
    from benchmark.comparisons.comparison import Resampling

    histories, of_seeds = histories_named("curve", results, runs)
    scored = [step.scored for history in histories for step in history.steps]
    asked, own = chosen_tasks(tasks, scored)
    return learning_curves(
        histories,
        of_seeds,
        tasks=asked,
        sources=sources_of(results, data_dir, own),
        resampling=Resampling(resamples, level, seed),
    )


def names_published(places: Iterable[object]) -> bool:
    """Tell whether one of the words of a verb names a quoted row."""
    from benchmark.comparisons.quoted_rows import is_quoted

    return any(map(is_quoted, places))


def compare_published(
    *rows: Place, models: Sequence[str] | None = None, published: Location | None = None
) -> QuotedComparison:
    """Say what can be said of the difference of two published scores, or of one and ours.

    Without predictions nothing can be tested. Known are the sampling error of such a difference,
    for encoders that are more or less alike, and how far training again moves such scores.

    >>> found = compare_published("published:diffcse-bert-base", "published:unsup-simcse-bert-base")
    >>> found.average.difference
    Decimal('2.24')

    Args:
        *rows: two: the names of quoted rows, each ``published:NAME`` with a label, a model of the
            catalogue or a method, ``published:TABLE/NAME`` or ``published:NAME@STATUS``; or one
            of these and results of a model.
        models: the name of that model, where there are more.
        published: a folder of published figures instead of those that are packaged.

    Raises:
        UsageError: a name means no row or several, or the two answer different questions.
        UnreadableRecord: records or figures are damaged.
    """
    from benchmark.comparisons import compare_quoted
    from benchmark.comparisons.quoted_rows import find_row, is_quoted
    from benchmark.comparisons.scored import Scored, measured, quoted

    tables = published_tables(Path(published) if published else None)
    if len(rows) != 2 or not any(map(is_quoted, rows)):
        raise UsageError(
            "compare: two scores are compared, as published:NAME published:NAME or "
            f"RECORDS published:NAME, and not {len(rows)}"
        )
    if models and all(map(is_quoted, rows)):
        raise UsageError("compare: `models` names a model of records, and there are none")

    def scored(place: Place) -> Scored:
        if is_quoted(place):
            return quoted(find_row(str(place), tables))
        chosen = two_sides("compare", [place], models)
        if len(chosen) != 1:
            raise UsageError(
                "compare: beside a published row stands one model; name it by `models`"
            )
        [side] = chosen
        if len(side.runs) > 1:
            raise UsageError(
                f"compare: beside a published row stands one model, and {one_line(side.name)} is "
                f"{len(side.runs)} runs; name one of them by `models`"
            )
        return measured(side.runs[0])

    return compare_quoted(scored(rows[0]), scored(rows[1]), tables)
