"""Who answers: told by what a service says of itself, and by what it answers to sentences of ours.

A service has no weights that could be hashed. What it says (a name, a digest, a version) is in the
card. But another model may stand behind the same words tomorrow, or another prompt. So a few
sentences are asked before all others. Their vectors of the first time are kept; as long as those
of today are the same but for the noise of servers, it is the same encoder. If they are not, it is
another one, with a card of its own: no record and no vector of the former is taken for its.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.atomic import write_atomically
from benchmark.encoders.attempts import Attempts
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.protocol import CallLimits, TooLarge
from benchmark.encoders.served.encoder import ServedEncoder
from benchmark.errors import ModelError
from benchmark.foreign import Unreadable, read_json
from benchmark.places import cache_folder

logger = logging.getLogger(__name__)

SENTENCES = (
    "How long does it take?",
    "Two dogs chase a red ball across the snow while a child watches them from the fence.",
    "The bank raised its rates on Tuesday, and shares fell by 3.5% within the hour.",
    "a violin",
)
"""Of different lengths, so that a service that lets neighbours change a vector shows it."""

SAME = 0.9999
"""Least cosine of one sentence's vectors of two days. Of all-MiniLM-L6-v2, in float16 and in other
company, the least was 0.999999, in bfloat16 0.99997, and 0.99995 against float32; with weights of 8
bits it was 0.9998, of 4 bits 0.95, with a full stop more 0.92, with another prompt 0.60."""

_ONE_SENTENCE = 0.99
"""Least cosine of a vector with that of the same sentence by itself."""

_UNIT = 1e-3
"""A length that differs less from one is meant to be one: half precision has three digits."""

_MOST_STATES = 16
_FIRST_ATTEMPTS = 3
"""Nobody waits long for a service that may not be there at all."""


def first_attempts(name: str, limits: CallLimits) -> Attempts:
    """Return what asks for the first time, before the harness does."""
    return Attempts(name, replace(limits, attempts=min(limits.attempts, _FIRST_ATTEMPTS)))


def settings_of(facts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a service says of the model that it has."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def identified(encoder: ServedEncoder) -> ServedEncoder:
    """Return an encoder whose card says who answers.

    Args:
        encoder: its card holds what the service says, and the version of the adapter.

    Raises:
        ModelError: it cannot be asked, or is no encoder of sentences.
    """
    name = encoder.card.name
    attempts = first_attempts(name, encoder.call_limits)

    def ask(sentences: Sequence[str]) -> tuple[str | None, NDArray[np.float32]]:
        called, vectors = attempts.answer(lambda: encoder.asked(sentences), sentences)
        return called, _sound(name, vectors)

    called, vectors = _together(ask)
    _require_independence(name, vectors, ask)
    state = _Memory.of(encoder.card).state(vectors)
    lengths = np.linalg.norm(vectors, axis=1)
    card = replace(
        encoder.card,
        version=f"{encoder.card.version}-{state}",
        normalize=bool((np.abs(lengths - 1) < _UNIT).all()),
    )
    return replace(encoder, card=card, called=called, width=vectors.shape[1])


_Ask = Callable[[Sequence[str]], tuple[str | None, NDArray[np.float32]]]


def _together(ask: _Ask) -> tuple[str | None, NDArray[np.float32]]:
    try:
        return ask(SENTENCES)
    except TooLarge:
        answers = [ask([sentence]) for sentence in SENTENCES]
        return answers[0][0], np.concatenate([vectors for _, vectors in answers])


def _sound(name: str, wide: NDArray[np.float64]) -> NDArray[np.float32]:
    with np.errstate(over="ignore", under="ignore"):
        vectors = wide.astype(np.float32)
    if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
        raise ModelError(
            f"{name}: the service gives vectors of zeros, or such that are not finite, to plain "
            "sentences; it has no encoder of that name"
        )
    return vectors


def _require_independence(name: str, vectors: NDArray[np.float32], ask: _Ask) -> None:
    """Refuse rows in a wrong order, and vectors that others in the call decide."""
    _, [alone] = ask(SENTENCES[-1:])
    if len(alone) != vectors.shape[1]:
        raise ModelError(
            f"{name}: the service gives {len(alone)} dimensions after {vectors.shape[1]} before"
        )
    cosine = _cosines(vectors[-1:], alone[None])[0]
    if cosine < _ONE_SENTENCE:
        raise ModelError(
            f"{name}: the service gives a sentence another vector when others are asked with it "
            f"(cosine {cosine:.4f}); its rows are in a wrong order, its batches are wrong, or it "
            "quantizes by what is in a batch"
        )
    if cosine < SAME:
        logger.warning(
            "%s: the vector of a sentence depends on those that are asked with it (cosine %.4f)",
            name,
            cosine,
        )


def _cosines(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    one, other = first.astype(np.float64), second.astype(np.float64)
    with np.errstate(all="ignore"):  # what was kept may be damaged
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        cosines: NDArray[np.float64] = (one * other).sum(axis=1) / lengths
    return cosines


@dataclass(frozen=True, slots=True)
class _Memory:
    """What a service answered to `SENTENCES`, each time that it was something else.

    Attributes:
        name: of the model, for messages.
        path: of a file that holds (4, d) float32 in base64 by the name of the state, the oldest
            first.
    """

    name: str
    path: Path

    @classmethod
    def of(cls, card: EncoderCard) -> _Memory:
        said = json.dumps(card.fields(), sort_keys=True)
        file = hashlib.sha256(said.encode()).hexdigest()[:32]
        return cls(card.name, cache_folder() / "services" / f"{file}.json")

    def state(self, vectors: NDArray[np.float32]) -> str:
        """Return the name of the state that answers so: 12 digits of a hash of the vectors."""
        known = self._read()
        nearest = 0.0
        for state, before in known.items():
            if before.shape == vectors.shape and _same_lengths(before, vectors):
                cosine = float(_cosines(before, vectors).min())
                if cosine >= SAME:
                    return state
                nearest = max(nearest, cosine)
        if known:
            logger.warning(
                "%s: the service answers otherwise than before (cosine %.4f); what it gave then is "
                "not taken",
                self.name,
                nearest,
            )
        state = hashlib.sha256(np.ascontiguousarray(vectors, "<f4").tobytes()).hexdigest()[:12]
        self._write({**known, state: vectors})
        return state

    def _read(self) -> dict[str, NDArray[np.float32]]:
        if not self.path.exists():
            return {}
        try:
            return {state: _read_vectors(text) for state, text in read_json(self.path).items()}
        except (Unreadable, AttributeError, TypeError, ValueError):
            logger.warning("%s: %s is damaged; it is written anew", self.name, self.path)
            return {}

    def _write(self, states: Mapping[str, NDArray[np.float32]]) -> None:
        kept = list(states.items())[-_MOST_STATES:]
        texts = {
            state: base64.b64encode(np.ascontiguousarray(vectors, "<f4").tobytes()).decode()
            for state, vectors in kept
        }
        try:
            write_atomically(self.path, json.dumps(texts).encode())
        except OSError as error:
            logger.warning(
                "%s: %s cannot be written (%s); the next run may encode all again",
                self.name,
                self.path,
                error.strerror,
            )


def _read_vectors(text: str) -> NDArray[np.float32]:
    vectors = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    return vectors.reshape(len(SENTENCES), -1)


def _same_lengths(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    """Classifiers see lengths, which cosines do not."""
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1)
        return bool(np.allclose(*lengths, rtol=1e-2))
