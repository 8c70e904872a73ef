"""What a GPU is asked, rehearsed on the CPU; how failures are kept; and the table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig

from performance import gpu
from performance.tools import gpu_correct, gpu_faults, gpu_recipes, gpu_training
from performance.tools.findings import Findings, is_sound
from performance.tools.gpu_correct import difference, tf32
from performance.tools.gpu_part import Asked
from performance.tools.gpu_table import render, speed_rows
from performance.tools.random_encoders import write_families


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_families(tmp_path_factory.mktemp("families"), tiny=True)


def failing() -> dict[str, Any]:
    raise ValueError("no\nsuch thing")


def test_a_failure_is_kept_and_the_next_question_is_asked(tmp_path: Path):
    findings = Findings(tmp_path / "f.json", 60.0)
    findings.measure("first", failing)
    kept = json.loads((tmp_path / "f.json").read_text())
    findings.measure("second", lambda: {"figure": 1.5})
    findings.measure("third", lambda: {"figure": 2.5}, needs=1000.0)
    assert list(kept) == ["first"]
    assert kept["first"]["error"] == "ValueError: no such thing"
    assert "in failing" in kept["first"]["traceback"]
    entries = json.loads((tmp_path / "f.json").read_text())
    assert entries["second"]["figure"] == 1.5
    assert "1000 s" in entries["third"]["left_out"]
    assert [is_sound(entry) for entry in entries.values()] == [False, True, True]


def test_a_difference_is_relative_to_the_largest_entry():
    expected = np.array([[3.0, 4.0], [0.0, -8.0], [0.0, 0.0]], np.float32)
    found = expected + np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.0]], np.float32)
    compared = difference(found, expected, ["a b", "c d e", ""])
    assert compared["relative"] == 0.5 / 8
    assert compared["where"] == "sentence 1 of 3 words"
    assert compared["least_cosine"] == pytest.approx(8 / np.hypot(8, 0.5))
    lost = difference(found * np.nan, expected, ["a", "b", "c"])
    assert not lost["relative"] <= 1.0
    assert not lost["finite"]


def test_tf32_is_put_back():
    before = torch.get_float32_matmul_precision()
    with tf32(True):
        assert torch.get_float32_matmul_precision() == "high"
    assert torch.get_float32_matmul_precision() == before


def test_a_device_that_computes_otherwise_is_found_out(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The device here is the CPU, too: what differs is made to differ."""
    asked = Asked("cpu", tmp_path, tiny=True)
    options = {"pooler": "avg"}
    same = gpu_correct._compared(asked, str(folders["BERT"]), options, "float32")
    assert same["largest"] == 0
    assert {"cls", "max", "avg_first_last"} <= same["poolers"].keys()
    assert "wrong" not in same
    ours = gpu_correct._by_pooler

    def shifted(*asked: Any) -> dict[str, Any]:
        found = ours(*asked)
        return found | {"max": found["max"] * (1 + 1e-4)}

    monkeypatch.setattr(gpu_correct, "_by_pooler", shifted)
    other = gpu_correct._compared(asked, str(folders["BERT"]), options, "float32")
    assert other["wrong"].startswith("max: 0.0001 of the largest entry")


def test_what_an_evaluation_changes_is_found_out(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
):
    assert "wrong" not in gpu_faults._state("cpu", str(folders["BERT"]))

    def careless(*_: Any) -> None:
        torch.rand(3)

    monkeypatch.setattr(gpu_faults, "embed", careless)
    found = gpu_faults._state("cpu", str(folders["BERT"]))
    assert found["wrong"] == "changed: random numbers of the CPU"


@pytest.mark.parametrize("family", ["RoBERTa", "Llama"])
def test_batches_in_flight_are_compared(folders: dict[str, Path], family: str):
    found = gpu_faults._overlap("cpu", str(folders[family]), "float32")
    assert found["batches"] > 3
    assert "wrong" not in found


def test_the_table_has_shares_of_the_limit_and_what_failed():
    work = {"encode_seconds": 2.0, "operations": 4e12, "sentences": 1000, "tokens": 20_000}
    speed = {
        "base, bare products": {"float32": {"rate": 4e12}, "took": 1.0},
        "base, encoding": {
            "float32": work | {"busy_share": 0.75, "first_seconds": 7.0},
            "float32, one kernel off": work,
            "took": 1.0,
        },
        "base, whole run, float32": {"cold": {"seconds": 8.0}, "warm": {"seconds": 1.0}, "took": 9},
        "base, sentence-transformers, float32": {"batches of 32": 4.0, "took": 9.0},
        "large, encoding": {"error": "OutOfMemoryError: too large", "traceback": "..."},
    }
    assert [row[2:] for row in speed_rows(speed)] == [
        ["encoding alone", "2.00", "7.00", "500", "10,000", "2.00", "50 %", "75 %"],
        ["encoding alone, one kernel off", "2.00", "", "500", "10,000", "2.00", "50 %", ""],
        ["cold run", "8.00", "", "125", "2,500", "0.50", "12 %", ""],
        ["warm run", "1.00", "", "1,000", "20,000", "4.00", "", ""],
        [
            "sentence-transformers' encode, batches of 32",
            *("4.00", "", "250", "5,000", "1.00", "25 %", ""),
        ],
    ]
    found = {"faults": {"full memory": {"wrong": "vectors 0.1 apart"}}, "speed": speed}
    text = render({"on": {"GPU": "a card"}, "parts": found, "ended": {"correct": "killed"}})
    assert "GPU: a card" in text
    assert "faults: full memory: wrong: vectors 0.1 apart" in text
    assert "large, encoding: error: OutOfMemoryError" in text
    assert text.endswith("correct: killed")


def test_questions_of_other_names_are_not_asked(tmp_path: Path):
    findings = Findings(tmp_path / "f.json", 60.0, only=["base", "batches"])
    for name in ("base, encoding", "MiniLM, encoding", "BERT, batches, float32"):
        findings.measure(name, lambda: {"figure": 1.0})
    assert list(findings.entries) == ["base, encoding", "BERT, batches, float32"]


def test_several_runs_are_shown_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    one = {"poolers": {"avg": {}, "max": {}}, "same_bits_again": True, "least_cosine": 1.0}
    bounds = {"bound": 1e-5, "took": 1.0}
    first = {
        "correct": {
            "BERT, plain, float32": one | bounds | {"largest": 2e-6},
            "Llama, plain, float32": one | bounds | {"largest": 4e-6},
            "BERT, batches, float32": {"left_out": "no time"},
            "BERT, batches, bfloat16": {"left_out": "no time"},
        }
    }
    second = {
        "correct": {
            "BERT, plain, float32": {"left_out": "no time"},
            "BERT, batches, float32": {"wrong": "depends on the batch"},
        },
        "training": {
            "simcse, float32, plain loop": {
                "steps_a_second": 2.5, "batch": 64, "peak_bytes": 3 << 20,
                "operations_a_second": 4e12, "took": 1.0,
            }
        },
    }  # fmt: skip
    paths = []
    for place, parts in enumerate((first, second)):
        path = tmp_path / f"{place}.json"
        path.write_text(json.dumps({"on": {"GPU": f"card {place}"}, "parts": parts, "ended": {}}))
        paths += ["--from-json", str(path)]
    assert gpu.main(paths) == 0
    text = capsys.readouterr().out
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    assert ["float32", "2", "4", "4e-06", "1e-05", "1.0000000", "yes"] in cells
    assert ["simcse", "float32, plain loop", "2.5", "160", "4.0", "3"] in cells
    assert "GPU: card 1" in text
    assert "BERT, batches, float32: wrong: depends on the batch" in text
    assert "BERT, batches, bfloat16: left out: no time" in text
    assert text.count("BERT, batches, float32") == 1


def test_training_that_takes_too_long_ends_early():
    pace = gpu_training.Pace("cpu", until=0.0)
    with pace.watch("a run") as advance, pytest.raises(gpu_training.TimeIsOverError):
        advance(1, 10)
    assert [step for step, _ in pace.times] == [1]


def test_pace_is_that_of_most_steps():
    pace = gpu_training.Pace("cpu")
    moments = [0.5 * place + (100.0 if place > 12 else 0.0) for place in range(20)]
    pace.times = [(place + 1, moment) for place, moment in enumerate(moments)]
    assert pace.steps_a_second() == pytest.approx(2.0)
    assert gpu_recipes._evaluations(pace, 13) == [100.0]


def test_a_plain_loop_counts_operations(tmp_path: Path):
    """The encoder's products, forward and backward, are most of what is counted."""
    asked = Asked("cpu", tmp_path, tiny=True)
    gpu_training._tokenizer(asked)
    config = BertConfig(vocab_size=400, num_hidden_layers=2, hidden_size=64,
                        intermediate_size=256, num_attention_heads=1)  # fmt: skip
    found = gpu_training._steps(asked, config, "simcse", "float32")
    rows = 2 * gpu_training.BATCH * gpu_training.TOKENS
    products = 3 * 2 * rows * 2 * 12 * 64**2
    assert products <= found["operations_a_step"] < 1.5 * products
    assert found["steps_a_second"] > 0
    assert np.isfinite(found["last_loss"])


def test_a_gpu_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu.main([]) == 2
    assert "there is none here" in capsys.readouterr().err


@pytest.mark.slow
def test_the_whole_is_rehearsed_on_a_cpu(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    kept = tmp_path / "gpu.json"
    asked = ["--device", "cpu", "--budget", "60", "--json", str(kept)]
    code = gpu.main([*asked, "--parts", "faults,processes"])
    content = json.loads(kept.read_text())
    entries = {f"{part}: {name}": entry for part, found in content["parts"].items()
               for name, entry in found.items()}  # fmt: skip
    assert {name: entry["error"] for name, entry in entries.items() if "error" in entry} == {}
    assert entries["faults: full memory"]["left_out"] == "no CUDA"
    assert code == (1 if content["ended"] else 0)
    assert "rehearsal" in capsys.readouterr().out


@pytest.mark.slow
def test_training_is_rehearsed_on_a_cpu(tmp_path: Path):
    kept = tmp_path / "gpu.json"
    asked = ["--device", "cpu", "--budget", "600", "--json", str(kept)]
    assert gpu.main([*asked, "--parts", "training,recipes"]) == 0
    parts = json.loads(kept.read_text())["parts"]
    assert [step for step, _ in parts["recipes"]["diffcse, judged"]["curve"]] == [10, 20]
    assert parts["training"]["simcse, by the recipe"]["steps_a_second"] > 0
