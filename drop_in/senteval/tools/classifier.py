"""SentEval's classifier of one strength, by its class name, on given features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.errors import TaskError
from benchmark.metrics.logistic import ClassifierProtocol, Samples, SentEvalTrainer
from benchmark.metrics.logistic.in_torch import TorchTrainer
from benchmark.metrics.logistic.protocols import VALIDATION_SPLIT
from benchmark.metrics.logistic.schemes import Fitted
from senteval.errors import ParamsError
from senteval.params import DEFAULTS
from senteval.tools.validation import samples as samples_of
from senteval.training import read_training

_NEVER = 2**31


class MLP:
    """A classifier that is trained once, with early stopping: linear, or with hidden units.

    It can be told from SentEval's in three ways: nothing global is seeded, it shows no ``model``
    of torch, and `fit` cannot go on where it ended.
    """

    def __init__(
        self,
        params: Mapping[str, Any],
        inputdim: int,
        nclasses: int,
        l2reg: float = 0.0,
        batch_size: int = 64,  # noqa: ARG002 - SentEval's
        seed: int = 1111,
        cudaEfficient: bool = False,  # noqa: N803, ARG002 - SentEval's
    ) -> None:
        """Take the options of a classifier, and what is fixed of a fit.

        Args:
            params: SentEval's options: ``nhid``, ``optim``, ``tenacity``, ``epoch_size`` ...
            inputdim: number of features.
            nclasses: number of classes.
            l2reg: L2 strength.
            batch_size: for nothing, as in SentEval: the option of that name counts.
            seed: of first weights and permutations.
            cudaEfficient: for nothing.

        Raises:
            ParamsError: an option is unknown or its value not supported.
        """
        training = read_training({**DEFAULTS, "classifier": params, "seed": seed})
        assert isinstance(training, ClassifierProtocol)  # noqa: S101 - `usepytorch` is true
        self.inputdim, self.nclasses, self.l2reg = inputdim, nclasses, l2reg
        self.batch_size = training.batch
        self._training = training
        self._fitted: Fitted | None = None

    def fit(
        self,
        X: ArrayLike,  # noqa: N803 - SentEval's
        y: ArrayLike,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
        validation_split: float | None = None,
        early_stop: bool = True,
    ) -> float:
        """Train, and return the best accuracy on the development rows, a fraction of 1.

        Args:
            X: (n, d) features.
            y: n classes from 0 on.
            validation_data: features and classes of development rows.
            validation_split: 0.05 instead: that share of the rows, drawn as SentEval draws it.
            early_stop: whether training ends after ``tenacity`` checks without a better one.

        Raises:
            ParamsError: neither or both kinds of development rows, another share, a second fit.
            TaskError: training overflows.
        """
        if self._fitted is not None:
            raise ParamsError("MLP.fit: a second fit, which would go on from the first, is refused")
        training = self._training if early_stop else replace(self._training, tenacity=_NEVER)
        if validation_data is not None:
            development = self._samples(*validation_data)
            train = self._samples(X, y)
            joined = Samples(
                np.concatenate([train.features, development.features]),
                np.concatenate([train.labels, development.labels]),
                self.nclasses,
            )
            rows, more = np.split(np.arange(len(joined.labels)), [len(train.labels)])
            [[self._fitted]] = self._run(joined, training, lambda one: one.train([(rows, more)]))
        elif validation_split == VALIDATION_SPLIT:
            samples = self._samples(X, y)
            rows = np.arange(len(samples.labels))
            choice = [(rows, self.l2reg)]
            [self._fitted] = self._run(samples, training, lambda one: one.refit(choice))
        else:
            raise ParamsError(
                f"MLP.fit: development rows are `validation_data`, or a `validation_split` of "
                f"{VALIDATION_SPLIT}, not {validation_split!r}"
            )
        return self._fitted.accuracy

    def score(self, devX: ArrayLike, devy: ArrayLike) -> float:  # noqa: N803 - SentEval's
        """Return the accuracy on features and classes, a fraction of 1."""
        return float((self.predict(devX)[:, 0] == np.asarray(devy)).mean())

    def predict(self, devX: ArrayLike) -> NDArray[np.float64]:  # noqa: N803 - SentEval's
        """Return the class of each row as (n, 1) float64, SentEval's form.

        Raises:
            ParamsError: there was no fit.
        """
        if self._fitted is None:
            raise ParamsError("MLP: fit it first")
        features = np.ascontiguousarray(devX, np.float32)
        return self._fitted.predict(features).astype(np.float64)[:, None]

    def _samples(self, features: ArrayLike, classes: ArrayLike) -> Samples:
        found = samples_of(features, classes, {"nclasses": self.nclasses})
        if found.features.shape[1] != self.inputdim:
            raise ParamsError(
                f"MLP: {found.features.shape[1]} features where `inputdim` is {self.inputdim}"
            )
        return found

    def _run(self, samples: Samples, training: ClassifierProtocol, fit: Any) -> Any:
        strengths = [self.l2reg]
        try:
            if not training.is_compiled:
                return fit(TorchTrainer(samples, training, strengths=strengths))
            with SentEvalTrainer(samples, training, strengths=strengths) as trainer:
                return fit(trainer)
        except ValueError as error:
            raise TaskError(f"cannot be trained on ({error})") from error
