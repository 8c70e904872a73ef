"""Several models, one output folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.interchange import ExportedFile, publications, write_files
from benchmark.results import collect
from tests.interchange.stored import write_records
from tests.results.samples import CARD

ONE = {"STS12": 0.5}
OTHER = replace(CARD, name="other", source="org/other", weights_sha256="ef" * 32)


def test_every_model_has_its_own_name(tmp_path: Path):
    write_records(tmp_path, ONE)
    write_records(tmp_path, ONE, card=OTHER)
    entries = publications(collect([tmp_path]))
    assert [entry.identity.name for entry in entries] == ["org/other", "org/tiny-bert"]


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
