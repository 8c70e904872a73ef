"""Under which name an encoder goes out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.interchange import NO_REVISION, PublicIdentity, public_identity
from tests.interchange.stored import stored_run
from tests.results.samples import CARD

ONE = {"STS12": 0.5}


def test_a_model_of_the_hub_is_its_id_and_commit(tmp_path: Path):
    identity = public_identity(stored_run(tmp_path, ONE, name="my-name-for-it"))
    assert identity == PublicIdentity("org/tiny-bert", "0123456789abcdef0123456789abcdef01234567")
    assert identity.is_hub_id
    assert identity.folder == "org__tiny-bert"


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
    identity = public_identity(stored_run(tmp_path, ONE, card=card))
    assert identity == PublicIdentity("tiny-bert", NO_REVISION)
    assert not identity.is_hub_id


def test_a_given_name_keeps_the_commit_only_of_that_very_repository(tmp_path: Path):
    run = stored_run(tmp_path, ONE)
    assert public_identity(run, "org/tiny-bert").revision == CARD.revision
    assert public_identity(run, "else/tiny-bert") == PublicIdentity("else/tiny-bert", NO_REVISION)


@pytest.mark.parametrize("named", ["", "tiny-bert", "a/b/c", "org/../x", "org/na me", "ørg/x"])
def test_a_given_name_must_be_a_hub_id(tmp_path: Path, named: str):
    with pytest.raises(UsageError, match=r"`model_name` .*org/name"):
        public_identity(stored_run(tmp_path, ONE), named)


def test_a_hostile_name_stays_in_its_folder_and_on_its_line(tmp_path: Path):
    card = replace(CARD, source=None, name="../../etc\n\x1b[31m")
    identity = public_identity(stored_run(tmp_path, ONE, card=card))
    assert "/" not in identity.folder
    assert not identity.folder.startswith(".")
    assert identity.name.isprintable()
