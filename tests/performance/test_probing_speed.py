"""What the program of the probing tasks measures: work that is there, and memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.metrics.logistic import SENTEVAL
from performance import probing_speed

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="asks Linux for the peak of a process"
)

ONE_PASS = replace(SENTEVAL, epoch_size=1, max_epoch=0)


def test_work_and_memory_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("TRAIN", 1000), ("DEV", 100), ("TEST", 100)):
        monkeypatch.setattr(probing_speed, name, size)
    monkeypatch.setattr(probing_speed, "bare_rate", lambda *_: 1e5)
    line = probing_speed.probing(3, 10, ONE_PASS)
    assert line[:2] == ["3 classes", "1"]
    # Two products of 1,000 rows, 10 dimensions, 3 classes and 4 strengths.
    assert float(line[7]) == pytest.approx(4 * 1000 * 10 * 3 * 4 / 1e5)


def test_a_peak_that_is_over_is_seen_and_can_be_forgotten() -> None:
    probing_speed.reset_peak()
    held = probing_speed.resident()
    np.ones(2**24)
    assert probing_speed.peak() - held > 100 * 2**20
    probing_speed.reset_peak()
    assert probing_speed.peak() - held < 100 * 2**20


@pytest.mark.slow
def test_a_thousand_classes_of_full_size_take_less_than_a_gib_beyond_the_vectors() -> None:
    line = probing_speed.probing(1000, 300, ONE_PASS)
    assert float(line[-2].replace(",", "")) < 1024
