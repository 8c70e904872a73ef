"""The form of the probing files, and files that are known by their git blob id."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from benchmark.datasets.catalogue import Dataset, FileEntry, Part, content_hash
from benchmark.datasets.files import Folder, blob_id, difference, find_folder, load_parts
from benchmark.datasets.readers import READERS
from benchmark.errors import DataError
from tests.datasets.probing import git_blob_id, probing_file, write_probing

ROWS = (
    "tr\t7\tIt was late .\n"
    "tr\t12\tShe\u00a0left  early .\t \n"
    "va\t12\tNobody knew .\n"
    "tr\t7\tan\textra column\tThe last one counts .\n"
    "te\t7\tAgain .\r\n"
)


def read(name: str, text: str = ROWS):
    return READERS["probing"](name, [text.encode().replace(b"\r\n", b"\n")], ["p.txt"])


def test_partition_class_and_sentence() -> None:
    train = read("train")
    assert train.first == ("It was late .", "She left early .", "The last one counts .")
    assert train.second is None
    assert read("dev").first == ("Nobody knew .",)
    assert read("test").first == ("Again .",)


def test_classes_are_numbered_as_their_names_are_sorted() -> None:
    """12 before 7: they are words to SentEval."""
    assert read("train").labels.tolist() == [1, 0, 1]
    assert read("dev").labels.tolist() == [0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tr\t1\tfine .\nvalid\t1\tno .\n", "p.txt, line 2: 'valid\\t1\\tno .' is not a partition"),
        ("tr\t1\tfine .\n\n", "p.txt, line 2: '' is not a partition (tr, va or te), a class and"),
        ("tr\n", "p.txt, line 1: 'tr' is not a partition"),
        ("tr\t1\tfine .\nte\t2\tnew .\n", "p.txt, line 2: no training row is of class '2'"),
    ],
)
def test_what_is_no_row(text: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read("test", text)
    assert str(caught.value).startswith(said)


# --- known by blob id -----------------------------------------------------------------------------

CONTENT = probing_file(3, 120)


def dataset_of(content: bytes) -> Dataset:
    files = (FileEntry("probing/a.txt", blob=git_blob_id(content)),)
    parts = tuple(Part(name, 0, files) for name in ("train", "dev", "test"))
    return Dataset("A", "probing", "none", "", parts, source="https://x", one_by_one=True)


def test_the_id_is_that_of_git(tmp_path: Path) -> None:
    assert blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    path = write_probing(tmp_path, "a.txt", CONTENT)
    if shutil.which("git"):
        run = subprocess.run(["git", "hash-object", path], capture_output=True, check=True)
        assert run.stdout.decode().strip() == blob_id(CONTENT) == git_blob_id(CONTENT)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_the_original_with_any_line_ends_is_verified(tmp_path: Path, line_end: bytes) -> None:
    """The repository may hold either, and git may turn one into the other at a checkout."""
    for original in (CONTENT, CONTENT.replace(b"\n", b"\r\n")):
        dataset = dataset_of(original)
        copy = original.replace(b"\r\n", b"\n").replace(b"\n", line_end)
        if git_blob_id(copy) != dataset.parts[0].files[0].blob and b"\r" not in copy:
            continue  # the original's CR are lost: nothing can tell that it is the original
        write_probing(tmp_path, "probing/a.txt", copy)
        data = load_parts(dataset, dataset.parts, Folder(tmp_path, "here"))
        assert data.verified
        assert data.sha256 == content_hash(dataset.parts)
        assert [len(part) for part in data.parts] == [100, 10, 10]


def test_other_content_is_refused_with_both_ids(tmp_path: Path) -> None:
    dataset = dataset_of(CONTENT)
    path = write_probing(tmp_path, "probing/a.txt", CONTENT.replace(b"said", b"says"))
    folder = Folder(tmp_path, "here")
    with pytest.raises(DataError) as caught:
        load_parts(dataset, dataset.parts, folder)
    assert str(caught.value).startswith(
        f"{path}: refused, 120 lines of other text than the original's: cut short, re-tokenised "
        f"or edited (git blob id {git_blob_id(path.read_bytes())[:12]}…, expected "
        f"{git_blob_id(CONTENT)[:12]}…); get the original"
    )
    data = load_parts(dataset, dataset.parts, folder, unverified=True)
    assert not data.verified
    assert data.sha256 != content_hash(dataset.parts)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", "the file is a Git LFS pointer"),
        (b"<!DOCTYPE html>\n<html></html>", "the file is a web page"),
    ],
)
def test_what_is_no_data_at_all(content: bytes, said: str) -> None:
    entry = dataset_of(CONTENT).parts[0].files[0]
    assert (difference(content, entry) or "").startswith(said)


def test_a_file_without_any_hash_is_read_unverified_alone(tmp_path: Path) -> None:
    files = (FileEntry("probing/a.txt", lines=120),)
    dataset = Dataset("A", "probing", "none", "", (Part("train", 100, files),), source="https://x")
    write_probing(tmp_path, "probing/a.txt", CONTENT)
    with pytest.raises(DataError, match="refused, no hash of the original is known to tell"):
        load_parts(dataset, dataset.parts, Folder(tmp_path, "here"))
    data = load_parts(dataset, dataset.parts, Folder(tmp_path, "here"), unverified=True)
    assert not data.verified
    assert len(data.parts[0]) == 100


@pytest.mark.parametrize(
    ("below", "named"),
    [
        ("data/probing", "data"),
        ("data/probing", "data/downstream"),
        ("data/probing", "."),
        ("senteval/probing", "."),
        ("probing", "."),
    ],
)
def test_it_is_found_beside_downstream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str, named: str
) -> None:
    from benchmark.datasets.files import candidate_folders

    monkeypatch.setattr("benchmark.datasets.files.download_folder", lambda: tmp_path / "none" / "x")
    (tmp_path / "data" / "downstream").mkdir(parents=True)
    path = write_probing(tmp_path, f"{below}/a.txt", CONTENT)
    dataset = dataset_of(CONTENT)
    folders = candidate_folders([Folder(tmp_path / named, "named")])
    folder = find_folder(dataset, dataset.parts, folders)
    assert folder is not None
    assert folder.path(dataset.parts[0].files[0]).resolve() == path.resolve()
    assert load_parts(dataset, dataset.parts, folder).verified
