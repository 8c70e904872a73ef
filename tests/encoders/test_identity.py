"""What vectors are stored under: another vector must mean another identity."""

from __future__ import annotations

import inspect
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.embeddings import VectorCache
from benchmark.encoders import (
    EncoderCard,
    as_encoder,
    build_encoder,
    parse_reference,
    vector_identity,
)
from benchmark.encoders.identity import _source_sha256, versions
from benchmark.encoders.protocol import ComputingEncoder, offers
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.encoders.test_card import CHANGES, KNOWN, WHERE_FROM

COMPUTED = {"device": "cpu", "torch": "2.1", "tokenizers": "0.2"}


@dataclass
class Stated:
    """An encoder that only says who it is."""

    card: EncoderCard

    def encode(self, sentences: Sequence[str]) -> Any:
        raise AssertionError


@dataclass
class Computing(Stated):
    """One that says what computes, too."""

    computed_with: dict[str, str]


def identity(card: EncoderCard = KNOWN, **computed: str) -> str:
    found = vector_identity(Computing(card, COMPUTED | computed))
    assert found is not None
    return found


# --- any encoder ----------------------------------------------------------------------------------


def test_all_fields_of_a_card_are_thought_of() -> None:
    assert {*CHANGES, *WHERE_FROM} == {field.name for field in fields(EncoderCard)}


@pytest.mark.parametrize("field", CHANGES)
def test_what_changes_a_vector_changes_the_file(field: str, tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    changed = identity(replace(KNOWN, **{field: CHANGES[field]}))
    assert changed != identity()
    assert cache.store(changed, "name").path != cache.store(identity(), "name").path


@pytest.mark.parametrize("field", WHERE_FROM)
def test_known_weights_share_their_vectors_whatever_they_are_called(field: str) -> None:
    assert identity(replace(KNOWN, **{field: WHERE_FROM[field]})) == identity()


@pytest.mark.parametrize("field", WHERE_FROM)
def test_without_known_weights_the_name_counts(field: str) -> None:
    mine = replace(KNOWN, weights_sha256=None)
    assert identity(replace(mine, **{field: WHERE_FROM[field]})) != identity(mine)


@pytest.mark.parametrize("name", COMPUTED)
def test_what_computes_counts(name: str) -> None:
    assert identity(**{name: "other"}) != identity()


def test_another_library_counts() -> None:
    assert identity(onnxruntime="1") != identity()


def test_another_kind_of_machine_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = vector_identity(Stated(KNOWN))
    computing = identity()
    monkeypatch.setattr(platform, "machine", lambda: "sparc")
    assert vector_identity(Stated(KNOWN)) != plain
    assert identity() != computing


def test_who_says_nothing_of_computing_is_known_all_the_same() -> None:
    assert not offers(Stated(KNOWN), ComputingEncoder)
    assert vector_identity(Stated(KNOWN)) not in (None, identity())


def test_it_is_text_that_can_be_read() -> None:
    """`cache` shows the fingerprint; no order of a dictionary may change the text."""
    content = json.loads(identity())
    assert content["fingerprint"] == KNOWN.fingerprint
    assert content["torch"] == "2.1"
    turned = Computing(KNOWN, dict(reversed(COMPUTED.items())))
    assert vector_identity(turned) == identity()
    assert identity(replace(KNOWN, weights_sha256=None, name="\udcffä")).isascii()


@pytest.mark.parametrize("card", [EncoderCard("mine"), EncoderCard("mine", revision="1")])
def test_neither_version_nor_weights_is_no_identity(card: EncoderCard) -> None:
    assert vector_identity(Stated(card)) is None
    assert vector_identity(Computing(card, COMPUTED)) is None


def test_an_object_without_a_card_has_none() -> None:
    class Mine:
        def encode(self, sentences: Sequence[str]) -> Any:
            return np.zeros((len(sentences), 2))

    assert vector_identity(as_encoder(Mine())) is None


def test_versions_are_those_installed() -> None:
    assert versions(("numpy",)) == {"numpy": np.__version__}


# --- our own adapters -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain checkpoint."""
    return checkpoints.write_plain(tmp_path_factory.mktemp("plain"), "bert")


def built(folder: Path, **options: Any) -> Any:
    options = {"pooler": "avg", "device": "cpu"} | options
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(**options))


def test_a_transformer_names_what_tokenizes_and_computes(folder: Path) -> None:
    encoder = built(folder)
    assert offers(encoder, ComputingEncoder)
    assert set(encoder.computed_with) >= {"device", "torch", "transformers", "tokenizers"}
    assert encoder.computed_with["device"] == "cpu"


@pytest.mark.parametrize("package", ["torch", "transformers", "tokenizers"])
def test_an_upgrade_makes_another_identity(
    folder: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, installed = vector_identity(built(folder)), metadata.version

    def upgraded(name: str) -> str:
        return "99.0" if name == package else installed(name)

    monkeypatch.setattr(metadata, "version", upgraded)
    assert vector_identity(built(folder)) != before


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_another_device_makes_another_identity(
    folder: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = vector_identity(built(folder))
    monkeypatch.setattr("benchmark.encoders.transformer.encoder.device_name", lambda _: device)
    assert vector_identity(built(folder)) != before


@pytest.mark.parametrize("options", [{"pooler": "cls_before_pooler"}, {"max_length": 16}])
def test_an_option_makes_another_identity(folder: Path, options: dict[str, Any]) -> None:
    assert vector_identity(built(folder, **options)) != vector_identity(built(folder))


@pytest.mark.parametrize("file", ["model.safetensors", "vocab.txt", "tokenizer_config.json"])
def test_another_file_makes_another_identity(folder: Path, file: str, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert vector_identity(built(tmp_path)) == vector_identity(built(folder))
    changed = tmp_path / file
    content = changed.read_bytes() if changed.exists() else b"{}"
    changed.write_bytes(content + (b"\n[more]\n" if file == "vocab.txt" else b" "))
    assert vector_identity(built(tmp_path)) != vector_identity(built(folder))


def test_an_edit_of_a_users_encoder_counts_though_its_version_does_not(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    code = (
        "from benchmark import EncoderCard\n"
        "class Mine:\n"
        "    card = EncoderCard('mine', version='1')\n"
        "    def encode(self, sentences):\n"
        "        return [[1.0]] * len(sentences)\n"
    )
    found = []
    for text in (code, code, code.replace("1.0", "2.0")):
        file.write_text(text)
        found.append(
            vector_identity(build_encoder(parse_reference(f"{file}:Mine"), "sts", EncoderOptions()))
        )
    assert found[0] == found[1] != found[2]


@dataclass
class OfTheHouse(Stated):
    """An adapter of ours without weights of known content: a service, say."""

    __module__ = "benchmark.encoders.service"


def test_an_edit_of_our_own_files_does_not_count_but_the_adapters_version_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source.py"
    monkeypatch.setattr(inspect, "getsourcefile", lambda _: str(source))
    asked = replace(KNOWN, adapter="service", weights_sha256=None)

    def found(kind: type[Stated], text: str, version: str = "1") -> str | None:
        source.write_text(text)
        _source_sha256.cache_clear()
        return vector_identity(kind(replace(asked, version=version)))

    assert found(OfTheHouse, "one") == found(OfTheHouse, "two")
    assert found(OfTheHouse, "one") != found(OfTheHouse, "one", version="2")
    assert found(Stated, "one") != found(Stated, "two")
    _source_sha256.cache_clear()
