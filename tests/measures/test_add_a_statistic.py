"""What docs/add-a-statistic.md says is true: its entry scores, and is resampled."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats

from benchmark.datasets import SentencePairs
from benchmark.metrics.resampling import bootstrap, exchange_test
from benchmark.tasks import Similarity, task_by_id
from tests.metrics.resampling.made_up import correlated

PAGE = Path(__file__).parents[2] / "docs" / "add-a-statistic.md"


@pytest.fixture
def kendall() -> Any:
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["MEASURES"]["kendall"] is names["KENDALL"]
    return names["KENDALL"]


def test_pairs_are_scored_by_it(kendall: Any):
    rng = np.random.default_rng(0)
    texts = [f"sentence {number}" for number in range(40)]
    rows = dict(zip(texts, rng.normal(size=(40, 8)).astype(np.float32), strict=True))
    part = SentencePairs("all", tuple(texts[:20]), tuple(texts[20:]), rng.normal(size=20))

    class Vectors:
        def __getitem__(self, sentences: Any) -> Any:
            return np.stack([rows[sentence] for sentence in sentences])

    kind = Similarity(measure=kendall)
    task = task_by_id("DemoSTS")
    scores = kind.score(task, [part], Vectors())
    expected = scipy.stats.kendalltau(scores.predicted, part.gold).statistic
    assert scores.main_score == pytest.approx(expected, abs=1e-12)
    assert scores.scores["all"]["spearman"] != scores.main_score
    assert kind.question(task)["metric"] == "kendall"


def test_it_has_intervals_and_p_values(kendall: Any):
    task = correlated(60, (0.9, 0.0), seed=3)
    found = bootstrap([task], kendall.resampled(), resamples=200, seed=1)
    for model, values in enumerate(task.given):
        estimate = found.score(model, 0)
        assert estimate.value == pytest.approx(kendall.of_rows(values, task.gold), abs=1e-12)
        assert estimate.value in estimate.interval
    assert exchange_test([task], kendall.resampled(), permutations=200, seed=1).average < 0.05
