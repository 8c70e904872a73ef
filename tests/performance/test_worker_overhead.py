"""What each layer costs beside an encoder that sleeps: what is counted, and the table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from performance import worker_overhead
from performance.tools import layer
from performance.tools.layer import ALONE, CALLS, LAYERS, PROCESSES, RAY, SERVED, STREAMS, Arrival

SECONDS = 0.004


@pytest.mark.parametrize("name", [ALONE, STREAMS, CALLS])
def test_a_batch_takes_its_sleep_at_least(name: str):
    workers = 1 if name == ALONE else 2
    found = layer.measure(name, workers, SECONDS, 6)
    assert found["batches"] >= 6
    assert found["wall_seconds"] >= 0.8 * SECONDS / workers
    assert 0 <= found["own_seconds"] < 10
    assert found["worker_seconds"] == found["bytes_to"] == found["bytes_back"] == 0


def test_copies_answer_in_processes_of_their_own():
    found = layer.measure(PROCESSES, 2, SECONDS, 8)
    assert found["wall_seconds"] >= 0.8 * SECONDS / 2
    assert found["worker_seconds"] > 0
    assert found["bytes_back"] > 64 * 384 * 4
    assert 64 * 16 < found["bytes_to"] < 64 * 16 * 8


def test_a_service_answers_in_numbers():
    found = layer.measure(SERVED, 2, SECONDS, 4)
    assert found["wall_seconds"] >= 0.8 * SECONDS / 2
    assert found["bytes_back"] > 64 * 384 * 4


@pytest.mark.slow
def test_ray_answers():
    pytest.importorskip("ray")
    found = layer.measure(RAY, 1, SECONDS, 4)
    assert found["wall_seconds"] >= 0.8 * SECONDS
    assert found["start_seconds"] > 0


def test_what_counts_is_from_one_end_of_a_job_to_another():
    """Two workers, jobs of two batches: 0.1 s each, 30 ms here and 20 ms there."""
    jobs = [(0.1, 1), (0.15, 2), (0.2, 1), (0.25, 2), (0.3, 1), (0.35, 2), (0.4, 1), (0.45, 2)]
    arrivals = [
        Arrival(at + part * 1e-5, 0.3 * at, worker, 0.2 * at)
        for at, worker in jobs
        for part in range(2)
    ]
    found = layer._steady(arrivals, 2, first=4, last=4)
    assert found["batches"] == 8
    assert found["wall_seconds"] == pytest.approx(0.2 / 8, rel=1e-3)
    assert found["own_seconds"] == pytest.approx(0.3 * 0.2 / 8, rel=1e-3)
    # The first worker's is counted from its first answer in that time on.
    assert found["worker_seconds"] == pytest.approx(0.2 * (0.1 + 0.2) / 8, rel=1e-3)


def test_the_table_has_what_is_above_the_ideal():
    point = {
        "layer": RAY, "workers": 4, "seconds": 0.05, "start_seconds": 3.0, "own_seconds": 0.001,
        "worker_seconds": 0.002, "wall_seconds": 0.0200, "bytes_to": 3336, "bytes_back": 98379,
    }  # fmt: skip
    cells = [cell.strip() for cell in worker_overhead.table([point]).splitlines()[-1].split("|")]
    assert cells[1:-1] == [
        "Ray", "4", "50", "3.0", "1.00", "2.00", "7.50", "3,336", "98,379", "62 %",
    ]  # fmt: skip


def test_all_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    kept = tmp_path / "layers.json"
    asked = ["--layers", "in process,threads (streams)", "--workers", "2", "--seconds", "0.004"]
    assert worker_overhead.main([*asked, "--most", "4", "--json", str(kept)]) == 0
    points = json.loads(kept.read_text())
    assert [(point["layer"], point["workers"]) for point in points] == [(ALONE, 1), (STREAMS, 2)]
    assert capsys.readouterr().out.count("\n") == 4


@pytest.mark.parametrize("asked", [["--layers", "tortoise"], ["--workers", "0"]])
def test_what_there_is_not_is_refused(asked: list[str]):
    with pytest.raises(SystemExit):
        worker_overhead.main(asked)
    assert len(LAYERS) == 6
