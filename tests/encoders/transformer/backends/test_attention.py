"""Which kernels may compute attention on CUDA, asked amid a forward pass: no GPU is needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmark.encoders import build_encoder, parse_reference
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests.checkpoints import write_plain

IDS = torch.tensor([[2, 5, 6, 3]])


@pytest.fixture
def compute(tmp_path: Path) -> Any:
    options = EncoderOptions(pooler="avg", device="cpu")
    encoder: Any = build_encoder(parse_reference(str(write_plain(tmp_path / "m"))), "sts", options)
    return encoder._compute


@pytest.fixture(params=[True, False])
def before(request: pytest.FixtureRequest) -> Iterator[bool]:
    """What the process has asked of torch."""
    was = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(request.param)
    yield request.param
    torch.backends.cuda.enable_cudnn_sdp(was)


@pytest.mark.parametrize("kind", ["cuda", "cpu"])
def test_cudnn_computes_no_attention_of_ours_and_that_of_others_as_before(
    compute: Any, before: bool, kind: str, monkeypatch: pytest.MonkeyPatch
):
    seen = []
    compute.model.register_forward_hook(
        lambda *_: seen.append(torch.backends.cuda.cudnn_sdp_enabled())
    )
    monkeypatch.setattr(compute, "_device", torch.device(kind))
    with torch.inference_mode():
        compute._vectors(IDS)
    assert seen == [before and kind == "cpu"]
    assert torch.backends.cuda.cudnn_sdp_enabled() == before


def test_it_is_as_before_after_a_failure(
    compute: Any, before: bool, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: Any) -> None:
        raise ValueError("no such kernel")

    compute.model.register_forward_hook(fail)
    monkeypatch.setattr(compute, "_device", torch.device("cuda"))
    with pytest.raises(ModelError, match="no such kernel"), torch.inference_mode():
        compute._vectors(IDS)
    assert torch.backends.cuda.cudnn_sdp_enabled() == before
