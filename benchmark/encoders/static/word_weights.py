"""Weights of words by how frequent they are: SIF and uSIF.

SIF (Arora, Liang and Ma 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings"): a
word of probability p weighs a / (a + p). uSIF (Ethayarajh 2018, "Unsupervised Random Walk Sentence
Embeddings"): a / (a/2 + p), with a = (1 - alpha) / (alpha Z), Z = V/2, V words in all, and alpha
the share of them more probable than 1 - (1 - 1/V)^n, n the length of a sentence; before that, as in
the authors' code, each dimension is divided by its length over the words of the sentence. Both then
take common components away from the vectors of all sentences: that is a step behind the encoder.

Probabilities are those of a list of counts; without one they go by Zipf's law, by the place of a
word in the file of its vector, as those are in order of frequency: p = 1 / (r H), for r = 1, 2, ...
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.static.word_rules import read_plain
from benchmark.errors import UsageError

Kind = Literal["sif", "usif"]
_KINDS: tuple[Kind, ...] = ("sif", "usif")
_FORMS = "sif:A or usif:N, each also with :FILE of words and counts"
_LARGEST = 10**6


@dataclass(frozen=True)
class WordWeights:
    """A way to weigh words.

    Attributes:
        kind: whose.
        parameter: SIF's a, uSIF's n.
        counts: how often each word was seen; None to go by Zipf's law.
        counts_sha256: of the file that has them.
    """

    kind: Kind
    parameter: float
    counts: Mapping[str, float] | None = field(default=None, repr=False)
    counts_sha256: str | None = None

    @property
    def name(self) -> str:
        """What it is, for the card: ``sif:0.001@zipf``."""
        return f"{self.kind}:{self.parameter:g}@{(self.counts_sha256 or 'zipf')[:12]}"

    @property
    def scales_dimensions(self) -> bool:
        """Whether dimensions are divided by their lengths over the words of a sentence."""
        return self.kind == "usif"

    def of(self, words: Mapping[str, int], vocabulary: int) -> NDArray[np.float64]:
        """Return the weights of words.

        A word that a list of counts does not have weighs as one of probability 0 in SIF, and as
        the least frequent one of the list in uSIF, as in the authors' code.

        Args:
            words: and the place of each in the vocabulary, from 0 on.
            vocabulary: how many words that has.
        """
        if self.counts is None:
            ranks = np.arange(1, vocabulary + 1, dtype=np.float64)
            known = 1 / (ranks * (1 / ranks).sum())
            p = known[list(words.values())]
        else:
            known = self._listed
            unknown = float(known.min()) if self.kind == "usif" else 0.0
            total = sum(self.counts.values())
            seen = [self.counts.get(word) for word in words]
            p = np.array([unknown if count is None else count / total for count in seen])
        a = self.parameter if self.kind == "sif" else self._a(known)
        weights: NDArray[np.float64] = a / ((a if self.kind == "sif" else a / 2) + p)
        return weights

    @functools.cached_property
    def _listed(self) -> NDArray[np.float64]:
        """The probabilities of the list."""
        counts = np.array(list((self.counts or {}).values()))
        listed: NDArray[np.float64] = counts / counts.sum()
        return listed

    def _a(self, known: NDArray[np.float64]) -> float:
        size = len(known)
        threshold = 1 - (1 - 1 / size) ** self.parameter
        alpha = float((known > threshold).mean())
        if not 0 < alpha < 1:
            raise UsageError(
                f"`word_weights` {self.name}: {'no' if alpha == 0 else 'every'} word is more "
                f"frequent than {threshold:.3g}; there are too few words for uSIF"
            )
        return (1 - alpha) / (alpha * size / 2)


def read_weights(text: str | None) -> WordWeights | None:
    """Return the weights that the option `word_weights` names; None for all alike.

    Raises:
        UsageError: none of their forms, or a file that is no list of words and counts.
    """
    if text is None:
        return None
    kind, _, rest = text.partition(":")
    number, _, file = rest.partition(":")
    parameter = _number(number)
    if kind not in _KINDS or parameter is None or not 0 < parameter < _LARGEST:
        raise UsageError(f"`word_weights` {text}: {_FORMS} is expected")
    if not file:
        return WordWeights(kind, parameter)
    counts, sha256 = _read_counts(Path(file), f"`word_weights` {text}")
    return WordWeights(kind, parameter, counts, sha256)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read_counts(path: Path, option: str) -> tuple[dict[str, float], str]:
    """Return the counts of a file, a word and its count a line, and its SHA-256."""
    content = read_plain(path, option)
    counts: dict[str, float] = {}
    for number, line in enumerate(content.decode("utf-8").split("\n"), 1):
        word, _, count = line.strip().rpartition("\t" if "\t" in line else " ")
        if not line.strip():
            continue
        value = _number(count)
        if not word or value is None or not 0 < value < float("inf"):
            raise UsageError(f"{option}: line {number:,}: a word and its count are expected")
        counts.setdefault(word.strip(), value)
    if not counts:
        raise UsageError(f"{option}: the file holds no counts")
    return counts, hashlib.sha256(content).hexdigest()
