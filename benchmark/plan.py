"""What a run would do, found out without doing any of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmark.beforehand import REFUSED, require_sound, roles_of
from benchmark.embeddings import VectorCache
from benchmark.encoders import Encoder, ModelReference, TokenEncoder, build_encoder
from benchmark.encoders.asked.catalogue import named_models
from benchmark.encoders.asked.options import require_usual
from benchmark.encoders.asked.presets import preset_of
from benchmark.encoders.build import input_of_service
from benchmark.encoders.identity import answerer, vector_identity
from benchmark.encoders.protocol import EncoderInput, ReadableEncoder, offers
from benchmark.encoders.python_file import require_name
from benchmark.errors import BenchmarkError, DataError
from benchmark.hub_failures import HubUnreachable, is_offline
from benchmark.members import AskedModel
from benchmark.options import RunOptions
from benchmark.results import Member, ResultStore
from benchmark.results.rate import MeasuredRate, measured_rate
from benchmark.results.signature import sign
from benchmark.steps import label_of, sentences_to_fit_on
from benchmark.tasks import KINDS, Task
from benchmark.tasks.loading import (
    TaskData,
    Whereabouts,
    download_bytes,
    is_packed_here,
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

    ``recorded`` of its ``rows`` (a task in one chain of steps each) have a record already, and
    ``to_encode`` distinct sentences have no stored vector; None where that is not known. ``rate``
    is what earlier runs measured here.
    """

    model: str
    source: str
    pooler: str | None
    here: bool | None
    tokens: int | None
    problem: str | None = None
    example: EncoderInput | None = None
    asks_service: bool = False
    rows: int = 0
    recorded: int | None = None
    to_encode: int | None = None
    rate: MeasuredRate | None = None

    @property
    def seconds(self) -> float | None:
        """About how long encoding would take; None where there is no ground to say so."""
        if self.to_encode is None or self.rate is None:
            return None
        return self.to_encode / self.rate.sentences_per_second


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    ``distinct_sentences`` counts those of the data that is here, and those that steps are fitted
    on; ``steps`` has the labels of each chain, an empty one where none is asked for. ``exit_code``
    is that of the run, as far as its problems are known now.
    """

    tasks: tuple[TaskPlan, ...]
    models: tuple[ModelPlan, ...]
    download_bytes: int
    sentences: int
    distinct_sentences: int
    steps: tuple[tuple[str, ...], ...] = ((),)
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """What earlier runs left: a run would begin from there.

    Attributes:
        records: the output folder; None for none.
        vectors: the stored vectors; None for none.
    """

    records: ResultStore | None = None
    vectors: VectorCache | None = None


@dataclass(slots=True)
class _Found:
    """What is known of data when models are looked at, and the errors that were met.

    Attributes:
        loaded: tasks whose data is here.
        stored: what earlier runs left.
        models: why models could not be scored, in their order.
    """

    loaded: Sequence[TaskData]
    stored: Stored
    models: list[BenchmarkError] = field(default_factory=list)


def make_plan(
    asked: Sequence[AskedModel],
    tasks: Sequence[Task],
    options: RunOptions,
    stored: Stored = Stored(),
) -> Plan:
    """Find out what a run would do: no request, no download, no weights, no user's code.

    Args:
        asked: references in their settings.
        tasks: to score them on.
        options: where data is.
        stored: where records and vectors of earlier runs are.

    Raises:
        DataError: a folder that was named does not exist.
    """
    located = locate_data(tasks, options)
    away = [place for place in located if would_be_fetched(place)]
    here = [place for place in located if place not in away]
    loaded, failures = read_data(here, options)
    failures |= _unreachable(away, options)
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
    found = _Found(loaded, stored)
    models = [
        _plan_asked(one, role, found)
        for one in asked
        for role in roles_of(one.model, [task.checkpoint for task in tasks], one.options)
    ]
    return Plan(
        tasks=tuple(task_plans),
        models=tuple(models),
        download_bytes=download_bytes(located),
        sentences=len(sentences),
        distinct_sentences=len(set(sentences)),
        steps=tuple(dict.fromkeys(tuple(map(label_of, chain)) for chain in chains)) or ((),),
        exit_code=_exit_code(list(failures.values()), found.models, len(failures) == len(located)),
    )


def _unreachable(away: Sequence[Whereabouts], options: RunOptions) -> dict[str, BenchmarkError]:
    """Return the error of each task whose data would have to be fetched, and must not be."""
    if not (options.offline or is_offline()):
        return {}
    why = "its data is not on this machine, and nothing may be fetched (`offline`)"
    return {
        place.task.id: DataError(f"{why}; give a folder that has it with `data_dir`")
        for place in away
        if not is_packed_here(place)
    }


def _exit_code(
    data: Sequence[BenchmarkError], models: Sequence[BenchmarkError], nothing: bool
) -> int:
    """Return how the run would end: without any data no model is looked at."""
    refused = [error.exit_code for error in models if isinstance(error, REFUSED)]
    if refused and not nothing:
        return refused[0]
    errors = data if nothing else [*data, *models]
    return max((error.exit_code for error in errors), default=0)


def _plan_asked(one: AskedModel, role: str, found: _Found) -> ModelPlan:
    reference = one.model
    if not isinstance(reference, ModelReference):  # in memory
        return ModelPlan(reference.card.name, "memory", reference.card.pooler, True, None)
    plan, failure = _plan_model(one, reference, role, found)
    if failure is not None:
        found.models.append(failure)
        plan = replace(plan, problem=str(failure))
    return replace(plan, model=Member(plan.model, setting=one.setting).label)


def _plan_model(
    one: AskedModel, reference: ModelReference, role: str, found: _Found
) -> tuple[ModelPlan, BenchmarkError | None]:
    options = one.options
    preset = preset_of(options.preset).pooler if options.preset else None
    source, pooler = reference.name, options.pooler or preset
    if reference.origin == "catalogue":
        model = named_models()[reference.name]
        source, pooler = model.source(role).id, pooler or model.pooler
    plan = ModelPlan(reference.called, source, pooler, None, None)
    asked = [e for e in found.loaded if reference.checkpoint(e.task.checkpoint, options) == role]
    plan = replace(plan, rows=len(asked) * len(one.chains))
    try:
        if reference.origin == "object":
            plan = replace(plan, pooler=None)
            require_usual(options, reference.name)
            _require_object(reference)
            return plan, None
        if reference.is_service(role):
            plan = replace(plan, pooler=None, asks_service=True)
            return replace(
                plan, example=input_of_service(reference, role, options, _first(asked))
            ), None
        encoder = build_encoder(reference, role, replace(options, offline=True))
        require_sound(encoder, one.chains)
        fitted_on = [s for chain in one.chains for s in sentences_to_fit_on(chain)]
        sentences = [s for entry in asked for s in _sentences(entry)]
        tokens = _count_tokens(encoder, [*sentences, *fitted_on])
        plan = replace(
            plan,
            pooler=encoder.card.pooler,
            here=True,
            tokens=tokens,
            example=_example(encoder, asked),
        )
        return _with_stored(plan, one, encoder, asked, found.stored), None
    except BenchmarkError as error:
        away = isinstance(error.__cause__, HubUnreachable)
        may_fetch = away and not (options.offline or is_offline())
        return replace(plan, here=not away), None if may_fetch else error


def _require_object(reference: ModelReference) -> None:
    file, _, name = reference.name.rpartition(":")
    require_name(reference.location or Path(file), name, file)


def _with_stored(
    plan: ModelPlan,
    one: AskedModel,
    encoder: Encoder,
    asked: Sequence[TaskData],
    stored: Stored,
) -> ModelPlan:
    """Add what a run would take from earlier ones, and how fast those were."""
    again, records = one.options.overwrite, stored.records
    recorded, waiting = 0, []
    for chain in one.chains:
        who = answerer(encoder, chain)
        left = []
        for entry in asked:
            signature = sign(entry.task, entry.data.sha256, entry.data.verified, who.card)
            kept = None if again or records is None else records
            if kept and kept.finished(plan.model, who.card, entry.task.id, signature):
                recorded += 1
            else:
                left.append(entry)
        if left:
            waiting += [s for entry in left for s in _sentences(entry)]
            waiting += sentences_to_fit_on(who.steps)
    distinct = set(waiting)
    identity = vector_identity(encoder) if stored.vectors and not again else None
    there = 0
    if stored.vectors and identity is not None:
        there = stored.vectors.store(identity, encoder.card.name).count(list(distinct))
    device = str(getattr(encoder, "computes_on", "own"))
    rate = records and measured_rate(records.records_of(plan.model), encoder.card, device)
    return replace(plan, recorded=recorded, to_encode=len(distinct) - there, rate=rate or None)


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
