"""Where a score comes from: what was asked, who answered, what computed; and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmark.results import TaskResult
from benchmark.results.signature import (
    ABSENT,
    Signature,
    differences,
    join_fields,
    parse_fields,
    plain,
)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that two signatures, or two environments, do not share.

    Attributes:
        field: its name (``data``, ``pool``, ``torch``).
        before: in the baseline.
        after: in the results.
    """

    field: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.field}: {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a score comes from, in the form a baseline file keeps.

    Attributes:
        question: half of the signature that must agree for scores to be comparable.
        answerer: the other half.
        fingerprint: SHA-256 of all that decides a vector; None if the encoder does not tell.
        environment: what it was computed with, written like a signature.
    """

    question: str
    answerer: str
    fingerprint: str | None
    environment: str


def provenance(record: TaskResult) -> Provenance:
    """Return where the score of a record comes from."""
    signed = Signature.parse(record.signature)
    environment = _joined(record.environment)
    return Provenance(signed.question, signed.answerer, record.model.fingerprint, environment)


def question_changes(before: Provenance, after: Provenance) -> tuple[FieldChange, ...]:
    """Return how two scores answer different questions; empty if they are comparable."""
    return _changes(before.question, after.question)


def answerer_changes(before: Provenance, after: Provenance) -> tuple[FieldChange, ...]:
    """Return how two scores come from different encoders; empty if from the same.

    Equal fingerprints settle it: name, source and revision may then differ. A signature does
    not show configuration and tokenizer files, a fingerprint does.
    """
    if before.fingerprint == after.fingerprint and before.fingerprint is not None:
        return ()
    changes = _changes(before.answerer, after.answerer)
    if changes or before.fingerprint == after.fingerprint:
        return changes
    return (FieldChange("fingerprint", _short(before.fingerprint), _short(after.fingerprint)),)


def environment_changes(before: Provenance, after: Provenance) -> tuple[FieldChange, ...]:
    """Return how two scores were computed with other versions, or on another machine."""
    return _changes(before.environment, after.environment)


def _changes(before: str, after: str) -> tuple[FieldChange, ...]:
    found = differences(parse_fields(before), parse_fields(after))
    return tuple(FieldChange(name, *values) for name, values in found.items())


def _joined(environment: Mapping[str, str]) -> str:
    return join_fields(
        {plain(name).replace(":", "_") or "_": value for name, value in sorted(environment.items())}
    )


def _short(fingerprint: str | None) -> str:
    return fingerprint[:12] if fingerprint else ABSENT
