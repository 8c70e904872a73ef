"""Files found, checked and read: what is let through, what is refused and how it is marked."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.datasets import Dataset, LoadedData, files
from benchmark.datasets.catalogue import content_hash, digest_of_digests
from benchmark.datasets.files import Folder, load_parts
from benchmark.errors import DataError
from benchmark.foreign import Unreadable
from tests.datasets.synthetic import World


@pytest.fixture
def year(world: World) -> Dataset:
    return world.catalogue.datasets["Year1"]


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Folder:
    """Whole and original."""
    return Folder(world.write(tmp_path / "mine"), "mine")


def gold_of(folder: Folder, dataset: Dataset) -> Path:
    return folder.root / dataset.parts[0].files[1].path


def sentences_of(folder: Folder, dataset: Dataset) -> Path:
    return folder.root / dataset.parts[0].files[0].path


def load(dataset: Dataset, folder: Folder, **options) -> LoadedData:
    return load_parts(dataset, dataset.parts, folder, **options)


# --- whole and original ---------------------------------------------------------------------------


def test_parts_come_in_the_catalogues_order_with_their_counts(
    year: Dataset, folder: Folder
) -> None:
    data = load(year, folder)
    assert [part.name for part in data.parts] == ["forum", "news"]
    assert [(len(part), part.unscored) for part in data.parts] == [(10, 3), (10, 3)]
    assert data.verified
    assert data.folder == str(folder.root)


def test_parts_that_were_not_asked_for_are_not_looked_at(world: World, folder: Folder) -> None:
    bench = world.catalogue.datasets["Bench"]
    (folder.root / "STS/STSBenchmark/sts-dev.csv").unlink()
    data = load_parts(bench, bench.select(("test",)), folder)
    assert [part.name for part in data.parts] == ["test"]


def test_parts_can_be_selected_in_any_order(world: World) -> None:
    bench = world.catalogue.datasets["Bench"]
    assert [part.name for part in bench.select(("test", "dev"))] == ["test", "dev"]
    assert bench.select(()) == bench.parts
    with pytest.raises(KeyError):
        bench.select(("train",))


def test_verified_content_is_identified_as_in_the_catalogue(year: Dataset, folder: Folder) -> None:
    assert load(year, folder).sha256 == content_hash(year.parts)


def test_line_ends_make_no_other_data(year: Dataset, folder: Folder) -> None:
    expected = load(year, folder)
    for path in (sentences_of(folder, year), gold_of(folder, year)):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    found = load(year, folder)
    assert (found.sha256, found.verified) == (expected.sha256, True)
    assert [part.first for part in found.parts] == [part.first for part in expected.parts]
    assert [part.gold.tolist() for part in found.parts] == [p.gold.tolist() for p in expected.parts]


def test_the_digest_of_digests_depends_on_every_one_and_their_order() -> None:
    a, b = (hashlib.sha256(letter).hexdigest() for letter in (b"a", b"b"))
    assert digest_of_digests([a, b]) == hashlib.sha256(f"{a}\n{b}\n".encode()).hexdigest()
    digests = {digest_of_digests(each) for each in ([a, b], [b, a], [a], [a, a], [])}
    assert len(digests) == 5


# --- changed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 1])
def test_a_changed_file_is_refused_by_name_with_what_differs(
    year: Dataset, folder: Folder, which: int
) -> None:
    path = folder.root / year.parts[1].files[which].path
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    with pytest.raises(DataError) as caught:
        load(year, folder)
    message = str(caught.value)
    assert message.startswith(f"{path}: refused, 4 lines where 13 are expected")
    assert "`unverified_data`" in message
    assert "\n" not in message


def test_unverified_lets_it_through_and_marks_it(year: Dataset, folder: Folder) -> None:
    original = load(year, folder)
    path = sentences_of(folder, year)
    path.write_bytes(path.read_bytes().upper())
    data = load(year, folder, unverified=True)
    assert not data.verified
    assert data.sha256 != original.sha256
    assert data.parts[0].first == tuple(text.upper() for text in original.parts[0].first)
    assert data.parts[1].first == original.parts[1].first
    assert load(year, folder, unverified=True).sha256 == data.sha256


def test_unverified_leaves_the_original_verified(year: Dataset, folder: Folder) -> None:
    data = load(year, folder, unverified=True)
    assert (data.verified, data.sha256) == (True, content_hash(year.parts))


def test_unverified_takes_more_and_fewer_pairs(year: Dataset, folder: Folder) -> None:
    sentences_of(folder, year).write_bytes(b"a\tb\nc\td\ne\tf\n")
    gold_of(folder, year).write_bytes(b"1\n\n2\n")
    data = load(year, folder, unverified=True)
    assert [(len(part), part.unscored) for part in data.parts] == [(2, 1), (10, 3)]


@pytest.mark.parametrize(
    ("sentences", "gold", "message"),
    [
        (b"a\tb\n", b"1\n2\n", "2 gold lines for the 1 pairs"),
        (b"a b\n", b"1\n", "line 1: 1 tab-separated columns"),
        (b"a\tb\n", b"one\n", "line 1: 'one' is not a gold score"),
        (b"a\tb\xff\n", b"1\n", "not UTF-8 at byte 3"),
        (b"a\tb\n", b"\n", "nothing in it can be scored"),
        (b"", b"", "nothing in it can be scored"),
    ],
)
def test_unverified_does_not_let_nonsense_through(
    year: Dataset, folder: Folder, sentences: bytes, gold: bytes, message: str
) -> None:
    sentences_of(folder, year).write_bytes(sentences)
    gold_of(folder, year).write_bytes(gold)
    with pytest.raises(DataError, match=message) as caught:
        load(year, folder, unverified=True)
    assert str(folder.root) in str(caught.value)


def test_a_catalogue_that_counts_wrongly_is_noticed(year: Dataset, folder: Folder) -> None:
    wrong = replace(year, parts=(replace(year.parts[0], scored=13), year.parts[1]))
    with pytest.raises(DataError, match=r"forum\.txt: 10 samples, expected 13"):
        load(wrong, folder)


# --- missing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("unverified", [False, True])
@pytest.mark.parametrize(("part", "file"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_missing_file_is_named(
    year: Dataset, folder: Folder, part: int, file: int, unverified: bool
) -> None:
    path = folder.root / year.parts[part].files[file].path
    path.unlink()
    with pytest.raises(DataError) as caught:
        load(year, folder, unverified=unverified)
    assert str(caught.value).startswith(f"{path}: missing, though other files of the set are there")


def test_a_file_that_cannot_be_read_is_named(
    year: Dataset, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, most: int) -> bytes:
        raise Unreadable("Input/output error")

    monkeypatch.setattr(files, "read_bytes", broken)
    with pytest.raises(DataError, match=r"forum\.txt: cannot be read \(Input/output error\)"):
        load(year, folder)
