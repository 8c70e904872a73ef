"""Small tasks with many ties and shared units, for hypothesis and by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from benchmark.metrics.resampling import Observations, observations


def correlated(
    count: int, rhos: tuple[float, ...], seed: int, steps: int | None = None
) -> Observations:
    """Normal gold, in steps if asked, and one list for each correlation with it."""
    rng = np.random.default_rng(seed)
    gold, both = rng.normal(size=(2, count))
    given = [
        rho * gold + np.sqrt(1 - rho**2) * np.sqrt(0.5) * (both + rng.normal(size=count))
        for rho in rhos
    ]
    return observations(np.round(gold * steps) if steps else gold, given)


def asked_by(statistic: str, task: Observations) -> Observations:
    """The task as a statistic takes it: average precision asks for labels 0 and 1."""
    gold = (task.gold > task.gold.mean()).astype(np.int64) if statistic == "ap" else task.gold
    return observations(gold, task.given, task.units)


@st.composite
def tasks(draw: st.DrawFn, models: int = 2, most: int = 3) -> list[Observations]:
    """Some tasks of few rows and few values; units may be shared by tasks, or left out."""
    values = st.integers(0, 4)

    def column(size: int) -> st.SearchStrategy[list[int]]:
        return st.lists(values, min_size=size, max_size=size).filter(lambda v: len(set(v)) > 1)

    found = []
    for _ in range(draw(st.integers(1, most))):
        size = draw(st.integers(4, 12))
        units = None
        if draw(st.booleans()):
            numbers = st.lists(st.integers(0, 9), min_size=size, max_size=size)
            units = draw(numbers.filter(lambda v: len(set(v)) > 1))
        given = [draw(column(size)) for _ in range(models)]
        found.append(observations(draw(column(size)), given, units))
    return found
