"""In transformers' ``Trainer``: named metrics, the best checkpoint, an early end, no trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForMaskedLM,
    DataCollatorForLanguageModeling,
    EarlyStoppingCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

import benchmark
from benchmark.results import collect
from benchmark.training import Evaluator
from tests.checkpoints import SENTENCES
from tests.training.models import TASK, of_transformers

Options = dict[str, Any]
NAME = f"eval_{TASK}"
POOLER = {"pooler": "cls_before_pooler"}


class Listener(TrainerCallback):
    """Hears what is logged, as those of TensorBoard, W&B, trackio and MLflow do."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        self.heard.append({**logs, "step": state.global_step})


def trainer(folder: Path, callbacks: list[Any], kind: str = "bert", **asked: Any) -> Trainer:
    """Return a trainer of a masked language model, six steps long, evaluated at every second."""
    set_seed(0)  # the head of the language model begins at random
    model, tokenizer, _ = of_transformers(folder, kind, AutoModelForMaskedLM)
    rows = [tokenizer(text, truncation=True, max_length=16) for text in SENTENCES * 2]
    usual = {"eval_strategy": "steps", "eval_steps": 2, "save_strategy": "no"}
    usual |= {"learning_rate": 1e-2, "report_to": []}
    args = TrainingArguments(
        output_dir=str(folder / "run"),
        max_steps=6,
        per_device_train_batch_size=4,
        use_cpu=True,
        disable_tqdm=True,
        logging_steps=2,
        **usual | asked,
    )
    return Trainer(
        model,
        args,
        train_dataset=rows,  # type: ignore[arg-type]
        eval_dataset=[],  # type: ignore[arg-type]
        data_collator=DataCollatorForLanguageModeling(tokenizer),
        processing_class=tokenizer,
        callbacks=callbacks,
    )


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_the_best_checkpoint_is_chosen_by_name(kind: str, tmp_path: Path, made_up: Options):
    listener, evaluator = Listener(), Evaluator(TASK, **POOLER, **made_up)
    made = trainer(
        tmp_path,
        [listener, evaluator.callback()],
        kind,
        save_strategy="steps",
        save_steps=2,
        load_best_model_at_end=True,
        metric_for_best_model=TASK,
    )
    made.train()
    logged = {entry["step"]: entry[NAME] for entry in made.state.log_history if NAME in entry}
    assert logged == {entry["step"]: entry[NAME] for entry in listener.heard if NAME in entry}
    assert list(logged) == [2, 4, 6]
    best = made.state.best_model_checkpoint
    assert best == str(tmp_path / "run" / f"checkpoint-{max(logged, key=logged.__getitem__)}")

    records = {run.model: run for run in collect([tmp_path / "run" / "evaluation"])}
    assert set(records) == {f"run/step-{steps}" for steps in logged}
    for steps, score in logged.items():
        checkpoint = str(tmp_path / "run" / f"checkpoint-{steps}")
        saved = benchmark.evaluate(checkpoint, TASK, cache=False, **POOLER, **made_up)
        record = records[f"run/step-{steps}"]
        assert saved[TASK].main_score == score == record[TASK].main_score
        assert saved.fingerprint == record.fingerprint

    again = made.evaluate()  # of the best weights, which are not those of the last step
    assert again[NAME] == max(logged.values()) == made.state.best_metric
    assert evaluator.last is not None
    assert evaluator.last.model == "run"


def test_training_stops_early_whoever_is_asked_first(tmp_path: Path, made_up: Options):
    evaluator = Evaluator(TASK, **POOLER, **made_up)
    stopping = EarlyStoppingCallback(early_stopping_patience=1)
    made = trainer(
        tmp_path,
        [stopping, evaluator.callback()],
        eval_steps=1,
        learning_rate=0.0,  # nothing improves after the first evaluation
        save_strategy="steps",
        save_steps=1,
        load_best_model_at_end=True,
        metric_for_best_model=NAME,
    )
    made.train()
    assert made.state.global_step == 2


def test_a_schedule_of_ones_own_leaves_no_trace(tmp_path: Path, made_up: Options):
    without = trainer(tmp_path / "a", [], eval_strategy="no")
    without.train()
    evaluator = Evaluator(TASK, **POOLER, **made_up)
    watched = trainer(tmp_path / "b", [evaluator.callback(every=1)], eval_strategy="no")
    watched.train()
    logged = [entry["step"] for entry in watched.state.log_history if NAME in entry]
    assert logged == [1, 2, 3, 4, 5, 6]
    theirs = watched.model.state_dict()
    for name, weight in without.model.state_dict().items():
        assert torch.equal(weight, theirs[name]), name


def test_a_run_that_goes_on_keeps_its_history(tmp_path: Path, made_up: Options):
    def run(**asked: Any) -> None:
        evaluator = Evaluator(TASK, **POOLER, **made_up)
        callbacks = [evaluator.callback()]
        trainer(tmp_path, callbacks, save_strategy="steps", save_steps=2).train(**asked)

    run()
    run(resume_from_checkpoint=str(tmp_path / "run" / "checkpoint-2"))
    # The collator's masks are other ones than before, and so are the weights.
    records = collect([tmp_path / "run" / "evaluation"])
    assert sorted(record.model for record in records) == ["run/step-2", "run/step-4", "run/step-6"]
    for record in records:
        checkpoint = tmp_path / "run" / record.model.replace("run/step", "checkpoint")
        saved = benchmark.evaluate(str(checkpoint), TASK, cache=False, **POOLER, **made_up)
        assert record.fingerprint == saved.fingerprint


def test_tensorboard_has_the_curve(
    tmp_path: Path, made_up: Options, monkeypatch: pytest.MonkeyPatch
):
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(tmp_path / "logs"))
    evaluator = Evaluator(TASK, **POOLER, **made_up)
    trainer(tmp_path, [evaluator.callback()], report_to=["tensorboard"]).train()
    [file] = tmp_path.rglob("events.out.*")
    scalars = events.EventAccumulator(str(file)).Reload().Scalars(f"eval/{TASK}")
    assert [scalar.step for scalar in scalars] == [2, 4, 6]
