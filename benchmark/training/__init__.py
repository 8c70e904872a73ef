"""How encoders of sentences are trained: the objectives of SimCSE and DiffCSE, as torch modules.

They compute losses and nothing else: any training loop can step them. Each is written from the
rules in docs/training.md, and loaded when it is asked for.
"""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.training.objectives.contrastive import contrastive_loss, gathered
    from benchmark.training.objectives.diffcse import DiffCSE
    from benchmark.training.objectives.heads import BatchNormHead, DenseHead
    from benchmark.training.objectives.masking import Vocabulary, masked
    from benchmark.training.objectives.simcse import Losses, SimCSE
else:
    __getattr__ = deferred(
        __name__,
        **{
            "objectives.contrastive": "contrastive_loss gathered",
            "objectives.diffcse": "DiffCSE",
            "objectives.heads": "BatchNormHead DenseHead",
            "objectives.masking": "Vocabulary masked",
            "objectives.simcse": "Losses SimCSE",
        },
    )

__all__ = [
    "BatchNormHead",
    "DenseHead",
    "DiffCSE",
    "Losses",
    "SimCSE",
    "Vocabulary",
    "contrastive_loss",
    "gathered",
    "masked",
]
