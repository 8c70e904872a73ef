"""Layers behind the pooling, as sentence-transformers folders bring them (LaBSE, distiluse).

What is read here is a step after the store (`benchmark.steps`), alike for every backend.
"""

from __future__ import annotations

import abc
import functools
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.files.checkpoint import read_fields
from benchmark.encoders.files.seal import Seal
from benchmark.encoders.files.tensors import read_arrays
from benchmark.errors import ModelError, NotComputedHere
from benchmark.foreign import Fields, shown, shown_name
from benchmark.steps import Dense, LayerNorm, Step
from benchmark.steps.activations import ACTIVATIONS

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""The weights of a layer, the preferred file first."""

_VECTOR = "sentence_embedding"

_PLACES = ("module_input_name", "module_output_name")

_HOMES = ("torch.nn", "torch.nn.modules", "torch.nn.modules.activation", "torch.nn.modules.linear")


@dataclass(frozen=True)
class LayerFolder(abc.ABC):
    """One layer as its folder says it: a step whose weights are read when they are needed.

    Attributes:
        folder: holds ``config.json`` and the weights.
        inputs: width of the vectors that go in.
        seal: of the checkpoint that it belongs to.
    """

    _kind: ClassVar[str]

    folder: Path
    inputs: int
    seal: Seal = field(default_factory=Seal, compare=False, repr=False, kw_only=True)

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """What it does in a word, for the signature; the card holds the weights."""

    @abc.abstractmethod
    def _made_of(self, tensors: dict[str, NDArray[np.float64]]) -> Step | None:
        """Return the layer of these weights; None if they are not those of the settings."""

    def load(self) -> None:
        """Read the weights now: before hours of encoding, not after.

        Raises:
            ModelError: they cannot be read, or do not fit.
        """
        _ = self._layer

    def apply(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n, k) float32 for (n, inputs) float32.

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
    def _layer(self) -> Step:
        with self.seal.unchanged():
            tensors = _read(self._file)
        layer = self._made_of(tensors)
        if layer is None:
            raise ModelError(
                f"{self._file}: is not the {self._kind} that its config.json says; scoring it "
                "would give the score of another model"
            )
        return layer


@dataclass(frozen=True)
class DenseFolder(LayerFolder):
    """A matrix product with a bias, an activation, perhaps a residual connection.

    Attributes:
        activation: name of the activation, as torch has it.
        width: of the vectors that come out.
        bias: whether something is added to the product.
        residual: whether what goes in is added to what comes out.
    """

    _kind = "dense layer"

    activation: str
    width: int
    bias: bool
    residual: bool

    @property
    def name(self) -> str:
        """Activation and width, ``tanh512``."""
        added = "+residual" if self.residual else ""
        return f"{self.activation.lower()}{self.width}{added}"

    def _made_of(self, tensors: dict[str, NDArray[np.float64]]) -> Step | None:
        weight = tensors.pop("linear.weight", None)
        bias = tensors.pop("linear.bias", None)
        aside = tensors.pop("residual.weight", None)
        shapes = [getattr(found, "shape", None) for found in (weight, bias, aside)]
        if weight is None or tensors or shapes != self._shapes:
            return None
        return Dense(weight, bias, self.activation, self.residual, aside)

    @property
    def _shapes(self) -> list[tuple[int, ...] | None]:
        """Of weight, bias, and of what takes the residual to another width; None where not."""
        matrix = (self.width, self.inputs)
        aside = matrix if self.residual and self.inputs != self.width else None
        return [matrix, (self.width,) if self.bias else None, aside]


@dataclass(frozen=True)
class LayerNormFolder(LayerFolder):
    """Each vector brought to mean zero and variance one, then scaled and shifted by weights."""

    _kind = "layer norm"

    @property
    def name(self) -> str:
        """The same for all of them: the vectors that go in tell the width."""
        return "layernorm"

    def _made_of(self, tensors: dict[str, NDArray[np.float64]]) -> Step | None:
        weight, bias = tensors.pop("norm.weight", None), tensors.pop("norm.bias", None)
        if weight is None or bias is None or tensors:
            return None
        fits = weight.shape == bias.shape == (self.inputs,)
        return LayerNorm(weight, bias) if fits else None


def read_dense(folder: Path) -> DenseFolder:
    """Return the layer that a folder's ``config.json`` says.

    Raises:
        ModelError: it cannot be read, or makes no sense.
        NotComputedHere: it asks for what only the library does.
    """
    settings = settings_of_module(
        folder,
        "a dense layer",
        {"in_features", "out_features", "bias", "activation_function", "use_residual", *_PLACES},
    )
    _require_pooled_vectors(settings, "a dense layer")
    inputs, width = (_width(settings, key) for key in ("in_features", "out_features"))
    return DenseFolder(
        folder.absolute(),
        inputs,
        _activation(settings),
        width,
        bias=settings.flag("bias", True),
        residual=settings.flag("use_residual", False),
    )


def read_layer_norm(folder: Path) -> LayerNormFolder:
    """Return the layer norm that a folder's ``config.json`` says.

    Raises:
        ModelError: it cannot be read, or makes no sense.
    """
    settings = settings_of_module(folder, "a layer norm", {"dimension"}, ModelError)
    return LayerNormFolder(folder.absolute(), _width(settings, "dimension"))


def require_scaling(folder: Path) -> None:
    """Refuse a scaling to length one that is not of the pooled vectors.

    Raises:
        ModelError: its settings cannot be read.
        NotComputedHere: it is of something else.
    """
    what = "a scaling to length one"
    _require_pooled_vectors(settings_of_module(folder, what, _PLACES), what)


def settings_of_module(
    folder: Path, what: str, known: Collection[str], others: type[ModelError] = NotComputedHere
) -> Fields:
    """Return the settings of a module; older ones of some kinds have no ``config.json``.

    Args:
        folder: of the module.
        what: it is, for the message.
        known: keys whose meaning is known.
        others: the refusal of other keys, which may ask for anything: some modules of the library
            pass over them, most do not load.

    Raises:
        ModelError: they cannot be read, or there are other keys.
    """
    path = folder / "config.json"
    settings = read_fields(path) if os.path.lexists(path) else Fields(path, {}, ModelError)
    if other := next((key for key in settings.values if key not in known), None):
        raise others(f"{folder}: {what} with {shown_name(other)} is not supported")
    return settings


def _require_pooled_vectors(settings: Fields, what: str) -> None:
    for key in _PLACES:
        on = settings.text(key)
        if on not in (None, _VECTOR):
            raise NotComputedHere(f"{settings.path.parent}: {what} on {shown(on)} is not supported")


def _activation(settings: Fields) -> str:
    named = settings.text("activation_function")
    if named is None and "activation_function" in settings.values:
        raise settings.wrong("activation_function", "the name of a class of torch")
    named = named or "torch.nn.modules.activation.Tanh"
    home, _, activation = named.rpartition(".")
    if home not in _HOMES or activation not in ACTIVATIONS:
        # The library puts Tanh in the place of what is not torch's: a number of nobody's model.
        kind = NotComputedHere if home in _HOMES else ModelError
        raise kind(
            f"{settings.path.parent}: a dense layer with {shown(named)} is not supported; there "
            f"are {', '.join(ACTIVATIONS)}"
        )
    return activation


def _width(settings: Fields, key: str) -> int:
    width = settings.number(key, least=1)
    if width is None:
        raise settings.wrong(key, "a whole number from 1 on")
    return width


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_arrays(path)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"{path}: cannot be loaded; damaged ({' '.join(str(error).split())[:200]})"
        ) from error
