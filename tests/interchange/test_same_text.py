"""Which tasks are truly the same as MTEB's: its published statistics against our data.

MTEB commits, for each pinned data set, the pairs, the characters and distinct texts of both
columns, and the mean of the gold scores (``descriptive_stats``, Apache-2.0; numbers only).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.datasets import SentencePairs
from benchmark.interchange import mteb_tasks
from benchmark.options import DataOptions
from benchmark.tasks import select_tasks
from benchmark.tasks.loading import load_data, locate_data

MTEB = {
    "STS12": (3108, 198256, 203862, 2236, 2797, 3.5060643500643507),
    "STS13": (1500, 93101, 68848, 1314, 1355, 2.3361888888888864),
    "STS14": (3750, 212331, 194854, 3408, 3164, 2.8114334391534355),
    "STS15": (3000, 173466, 172976, 2942, 2310, 2.40591333333333),
    "STS16": (1186, 77704, 77098, 928, 1055, 2.4131534569983137),
    "STSBenchmark": (1379, 74107, 73779, 1256, 1337, 2.607916606236405),
    "SICK-R": (9927, 462620, 452997, 5014, 4946, 3.5291492898156607),
}
BLANKS = {"STS14": 1}
"""White space at the end of a sentence of MTEB's first column; it reaches no encoder here."""


def ours(real_data: Path, task_id: str) -> tuple[float, ...]:
    options = DataOptions(data_dir=real_data, offline=True)
    [entry], _ = load_data(locate_data(select_tasks(task_id), options), options)
    parts = [part for part in entry.data.parts if isinstance(part, SentencePairs)]
    first = [text for part in parts for text in part.first]
    second = [text for part in parts for text in part.second]
    gold = [float(value) for part in parts for value in part.gold]
    lengths = sum(map(len, first)), sum(map(len, second))
    return len(gold), *lengths, len(set(first)), len(set(second)), sum(gold) / len(gold)


@pytest.mark.real_data
@pytest.mark.parametrize("name", [name for name, theirs in mteb_tasks().items() if theirs.task])
def test_what_is_called_the_same_is_the_same_text(real_data: Path, name: str):
    pairs, first, second, distinct_first, distinct_second, gold = MTEB[name]
    expected = (pairs, first - BLANKS.get(name, 0), second, distinct_first, distinct_second)
    *counts, mean = ours(real_data, mteb_tasks()[name].task)
    assert tuple(counts) == expected
    assert mean == pytest.approx(gold, abs=1e-9)


@pytest.mark.real_data
@pytest.mark.parametrize("name", [name for name, theirs in mteb_tasks().items() if theirs.differs])
def test_what_is_called_different_is_different(real_data: Path, name: str):
    *counts, _ = ours(real_data, mteb_tasks()[name].nearest)
    assert tuple(counts[1:3]) != MTEB[name][1:3]


def test_every_task_of_the_table_is_one_or_the_other():
    assert set(mteb_tasks()) == set(MTEB)
    for theirs in mteb_tasks().values():
        assert bool(theirs.task) != bool(theirs.differs)
        assert bool(theirs.differs) == bool(theirs.column) == bool(theirs.nearest)
        assert len(theirs.revision) == 40
    columns = [theirs.quoted_as for theirs in mteb_tasks().values()]
    assert len(set(columns)) == len(columns)
    assert not {t.column for t in mteb_tasks().values()} & {t.id for t in select_tasks("all")}
