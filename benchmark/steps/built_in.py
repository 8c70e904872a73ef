"""The steps that come with the program and need no fitting; those that do are in `fitted`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from benchmark.errors import ModelError, UsageError
from benchmark.steps.activations import ACTIVATIONS, Wide
from benchmark.steps.step import Matrix

_SHORTEST = 1e-12
"""Shorter vectors are divided by this instead of their length, as torch's normalize does."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """Keep the first dimensions, as models of the Matryoshka kind are made for.

    Attributes:
        dimensions: how many.
        or_fewer: leave vectors that have fewer as they are, instead of refusing them.
    """

    dimensions: int
    or_fewer: bool = False

    def __post_init__(self) -> None:
        """Refuse to keep nothing."""
        require_number("truncate", "keeps {} dimensions", self.dimensions)

    @property
    def name(self) -> str:
        """What it does: ``truncate:256``."""
        return f"truncate:{self.dimensions}"

    def apply(self, vectors: Matrix) -> Matrix:
        """Return the first columns.

        Raises:
            UsageError: there are fewer.
        """
        if self.dimensions > vectors.shape[1] and not self.or_fewer:
            raise UsageError(
                f"step {self.name}: the vectors have only {vectors.shape[1]} dimensions"
            )
        return vectors[:, : self.dimensions].copy()


@dataclass(frozen=True, slots=True)
class Normalize:
    """Scale each vector to length one; a zero vector stays zero."""

    @property
    def name(self) -> str:
        """What it does."""
        return "normalize"

    def apply(self, vectors: Matrix) -> Matrix:
        """Return rows of length one; one whose length float32 does not hold becomes NaN."""
        with np.errstate(over="ignore"):
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        lengths[np.isinf(lengths)] = np.nan  # else it would become zero, which has a cosine
        scaled: Matrix = vectors / np.maximum(lengths, _SHORTEST)
        return scaled


@dataclass(frozen=True, slots=True)
class Binary:
    """Keep the sign of each dimension: 1 where it is above zero, else -1.

    These are the bits of sentence-transformers' ``quantize_embeddings`` (``binary``, ``ubinary``),
    not packed. Of d bits the cosine is 1 - 2h/d, where h of them differ, so pairs are ranked as by
    Hamming distance, which is what searches over packed bits go by. (The cosine of packed bytes
    means nothing.)
    """

    @property
    def name(self) -> str:
        """What it does."""
        return "binary"

    def apply(self, vectors: Matrix) -> Matrix:
        """Return rows of 1 and -1.

        Raises:
            ModelError: a value is not a number, which has no sign.
        """
        if np.isnan(vectors).any():
            raise ModelError("step binary: a value is not a number")
        return np.where(vectors > 0, np.float32(1), np.float32(-1))


@dataclass(frozen=True, eq=False, slots=True)
class Dense:
    """One layer: a matrix product, a bias, an activation, perhaps a residual connection.

    Attributes:
        weight: (k, d) float64.
        bias: (k,) float64, None for none.
        activation: one of `ACTIVATIONS`.
        residual: whether what goes in is added to what comes out.
        aside: (k, d) float64, what takes it there to another width; None for the same width.
    """

    weight: Wide
    bias: Wide | None = None
    activation: str = "Tanh"
    residual: bool = False
    aside: Wide | None = None

    @property
    def name(self) -> str:
        """What it does, weights included: ``dense:768>512:tanh:0c1d2e3f4a5b``."""
        content = hashlib.sha256()
        for array in (self.weight, self.bias, self.aside):
            content.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
        outputs, inputs = self.weight.shape
        added = "+residual" if self.residual else ""
        done = f"{self.activation.lower()}{added}"
        return f"dense:{inputs}>{outputs}:{done}:{content.hexdigest()[:12]}"

    def apply(self, vectors: Matrix) -> Matrix:
        """Return (n, k) float32 for (n, d) float32.

        The product is taken in float64: rounded once at the end, it does not depend on how a
        library splits it for n rows, and so not on what else is scored.

        Raises:
            ModelError: the vectors have another width.
        """
        if vectors.shape[1] != self.weight.shape[1]:
            raise ModelError(
                f"a dense layer takes {self.weight.shape[1]} dimensions, the pooled vectors have "
                f"{vectors.shape[1]}"
            )
        wide = vectors.astype(np.float64)
        product = wide @ self.weight.T
        answer = ACTIVATIONS[self.activation](product if self.bias is None else product + self.bias)
        if self.residual:
            answer = answer + (wide if self.aside is None else wide @ self.aside.T)
        return answer.astype(np.float32)


@dataclass(frozen=True, eq=False, slots=True)
class LayerNorm:
    """Shift and scale the numbers of each vector to mean zero and variance one, then by weights.

    Attributes:
        weight: (d,) float64.
        bias: (d,) float64.
        epsilon: added to the variance.
    """

    weight: Wide
    bias: Wide
    epsilon: float = 1e-5

    @property
    def name(self) -> str:
        """What it does, weights included: ``layernorm:768:0c1d2e3f4a5b``."""
        content = hashlib.sha256(self.weight.tobytes() + self.bias.tobytes())
        return f"layernorm:{len(self.weight)}:{content.hexdigest()[:12]}"

    def apply(self, vectors: Matrix) -> Matrix:
        """Return (n, d) float32 for (n, d) float32.

        Raises:
            ModelError: the vectors have another width.
        """
        if vectors.shape[1] != len(self.weight):
            raise ModelError(
                f"a layer norm takes {len(self.weight)} dimensions, the vectors have "
                f"{vectors.shape[1]}"
            )
        wide = vectors.astype(np.float64)
        wide -= wide.mean(axis=1, keepdims=True)
        deviation = np.sqrt(wide.var(axis=1, keepdims=True) + self.epsilon)
        answer: Wide = wide / deviation * self.weight + self.bias
        return answer.astype(np.float32)


def require_number(name: str, what: str, number: object) -> None:
    """Refuse what is no number of dimensions.

    Args:
        name: of the step.
        what: it does with the number.
        number: from 1 on.

    Raises:
        UsageError: it is none.
    """
    whole = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
    if not whole or number < 1:  # type: ignore[operator]
        raise UsageError(f"step {name}: {what.format(repr(number))}, not a number from 1 on")
