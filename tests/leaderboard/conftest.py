"""No data but what a test puts there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.leaderboard.samples import write_models


@pytest.fixture(autouse=True)
def _no_data_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in ("benchmark.datasets.files", "benchmark.tasks.loading"):
        monkeypatch.setattr(f"{module}.download_folder", lambda: tmp_path / "kept" / "senteval")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """An output folder with three models on the STS tasks, two of them alike."""
    return write_models(tmp_path / "results", [0.9, 0.9, 0.2])
