"""The evaluator as a callback of transformers' ``Trainer``."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from benchmark.results.collection import EVALUATION

if TYPE_CHECKING:
    from benchmark.training.evaluator import Evaluator

_PREFIX = "eval_"


class EvaluatorCallback(TrainerCallback):  # type: ignore[misc]
    """Scores the model whenever its trainer evaluates.

    What it finds is added to the trainer's metrics, before that looks for the best one, and is
    logged as the trainer logs.
    """

    def __init__(self, evaluator: Evaluator, every: int | None = None) -> None:
        """Keep the evaluator.

        Args:
            evaluator: that scores.
            every: evaluate after so many steps, too.
        """
        self._evaluator, self._every = evaluator, every
        self._trains = False

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Know from here on that the weights are those of the step; be the first to be asked.

        Who stops early looks into the same metrics, and may stand before this callback.
        """
        self._trains = True
        trainer = self._trainer()
        if trainer is not None:
            callbacks = trainer.callback_handler.callbacks
            callbacks.remove(self)
            callbacks.insert(0, self)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Know that the weights may be those of another step: of the best one, say."""
        self._trains = False

    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Score on a schedule of one's own."""
        if self._every and state.global_step % self._every == 0 and not control.should_evaluate:
            self._log(self._metrics(args, state, given), state)

    def on_evaluate(
        self,
        args: Any,
        state: Any,
        control: Any,  # noqa: ARG002
        metrics: dict[str, Any],
        **given: Any,
    ) -> None:
        """Score, and add the scores to what the trainer's evaluation found."""
        found = self._metrics(args, state, given)
        metrics.update(found)
        self._log(found, state)

    def _metrics(self, args: Any, state: Any, given: dict[str, Any]) -> dict[str, float]:
        evaluator = self._evaluator
        moment = evaluator.moment(
            output_dir=Path(args.output_dir) / EVALUATION,
            step=state.global_step if self._trains else None,
            epoch=state.epoch if self._trains else None,
        )
        scores = evaluator.in_all_processes(given["model"], moment, given.get("processing_class"))
        return {f"{_PREFIX}{name}": score for name, score in scores.items()}

    def _log(self, metrics: dict[str, float], state: Any) -> None:
        trainer = self._trainer()
        if trainer is not None:
            trainer.log(dict(metrics))
        else:
            state.log_history.append({**metrics, "epoch": state.epoch, "step": state.global_step})

    def _trainer(self) -> Any:
        """Return the trainer that asks.

        Callbacks are not told of it, and what they find is logged by nobody: the trainer logs its
        metrics before it asks them. It is among those who wait for this call.
        """
        frame = inspect.currentframe()
        while frame is not None:
            asking = frame.f_locals.get("self")
            handler = getattr(asking, "callback_handler", None)
            if handler is not None and self in getattr(handler, "callbacks", ()):
                return asking
            frame = frame.f_back
        return None
