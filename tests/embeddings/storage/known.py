"""Stores with known vectors, and what must come out of them."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.embeddings import VectorCache, VectorStore
from benchmark.embeddings.storage import EncodedVectors
from benchmark.embeddings.storage import store as store_module

FINGERPRINT = "f" * 64
IDENTITY = json.dumps({"fingerprint": FINGERPRINT})


def cache_in(folder: Path, limit: int = 2**40) -> VectorCache:
    return VectorCache(folder / "vectors", limit)


def store_in(folder: Path, identity: str = IDENTITY, name: str = "mine") -> VectorStore:
    return cache_in(folder).store(identity, name)


def named(store: VectorStore, name: str) -> VectorStore:
    return replace(store, name=name)


def vectors_of(sentences: Sequence[str], dimension: int = 3) -> EncodedVectors:
    """Return what an encoder would say; another sentence has other numbers."""
    seeds = [zlib.crc32(sentence.encode("utf-8", "surrogatepass")) for sentence in sentences]
    matrix = np.array([_row(seed, dimension) for seed in seeds], np.float32)
    tokens = np.array([seed % 21 - 10 for seed in seeds], np.int32)
    return EncodedVectors(matrix.reshape(-1, dimension), tokens)


@functools.cache
def _row(seed: int, dimension: int) -> list[float]:
    return np.random.default_rng(seed).standard_normal(dimension).tolist()


def add(store: VectorStore, *sentences: str, dimension: int = 3) -> None:
    store.add(sentences, vectors_of(sentences, dimension))


def there(store: VectorStore, sentences: Sequence[str], dimension: int = 3) -> list[str]:
    """Return which of these sentences are stored; what is must be right, to the last bit."""
    found = store.look_up(sentences)
    served = [sentences[int(place)] for place in found.places]
    wanted = vectors_of(served, dimension)
    assert len(set(served)) == len(served)
    if served:
        assert found.vectors.matrix.dtype == np.float32
        assert found.vectors.matrix.tobytes() == wanted.matrix.tobytes()
        assert found.vectors.tokens.tolist() == wanted.tokens.tolist()
    return sorted(served)


def edit(store: VectorStore, statement: str, *values: object) -> None:
    """Change the file behind the back of the store."""
    with sqlite3.connect(store.path) as connection:
        connection.execute(statement, values)
    connection.close()


def ask(store: VectorStore, question: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(store.path)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


@pytest.fixture
def store(tmp_path: Path) -> VectorStore:
    """An empty store."""
    return store_in(tmp_path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be set."""
    now = [1e9]
    monkeypatch.setattr(store_module.time, "time", lambda: now[0])
    return now


# --- a cache of several models --------------------------------------------------------------------

ALL = "b d a c"
"""Models, in the order of their last use."""


@pytest.fixture
def empty(tmp_path: Path) -> VectorCache:
    """An empty cache."""
    return cache_in(tmp_path, 10**6)


def store_of(cache: VectorCache, model: str) -> VectorStore:
    return cache.store(json.dumps({"fingerprint": model * 64}), f"model {model}")


def fill(store: VectorStore) -> None:
    sentences = [f"sentence {place}" for place in range(100)]
    store.add(sentences, EncodedVectors(np.ones((100, 1000), np.float32), np.zeros(100, np.int32)))


def stored(cache: VectorCache, asked: str = ALL) -> str:
    """Return which of these models have vectors."""
    return " ".join(model for model in asked.split() if _has_rows(store_of(cache, model)))


def _has_rows(store: VectorStore) -> bool:
    """Look into the file, so that it does not count as use."""
    if not store.path.exists() or not ask(store, "SELECT name FROM sqlite_master"):
        return False
    return ask(store, "SELECT COUNT(*) FROM vector") != [(0,)]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models that were used in turn, to be copied: writing waits for the disk."""
    cache = VectorCache(tmp_path_factory.mktemp("original"))
    for number, model in enumerate(ALL.split()):
        fill(store_of(cache, model))
        edit(store_of(cache, model), "UPDATE encoder SET used = ?", 1e9 + number + 0.5)
    return cache.folder


@pytest.fixture
def filled(original: Path, empty: VectorCache, clock: list[float]) -> VectorCache:
    """Those models, written just now."""
    shutil.copytree(original, empty.folder, copy_function=shutil.copyfile)
    return empty


def at_rest(cache: VectorCache) -> None:
    """Make it long ago that anything was written."""
    for path in cache.folder.iterdir():
        os.utime(path, (0, 0))
