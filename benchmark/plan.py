"""What a run would do, found out without doing any of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmark.encoders import Encoder, ModelReference, TokenEncoder, build_encoder
from benchmark.encoders.asked.catalogue import named_models
from benchmark.encoders.asked.presets import preset_of
from benchmark.encoders.build import input_of_service
from benchmark.encoders.protocol import EncoderInput, ReadableEncoder, offers
from benchmark.errors import BenchmarkError, UsageError
from benchmark.hub_failures import HubUnreachable
from benchmark.members import AskedModel
from benchmark.options import EncoderOptions, RunOptions
from benchmark.results import Member
from benchmark.steps import label_of, sentences_to_fit_on
from benchmark.tasks import KINDS, Task
from benchmark.tasks.loading import (
    TaskData,
    download_bytes,
    locate_data,
    read_data,
    would_be_fetched,
)

_SENTENCE = "A man is playing a guitar."
"""Stands for those of data that is not here."""


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """A task, and where its data is: a folder, a refusal, or None for a download."""

    task: str
    pairs: int
    data: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """A model's checkpoint, and what it would encode.

    ``here`` is False when its files would have to be downloaded first, None when nobody can
    know without running code or asking a service; ``tokens`` is then None. ``example`` shows how
    the first sentence of the data is read (or one of ours, where no data is here), for encoders
    that show it.
    """

    model: str
    source: str
    pooler: str | None
    here: bool | None
    tokens: int | None
    problem: str | None = None
    example: EncoderInput | None = None
    asks_service: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    ``distinct_sentences`` counts those of the data that is here, and those that steps are fitted
    on; ``steps`` has the labels of each chain, an empty one where none is asked for.
    """

    tasks: tuple[TaskPlan, ...]
    models: tuple[ModelPlan, ...]
    download_bytes: int
    sentences: int
    distinct_sentences: int
    steps: tuple[tuple[str, ...], ...] = ((),)


def make_plan(
    asked: Sequence[AskedModel],
    tasks: Sequence[Task],
    options: RunOptions,
) -> Plan:
    """Find out what a run would do: no request, no download, no weights, no user's code.

    Args:
        asked: references in their settings.
        tasks: to score them on.
        options: where data is.

    Raises:
        DataError: a folder that was named does not exist.
    """
    located = locate_data(tasks, options)
    here = [place for place in located if not would_be_fetched(place)]
    loaded, failures = read_data(here, options)
    chains = [chain for one in asked for chain in one.chains]
    fitted_on = [s for chain in chains for s in sentences_to_fit_on(chain)]
    sentences = [s for entry in loaded for s in _sentences(entry)] + fitted_on
    folders = {entry.task.id: entry.data.folder for entry in loaded}
    counted = {entry.task.id: sum(map(len, entry.data.parts)) for entry in loaded}
    task_plans = [
        TaskPlan(
            place.task.id,
            place.scored or counted.get(place.task.id, 0),
            folders.get(place.task.id),
            str(failures[place.task.id]) if place.task.id in failures else None,
        )
        for place in located
    ]
    models = [
        _plan_asked(one.model, one.setting, checkpoint, loaded, fitted_on, one.options)
        for one in asked
        if isinstance(one.model, ModelReference)
        for checkpoint in dict.fromkeys(
            one.model.checkpoint(task.checkpoint, one.options) for task in tasks
        )
    ]
    return Plan(
        tasks=tuple(task_plans),
        models=tuple(models),
        download_bytes=download_bytes(located),
        sentences=len(sentences),
        distinct_sentences=len(set(sentences)),
        steps=tuple(dict.fromkeys(tuple(map(label_of, chain)) for chain in chains)) or ((),),
    )


def _plan_asked(
    reference: ModelReference,
    setting: str,
    checkpoint: str,
    loaded: Sequence[TaskData],
    fitted_on: Sequence[str],
    options: EncoderOptions,
) -> ModelPlan:
    plan = _plan_model(reference, checkpoint, loaded, fitted_on, replace(options, offline=True))
    return replace(plan, model=Member(plan.model, setting=setting).label)


def _plan_model(
    reference: ModelReference,
    checkpoint: str,
    loaded: Sequence[TaskData],
    fitted_on: Sequence[str],
    options: EncoderOptions,
) -> ModelPlan:
    preset = preset_of(options.preset).pooler if options.preset else None
    source, pooler = reference.name, options.pooler or preset
    if reference.origin == "catalogue":
        model = named_models()[reference.name]
        source, pooler = model.source(checkpoint).id, pooler or model.pooler
    asks = reference.is_service(checkpoint)
    if reference.origin == "object":
        return ModelPlan(reference.called, source, None, None, None)
    asked = [e for e in loaded if reference.checkpoint(e.task.checkpoint, options) == checkpoint]
    if asks:
        plan = ModelPlan(reference.called, source, None, None, None, asks_service=True)
        try:
            read = input_of_service(reference, checkpoint, options, _first(asked))
        except UsageError as error:
            return replace(plan, problem=str(error))
        return replace(plan, example=read)
    try:
        encoder = build_encoder(reference, checkpoint, options)
        sentences = [s for entry in asked for s in _sentences(entry)]
        tokens = _count_tokens(encoder, [*sentences, *fitted_on])
        example = _example(encoder, asked)
    except BenchmarkError as error:
        away = isinstance(error.__cause__, HubUnreachable)
        problem = None if away else str(error)
        return ModelPlan(reference.called, source, pooler, not away, None, problem)
    return ModelPlan(reference.called, source, encoder.card.pooler, True, tokens, None, example)


def _example(encoder: Encoder, loaded: Sequence[TaskData]) -> EncoderInput | None:
    if not offers(encoder, ReadableEncoder):
        return None
    return encoder.input_of(_first(loaded))


def _first(loaded: Sequence[TaskData]) -> str:
    return next((sentence for entry in loaded for sentence in _sentences(entry)), _SENTENCE)


def _count_tokens(encoder: Encoder, sentences: Sequence[str]) -> int | None:
    if not offers(encoder, TokenEncoder):
        return None
    return sum(map(len, encoder.tokenize(list(dict.fromkeys(sentences))).ids))


def _sentences(entry: TaskData) -> list[str]:
    return list(KINDS[entry.task.kind].sentences(entry.data.parts))
