"""SentEval's alternative: scikit-learn's logistic regression, as a protocol of its own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.logistic.engine import Advance
from benchmark.metrics.logistic.protocols import SklearnProtocol
from benchmark.metrics.logistic.samples import Rows, Samples
from benchmark.metrics.logistic.selection import Fitted
from benchmark.metrics.logistic.training import TOO_LARGE

NESTED_GRID = tuple(2.0**exponent for exponent in range(-2, 4))
"""Inverse strengths C of nested cross-validation and fixed splits."""

FOLDS_GRID = tuple(2.0**exponent for exponent in range(-1, 6))
"""Inverse strengths C of cross-validation with a test set."""


@dataclass(frozen=True, slots=True)
class _Regression:
    """A fitted ``LogisticRegression``."""

    model: Any
    accuracy: float
    passes: int

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.int64]:
        return np.asarray(self.model.predict(features))


class SklearnTrainer:
    """Fits ``LogisticRegression(C=..., random_state=seed)``, everything else its default.

    Attributes:
        samples: what is trained on.
        strengths: values of C.
        folds: of a cross-validation.
        seed: random state.
    """

    def __init__(
        self,
        samples: Samples,
        protocol: SklearnProtocol,
        strengths: Sequence[float],
        fits: int = 0,
        advance: Advance | None = None,
    ) -> None:
        """Prepare; ``fits`` is how many will be asked for in all, for the progress."""
        self.samples = samples
        self.strengths = strengths
        self.folds = protocol.folds
        self.seed = protocol.seed
        self._fits = fits
        self._done = 0
        self._advance = advance

    def train(self, splits: Sequence[tuple[Rows, Rows]]) -> list[list[Fitted]]:
        """Train every strength on each (train, development) split."""
        return [[self._fit(rows, dev, c) for c in self.strengths] for rows, dev in splits]

    def refit(self, choices: Sequence[tuple[Rows, float]]) -> list[Fitted]:
        """Train one strength on each set of rows, all of them."""
        return [self._fit(rows, rows, c) for rows, c in choices]

    def _fit(self, rows: Rows, dev: Rows, c: float) -> Fitted:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        features, labels = self.samples.features, self.samples.labels
        # Its search for the minimum would end before the first step, with a warning of SciPy's.
        if not np.isfinite(np.vdot(features, features)):
            raise ValueError(TOO_LARGE)
        with warnings.catch_warnings():
            # SentEval leaves the iterations at their default too.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(C=c, random_state=self.seed)
            model.fit(features[rows], labels[rows])
        self._done += 1
        if self._advance:
            self._advance(self._done, self._fits)
        accuracy = float(model.score(features[dev], labels[dev]))
        return _Regression(model, accuracy, int(np.max(model.n_iter_)))
