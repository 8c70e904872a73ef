"""The loading library's own trainer, stepping an objective: checkpoints whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from benchmark.embeddings import Advance, unwatched
from benchmark.errors import TrainingError
from benchmark.training.objectives.diffcse import DiffCSE
from benchmark.training.objectives.simcse import Losses, SimCSE
from benchmark.training.saved_states import (
    WEIGHTS,
    SavedStates,
    contiguous,
    kept_state,
    load_state,
    reason,
)

Judge = Callable[[nn.Module, int, float], Mapping[str, float]]
"""From an objective, the step and the epoch to measures by name, the first of which decides. It is
asked in every process, and answers the same in each."""


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
            judge: measures the encoder when the arguments ask for it; None for none.
            advance: told how far it is.
        """
        self._parts: dict[str, Tensor] = {}
        self._judge, self._saved = judge, SavedStates(Path(arguments.output_dir))
        self._half: Path | None = None
        self.control: Any
        super().__init__(
            objective,
            arguments,
            data_collator=collate,
            train_dataset=data,
            eval_dataset=None if judge is None else data,  # it is told to evaluate only with one
            callbacks=[_Progress(advance)],
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
        kept = self._saved.last()
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
        """Have what is trained judged."""
        assert self._judge is not None  # noqa: S101 - else nothing asks for it
        found = self._judge(self.model, self.steps, float(self.state.epoch or 0))
        metrics = {f"eval_{name}": value for name, value in found.items()}
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        is_best: bool = super()._determine_best_metric(metrics=metrics, trial=trial)
        if is_best and self.is_world_process_zero():
            self._write(lambda: self._saved.keep_best(self.model, self.steps))
        return is_best

    # --- checkpoints ------------------------------------------------------------------------------

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._half) if self._half else str(super()._get_output_dir(trial))

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        """Write a checkpoint beside the last one, which is removed when the new one is whole."""
        first = self.is_world_process_zero()
        self._half = self._saved.half_place(self.steps)
        try:
            if first:
                self._write(lambda: self._saved.half(self.steps))
            self.accelerator.wait_for_everyone()
            self._write(lambda: super(ObjectiveTrainer, self)._save_checkpoint(model, trial))
            self.accelerator.wait_for_everyone()
            written = self._half / f"checkpoint-{self.steps}"
            if first:
                best = self.state.best_global_step
                self._write(lambda: self._saved.add(written, self.steps, best))
            self.accelerator.wait_for_everyone()
        finally:
            if first:
                self._saved.remove_halves()
            self._half = None

    def _write(self, action: Callable[[], object]) -> None:
        """Write something; what fails is told in a line."""
        try:
            action()
        except (
            OSError,
            RuntimeError,
            SafetensorError,
        ) as error:  # torch's writer tells of a full disk as the latter
            kept = self._saved.last()
            stays = f"; {kept} stays, the same command goes on from there" if kept else ""
            raise TrainingError(
                f"step {self.steps}: a checkpoint cannot be written into {self._saved.place} "
                f"({reason(error)}){stays}; make room"
            ) from error

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:  # noqa: ARG002
        if self.args.should_save:
            assert output_dir is not None  # noqa: S101 - the library's own default is not used
            Path(output_dir).mkdir(parents=True, exist_ok=True)
            state = contiguous(kept_state(self.model, trained=True))
            save_file(state, Path(output_dir) / WEIGHTS)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        load_state(model or self.model, Path(resume_from_checkpoint), trained=True)

    def _run_epoch(self, *given: Any, **named: Any) -> None:
        """Make no step more where training ended before: the library would make one."""
        if self.steps >= self.state.max_steps:
            self.control.should_training_stop = True
            return
        super()._run_epoch(*given, **named)

    def load_best(self) -> None:
        """Take the weights that were judged best, where there were any."""
        if self.state.best_global_step:
            self._saved.load_best(self.model, self.state.best_global_step)


class _Progress(TrainerCallback):  # type: ignore[misc] # the library has no types
    """Tells whoever watches how far training is; has the end judged, too."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            self._advance(state.global_step, state.max_steps)
        if state.global_step >= state.max_steps and args.eval_strategy != "no":
            control.should_evaluate = True  # whatever the number of steps is divisible by
