"""Options that people bring from other programs are answered with ours, which are all there."""

from __future__ import annotations

import re

import pytest

from benchmark.cli.app import option_names
from benchmark.cli.other_names import _GROUPS, ours_for
from tests.cli.conftest import Command

NAMES = [name for names in _GROUPS for name in names.split()]

ANSWERS = {
    "--dimensions 64": "--steps truncate:N",
    "--truncate_dim=64": "--steps truncate:N",
    "--batch-size 32": "--batch-tokens N",
    "--batch_size=32": "--batch-tokens N",
    "--max_seq_length 128": "--max-length N",
    "--pooling cls": "--pooler NAME",
    "--pooler_type cls": "--pooler NAME",
    "--output x": "--output-dir FOLDER",
    "-o x": "--output-dir FOLDER",
    "--fp16": "--precision NAME",
    "--bf16": "--precision NAME",
    "--torch-dtype float16": "--precision NAME",
    "--task sts": "--tasks NAMES",
    "--task_set sts": "--tasks NAMES",
    "--models a b": "--model NAME",
    "--model_name_or_path a": "--model NAME",
    "--limit 10": "--tasks demo",
    "--seed 1": "the protocol fixes",
    "--verbose": "progress is on standard error",
    "-v": "progress is on standard error",
    "--num-workers 4": "--workers N",
    "--no-cuda": "--device cpu",
    "--instruction x": "--prompt TEXT",
    "--mode fasttest": "--protocol NAME",
    "--cache-dir x": "BENCHMARK_CACHE_DIR",
}


@pytest.mark.parametrize(("typed", "ours"), ANSWERS.items(), ids=ANSWERS)
def test_an_option_of_others_is_answered_with_ours(command: Command, typed: str, ours: str):
    option = re.split(r"[ =]", typed)[0]
    command(*typed.split()).refused(2, f"Unknown option: {option}; ", ours)


@pytest.mark.parametrize(
    "typed",
    ["--output_dir x", "--max_length 8", "--batch_tokens 9", "--trust_remote_code", "--quiet",
     "--prompt a", "--device cpu"],
)  # fmt: skip
def test_ours_may_be_typed_with_underscores(command: Command, typed: str):
    outcome = command(*typed.split(), "--tasks", "zzz")
    outcome.refused(2, "unknown task 'zzz'")


def test_no_name_of_others_is_one_of_ours():
    ours = {typed.removeprefix("--") for typed in option_names().values()}
    run = {"pooler", "tasks", "model", "steps", "precision", "prompt", "workers", "output-dir"}
    assert run <= ours
    for name in NAMES:
        assert ours_for(f"--{name}") == ours_for(f"--{name.replace('-', '_')}=3")
    assert len(NAMES) == len(set(NAMES))
    assert ours_for("--nothing-like-it") is None


def test_all_that_is_recommended_is_there():
    ours = set(option_names().values()) | {"--list-tasks", "--list-models", "--quiet", "--debug"}
    for text in _GROUPS.values():
        assert set(re.findall(r"--[a-z][a-z-]+", text)) <= ours, text


@pytest.mark.parametrize(
    ("option", "value", "meant"),
    [
        ("--precision", "fp16", "float16"),
        ("--precision", "half", "float16"),
        ("--precision", "bf16", "bfloat16"),
        ("--format", "md", "markdown"),
        ("--pooler", "mean", "avg"),
        ("--pooler", "mean_tokens", "avg"),
        ("--pooler", "lasttoken", "last_token"),
        ("--pooler", "weightedmean", "weighted_mean"),
    ],
)
def test_a_value_of_others_is_answered_with_ours(
    command: Command, option: str, value: str, meant: str
):
    outcome = command(option, value, "--tasks", "DemoSTS")
    outcome.refused(2, value)
    assert re.search(rf'[Dd]id you mean "?{meant}"?\?', outcome.errors[0])


@pytest.mark.parametrize("device", ["cuda:97", "cuda:x", "gpu"])
def test_a_device_with_a_number_is_understood_and_looked_for(command: Command, device: str):
    pytest.importorskip("pydantic")  # which the parser asks, too, where somebody has loaded it
    command("--device", device, "--tasks", "DemoSTS").refused(
        2, f"--device {device}: there is none"
    )


def test_options_of_other_verbs_are_left_alone(capsys: pytest.CaptureFixture[str]):
    from benchmark.cli import main

    assert main(["check", "--seed", "1"]) == 2
    assert "the protocol fixes" not in capsys.readouterr().err
