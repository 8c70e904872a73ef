"""The whole command, on a little model and made-up pairs."""

from __future__ import annotations

from pathlib import Path

import pytest

from performance import tool_speed
from performance.tools.ledger import read_content
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
    monkeypatch.setattr(Runs, "machine", lambda *_: {"rate": 1e11, "processor": "P"})
    figures = tmp_path / "figures.json"
    code = tool_speed.main([
        "--model", str(model), "--tasks", "STS16", "--data-dir", str(data), "--unverified-data",
        "--threads", "1", "--rounds", "1", "--only", "ours-cold,ours-warm", "--json", str(figures),
    ])  # fmt: skip
    shown = capsys.readouterr()
    assert code == 0, shown.out + shown.err
    assert "imports neither torch nor transformers" in shown.out
    assert "scores are the same to the last bit" in shown.out
    cold, warm = read_content(figures)["runs"]
    assert cold["scores"] == warm["scores"]
    assert cold["encoded"] > 0 == warm["encoded"]
    assert warm["peak_bytes"] < cold["peak_bytes"]


def test_what_cannot_be_prepared_is_one_line(data: Path, capsys: pytest.CaptureFixture[str]):
    code = tool_speed.main(["--tasks", "transfer", "--data-dir", str(data), "--threads", "1"])
    lines = capsys.readouterr().err.strip().splitlines()
    assert code == 2
    assert lines[-1].startswith("error: --tasks transfer: holds no task of similarity")
