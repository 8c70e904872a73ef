"""The identity of an encoder: what makes it another one, and what does not."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from benchmark.encoders import EncoderCard

KNOWN = EncoderCard(
    name="name",
    version="1",
    adapter="transformers",
    source="org/name",
    revision="c" * 40,
    weights_sha256="a" * 64,
    settings_sha256="b" * 64,
    pooler="avg",
    max_length=128,
    normalize=False,
    prompt="query: ",
    precision="float32",
    backend="torch",
    steps=("truncate:256",),
)
CHANGES: dict[str, Any] = {
    "version": "2",
    "adapter": "static-words",
    "weights_sha256": "c" * 64,
    "settings_sha256": "d" * 64,
    "pooler": "cls",
    "max_length": 64,
    "normalize": True,
    "prompt": None,
    "include_prompt": False,
    "template": "a {text} b",
    "rules": ("strip",),
    "encode_as": "query",
    "precision": "bfloat16",
    "backend": "numpy",
    "steps": ("truncate:128",),
}
WHERE_FROM = {
    "name": "other",
    "source": "org/mirror",
    "revision": None,
    "base": "org/base",
    "stored": "float16",
}


def test_all_fields_are_thought_of() -> None:
    assert {*CHANGES, *WHERE_FROM} == {field.name for field in fields(EncoderCard)}


def test_a_fingerprint_is_a_hash() -> None:
    assert KNOWN.fingerprint is not None
    assert len(KNOWN.fingerprint) == 64
    assert int(KNOWN.fingerprint, 16)
    assert replace(KNOWN).fingerprint == KNOWN.fingerprint


@pytest.mark.parametrize("field", CHANGES)
def test_what_changes_a_vector_changes_the_identity(field: str) -> None:
    assert replace(KNOWN, **{field: CHANGES[field]}).fingerprint != KNOWN.fingerprint


@pytest.mark.parametrize("field", WHERE_FROM)
def test_known_weights_speak_for_themselves(field: str) -> None:
    assert replace(KNOWN, **{field: WHERE_FROM[field]}).fingerprint == KNOWN.fingerprint


@pytest.mark.parametrize("field", [name for name in {**CHANGES, **WHERE_FROM} if "w" not in name])
def test_without_known_weights_everything_counts(field: str) -> None:
    mine = replace(KNOWN, weights_sha256=None)
    changed = replace(mine, **{field: {**CHANGES, **WHERE_FROM}[field]})
    assert changed.fingerprint != mine.fingerprint
    assert changed.fingerprint is not None


def test_neither_weights_nor_version_is_no_identity() -> None:
    assert replace(KNOWN, weights_sha256=None, version=None).fingerprint is None
    assert EncoderCard("mine").fingerprint is None
    assert EncoderCard("mine", version="1").fingerprint is not None
    assert EncoderCard("mine", weights_sha256="a" * 64).fingerprint is not None


def test_neighbouring_texts_are_not_run_together() -> None:
    first = EncoderCard("a", version="b c")
    second = EncoderCard("a b", version="c")
    assert first.fingerprint != second.fingerprint
