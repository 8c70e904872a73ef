"""The verbs ``compare`` and ``explain``: is a difference real, and where does a score come from?"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from benchmark.cli.console import Console, Debug, Quiet, Words, emit
from benchmark.errors import UsageError
from benchmark.options import OwnKind
from benchmark.sheet import WIDTH, Format


def compare(
    *results: Path,
    models: Words = None,
    baseline: str | None = None,
    tasks: Words = None,
    columns: str | None = None,
    kind: OwnKind = "auto",
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
    data_dir: list[Path] | None = None,
    format: Format = "table",
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Compare two models, or two families of runs, on the same rows, from their records alone.

    For every task and for the average of each table: both scores, their difference with a
    paired bootstrap interval, and a permutation test with Holm's correction over tasks. The
    first model is A, the second B. docs/compare.md explains the output.

    Two families (seeds of two methods): means and standard deviations, and an interval and a test
    that have the variation of training and of sentences in them; how many runs it would need.

    **Examples**

    - `sebench compare results --models all-minilm-l6-v2 glove-6b-50d`

    - `sebench compare results/all-minilm-l6-v2 results/glove-6b-50d --tasks sts`

    - `sebench compare records/last-release results --models my-encoder`

    - `sebench compare results --models 'seed-a-*' 'seed-b-*'`

    - `sebench compare results --models a b c --baseline d --format latex`

    - `sebench compare published:DiffCSE-BERT-base published:unsup-simcse-bert-base`

    **Exit codes**: 0 compared, 2 usage or nothing to compare, 3 unreadable records.

    Parameters
    ----------
    results
        One folder of records (or record file) that holds both models, or one for each; of two
        folders that hold several runs, each is a family. Or published:NAME for a published row:
        what can be said without its predictions.
    models
        Names of the models, in this order; one name with two folders compares two states of
        a model. A state can be named as NAME@FINGERPRINT, with its first digits. The name of a
        family, or a glob (in quotes), means several runs.
    baseline
        Compare any number of models (default: all that are there), each with this one. p-values of
        tasks are adjusted over all tasks of all models, those of averages over all averages.
    tasks
        Ids, groups, globs and exclusions, as for a run. Default: all that both have.
    columns
        Of files of your own among them, as for a run.
    kind
        What these were scored as.
    resamples
        Resamples of the bootstrap, and exchanges of the test; 40 at least for intervals of 95 %.
    level
        Of the intervals; 1 - level is the level of the tests.
    seed
        Of the random numbers; the same seed gives the same result.
    data_dir
        A SentEval folder, for the sentences: pairs that share one are drawn together. May be
        given several times; nothing is downloaded.
    format
        Form of the report on standard output.
    """
    from benchmark import api, differences
    from benchmark.reports.comparison import render_comparison, render_quoted

    Console(quiet=quiet, debug=debug)
    if differences.names_published(results):
        _require_none_of(tasks=tasks, columns=columns, data_dir=data_dir, baseline=baseline)
        _require_none_of(resamples=resamples != 10_000, level=level != 0.95, seed=seed)
        emit(render_quoted(differences.compare_published(*results, models=models), format))
        return 0
    comparison = api.compare(
        *results,
        models=models,
        baseline=baseline,
        tasks=tasks,
        columns=columns,
        kind=kind,
        resamples=resamples,
        level=level,
        seed=seed,
        data_dir=data_dir,
    )
    emit(render_comparison(comparison, format))
    return 0


def _require_none_of(**options: object) -> None:
    """Refuse what is asked for and has no meaning where predictions are missing."""
    for name, given in options.items():
        if given:
            raise UsageError(
                f"`{name}`: nothing is drawn or tested where a published row has no predictions; "
                "leave it out"
            )


def explain(
    *results: Path,
    models: Words = None,
    tasks: Words = None,
    columns: str | None = None,
    kind: OwnKind = "auto",
    top: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 5,
    data_dir: list[Path] | None = None,
    format: Format = "table",
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Show where the scores of a model come from, or the differences between two.

    Similarity tasks: the effect of aggregation, subsets and their share of the score, the
    pairs that are farthest from gold or moved most between two models; alignment, uniformity
    and retrieval beside published figures. Pairs with labels 0 and 1: the best thresholds, and
    the pairs on the wrong side of most others. Transfer tasks: classes and what they are taken
    for. docs/compare.md explains the output.

    **Examples**

    - `sebench explain results/all-minilm-l6-v2 --tasks sts`

    - `sebench explain results --models all-minilm-l6-v2 glove-6b-50d --top 10`

    **Exit codes**: 0 explained, 2 usage or nothing to explain, 3 unreadable records.

    Parameters
    ----------
    results
        A folder of records (or a record file); for two models one that holds both, or one for
        each.
    models
        Names of one or two models, as for `compare`.
    tasks
        Ids, groups, globs and exclusions, as for a run; a file of your own as it was scored,
        to see its sentences. Default: all there are.
    columns
        Of files of your own among them, as for a run.
    kind
        What these were scored as.
    top
        How many pairs of each list; 0 for none.
    data_dir
        A SentEval folder, for the sentences; may be given several times. Nothing is downloaded.
    format
        Form of the report on standard output.
    """
    from benchmark import api
    from benchmark.reports.comparison import render_explanation

    Console(quiet=quiet, debug=debug)
    found = api.explain(
        *results, models=models, tasks=tasks, columns=columns, kind=kind, top=top, data_dir=data_dir
    )
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    emit(render_explanation(found, format, width))
    return 0
