"""Dense layers that oneDNN computes give what torch's own give, or are left as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.transformer.backends import packed
from benchmark.encoders.transformer.backends.in_torch import TorchCompute
from benchmark.encoders.transformer.backends.packed import (
    PackedLinear,
    can_pack,
    is_same,
    pack,
    packed_layers,
)
from benchmark.options import EncoderOptions
from tests.rounding import OF_A_NETWORK
from tests.zoo.architectures import write_architecture

pytestmark = pytest.mark.skipif(
    not can_pack("cpu", "float32"), reason="this processor, or this torch, packs no layers"
)


class Feed(torch.nn.Module):
    """A dense layer and an activation, with something between them or not."""

    def __init__(self, activation: Any, between: float = 0.0) -> None:
        super().__init__()
        self.dense = torch.nn.Linear(48, 96)
        self.intermediate_act_fn = activation
        self.between = between

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """Return (..., 96)."""
        found: torch.Tensor = self.intermediate_act_fn(self.dense(given) + self.between)
        return found


def given(*shape: int) -> torch.Tensor:
    """Return random numbers."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


def parts(model: torch.nn.Module, *shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a model gives before and after packing, in double precision the first."""
    asked = given(*shape)
    with torch.inference_mode():
        before = model.double()(asked.double())
        pack(model.float())
        return before, model(asked)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(1, 48), (1, 1, 48), (7, 48), (3, 5, 48), (1030, 48)])
def test_a_layer_in_any_shape(bias: bool, shape: tuple[int, ...]) -> None:
    """Against float64; 48 products in float32 differ by a few units of 6e-8."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(48, 33, bias=bias))
    before, after = parts(model, *shape)
    assert len(packed_layers(model)) == 1
    assert after.shape == before.shape
    np.testing.assert_allclose(after, before, atol=2e-6, rtol=2e-6)


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        (torch.nn.GELU(), ("gelu", "none")),
        (torch.nn.GELU(approximate="tanh"), ("gelu", "tanh")),
        (torch.nn.ReLU(), ("relu", "")),
    ],
)
def test_an_activation_is_computed_along(activation: Any, name: tuple[str, str]) -> None:
    torch.manual_seed(0)
    model = Feed(activation)
    before, after = parts(model, 11, 48)
    [layer] = packed_layers(model)
    assert layer.activation == name
    assert isinstance(model.intermediate_act_fn, torch.nn.Identity)
    np.testing.assert_allclose(after, before, atol=2e-6, rtol=2e-6)


@pytest.mark.parametrize(
    "model",
    [Feed(torch.nn.SiLU()), Feed(torch.nn.GELU(), between=0.5), Feed(functional.gelu)],
    ids=["unknown", "something between", "no module"],
)
def test_an_activation_that_is_not_right_behind_stays(model: Feed) -> None:
    activation = model.intermediate_act_fn
    before, after = parts(model, 11, 48)
    [layer] = packed_layers(model)
    assert layer.activation == ("none", "")
    assert model.intermediate_act_fn is activation
    np.testing.assert_allclose(after, before, atol=2e-6, rtol=2e-6)


def test_a_layer_that_gives_something_else_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    right = PackedLinear.forward
    monkeypatch.setattr(PackedLinear, "forward", lambda self, asked: right(self, asked) * 1.001)
    model = torch.nn.Sequential(torch.nn.Linear(48, 33))
    pack(model)
    assert type(model[0]) is torch.nn.Linear


def test_layers_of_other_kinds_stay() -> None:
    """Subclasses compute something else; other types are not oneDNN's here."""

    class Own(torch.nn.Linear):
        pass

    model = torch.nn.Sequential(Own(8, 8), torch.nn.Linear(8, 8).double())
    pack(model)
    assert packed_layers(model) == []


def test_weights_of_another_moment() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(48, 33))
    pack(model)
    [layer] = packed_layers(model)
    asked, weight = given(5, 48), given(33, 48)
    layer.weight.data = weight
    layer.arrange()
    with torch.inference_mode():
        assert is_same(functional.linear(asked, weight, layer.bias), model(asked))


def loaded(folder: Any, **options: Any) -> TorchCompute:
    """Return what computes a folder."""
    encoder: Any = build_encoder(
        parse_reference(str(folder)), "sts", EncoderOptions(device="cpu", **options)
    )
    encoder.load()
    compute = encoder._compute
    assert isinstance(compute, TorchCompute)
    return compute


def test_a_model_keeps_no_weights_twice(tmp_path: Any) -> None:
    write_architecture(tmp_path / "m", "bert", "pieces")
    layers = packed_layers(loaded(tmp_path / "m").model)
    assert layers
    assert all(layer.weight.numel() == 0 for layer in layers)
    assert any(layer.activation == ("gelu", "none") for layer in layers)


def test_a_model_that_gives_something_else_is_loaded_again(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that takes the weights themselves from a layer, say."""
    write_architecture(tmp_path / "m", "bert", "pieces")
    wanted = loaded(tmp_path / "m")([[5, 6, 7]])

    def spoil(model: torch.nn.Module) -> None:
        pack(model)
        packed_layers(model)[0].register_forward_hook(lambda *given: given[-1] + 1)

    monkeypatch.setattr(packed, "pack", spoil)
    again = loaded(tmp_path / "m")
    assert packed_layers(again.model) == []
    np.testing.assert_allclose(again([[5, 6, 7]]), wanted, rtol=0, atol=OF_A_NETWORK)


def test_code_of_a_checkpoint_is_left_alone(tmp_path: Any) -> None:
    write_architecture(tmp_path / "m", "bert", "pieces")
    assert packed_layers(loaded(tmp_path / "m", trust_remote_code=True).model) == []
