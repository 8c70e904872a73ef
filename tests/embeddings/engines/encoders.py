"""Encoders that can be sent to other processes, some of which end badly there.

Whatever they are told goes with them: they are pickled whole.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.encoders import CallLimits, EncoderCard, TemporaryFailure, TokenizedSentences
from benchmark.errors import ModelError


def vectors_of(sentences: Sequence[str], width: int = 3) -> Any:
    """Return what the encoders here give: numbers that tell one sentence from another."""
    rows = [[zlib.crc32(f"{p} {s}".encode()) / 2**32 for p in range(width)] for s in sentences]
    return np.array(rows, np.float32).reshape(-1, width)


def note(path: str, line: object) -> None:
    """Add a line to a file that several processes write."""
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def first_here(path: str) -> bool:
    """Tell, once and for all processes, the first that asks."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def die() -> None:
    """End as a process does that the kernel kills."""
    os.kill(os.getpid(), signal.SIGKILL)


class Plain:
    """A plain class: a card and ``encode``. Notes the sentences it is given."""

    card = EncoderCard("plain", version="1")

    def __init__(self, notes: str | None = None, seconds: float = 0.0) -> None:
        self.notes = notes
        self.seconds = seconds

    def encode(self, sentences: Sequence[str]) -> Any:
        if self.notes:
            note(self.notes, "\n".join(f"{os.getpid()} {sentence}" for sentence in sentences))
        time.sleep(self.seconds)
        return vectors_of(sentences)


class GetsStuck(Plain):
    """Does some chunks, no faster than they are stored, and is at the next one for hours."""

    def __init__(self, notes: str, chunks: int) -> None:
        super().__init__(notes)
        self.chunks = chunks

    def encode(self, sentences: Sequence[str]) -> Any:
        self.chunks -= 1
        self.seconds = 0.5 if self.chunks >= 0 else 10_000
        return super().encode(sentences)


class Tokens(Plain):
    """By tokens: one for each character, and one more."""

    card = EncoderCard("tokens", version="1")
    batch_tokens = 512

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        return TokenizedSentences([[1, *map(ord, s)] for s in sentences], frozenset())

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> Any:
        distinct = dict.fromkeys("".join(map(chr, row[1:])) for row in rows)
        self.encode(list(distinct))
        return vectors_of(["".join(map(chr, row[1:])) for row in rows])


class DiesOnce(Tokens):
    """Kills its process at a certain sentence, once."""

    card = EncoderCard("dies-once", version="1")

    def __init__(self, at: str, marker: str, notes: str | None = None) -> None:
        super().__init__(notes)
        self.at = at
        self.marker = marker

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> Any:
        if [1, *map(ord, self.at)] in list(map(list, rows)) and first_here(self.marker):
            die()
        return super().encode_tokens(rows)


class Dies(Tokens):
    """Kills its process at a certain sentence, each time; at any sentence without one."""

    card = EncoderCard("dies", version="1")

    def __init__(self, at: str | None = None, notes: str | None = None) -> None:
        super().__init__(notes)
        self.at = at

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> Any:
        if self.at is None or [1, *map(ord, self.at)] in list(map(list, rows)):
            if self.notes:
                note(self.notes, "died")
            die()
        return super().encode_tokens(rows)


class DiesWriting(Plain):
    """Gives more than a pipe holds; once, it is killed when half of that is written."""

    card = EncoderCard("dies-writing", version="1")
    width = 1000

    def __init__(self, at: str, marker: str) -> None:
        super().__init__()
        self.at = at
        self.marker = marker

    def encode(self, sentences: Sequence[str]) -> Any:
        if self.at in sentences and first_here(self.marker):
            threading.Timer(0.5, die).start()
        return np.repeat(vectors_of(sentences, 1), self.width, axis=1)


class Fails(Plain):
    """Raises something of its own."""

    card = EncoderCard("fails", version="1")

    def encode(self, sentences: Sequence[str]) -> Any:
        raise RuntimeError("the cable\nis unplugged")


class Unreadable(ModelError):
    """An error that can be pickled, but not read again."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


class RaisesItsOwn(Plain):
    """Raises an error that does not survive the way."""

    card = EncoderCard("own", version="1")

    def encode(self, sentences: Sequence[str]) -> Any:
        raise Unreadable(1, 2)


class Refuses(Plain):
    """Raises an error of ours."""

    card = EncoderCard("refuses", version="1")

    def encode(self, sentences: Sequence[str]) -> Any:
        raise ModelError("refuses: said well already")


class Quits(Plain):
    """Ends the program."""

    def encode(self, sentences: Sequence[str]) -> Any:
        sys.exit("usage: me")


class CannotLoad(Plain):
    """Finds its weights missing."""

    card = EncoderCard("cannot-load", version="1")

    def load(self) -> None:
        raise OSError(5, "the disk is gone")


class WrongShape(Plain):
    """One row too few."""

    def encode(self, sentences: Sequence[str]) -> Any:
        return vectors_of(sentences)[1:]


class Narrow(Plain):
    """Takes so many sentences at once, and no more."""

    card = EncoderCard("narrow", version="1")

    def __init__(self, most: int, notes: str) -> None:
        super().__init__(notes)
        self.most = most

    def encode(self, sentences: Sequence[str]) -> Any:
        if len(sentences) > self.most:
            raise MemoryError("too many")
        return super().encode(sentences)


class Limited(Plain):
    """Says what a call may ask; fails for a while, each chunk so many times."""

    card = EncoderCard("limited", version="1")

    def __init__(self, notes: str, call_limits: CallLimits, failures: int = 0) -> None:
        super().__init__(notes)
        self.call_limits = call_limits
        self.failures = failures
        self.failed: list[str] = []

    def encode(self, sentences: Sequence[str]) -> Any:
        if self.failed.count(sentences[0]) < self.failures:
            self.failed.append(sentences[0])
            raise TemporaryFailure("busy")
        return super().encode(sentences)


class OfManyWidths(Plain):
    """As wide as the longest sentence of a call: no two workers agree."""

    card = EncoderCard("wide", version="1")

    def encode(self, sentences: Sequence[str]) -> Any:
        return vectors_of(sentences, max(map(len, sentences)))


class CannotBeSent(Plain):
    """Holds what cannot be pickled."""

    card = EncoderCard("locked", version="1")

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class CannotBeReceived(Plain):
    """Its pickle cannot be read."""

    card = EncoderCard("stuck", version="1")

    def __reduce__(self) -> Any:
        return int, ("not\na number",)


@dataclass
class Fitted:
    """A dataclass with state beside its fields, as people write them."""

    width: int
    drawn: Any = field(init=False)

    def __post_init__(self) -> None:
        self.card = EncoderCard("fitted", version="1")
        self.drawn = None

    def fit(self, seed: int) -> Fitted:
        self.drawn = np.random.default_rng(seed).standard_normal((1, self.width))
        self.offset = float(seed)
        return self

    def encode(self, sentences: Sequence[str]) -> Any:
        return vectors_of(sentences, self.width) * self.drawn + self.offset


@dataclass(frozen=True)
class Placed:
    """Computes on a device, and says on which."""

    card: EncoderCard
    device: str = "cuda"

    def replica(self, device: str) -> Placed:
        return Placed(self.card, device)

    def encode(self, sentences: Sequence[str]) -> Any:
        time.sleep(0.05)  # so that every worker gets something to do
        return np.full((len(sentences), 1), float(self.device.partition(":")[2]), np.float32)
