"""The verbs ``compare`` and ``explain``: is a difference real, and where does a score come from?"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from benchmark.cli.console import Console, Debug, Quiet, Words, emit
from benchmark.errors import UsageError
from benchmark.options import DataOptions
from benchmark.sheet import WIDTH, Format

if TYPE_CHECKING:
    from benchmark.results import StoredRun


def compare(
    *results: Path,
    models: Words = None,
    tasks: Words = None,
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
    data_dir: Path | None = None,
    format: Format = "table",
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Compare two models on the same pairs and samples, from their records alone.

    For every task and for the average of each table: both scores, their difference with a
    paired bootstrap interval, and a permutation test with Holm's correction over tasks. The
    first model is A, the second B. docs/compare.md explains the output.

    **Examples**

    `python -m benchmark compare results --models all-minilm-l6-v2 glove-6b-50d`

    `python -m benchmark compare results/all-minilm-l6-v2 results/glove-6b-50d --tasks sts`

    `python -m benchmark compare records/last-release results --models my-encoder`

    **Exit codes**: 0 compared, 2 usage or nothing to compare, 3 unreadable records.

    Parameters
    ----------
    results
        One folder of records (or record file) that holds both models, or one for each.
    models
        Names of the models, in this order; one name with two folders compares two states of
        a model. A state can be named as NAME@FINGERPRINT, with its first digits.
    tasks
        Ids, groups, globs and exclusions, as for a run. Default: all that both have.
    resamples
        Resamples of the bootstrap, and exchanges of the test.
    level
        Of the intervals; 1 - level is the level of the tests.
    seed
        Of the random numbers; the same seed gives the same result.
    data_dir
        A SentEval folder, for the sentences: pairs that share one are drawn together. Nothing
        is downloaded.
    format
        Form of the report on standard output.
    """
    from benchmark.comparisons import Resampling, compare_runs
    from benchmark.reports.comparison import render_comparison

    Console(quiet=quiet, debug=debug)
    chosen = _chosen_models("compare", results, models)
    if len(chosen) != 2:
        raise UsageError(
            f"compare: only one model is named ({chosen[0].label}); name a second folder, or two "
            "--models"
        )
    comparison = compare_runs(
        *chosen,
        tasks=_chosen_tasks(tasks, chosen),
        sources=DataOptions(data_dir=data_dir),
        resampling=Resampling(resamples, level, seed),
    )
    emit(render_comparison(comparison, format))
    return 0


def explain(
    *results: Path,
    models: Words = None,
    tasks: Words = None,
    top: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 5,
    data_dir: Path | None = None,
    format: Format = "table",
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Show where the scores of a model come from, or the differences between two.

    Similarity tasks: the effect of aggregation, subsets and their share of the score, the
    pairs that are farthest from gold or moved most between two models; alignment, uniformity
    and retrieval beside published figures. Transfer tasks: classes and what they are taken
    for. docs/compare.md explains the output.

    **Examples**

    `python -m benchmark explain results/all-minilm-l6-v2 --tasks sts`

    `python -m benchmark explain results --models all-minilm-l6-v2 glove-6b-50d --top 10`

    **Exit codes**: 0 explained, 2 usage or nothing to explain, 3 unreadable records.

    Parameters
    ----------
    results
        A folder of records (or a record file); for two models one that holds both, or one for
        each.
    models
        Names of one or two models, as for `compare`.
    tasks
        Ids, groups, globs and exclusions, as for a run. Default: all there are.
    top
        How many pairs of each list; 0 for none.
    data_dir
        A SentEval folder, for the sentences. Nothing is downloaded.
    format
        Form of the report on standard output.
    """
    from benchmark.comparisons import explain_runs
    from benchmark.reports.comparison import render_explanation

    Console(quiet=quiet, debug=debug)
    chosen = _chosen_models("explain", results, models)
    found = explain_runs(
        chosen,
        tasks=_chosen_tasks(tasks, chosen),
        sources=DataOptions(data_dir=data_dir),
        top=top,
    )
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    emit(render_explanation(found, format, width))
    return 0


def _chosen_models(
    verb: str, places: Sequence[Path], names: Sequence[str] | None
) -> tuple[StoredRun, ...]:
    """Return the models that are meant by places of records and ``--models``.

    Raises:
        UsageError: no place is named, or it is not clear which models are meant.
        UnreadableRecord: a place holds no record, or a damaged one.
    """
    from benchmark.comparisons import choose_models
    from benchmark.results import collect

    if not places:
        raise UsageError(f"{verb}: name records, or folders of them")
    listed = [part.strip() for name in names or () for part in name.split(",") if part.strip()]
    return choose_models([(str(place), collect([place])) for place in places], listed)


def _chosen_tasks(
    names: Sequence[str] | None, models: Sequence[StoredRun]
) -> frozenset[str] | None:
    """Return the ids of the tasks that are asked for, None for all.

    Args:
        names: of tasks and groups, of the catalogue or of the records.
        models: their records.

    Raises:
        UsageError: an unknown name, or nothing left.
    """
    from benchmark.tasks import Task, known_task, select_tasks

    if names is None:
        return None
    asked = {task: one.asked for model in models for task, one in model.results.items()}
    others = [
        Task(one.id, one.heading, one.group, dataset="", aliases=one.aliases)
        for one in asked.values()
        if known_task(one.id) is None
    ]
    return frozenset(task.id for task in select_tasks(names, others))
