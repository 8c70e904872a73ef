"""What an encoder offers is seen without asking it for anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmark.encoders import EncoderCard, build_encoder, parse_reference
from benchmark.encoders.protocol import (
    ComputingEncoder,
    ConcurrentEncoder,
    Encoder,
    LoadableEncoder,
    OverlappingEncoder,
    ReplicableEncoder,
    TokenEncoder,
    offers,
)
from benchmark.options import EncoderOptions
from tests import checkpoints

ALL = (Encoder, LoadableEncoder, ComputingEncoder, ReplicableEncoder)
ALL += (TokenEncoder, OverlappingEncoder, ConcurrentEncoder)


class Texts:
    """The two members that every encoder has; the card is set when it is made."""

    def __init__(self) -> None:
        self.card = EncoderCard("texts")

    def encode(self, sentences: Sequence[str]) -> Any:
        raise AssertionError


class Tokens(Texts):
    """Whatever is read of it would take long."""

    @property
    def batch_tokens(self) -> int:
        raise AssertionError("the model was loaded")

    streams = overlaps = batch_tokens

    def tokenize(self, sentences: Sequence[str]) -> Any:
        raise AssertionError

    encode_tokens = start_tokens = enter_stream = leave_streams = tokenize


@dataclass(slots=True)
class Fields:
    """Its members are fields."""

    card: EncoderCard
    encode: Callable[..., Any]
    load: Callable[..., Any]


def offered(encoder: object) -> set[type]:
    return {protocol for protocol in ALL if offers(encoder, protocol)}


@pytest.mark.parametrize(
    ("encoder", "wanted"),
    [
        (object(), set()),
        (Texts(), {Encoder}),
        (Tokens(), {Encoder, TokenEncoder, OverlappingEncoder, ConcurrentEncoder}),
        (Fields(EncoderCard("fields"), print, print), {Encoder, LoadableEncoder}),
    ],
    ids=["nothing", "texts", "tokens", "fields"],
)
def test_what_is_offered(encoder: object, wanted: set[type]) -> None:
    """No property is read: those of `Tokens` would fail."""
    assert offered(encoder) == wanted


def test_a_member_that_is_taken_back() -> None:
    class Silent(Tokens):
        start_tokens = None  # type: ignore[assignment]

    assert offered(Silent()) == {Encoder, TokenEncoder, ConcurrentEncoder}


def test_a_transformer_offers_all_and_loads_nothing(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    encoder = build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(pooler="avg"))
    assert offered(encoder) == {*ALL}
    assert not {"_compute", "_tokenizer", "_device_name"} & vars(encoder).keys()
