"""A seeded piece of the campaign; ``python -m tests.campaign --seconds 3600`` is the whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.campaign.__main__ import UNAVAILABLE

PROJECT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def campaign(rounds: int, *parts: str, seed: int = 9) -> None:
    """Run parts of it; nothing may be wrong, and something must have been done."""
    options = ["--seed", str(seed), "--rounds", str(rounds), "--seconds", "600"]
    command = [sys.executable, "-m", "tests.campaign", *parts, *options]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=PROJECT, check=False)
    if done.returncode == UNAVAILABLE:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^(\w+): \d+ (?:kills|cuts|flips)", done.stdout, re.MULTILINE) == list(parts)
    assert done.stdout.count(" 0 faults") == len(parts)


def test_kills_at_system_calls() -> None:
    campaign(4, "calls", "again", "several")


def test_no_leftovers_of_killed_runs() -> None:
    campaign(6, "leftovers")


def test_damaged_stores_and_gold() -> None:
    campaign(12, "store", "gold")


def test_damaged_records() -> None:
    campaign(25, "records")


def test_the_command_killed_at_random_moments() -> None:
    campaign(2, "commands")


def test_exports_killed() -> None:
    """By OpenVINO, which takes seconds; damage to its exports is in test_exports.py."""
    campaign(1, "exports", seed=5)


@pytest.mark.full_size
def test_exports_killed_and_damaged() -> None:
    """By both backends."""
    campaign(6, "exports")
