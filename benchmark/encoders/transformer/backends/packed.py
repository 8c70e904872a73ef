"""Dense layers on a CPU with their weights laid out once, and the activation behind computed along.

torch multiplies by a matrix as it lies in memory, and arranges it anew for every product; oneDNN,
which comes with torch, arranges it once, and applies an activation while the product is still in
the processor's caches. The operations are those that torch's own compiler puts in their place.
Sums are taken in float32 by both, in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.nn import functional

_INSTRUCTIONS = "AVX512"
"""What the gain was measured with; kept to AVX2, torch's own products are as fast."""

_OPERATIONS = ("_linear_pointwise", "_reorder_linear_weight")

_ROWS = 1024
"""Tokens of a batch that the arrangement is chosen for; any other number is computed as well."""

_PROBED = 64
"""Rows that a packed layer is tried with."""

_DIFFERENCE = {torch.float32: 1e-5, torch.bfloat16: 2**-6}
"""Most that a layer may differ, as a part of its largest output: sums of n products in another
order differ by sqrt(n) units in the last place at most in practice, which is 6e-8 of float32; in
bfloat16 one rounding that falls the other way, before the activation, is 2**-8 of the number."""

_FOLLOWED = (("dense", "intermediate_act_fn"), ("lin1", "activation"), ("fc1", "activation_fn"))
"""Names that the loading library gives to a dense layer and the activation right behind it. Whether
it does is tried: the module around them has to give what it gave before."""

_ACTIVATIONS: Mapping[tuple[str, str], Callable[[torch.Tensor], torch.Tensor]] = {
    ("gelu", "none"): functional.gelu,
    ("gelu", "tanh"): lambda given: functional.gelu(given, approximate="tanh"),
    ("relu", ""): functional.relu,
}
"""By what oneDNN calls them."""


class PackedLinear(torch.nn.Module):
    """What a `torch.nn.Linear` computes, and an activation behind it.

    Attributes:
        weight: (outputs, inputs), by the name that it had; without any numbers once `release` was
            called.
        bias: (outputs,), or None.
        activation: as oneDNN names it and its form; none at first.
    """

    def __init__(self, linear: torch.nn.Linear) -> None:
        """Arrange the weights of a layer."""
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight, self.bias = linear.weight, linear.bias
        self.activation = ("none", "")
        self.arrange()

    def arrange(self) -> None:
        """Arrange the weights as they are now."""
        weight = self.weight.detach()
        self._arranged = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS)  # noqa: SLF001 - no public one

    def release(self) -> None:
        """Let the weights go; they are there a second time, arranged."""
        self.weight.data = self.weight.data.new_empty(0)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """Return the (..., outputs) of (..., inputs)."""
        kind, form = self.activation
        return torch.ops.mkldnn._linear_pointwise(  # type: ignore[no-any-return]  # noqa: SLF001
            given, self._arranged, self.bias, kind, [], form
        )


def packed_layers(model: torch.nn.Module) -> list[PackedLinear]:
    """Return those of a model's layers that are packed."""
    return [layer for layer in model.modules() if isinstance(layer, PackedLinear)]


def can_pack(device: str, precision: str) -> bool:
    """Tell whether `pack` gains something, by what was measured, and can be had.

    Args:
        device: kind of device.
        precision: of the weights.
    """
    return (
        device == "cpu"
        and getattr(torch, precision, None) in _DIFFERENCE
        and torch.backends.cpu.get_cpu_capability() == _INSTRUCTIONS
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and all(hasattr(torch.ops.mkldnn, name) for name in _OPERATIONS)
    )


def pack(model: torch.nn.Module) -> None:
    """Replace the dense layers of a model by packed ones, each only if it gives the same.

    Args:
        model: on the CPU in evaluation mode.
    """
    with torch.inference_mode():
        for parent in list(model.modules()):
            for name, layer in list(parent.named_children()):
                if type(layer) is torch.nn.Linear and layer.weight.dtype in _DIFFERENCE:
                    _replace(parent, name, layer)
            _join_activation(parent)


def _replace(parent: torch.nn.Module, name: str, layer: torch.nn.Linear) -> None:
    try:
        packed = PackedLinear(layer)
    except RuntimeError:  # a shape that oneDNN does not take
        return
    given = _probe(layer)
    if is_same(_given_by(layer, given), _given_by(packed, given)):
        setattr(parent, name, packed)


def _join_activation(parent: torch.nn.Module) -> None:
    for name, behind in _FOLLOWED:
        layer, activation = getattr(parent, name, None), getattr(parent, behind, None)
        if not isinstance(layer, PackedLinear) or not isinstance(activation, torch.nn.Module):
            continue
        known = _known_as(activation)
        if known is None:
            continue
        given = _probe(layer)[None]
        before = _given_by(parent, given)
        layer.activation = known
        setattr(parent, behind, torch.nn.Identity())
        if not is_same(before, _given_by(parent, given)):
            layer.activation = ("none", "")
            setattr(parent, behind, activation)


def _known_as(activation: torch.nn.Module) -> tuple[str, str] | None:
    """Return what oneDNN calls an activation: that which gives the same numbers."""
    given = torch.linspace(-8, 8, 1025)
    found = _given_by(activation, given)
    names = (name for name, function in _ACTIVATIONS.items() if is_same(function(given), found))
    return next(names, None)


def _probe(layer: Any) -> torch.Tensor:
    """Return (rows, inputs) of plain random numbers, always the same ones."""
    shape = (_PROBED, layer.in_features)
    generator = torch.Generator().manual_seed(layer.in_features)
    return torch.randn(shape, generator=generator).to(layer.weight.dtype)


def _given_by(module: torch.nn.Module, given: torch.Tensor) -> torch.Tensor | None:
    """Return what a module makes of one tensor; None if it takes more, or gives something else."""
    try:
        found = module(given)
    except Exception:  # whatever it is, this module is not what it looked like
        return None
    return found if isinstance(found, torch.Tensor) else None


def is_same(one: torch.Tensor | None, other: torch.Tensor | None, layers: int = 1) -> bool:
    """Tell whether two tensors differ by rounding alone; not where one is missing or not finite.

    Args:
        one: (..., d).
        other: what it is held against.
        layers: that the numbers went through: errors that are independent add up as a root.
    """
    if one is None or other is None or one.shape != other.shape or one.dtype != other.dtype:
        return False
    most: float = _DIFFERENCE[one.dtype] * layers**0.5 * float(one.abs().max())
    apart = float((one.float() - other.float()).abs().max())
    return apart <= most
