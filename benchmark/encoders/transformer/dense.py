"""Dense layers behind the pooling, as sentence-transformers folders bring them (LaBSE, distiluse).

What is read here is a step after the store (`benchmark.steps.Dense`), alike for every backend.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.files.checkpoint import read_fields
from benchmark.encoders.files.seal import Seal
from benchmark.encoders.files.tensors import read_arrays
from benchmark.errors import ModelError, NotComputedHere
from benchmark.foreign import Fields, shown
from benchmark.steps.built_in import ACTIVATIONS, Dense

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""The weights of a layer, the preferred file first."""

_VECTOR = "sentence_embedding"

_HOMES = ("torch.nn", "torch.nn.modules.activation", "torch.nn.modules.linear")


@dataclass(frozen=True)
class DenseFolder:
    """One layer as its folder says it: a step whose weights are read when they are needed.

    Attributes:
        folder: holds ``config.json`` and the weights.
        activation: name of the activation, as torch has it.
        inputs: width of the vectors that go in.
        width: of the vectors that come out.
        bias: whether something is added to the product.
        residual: whether what goes in is added to what comes out.
        seal: of the checkpoint that it belongs to.
    """

    folder: Path
    activation: str
    inputs: int
    width: int
    bias: bool
    residual: bool
    seal: Seal = field(default_factory=Seal, compare=False, repr=False)

    @property
    def name(self) -> str:
        """What it does in a word, for the signature: ``tanh512``; the card holds the weights."""
        added = "+residual" if self.residual else ""
        return f"{self.activation.lower()}{self.width}{added}"

    def load(self) -> None:
        """Read the weights now: before hours of encoding, not after.

        Raises:
            ModelError: they cannot be read, or do not fit.
        """
        _ = self._layer

    def apply(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n, width) float32 for (n, inputs) float32.

        Raises:
            ModelError: the weights cannot be read, or do not fit.
        """
        if vectors.shape[1] != self.inputs:
            raise ModelError(
                f"{self.folder}: takes {self.inputs} dimensions, the pooled vectors have "
                f"{vectors.shape[1]}"
            )
        return self._layer.apply(vectors)

    def sha256(self) -> str:
        """Return the SHA-256 of its weights.

        Raises:
            ModelError: there are none, or they are not what they were when hashed before.
        """
        self.seal.listed(self.folder, WEIGHTS)
        return self.seal.sha256(self._file)

    @property
    def _file(self) -> Path:
        for name in WEIGHTS:
            if (self.folder / name).is_file():
                return self.folder / name
        raise ModelError(
            f"{self.folder}: no weights ({' or '.join(WEIGHTS)}); the checkpoint is incomplete"
        )

    @functools.cached_property
    def _layer(self) -> Dense:
        with self.seal.unchanged():
            tensors = _read(self._file)
        weight = tensors.pop("linear.weight", None)
        bias = tensors.pop("linear.bias", None)
        aside = tensors.pop("residual.weight", None)
        shapes = [getattr(found, "shape", None) for found in (weight, bias, aside)]
        if weight is None or tensors or shapes != self._shapes:
            raise ModelError(
                f"{self._file}: is not the dense layer that its config.json says; scoring it would "
                "give the score of another model"
            )
        return Dense(weight, bias, self.activation, self.residual, aside)

    @property
    def _shapes(self) -> list[tuple[int, ...] | None]:
        """Of weight, bias, and of what takes the residual to another width; None where not."""
        matrix = (self.width, self.inputs)
        aside = matrix if self.residual and self.inputs != self.width else None
        return [matrix, (self.width,) if self.bias else None, aside]


def read_dense(folder: Path) -> DenseFolder:
    """Return the layer that a folder's ``config.json`` says.

    Raises:
        ModelError: it cannot be read.
        NotComputedHere: it asks for what is not supported.
    """
    settings = require_pooled_vectors(folder, "a dense layer")
    named = settings.text("activation_function") or "torch.nn.modules.activation.Tanh"
    home, _, activation = named.rpartition(".")
    if home not in _HOMES or activation not in ACTIVATIONS:
        raise NotComputedHere(
            f"{folder}: a dense layer with {shown(named)} is not supported; there are "
            f"{', '.join(ACTIVATIONS)}"
        )
    inputs, width = (settings.number(key, least=1) for key in ("in_features", "out_features"))
    if inputs is None or width is None:
        missing = "in_features" if inputs is None else "out_features"
        raise settings.wrong(missing, "a whole number from 1 on")
    return DenseFolder(
        folder.absolute(),
        activation,
        inputs,
        width,
        bias=settings.flag("bias", True),
        residual=settings.flag("use_residual", False),
    )


def require_pooled_vectors(folder: Path, what: str) -> Fields:
    """Return the settings of a module that must work on the pooled vectors.

    Args:
        folder: of the module; older ones of some kinds have no ``config.json``.
        what: the module does, for the message.

    Raises:
        ModelError: they cannot be read.
        NotComputedHere: it works on something else.
    """
    path = folder / "config.json"
    settings = read_fields(path) if os.path.lexists(path) else Fields(path, {}, ModelError)
    for key in ("module_input_name", "module_output_name"):
        on = settings.text(key)
        if on not in (None, _VECTOR):
            raise NotComputedHere(f"{folder}: {what} on {shown(on)} is not supported")
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_arrays(path)
    except Exception as error:
        raise ModelError(
            f"{path}: cannot be loaded; damaged, or pickled code beside tensors "
            f"({' '.join(str(error).split())[:200]})"
        ) from error
