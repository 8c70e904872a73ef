"""Softmax classifiers as SentEval trains and selects them: linear ones many at once."""

from benchmark.metrics.logistic.features import Gathered
from benchmark.metrics.logistic.optimisers import read_optimiser
from benchmark.metrics.logistic.protocols import (
    PROTOCOLS,
    SENTEVAL,
    SENTEVAL_FAST,
    SKLEARN,
    ClassifierProtocol,
    SklearnProtocol,
    protocol_named,
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
    "Gathered",
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
    "protocol_named",
    "read_optimiser",
    "select",
]
