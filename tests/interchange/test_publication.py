"""Under which name an encoder goes out, and into which file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.interchange import (
    NO_REVISION,
    ExportedFile,
    PublicName,
    public_name,
    publications,
    write_files,
)
from benchmark.results import collect
from tests.interchange.stored import stored_run, write_records
from tests.results.samples import CARD

ONE = {"STS12": 0.5}
OTHER = replace(CARD, name="other", source="org/other", weights_sha256="ef" * 32)


def test_a_model_of_the_hub_is_its_id_and_commit(tmp_path: Path):
    known_as = public_name(stored_run(tmp_path, ONE, name="my-name-for-it"))
    assert known_as == PublicName("org/tiny-bert", "0123456789abcdef0123456789abcdef01234567")
    assert known_as.is_hub_id
    assert known_as.folder == "org__tiny-bert"


@pytest.mark.parametrize(
    ("source", "revision"),
    [
        ("a-package", "0.1.0"),
        ("checkpoints/tiny-bert", None),  # a folder of this name, not the hub's
        ("org/tiny-bert", "main"),
        ("/somewhere/tiny-bert", CARD.revision),
        (None, None),
    ],
)
def test_anything_else_is_its_plain_name(tmp_path: Path, source: str | None, revision: str | None):
    card = replace(CARD, source=source, revision=revision)
    known_as = public_name(stored_run(tmp_path, ONE, card=card))
    assert known_as == PublicName("tiny-bert", NO_REVISION)
    assert not known_as.is_hub_id


def test_a_given_name_keeps_the_commit_only_of_that_very_repository(tmp_path: Path):
    run = stored_run(tmp_path, ONE)
    assert public_name(run, "org/tiny-bert").revision == CARD.revision
    assert public_name(run, "else/tiny-bert") == PublicName("else/tiny-bert", NO_REVISION)


@pytest.mark.parametrize("named", ["", "tiny-bert", "a/b/c", "org/../x", "org/na me", "ørg/x"])
def test_a_given_name_must_be_a_hub_id(tmp_path: Path, named: str):
    with pytest.raises(UsageError, match=r"`model_name` .*org/name"):
        public_name(stored_run(tmp_path, ONE), named)


def test_a_hostile_name_stays_in_its_folder_and_on_its_line(tmp_path: Path):
    card = replace(CARD, source=None, name="../../etc\n\x1b[31m")
    known_as = public_name(stored_run(tmp_path, ONE, card=card))
    assert "/" not in known_as.folder
    assert not known_as.folder.startswith(".")
    assert known_as.name.isprintable()


def test_every_model_has_its_own_name(tmp_path: Path):
    write_records(tmp_path, ONE)
    write_records(tmp_path, ONE, card=OTHER)
    entries = publications(collect([tmp_path]))
    assert [entry.known_as.name for entry in entries] == ["org/other", "org/tiny-bert"]


def test_two_states_of_a_model_do_not_share_a_folder(tmp_path: Path):
    write_records(tmp_path, ONE)
    write_records(tmp_path, ONE, card=replace(CARD, pooler="avg"))
    with pytest.raises(UsageError, match=r"both be exported as org/tiny-bert .*name the records"):
        publications(collect([tmp_path]))


def test_one_given_name_is_not_for_two_models(tmp_path: Path):
    write_records(tmp_path, ONE)
    write_records(tmp_path, ONE, card=OTHER)
    with pytest.raises(UsageError, match=r"`model_name` org/x .*several: other, tiny-bert"):
        publications(collect([tmp_path]), "org/x")


def test_files_are_written_whole_and_replaced(tmp_path: Path):
    for content in (b"old", b"new"):
        [path] = write_files(tmp_path / "out", [ExportedFile("a/b.json", content)])
    assert path == tmp_path / "out" / "a" / "b.json"
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in path.parent.iterdir()] == ["b.json"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UsageError, match=r"`output` .*out.*cannot be written.*another folder"):
        write_files(tmp_path / "out", [ExportedFile("a.json", b"")])
