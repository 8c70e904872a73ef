"""A batch that is shared out to processes is one batch: each sentence is told from all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmark.training import train
from tests.training.recipe_files import write_model, write_text
from tests.training.test_processes import two_processes

pytestmark = pytest.mark.slow

TRAINING = """
import json, sys
from pathlib import Path
from benchmark.training import train

folder, options = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
train("simcse", output_dir=folder / "two", **options)
"""


@pytest.mark.parametrize("chunk", [None, 3])
def test_two_processes_share_a_batch(chunk: int | None, tmp_path: Path):
    without = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    options = {
        "model": str(write_model(tmp_path / "bert", **without)),
        "data": str(write_text(tmp_path / "text.txt")),
        "device": "cpu",
        "tasks": "DemoSTS",
        "learning_rate": 1e-3,
        "batch_size": 16,
        "max_steps": 4,
        "logging_steps": 1,
        "save_steps": 2,
        "eval_steps": 2,
    }
    (tmp_path / "options.json").write_text(json.dumps({**options, "chunk": chunk}))
    two_processes(TRAINING, tmp_path, tmp_path / "options.json")
    [one] = train("simcse", output_dir=tmp_path / "one", **options)

    def losses(folder: Path) -> list[float]:
        rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        return [row["contrastive"] for row in rows if "loss" in row]

    found, expected = losses(tmp_path / "two"), losses(one.folder)
    # Gradients of two processes are half as large, and less of them is clipped: AdamW's first step
    # is the same whatever their size, the second is not.
    assert found[:2] == pytest.approx(expected[:2], rel=1e-4)
    assert len(found) == len(expected) == 4
    assert (tmp_path / "two" / "model.safetensors").exists()
    assert len(list((tmp_path / "two" / "evaluation").rglob("DemoSTS.json"))) == 2
