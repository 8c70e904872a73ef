"""What is scored, as one hash: the same from whatever form it was read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from benchmark.datasets.splits import Labelled, SentencePairs


def content_sha256(
    parts: Sequence[SentencePairs] | Sequence[Labelled], classes: Sequence[str] = ()
) -> str:
    """Return the SHA-256 of parts and names of classes, in hexadecimal.

    It is taken over: the line ``own-data 1``; a list of the classes' names; and for each part, in
    order, a list of its name alone, a list of its first texts, a list of its second texts (empty
    where it has none), and the number and the values of its gold, float64 scores or int64 places
    among the classes. A list is its number of texts, the length in bytes of each, and the texts in
    UTF-8, one after another; every number has 8 bytes, the lowest first. So no two contents are
    spelled alike.
    """
    digest = hashlib.sha256(b"own-data 1\n")
    _add_texts(digest, classes)
    for part in parts:
        pairs = isinstance(part, SentencePairs)
        gold = part.gold if isinstance(part, SentencePairs) else part.labels
        _add_texts(digest, [part.name])
        _add_texts(digest, part.first)
        _add_texts(digest, part.second or ())
        digest.update(np.int64(len(gold)).astype("<i8").tobytes())
        digest.update(gold.astype("<f8" if pairs else "<i8").tobytes())
    return digest.hexdigest()


def _add_texts(digest: hashlib._Hash, texts: Sequence[str]) -> None:
    encoded = [text.encode() for text in texts]
    lengths = [len(encoded), *map(len, encoded)]
    digest.update(np.array(lengths, "<i8").tobytes())
    digest.update(b"".join(encoded))
