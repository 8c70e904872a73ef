"""What vectors are stored under, and who answers with what steps make of them.

Vectors are stored under everything that decides them, to the last bit that matters. Steps do not:
they come after the store. They are part of who answers.
"""

from __future__ import annotations

import functools
import inspect
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.seal import sha256_of_file
from benchmark.encoders.protocol import ComputingEncoder, Encoder, SteppedEncoder, offers
from benchmark.errors import ModelError
from benchmark.steps import AnyStep, label_of, sound_steps


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who a record is of: an encoder, and what is done to its vectors before they are scored.

    Attributes:
        encoder: makes the vectors that are stored.
        steps: are applied to what was looked up, in order.
        card: identity of both together.
    """

    encoder: Encoder
    steps: tuple[AnyStep, ...]
    card: EncoderCard


def answerer(encoder: Encoder, steps: Sequence[AnyStep] = ()) -> Answerer:
    """Return who answers when an encoder's vectors go through its own steps, then through these.

    Raises:
        UsageError: its own are no steps, or these cannot follow them.
    """
    own = sound_steps(encoder.steps) if offers(encoder, SteppedEncoder) else ()
    unsaid = (*([] if _stored_card(encoder) else own), *steps)
    card = replace(encoder.card, steps=(*encoder.card.steps, *map(label_of, unsaid)))
    return Answerer(encoder, sound_steps((*own, *steps)), card)


def _stored_card(encoder: Encoder) -> EncoderCard | None:
    """Return what an encoder is before its steps, if its card is what it is after them."""
    return getattr(encoder, "stored_card", None)


def vector_identity(encoder: Encoder) -> str | None:
    """Return everything that decides an encoder's vectors, as text; None when it is unknown.

    Beside the fingerprint of the card (weights, tokenizer, pooler, limit ...; of what it is
    before any step) these are the versions of the libraries that compute and the kind of device:
    an upgrade of them must not be hidden by vectors from before it. For an encoder that a user
    wrote it is the file its class is in, so that an edit counts even if the version was forgotten;
    of our own adapters the version in the card decides, whatever else changes in their files.
    """
    card = _stored_card(encoder) or encoder.card
    fingerprint = card.fingerprint
    if fingerprint is None:
        return None
    computed = {"machine": platform.machine()}
    if offers(encoder, ComputingEncoder):
        computed |= encoder.computed_with
    if not _is_ours(type(encoder)):
        computed["source"] = _source_sha256(type(encoder))
    return json.dumps({"fingerprint": fingerprint, **computed}, sort_keys=True)


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == __name__.partition(".")[0]


@functools.cache
def _source_sha256(kind: type) -> str:
    """Return the SHA-256 of the Python file that defines a class; empty where there is none.

    Once for each class: an edit made later is not what this process runs.
    """
    try:
        file = inspect.getsourcefile(kind)
        return sha256_of_file(Path(file)) if file else ""
    except (TypeError, OSError, ModelError):  # built in, or typed at a prompt
        return ""


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the installed version of each package, without importing it."""
    return {package: version_of(package) for package in packages}


def version_of(package: str) -> str:
    """Return the installed version; a copy on the path without metadata has none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
