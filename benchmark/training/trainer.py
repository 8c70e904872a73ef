"""The loading library's own trainer, stepping an objective: checkpoints whole or not at all."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from benchmark.embeddings import Advance, unwatched
from benchmark.errors import ModelError, TrainingError
from benchmark.foreign import read_json
from benchmark.globs import natural
from benchmark.training.networks import GENERATOR
from benchmark.training.objectives.diffcse import DiffCSE
from benchmark.training.objectives.simcse import Losses, SimCSE
from benchmark.training.whole_folder import HALF, publish, whole_folder

logger = logging.getLogger(__name__)

WEIGHTS = "model.safetensors"
STEP, BEST = "step-", "best-"
"""What folders are called: all that training goes on from; weights that were judged best."""

Judge = Callable[[nn.Module, int, float], Mapping[str, float]]
"""From an encoder, the step and the epoch to measures by name, the first of which decides."""


class ObjectiveTrainer(Trainer):  # type: ignore[misc] # the library has no types
    """Steps an objective, logs its losses by name, and keeps the weights that are judged best.

    What a checkpoint holds is all that training goes on from: weights but for the frozen
    generator's, optimizer, schedule, random numbers, place in the data, the best so far.
    """

    def __init__(
        self,
        objective: SimCSE | DiffCSE,
        arguments: TrainingArguments,
        data: Any,
        collate: Callable[..., dict[str, Tensor]],
        *,
        judge: Judge | None = None,
        advance: Advance = unwatched,
    ) -> None:
        """Prepare everything.

        Args:
            objective: that is trained.
            arguments: of the library's trainer; checkpoints lie in its ``output_dir``.
            data: a sequence of rows.
            collate: makes a batch of rows.
            judge: measures the encoder while it trains; None for none.
            advance: told how far it is.
        """
        self._parts: dict[str, Tensor] = {}
        self._judge, self._place = judge, Path(arguments.output_dir)
        self._half: Path | None = None
        self.control: Any
        super().__init__(
            objective,
            arguments,
            data_collator=collate,
            train_dataset=data,
            eval_dataset=None if judge is None else data,  # it is told to evaluate only with one
            callbacks=[_Shown(advance)],
        )
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)
        self.model_accepts_loss_kwargs = False
        self.can_return_loss = True

    @property
    def steps(self) -> int:
        """How many were made."""
        return int(self.state.global_step)

    # --- losses -----------------------------------------------------------------------------------

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,  # noqa: ARG002 - the library's
    ) -> Any:
        """Return the loss of a batch; remember its parts until the next line of the log.

        Raises:
            TrainingError: it is no number.
        """
        losses: Losses = model(**inputs)
        if not torch.isfinite(losses.total):
            raise self._diverged("the loss is", losses.total)
        for name in ("contrastive", "replaced"):
            part = getattr(losses, name)
            if part is not None:
                both = torch.stack([part.detach().float(), torch.ones_like(part).detach().float()])
                self._parts[name] = self._parts.get(name, torch.zeros_like(both)) + both
        return (losses.total, losses) if return_outputs else losses.total

    def _clip_grad_norm(self, model: nn.Module) -> Any:
        norm = super()._clip_grad_norm(model)
        # In float16 the scale of losses is found by trying; such a step is left out.
        if norm is not None and not self.args.fp16 and not torch.isfinite(torch.as_tensor(norm)):
            raise self._diverged("gradients are", torch.as_tensor(norm))
        return norm

    def _diverged(self, what: str, value: Tensor) -> TrainingError:
        kept = last_checkpoint(self._place)
        stays = f"{kept} is the last whole checkpoint" if kept else "there is no checkpoint yet"
        return TrainingError(
            f"step {self.steps + 1}: {what} {value.item()}; a smaller `learning_rate` or "
            f"`precision` float32 may help; {stays}"
        )

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log, with the means of the losses' parts."""
        if "loss" in logs:
            for name, both in self._parts.items():
                total, count = self.accelerator.reduce(both, "sum").tolist()
                logs[name] = total / count
            self._parts.clear()
        super().log(logs, start_time)

    # --- judgement --------------------------------------------------------------------------------

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Have the encoder judged by the first process, and tell all of them."""
        assert self._judge is not None  # noqa: S101 - else nothing asks for it
        told: list[Any] = [None]
        if self.is_world_process_zero():
            objective = self.accelerator.unwrap_model(self.model)
            encoder = encoder_of(objective)
            told = [dict(self._judge(encoder, self.steps, float(self.state.epoch or 0)))]
        if self.args.world_size > 1:
            torch.distributed.broadcast_object_list(told)
        metrics = {f"eval_{name}": value for name, value in told[0].items()}
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        is_best: bool = super()._determine_best_metric(metrics=metrics, trial=trial)
        if is_best and self.is_world_process_zero():
            told = (f"{name.removeprefix('eval_')} {value:.4f}" for name, value in metrics.items())
            logger.info("step %d: %s, the best so far", self.steps, ", ".join(told))
            self._write(self._keep_best)
        return is_best

    def _keep_best(self) -> None:
        path = self._place / f"{BEST}{self.steps}"
        if path.is_dir():  # a run that was killed behind this step comes by again
            shutil.rmtree(path)
        with whole_folder(path) as folder:
            save_file(_contiguous(kept_state(self.model, trained=False)), folder / WEIGHTS)
        last = last_checkpoint(self._place)
        known = read_json(last / "trainer_state.json")["best_global_step"] if last else None
        self._remove_but({path.name, f"{BEST}{known}"}, BEST)

    def _remove_but(self, kept: set[str], *starts: str) -> None:
        for other in [path for start in starts for path in self._place.glob(f"{start}*")]:
            if other.name not in kept:
                shutil.rmtree(other, ignore_errors=True)

    # --- checkpoints ------------------------------------------------------------------------------

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._half) if self._half else str(super()._get_output_dir(trial))

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        """Write a checkpoint beside the last one, which is removed when the new one is whole."""
        path = self._place / f"{STEP}{self.steps}"
        self._half = path.with_name(path.name + HALF)
        try:
            self._write(lambda: super(ObjectiveTrainer, self)._save_checkpoint(model, trial))
            self.accelerator.wait_for_everyone()
            if self.is_world_process_zero():
                self._write(lambda: self._publish(path))
            self.accelerator.wait_for_everyone()
        finally:
            if self.is_world_process_zero():
                shutil.rmtree(self._half, ignore_errors=True)
            self._half = None

    def _publish(self, path: Path) -> None:
        assert self._half is not None  # noqa: S101 - while a checkpoint is written
        if path.is_dir():
            shutil.rmtree(path)
        publish(self._half / f"checkpoint-{self.steps}", path)
        self._remove_but({path.name, f"{BEST}{self.state.best_global_step}"}, STEP, BEST)

    def _write(self, action: Callable[[], None]) -> None:
        """Write something; what fails is told in a line."""
        try:
            action()
        except (
            OSError,
            RuntimeError,
            SafetensorError,
        ) as error:  # torch's writer tells of a full disk as the latter
            kept = last_checkpoint(self._place)
            stays = f"; {kept} stays, the same command goes on from there" if kept else ""
            raise TrainingError(
                f"step {self.steps}: a checkpoint cannot be written into {self._place} "
                f"({_reason(error)}){stays}; make room"
            ) from error

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:  # noqa: ARG002
        if self.args.should_save:
            assert output_dir is not None  # noqa: S101 - the library's own default is not used
            Path(output_dir).mkdir(parents=True, exist_ok=True)
            state = _contiguous(kept_state(self.model, trained=True))
            save_file(state, Path(output_dir) / WEIGHTS)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        load_state(model or self.model, Path(resume_from_checkpoint), trained=True)

    def load_best(self) -> None:
        """Take the weights that were judged best, where there were any."""
        if self.state.best_global_step:
            load_state(
                self.model, self._place / f"{BEST}{self.state.best_global_step}", trained=False
            )


def encoder_of(objective: Any) -> nn.Module:
    """Return the encoder that an objective trains."""
    contrast = objective.contrast if isinstance(objective, DiffCSE) else objective
    encoder: nn.Module = contrast.encoder
    return encoder


def head_of(objective: Any) -> nn.Module:
    """Return the head that stands on it in training."""
    contrast = objective.contrast if isinstance(objective, DiffCSE) else objective
    head: nn.Module = contrast.head
    return head


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
        raise ModelError(f"{path}: is damaged ({_reason(error)}); delete {folder}") from error


def last_checkpoint(place: Path) -> Path | None:
    """Return the folder that training would go on from; whatever has its name is whole."""
    found = [path for path in place.glob(f"{STEP}*") if path.name[len(STEP) :].isdecimal()]
    return max(found, key=lambda path: natural(path.name), default=None)


class _Shown(TrainerCallback):  # type: ignore[misc] # the library has no types
    """Tells whoever watches how far training is."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        if state.is_world_process_zero:
            self._advance(state.global_step, state.max_steps)


def _contiguous(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().contiguous() for name, tensor in state.items()}


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else " ".join(str(error).split())[:200]
