"""The store of one encoder: what goes in comes out, to the last bit, and nothing else does."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.embeddings import VectorStore, embed
from benchmark.embeddings.storage import NOTHING, EncodedVectors, rows
from tests.embeddings.storage.known import (
    IDENTITY,
    add,
    ask,
    cache_in,
    edit,
    named,
    store_in,
    there,
    vectors_of,
    warnings,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
"""With surrogates, NUL and every kind of line end."""


# --- what goes in comes out -----------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    sentences=st.lists(ANY_TEXT, min_size=1, max_size=20, unique=True),
    dimension=st.integers(1, 4),
    writes=st.integers(1, 4),
    data=st.data(),
)
def test_what_goes_in_comes_out(
    sentences: list[str], dimension: int, writes: int, data: st.DataObject
) -> None:
    bits = data.draw(st.integers(0, 2**32 - 1))
    dice = np.random.default_rng(bits)
    shape = len(sentences), dimension
    matrix = dice.integers(0, 2**32, shape, np.uint32).view(np.float32)  # also the subnormal
    matrix[~np.isfinite(matrix)] = -0.0
    tokens = dice.integers(-(2**31), 2**31, len(sentences), np.int32)
    tokens[dice.random(len(tokens)) < 0.3] = 0
    unknown = data.draw(st.lists(ANY_TEXT, max_size=5, unique=True))
    asked = data.draw(st.permutations(list(dict.fromkeys(sentences + unknown))))
    with tempfile.TemporaryDirectory() as folder:
        store = store_in(Path(folder))
        for places in np.array_split(np.arange(len(sentences)), writes):
            chosen = [sentences[place] for place in places]
            store.add(chosen, EncodedVectors(matrix[places], tokens[places]))
        found = store.look_up(asked)
    served = [asked[place] for place in found.places]
    assert sorted(served) == sorted(sentences)
    places = [sentences.index(sentence) for sentence in served]
    assert found.vectors.matrix.tobytes() == matrix[places].tobytes()
    assert found.vectors.tokens.tolist() == tokens[places].tolist()


ALIKE = [
    "",
    " ",
    "a",
    "A",
    "a ",
    "a\n",
    "a\r\n",
    "a\0",
    "ä",
    "a\u0308",
    "\U0001f600",
    "\ud83d\ude00",
]


def test_sentences_that_look_alike_are_told_apart(store: VectorStore) -> None:
    for sentence in ALIKE[::2]:
        add(store, sentence)
    assert there(store, ALIKE) == sorted(ALIKE[::2])


def test_of_what_was_stored_twice_the_last_counts(store: VectorStore) -> None:
    """Two runs at once encode the same; a shard that was lost is encoded again."""
    store.add(["a", "b", "a"], EncodedVectors(np.float32([[1], [2], [3]]), np.int32([1, 2, 3])))
    assert store.look_up(["a"]).vectors.matrix.tolist() == [[3]]
    store.add(["a"], EncodedVectors(np.float32([[4]]), np.int32([4])))
    found = store.look_up(["a", "b"])
    assert dict(zip(found.places.tolist(), found.vectors.matrix[:, 0].tolist(), strict=True)) == {
        0: 4.0,
        1: 2.0,
    }


def test_what_is_asked_twice_is_told_once(store: VectorStore) -> None:
    add(store, "a", "b")
    assert store.look_up(["a", "b", "a"]).places.tolist() in ([2, 1], [1, 2])


def test_an_encoder_that_changed_its_width_under_the_same_version(store: VectorStore) -> None:
    add(store, "old", "both", dimension=3)
    add(store, "new", "both", dimension=5)
    assert there(store, ["old", "new", "both"], dimension=5) == ["both", "new"]
    assert ask(store, "SELECT COUNT(*) FROM vector") == [(2,)]


def test_nothing_asked_and_nothing_there(store: VectorStore) -> None:
    assert store.look_up(["a"]) is NOTHING
    assert not store.path.parent.exists()
    add(store, "a")
    assert store.look_up([]) is NOTHING
    assert len(store.look_up(["b"]).places) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_not_stored(store: VectorStore, value: float) -> None:
    vectors = vectors_of(["good", "bad", "fine"])
    vectors.matrix[1, 2] = value
    store.add(["good", "bad", "fine"], vectors)
    assert there(store, ["good", "bad", "fine"]) == ["fine", "good"]


def test_nothing_to_store_writes_no_file(store: VectorStore) -> None:
    store.add([], EncodedVectors(np.empty((0, 3), np.float32), np.empty(0, np.int32)))
    store.add([], NOTHING.vectors)
    store.add(["bad"], EncodedVectors(np.full((1, 3), np.nan, np.float32), np.int32([1])))
    assert not store.path.exists()
    assert there(store, ["bad"]) == []


@pytest.mark.slow
def test_as_many_sentences_as_all_tasks_have(store: VectorStore) -> None:
    sentences = [f"a sentence that was made up, number {place}" for place in range(150_000)]
    matrix = np.random.default_rng(0).standard_normal((len(sentences), 8)).astype(np.float32)
    tokens = np.arange(len(sentences), dtype=np.int32)
    for part in np.array_split(np.arange(len(sentences)), 40):
        store.add([sentences[place] for place in part], EncodedVectors(matrix[part], tokens[part]))
    found = store.look_up(sentences[::-1])
    assert len(found.places) == len(sentences)
    order = len(sentences) - 1 - found.places
    assert np.array_equal(found.vectors.matrix, matrix[order])
    assert np.array_equal(found.vectors.tokens, tokens[order])
    assert len(store.look_up([*sentences[1000:1010], "another"]).places) == 10


# --- whose vectors --------------------------------------------------------------------------------


def test_the_file_of_another_encoder(
    tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    mine, other = store_in(tmp_path), store_in(tmp_path, IDENTITY.replace("f", "e"))
    assert mine.path != other.path
    mine.add(["a"], EncodedVectors(np.float32([[1]]), np.int32([1])))
    shutil.copy(mine.path, other.path)
    assert there(other, ["a"]) == []
    [said] = warnings(caplog)
    assert "by another version or for another encoder" in said
    # What is stored now must not go under the name of the first.
    other.add(["a"], EncodedVectors(np.float32([[2]]), np.int32([2])))
    assert other.look_up(["a"]).vectors.matrix.tolist() == [[2]]
    shutil.copy(other.path, mine.path)
    assert mine.look_up(["a"]) is NOTHING


@pytest.mark.parametrize("version", [0, 1, 99, -1])
def test_another_format_is_not_read_and_laid_out_anew(
    store: VectorStore, version: int, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    add(store, "a")
    edit(store, 'CREATE TABLE "of ""another"" version" (id INTEGER PRIMARY KEY AUTOINCREMENT)')
    edit(store, f"PRAGMA user_version = {version}")
    assert there(store, ["a"]) == []
    assert len(warnings(caplog)) == 1
    add(store, "b")
    assert there(store, ["a", "b"]) == ["b"]
    assert ask(store, "PRAGMA user_version") == [(rows.FORMAT,)]


def test_other_tables_than_the_format_has_are_damage(
    store: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    add(store, "a")
    edit(store, "ALTER TABLE vector ADD COLUMN more TEXT")
    assert there(store, ["a"]) == []
    assert "set aside" in warnings(caplog)[0]
    add(store, "a")
    assert there(store, ["a"]) == ["a"]


def test_a_new_file_is_nothing_to_report(
    store: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    store.path.parent.mkdir()
    store.path.touch()
    assert there(store, ["a"]) == []
    assert warnings(caplog) == []
    add(store, "a")
    assert there(store, ["a"]) == ["a"]
    assert ask(store, "PRAGMA auto_vacuum") == [(2,)]


@pytest.mark.parametrize("name", ["org/name", "", "a\0b\n\x1b[31m", "./\udcff", "'); DROP TABLE"])
def test_any_name(tmp_path: Path, name: str) -> None:
    store = named(store_in(tmp_path), name)
    add(store, "a")
    assert there(store, ["a"]) == ["a"]
    [summary] = cache_in(tmp_path).summaries()
    assert summary.name == name.encode("utf-8", "backslashreplace").decode()


@pytest.mark.parametrize("folder", ["with blank", "?mode=ro", "100%25#x", "ü", "a\nb", "\udcff"])
def test_any_folder(tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for place in (tmp_path / folder, Path(folder)):
        store = store_in(place)
        add(store, "a")
        assert there(store, ["a"]) == ["a"]
        assert [path.name for path in (tmp_path / folder / "vectors").iterdir()] == [
            store.path.name
        ]


# --- use ------------------------------------------------------------------------------------------


def used(store: VectorStore) -> float:
    [(seconds,)] = ask(store, "SELECT used FROM encoder")
    return float(seconds)


def test_a_look_up_is_a_use_and_seldom_noted(store: VectorStore, clock: list[float]) -> None:
    add(store, "a", "b")
    for later, noted in ((599, 0), (601, 601), (1200, 601), (1300, 1300), (-1000, -1000)):
        clock[0] = 1e9 + later
        store.look_up(["a", "c"])
        assert used(store) == 1e9 + noted
    clock[0] = 1e9 + 7
    add(store, "c")
    assert used(store) == 1e9 + 7


# --- through embed --------------------------------------------------------------------------------


class Counting:
    """Knows what it was asked."""

    def __init__(self) -> None:
        self.card: Any = None
        self.asked: list[str] = []

    def encode(self, sentences: list[str]) -> np.ndarray:
        self.asked += sentences
        return vectors_of(sentences).matrix


def test_only_what_is_missing_is_encoded(store: VectorStore) -> None:
    from benchmark.encoders import EncoderCard

    encoder = Counting()
    encoder.card = EncoderCard("mine", version="1")
    first = embed(encoder, ["a", "b", "b"], store=store)
    assert sorted(encoder.asked) == ["a", "b"]
    assert first.report.encoded == {"a", "b"}
    second = embed(encoder, ["b", "c", "a"], store=replace(store))
    assert sorted(encoder.asked) == ["a", "b", "c"]
    assert second.report.encoded == {"c"}
    assert second[["a", "b", "c"]].tobytes() == vectors_of(["a", "b", "c"]).matrix.tobytes()
