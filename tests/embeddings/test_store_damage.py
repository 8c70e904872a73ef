"""Damaged files: whatever was done to the bytes, a vector is right or counts as not there."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from benchmark.embeddings import VectorStore, database
from tests.embeddings.stored import add, ask, cache_in, store_in, there, warnings

BLOCKS = [[f"block {block}, sentence {place}" for place in range(7)] for block in range(3)]
SENTENCES = [sentence for block in BLOCKS for sentence in block]
EVERYTHING = sorted(SENTENCES)

LEAF_OF_A_TABLE = 0x0D
"""First byte of such a page, https://www.sqlite.org/fileformat2.html#b_tree_pages"""

Damage = Callable[[bytes], bytes]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VectorStore:
    """Three blocks in a few pages of the smallest size, so that every byte can have its turn."""
    monkeypatch.setattr(database, "_PAGE_BYTES", 512)
    store = store_in(tmp_path)
    for block in BLOCKS:
        add(store, *block)
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
    # A flip in a page of the tree can hide a block so well that it seems never to have been.
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


@pytest.mark.parametrize("column", ["digests", "tokens", "vectors"])
def test_a_flipped_byte_in_a_block_costs_that_block(
    small: VectorStore, column: str, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    content = small.path.read_bytes()
    [(part,)] = ask(small, f"SELECT {column} FROM block WHERE id = 2")
    # Of a column that goes on in another page, the first bytes are found in one piece.
    start = content.index(part[:20])
    for place in (start, start + 5, start + 19):
        put(small, next(flips(content, [place], lambda _: [0x10])))
        caplog.clear()
        assert there(small, SENTENCES) == sorted(BLOCKS[0] + BLOCKS[2])
        [said] = warnings(caplog)
        assert said.startswith("mine: 1 damaged blocks of stored vectors in ")
        assert ask(small, "SELECT id FROM block ORDER BY id") == [(1,), (3,)]
        add(small, *BLOCKS[1])
        caplog.clear()
        assert there(small, SENTENCES) == EVERYTHING
        assert warnings(caplog) == []
        assert not small.path.with_suffix(".damaged").exists()


def test_damage_is_noticed_though_no_sentence_of_the_block_is_asked_for(
    small: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    content = small.path.read_bytes()
    [(digests,)] = ask(small, "SELECT digests FROM block WHERE id = 2")
    put(small, content.replace(digests[:16], b"another sentence"))
    assert there(small, BLOCKS[0]) == sorted(BLOCKS[0])
    assert "1 damaged blocks" in warnings(caplog)[0]


def test_damage_around_the_blocks_sets_the_file_aside(
    small: VectorStore, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """What is still right is served all the same."""
    content = bytearray(small.path.read_bytes())
    [(root,)] = ask(small, "SELECT rootpage FROM sqlite_master WHERE name = 'block'")
    # Its cells are listed first: of the three leaves, forget where the free space begins.
    leaf = next(
        page * 512
        for page in range(root, len(content) // 512)
        if content[page * 512] == LEAF_OF_A_TABLE
    )
    content[leaf + 1 : leaf + 3] = b"\1\xff"
    [(vectors,)] = ask(small, "SELECT vectors FROM block WHERE id = 2")
    content[content.index(vectors[:20])] ^= 1
    put(small, bytes(content))
    assert there(small, SENTENCES) == sorted(BLOCKS[0] + BLOCKS[2])
    assert ["1 damaged blocks" in said for said in warnings(caplog)] == [True, False]
    assert "set aside" in warnings(caplog)[1]
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
        connection.execute("DELETE FROM block WHERE id = 1")
    content = bytearray(small.path.read_bytes())
    assert content[32:36] != bytes(4)
    content[32:36] = b"\xff" * 4
    put(small, bytes(content))
    assert there(small, SENTENCES) == sorted(BLOCKS[1] + BLOCKS[2])
    add(small, *BLOCKS[0])
    assert "set aside" in warnings(caplog)[-1]
    assert there(small, SENTENCES) == sorted(BLOCKS[0])
    assert small.path.with_suffix(".damaged").exists()
