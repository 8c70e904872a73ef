"""What a model is called at one moment of its training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmark.globs import STEP
from benchmark.results.record import TrainingRecord


@dataclass(frozen=True, slots=True)
class Moment:
    """What a model is called at one moment of its training, and where its records go.

    Attributes:
        run: name of the training run.
        step: updates of the weights so far; None for a model that is not being trained.
        epoch: passes over the data so far; None where nobody counts them.
        output_dir: for records; None keeps none.
    """

    run: str
    step: int | None = None
    epoch: float | None = None
    output_dir: Path | None = None

    @property
    def name(self) -> str:
        """The name of the model as it is at this step."""
        return self.run if self.step is None else f"{self.run}/{STEP}{self.step}"

    @property
    def training(self) -> TrainingRecord | None:
        """What its records say of it."""
        return None if self.step is None else TrainingRecord(self.run, self.step, self.epoch)
