"""Linear softmax classifiers as SentEval trains and selects them, many at once."""

from benchmark.metrics.logistic.engine import SentEvalTrainer
from benchmark.metrics.logistic.protocols import (
    SENTEVAL,
    SENTEVAL_FAST,
    SKLEARN,
    ClassifierProtocol,
    SklearnProtocol,
)
from benchmark.metrics.logistic.samples import Samples
from benchmark.metrics.logistic.schemes import Protocol, select
from benchmark.metrics.logistic.selection import (
    Selection,
    Trainer,
    fixed_split,
    folds_and_test,
    nested_folds,
)
from benchmark.metrics.logistic.sklearn_trainer import SklearnTrainer

__all__ = [
    "SENTEVAL",
    "SENTEVAL_FAST",
    "SKLEARN",
    "ClassifierProtocol",
    "Protocol",
    "Samples",
    "Selection",
    "SentEvalTrainer",
    "SklearnProtocol",
    "SklearnTrainer",
    "Trainer",
    "fixed_split",
    "folds_and_test",
    "nested_folds",
    "select",
]
