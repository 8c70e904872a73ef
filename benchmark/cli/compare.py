"""The verb ``compare``: is the difference between two models real?"""

from __future__ import annotations

from pathlib import Path

from benchmark.cli.choosing import Flag, Format, Words, chosen_models, chosen_tasks
from benchmark.cli.console import Console
from benchmark.cli.output import emit
from benchmark.errors import UsageError


def compare(
    *results: Path,
    models: Words = None,
    tasks: Words = None,
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
    data_dir: Path | None = None,
    format: Format = "table",
    quiet: Flag = False,
    debug: Flag = False,
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
    quiet
        No progress, only warnings and errors.
    debug
        Errors with their traceback.
    """
    from benchmark.comparisons import Resampling, compare_runs
    from benchmark.reports.comparison import render_comparison
    from benchmark.tasks.loading import DataOptions

    Console(quiet=quiet, debug=debug)
    wanted = chosen_tasks(tasks)
    chosen = chosen_models("compare", results, models)
    if len(chosen) != 2:
        raise UsageError(
            f"compare: only one model is named ({chosen[0].label}); name a second folder, or two "
            "--models"
        )
    comparison = compare_runs(
        *chosen,
        tasks=wanted,
        sources=DataOptions(data_dir),
        resampling=Resampling(resamples, level, seed),
    )
    emit(render_comparison(comparison, format))
    return 0
