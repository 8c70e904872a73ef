"""What a reader must know to compare a score: sacreBLEU's idea, for sentence embeddings.

A signature has two halves. The first says what was asked (task, split, aggregation, metric,
similarity, data, version of the protocol), the second who answered. Two scores are comparable
exactly when the first halves agree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields

from benchmark.encoders import EncoderCard
from benchmark.one_line import encodable
from benchmark.results.record import TaskResult
from benchmark.tasks import KINDS, Task

PROTOCOL_VERSION = "1"
"""Raised whenever the same vectors could get another score."""

SEPARATOR = "|"


def sign(task: Task, data_sha256: str, verified: bool, card: EncoderCard) -> str:
    """Return the long signature of a score."""
    return ask(task, data_sha256, verified) + SEPARATOR + _join(_answered(card))


def ask(
    task: Task,
    data_sha256: str,
    verified: bool = True,
    rules: Mapping[str, str] | None = None,
) -> str:
    """Return the first half of a signature: what was asked.

    Args:
        task: that was scored.
        data_sha256: of what was read.
        verified: whether that is the published data.
        rules: fields that say how it was scored, by default those of the task.
    """
    asked = {
        "task": task.id,
        "split": task.split,
        **(KINDS[task.kind].question(task) if rules is None else rules),
        "data": _data(data_sha256, verified),
        "v": PROTOCOL_VERSION,
    }
    return _join(asked)


def question(signature: str) -> str:
    """Return the half of a signature that must agree for two scores to be comparable."""
    return signature.partition(f"{SEPARATOR}model:")[0]


def comparable(first: str, second: str) -> bool:
    """Tell whether two scores with these signatures answer the same question."""
    return question(first) == question(second)


def fields_of(signature: str) -> dict[str, str]:
    """Return the values of a signature (or of half of one) by the names of its fields."""
    return dict(field.partition(":")[::2] for field in signature.split(SEPARATOR))


def differing_fields(first: str, second: str) -> dict[str, tuple[str, str]]:
    """Return the fields that two signatures (or halves of them) do not share, with both values."""
    ours, theirs = fields_of(first), fields_of(second)
    return {
        key: (ours.get(key, "none"), theirs.get(key, "none"))
        for key in ours | theirs
        if ours.get(key) != theirs.get(key)
    }


def shorten(results: Sequence[TaskResult]) -> str:
    """Return one line for several scores of one model: what they share, data hashed together."""
    if not results:
        return ""
    fields = [dict(f.split(":", 1) for f in r.signature.split(SEPARATOR)) for r in results]
    shared = {k: v for k, v in fields[0].items() if all(other.get(k) == v for other in fields)}
    shared.pop("task", None)
    if "data" not in shared:
        joined = "".join(f"{result.data.sha256}\n" for result in results)
        marks = "(unverified)" if any(not result.data.verified for result in results) else ""
        shared["data"] = hashlib.sha256(joined.encode()).hexdigest()[:12] + marks
    order = [key for key in fields[0] if key in shared]
    return _join({key: shared[key] for key in order})


def recorded_fields(result: TaskResult) -> dict[str, str]:
    """Return the fields of a signature that a record tells elsewhere too, as it tells them.

    Raises:
        TypeError, AttributeError: its card is not that of an encoder.
    """
    card = {
        field.name: result.model.card.get(field.name, field.default)
        for field in fields(EncoderCard)
    }
    told = {
        "task": result.task,
        "split": result.data.split,
        "agg": result.aggregation,
        "metric": result.metric,
        "data": _data(result.data.sha256, result.data.verified),
        **_answered(EncoderCard(**card)),
    }
    return {key: _plain(value) for key, value in told.items()}


def _data(sha256: str, verified: bool) -> str:
    return sha256[:12] + ("" if verified else "(unverified)")


def _answered(card: EncoderCard) -> dict[str, str]:
    weights = card.weights_sha256[:12] if card.weights_sha256 else "unknown"
    return {
        "model": (card.source or card.name) + (f"@{card.revision[:12]}" if card.revision else ""),
        "weights": weights,
        "adapter": card.adapter + (f"/{card.version}" if card.version else ""),
        "pool": card.pooler or "own",
        "maxlen": str(card.max_length or "none"),
        "norm": "yes" if card.normalize else "no",
        **({"steps": ",".join(card.steps)} if card.steps else {}),
        "prompt": card.prompt or "none",
        "dtype": card.precision,
        "backend": card.backend or "own",
    }


def _join(fields: dict[str, str]) -> str:
    return SEPARATOR.join(f"{key}:{_plain(value)}" for key, value in fields.items())


def _plain(value: str) -> str:
    """A value cannot break out of its field or its line."""
    text = encodable(value)
    return "".join("_" if c == SEPARATOR or not c.isprintable() else c for c in text)
