"""The verb ``reproduce``: do we get what was printed, and if not, by which pooler does one?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from benchmark.cli.console import (
    Console,
    Debug,
    Quiet,
    Words,
    emit,
    standard_output_diverted,
)
from benchmark.options import DataOptions, EncoderOptions
from benchmark.sheet import Format


@dataclass(frozen=True, kw_only=True)
class Options(DataOptions, EncoderOptions):
    """What may be asked of the models and of the data."""

    progress_bar: Annotated[Callable[..., Any] | None, Parameter(parse=False)] = None


def reproduce(
    *models: Annotated[str, Parameter(name="MODEL", negative=())],
    published: Words = None,
    tasks: Words = None,
    all_poolers: bool = False,
    options: Annotated[Options, Parameter(name="*")] = Options(),
    output_dir: Path = Path("results"),
    no_cache: bool = False,
    format: Format = "table",
    dry_run: bool = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Run models as documented, and tell whether published figures come out; if not, by what.

    Scores are held against every published row of a model, task by task. Where they differ by more
    than rounding (STS 0.02 points, transfer tasks 0.3 to 1) it is tried what would give the printed
    numbers: every pooler, all from one pass over the layers, each with the three aggregations over
    subsets, by Spearman and by Pearson. docs/reproduce.md explains the output.

    **Examples**

    - `sebench reproduce diffcse-bert-base`

    - `sebench reproduce`

    - `sebench reproduce all-minilm-l6-v2 --tasks 'STS1*' --all-poolers`

    - `sebench reproduce path/to/checkpoint --published diffcse-sts/DiffCSE-BERT-base`

    **Exit codes**: 0 all that was compared is reproduced, 1 not, 2 usage, 3 data, 4 model.

    Parameters
    ----------
    models
        Catalogue names, folders or hub ids, as for a run. Default: every model of the catalogue
        that has published rows and whose files are on this machine.
    published
        The row that a model is held against, TABLE/NAME as in diffcse-sts/DiffCSE-BERT-base: for
        models that no row names. A folder: its tables instead of those that ship with the project.
    tasks
        Compare these tasks only. Default: all that the rows have figures of.
    all_poolers
        Try and show every pooler, of rows that are reproduced as well.
    output_dir
        Records of the documented settings are kept here; finished ones are not computed again.
    no_cache
        Encode every sentence, and leave no vectors behind.
    format
        Form of the report on standard output.
    dry_run
        Print which rows each model would be held against, and do nothing.
    """
    console = Console(quiet=quiet, debug=debug)
    from benchmark.embeddings import Local, default_cache
    from benchmark.encoders.asked.reference import split_names
    from benchmark.reports.reproduction import render_asked, render_reproduction
    from benchmark.reproduction import ReproductionOptions, asked_about, inquire
    from benchmark.results import ResultStore
    from benchmark.settings import Settings

    given = replace(options, progress_bar=console.bar)
    names = [name for text in models for name in split_names(text)]
    asked = asked_about(names, published or (), tasks, given.revision)
    if dry_run:
        emit(render_asked(asked, format))
        return 0
    store = ResultStore(output_dir)
    store.prepare()
    settings = Settings(
        store,
        cache=None if no_cache else default_cache(),
        engine=Local(),
        watch=console.watch,
    )
    with standard_output_diverted():
        report = inquire(
            asked,
            ReproductionOptions(**vars(given)),
            settings,
            all_poolers=all_poolers,
            only_here=not names,
        )
    for name, error in report.failures.items():
        text = str(error)
        console.error(text if text.startswith(name) else f"{name}: {text}", error)
    failed_tasks = [error for one in report.inquiries for error in one.failures.values()]
    for error in {id(error): error for error in failed_tasks}.values():
        console.error(str(error), error)
    if format == "json" or report.inquiries or report.skipped:
        emit(render_reproduction(report, format, all_trials=all_poolers))
    if report.errors:
        return max(error.exit_code for error in report.errors)
    return 0 if report.reproduced else 1
