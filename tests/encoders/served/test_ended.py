"""A run that asks a service and is killed, or interrupted, while calls are under way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmark import evaluate
from benchmark.embeddings import VectorCache
from benchmark.encoders.served.identity import SENTENCES
from tests.conftest import PROJECT
from tests.encoders.service import Service

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")

END = 300.0
CALLS = 3
"""Calls for sentences of the task that are answered, of the six that it takes."""


@pytest.fixture
def started(service: Service, tmp_path: Path) -> subprocess.Popen[str]:
    """A run whose first calls are answered and stored, while all others wait."""
    service.silent_after = 2 + CALLS  # two for who answers
    name = f"openai:m@{service.base}/v1"
    command = [sys.executable, "run_eval.py", "--model", name, "--tasks", "DemoSTS"]
    process = subprocess.Popen(
        [*command, "--output-dir", str(tmp_path / "results")],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
    )
    cache = VectorCache(tmp_path / "cache" / "vectors")
    wait_for(lambda: service.asked == 2 + CALLS + 3, process)
    wait_for(lambda: [one.sentences for one in cache.summaries()] == [64 * CALLS], process)
    return process


def wait_for(done: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + END
    while not done():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def asked_twice(service: Service) -> list[str]:
    of_tasks = [text for text in service.answered if text not in SENTENCES]
    return sorted({text for text in of_tasks if of_tasks.count(text) > 1})


def test_a_killed_run_asks_for_no_sentence_twice(
    service: Service, started: subprocess.Popen[str]
) -> None:
    started.send_signal(signal.SIGKILL)
    started.communicate(timeout=END)
    assert started.returncode == -signal.SIGKILL
    service.silent_after = float("inf")
    run = evaluate(f"openai:m@{service.base}/v1", "DemoSTS")
    assert run.counts["encoded_sentences"] == run.counts["distinct_sentences"] - 64 * CALLS
    assert asked_twice(service) == []


def test_an_interrupted_run_waits_for_no_answer(
    service: Service, started: subprocess.Popen[str]
) -> None:
    """The service would never answer: the run ends all the same, and what was stored stays."""
    started.send_signal(signal.SIGINT)
    said = started.communicate(timeout=END)[1]
    assert started.returncode == 130
    assert "Traceback" not in said
    service.silent_after = float("inf")
    evaluate(f"openai:m@{service.base}/v1", "DemoSTS")
    assert asked_twice(service) == []


def test_an_interrupted_run_that_does_not_know_yet_who_answers(service: Service) -> None:
    service.silent_after = 0
    command = [sys.executable, "run_eval.py", "--model", f"openai:m@{service.base}/v1"]
    process = subprocess.Popen(
        [*command, "--tasks", "DemoSTS"], cwd=PROJECT, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: service.asked == 1, process)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=END)[1]
    assert process.returncode == 130
    assert "Traceback" not in said
