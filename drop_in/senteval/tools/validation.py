"""SentEval's classifiers with their choice of a strength, by its class names, on given features.

The training is this project's: all fits of a choice at once, the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.errors import TaskError
from benchmark.metrics.logistic import Samples, Selection, select
from senteval.errors import ParamsError
from senteval.params import DEFAULTS, whole_number
from senteval.training import read_training

Config = Mapping[str, Any]


def get_classif_name(classifier_config: Config, usepytorch: bool) -> str:
    """Return what SentEval calls a classifier in its log."""
    if not usepytorch:
        return "sklearn-LogReg"
    given = {"optim": "adam", "batch_size": 64, **classifier_config}
    return f"pytorch-MLP-nhid{given['nhid']}-{given['optim']}-bs{given['batch_size']}"


class InnerKFoldClassifier:
    """Nested cross-validation: no test set, as for MR, CR, SUBJ and MPQA."""

    def __init__(self, X: ArrayLike, y: ArrayLike, config: Config) -> None:  # noqa: N803
        """Take (n, d) features, n classes, and ``nclasses``, ``seed``, ``kfold`` ..."""
        self._samples = [samples(X, y, config)]
        self._config = config

    def run(self) -> tuple[float, float]:
        """Return the accuracies on development folds and on test folds, in percent."""
        chosen = _chosen("nested", self._samples, self._config)
        return chosen.dev, chosen.test


class KFoldClassifier:
    """Cross-validation on the training set, and a test set, as for TREC and MRPC."""

    def __init__(
        self, train: Mapping[str, ArrayLike], test: Mapping[str, ArrayLike], config: Config
    ) -> None:
        """Take features and classes as ``X`` and ``y`` of each set."""
        self._samples = [samples(part["X"], part["y"], config) for part in (train, test)]
        self._config = config

    def run(self) -> tuple[float, float, NDArray[Any]]:
        """Return the accuracies of the cross-validation and on the test set, and its classes."""
        chosen = _chosen("folds", self._samples, self._config)
        found = chosen.predictions
        # SentEval's own classifier gives them as a column of floats, scikit-learn's does not.
        column = found.astype(np.float64)[:, None] if self._config["usepytorch"] else found
        return chosen.dev, chosen.test, column


class SplitClassifier:
    """A development set and a test set, as for SST and SICK entailment."""

    def __init__(
        self,
        X: Mapping[str, ArrayLike],  # noqa: N803
        y: Mapping[str, ArrayLike],
        config: Config,
    ) -> None:
        """Take features and classes of ``train``, ``valid`` and ``test``.

        With ``noreg`` in the configuration no strengths are tried.
        """
        self._samples = [samples(X[part], y[part], config) for part in ("train", "valid", "test")]
        self._config = config

    def run(self) -> tuple[float, float]:
        """Return the accuracies on the development set and on the test set, in percent."""
        scheme = "split-no-l2" if self._config.get("noreg") else "split"
        chosen = _chosen(scheme, self._samples, self._config)
        return chosen.dev, chosen.test


def samples(features: ArrayLike, classes: ArrayLike, config: Config) -> Samples:
    """Return features and classes as the training takes them.

    Raises:
        ParamsError: there are other classes than 0 to ``nclasses`` - 1, or not one for each row.
    """
    rows = np.ascontiguousarray(features, np.float32)
    labels = np.asarray(classes, np.int64)
    count = whole_number("config['nclasses']", config["nclasses"], 2)
    if rows.ndim != 2 or labels.shape != rows.shape[:1]:
        raise ParamsError(f"features of shape {rows.shape} with classes of shape {labels.shape}")
    if labels.min() < 0 or labels.max() >= count:
        raise ParamsError(
            f"classes go from {labels.min()} to {labels.max()}; `nclasses` is {count}"
        )
    return Samples(rows, labels, count)


def _chosen(scheme: str, parts: list[Samples], config: Config) -> Selection:
    training = read_training({**DEFAULTS, **config})
    try:
        return select(scheme, parts, training)
    except ValueError as error:
        raise TaskError(f"cannot be trained on ({error})") from error
