"""The verb ``families``: how far runs of one thing lie apart, and does the best stay the best?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from benchmark.cli.console import Console, Debug, Quiet, Words, emit
from benchmark.sheet import Format


def families(
    *results: Path,
    models: Annotated[
        list[str] | None, Parameter(name=["--models", "--names"], consume_multiple=True)
    ] = None,
    tasks: Words = None,
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
    data_dir: list[Path] | None = None,
    format: Format = "table",
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Show how far the members of families lie apart: prompts, poolers, seeds.

    For each family of runs beside the records: mean, standard deviation, best, worst and range on
    every task and on average; and what the setting that is best on the other tasks gains on a task
    that was held out. Families with the same settings (the same templates, tried with several
    models): do models keep their ranks from setting to setting, and settings from model to model?
    docs/prompts.md explains the output.

    **Examples**

    - `sebench families results`

    - `sebench families results --models small-templates large-templates`

    - `sebench families results --models 'runs/seed-*'`

    **Exit codes**: 0 shown, 2 usage or no family, 3 unreadable records.

    Parameters
    ----------
    results
        Folders of records, and of families beside them.
    models
        Names of families, in this order; or globs of models' names, whose models are then the
        members of one. Default: all that are there.
    tasks
        Ids, groups, globs and exclusions, as for a run. Default: all that all members have.
    resamples
        Resamples of the bootstrap; 40 at least for intervals of 95 %.
    level
        Of the intervals.
    seed
        Of the random numbers; the same seed gives the same result.
    data_dir
        A SentEval folder, for the sentences: pairs that share one are drawn together. May be
        given several times; nothing is downloaded.
    format
        Form of the report on standard output.
    """
    from benchmark import differences
    from benchmark.reports.families import render_families

    Console(quiet=quiet, debug=debug)
    found = differences.families(
        *results,
        models=models,
        tasks=tasks,
        resamples=resamples,
        level=level,
        seed=seed,
        data_dir=data_dir,
    )
    emit(render_families(found, format))
    return 0
