"""docs/training.md is true: each example of an evaluation trains, and keeps the best step."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

import benchmark
from benchmark.results import collect
from tests.checkpoints import SENTENCES
from tests.training.models import LENT, TASK, batches, of_transformers

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text("utf-8")
PART = PAGE.partition("## While it trains")[2].partition("\n## ")[0]
EXAMPLES = re.findall(r"```python\n(.*?)```", PART, re.DOTALL)

pytestmark = pytest.mark.slow


def ran(example: str, names: dict[str, Any], made_up: dict[str, Any]) -> dict[str, Any]:
    """Run an example with short steps, on made-up data."""
    code = re.sub(r'(Evaluator\(\s*"STSBenchmark/dev")', r"\1, **made_up", example)
    code = code.replace("125", "2").replace("TrainingArguments(", "TrainingArguments(use_cpu=True,")
    assert code.count("**made_up") == 1
    space = {"made_up": made_up, **names}
    exec(code, space)
    return space


def updated(model: Any, batch: list[str], tokenizer: Any) -> None:
    """Pull the vectors of a batch together."""
    read = tokenizer(batch, padding=True, return_tensors="pt")
    loss = model.train()(**read).last_hidden_state.std(dim=0).sum()
    loss.backward()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.grad is not None:
                weight.sub_(weight.grad, alpha=0.01)
                weight.grad = None


def best_of(folder: Path) -> float:
    found = collect([folder])
    assert all(re.fullmatch(r"x/step-\d+", run.model) for run in found)
    assert len(found) > 1
    return max(run[TASK].main_score for run in found)


def test_there_are_three():
    assert len(EXAMPLES) == 3


def test_in_the_librarys_trainer(
    tmp_path: Path, made_up: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    datasets = pytest.importorskip("datasets")
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    monkeypatch.chdir(tmp_path)
    model = LENT["of sentence-transformers"](tmp_path).model
    texts = list(SENTENCES)
    space: dict[str, Any] = {}
    exec("from sentence_transformers import *", space)
    space |= {
        "model": model,
        "dataset": datasets.Dataset.from_dict({"anchor": texts, "positive": texts}),
        "loss": MultipleNegativesRankingLoss(model),
    }
    state = ran(EXAMPLES[0], space, made_up)["trainer"].state
    assert state.best_metric == best_of(tmp_path / "runs" / "x" / "evaluation")


def test_in_the_trainer(tmp_path: Path, made_up: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    model, tokenizer, _ = of_transformers(tmp_path, auto=transformers.AutoModelForMaskedLM)
    space = {
        "Trainer": transformers.Trainer,
        "TrainingArguments": transformers.TrainingArguments,
        "EarlyStoppingCallback": transformers.EarlyStoppingCallback,
        "model": model,
        "tokenizer": tokenizer,
        "dataset": [tokenizer(text, truncation=True, max_length=16) for text in SENTENCES],
        "collator": transformers.DataCollatorForLanguageModeling(tokenizer),
    }
    state = ran(EXAMPLES[1], space, made_up)["trainer"].state
    assert state.best_metric == best_of(tmp_path / "runs" / "x" / "evaluation")


def test_in_a_loop_of_ones_own(
    tmp_path: Path, made_up: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    model, tokenizer, _ = of_transformers(tmp_path)
    space = {
        "model": model,
        "tokenizer": tokenizer,
        "batches": [*batches(), *batches()],
        "update": lambda model, batch: updated(model, batch, tokenizer),
    }
    best = ran(EXAMPLES[2], space, made_up)["best"]
    assert best == best_of(tmp_path / "runs" / "x" / "evaluation")
    run = benchmark.evaluate("runs/x/best", TASK, pooler="avg", cache=False, **made_up)
    assert run[TASK].main_score == best
