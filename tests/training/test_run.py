"""Training by a recipe from beginning to end: what is written, goes on, is found, is refused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch.optim import AdamW
from transformers import AutoModel

from benchmark import evaluate
from benchmark.foreign import parse_toml
from benchmark.recipe_options import RecipeOptions
from benchmark.results.collection import collect
from benchmark.training import train
from benchmark.training.preparation import prepared
from benchmark.training.run import TrainedRun
from benchmark.training.trainer import ObjectiveTrainer
from tests.checkpoints import Family
from tests.training.recipe_files import (
    PROJECT,
    write_generator,
    write_model,
    write_text,
    write_triples,
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


# --- interrupted ----------------------------------------------------------------------------------

LONG = {
    "max_steps": 20,
    "batch_size": 8,
    "learning_rate": 1e-3,
    "device": "cpu",
    "save_steps": 4,
    "eval_steps": 3,
    "tasks": "DemoSTS",
}
"""An epoch has 12 steps; judgements and checkpoints fall on the same step, and on others."""

DEATHS = [
    ("transformers:Trainer.training_step", 3),  # before there is a checkpoint
    ("transformers:Trainer.training_step", 11),
    ("transformers:Trainer.training_step", 15),  # in the second epoch, begun after a checkpoint
    ("torch:save", 4),  # half of the second checkpoint is written
    ("benchmark.training.saved_states:name_whole_folder", 5),  # whole, and has no name yet
    ("benchmark.training.saved_states:SavedStates._remove_but", 3),  # the one before still there
    ("benchmark.training.run:write_checkpoint", 1),  # trained, nothing written
    ("benchmark.atomic:_move", 3),  # half of the result has its place
    ("benchmark.training.run_folder:RunFolder.finish", 1),
]


def killed(where: str, nth: int, method: str, options: dict[str, Any]) -> None:
    words = [where, str(nth), method, json.dumps(options)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.killed", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("where", "nth"), DEATHS, ids=[f"{w}-{n}" for w, n in DEATHS])
def test_a_killed_run_comes_to_the_same_weights(
    where: str, nth: int, model: Path, generator: Path, text: Path, tmp_path: Path
):
    given = {"model": str(model), "data": str(text), "generator": str(generator), **LONG}
    [whole] = train("diffcse", output_dir=tmp_path / "whole" / "x", **given)
    again = {**given, "output_dir": str(tmp_path / "killed" / "x")}
    killed(where, nth, "diffcse", again)
    [run] = train("diffcse", **again)
    assert same(run, whole)
    assert (run.steps, run.best_step, run.scores) == (whole.steps, whole.best_step, whole.scores)
    assert not (run.folder / "checkpoints").exists()


class Interrupted(BaseException):
    """Whatever ends a process in between."""


def test_an_interrupted_run_comes_to_the_same_weights(
    model: Path, generator: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    given = {"model": model, "data": text, "generator": str(generator), **LONG, "tasks": "none"}
    [whole] = train("diffcse", output_dir=tmp_path / "whole" / "x", **given)
    usual, steps = ObjectiveTrainer.training_step, []

    def step(*arguments: Any) -> Any:
        steps.append(1)
        if len(steps) in (7, 14):
            raise Interrupted
        return usual(*arguments)

    monkeypatch.setattr(ObjectiveTrainer, "training_step", step)
    for _ in range(2):
        with pytest.raises(Interrupted):
            train("diffcse", output_dir=tmp_path / "x", **given)
    [run] = train("diffcse", output_dir=tmp_path / "x", **given)
    assert len(steps) == 14 + 20 - 8  # the last time from the checkpoint of step 8 on
    assert same(run, whole)


def test_what_ended_before_it_was_written_makes_no_step_more(
    model: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole = simcse(model, text, tmp_path / "whole", tasks="none")

    def interrupted(*_: Any, **__: Any) -> None:
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr("benchmark.training.run.write_checkpoint", interrupted)
        with pytest.raises(Interrupted):
            simcse(model, text, tmp_path / "x", tasks="none")
    run = simcse(model, text, tmp_path / "x", tasks="none")
    assert run.steps == whole.steps
    assert same(run, whole)


def test_a_batch_in_chunks_learns(model: Path, text: Path, tmp_path: Path):
    options = {"max_steps": 24, "logging_steps": 6, "tasks": "none", "batch_size": 24}
    run = simcse(model, text, tmp_path / "x", chunk=5, gradient_accumulation=2, **options)
    rows = [row for row in log_of(run) if "loss" in row]
    assert rows[-1]["contrastive"] < 0.9 * rows[0]["contrastive"]
    for row in rows:
        assert row["loss"] == pytest.approx(row["contrastive"], rel=1e-5)


def test_a_judge_changes_nothing_of_the_training(model: Path, text: Path, tmp_path: Path):
    judged = {"tasks": "DemoSTS", "eval_steps": 2, "logging_steps": 1}
    seen = simcse(model, text, tmp_path / "seen", **judged)
    unseen = simcse(model, text, tmp_path / "unseen", tasks="none", logging_steps=1)
    one, other = ([row for row in log_of(run) if "loss" in row] for run in (seen, unseen))
    assert len(one) == 6
    assert one == other
    assert len(list((seen.folder / "evaluation").rglob("DemoSTS.json"))) == 3


def test_seeds_are_other_runs_and_a_seed_is_the_same_again(model: Path, text: Path, tmp_path: Path):
    runs = train(
        "simcse", model=model, data=text, output_dir=tmp_path / "x", seeds=2, tasks="none", **QUICK
    )
    assert [run.folder.name for run in runs] == ["seed-0", "seed-1"]
    assert not same(*runs)
    assert same(runs[1], simcse(model, text, tmp_path / "y", seed=1, tasks="none"))


def test_a_finished_run_is_found(model: Path, text: Path, tmp_path: Path, monkeypatch: Any):
    first = simcse(model, text, tmp_path / "x", tasks="none")
    monkeypatch.setattr(ObjectiveTrainer, "train", None)
    again = simcse(model, text, tmp_path / "x", tasks="none")
    assert again == replace(first, new=False)


def log_of(run: TrainedRun) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run.folder / "log.jsonl").read_text().splitlines()]


def test_the_log_has_the_losses_of_the_objective(
    model: Path, generator: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    usual, first = ObjectiveTrainer.compute_loss, []

    def seen(trainer: Any, objective: Any, inputs: Any, *others: Any, **named: Any) -> Any:
        if not first:
            first.extend([deepcopy(objective), inputs, torch.get_rng_state()])
        return usual(trainer, objective, inputs, *others, **named)

    monkeypatch.setattr(ObjectiveTrainer, "compute_loss", seen)
    options = {**QUICK, "generator": str(generator), "tasks": "none", "logging_steps": 1}
    [run] = train("diffcse", model=model, data=text, output_dir=tmp_path / "x", **options)
    objective, batch, random = first
    assert objective.training
    assert objective.generator.training
    assert batch["input_ids"].shape[:2] == (8, 2)
    torch.set_rng_state(random)
    expected = objective(**batch)
    log = log_of(run)[0]
    for name in ("contrastive", "replaced"):
        assert log[name] == pytest.approx(getattr(expected, name).item(), rel=1e-6)
    assert log["loss"] == pytest.approx(expected.total.item(), rel=1e-6)
    assert log["learning_rate"] == 1e-3


@pytest.mark.parametrize(
    ("method", "whole"), [("simcse", False), ("simcse-supervised", False), ("diffcse", True)]
)
def test_the_objective_is_that_of_the_papers(
    method: str, whole: bool, generator: Path, text: Path, tmp_path: Path
):
    """A head as fresh as its encoder says; DiffCSE on several processes as on the paper's one."""
    model = write_model(tmp_path / "m", initializer_range=0.5)
    data = write_triples(tmp_path / "t.csv") if method == "simcse-supervised" else text
    options = {"generator": str(generator)} if method == "diffcse" else {}
    asked = RecipeOptions(device="cpu", tasks="none", chunk=5, **options)
    what = prepared(method, str(model), str(data), asked)
    objective: Any = what.networks.objective(what.recipe, what.settings, asked.chunk)
    contrast = objective.contrast if method == "diffcse" else objective
    assert (contrast.whole, contrast.chunk) == (whole, 5)
    spreads = [weight.std().item() for weight in contrast.head.parameters() if weight.ndim == 2]
    assert spreads == pytest.approx([0.5] * len(spreads), rel=0.1)
    assert spreads


def test_a_last_batch_of_one_sentence_is_left_out(model: Path, tmp_path: Path):
    text = write_text(tmp_path / "text.txt", 17)
    options = {**QUICK, "max_steps": None, "epochs": 2, "tasks": "none"}
    [run] = train("simcse", model=model, data=text, output_dir=tmp_path / "x", **options)
    assert run.steps == 4


@pytest.mark.parametrize("method", ["simcse", "simcse-supervised"])
def test_losses_fall(method: str, model: Path, text: Path, tmp_path: Path):
    data = text if method == "simcse" else write_triples(tmp_path / "t.csv", 96)
    options = {**QUICK, "max_steps": 36, "logging_steps": 6, "tasks": "none"}
    [run] = train(method, model=model, data=data, output_dir=tmp_path / "x", **options)
    losses = [row["contrastive"] for row in log_of(run) if "loss" in row]
    assert len(losses) == 6
    assert losses[-1] < 0.9 * losses[0]


def test_a_supervised_model_keeps_its_head_and_its_score(model: Path, tmp_path: Path):
    data = write_triples(tmp_path / "t.csv")
    options = {**QUICK, "tasks": "DemoSTS", "eval_steps": 3}
    [run] = train("simcse-supervised", model=model, data=data, output_dir=tmp_path / "x", **options)
    assert "pooler.dense.weight" in weights(run)
    again = evaluate(str(run.folder), "DemoSTS")["DemoSTS"]
    assert again.main_score == run.scores["DemoSTS"]
    history = collect([run.folder / "evaluation"])
    [best] = [one.results["DemoSTS"] for one in history if one.model.endswith(f"-{run.best_step}")]
    assert best.scores == again.scores
    assert best.model.card["weights_sha256"] == again.model.card["weights_sha256"]


def test_the_optimizer_is_that_of_the_papers(
    model: Path, generator: Path, text: Path, tmp_path: Path
):
    """AdamW without decay, a line to 0, a clip at 1: of the optimizer as it was made."""
    seen: list[Any] = []

    class Seen(ObjectiveTrainer):
        def create_optimizer(self, *given: Any, **named: Any) -> Any:
            optimizer = super().create_optimizer(*given, **named)
            seen.append((optimizer, self.args))
            return optimizer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmark.training.run.ObjectiveTrainer", Seen)
        train(
            "diffcse",
            model=model,
            data=text,
            output_dir=tmp_path / "x",
            tasks="none",
            **{"generator": str(generator), **QUICK},
        )
    optimizer, arguments = seen[0]
    assert type(optimizer.optimizer if hasattr(optimizer, "optimizer") else optimizer) is AdamW
    trained = 0
    for group in optimizer.param_groups:
        assert (group["betas"], group["eps"], group["weight_decay"]) == ((0.9, 0.999), 1e-8, 0.0)
        trained += len(group["params"])
    encoder = len([*AutoModel.from_pretrained(model, add_pooling_layer=False).parameters()])
    assert trained == 2 * encoder + 4 + 2  # two encoders, the head, the classifier; no generator
    assert arguments.max_grad_norm == 1.0
    assert (arguments.lr_scheduler_type, arguments.warmup_steps) == ("linear", 0)
