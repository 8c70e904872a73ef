"""Dense layers behind the pooling, as sentence-transformers folders bring them (LaBSE, distiluse).

They are computed here on the pooled vectors, alike for every backend.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.checkpoint import read_object, sha256_of_file
from benchmark.encoders.weights import read_tensors
from benchmark.errors import ModelError

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""The weights of a layer, the preferred file first."""

_VECTOR = "sentence_embedding"

Matrix = NDArray[np.float64]

_ACTIVATIONS: Mapping[str, Callable[[Matrix], Matrix]] = {
    "Tanh": np.tanh,
    "Identity": lambda values: values,
    "ReLU": lambda values: np.maximum(values, 0),
}


@dataclass(frozen=True)
class Dense:
    """One layer: a matrix product, a bias, an activation, perhaps a residual connection.

    Attributes:
        folder: holds ``config.json`` and the weights.
        activation: name of the activation, as torch has it.
        width: of the vectors that come out.
        residual: whether what goes in is added to what comes out.
    """

    folder: Path
    activation: str
    width: int
    residual: bool

    def __str__(self) -> str:
        """What it does in a word, for the signature: ``tanh512``."""
        added = "+residual" if self.residual else ""
        return f"{self.activation.lower()}{self.width}{added}"

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n, width) float32 for (n, d) float32.

        The product is taken in float64: rounded once at the end, it does not depend on how a
        library splits it for n rows, and so not on what else is in the batch.

        Raises:
            ModelError: the weights cannot be read, or do not fit.
        """
        weight, bias, aside = self._weights
        if vectors.shape[1] != weight.shape[1]:
            raise ModelError(
                f"{self.folder}: takes {weight.shape[1]} dimensions, the pooled vectors have "
                f"{vectors.shape[1]}"
            )
        wide = vectors.astype(np.float64)
        answer = _ACTIVATIONS[self.activation](wide @ weight.T + bias)
        if self.residual:
            answer = answer + (wide if aside is None else wide @ aside.T)
        return answer.astype(np.float32)

    def sha256(self) -> str:
        """Return the SHA-256 of its weights.

        Raises:
            ModelError: there are none.
        """
        return sha256_of_file(self._file)

    @property
    def _file(self) -> Path:
        for name in WEIGHTS:
            if (self.folder / name).is_file():
                return self.folder / name
        raise ModelError(
            f"{self.folder}: no weights ({' or '.join(WEIGHTS)}); the checkpoint is incomplete"
        )

    @functools.cached_property
    def _weights(self) -> tuple[Matrix, Matrix | float, Matrix | None]:
        tensors = _read(self._file)
        weight = tensors.pop("linear.weight", None)
        bias = tensors.pop("linear.bias", None)
        aside = tensors.pop("residual.weight", None)
        fits = weight is not None and weight.ndim == 2 and len(weight) == self.width
        fits &= bias is None or bias.shape == (self.width,)
        if weight is None or not fits or tensors or not self._adds_up(weight, aside):
            raise ModelError(
                f"{self._file}: is not the dense layer that its config.json says; scoring it would "
                "give the score of another model"
            )
        return weight, 0.0 if bias is None else bias, aside

    def _adds_up(self, weight: Matrix, aside: Matrix | None) -> bool:
        if aside is None:
            return not self.residual or weight.shape[0] == weight.shape[1]
        return self.residual and aside.shape == weight.shape


def read_dense(folder: Path) -> Dense:
    """Return the layer that a folder's ``config.json`` says.

    Raises:
        ModelError: it cannot be read, or asks for what is not supported.
    """
    settings = read_object(folder / "config.json")
    read, written = settings.get("module_input_name"), settings.get("module_output_name")
    if {read or _VECTOR, written or _VECTOR} != {_VECTOR}:
        raise ModelError(f"{folder}: a dense layer on {read or written} is not supported")
    named = str(settings.get("activation_function", "torch.nn.modules.activation.Tanh"))
    activation = named.rpartition(".")[2]
    if not named.startswith("torch.nn.") or activation not in _ACTIVATIONS:
        raise ModelError(
            f"{folder}: a dense layer with {named} is not supported; there are "
            f"{', '.join(_ACTIVATIONS)}"
        )
    width = settings.get("out_features")
    if not isinstance(width, int) or width < 1:
        raise ModelError(f"{folder}: its config.json names no out_features")
    return Dense(folder.absolute(), activation, width, bool(settings.get("use_residual")))


def _read(path: Path) -> dict[str, Any]:
    """Return the tensors of a file as float64, whatever they were stored in; runs no code."""
    import torch

    try:
        tensors = read_tensors(path)
        return {name: tensor.to(torch.float64).numpy() for name, tensor in tensors.items()}
    except Exception as error:
        raise ModelError(
            f"{path}: cannot be loaded; damaged, or pickled code beside tensors "
            f"({' '.join(str(error).split())[:200]})"
        ) from error
