"""Linear softmax classifiers as SentEval trains and selects them, many at once."""

from benchmark.metrics.logistic.protocols import (
    PROTOCOLS,
    SENTEVAL,
    SENTEVAL_FAST,
    SKLEARN,
    ClassifierProtocol,
    SklearnProtocol,
)
from benchmark.metrics.logistic.schemes import (
    Selection,
    Trainer,
    fixed_split,
    folds_and_test,
    nested_folds,
)
from benchmark.metrics.logistic.trainers import Protocol, SentEvalTrainer, SklearnTrainer, select
from benchmark.metrics.logistic.training import Samples

__all__ = [
    "PROTOCOLS",
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
