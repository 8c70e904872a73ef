"""Damaged files: whatever was done to the bytes, a vector is right or counts as not there."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from benchmark.embeddings import VectorStore
from benchmark.embeddings.storage import database
from benchmark.embeddings.storage.rows import digest
from tests.embeddings.storage.known import add, ask, cache_in, edit, store_in, there, warnings

SENTENCES = [f"sentence {place}" for place in range(21)]
EVERYTHING = sorted(SENTENCES)

LEAF_OF_A_TABLE = 0x0D
"""First byte of such a page, https://www.sqlite.org/fileformat2.html#b_tree_pages"""

Damage = Callable[[bytes], bytes]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VectorStore:
    """Some rows in a few pages of the smallest size, so that every byte can have its turn."""
    monkeypatch.setattr(database, "_PAGE_BYTES", 512)
    store = store_in(tmp_path)
    for start in (0, 7, 14):
        add(store, *SENTENCES[start : start + 7])
    assert store.path.stat().st_size < 5000
    return store


def put(store: VectorStore, content: bytes) -> None:
    for path in store.path.parent.iterdir():
        path.unlink()
    store.path.write_bytes(content)


def is_mended(store: VectorStore) -> bool:
    """Run as often as it takes, as an evaluation does; tell whether anything was missing at first.

    What the damaged file still serves is not stored again before it is set aside, so that a
    second run may have something to do, and after much damage a third.
    """
    found = [there(store, SENTENCES)]
    while found[-1] != EVERYTHING:
        assert len(found) < 5
        add(store, *[sentence for sentence in SENTENCES if sentence not in found[-1]])
        found.append(there(store, SENTENCES))
    return len(found) == 1


def flips(content: bytes, places: Iterable[int], changes: Callable[[int], Iterable[int]]):
    for place in places:
        for change in changes(place):
            damaged = bytearray(content)
            damaged[place] ^= change
            yield bytes(damaged)


def require_safe(
    store: VectorStore, damaged: Iterable[bytes], caplog: pytest.LogCaptureFixture
) -> tuple[int, int]:
    """Return how often something was missing, and how often that was not noticed."""
    missing = silent = 0
    for content in damaged:
        put(store, content)
        caplog.clear()
        if not is_mended(store):
            missing += 1
            silent += not warnings(caplog)
        cache_in(store.path.parents[1]).summaries()
    return missing, silent


def test_flipped_bytes(small: VectorStore, log: None, caplog: pytest.LogCaptureFixture) -> None:
    content = small.path.read_bytes()
    places = range(0, len(content), 11)
    missing, silent = require_safe(small, flips(content, places, lambda p: [1 << p % 8]), caplog)
    assert missing > len(places) // 4
    # A flip in a page of the tree can hide rows so well that they seem never to have been.
    assert silent <= 1 + len(places) // 500


@pytest.mark.slow
def test_every_flipped_byte(
    small: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    content = small.path.read_bytes()
    every = flips(content, range(len(content)), lambda place: [1 << (place + 3) % 8])
    missing, silent = require_safe(small, every, caplog)
    assert missing > len(content) // 4
    assert silent <= len(content) // 500


def place_of(store: VectorStore, column: str, row: int) -> int:
    """Return where in the file the content of a row begins; that of the index lies elsewhere."""
    [(key, vector)] = ask(store, f"SELECT digest, vector FROM vector WHERE id = {row}")
    content = store.path.read_bytes()
    start = content.index(vector)
    return start if column == "vector" else content.rindex(key, 0, start)


@pytest.mark.parametrize("column", ["digest", "vector"])
def test_a_flipped_byte_in_a_row_costs_that_row(
    small: VectorStore, column: str, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    content = small.path.read_bytes()
    start, lost = place_of(small, column, 9), sentence_of(small, 9)
    for place in (start, start + 5, start + 11):
        put(small, next(flips(content, [place], lambda _: [0x10])))
        caplog.clear()
        assert there(small, SENTENCES) == sorted({*SENTENCES} - {lost})
        [said] = warnings(caplog)
        assert said.startswith("mine: 1 damaged rows of stored vectors in ")
        assert ask(small, "SELECT COUNT(*) FROM vector") == [(len(SENTENCES) - 1,)]
        add(small, lost)
        caplog.clear()
        assert there(small, SENTENCES) == EVERYTHING
        assert warnings(caplog) == []
        assert ask(small, "PRAGMA integrity_check") == [("ok",)]
        assert not small.path.with_suffix(".damaged").exists()


def sentence_of(store: VectorStore, row: int) -> str:
    [(key,)] = ask(store, f"SELECT digest FROM vector WHERE id = {row}")
    return next(sentence for sentence in SENTENCES if digest(sentence) == key)


@pytest.mark.parametrize(
    "change",
    [
        "tokens = tokens + 1",
        f"tokens = tokens + {2**32}",
        "tokens = x'ff'",
        "checksum = checksum + 1",
        "checksum = x'ff'",
        "checksum = CAST(x'ff' AS TEXT)",
        "vector = vector || x'00000000'",
        "vector = x''",
        "vector = 7",
        "digest = x''",
        "digest = CAST(x'ff' AS TEXT)",
    ],
)
def test_rows_that_nobody_wrote(
    small: VectorStore, change: str, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    lost = sentence_of(small, 9)
    edit(small, f"UPDATE vector SET {change} WHERE id = 9")
    assert there(small, SENTENCES) == sorted({*SENTENCES} - {lost})
    assert ["1 damaged rows" in said for said in warnings(caplog)] == [True]
    assert ask(small, "SELECT COUNT(*) FROM vector WHERE id = 9") == [(0,)]
    assert not is_mended(small)
    assert there(small, SENTENCES) == EVERYTHING


def test_a_width_that_nobody_wrote(
    small: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    edit(small, "UPDATE encoder SET width = width + 1")
    assert there(small, SENTENCES) == []
    assert f"{len(SENTENCES)} damaged rows" in warnings(caplog)[0]
    assert not is_mended(small)


def test_damage_is_noticed_though_the_sentence_is_not_asked_for(
    small: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    content = bytearray(small.path.read_bytes())
    lost = sentence_of(small, 9)
    content[place_of(small, "digest", 9)] ^= 1
    put(small, bytes(content))
    asked = [sentence for sentence in SENTENCES if sentence != lost][:10]
    assert there(small, asked) == sorted(asked)
    assert "1 damaged rows" in warnings(caplog)[0]


def test_damage_to_the_index_alone(
    small: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """Whether rows are found one by one or all are read: the right vector, or none."""
    content = bytearray(small.path.read_bytes())
    [(key,)] = ask(small, "SELECT digest FROM vector WHERE id = 9")
    lost = sentence_of(small, 9)
    in_row = place_of(small, "digest", 9)
    places = [place for place in range(len(content)) if content.startswith(key, place)]
    [in_index] = [place for place in places if place != in_row]
    content[in_index] ^= 1
    put(small, bytes(content))
    assert there(small, SENTENCES) == EVERYTHING
    assert there(small, [lost]) == []
    add(small, lost)
    assert there(small, [lost]) == [lost]
    assert there(small, SENTENCES) == EVERYTHING


def test_damage_around_the_rows_sets_the_file_aside(
    small: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """What is still right is served all the same, up to where reading ends."""
    content = bytearray(small.path.read_bytes())
    page = place_of(small, "vector", 20) // 512 * 512
    assert content[page] == LEAF_OF_A_TABLE
    content[page] = 0xFF  # no kind of page
    put(small, bytes(content))
    served = there(small, SENTENCES)
    assert 5 < len(served) < len(SENTENCES)
    [said] = warnings(caplog)
    assert "set aside" in said
    assert not is_mended(small)


def mangled(content: bytes, dice: random.Random) -> bytes:
    """Return a file as a failing disk, a lost page or a bad copy leaves it."""
    damaged, size = bytearray(content), len(content)
    place, other = dice.randrange(size), dice.randrange(size)
    page, another = place // 512 * 512, other // 512 * 512
    match dice.randrange(6):
        case 0:
            del damaged[place:]
        case 1:
            end = min(place + dice.randrange(1, 1500), size)
            damaged[place:end] = bytes(end - place)
        case 2:
            damaged[page : page + 512] = content[another : another + 512]
            damaged[another : another + 512] = content[page : page + 512]
        case 3:
            damaged[page : page + 512] = content[another : another + 512]
        case 4:
            del damaged[place : place + dice.randrange(1, 600)]
        case 5:
            damaged[place:place] = dice.randbytes(dice.randrange(1, 600))
    return bytes(damaged)


def test_mangled_files(small: VectorStore, log: None, caplog: pytest.LogCaptureFixture) -> None:
    content, dice = small.path.read_bytes(), random.Random(4)
    missing, _ = require_safe(small, (mangled(content, dice) for _ in range(250)), caplog)
    assert missing > 160


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: bytes(len(content)),
        lambda content: b"version https://git-lfs.github.com/spec/v1\n",
        lambda content: b"\n" + content,
        lambda content: content[:100],
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: content[:100] + bytes(len(content) - 100),
        lambda content: content[::-1],
    ],
    ids=["zeros", "text", "shifted", "header", "cut", "half", "zeros after header", "reversed"],
)
def test_files_that_are_no_longer_one(
    small: VectorStore, damage: Damage, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    put(small, damage(small.path.read_bytes()))
    assert not is_mended(small)
    assert len(warnings(caplog)) >= 1
    assert all("\n" not in said for said in warnings(caplog))


def test_a_file_that_was_emptied_is_new(
    small: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    put(small, b"")
    assert not is_mended(small)
    assert warnings(caplog) == []


def test_damage_that_only_writing_meets(
    small: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The list of free pages: it is needed first when something is stored."""
    with database.writing(small.path) as connection:
        connection.execute("CREATE TABLE more (content BLOB)")
        connection.execute("INSERT INTO more VALUES (randomblob(2000))")
        connection.execute("DROP TABLE more")
    content = bytearray(small.path.read_bytes())
    assert content[32:36] != bytes(4)
    content[32:36] = b"\xff" * 4
    put(small, bytes(content))
    assert there(small, SENTENCES) == EVERYTHING
    more = [f"more {place}" for place in range(20)]
    add(small, *more)
    assert "set aside" in warnings(caplog)[-1]
    assert there(small, [*SENTENCES, *more]) == sorted(more)
    assert small.path.with_suffix(".damaged").exists()
