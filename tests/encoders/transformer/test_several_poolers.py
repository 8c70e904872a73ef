"""Several poolers in one pass over the layers: each part is what one pooler alone gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.encoders import PooledEncoder, build_encoder, parse_reference, vector_identity
from benchmark.encoders.protocol import offers
from benchmark.encoders.transformer.hidden import Hidden
from benchmark.encoders.transformer.poolers import POOLERS, Pooler
from benchmark.errors import ModelError, UsageError
from benchmark.options import EncoderOptions
from tests.checkpoints import (
    HIDDEN,
    SENTENCES,
    write_decoder,
    write_plain,
    write_sentence_transformers,
)
from tests.encoders.plain import OF_ANY_TEXT, plain_by_pooler
from tests.rounding import assert_close


def encoder_of(folder: Path, **options: Any) -> Any:
    chosen = EncoderOptions(device="cpu", **options)
    return build_encoder(parse_reference(str(folder)), "sts", chosen)


def parts_of(vectors: Any, count: int) -> Any:
    return np.split(vectors, count, axis=1)


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_each_part_is_that_of_the_pooler_alone(family: Any, tmp_path: Path) -> None:
    """To the last bit: the same batch goes through the same layers."""
    encoder = encoder_of(write_plain(tmp_path / "m", family), pooler="avg")
    names = encoder.poolers
    assert set(names) == set(OF_ANY_TEXT)
    assert names[0] == "avg"
    parts = parts_of(encoder.pooled(*names).encode(SENTENCES), len(names))
    for name, part in zip(names, parts, strict=True):
        np.testing.assert_array_equal(part, encoder.pooled(name).encode(SENTENCES), name)


def test_each_part_is_that_of_a_plain_computation(tmp_path: Path) -> None:
    folder = write_plain(tmp_path / "m")
    parts = parts_of(
        encoder_of(folder, pooler="max").pooled(*OF_ANY_TEXT).encode(SENTENCES), len(OF_ANY_TEXT)
    )
    wanted = plain_by_pooler(folder, OF_ANY_TEXT, SENTENCES)
    for name, part in zip(OF_ANY_TEXT, parts, strict=True):
        assert_close(part, wanted[name])


@pytest.mark.parametrize("write", [write_plain, write_sentence_transformers])
@pytest.mark.parametrize("name", ["max", "avg_first_last", "last_token"])
def test_it_is_the_encoder_that_is_asked_for_by_this_pooler(
    write: Callable[[Path], Path], name: str, tmp_path: Path
) -> None:
    """By its card, by what its vectors are stored under, and by the steps that follow."""
    folder = write(tmp_path / "m")
    found = encoder_of(folder, pooler="avg").pooled(name)
    wanted = encoder_of(folder, pooler=name)
    assert found.card == wanted.card
    assert found.stored_card == wanted.stored_card
    assert vector_identity(found) == vector_identity(wanted)
    assert offers(found, PooledEncoder)
    np.testing.assert_array_equal(found.encode(SENTENCES), wanted.encode(SENTENCES))


def test_a_template_brings_the_poolers_that_take_it(tmp_path: Path) -> None:
    folder = write_plain(tmp_path / "m")
    template = '"{text}" means {mask}.'
    encoder = encoder_of(folder, pooler="mask", template=template)
    assert set(encoder.poolers) == {*OF_ANY_TEXT, "mask"}
    names = ("mask", "mask-template:head", "avg")
    parts = parts_of(encoder.pooled(*names).encode(SENTENCES), 3)
    for name, part in zip(names, parts, strict=True):
        alone = encoder_of(folder, pooler=name, template=template)
        np.testing.assert_array_equal(part, alone.encode(SENTENCES), name)
    copies = "{bos}Say:{/}{text}{/}Again:{/}{text}"
    decoder = encoder_of(write_decoder(tmp_path / "d"), pooler="last_copy", template=copies)
    assert {"last_copy", "from_last_copy"} <= set(decoder.poolers)
    assert "mask" not in decoder.poolers


def _half(hidden: Hidden) -> Any:
    return hidden.tokens.mean(dim=1)[:, : HIDDEN // 2]


def test_vectors_of_several_widths_are_not_put_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could cut them apart again."""
    monkeypatch.setitem(POOLERS, "half", Pooler("half", _half, ""))
    encoder = encoder_of(write_plain(tmp_path / "m"), pooler="avg")
    assert encoder.pooled("half").encode(SENTENCES).shape[1] == HIDDEN // 2
    with pytest.raises(ModelError, match="stack expects each tensor to be equal size"):
        encoder.pooled("avg", "half").encode(SENTENCES)
    with pytest.raises(UsageError, match="unknown pooler 'hlf'"):
        encoder.pooled("hlf")
