"""An encoder with one fault each, around a checkpoint that has none: what `parity` has to find."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from benchmark import EncoderCard

Texts = Callable[[str], str]
Rows = Callable[[Any], Any]
Ids = Callable[[list[int]], list[int]]


@dataclass
class Box:
    """An encoder of which nothing is known but its vectors.

    Attributes:
        inside: a transformer of ours.
        text: what is done to each sentence first.
        ids: what is done to the token ids of each.
        noise: added to each vector, as a part of its largest entry; the same whenever it is asked.
        rows: what is done to all vectors of a call.
        card: its identity.
    """

    inside: Any
    text: Texts = str
    ids: Ids = list
    noise: float = 0.0
    rows: Rows = np.asarray
    card: EncoderCard = field(default_factory=lambda: EncoderCard("box", version="1"))

    def encode(self, sentences: Sequence[str]) -> Any:
        texts = [self.text(sentence) for sentence in sentences]
        ids = [self.ids(row) for row in self.inside.tokenize(texts).ids]
        found = np.empty((len(ids), 32), np.float32)
        for length in {len(row) for row in ids}:
            places = [place for place, row in enumerate(ids) if len(row) == length]
            found[places] = self.inside.encode_tokens([ids[place] for place in places])
        for place, text in enumerate(texts):
            drawn = np.random.default_rng(zlib.crc32(text.encode())).uniform(-1, 1, 32)
            found[place] += self.noise * abs(found[place]).max() * drawn
        return self.rows(found)


def unit(rows: Any) -> Any:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def through(kind: torch.dtype) -> Rows:
    return lambda rows: torch.from_numpy(rows).to(kind).float().numpy()


def of_all(rows: Any) -> Any:
    """The last row of a call leaks into the others, as padding without a mask does."""
    return (rows + 0.1 * rows.mean(axis=0)).astype(np.float32)


SENTENCES = (
    "A man is playing a guitar.",
    "a man is playing a guitar.",
    "The Stock Market fell by 3.5 percent.",
    "THE CAT SAT",
    "the cat sat",
    "the cat sat ",
    "  the cat sat",
    "the cat  sat",
    "Élodie ordered a crème brûlée at the café",
    "elodie ordered a creme brulee",
    "In 2021 it cost $12.50 (or £9.99)",
    "Is this a question?",
    "a",
    "Yes",
    "no",
    "two words",
    "three more words",
    "small and plain text",
    "someone walks along the river",
    "one two three four five six seven eight nine ten",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z",
)
"""Capitals, blanks, accents, and lengths up to about forty tokens."""

PLAIN = tuple(s for s in SENTENCES if s == " ".join(s.split()))
