"""An encoder that is a service: asked by sentences, and what it answers checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.protocol import CallLimits, TooLarge
from benchmark.encoders.served.client import Client, Refused, is_too_large
from benchmark.encoders.served.rows import Malformed, matrix_of
from benchmark.encoders.served.words import sent
from benchmark.errors import ModelError
from benchmark.foreign import shown

LIMITS = CallLimits(sentences=64, at_once=4, attempts=6)
"""Unless a service says what it takes."""


class Dialect(Protocol):
    """How one kind of service is asked."""

    @property
    def path(self) -> str:
        """Of the page that makes vectors, below the address."""
        ...

    def body(self, sentences: Sequence[str]) -> dict[str, Any]:
        """Return what is sent for these sentences."""
        ...

    def rows(self, answer: Any, sentences: int) -> list[Any]:
        """Return what an answer holds for each sentence, in their order.

        Raises:
            Malformed: it holds no such rows.
        """
        ...

    def called(self, answer: Any) -> str | None:
        """Return the name of the model that answered, where an answer says it."""
        ...


@dataclass(frozen=True)
class ServedEncoder:
    """Sentences go to a service, vectors come back as it makes them.

    Attributes:
        card: identity, see `EncoderCard`.
        call_limits: what the service takes.
        client: asks it.
        dialect: how it is asked.
        called: the name of the model in its first answer; None where it says none.
        width: numbers in a vector of its first answer.
    """

    card: EncoderCard
    call_limits: CallLimits
    client: Client
    dialect: Dialect
    called: str | None = None
    width: int | None = None

    computes_on = "service"

    def encode(self, sentences: Sequence[str]) -> NDArray[Any]:
        """Return the (n, d) float64 vectors of n sentences, sent as their text is made (words.py).

        Raises:
            TooLarge: less at once may do.
            TemporaryFailure: another attempt may do.
            ModelError: neither would.
        """
        called, vectors = self.asked(sentences)
        if self.called not in (None, called):
            raise self._replaced(f"as {shown(called)} after {shown(self.called)}")
        if self.width not in (None, vectors.shape[1]):
            raise self._replaced(f"with {vectors.shape[1]} dimensions after {self.width}")
        return vectors

    def asked(self, sentences: Sequence[str]) -> tuple[str | None, NDArray[Any]]:
        """Return what the service calls the model, and the vectors of these sentences.

        Raises:
            TooLarge, TemporaryFailure, ModelError: as `encode`.
        """
        body = self.dialect.body([sent(self.card, sentence) for sentence in sentences])
        try:
            answer = self.client.post(self.dialect.path, body, len(sentences))
        except Refused as error:
            raise self._refusal(error, sentences) from None
        try:
            vectors = matrix_of(self.dialect.rows(answer, len(sentences)))
            called = self.dialect.called(answer)
        except Malformed as error:
            raise ModelError(
                f"{self.card.name}: the service answers {self.client.said(error)}"
            ) from None
        return None if called is None else self.client.said(called), vectors

    def _replaced(self, how: str) -> ModelError:
        return ModelError(
            f"{self.card.name}: the service answers {how} before; another model took its "
            "place, run again"
        )

    def _refusal(self, error: Refused, sentences: Sequence[str]) -> Exception:
        if is_too_large(error.status, error.reason):
            reason = error.reason or f"it answered {error.status}"
            if len(sentences) > 1:
                return TooLarge(reason)
            return ModelError(
                f"{self.card.name}: the sentence {shown(sentences[0])} is longer than the service "
                f"takes ({reason}), and it cuts none; set its limit higher, or leave the task out"
            )
        if not all(sentence.strip() for sentence in sentences):
            return ModelError(f"{error}; a sentence without text was among them")
        return error
