"""The verb ``train``: an encoder of sentences by a published recipe."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from benchmark.cli.console import Console, Debug, Quiet, emit, standard_output_diverted
from benchmark.invocation import command
from benchmark.options import option
from benchmark.recipe_options import LAMBDA, SEVERAL_SEEDS, RecipeOptions
from benchmark.sheet import Row, Section, Sheet, as_text

if TYPE_CHECKING:
    from benchmark.training import TrainedRun


@dataclass(frozen=True, kw_only=True)
class Options(RecipeOptions):
    """What the command line offers of the options."""

    progress_bar: Annotated[Callable[..., Any] | None, Parameter(parse=False)] = None
    seeds: str | None = option(None, SEVERAL_SEEDS)
    lambda_: Annotated[float | None, Parameter(name="--lambda")] = option(None, LAMBDA)


def train(
    method: str,
    /,
    *,
    model: str,
    data: str,
    output_dir: Path,
    options: Annotated[Options, Parameter(name="*")] = Options(),
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Train an encoder of sentences by the recipe of a paper.

    The encoder is judged while it trains, and the weights that were judged best are kept. The same
    command again goes on with a run that was interrupted or killed, to the same weights. What is
    not said is as the paper has it (docs/training.md).

    **Examples**

    - `sebench train simcse --model google-bert/bert-base-uncased --data wiki1m
      --output-dir runs/x`

    - `sebench train diffcse --model path/to/bert --generator path/to/lm --data text.txt
      --output-dir runs/x --seeds 5`

    **Exit codes**: 0 trained, 1 training failed, 2 usage, 3 data, 4 model, 130 interrupted.

    Parameters
    ----------
    method
        simcse, simcse-supervised, diffcse or diffcse-transfer.
    model
        What training begins with: a folder, or a hub id (org/name, org/name@revision).
    data
        A text file, one sentence a line, or wiki1m; for simcse-supervised a table (CSV, TSV, JSON
        lines) of sent0, sent1 and hard_neg.
    output_dir
        The folder of the run, new or begun by the same command; with --seeds that of several.
    """
    first = os.environ.get("RANK", "0") == "0"  # of several processes, one says what is said
    console = Console(quiet=quiet or not first, debug=debug)
    with standard_output_diverted():
        from benchmark.training import train as trained

        given = {one.name: getattr(options, one.name) for one in fields(RecipeOptions)}
        runs = trained(
            method,
            model=model,
            data=data,
            output_dir=output_dir,
            watch=console.watch,
            **given | {"progress_bar": console.bar},
        )
    if first:
        emit(as_text(_sheet(runs, output_dir)))
    return 0


def _sheet(runs: Sequence[TrainedRun], folder: Path) -> Sheet:
    from benchmark.results import printed

    judges = list(dict.fromkeys(name for run in runs for name in run.scores))
    rows = [
        Row(
            (
                str(run.folder),
                str(run.seed),
                f"{run.steps:,}",
                f"{run.best_step:,}",
                *(printed(run.scores[name]) for name in judges),
            )
        )
        for run in runs
    ]
    headings = ("folder", "seed", "steps", "kept step", *judges)
    section = Section("", headings, "l" + "r" * (len(headings) - 1), tuple(rows))
    score = f"{command('run')} --model {shlex.quote(str(folder))} --tasks sts"
    closing = (
        f"Next: {score}",
        f"then, beside published rows: {command('leaderboard')} results",
    )
    return Sheet((), (section,), closing)
