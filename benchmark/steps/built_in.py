"""The steps that come with the program; a new one is a class here and a line in `STEPS`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.errors import ModelError, UsageError
from benchmark.steps.activations import ACTIVATIONS, Wide
from benchmark.steps.step import AnyStep, Corpus, Matrix, Step, sound_steps
from benchmark.suggestions import did_you_mean

_SHORTEST = 1e-12
"""Shorter vectors are divided by this instead of their length, as torch's normalize does."""

_MOST_DIGITS = 10
"""Of a number of dimensions."""


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
        _require_dimensions("truncate", self.dimensions)

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


@dataclass(frozen=True, slots=True)
class Whitening:
    """Make dimensions uncorrelated and of variance one (BERT-whitening, Su et al. 2021).

    The mean is taken away, then the eigenvectors of the covariance, each divided by the root of
    its eigenvalue, are the new axes, the largest first.

    Attributes:
        dimensions: how many axes to keep; None for all.
        corpus: what it is fitted on; None for each task's own sentences, as the paper does where
            it trains on no other data ("target").
    """

    dimensions: int | None = None
    corpus: Corpus | None = None

    def __post_init__(self) -> None:
        """Refuse to keep nothing."""
        if self.dimensions is not None:
            _require_dimensions("whiten", self.dimensions)

    @property
    def name(self) -> str:
        """What it does: ``whiten``, ``whiten:256``."""
        return "whiten" if self.dimensions is None else f"whiten:{self.dimensions}"

    def fit(self, vectors: Matrix) -> Step:
        """Return the transformation that whitens (n, d) rows.

        Raises:
            ModelError: a value is not finite.
            UsageError: they do not vary in so many directions. An axis without variance would
                be made of rounding errors.
        """
        wide = vectors.astype(np.float64)
        if not np.isfinite(wide).all():
            raise ModelError(f"step {self.name}: cannot be fitted on vectors that are not finite")
        rows, width = wide.shape
        kept = width if self.dimensions is None else self.dimensions
        mean = wide.mean(axis=0)
        wide -= mean
        axes, variances, _ = np.linalg.svd(wide.T @ wide / max(rows - 1, 1), hermitian=True)
        rounding = variances[0] * max(rows, width) * np.finfo(np.float64).eps
        if kept > (varying := int((variances > rounding).sum())):
            raise UsageError(
                f"step {self.name}: {rows} vectors of {width} dimensions vary in {varying} "
                "directions only; ask for no more, or fit it on more sentences"
            )
        return _Whitened(self.name, mean, axes[:, :kept] / np.sqrt(variances[:kept]))


@dataclass(frozen=True, eq=False, slots=True)
class _Whitened:
    name: str
    mean: Wide
    axes: Wide

    def apply(self, vectors: Matrix) -> Matrix:
        if vectors.shape[1] != len(self.mean):
            raise ModelError(
                f"step {self.name}: fitted on {len(self.mean)} dimensions, the vectors have "
                f"{vectors.shape[1]}"
            )
        answer = (vectors.astype(np.float64) - self.mean) @ self.axes
        return answer.astype(np.float32)


STEPS: Mapping[str, Callable[..., AnyStep]] = {
    "truncate": Truncate,
    "normalize": Normalize,
    "whiten": Whitening,
}
"""What can be written in a word: a name, and ``:NUMBER`` for what takes one."""


def step_by_name(said: str) -> AnyStep:
    """Return the step that a word names: ``truncate:256``, ``normalize``, ``whiten:128``.

    Raises:
        UsageError: there is none of that name, or the number does not fit.
    """
    name, colon, number = said.partition(":")
    if name not in STEPS:
        raise UsageError(f"no step is called {said!r}{did_you_mean(name, STEPS)}")
    if colon and not (number.isascii() and number.isdecimal() and len(number) < _MOST_DIGITS):
        raise UsageError(f"step {said!r}: a whole number belongs behind the colon")
    try:
        return STEPS[name](int(number)) if colon else STEPS[name]()
    except TypeError as error:
        takes = "takes no number" if colon else f"needs a number, as in {name}:256"
        raise UsageError(f"step {said!r}: {name} {takes}") from error


def read_steps(steps: Sequence[AnyStep | str]) -> tuple[AnyStep, ...]:
    """Return steps given as objects or as words.

    Raises:
        UsageError: one of them is none, or they cannot be applied in this order.
    """
    if not isinstance(steps, (list, tuple)):
        return sound_steps(steps)
    return sound_steps([step_by_name(s) if isinstance(s, str) else s for s in steps])


def _require_dimensions(name: str, dimensions: object) -> None:
    whole = isinstance(dimensions, (int, np.integer)) and not isinstance(dimensions, bool)
    if not whole or dimensions < 1:  # type: ignore[operator]
        raise UsageError(f"step {name}: keeps {dimensions!r} dimensions, not a number from 1 on")
