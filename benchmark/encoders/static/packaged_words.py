"""Averages of static word vectors (GloVe), as SentEval's bag-of-vectors example makes them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.identity import versions
from benchmark.encoders.static.bags import bag_means
from benchmark.errors import ModelError
from benchmark.extras import installing

ADAPTER_VERSION = "1"


@dataclass(frozen=True)
class StaticWordsEncoder:
    """Mean of the vectors of a sentence's words.

    A sentence is lower-cased (the vocabulary is) and split at white space; every known word
    counts, stop words and punctuation included, each time it occurs; unknown words are left
    out. A sentence without any known word gets the zero vector. Words are added in the order of
    the sentence, as the records of this model have it (other static encoders: `bags`).

    Attributes:
        checkpoint: folder with the vectors and the index of words.
        card: identity, see `EncoderCard`.
        vectors_file: (words, d) float32 matrix in numpy's format.
        index_file: parquet table whose column ``index`` names the word of each row.
    """

    checkpoint: Checkpoint
    card: EncoderCard
    vectors_file: str
    index_file: str

    @property
    def computed_with(self) -> dict[str, str]:
        """The library that takes the means."""
        return versions(("numpy",))

    @property
    def vector_width(self) -> int:
        """How many numbers a word has."""
        vectors = self._mapped()
        return int(vectors.shape[-1]) if vectors.ndim else 0

    def load(self) -> None:
        """Read vocabulary and vectors now instead of at the first sentence.

        Raises:
            ModelError: they cannot be read.
        """
        _ = self._loaded

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Return the (n, d) float32 means of the word vectors of n sentences."""
        row_of, vectors = self._loaded
        known = [
            [row for word in sentence.lower().split() if (row := row_of.get(word)) is not None]
            for sentence in sentences
        ]
        means: NDArray[np.float32] = bag_means(
            known, lambda rows: vectors[rows], vectors.shape[1], np.float32
        )
        return means

    @functools.cached_property
    def _loaded(self) -> tuple[dict[str, int], NDArray[np.float32]]:
        with self.checkpoint.seal.unchanged():
            row_of = self._read_rows()
            return row_of, self._read_vectors(len(row_of))

    def _read_rows(self) -> dict[str, int]:
        import pandas as pd

        path = self.checkpoint.folder / self.index_file
        try:
            words = pd.read_parquet(path, columns=["index"])["index"]
        except ImportError as error:
            raise ModelError(
                f"{self.card.name}: reading its vocabulary needs pyarrow; {installing('glove')}"
            ) from error
        except Exception as error:
            raise ModelError(f"{path}: cannot be read ({error})") from error
        return {word: row for row, word in enumerate(words)}

    def _read_vectors(self, words: int) -> NDArray[np.float32]:
        path, vectors = self.checkpoint.folder / self.vectors_file, self._mapped()
        if vectors.ndim != 2 or len(vectors) != words:
            raise ModelError(f"{path}: its shape {vectors.shape} does not fit {self.index_file}")
        # Copied: what is mapped to a file changes with the file.
        return np.array(vectors, np.float32)

    def _mapped(self) -> NDArray[Any]:
        path = self.checkpoint.folder / self.vectors_file
        try:
            found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except Exception as error:  # an EOFError too, and what reading its header may raise
            raise ModelError(f"{path}: cannot be read ({error})") from error
        return found
