"""What training can go on from, and the weights that were judged best, each whole or not there."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from benchmark.atomic import name_whole_folder
from benchmark.errors import ModelError
from benchmark.globs import STEP, natural
from benchmark.training.networks import GENERATOR
from benchmark.training.objectives.diffcse import DiffCSE
from benchmark.training.objectives.simcse import SimCSE

WEIGHTS = "model.safetensors"
_BEST, _HALF = "best-", "half-"


@dataclass(frozen=True, slots=True)
class SavedStates:
    """A folder with checkpoints of one run: the last one, and the best weights.

    Attributes:
        place: of the folder.
    """

    place: Path

    def last(self) -> Path | None:
        """Return what training would go on from; whatever has such a name is whole."""
        found = [path for path in self.place.glob(f"{STEP}*") if _number(path, STEP) >= 0]
        return max(found, key=lambda path: natural(path.name), default=None)

    def half_place(self, step: int) -> Path:
        """Return what a folder is called that is to be a checkpoint."""
        return self.place / f"{_HALF}{step}"

    def half(self, step: int) -> Path:
        """Return an empty folder for what is to be a checkpoint; it is nothing yet."""
        half = self.half_place(step)
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        return half

    def add(self, written: Path, step: int, best: int | None) -> None:
        """Make a written folder the last checkpoint, and remove those that it replaces.

        Args:
            written: holds all that training goes on from.
            step: that it is of.
            best: step of the best weights, which stay.

        Raises:
            OSError: it cannot be written; the one before is there.
        """
        path = self.place / f"{STEP}{step}"
        shutil.rmtree(path, ignore_errors=True)
        name_whole_folder(written, path)
        self._remove_but(path.name, f"{_BEST}{best}")

    def keep_best(self, objective: nn.Module, step: int) -> None:
        """Write encoder and head; the best of the last checkpoint stay, a killed run needs them.

        Raises:
            OSError: they cannot be written.
        """
        path, half = self.place / f"{_BEST}{step}", self.half(step)
        save_file(contiguous(kept_state(objective, trained=False)), half / WEIGHTS)
        shutil.rmtree(path, ignore_errors=True)
        name_whole_folder(half, path)
        last = self.last()
        from_here = 0 if last is None else _number(last, STEP) + 1
        for other in self.place.glob(f"{_BEST}*"):
            if other != path and _number(other, _BEST) >= from_here:
                shutil.rmtree(other, ignore_errors=True)

    def load_best(self, objective: nn.Module, step: int) -> None:
        """Take the weights of a step that was judged best.

        Raises:
            ModelError: they cannot be read.
        """
        load_state(objective, self.place / f"{_BEST}{step}", trained=False)

    def remove_halves(self) -> None:
        """Remove what a killed process was writing; the caller knows that no other one lives."""
        for half in self.place.glob(f"{_HALF}*"):
            shutil.rmtree(half, ignore_errors=True)

    def _remove_but(self, *kept: str) -> None:
        for path in [*self.place.glob(f"{STEP}*"), *self.place.glob(f"{_BEST}*")]:
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)


def _number(path: Path, start: str) -> int:
    """Return the step of a folder; -1 for one that is none of ours."""
    digits = path.name.removeprefix(start)
    return int(digits) if digits.isdecimal() else -1


def contrast_of(objective: Any) -> SimCSE:
    """Return the part of an objective that holds the encoder, and the head on it in training."""
    found: SimCSE = objective.contrast if isinstance(objective, DiffCSE) else objective
    return found


def kept_state(objective: nn.Module, *, trained: bool) -> dict[str, Tensor]:
    """Return the weights to keep: of all that is trained, or of encoder and head alone."""
    state = objective.state_dict()
    of_result = "contrast." if isinstance(objective, DiffCSE) else ""
    start = "" if trained else of_result
    return {
        name: tensor
        for name, tensor in state.items()
        if name.startswith(start) and not name.startswith(GENERATOR)
    }


def load_state(objective: nn.Module, folder: Path, *, trained: bool) -> None:
    """Take weights that `kept_state` gave.

    Raises:
        ModelError: they cannot be read, or are of another objective.
    """
    path = folder / WEIGHTS
    wanted = kept_state(objective, trained=trained).keys()
    try:
        state = load_file(path)
        if state.keys() != wanted:
            raise ModelError(f"{path}: holds the weights of something else")
        objective.load_state_dict(state, strict=False)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{path}: is damaged ({reason(error)}); delete {folder}") from error


def contiguous(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return weights as they can be written."""
    return {name: tensor.detach().contiguous() for name, tensor in state.items()}


def reason(error: Exception) -> str:
    """Return in a few words why something could not be written or read."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else " ".join(str(error).split())[:200]
