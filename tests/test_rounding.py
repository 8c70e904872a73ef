"""The comparison to rounding lets every processor pass, and no fault."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import checkpoints
from tests.checkpoints import SENTENCES
from tests.encoders.plain import OF_ANY_TEXT, POOL, plain_by_pooler, plain_ids, plain_vectors
from tests.rounding import OF_A_NETWORK, assert_apart, assert_close

WRITE: dict[str, Callable[[Path], Path]] = {
    "bert": checkpoints.write_plain,
    "mpnet": checkpoints.write_mpnet,
    "roberta": lambda folder: checkpoints.write_plain(folder, "roberta"),
}


@pytest.mark.parametrize("family", WRITE)
def test_any_two_poolers_and_layers_are_apart(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = WRITE[family](tmp_path / "m")
    for layer in (0, 1, 2):
        monkeypatch.setitem(POOL, f"avg@{layer}", lambda h, layer=layer: h[layer].mean(axis=0))
    names = (*OF_ANY_TEXT, *(name for name in POOL if "@" in name))
    vectors = plain_by_pooler(folder, names, SENTENCES)
    for one, other in combinations(names, 2):
        assert_apart(vectors[one], vectors[other])


@pytest.mark.parametrize("family", WRITE)
def test_a_token_less_is_apart(family: str, tmp_path: Path) -> None:
    """Each of the sentences by itself: a batch is as wrong as its least changed row."""
    folder = WRITE[family](tmp_path / "m")
    for sentence in SENTENCES:
        whole = plain_vectors(folder, "avg", [sentence])
        length = len(plain_ids(folder, sentence))
        assert_apart(plain_vectors(folder, "avg", [sentence], limit=length - 1), whole)


def changed(vectors: Any, value: float) -> Any:
    other = vectors.copy()
    other[1, 2] = value
    return other


def test_what_is_close() -> None:
    wanted = np.random.default_rng(0).normal(size=(4, 8))
    found = wanted.astype(np.float32)
    limit = OF_A_NETWORK * np.abs(wanted).max()
    assert_close(found, wanted)
    assert_close(changed(found, wanted[1, 2] + 0.9 * limit), wanted)
    assert_close(changed(found, np.nan), changed(wanted, np.nan))
    assert_close(np.zeros((0, 3), np.float32), np.zeros((0, 3)))
    for wrong in (
        changed(found, wanted[1, 2] + 1.1 * limit),
        changed(found, np.nan),
        changed(found, np.inf),
        found[:1],
        found.astype(np.float64),
    ):
        with pytest.raises(AssertionError):
            assert_close(wrong, wanted)
    with pytest.raises(AssertionError):
        assert_close(found[:1], np.repeat(found[:1], 4, axis=0))
    with pytest.raises(AssertionError):
        assert_apart(wanted + 50 * limit, wanted)
