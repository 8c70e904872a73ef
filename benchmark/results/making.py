"""From the scores of a task to its record: everything a reader will want to know."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
import platform
from collections.abc import Iterable
from typing import Any

from benchmark.embeddings import EncodingReport
from benchmark.encoders import EncoderCard
from benchmark.encoders.identity import version_of
from benchmark.one_line import encodable
from benchmark.results.approximation import approximation_note
from benchmark.results.predictions import encode_predicted
from benchmark.results.record import SCHEMA_VERSION, DataRecord, ModelRecord, TaskResult
from benchmark.results.run import Run
from benchmark.results.signature import sign
from benchmark.results.store import ResultStore
from benchmark.results.tables import asked_of
from benchmark.tasks import KINDS, Task, TaskScores
from benchmark.tasks.loading import TaskData

logger = logging.getLogger(__name__)

_PACKAGES = ("numpy", "torch", "transformers", "tokenizers")


def environment(device: str) -> dict[str, str]:
    """Return versions and platform; imports none of the packages it names."""
    import benchmark

    return {
        "benchmark": benchmark.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpus": str(os.cpu_count() or 0),
        "device": device,
        **{package: version_of(package) for package in _PACKAGES},
    }


def make_result(
    model: str,
    card: EncoderCard,
    device: str,
    entry: TaskData,
    scores: TaskScores,
    encoding: EncodingReport,
    timings: dict[str, float],
    together: Iterable[Task] = (),
) -> TaskResult:
    """Return the record of one score.

    Args:
        model: the name it was asked for by.
        card: who answered.
        device: where it computed.
        entry: the task and its data.
        scores: what scoring gave.
        encoding: what encoding the sentences of the run took.
        timings: seconds.
        together: the tasks that were asked.
    """
    task, data = entry.task, entry.data
    kind = KINDS[task.kind]
    sentences = set(kind.sentences(data.parts))
    # A tolerance in samples asks how many there are.
    samples = {"samples": len(scores.predicted)} if kind.measure.judges_rows else {}
    unverified = () if data.verified else ("scored on unverified data",)
    return TaskResult(
        schema_version=SCHEMA_VERSION,
        task=task.id,
        asked=asked_of(task, together),
        main_score=scores.main_score,
        metric=kind.measure.name,
        aggregation=task.aggregation,
        scores=scores.scores,
        subsets=scores.subsets,
        counts=samples
        | scores.counts
        | {"truncated_sentences": len(sentences & encoding.truncated)},
        timings=timings,
        data=DataRecord(task.dataset, task.split, data.sha256, data.verified),
        model=ModelRecord(encodable(model), card.fingerprint, _written(card)),
        environment=environment(device),
        signature=sign(task, data.sha256, data.verified, card),
        notes=tuple(
            filter(None, (task.note, *unverified, approximation_note(card.precision, card.backend)))
        ),
        choices=scores.choices,
        analysis=scores.analysis,
        effort={
            "encoded_sentences": len(sentences & encoding.encoded),
            "stored_sentences": len(sentences - encoding.encoded),
            "run_encoded_sentences": len(encoding.encoded),
        },
        predictions_sha256=_digest(scores),
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )


def _written(card: EncoderCard) -> dict[str, Any]:
    """Return a card as JSON can hold it."""
    return {
        key: encodable(value) if isinstance(value, str) else value
        for key, value in card.fields().items()
    }


def _digest(scores: TaskScores) -> str | None:
    if not len(scores.predicted):
        return None
    return hashlib.sha256(encode_predicted(scores.predicted)).hexdigest()


def account(run: Run, report: EncodingReport) -> None:
    """Add what encoding took to a run (a model with two checkpoints encodes twice)."""
    added = {
        "distinct_sentences": report.sentences,
        "encoded_sentences": len(report.encoded),
        "tokens": report.tokens or 0,
        "truncated": len(report.truncated),
    }
    for key, value in added.items():
        run.counts[key] = run.counts.get(key, 0) + value
    for key in ("look_up_seconds", "load_seconds", "encode_seconds"):
        run.timings[key] = run.timings.get(key, 0.0) + getattr(report, key)


def warn(name: str, report: EncodingReport) -> None:
    """Say which sentences a model did not read as they are."""
    if report.truncated:
        logger.warning(
            "%s: %d sentences were cut at the model's limit", name, len(report.truncated)
        )
    if report.tokenless:
        logger.warning(
            "%s: %d sentences have no token; they got the zero vector", name, report.tokenless
        )


def resume(run: Run, card: EncoderCard, entry: TaskData, store: ResultStore | None) -> bool:
    """Take a finished record from an earlier run, if it answers exactly this question."""
    if store is None:
        return False
    signature = sign(entry.task, entry.data.sha256, entry.data.verified, card)
    record = store.finished(run.model, card, entry.task.id, signature)
    if record is None:
        return False
    run.results[entry.task.id] = record
    run.resumed.add(entry.task.id)
    run.paths[entry.task.id] = store.path(run.model, card, entry.task.id)
    return True
