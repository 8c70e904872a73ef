"""The steps that come with the program and learn from vectors first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.errors import ModelError, UsageError
from benchmark.steps.activations import Wide
from benchmark.steps.built_in import require_number
from benchmark.steps.step import Corpus, Matrix, Step

_LEVELS = 255
_LOWEST = -128
"""Of a signed byte, and the distance from there to the highest."""


@dataclass(frozen=True, slots=True)
class Whitening:
    """Make dimensions uncorrelated and of variance one (BERT-whitening, Su et al. 2021).

    The mean is taken away, then the eigenvectors of the covariance, each divided by the root of
    its eigenvalue, are the new axes, the largest first.

    Attributes:
        dimensions: how many axes to keep; None for all.
        corpus: what it is fitted on; None for each task's own sentences, as the paper does where
            it trains on no other data ("target"; docs/protocol.md has what differs).
    """

    dimensions: int | None = None
    corpus: Corpus | None = None

    def __post_init__(self) -> None:
        """Refuse to keep nothing."""
        if self.dimensions is not None:
            require_number("whiten", "keeps {} dimensions", self.dimensions)

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
        wide = _finite(self.name, vectors)
        rows, width = wide.shape
        mean = wide.mean(axis=0)
        axes, variances, varying = _principal(wide - mean)
        kept = width if self.dimensions is None else self.dimensions
        if kept > varying:
            raise UsageError(
                f"step {self.name}: {rows} vectors of {width} dimensions vary in {varying} "
                "directions only; ask for no more, or fit it on more sentences"
            )
        turned = axes[:, :kept] / np.sqrt(variances[:kept])
        return _Fitted(self.name, width, lambda found: (found - mean) @ turned)


@dataclass(frozen=True, slots=True)
class Center:
    """Take the mean away.

    Attributes:
        corpus: what it is fitted on; None for each task's own sentences.
    """

    corpus: Corpus | None = None

    @property
    def name(self) -> str:
        """What it does."""
        return "center"

    def fit(self, vectors: Matrix) -> Step:
        """Return what takes away the mean of (n, d) rows.

        Raises:
            ModelError: a value is not finite.
        """
        mean = _finite(self.name, vectors).mean(axis=0)
        return _Fitted(self.name, len(mean), lambda found: found - mean)


@dataclass(frozen=True, slots=True)
class RemoveTop:
    """Take the first principal directions away: each row's projection on them.

    Nothing is centered. This alone is the common component removal of SIF (Arora et al. 2017);
    behind `Center` it is all-but-the-top (Mu and Viswanath 2018).

    Attributes:
        directions: how many.
        corpus: what it is fitted on; None for each task's own sentences.
    """

    directions: int
    corpus: Corpus | None = None

    def __post_init__(self) -> None:
        """Refuse to take nothing away."""
        require_number("remove_top", "takes {} directions away", self.directions)

    @property
    def name(self) -> str:
        """What it does: ``remove_top:1``."""
        return f"remove_top:{self.directions}"

    def fit(self, vectors: Matrix) -> Step:
        """Return what takes away the first right singular vectors of (n, d) rows.

        Raises:
            ModelError: a value is not finite.
            UsageError: nothing but rounding errors would be left.
        """
        wide = _finite(self.name, vectors)
        rows, width = wide.shape
        axes, _, varying = _principal(wide)
        if self.directions >= varying:
            raise UsageError(
                f"step {self.name}: {rows} vectors of {width} dimensions lie in {varying} "
                "directions; take fewer away, or fit it on more sentences"
            )
        top = axes[:, : self.directions]
        return _Fitted(self.name, width, lambda found: found - (found @ top) @ top.T)


@dataclass(frozen=True, slots=True)
class Int8:
    """Round each dimension to one of 256 levels between its least and greatest value.

    The levels are the bytes, from -128 on, of sentence-transformers' ``quantize_embeddings``
    (``int8``), and are scored as such; what lies outside of the range gets its end.

    Attributes:
        corpus: what the ranges are taken from; None for each task's own sentences, as the library
            does where it is given no others.
    """

    corpus: Corpus | None = None

    @property
    def name(self) -> str:
        """What it does."""
        return "int8"

    def fit(self, vectors: Matrix) -> Step:
        """Return what rounds to the ranges of (n, d) rows.

        Raises:
            ModelError: a value is not finite.
            UsageError: one row has no range.
        """
        wide = _finite(self.name, vectors)
        if len(wide) < 2:
            raise UsageError(f"step {self.name}: one vector has no range; fit it on more sentences")
        # In float32 as the library, so that a value at the border of two levels gets the same.
        least = vectors.min(axis=0)
        apart = (vectors.max(axis=0) - least) / np.float32(_LEVELS)
        apart[apart == 0] = 1

        def rounded(found: Wide) -> Wide:
            place = np.floor((found.astype(np.float32) - least) / apart)
            levels: Wide = np.clip(place, 0, _LEVELS).astype(np.float64) + _LOWEST
            return levels

        return _Fitted(self.name, len(least), rounded)


@dataclass(frozen=True, eq=False, slots=True)
class _Fitted:
    name: str
    width: int
    change: Callable[[Wide], Wide]

    def apply(self, vectors: Matrix) -> Matrix:
        if vectors.shape[1] != self.width:
            raise ModelError(
                f"step {self.name}: fitted on {self.width} dimensions, the vectors have "
                f"{vectors.shape[1]}"
            )
        return self.change(vectors.astype(np.float64)).astype(np.float32)


def _finite(name: str, vectors: Matrix) -> Wide:
    wide = vectors.astype(np.float64)
    if not np.isfinite(wide).all():
        raise ModelError(f"step {name}: cannot be fitted on vectors that are not finite")
    return wide


def _principal(wide: Wide) -> tuple[Wide, NDArray[np.float64], int]:
    """Return the principal axes of rows as columns, their variances, how many are no rounding."""
    rows, width = wide.shape
    axes, variances, _ = np.linalg.svd(wide.T @ wide / max(rows - 1, 1), hermitian=True)
    rounding = variances[0] * max(rows, width) * np.finfo(np.float64).eps
    return axes, variances, int((variances > rounding).sum())
