"""The verb ``import``: result files of MTEB as quoted rows."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from benchmark.cli.console import Console
from benchmark.cli.output import emit
from benchmark.errors import BenchmarkError, DataError, UsageError

logger = logging.getLogger(__name__)

Flag = Annotated[bool, Parameter(negative="")]


def import_(
    *paths: Path,
    output: Path,
    quiet: Flag = False,
    debug: Flag = False,
) -> int:
    """Quote the scores of MTEB result files in a leaderboard.

    Reads every form that MTEB's results repository holds, and writes one file of published
    figures for each model. They are quoted rows, never records. STS12 to STS16 share the columns
    of our tasks; MTEB's STSBenchmark and SICK-R are other text and other pairs, and stand in
    columns of their own. docs/interchange.md tells why.

    **Example**

    `python -m benchmark import mteb-results/results/org__model --output leaderboards/published`

    **Exit codes**: 0 imported, 2 usage, 3 a file cannot be believed (the others are imported) or
    there is none.

    Parameters
    ----------
    paths
        Result files of MTEB, or folders at any level of its tree.
    output
        Folder of published figures to write into; a new one also gets their columns and sources.
    quiet
        Do not say what is passed over.
    debug
        Errors with their traceback.
    """
    from benchmark.interchange import names_of_figures, quoted_files, read_tree, write_files

    console = Console(quiet=quiet, debug=debug)
    if not paths:
        raise UsageError("import: name result files of MTEB, or a folder of them")
    tree = read_tree(paths)
    files, contradictions = quoted_files(tree)
    for passed_over in tree.omissions:
        logger.info("left out: %s: %s", passed_over.what, passed_over.why)
    errors: list[BenchmarkError] = [*tree.errors, *contradictions]
    if not files and not errors:
        raise DataError(f"import: no result of a task that has a column here, in {_named(paths)}")
    for error in errors:
        console.error(str(error), error)
    for path in write_files(output, [*files, *(names_of_figures(output) if files else [])]):
        emit(path)
    return max((error.exit_code for error in errors), default=0)


def _named(paths: tuple[Path, ...]) -> str:
    return ", ".join(str(path) for path in paths)
