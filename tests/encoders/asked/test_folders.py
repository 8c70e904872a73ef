"""Globs among the names of models."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from benchmark.encoders.asked.folders import folders_of_glob
from benchmark.errors import UsageError
from tests.fixtures import log

__all__ = ["log"]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three checkpoints, a folder without one, a hidden one and a file."""
    monkeypatch.chdir(tmp_path)
    for name, mark in [
        *[("seed-10", "config.json"), ("seed-2", "modules.json"), (".seed-3", "config.json")],
        ("seed-1", "adapter_config.json"),
    ]:
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / mark).write_text("{}")
    (tmp_path / "runs" / "seed-log").mkdir()
    (tmp_path / "runs" / "seed-1.txt").write_text("")
    return tmp_path / "runs"


@pytest.mark.usefixtures("runs", "log")
def test_folders_with_checkpoints_come_in_the_order_of_their_numbers(
    caplog: pytest.LogCaptureFixture,
):
    assert folders_of_glob("runs/seed-*") == ["runs/seed-1", "runs/seed-2", "runs/seed-10"]
    assert folders_of_glob("runs/seed-?/") == ["runs/seed-1", "runs/seed-2"]
    [said] = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert said == (
        "runs/seed-*: passed over, they hold no checkpoint: runs/seed-1.txt, runs/seed-log"
    )


def test_the_place_of_a_glob_may_be_anywhere(runs: Path):
    assert folders_of_glob(f"{runs}/*-2") == [f"{runs.as_posix()}/seed-2"]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("glob", "said"),
    [
        ("runs/sead-*", "`model` runs/sead-[*]: no match; a glob stands for folders"),
        ("all-minilm-*", "no match"),
        ("runs/*-log", "none of what it matches holds a checkpoint .runs/seed-log"),
    ],
)
def test_what_matches_no_checkpoint_is_refused(glob: str, said: str):
    with pytest.raises(UsageError, match=said):
        folders_of_glob(glob)


@pytest.mark.parametrize(
    "name", ["all-minilm-l6-v2", "org/name@main", "openai:m*@http://host/v1", "a[b"]
)
def test_other_names_are_no_globs(name: str):
    assert folders_of_glob(name) is None


def test_a_folder_that_is_called_so_is_itself(runs: Path):
    (runs / "seed-[12]").mkdir()
    assert folders_of_glob("runs/seed-[12]") is None


@pytest.mark.usefixtures("runs")
def test_a_file_that_is_called_so_is_itself():
    Path("my[1].py").write_text("")
    Path("my[1].vec").write_text("")
    assert folders_of_glob("my[1].py:Name") is None
    assert folders_of_glob("words:my[1].vec") is None
    with pytest.raises(UsageError, match="no match"):
        folders_of_glob("my[2].py:Name")
