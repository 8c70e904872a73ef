"""In sentence-transformers' own trainer, as its ``evaluator``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import pytest
import torch
from transformers import set_seed

import benchmark
from benchmark.results import collect
from benchmark.training import Evaluator
from tests.checkpoints import SENTENCES
from tests.training.models import LENT, TASK

datasets = pytest.importorskip("datasets")
library = pytest.importorskip("sentence_transformers")

Options = dict[str, Any]
NAME = f"eval_{TASK}"


def trained(folder: Path, kind: str, evaluator: Any, **asked: Any) -> Any:
    """Return a trainer after six steps, evaluated at every second."""
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    set_seed(0)
    model = LENT[kind](folder).model
    args = library.SentenceTransformerTrainingArguments(
        output_dir=str(folder / "run"),
        max_steps=6,
        per_device_train_batch_size=4,
        learning_rate=1e-2,
        use_cpu=True,
        report_to=[],
        disable_tqdm=True,
        **{"eval_strategy": "steps", "eval_steps": 2, "save_strategy": "no"} | asked,
    )
    texts = list(SENTENCES * 2)
    trainer = library.SentenceTransformerTrainer(
        model,
        args,
        train_dataset=datasets.Dataset.from_dict({"anchor": texts, "positive": texts}),
        loss=MultipleNegativesRankingLoss(model),
        evaluator=evaluator,
    )
    trainer.train()
    return trainer


@pytest.mark.parametrize("kind", ["of sentence-transformers", "with layers behind"])
def test_the_best_checkpoint_is_chosen_by_name(kind: str, tmp_path: Path, made_up: Options):
    evaluator = Evaluator(TASK, **made_up)
    made = trained(
        tmp_path,
        kind,
        evaluator,
        save_strategy="steps",
        save_steps=2,
        load_best_model_at_end=True,
        metric_for_best_model=NAME,
    )
    logged = {entry["step"]: entry[NAME] for entry in made.state.log_history if NAME in entry}
    assert list(logged) == [2, 4, 6]
    assert made.state.best_metric == max(logged.values())
    records = {run.model: run for run in collect([tmp_path / "run" / "evaluation"])}
    assert set(records) == {f"run/step-{steps}" for steps in logged}
    for steps, score in logged.items():
        checkpoint = str(tmp_path / "run" / f"checkpoint-{steps}")
        saved = benchmark.evaluate(checkpoint, TASK, cache=False, **made_up)
        record = records[f"run/step-{steps}"]
        assert saved[TASK].main_score == score == record[TASK].main_score
        assert saved.fingerprint == record.fingerprint
    made.model.save_pretrained(str(tmp_path / "final"))
    assert TASK in (tmp_path / "final" / "README.md").read_text("utf-8")


def test_it_leaves_no_trace(tmp_path: Path, made_up: Options):
    from sentence_transformers.base.evaluation import BaseEvaluator

    class Idle(BaseEvaluator):  # the trainer's own loop draws from the random numbers
        def __call__(self, *_: Any, **__: Any) -> dict[str, float]:
            return {}

    idle = trained(tmp_path / "a", "of sentence-transformers", Idle())
    watched = trained(tmp_path / "b", "of sentence-transformers", Evaluator(TASK, **made_up))
    theirs = watched.model.state_dict()
    for name, weight in idle.model.state_dict().items():
        assert torch.equal(weight, theirs[name]), name


def test_it_is_an_evaluator_of_the_library(made_up: Options):
    from sentence_transformers.base.evaluation import BaseEvaluator

    evaluator = Evaluator(TASK, **made_up)
    assert isinstance(evaluator, BaseEvaluator)
    assert evaluator.primary_metric == TASK
    assert evaluator.greater_is_better


def test_one_that_was_made_before_the_library_was_loaded(tmp_path: Path, made_up: Options):
    from sentence_transformers.base.evaluation import BaseEvaluator, SequentialEvaluator

    class Before(Evaluator):
        def __new__(cls, *_: Any, **__: Any) -> Self:
            return object.__new__(cls)

    evaluator = Before(TASK, **made_up)
    assert not isinstance(evaluator, BaseEvaluator)
    model = LENT["of sentence-transformers"](tmp_path).model
    together = SequentialEvaluator(evaluator)  # as the trainer makes of what it does not know
    assert together(model)[TASK] == evaluator(model)[TASK]


def test_the_library_is_not_loaded_for_it():
    code = (
        "import sys; from benchmark.training import Evaluator; Evaluator('demo'); "
        "sys.exit('sentence_transformers' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
