"""The verb ``explain``: where do scores come from, and where does a difference?"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from benchmark.cli.choosing import Flag, Format, Words, chosen_models, chosen_tasks
from benchmark.cli.console import Console
from benchmark.cli.output import emit


def explain(
    *results: Path,
    models: Words = None,
    tasks: Words = None,
    top: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 5,
    data_dir: Path | None = None,
    format: Format = "table",
    quiet: Flag = False,
    debug: Flag = False,
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
    quiet
        No progress, only warnings and errors.
    debug
        Errors with their traceback.
    """
    from benchmark.comparisons import explain_runs
    from benchmark.reports.comparison import WIDTH, render_explanation
    from benchmark.tasks.loading import DataOptions

    Console(quiet=quiet, debug=debug)
    wanted = chosen_tasks(tasks)
    found = explain_runs(
        chosen_models("explain", results, models),
        tasks=wanted,
        sources=DataOptions(data_dir),
        top=top,
    )
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    emit(render_explanation(found, format, width))
    return 0
