"""What is said to CUDA when a batch is started, seen by stand-ins: no GPU is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmark.encoders import build_encoder, parse_reference
from benchmark.options import EncoderOptions
from tests.checkpoints import write_plain

ROWS = [[2, 5, 6, 3], [2, 7, 8, 3]]


class Event:
    """Remembers what it was recorded on, and that it was waited for."""

    made: list[Event]

    def __init__(self) -> None:
        self.stream: object = None
        self.waited = False
        self.made.append(self)

    def record(self, stream: object = None) -> None:
        self.stream = stream

    def synchronize(self) -> None:
        self.waited = True


def test_vectors_are_waited_for_on_the_device_that_computes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The current device is the first; a copy of the encoder may compute on another one."""
    options = EncoderOptions(pooler="avg", device="cpu")
    encoder: Any = build_encoder(parse_reference(str(write_plain(tmp_path / "m"))), "sts", options)
    compute = encoder._compute
    expected = compute(ROWS)
    second = torch.device("cuda", 1)
    empty = torch.empty

    def pageable(*sizes: Any, pin_memory: bool, **more: Any) -> Any:
        assert pin_memory
        return empty(*sizes, **more)

    monkeypatch.setattr(compute, "_device", second)
    monkeypatch.setattr(Event, "made", [], raising=False)
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device=None: ("stream of", device))
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, *_, **__: tensor)
    monkeypatch.setattr(torch, "empty", pageable)
    wait = compute.start(ROWS)
    [event] = Event.made
    assert event.stream == ("stream of", second)
    assert not event.waited
    assert np.array_equal(wait(), expected)
    assert event.waited
