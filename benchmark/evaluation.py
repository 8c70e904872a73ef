"""The one road: plan, load data, embed, score, record. No flags are read, nothing is printed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmark.beforehand import prepare
from benchmark.embeddings import Advance, Embeddings, Engine, default_cache, embed, unwatched
from benchmark.encoders import (
    Encoder,
    ModelReference,
    as_encoder,
    build_encoder,
    parse_reference,
)
from benchmark.encoders.asked.options import require_possible, require_usual
from benchmark.encoders.files.seal import say_if_rewritten
from benchmark.encoders.identity import Answerer, answerer
from benchmark.encoders.raising import answers_for_itself, failure_of, passed_through_others
from benchmark.errors import BenchmarkError, UsageError
from benchmark.keywords import taking
from benchmark.members import Kin, asked_models
from benchmark.mistaken import mix_ups_told
from benchmark.options import EncoderOptions, Folder, RunOptions, option
from benchmark.results import Predictions, ResultStore, Run, Runs, TaskResult, printed
from benchmark.results.making import account, make_result, resume
from benchmark.settings import Settings, nobody_watches
from benchmark.steps import (
    chains_of,
    fit_on_corpora,
    label_of,
    sentences_to_fit_on,
)
from benchmark.tasks import KINDS, Task, TaskScores, with_protocol
from benchmark.tasks.asked import asked_tasks
from benchmark.tasks.loading import TaskData, load_data, locate_data, sources_of
from benchmark.tasks.side_by_side import side_by_side

logger = logging.getLogger(__name__)

_SCORING = "score_seconds"
"""Of one chain of steps alone; what chains share is added at the end."""


@dataclass(frozen=True, kw_only=True)
class EvaluationOptions(RunOptions):
    """What may be asked of an evaluation in Python alone."""

    output_dir: Folder | None = option(
        None, "Keep records here, and take finished ones from here. Default: none are kept."
    )
    cache: bool | None = option(
        None,
        "Keep vectors on disk and take them from there. Default: for named models, not for an "
        "encoder in memory, whose weights may change under the same card.",
    )
    engine: Engine | None = option(
        None,
        "Where the encoder computes, see `benchmark.embeddings.engines`. Default: in this process.",
    )
    advance: Advance = option(unwatched, "Progress, called with the work done and the work in all.")


def _evaluate_several(
    models: Sequence[str | Any],
    tasks: str | Task | Iterable[str | Task],
    options: EvaluationOptions,
    alone: bool = False,
) -> Runs[Run]:
    """Score several encoders on the same data, each by itself; or refuse all but one."""
    if not models:
        raise UsageError("`model` names no model")
    if any(isinstance(model, str) for model in models):
        require_possible(options)
    with mix_ups_told(tasks=tasks):
        chosen = with_protocol(asked_tasks(tasks, options), options.protocol)
    store = ResultStore(Path(options.output_dir)) if options.output_dir is not None else None
    if store:
        store.prepare()
    with mix_ups_told(models=models):
        asked, kin = asked_models(models, options, _reference), Kin(store)
    if alone and len(asked) > 1:
        what = "`vary` gives" if options.vary else f"`model` {models[0]} stands for"
        raise UsageError(f"{what} {len(asked)} rows: give the model in a list")
    kin.prepare(asked)
    loaded, failures = load_data(locate_data(chosen, options), options)
    runs: list[Run] = []
    for one, ready in zip(asked, prepare(asked, loaded, failures), strict=True):
        named = isinstance(one.model, ModelReference)
        cached = named if options.cache is None else options.cache
        settings = Settings(
            store,
            cache=default_cache() if cached else None,
            engine=options.engine,
            chains=one.chains,
            setting=one.setting,
            watch=lambda _work: nullcontext(options.advance),
        )
        made = evaluate_loaded(
            one.model, chosen, loaded, failures, one.options, settings, ready.encoder
        )
        runs += kin.with_members(one, made)
    for failed in kin.errors:
        logger.error("%s", failed)
    if not any(run.results for run in runs):
        raise next(error for run in runs for error in run.failures.values())
    return Runs(runs, kin.families.values())


@taking(EvaluationOptions, several=_evaluate_several)
def evaluate(
    model: str | Any, tasks: str | Task | Iterable[str | Task], options: EvaluationOptions
) -> Run:
    """Score an encoder, or several, on sentence-embedding tasks.

    >>> run = evaluate("all-minilm-l6-v2", "demo")
    >>> run["DemoSTS"].main_score > 0.5
    True

    Args:
        model: a catalogue name, a folder, a hub id, ``path/to/file.py:Name``,
            ``words:path/to/vectors``, or an encoder in memory: any object whose
            ``encode(sentences)`` returns an (n, d) float array.
            A list or tuple of these scores each, on data that is read once.
        tasks: ids, groups, globs and exclusions (`benchmark.select_tasks`), files of your own
            (``pairs.tsv``, ``NAME=labelled.csv``), or tasks themselves: `benchmark.pairs`.
        options: OPTIONS

    Returns:
        A run, or for a list of models their `Runs` in that order, each model with all chains of
        `steps`. ``run["STS12"].main_score`` is
        a fraction of 1, ``run.scores["STS12"]`` times 100, ``run.average("sts")`` what the papers
        print. Tasks that failed are in ``run.failures``; a model that failed stops no other.

    Raises:
        UsageError, DataError, ModelError, TaskError: when nothing could be scored; before anything
            is, when a model was asked for what it cannot do, or is not there.
    """
    if len(chains_of(options.steps)) > 1:
        raise UsageError("`steps` names several chains, a row each: give the model in a list")
    [run] = _evaluate_several((model,), tasks, options, alone=True)
    return run


def _reference(model: str | Any, options: EncoderOptions) -> ModelReference | Encoder:
    if isinstance(model, str):
        return parse_reference(model, options.revision)
    require_usual(options, "an encoder in memory")
    return as_encoder(model)


def _encoder_of(model: ModelReference | Encoder, role: str, options: EncoderOptions) -> Encoder:
    return build_encoder(model, role, options) if isinstance(model, ModelReference) else model


def evaluate_loaded(
    model: ModelReference | Encoder,
    tasks: Sequence[Task],
    loaded: Sequence[TaskData],
    failures: dict[str, BenchmarkError],
    options: RunOptions,
    settings: Settings,
    made: Callable[[str], Encoder] | None = None,
) -> list[Run]:
    """Score a model on tasks whose data is at hand, once for each chain of steps.

    A failure stays with the tasks it concerns: it is kept in the run, the others go on.

    Args:
        model: a parsed reference, or an encoder in memory.
        tasks: what was asked, for the tables.
        loaded: the tasks that have data.
        failures: the error of each task that has none.
        options: what is asked of the encoder, and of the run.
        settings: what the run works with.
        made: gives the encoder of a role, where it was made before.
    """
    started = time.perf_counter()
    title = options.name or (model.title if isinstance(model, ModelReference) else "")
    name = title or (model.name if isinstance(model, ModelReference) else "")
    labels = [tuple(map(label_of, chain)) for chain in settings.chains]
    setting = settings.setting
    try:
        made = made or partial(_encoder_of, model, options=options)
        if isinstance(model, ModelReference) and model.origin == "object":
            model = made("any")  # only its card tells the name
        name = title or (model.name if isinstance(model, ModelReference) else model.card.name)
    except BaseException as error:
        failure = failure_of(name, error, theirs=passed_through_others(error))
        refused = dict.fromkeys([entry.task.id for entry in loaded], failure)
        return [
            Run(name, tuple(tasks), {}, failures | refused, steps=steps, setting=setting)
            for steps in labels
        ]
    new = partial(Run, name, tuple(tasks), setting=setting, sources=sources_of(options, tasks))
    runs = [new({}, dict(failures), steps=steps) for steps in labels]
    for checkpoint, part in _by_checkpoint(model, loaded, options).items():
        try:
            encoder = made(checkpoint) if isinstance(model, ModelReference) else model
            _evaluate_part(runs, encoder, part, options, settings)
        except BaseException as error:
            _failed(runs, part, error)
    alone = [run.timings.get(_SCORING, 0.0) for run in runs]
    shared = time.perf_counter() - started - sum(alone)
    for run, seconds in zip(runs, alone, strict=True):
        run.timings["total_seconds"] = shared + seconds
    return runs


def _failed(runs: Iterable[Run], part: Sequence[TaskData], error: BaseException) -> None:
    """Keep an error with the tasks that have no result for it."""
    failure = failure_of(next(iter(runs)).model, error, theirs=passed_through_others(error))
    for run in runs:
        for entry in part:
            if entry.task.id not in run.results:
                run.failures.setdefault(entry.task.id, failure)


def _by_checkpoint(
    model: ModelReference | Encoder, loaded: Sequence[TaskData], options: EncoderOptions
) -> dict[str, list[TaskData]]:
    """Put together what one encoder answers: nearly always everything."""
    parts: dict[str, list[TaskData]] = {}
    for entry in loaded:
        asked = entry.task.checkpoint
        answers = "any"
        if isinstance(model, ModelReference):
            answers = model.checkpoint(asked, options)
        parts.setdefault(answers, []).append(entry)
    return parts


def _evaluate_part(
    runs: Sequence[Run],
    encoder: Encoder,
    part: Sequence[TaskData],
    options: RunOptions,
    settings: Settings,
) -> None:
    """Encode once what one encoder is asked for, and score it for each chain of steps."""
    kept = None if options.overwrite else settings.store
    waiting: list[tuple[Run, Answerer, list[TaskData]]] = []
    for run, chain in zip(runs, settings.chains, strict=True):
        try:
            with answers_for_itself(run.model):
                who = answerer(encoder, chain)
        except BaseException as error:
            _failed([run], part, error)
            continue
        if entries := [entry for entry in part if not resume(run, who.card, entry, kept)]:
            waiting.append((run, who, entries))
    if not waiting:
        return
    if settings.store and len(waiting) > 1 and waiting[0][1].card.fingerprint is None:
        logger.warning("%s: has no version; only the last chain's records are kept", runs[0].model)
    asked = {entry.task.id: entry for _, _, entries in waiting for entry in entries}
    sentences = [s for entry in asked.values() for s in _sentences(entry)]
    sentences += [s for _, who, _ in waiting for s in sentences_to_fit_on(who.steps)]
    store = settings.vectors_of(encoder, forget=options.overwrite)
    with settings.watch(f"{runs[0].model}: encoding") as advance:
        embeddings = embed(
            encoder,
            sentences,
            batch_tokens=options.batch_tokens,
            advance=advance,
            store=store,
            engine=settings.engine,
        )
    if settings.cache:
        settings.cache.say_if_too_large(store)
        settings.cache.shrink()
    say_if_rewritten(encoder)
    settings.warn(runs[0].model, embeddings.report)
    for run, who, entries in waiting:
        started = time.perf_counter()
        account(run, embeddings.report)
        try:
            _score_all(run, who, entries, embeddings, settings)
        except BaseException as error:
            _failed([run], entries, error)
        run.timings[_SCORING] = run.timings.get(_SCORING, 0.0) + time.perf_counter() - started


def _score_all(
    run: Run,
    who: Answerer,
    entries: Sequence[TaskData],
    embeddings: Embeddings,
    settings: Settings,
) -> None:
    """Score tasks, and record each as soon as it is scored."""
    with answers_for_itself(run.model):
        who = replace(who, steps=fit_on_corpora(who.steps, embeddings.__getitem__))
    # Steps may be anybody's code, which is not asked to run in several threads.
    together = [] if who.steps else entries
    with side_by_side(
        together, lambda entry: _scored(run, who, entry, embeddings, settings)
    ) as scored:
        for entry in entries:
            try:
                result, scores = scored(entry)
                run.results[entry.task.id] = result
                run.predictions[entry.task.id] = Predictions(scores.predicted, scores.gold)
                if settings.store:
                    path = settings.store.write(run.model, who.card, result, scores)
                    run.paths[entry.task.id] = path
            except BaseException as error:
                run.failures[entry.task.id] = failure_of(run.model, error)


def _scored(
    run: Run, who: Answerer, entry: TaskData, embeddings: Embeddings, settings: Settings
) -> tuple[TaskResult, TaskScores]:
    """Score one task; return its record and what the record was made of."""
    started = time.perf_counter()
    task, kind = entry.task, KINDS[entry.task.kind]
    with answers_for_itself(run.model):
        embeddings = embeddings.after(who.steps, list(_sentences(entry)))
    watch = settings.watch if kind.trains else nobody_watches
    with watch(f"{run.label}: {task.id}") as advance:
        scores = kind.score(task, entry.data.parts, embeddings, advance)
        scores = replace(scores, gold=scores.gold.with_texts(kind.texts(entry.data.parts)))
    timings = {
        "look_up_seconds": embeddings.report.look_up_seconds,
        "load_seconds": embeddings.report.load_seconds,
        "encode_seconds": embeddings.report.encode_seconds,
        "score_seconds": time.perf_counter() - started,
    }
    if kind.trains:
        logger.info("%s: %s %s", run.label, task.id, printed(scores.main_score))
    with answers_for_itself(run.model):
        device = str(getattr(who.encoder, "computes_on", "own"))
    result = make_result(
        run.model, who.card, device, entry, scores, embeddings.report, timings, run.tasks
    )
    return replace(result, training=settings.training), scores


def _sentences(entry: TaskData) -> Iterable[str]:
    return KINDS[entry.task.kind].sentences(entry.data.parts)
