"""Mean of the vectors of a sentence's words, from a file of word vectors.

The rule is that of SentEval's ``bow.py``: words are what stands between white space, those without
a vector are left out, all others count each time they occur. A sentence of none has the zero
vector.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.asked.options import require_usual
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.checkpoint import joined_sha256
from benchmark.encoders.identity import versions
from benchmark.encoders.static.bags import bag_means, in_order
from benchmark.encoders.static.unknown import Unknown
from benchmark.encoders.static.vectors_file import VectorsFile
from benchmark.encoders.static.word_rules import WordRules, read_rules
from benchmark.encoders.static.word_weights import WordWeights, read_weights
from benchmark.options import EncoderOptions

ADAPTER_VERSION = "1"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WordVectorsEncoder:
    """Mean of the vectors of a sentence's words, weighted or not.

    Attributes:
        card: identity.
        file: has the vectors.
        rules: which words a sentence has.
        weights: of the words; None where all weigh the same.
    """

    card: EncoderCard
    file: VectorsFile
    rules: WordRules
    weights: WordWeights | None = None
    _rows: dict[int, NDArray[np.float32]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    _unknown: Unknown = field(default_factory=Unknown, init=False, repr=False, compare=False)

    @property
    def computed_with(self) -> dict[str, str]:
        """The library that takes the means."""
        return versions(("numpy",))

    def load(self) -> None:
        """Find the words of the file now instead of at the first sentence.

        Raises:
            ModelError: the file is damaged.
        """
        self.file.load()

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors of n sentences.

        Raises:
            ModelError: the file is damaged.
        """
        known = self.file.places
        said = [self.rules.words(sentence) for sentence in sentences]
        found = [[word for word in bag if word in known] for bag in said]
        self._unknown.count(self.card.name, sum(map(len, said)), sum(map(len, found)))
        words = {word: known[word] for bag in found for word in bag}
        self._read(words.values())
        numbers = {place: row for row, place in enumerate(sorted(words.values()))}
        vectors = np.zeros((len(numbers), self.file.width), np.float32)
        for place, row in numbers.items():
            vectors[row] = self._rows[place]
        bags = [in_order([numbers[known[word]] for word in bag]) for bag in found]
        if self.weights is None:
            return bag_means(bags, lambda ids: vectors[ids], self.file.width, np.float32)
        by_row = np.empty(len(numbers))
        by_row[[numbers[place] for place in words.values()]] = self.weights.of(
            words, len(self.file)
        )
        scales = self.weights.scales_dimensions

        def weighted(ids: NDArray[np.int64]) -> NDArray[Any]:
            rows = vectors[ids].astype(np.float64)
            if scales:
                lengths = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
                np.divide(rows, lengths, out=rows, where=lengths > 0)
            scaled: NDArray[Any] = rows * by_row[ids][..., None]
            return scaled

        return bag_means(bags, weighted, self.file.width, np.float32)

    def _read(self, places: Collection[int]) -> None:
        """Read the vectors of places that were not asked for before."""
        new = sorted(set(places) - self._rows.keys())
        self._rows.update(zip(new, self.file.rows(new), strict=True))


def word_vectors_encoder(name: str, path: Path, options: EncoderOptions) -> WordVectorsEncoder:
    """Return the encoder of a file of word vectors, identified but not walked through.

    Args:
        name: the file as it was given.
        path: of the file, absolute.
        options: what was asked.

    Raises:
        ModelError: the file cannot be read, or is none of word vectors.
        UsageError: rules or weights that there are not, or an option without use here.
    """
    require_usual(replace(options, word_rules=None, word_weights=None), name)
    rules = read_rules(options.word_rules)
    weights = read_weights(options.word_weights)
    file = VectorsFile(path)
    sha256 = file.sha256()
    if rules.lower is None:
        with file.seal.unchanged(hash_again=False):
            rules = replace(rules, lower=not file.is_cased())
        case = "lower-cased, as its words are" if rules.lower else "taken as they are written"
        logger.info("%s: sentences are %s; `word_rules` says otherwise", name, case)
    lists = [found for found in (rules.stop_sha256, weights and weights.counts_sha256) if found]
    card = EncoderCard(
        name=path.name,
        version=ADAPTER_VERSION,
        adapter="word-vectors",
        source=name,
        weights_sha256=sha256,
        settings_sha256=joined_sha256(lists) if lists else None,
        pooler=weights.name if weights else "avg_words",
        rules=rules.names,
        backend="numpy",
    )
    return WordVectorsEncoder(card, file, rules, weights)
