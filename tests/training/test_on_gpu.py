"""On a GPU, where there is one: the same number, nothing touched, no memory kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import benchmark
from benchmark.training import Evaluator
from tests.training.models import LENT, TASK, step

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")


@pytest.mark.parametrize("kind", ["bert", "bfloat16", "with layers behind"])
def test_it_scores_as_its_checkpoint_and_keeps_nothing(
    kind: str, tmp_path: Path, made_up: dict[str, Any]
):
    model, tokenizer, options, save = LENT[kind](tmp_path)
    model.to("cuda")
    evaluator = Evaluator(TASK, **options, **made_up)
    torch.backends.fp32_precision = "tf32"  # as a trainer sets it
    try:
        kept = []
        for steps in (1, 2, 3):
            step(model.cpu(), steps)
            model.to("cuda")
            state = torch.cuda.get_rng_state()
            metrics = evaluator(model, tokenizer=tokenizer, step=steps)
            assert torch.equal(torch.cuda.get_rng_state(), state)
            assert torch.backends.fp32_precision == "tf32"
            kept.append((torch.cuda.memory_allocated(), torch.cuda.memory_reserved()))
    finally:
        torch.backends.fp32_precision = "none"
    assert kept[1] == kept[2]
    save(tmp_path / "saved")
    saved = benchmark.evaluate(
        str(tmp_path / "saved"), TASK, device="cuda", cache=False, **options, **made_up
    )
    assert metrics[TASK] == saved[TASK].main_score
