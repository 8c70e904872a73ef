"""Several training processes: the first one evaluates, all know the same."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmark.results import collect

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]

TRAINING = """
import json, sys
from pathlib import Path
from benchmark.training import Evaluator
from tests.training.test_trainer import NAME, POOLER, TASK, trainer
from transformers import EarlyStoppingCallback
import torch

folder, data = map(Path, sys.argv[1:3])
evaluator = Evaluator(TASK, **POOLER, data_dir=data, unverified_data=True)
made = trainer(
    folder, [EarlyStoppingCallback(2), evaluator.callback()], save_strategy="steps", save_steps=2,
    load_best_model_at_end=True, metric_for_best_model=TASK, ddp_backend="gloo",
)
rank = made.args.process_index
assert made.args.world_size == 2
made.train()
assert (evaluator.last is None) == (rank == 1)
told = {
    "scores": [entry[NAME] for entry in made.state.log_history if NAME in entry],
    "best": [made.state.best_metric, made.state.best_model_checkpoint],
    "steps": made.state.global_step,
}
(folder / f"rank-{rank}.json").write_text(json.dumps(told))
"""

FAILING = """
import sys
from pathlib import Path
import torch
from benchmark.errors import BenchmarkError
from benchmark.training import Evaluator
from tests.training.models import _plain

torch.distributed.init_process_group("gloo")
rank = torch.distributed.get_rank()
folder, data = map(Path, sys.argv[1:3])
model, tokenizer, *_ = _plain(folder / str(rank), "bert")
evaluator = Evaluator(
    "STSBenchmark/dev", pooler="cls" if rank else "nowhere", data_dir=data, unverified_data=True
)
try:
    evaluator.in_all_processes(model, evaluator.moment(output_dir=None, step=1), tokenizer)
except BenchmarkError as error:
    (folder / f"rank-{rank}.txt").write_text(str(error))
"""


def two_processes(code: str, *arguments: Path) -> None:
    """Run code in two processes that know of each other, as torchrun starts them."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    together = {
        "MASTER_ADDR": "localhost",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": "2",
        "PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]),
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            env=os.environ | together | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    try:
        said = [process.communicate(timeout=300)[1] for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0, 0], "\n".join(said)


def test_all_know_what_the_first_one_found(tmp_path: Path, made_up: dict[str, Any]):
    import json

    two_processes(TRAINING, tmp_path, made_up["data_dir"])
    first, second = (json.loads((tmp_path / f"rank-{rank}.json").read_text()) for rank in (0, 1))
    assert first == second
    assert len(first["scores"]) == 3
    records = {run.model: run for run in collect([tmp_path / "run" / "evaluation"])}
    scores = [records[f"run/step-{steps}"]["STSBenchmark/dev"].main_score for steps in (2, 4, 6)]
    assert scores == first["scores"]


def test_an_error_of_the_first_one_ends_all(tmp_path: Path, made_up: dict[str, Any]):
    two_processes(FAILING, tmp_path, made_up["data_dir"])
    texts = {(tmp_path / f"rank-{rank}.txt").read_text() for rank in (0, 1)}
    assert len(texts) == 1
    assert "nowhere" in texts.pop()
