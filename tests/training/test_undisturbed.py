"""What an evaluation leaves as it was, though it may fail."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmark.training import Evaluator
from tests.training.models import MODELS, TASK, _plain, step

Options = dict[str, Any]


def trace(model: torch.nn.Module) -> dict[str, Any]:
    """Return everything that training could notice, comparable."""
    return {
        "modes": [module.training for module in model.modules()],
        "hooks": [len(module._forward_hooks) for module in model.modules()],
        "weights": [(w.data_ptr(), w._version, w.device, w.dtype) for w in model.parameters()],
        "graph": [w.grad_fn for w in model.parameters()],
        "asked": [w.requires_grad for w in model.parameters()],
        "slopes": [None if w.grad is None else w.grad.clone().tolist() for w in model.parameters()],
        "random": random.getstate(),
        "numpy": str(np.random.get_state()),
        "torch": torch.random.get_rng_state().tolist(),
        "threads": torch.get_num_threads(),
        "modes of torch": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        "autocast": (torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")),
        "products": torch.backends.fp32_precision,
    }


def in_the_middle(model: torch.nn.Module) -> None:
    """Bring a model into a state that a plain train() or eval() would not restore."""
    model.train()
    for place, module in enumerate(model.modules()):
        module.training = place % 3 > 0
    for place, weight in enumerate(model.parameters()):
        weight.requires_grad_(place % 4 > 0)
        weight.grad = torch.full_like(weight, 0.5) if place % 2 else None


@pytest.mark.parametrize("kind", MODELS)
def test_all_is_as_before(kind: str, tmp_path: Path, made_up: Options):
    model, tokenizer, options, _ = MODELS[kind](tmp_path)
    evaluator = Evaluator(TASK, **options, **made_up)
    step(model, 1)
    in_the_middle(model)
    for _ in range(2):
        before = trace(model)
        evaluator(model, tokenizer=tokenizer)
        after = trace(model)
        for name, value in before.items():
            assert after[name] == value, name


@pytest.mark.parametrize("when", ["at once", "in the second evaluation"])
def test_all_is_as_before_where_it_fails(
    when: str, tmp_path: Path, made_up: Options, monkeypatch: pytest.MonkeyPatch
):
    model, tokenizer, options, _ = _plain(tmp_path, "bert")
    evaluator = Evaluator(TASK, **options, **made_up)
    if when != "at once":
        evaluator(model, tokenizer=tokenizer)

    def fails(*_: Any, **__: Any) -> None:
        torch.rand(3)
        random.random()
        torch.set_num_threads(7)
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmark.training.evaluator.evaluate_loaded", fails)
    in_the_middle(model)
    before = trace(model)
    with pytest.raises(KeyboardInterrupt):
        evaluator(model, tokenizer=tokenizer)
    assert trace(model) == before
    monkeypatch.undo()
    fresh = Evaluator(TASK, **options, **made_up)(model, tokenizer=tokenizer)
    assert evaluator(model, tokenizer=tokenizer) == fresh


def test_what_surrounds_it_does_not_leak_in(
    tmp_path: Path, made_up: Options, monkeypatch: pytest.MonkeyPatch
):
    model, tokenizer, options, _ = _plain(tmp_path, "bert")
    plain = Evaluator(TASK, **options, **made_up)
    plain(model, tokenizer=tokenizer)
    monkeypatch.setattr(torch.backends, "fp32_precision", "tf32")
    surrounded = Evaluator(TASK, **options, **made_up)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for _ in range(2):
            before = trace(model)
            surrounded(model, tokenizer=tokenizer)
            assert trace(model) == before
            assert plain.last is not None
            assert surrounded.last is not None
            ours, theirs = (one.last.predictions[TASK].predicted for one in (surrounded, plain))
            assert (ours == theirs).all()


def test_no_tensor_of_a_model_is_kept(tmp_path: Path, made_up: Options):
    """A model that moves to another device, or ends, takes its memory along."""
    model, tokenizer, options, _ = _plain(tmp_path, "bert")
    evaluator = Evaluator(TASK, **options, **made_up)
    evaluator(model, tokenizer=tokenizer)
    step(model, 1)
    evaluator(model, tokenizer=tokenizer)
    network = evaluator._live._encoder.network  # type: ignore[union-attr]
    kept = [w.numel() for name, w in network.named_parameters() if not name.startswith("pooler.")]
    assert sum(kept) == 0
