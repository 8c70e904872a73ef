"""What the harness asks of an encoder: no base class, two members, and what it may offer beside.

`Encoder` is all that is needed. Each of the other protocols is an offer that stands for itself;
`offers` tells whether an encoder makes it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeGuard, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.errors import ModelError
from benchmark.steps import AnyStep


@dataclass(frozen=True, slots=True)
class TokenizedSentences:
    """Token ids of many sentences, and which of them had to be cut.

    Attributes:
        ids: one list of token ids for each sentence.
        truncated: places (indices) of the sentences that were cut.
    """

    ids: list[list[int]]
    truncated: frozenset[int]


@dataclass(frozen=True, slots=True)
class InputToken:
    """A token of a text as the encoder gets it.

    Attributes:
        token: as the vocabulary has it.
        id: its row among the embeddings.
        special: whether it stands for no text (begin, end, mask).
        pooled: whether the sentence vector is made of its state.
    """

    token: str
    id: int
    special: bool
    pooled: bool


@dataclass(frozen=True, slots=True)
class EncoderInput:
    """What an encoder makes of a sentence before it computes.

    Attributes:
        sentence: as the data has it.
        prompt: text that is put before it, None for none.
        prompts: that the model brings, by name, whichever is used.
        text: what the tokenizer gets.
        tokens: what the model gets, cut at its limit.
        cut: how many tokens of the text were cut off.
        templates: how many texts these are, one behind the other, whose vectors are averaged.
    """

    sentence: str
    prompt: str | None
    prompts: Mapping[str, str]
    text: str
    tokens: tuple[InputToken, ...]
    cut: int
    templates: int = 1


_Offered = TypeVar("_Offered", bound="Encoder")


def offers(encoder: object, protocol: Callable[..., _Offered]) -> TypeGuard[_Offered]:
    """Tell whether an encoder has the members of a protocol, without asking for their values.

    Before Python 3.12 ``isinstance`` reads every property of the protocol, and one of those (how
    many streams it has, say) may load the model.

    Args:
        encoder: any object.
        protocol: one of this module.
    """
    return all(
        inspect.getattr_static(encoder, name, None) is not None for name in _members(protocol)
    )


@functools.cache
def _members(protocol: type) -> frozenset[str]:
    classes = (kind for kind in protocol.__mro__ if getattr(kind, "_is_protocol", False))
    return frozenset(name for kind in classes for name in vars(kind) if not name.startswith("_"))


@runtime_checkable
class Encoder(Protocol):
    """Anything that turns sentences into vectors and says who it is.

    The vector of a sentence must not depend on the other sentences of the call.
    """

    @property
    def card(self) -> EncoderCard:
        """Identity of this encoder."""
        ...

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector for each sentence: (n, d) float32, finite, in the same order."""
        ...


@runtime_checkable
class LoadableEncoder(Encoder, Protocol):
    """An encoder whose loading is worth doing, and timing, before the first sentence."""

    def load(self) -> None:
        """Get ready; called before each round of encoding, cheap when ready already."""
        ...


@runtime_checkable
class ReadableEncoder(Encoder, Protocol):
    """An encoder that shows how it reads a sentence, without its weights."""

    def input_of(self, sentence: str) -> EncoderInput:
        """Return what it makes of a sentence before it computes."""
        ...


@runtime_checkable
class ComputingEncoder(Encoder, Protocol):
    """An encoder that knows which libraries and which device make its vectors."""

    @property
    def computed_with(self) -> Mapping[str, str]:
        """Versions of libraries by name, and ``device``."""
        ...


@runtime_checkable
class SteppedEncoder(Encoder, Protocol):
    """An encoder that leaves something to be done to its vectors after they were stored.

    What the harness asks for (``encode_tokens`` of a `TokenEncoder`, else ``encode``) is then not
    the end: the steps are applied to what was looked up. ``encode`` of a `TokenEncoder`, which the
    harness never calls, gives the vectors as they are scored.

    The card of a record also names the steps; that of an encoder with a ``stored_card`` as well,
    which is the identity of what is stored, covers them already.
    """

    @property
    def steps(self) -> Sequence[AnyStep]:
        """What is to be done, in order."""
        ...


@runtime_checkable
class ReplicableEncoder(Encoder, Protocol):
    """An encoder that computes on a named device, and of which copies can be made for others."""

    @property
    def device(self) -> str:
        """Where it computes: ``auto``, or a name of torch."""
        ...

    def replica(self, device: str) -> Encoder:
        """Return an encoder of the same vectors on this device, with nothing loaded yet."""
        ...


@runtime_checkable
class SizedEncoder(Encoder, Protocol):
    """An encoder whose vectors have a length that is known before any is computed."""

    @property
    def vector_width(self) -> int | None:
        """Of the vectors as they are scored, its own steps included; None where it is not known."""
        ...


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What one call of ``encode`` may ask, and how many calls: a service has limits of its own.

    Attributes:
        sentences: most sentences in a call.
        at_once: most calls at the same time, in threads, of all copies of the encoder together.
        attempts: how often a call is made that ends in a `TemporaryFailure`.
        longest_wait: most seconds between two attempts; a service that asks for more is given up.
    """

    sentences: int = 1024
    at_once: int = 1
    attempts: int = 1
    longest_wait: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what is no limit.

        Raises:
            ModelError: a number below one.
        """
        for name in ("sentences", "at_once", "attempts"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ModelError(f"CallLimits: {name} is {value!r}, not a whole number above 0")
        require_seconds("CallLimits: longest_wait", self.longest_wait)


class TemporaryFailure(ModelError):
    """Raised by ``encode``: nothing is wrong with what was asked, and another attempt may do.

    Attributes:
        retry_after: seconds that the service asks to be left alone; None if it names none.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        """Say what happened; without keys, for it is printed.

        Raises:
            ModelError: ``retry_after`` is no number of seconds.
        """
        super().__init__(message)
        if retry_after is not None:
            require_seconds("TemporaryFailure: retry_after", retry_after)
        self.retry_after = retry_after


class TooLarge(MemoryError):
    """Raised by ``encode``: too much for one call. It is halved, as when memory runs out."""


def require_seconds(what: str, value: object) -> None:
    """Refuse what is no length of time.

    Raises:
        ModelError: no finite number of at least zero.
    """
    if not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise ModelError(f"{what} is {value!r}, not a number of seconds")


@runtime_checkable
class LimitedEncoder(Encoder, Protocol):
    """An encoder that is asked by sentences and says what one call may ask: a service."""

    @property
    def call_limits(self) -> CallLimits:
        """Sentences in a call, calls at once, attempts; ``encode`` runs in that many threads."""
        ...


@runtime_checkable
class TokenEncoder(Encoder, Protocol):
    """An encoder that lets the harness order and batch its input by true token counts."""

    @property
    def batch_tokens(self) -> int:
        """Tokens that one batch should hold at most, unless the user says otherwise."""
        ...

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        """Turn sentences into token ids, special tokens included, cut at the model's limit.

        A sentence without any token gets the zero vector, and is in no batch.
        """
        ...

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the (n, d) vectors of n token id lists; one batch, all of the same length.

        Raises:
            MemoryError: the batch is too large for the device.
        """
        ...


@runtime_checkable
class EarlyTokenEncoder(TokenEncoder, LoadableEncoder, Protocol):
    """An encoder that can tokenize while it loads its weights."""

    def load_tokenizer(self) -> bool:
        """Load what `tokenize` needs; return whether it may be called while `load` runs."""
        ...


@runtime_checkable
class OverlappingEncoder(TokenEncoder, Protocol):
    """A `TokenEncoder` whose device computes while the next batch is made ready."""

    @property
    def overlaps(self) -> bool:
        """Whether it is worth starting a batch before the one before it is fetched."""
        ...

    def start_tokens(self, rows: Sequence[Sequence[int]]) -> Callable[[], NDArray[np.float32]]:
        """Start on a batch like that of ``encode_tokens``; return what waits for its vectors.

        Raises:
            MemoryError: the batch is too large for the device; waiting may raise it too.
        """
        ...


@runtime_checkable
class ConcurrentEncoder(TokenEncoder, Protocol):
    """A `TokenEncoder` whose batches several threads may compute at once, if it is loaded."""

    @property
    def streams(self) -> int:
        """How many threads; 1 if it must be asked for one batch after another."""
        ...

    def enter_stream(self) -> None:
        """Make the calling thread ready; called once in each of them."""
        ...

    def leave_streams(self) -> None:
        """Put right what they changed for the process; called in the thread that started them."""
        ...


@runtime_checkable
class PooledEncoder(TokenEncoder, Protocol):
    """A `TokenEncoder` that pools the states of a model, and could pool them otherwise."""

    @property
    def poolers(self) -> tuple[str, ...]:
        """Its own pooler, then each other one that means something with texts as it reads them.

        Whether the model has what they take is known when it is loaded.
        """
        ...

    def pooled(self, *poolers: str) -> TokenEncoder:
        """Return the same encoder with another pooler, nothing loaded; or with several.

        Several share one pass over the layers: their vectors, of one width, come one behind the
        other. Each part is what the encoder with that pooler alone gives.
        """
        ...
