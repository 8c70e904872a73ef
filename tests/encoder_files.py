"""Encoders for ``--model path/to/file.py:Name``: quick, deterministic, without torch.

Tests hand over this very file, or copy it; it imports nothing of the tests.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmark import EncoderCard
from benchmark.encoders import TokenizedSentences

CALLS = "ENCODER_CALLS"
"""Environment variable with a file that gets a line for each call of an encoder."""


def _note(text: str) -> None:
    if path := os.environ.get(CALLS):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")


@functools.cache
def _vector(word: str, dimensions: int) -> np.ndarray:
    generator = np.random.default_rng(zlib.crc32(word.encode()))
    return generator.standard_normal(dimensions).astype(np.float32)


class WordHash:
    """Sum of random vectors of words: bag of words, a sensible weak encoder."""

    card = EncoderCard(name="word-hash", version="1")
    dimensions = 64

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        _note(f"{self.card.name} {len(sentences)}")
        words = [[_vector(word, self.dimensions) for word in s.split()] for s in sentences]
        return np.stack([np.sum(vectors, axis=0, dtype=np.float32) for vectors in words])


class Other(WordHash):
    """A second model, with other scores."""

    card = EncoderCard(name="other", version="1")
    dimensions = 8


class Nameless(WordHash):
    """Does not say which version of it gave the vectors."""

    card = EncoderCard(name="nameless")


class Slow(WordHash):
    """Says that it began, then takes its time."""

    card = EncoderCard(name="slow", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        _note("slow began")
        time.sleep(float(os.environ.get("ENCODER_SECONDS", "60")))
        return super().encode(sentences)


class Chatty(WordHash):
    """Prints to standard output, as people's code does."""

    card = EncoderCard(name="chatty", version="1")

    def __init__(self) -> None:
        print("loading chatty")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        print("encoding chatty")
        sys.stdout.write("and more\n")
        subprocess.run(["echo", "a child of chatty"], check=True)
        return super().encode(sentences)


class Raises(WordHash):
    """Fails in the middle."""

    card = EncoderCard(name="raises", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        raise RuntimeError("the cable\nis unplugged \x1b[31m")


class NotANumber(WordHash):
    """NaN for one sentence."""

    card = EncoderCard(name="not-a-number", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        vectors = super().encode(sentences)
        vectors[0] = np.nan
        return vectors


class Constant(WordHash):
    """The same vector for every sentence."""

    card = EncoderCard(name="constant", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        return np.ones((len(sentences), 3), np.float32)


class TooFew(WordHash):
    """One row too few."""

    card = EncoderCard(name="too-few", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        return super().encode(sentences)[1:]


class Flat(WordHash):
    """One number for each sentence."""

    card = EncoderCard(name="flat", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        return super().encode(sentences)[:, 0]


class Whole(WordHash):
    """Whole numbers."""

    card = EncoderCard(name="whole", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        return np.ones((len(sentences), 3), np.int64)


class BadCard(WordHash):
    """Says who it is in a way that nobody can write down."""

    card = EncoderCard(name="bad-card", version="1", prompt=object())


class NoInit(WordHash):
    """Cannot be made."""

    def __init__(self) -> None:
        raise ValueError("no weights here")


class Quits(WordHash):
    """Ends the program."""

    def __init__(self) -> None:
        sys.exit("usage: me")


class QuitsEarly(WordHash):
    """Ends the program while it encodes."""

    card = EncoderCard(name="quits-early", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        sys.exit(0)


class Interrupts(WordHash):
    """What Ctrl-C does."""

    card = EncoderCard(name="interrupts", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        raise KeyboardInterrupt


class TheEnd(BaseException):
    """No Exception, so that nobody catches it."""


class Ends(WordHash):
    """Raises what nobody catches."""

    card = EncoderCard(name="ends", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        raise TheEnd("of all")


class Generates(WordHash):
    """Raises what ends generators."""

    card = EncoderCard(name="generates", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        raise GeneratorExit


class Mute(Exception):
    """Cannot say what happened."""

    def __str__(self) -> str:
        raise SystemExit("no words")


class Speechless(WordHash):
    """Raises what cannot be put into words."""

    card = EncoderCard(name="speechless", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        raise Mute


class LoadQuits(WordHash):
    """Ends the program while it loads."""

    card = EncoderCard(name="load-quits", version="1")

    def load(self) -> None:
        sys.exit("no weights")


class DeviceQuits(WordHash):
    """Ends the program when asked where it computes."""

    card = EncoderCard(name="device-quits", version="1")

    @property
    def computes_on(self) -> str:
        sys.exit("where")


class Untidy(WordHash):
    """Forgets to return tokens."""

    card = EncoderCard(name="untidy", version="1")
    batch_tokens = 512

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        return None

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        return np.ones((len(rows), 2), np.float32)


class Uncounted(Untidy):
    """Tokens of one sentence only."""

    card = EncoderCard(name="uncounted", version="1")

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        return TokenizedSentences([[1]], frozenset())


class Unbudgeted(Untidy):
    """No number for a budget."""

    card = EncoderCard(name="unbudgeted", version="1")
    batch_tokens = "many"

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        return TokenizedSentences([[1] for _ in sentences], frozenset())


class StreamsRaise(Unbudgeted):
    """Cannot say how many threads it takes."""

    card = EncoderCard(name="streams-raise", version="1")
    batch_tokens = 512

    @property
    def streams(self) -> int:
        raise RuntimeError("how many")

    def enter_stream(self) -> None: ...

    def leave_streams(self) -> None: ...


class CardQuits(WordHash):
    """Ends the program when asked who it is."""

    @property
    def card(self) -> EncoderCard:
        sys.exit("nobody")


class EncodeRaises:
    """Has something called ``encode`` that cannot be had."""

    @property
    def encode(self) -> object:
        raise RuntimeError("no encoder")


class NotAnEncoder:
    """Has no method ``encode``."""


class WrongCard(WordHash):
    """Its card is something else."""

    card = {"name": "wrong"}  # noqa: RUF012


class Nothing(WordHash):
    """Forgets to return."""

    card = EncoderCard(name="nothing", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        super().encode(sentences)


class Ragged(WordHash):
    """Rows of different lengths."""

    card = EncoderCard(name="ragged", version="1")

    def encode(self, sentences: Sequence[str]) -> list[list[float]]:
        return [[1.0] * (place % 2 + 1) for place in range(len(sentences))]


class Widening(WordHash):
    """A dimension more in every call, and no room for more than a hundred sentences."""

    card = EncoderCard(name="widening", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        if len(sentences) > 100:
            raise MemoryError
        self.dimensions += 1
        return super().encode(sentences)


class Infinite(WordHash):
    """Vectors beyond float32."""

    card = EncoderCard(name="infinite", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        return super().encode(sentences).astype(np.float64) * 1e300


class CardRaises(WordHash):
    """Cannot say who it is."""

    @property
    def card(self) -> EncoderCard:
        raise RuntimeError("who am I?")
