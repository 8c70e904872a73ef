"""Sentences of one length together: each gets the vector that the library gives it alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.device import as_memory_error
from benchmark.errors import ModelError

_TOKENS = {"cpu": 1024, "cuda": 65536, "mps": 16384}
"""Of a batch: beyond these it gains nothing."""

_MOST = 256
"""Sentences that are prepared, or computed, at once."""


def encode_by_length(
    model: Any, sentences: Sequence[str], prompt: str, task: str | None
) -> NDArray[np.float32]:
    """Return the (n, d) float32 vectors that the library's ``encode`` gives sentences.

    The library pads the sentences of a batch to one length. What is padded differs from what is
    not in its last bits, and with some modules (CNN) by more: they look at the padding. Sentences
    that need none are put together here.

    Args:
        model: a ``SentenceTransformer``.
        sentences: in any order.
        prompt: text before each of them; "" for none, whatever the model's default is.
        task: the way through a model that has several; None for the plain one.

    Raises:
        ModelError: what comes back is no vector for each sentence.
        MemoryError: one sentence is too much for the device.
    """
    if not sentences:
        return np.empty((0, 0), np.float32)
    options = {"prompt": prompt} | ({"task": task} if task else {})
    places: list[int] = []
    found: list[NDArray[np.float32]] = []
    for length, batch in _batches(model, sentences, options):
        texts = [sentences[place] for place in batch]
        places += batch
        if not length and _has_no_token(model, texts[0], options):
            found.append(np.zeros((len(batch), 0), np.float32))
        else:
            found += _encoded(model, texts, options)
    widths = {vectors.shape[1] for vectors in found if vectors.size}
    if len(widths) > 1:
        raise ModelError(f"the library gives vectors of several widths: {sorted(widths)}")
    width = widths.pop() if widths else 1
    whole = [vectors if vectors.size else np.zeros((len(vectors), width)) for vectors in found]
    return np.concatenate(whole, dtype=np.float32)[np.argsort(places)]


def _batches(
    model: Any, sentences: Sequence[str], options: dict[str, str]
) -> Iterator[tuple[int, list[int]]]:
    """Yield lengths in tokens, and the places of sentences that go together."""
    budget = _TOKENS.get(model.device.type, _TOKENS["cpu"])
    by_length: dict[int, list[int]] = {}
    for start in range(0, len(sentences), _MOST):
        part = list(sentences[start : start + _MOST])
        for place, length in enumerate(_lengths(model, part, options)):
            by_length.setdefault(length, []).append(start + place)
    for length, places in by_length.items():
        size = max(1, min(_MOST, budget // max(length, 1)))
        for start in range(0, len(places), size):
            yield length, places[start : start + size]


def _lengths(model: Any, sentences: list[str], options: dict[str, str]) -> list[int]:
    """Return the true lengths of sentences in tokens; 0 for all where nothing is padded."""
    features = model.preprocess(sentences, **options)
    mask = features.get("attention_mask")
    if mask is not None and mask.ndim == 2 and len(mask) == len(sentences):
        return mask.sum(dim=1).tolist()  # type: ignore[no-any-return]
    padded = features.get("input_ids")
    if padded is None or padded.ndim == 1:
        return [0] * len(sentences)
    return [model.preprocess([each], **options)["input_ids"].shape[-1] for each in sentences]


def _encoded(model: Any, batch: list[str], options: dict[str, str]) -> list[NDArray[np.float32]]:
    """Return the vectors of a batch, in parts if the whole is too much for the device."""
    try:
        with as_memory_error():
            vectors = model.encode(batch, batch_size=len(batch), show_progress_bar=False, **options)
    except MemoryError:
        if len(batch) == 1:
            raise
        half = len(batch) // 2
        return _encoded(model, batch[:half], options) + _encoded(model, batch[half:], options)
    if not isinstance(vectors, np.ndarray) or vectors.ndim != 2:
        raise ModelError("the library gives something else than a vector for each sentence")
    return [vectors]


def _has_no_token(model: Any, sentence: str, options: dict[str, str]) -> bool:
    """Tell whether nothing would go into the model: the library fails at such a sentence alone."""
    ids = model.preprocess([sentence], **options).get("input_ids")
    return ids is not None and ids.ndim == 2 and ids.shape[1] == 0
