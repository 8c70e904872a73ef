"""How encoders of sentences are trained, and evaluated meanwhile.

`train` trains by the recipe of a paper. `Evaluator` scores a model in any training loop. The
objectives of SimCSE and DiffCSE are torch modules that compute losses and nothing else: any
training loop can step them. Each is written from the rules in docs/training.md, and loaded when it
is asked for.
"""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.training.checkpoint import write_checkpoint
    from benchmark.training.data import training_data
    from benchmark.training.evaluator import Evaluator
    from benchmark.training.model_card import CheckpointStory
    from benchmark.training.objectives.contrastive import contrastive_loss, gathered
    from benchmark.training.objectives.diffcse import DiffCSE
    from benchmark.training.objectives.heads import BatchNormHead, DenseHead
    from benchmark.training.objectives.masking import Vocabulary, masked
    from benchmark.training.objectives.simcse import Losses, SimCSE
    from benchmark.training.run import TrainedRun, train
    from benchmark.training.text import sentences
else:
    __getattr__ = deferred(
        __name__,
        checkpoint="write_checkpoint",
        data="training_data",
        evaluator="Evaluator",
        model_card="CheckpointStory",
        **{
            "objectives.contrastive": "contrastive_loss gathered",
            "objectives.diffcse": "DiffCSE",
            "objectives.heads": "BatchNormHead DenseHead",
            "objectives.masking": "Vocabulary masked",
            "objectives.simcse": "Losses SimCSE",
            "run": "TrainedRun train",
            "text": "sentences",
        },
    )

__all__ = [
    "BatchNormHead",
    "CheckpointStory",
    "DenseHead",
    "DiffCSE",
    "Evaluator",
    "Losses",
    "SimCSE",
    "TrainedRun",
    "Vocabulary",
    "contrastive_loss",
    "gathered",
    "masked",
    "sentences",
    "train",
    "training_data",
    "write_checkpoint",
]
