"""What a GPU is asked, rehearsed on the CPU; how failures are kept; and the table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from performance import gpu
from performance.tools import gpu_correct, gpu_faults
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
        "base, encoding": {"float32": work | {"busy_share": 0.75}, "took": 1.0},
        "base, whole run, float32": {"cold": {"seconds": 8.0}, "warm": {"seconds": 1.0}, "took": 9},
        "base, sentence-transformers, float32": {"batches of 32": 4.0, "took": 9.0},
        "large, encoding": {"error": "OutOfMemoryError: too large", "traceback": "..."},
    }
    assert [row[2:] for row in speed_rows(speed)] == [
        ["encoding alone", "2.00", "500", "10,000", "2.00", "50 %", "75 %"],
        ["cold run", "8.00", "125", "2,500", "0.50", "12 %", ""],
        ["warm run", "1.00", "1,000", "20,000", "4.00", "", ""],
        [
            "sentence-transformers' encode, batches of 32",
            *("4.00", "250", "5,000", "1.00", "25 %", ""),
        ],
    ]
    found = {"faults": {"full memory": {"wrong": "vectors 0.1 apart"}}, "speed": speed}
    text = render({"on": {"GPU": "a card"}, "parts": found, "ended": {"correct": "killed"}})
    assert "GPU: a card" in text
    assert "faults: full memory: wrong: vectors 0.1 apart" in text
    assert "large, encoding: error: OutOfMemoryError" in text
    assert text.endswith("correct: killed")


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
