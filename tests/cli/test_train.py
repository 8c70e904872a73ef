"""``python -m benchmark train``: a table on standard output, refusals in one line, an exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.foreign import parse_toml
from benchmark.training import trainer
from tests.checkpoints import as_files
from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.hub.server import HubServer
from tests.training.recipe_files import write_generator, write_model, write_text

__all__ = ["verb"]

QUICK = ("--max-steps", "4", "--batch-size", "8", "--device", "cpu")


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    monkeypatch.chdir(tmp_path)
    write_model(tmp_path / "bert")
    write_text(tmp_path / "text.txt")
    return ("--model", "bert", "--data", "text.txt", "--output-dir", "runs/x", *QUICK)


def test_seeds_are_a_family_in_the_next_table(
    given: tuple[str, ...], verb: Command, command: Command
):
    judged = ("--tasks", "DemoSTS", "--eval-steps", "2", "--seeds", "2")
    outcome = verb("train", "simcse", *given, *judged)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["folder", "seed", "steps", "kept", "step", "DemoSTS"]
    assert [line.split()[:3] for line in lines[2:4]] == [
        ["runs/x/seed-0", "0", "4"],
        ["runs/x/seed-1", "1", "4"],
    ]
    assert "Next: python -m benchmark run --model runs/x --tasks sts" in lines
    assert "bert: no published recipe for a bert of 2 layers and width 32; taking" in outcome.err
    scored = command("--model", "runs/x", "--tasks", "DemoSTS", "--no-cache")
    assert scored.code == 0, scored.err
    best = [line.split()[-1] for line in lines[2:4]]
    assert [line.split() for line in scored.out.splitlines()[2:4]] == [
        [f"runs/x/seed-{seed}", score] for seed, score in enumerate(best)
    ]
    assert any(line.startswith("runs/x (2) ") for line in scored.out.splitlines())
    again = verb("train", "simcse", *given, *judged)
    assert again.out == outcome.out
    assert "runs/x/seed-1: is finished" in again.err


def test_diffcse_by_its_options(given: tuple[str, ...], verb: Command, tmp_path: Path):
    write_generator(tmp_path / "g")
    options = ("--generator", "g", "--lambda", "0.01", "--mask-ratio", "0.2", "--tasks", "none")
    outcome = verb("train", "diffcse", *given, *options, "--gradient-accumulation", "2", "--quiet")
    assert outcome.code == 0, outcome.err
    assert outcome.err == ""
    story = (tmp_path / "runs" / "x" / "run.toml").read_text()
    assert "lambda = 0.01" in story
    assert "mask_ratio = 0.2" in story


def test_models_of_the_hub(given: tuple[str, ...], verb: Command, tmp_path: Path, hub: HubServer):
    hub.add_repo("org/bert", as_files(tmp_path / "bert"))
    hub.add_repo("org/lm", as_files(write_generator(tmp_path / "g")))
    models = ("--model", "org/bert", "--generator", "org/lm", "--tasks", "none")
    outcome = verb("train", "diffcse", *models, *given[2:])
    assert outcome.code == 0, outcome.err
    asked = parse_toml((tmp_path / "runs" / "x" / "run.toml").read_text())["asked"]
    assert (asked["model"]["name"], len(asked["model"]["revision"])) == ("org/bert", 40)
    assert asked["generator"]["name"] == "org/lm"
    missing = verb("train", "simcse", "--model", "org/none", *given[2:], "--tasks", "none")
    assert missing.code == 4
    assert "error: model org/none does not exist on the hub" in missing.err


def test_accumulation_is_told_in_a_line(given: tuple[str, ...], verb: Command):
    outcome = verb("train", "simcse", *given, "--gradient-accumulation", "3", "--tasks", "none")
    said = (
        "a step sums up 3 batches of 8 sentences, each told from the others of its own batch alone"
    )
    assert said in outcome.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("simces",), 2, "error: there is no recipe 'simces' (did you mean simcse?)"),
        (
            ("simcse", "--batch-size", "1"),
            2,
            "--batch-size 1: a whole number >= 2 is needed",
        ),
        (
            ("simcse", "--batchsize", "2"),
            2,
            "error: Unknown option: --batchsize. Did you mean --batch-size?",
        ),
        (("simcse", "--model", "nowhere/at/all"), 4, "error: nowhere/at/all: no such folder"),
        (("simcse", "--data", "none.txt"), 3, "error: none.txt: cannot be read"),
        (("diffcse",), 2, "as --generator"),
        (("simcse", "--lambda", "2"), 2, "error: --lambda 2.0: SimCSE, unsupervised, has no use"),
        (("simcse", "--output-dir", "text.txt"), 2, "error: --output-dir text.txt: a file has"),
    ],
)
def test_refusals(
    words: tuple[str, ...], code: int, said: str, given: tuple[str, ...], verb: Command
):
    options = dict(zip(given[::2], given[1::2], strict=True))
    options |= dict(zip(words[1::2], words[2::2], strict=True))
    typed = [word for pair in options.items() for word in pair]
    outcome = verb("train", words[0], *typed, "--tasks", "none")
    assert outcome.code == code, outcome.err
    assert said in outcome.err
    assert outcome.err.count("error: ") == 1
    assert not Path("runs").exists()


def test_an_interrupted_training_says_how_to_go_on(
    given: tuple[str, ...], verb: Command, monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(trainer.ObjectiveTrainer, "training_step", interrupted)
        outcome = verb("train", "simcse", *given, "--tasks", "none")
    assert outcome.code == 130
    assert "error: interrupted; the same command goes on from the last checkpoint" in outcome.err
    assert verb("train", "simcse", *given, "--tasks", "none").code == 0
