"""Training by a recipe from beginning to end: what is written, goes on, is found, is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from benchmark import evaluate
from benchmark.foreign import parse_toml
from benchmark.training import train
from benchmark.training.run import TrainedRun
from tests.checkpoints import Family
from tests.training.recipe_files import (
    write_generator,
    write_model,
    write_text,
)

QUICK = {"max_steps": 6, "batch_size": 8, "learning_rate": 1e-3, "device": "cpu"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "bert")


@pytest.fixture
def generator(tmp_path: Path) -> Path:
    return write_generator(tmp_path / "generator")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    return write_text(tmp_path / "text.txt")


def weights(run: TrainedRun | Path) -> dict[str, torch.Tensor]:
    folder = run if isinstance(run, Path) else run.folder
    return load_file(folder / "model.safetensors")


def same(first: Any, second: Any) -> bool:
    one, other = weights(first), weights(second)
    assert one.keys() == other.keys()
    return all(torch.equal(one[name], other[name]) for name in one)


def simcse(model: Path, text: Path, folder: Path, **options: Any) -> TrainedRun:
    [run] = train("simcse", model=model, data=text, output_dir=folder, **{**QUICK, **options})
    return run


# --- what comes out -------------------------------------------------------------------------------


def test_a_run_leaves_an_encoder_and_tells_what_it_was(model: Path, text: Path, tmp_path: Path):
    run = simcse(model, text, tmp_path / "x", tasks="none", max_steps=None, epochs=2)
    assert (run.steps, run.best_step, run.scores, run.new) == (24, 24, {}, True)
    assert not same(run, model)
    story = parse_toml((run.folder / "run.toml").read_text("utf-8"))
    assert story["asked"]["data"]["rows"] == 96
    assert story["asked"]["recipe"]["temperature"] == 0.05
    assert story["result"]["steps"] == 24
    left = {path.name for path in run.folder.iterdir()}
    assert {"config.json", "model.safetensors", "modules.json", "README.md"} <= left
    assert not left & {"checkpoints", "evaluation", ".training"}


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_diffcse_trains_and_keeps_what_was_judged_best(family: Family, text: Path, tmp_path: Path):
    [run] = train(
        "diffcse",
        model=write_model(tmp_path / "m", family),
        generator=str(write_generator(tmp_path / "g", family)),
        data=text,
        output_dir=tmp_path / "x",
        tasks="DemoSTS",
        eval_steps=2,
        save_steps=3,
        **QUICK,
    )
    assert run.best_step in (2, 4, 6)
    again = evaluate(str(run.folder), "DemoSTS")
    assert again["DemoSTS"].main_score == run.scores["DemoSTS"]
    records = list((run.folder / "evaluation").rglob("DemoSTS.json"))
    assert len(records) == 3
