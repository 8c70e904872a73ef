"""One rule for all who read records: a record is sound, or it is no record.

It is what was written (schema, version, checksum), says the same thing everywhere (signature,
main score), and the predictions beside it are its own. ``run`` computes anew what is not sound,
whatever else reads records refuses it. Where gold is at hand too, the predictions must give the
main score (`benchmark.comparisons.pair_up`).

The checksum inside a JSON document is what anybody can compute: the SHA-256 of
``json.dumps(document, sort_keys=True)``, the field ``sha256`` left out. It is of the content, not
of the bytes: other line ends and another indent do no harm, and no digit changes unnoticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec

from benchmark.encoders import EncoderCard
from benchmark.errors import UnreadableRecord
from benchmark.foreign import Unreadable, read_bytes
from benchmark.one_line import one_line
from benchmark.results.predictions import require_own_predictions
from benchmark.results.record import AGAIN, LATER, SCHEMA_VERSION, TaskResult
from benchmark.results.signature import ABSENT, Signature, answered, data_field, plain
from benchmark.results.tables import BEFORE, upgraded
from benchmark.tasks import KINDS

SEAL = "sha256"


def sealed(value: Any) -> dict[str, Any]:
    """Return a value as the JSON document that is written, with its checksum.

    Args:
        value: a dataclass or mapping that has no field ``sha256``.
    """
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    if isinstance(value, TaskResult):
        document = {key: said for key, said in document.items() if said or key not in LATER}
    return document | {SEAL: _checksum(document)}


def encode_sealed(value: Any, *, indent: int) -> bytes:
    """Return that document as text: sorted keys, a final line end."""
    encoded = msgspec.json.encode(sealed(value), order="sorted")
    return msgspec.json.format(encoded, indent=indent) + b"\n"


def broken_seal(content: bytes) -> str:
    """Say what is wrong with the checksum of a JSON document; empty if nothing is.

    Raises:
        msgspec.MsgspecError, UnicodeDecodeError, RecursionError: it is no JSON object.
    """
    document = msgspec.json.decode(content, type=dict[str, Any])
    if SEAL not in document:
        return f"bears no {SEAL}"
    if document.pop(SEAL) != _checksum(document):
        return f"changed after it was written: its {SEAL} is not that of its content"
    return ""


def _checksum(document: Mapping[str, Any]) -> str:
    # The standard library's encoder: its text for a number is Python's own and does not change.
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


MOST_BYTES = 2**24
"""Of a record: a thousand times what is usual."""

_REQUIRED = (
    *("task", "split", "metric", "data"),
    *("base", "prompt_pooled", "template", "rules", "as", "steps"),
)


def read_record(path: Path) -> TaskResult:
    """Read a record back.

    Raises:
        UnreadableRecord: it is not sound.
    """
    try:
        content = read_bytes(path, MOST_BYTES)
        version = msgspec.json.decode(content, type=_Versioned).schema_version
        # Looked at first: another version has other fields, and that is not what is wrong with it.
        if version not in (BEFORE, SCHEMA_VERSION):
            raise UnreadableRecord(
                f"{path}: schema version {version}, this program reads {BEFORE} and "
                f"{SCHEMA_VERSION}{AGAIN}"
            )
        result = decode_record(content)
        wrong = broken_seal(content) or contradiction(result)
    except (Unreadable, UnicodeDecodeError, RecursionError, msgspec.MsgspecError) as error:
        raise UnreadableRecord(
            f"{path}: not a readable record ({one_line(str(error))}){AGAIN}"
        ) from error
    if wrong:
        raise UnreadableRecord(f"{path}: {one_line(wrong)}{AGAIN}")
    require_own_predictions(path, result)
    return result


def decode_record(content: bytes) -> TaskResult:
    """Return what a record says, whether or not it is sound; an earlier version as this one.

    Raises:
        msgspec.MsgspecError, UnicodeDecodeError, RecursionError: it is no record.
    """
    if msgspec.json.decode(content, type=_Versioned).schema_version == SCHEMA_VERSION:
        return msgspec.json.decode(content, type=TaskResult)
    named = msgspec.json.decode(content, type=_Named)
    document = msgspec.json.decode(content, type=dict[str, Any])
    return msgspec.convert(upgraded(document, named.task, named.metric), TaskResult)


def contradiction(result: TaskResult) -> str:
    """Say how a record contradicts itself; empty if it does not."""
    return _in_signature(result) or _in_task(result) or _in_score(result)


def _in_signature(result: TaskResult) -> str:
    """Compare the line with what the record tells elsewhere, field by field."""
    try:
        said = Signature.parse(result.signature)
    except ValueError:
        return f"its signature is damaged: {result.signature}"
    try:
        card = answered(_card(result))
    except (TypeError, AttributeError) as error:
        return f"its card is none of an encoder ({error})"
    asked = {
        "task": result.task,
        "split": result.data.split,
        "agg": result.aggregation,
        "metric": result.metric,
        "data": data_field(result.data.sha256, result.data.verified),
    }
    for field, value in {**asked, **card}.items():
        held = plain(value)
        if said.fields.get(field, None if field in _REQUIRED else held) != held:
            return f"signed for {field} {said.fields.get(field, ABSENT)}, but it holds {held}"
    for field in said.answered.keys() - card.keys():
        return f"signed for {field} {said.answered[field]}, but it holds {ABSENT}"
    return ""


def _card(result: TaskResult) -> EncoderCard:
    """Raise TypeError where a card has not the fields of an encoder."""
    known = fields(EncoderCard)
    return EncoderCard(
        **{field.name: result.model.card.get(field.name, field.default) for field in known}
    )


def _in_task(result: TaskResult) -> str:
    asked = result.asked
    if asked.id != result.task:
        return f"a score of {result.task}, but it says what {asked.id} is"
    shown = (asked.heading, asked.group, asked.protocol, asked.note, *asked.table, *asked.aliases)
    shown += asked.classes
    if not all(map(str.isprintable, shown)):
        return f"its task says what cannot be printed: {' '.join(shown)}"
    if asked.table and asked.column not in asked.table:
        return f"its column is {asked.column}, but its table has {', '.join(asked.table)}"
    return ""


def _in_score(result: TaskResult) -> str:
    score = result.main_score
    if not -1 <= score <= 1:  # not a number is neither
        return f"its score is {score}, not a fraction of 1"
    kind = KINDS.get(result.asked.kind)
    if kind is not None and result.metric != kind.measure.name:
        return f"a score of {result.task} is {kind.measure.name}, not {result.metric}"
    # Of a kind that this program does not know, any score over the whole task may be the main one.
    places = list(result.scores) if kind is None else [kind.main(result.aggregation)]
    found = [result.scores.get(over, {}).get(result.metric) for over in places]
    if score not in found:
        named = " and ".join(f"scores.{over}.{result.metric}" for over in places) or "scores"
        said = " and ".join(map(str, found)) or "empty"
        return f"its score is {score}, but {named} is {said}"
    return ""


class _Versioned(msgspec.Struct):
    """What every version of a record has."""

    schema_version: int


class _Named(msgspec.Struct):
    """What tells the task of a record that does not carry it."""

    task: str
    metric: str
