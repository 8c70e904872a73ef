"""The verb ``run``: models against tasks, a table on standard output."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from cyclopts import Parameter, Token, validators

from benchmark.cli.console import (
    Console,
    Debug,
    Quiet,
    Words,
    as_typed,
    emit,
    standard_output_diverted,
)
from benchmark.cli.process import current
from benchmark.errors import BenchmarkError, UsageError
from benchmark.options import Device, RunOptions
from benchmark.sheet import Format

if TYPE_CHECKING:
    from benchmark.embeddings import Engine, VectorCache
    from benchmark.members import AskedModel
    from benchmark.results import ResultStore, Run
    from benchmark.tasks import Task

logger = logging.getLogger(__name__)

EMBEDDED_MODEL = "all-minilm-l6-v2"
EMBEDDED_TASKS = "demo"
DEFAULT_TASKS = "sts"

Positive = Annotated[int | None, Parameter(validator=validators.Number(gte=1))]


def _as_it_is(_kind: object, tokens: Sequence[Token]) -> str:
    """Take a value that the options themselves look at: cuda:1 is none of those in the help."""
    return tokens[0].value


_DEVICE = RunOptions.__dataclass_fields__["device"]


@dataclass(frozen=True, kw_only=True)
class Options(RunOptions):
    """What the command line offers of the options: all that can be written there."""

    progress_bar: Annotated[Callable[..., Any] | None, Parameter(parse=False)] = None
    # Any text: where pydantic was loaded (Ray does so), it would be asked about the type as well.
    device: Annotated[Device | str, Parameter(converter=_as_it_is)] = field(  # type: ignore[assignment]
        default=_DEVICE.default, metadata=_DEVICE.metadata
    )


def run(
    *,
    model: Words = None,
    tasks: Words = None,
    options: Annotated[Options, Parameter(name="*")] = Options(),
    workers: Positive = None,
    engine: Literal["local", "ray"] = "local",
    ray_address: str | None = None,
    output_dir: Path = Path("results"),
    no_cache: bool = False,
    format: Format = "table",
    dry_run: bool = False,
    list_models: Words = None,
    list_tasks: bool = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Score sentence encoders and print the table of the papers.

    Without any argument: the embedded encoder on the embedded demonstration pairs.

    **Examples**

    - `sebench run --model diffcse-bert-base --tasks sts`

    - `sebench run --model all-minilm-l6-v2 bert-base-avg --tasks STS12,STS-B --format latex`

    - `sebench run --model path/to/checkpoint --pooler cls_before_pooler --tasks sts-dev`

    - `sebench run --model path/to/file.py:MyEncoder --tasks 'STS1*' '!STS13'`

    - `sebench run --model all-minilm-l6-v2 --tasks path/to/pairs.tsv`

    - `sebench run --model 'runs/seed-*' --family my-method`

    - `sebench run --model all-minilm-l6-v2 --vary pooler=cls --vary pooler=avg`

    **Exit codes**: 0 all was scored, 1 a task failed, 2 usage, 3 data, 4 model, 130 interrupted.

    Parameters
    ----------
    model
        Catalogue names (--list-models), folders with a checkpoint, hub ids (org/name or
        org/name@revision), path/to/file.py:Name for an encoder of your own,
        words:path/to/vectors for word vectors (GloVe, word2vec, fastText), or a service
        (openai:MODEL@http://host:port/v1, tei:http://host:port, ollama:MODEL). One row each. A
        glob of folders ('runs/seed-*') names all of them, a family (docs/families.md).
    tasks
        Ids, groups (sts, transfer, supervised, probing, sts-mteb, sts17, stsb-multi, demo ...),
        globs ('STS1*') and exclusions ('!STS13'), separated by commas or blanks; --list-tasks
        has them all. And files of your own: pairs.tsv with sentence1, sentence2, score, or
        NAME=texts.csv with text, label.
    workers
        Copies of the encoder that share the sentences, each a process. Default: one, or one
        for each GPU; with --engine ray one for each GPU or CPU of the cluster.
    engine
        Where the copies run: on this machine, or on a Ray cluster (extra ray).
    ray_address
        Of a running cluster. Default: RAY_ADDRESS, or else a cluster on this machine.
    output_dir
        Records are kept here, one JSON file for each model and task; finished ones are not
        computed again.
    no_cache
        Encode every sentence, and store no vectors (`sebench cache` shows them).
    format
        Form of the result on standard output. csv is for programs: a line for each model and task,
        scores as fractions of 1; csv-table is the table as printed.
    dry_run
        Print what would be done, and do nothing. The exit code is that of the run.
    list_models
        Print the models of the catalogue; of those alone that have all these words in their
        name, title, backbone, training or year (--list-models simcse roberta).
    list_tasks
        Print the tasks and groups.
    """
    console = Console(quiet=quiet, debug=debug)
    if list_models is not None or list_tasks:
        _print_lists(list_models, list_tasks, format)
        return 0
    from benchmark.embeddings import default_cache
    from benchmark.encoders import parse_reference
    from benchmark.encoders.asked.options import require_possible
    from benchmark.members import Kin, asked_models
    from benchmark.mistaken import mix_ups_told
    from benchmark.results import ResultStore
    from benchmark.steps import split_chain
    from benchmark.tasks import with_protocol
    from benchmark.tasks.asked import asked_tasks
    from benchmark.tasks.loading import load_data, locate_data

    names = _models(model)
    chains = [split_chain(typed) for typed in options.steps]
    options = replace(options, progress_bar=console.bar, steps=chains)
    require_possible(options)
    with mix_ups_told(models=names):
        asked = asked_models(
            names, options, lambda name, given: parse_reference(name, given.revision)
        )
    with mix_ups_told(tasks=tasks):
        wanted = asked_tasks(tasks, options, EMBEDDED_TASKS if model is None else DEFAULT_TASKS)
    chosen = with_protocol(wanted, options.protocol)
    _describe_own_data(chosen)
    store = ResultStore(output_dir)
    kin = Kin(store)
    vectors = None if no_cache else default_cache()
    computing = _engine(engine, ray_address, workers)
    if dry_run:
        store.require_place()
        kin.prepare(asked)
        return _planned(asked, chosen, options, store, vectors, format, console)
    from benchmark.beforehand import prepare
    from benchmark.evaluation import evaluate_loaded
    from benchmark.reports import render
    from benchmark.results import Runs
    from benchmark.settings import Settings

    store.prepare()
    kin.prepare(asked)
    settings = Settings(store, cache=vectors, engine=computing, watch=console.watch)
    with standard_output_diverted():
        loaded, failures = load_data(locate_data(chosen, options), options)
        runs: list[Run] = []
        for one, ready in zip(asked, prepare(asked, loaded, failures), strict=True):
            settings = replace(settings, chains=one.chains, setting=one.setting)
            made = evaluate_loaded(
                one.model, chosen, loaded, failures, one.options, settings, ready.encoder
            )
            runs += kin.with_members(one, made)
            current().require_none()
    for error in [error for run in runs for error in run.failures.values()]:
        error.args = (as_typed(str(error)),)
    if format == "json" or any(run.results for run in runs):
        emit(render(Runs(runs, kin.families.values()), format))
    for error in kin.errors:
        console.error(str(error), error)
    return max([_report_failures(runs, console), *(error.exit_code for error in kin.errors)])


def _planned(
    asked: Sequence[AskedModel],
    tasks: Sequence[Task],
    options: RunOptions,
    records: ResultStore,
    vectors: VectorCache | None,
    form: str,
    console: Console,
) -> int:
    """Print what a run would do; return the exit code that it would have."""
    from benchmark.cli.listing import describe_plan, problems_of
    from benchmark.plan import Stored, make_plan

    plan = make_plan(asked, tasks, options, Stored(records, vectors))
    emit(describe_plan(plan, form))
    for problem in problems_of(plan):
        console.say_error(problem)
    return plan.exit_code


def _engine(name: str, address: str | None, workers: int | None) -> Engine:
    if name == "ray":
        from benchmark.embeddings import OnRay

        return OnRay(address, workers)
    from benchmark.embeddings import Local

    return Local(workers)


def _models(names: list[str] | None) -> list[str]:
    from benchmark.encoders.asked.reference import split_names

    if names is None:
        return [EMBEDDED_MODEL]
    split = [part for name in names for part in split_names(name)]
    if not split:
        raise UsageError("--model names no model; see --list-models")
    return list(dict.fromkeys(split))


def _describe_own_data(tasks: Sequence[Task]) -> None:
    """Say how files of one's own were read: what was taken for what is for the user to see."""
    from benchmark.tasks import OwnTask

    for task in tasks:
        if isinstance(task, OwnTask):
            for line in task.report:
                logger.info("%s", line)


def _print_lists(models: list[str] | None, tasks: bool, form: str) -> None:
    from benchmark.cli import listing

    if models is not None:
        emit(listing.list_models(models, form))
    if tasks:
        emit(listing.list_tasks(form))


def _report_failures(runs: list[Run], console: Console) -> int:
    """Say each failure once, and what it concerns if that is not everything."""
    concerned: dict[int, _Concerned] = {}
    for run in runs:
        for task_id, error in run.failures.items():
            entry = concerned.setdefault(id(error), _Concerned(error, {}, {}))
            entry.models[run.label] = entry.tasks[task_id] = None
    for entry in concerned.values():
        console.error(f"{_whereabouts(entry, runs)}{entry.error}", entry.error)
    return max((entry.error.exit_code for entry in concerned.values()), default=0)


class _Concerned(NamedTuple):
    """An error, and the models and tasks (in order) that it befell."""

    error: BenchmarkError
    models: dict[str, None]
    tasks: dict[str, None]


def _whereabouts(entry: _Concerned, runs: list[Run]) -> str:
    """Name the models and tasks that failed, but for what the message itself begins with."""
    all_models = len(entry.models) == len({run.label for run in runs})
    all_tasks = len(entry.tasks) == len({task.id for run in runs for task in run.tasks})
    names = [] if all_models else [", ".join(entry.models)]
    names += [] if all_tasks else [", ".join(entry.tasks)]
    where = " on ".join(names)
    return f"{where}: " if where and not str(entry.error).startswith(where) else ""
