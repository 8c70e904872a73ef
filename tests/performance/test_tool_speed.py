"""The whole command, on a little model and made-up pairs."""

from __future__ import annotations

from pathlib import Path

import pytest

import benchmark
from performance import tool_speed
from performance.tools.ledger import read_content
from performance.tools.random_bert import write_random_model
from performance.tools.runs import Runs


@pytest.mark.slow
def test_cold_and_warm_runs_are_measured_and_checked(
    model: Path,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(Runs, "warm_up", lambda *_: None)
    asked = "ours-cold,ours-warm,ours-auto"
    monkeypatch.setattr(Runs, "machine", lambda *_: {"rate": 1e11, "processor": "P"})
    figures = tmp_path / "figures.json"
    code = tool_speed.main([
        "--model", str(model), "--tasks", "STS16", "--data-dir", str(data), "--unverified-data",
        "--threads", "1", "--rounds", "1", "--only", asked, "--json", str(figures),
    ])  # fmt: skip
    shown = capsys.readouterr()
    assert code == 0, shown.out + shown.err
    assert "imports neither torch nor transformers" in shown.out
    assert "scores are the same to the last bit" in shown.out
    cold, warm, auto = read_content(figures)["runs"]
    assert cold["scores"] == warm["scores"]
    assert cold["encoded"] > 0 == warm["encoded"]
    assert auto["encoded"] > 0
    assert f"--precision auto took {auto['precision']}" in shown.out
    assert warm["peak_bytes"] < cold["peak_bytes"]


def test_a_random_model_has_a_size(capsys: pytest.CaptureFixture[str]):
    assert tool_speed.main(["--model", "random:bas", "--threads", "1"]) == 2
    assert "--model random:bas: there are random:tiny" in capsys.readouterr().err


def test_a_random_model_is_one_that_can_be_asked(tmp_path: Path):
    folder = write_random_model("random:tiny", tmp_path)
    assert benchmark.evaluate(folder, "demo", cache=False)["DemoSTS"].main_score > 0


def test_what_cannot_be_prepared_is_one_line(data: Path, capsys: pytest.CaptureFixture[str]):
    code = tool_speed.main(["--tasks", "transfer", "--data-dir", str(data), "--threads", "1"])
    lines = capsys.readouterr().err.strip().splitlines()
    assert code == 2
    assert lines[-1].startswith("error: --tasks transfer: holds no task of similarity")
