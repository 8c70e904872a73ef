"""A script written for SentEval runs as it is, with only the drop-in's folder on the path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drop_in.conftest import DROP_IN
from tests.drop_in.own_tasks import own_scores

SCRIPT = Path(__file__).with_name("evaluation_script.py")


def run(where: Path, data: Path, mode: str, tasks: list[str], *more: str) -> dict[str, str]:
    """Run the script from a foreign folder; return the columns of its tables."""
    outcome = subprocess.run(
        [
            *(sys.executable, SCRIPT, "--path_to_senteval", DROP_IN, "--path_to_data", data),
            *("--mode", mode, "--tasks", *tasks, *more),
        ],
        cwd=where,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    # It logs everything; what it is told are the messages of SentEval's interface.
    assert len(outcome.stderr.splitlines()) < 12 * len(tasks), outcome.stderr
    title, *table = outcome.stdout.splitlines()
    assert title == f"------ {mode} ------"
    assert len(table) == 4, "nothing but the script's own tables is printed"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    columns = {}
    for names, scores in (rows[:2], rows[2:]):
        columns |= dict(zip(names[:-1], scores[:-1], strict=True))
    return columns


def percent(score: float) -> str:
    return f"{100 * score:.2f}"


@pytest.mark.slow
def test_fast_test_mode(tmp_path: Path, made_up: Path) -> None:
    tasks = ["STS12", "STS16", "STSBenchmark", "SICKRelatedness", "MR", "SST2", "TREC", "MRPC"]
    printed = run(tmp_path, made_up, "fasttest", tasks, "--unverified_data")
    data = made_up / "downstream"
    for task, score in printed.items():
        if task not in tasks:
            assert score == "0.00"
        elif task in {"STSBenchmark", "SICKRelatedness"}:
            assert score == percent(own_scores(task, data, parts=("test",)).main_score)
        else:
            assert score == percent(own_scores(task, data).main_score)


@pytest.mark.slow
def test_dev_mode(tmp_path: Path, made_up: Path) -> None:
    printed = run(tmp_path, made_up, "dev", ["STSBenchmark", "CR"], "--unverified_data")
    data = made_up / "downstream"
    dev = own_scores("STSBenchmark", data, parts=("dev",))
    assert printed["STSBenchmark"] == percent(dev.main_score)
    assert printed["CR"] == percent(own_scores("CR", data).scores["dev"]["accuracy"])


@pytest.mark.slow
def test_full_test_mode(tmp_path: Path, made_up: Path) -> None:
    printed = run(tmp_path, made_up, "test", ["MPQA"], "--unverified_data")
    own = own_scores("MPQA", made_up / "downstream", "senteval")
    assert printed["MPQA"] == percent(own.main_score)


@pytest.mark.slow
@pytest.mark.real_data
def test_real_data(tmp_path: Path, real_data: Path) -> None:
    printed = run(tmp_path, real_data, "fasttest", ["STS12", "STSBenchmark", "CR"])
    test = own_scores("STSBenchmark", real_data, parts=("test",))
    assert printed["STS12"] == percent(own_scores("STS12", real_data).main_score)
    assert printed["STSBenchmark"] == percent(test.main_score)
    assert printed["CR"] == percent(own_scores("CR", real_data).main_score)
