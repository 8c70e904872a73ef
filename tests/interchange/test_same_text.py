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
from benchmark.tasks import all_tasks, select_tasks
from benchmark.tasks.loading import load_data, locate_data

MTEB = {
    "STS12": (3108, 198256, 203862, 2236, 2797, 3.5060643500643507),
    "STS13": (1500, 93101, 68848, 1314, 1355, 2.3361888888888864),
    "STS14": (3750, 212331, 194854, 3408, 3164, 2.8114334391534355),
    "STS15": (3000, 173466, 172976, 2942, 2310, 2.40591333333333),
    "STS16": (1186, 77704, 77098, 928, 1055, 2.4131534569983137),
    "STSBenchmark": (1379, 74107, 73779, 1256, 1337, 2.607916606236405),
    "SICK-R": (9927, 462620, 452997, 5014, 4946, 3.5291492898156607),
    "STS17/en-en": (250, 10988, 10681, 250, 250, 2.2776),
    "STS17/es-es": (250, 12459, 12806, 250, 250, 2.2312),
    "STS17/ar-ar": (250, 8052, 8195, 250, 250, 2.2168),
    "STS17/es-en": (250, 12710, 10506, 250, 250, 2.1464),
    "STS17/en-ar": (250, 10590, 8174, 250, 250, 2.1424),
    "STS17/en-tr": (250, 10479, 10400, 250, 250, 2.1336),
    "STSBenchmarkMultilingualSTS/de": (1379, 87269, 86926, 1248, 1327, 2.6079166059890806),
    "STSBenchmarkMultilingualSTS/en": (1379, 74100, 73773, 1256, 1337, 2.6079166059890806),
    "STSBenchmarkMultilingualSTS/es": (1379, 87489, 87188, 1248, 1330, 2.6079166059890806),
    "STSBenchmarkMultilingualSTS/fr": (1379, 89624, 89628, 1244, 1322, 2.6079166059890806),
    "STSBenchmarkMultilingualSTS/it": (1379, 87388, 86888, 1249, 1330, 2.6079166059890806),
    "STSBenchmarkMultilingualSTS/nl": (1379, 83257, 82916, 1247, 1327, 2.6079166059890806),
    "STSBenchmarkMultilingualSTS/pl": (1379, 78139, 78034, 1243, 1325, 2.6079166059890806),
    "STSBenchmarkMultilingualSTS/pt": (1379, 83911, 83862, 1249, 1332, 2.6079166059890806),
    "STSBenchmarkMultilingualSTS/ru": (1379, 78340, 77838, 1240, 1321, 2.6079166059890806),
    "STSBenchmarkMultilingualSTS/zh": (1379, 24762, 24554, 1242, 1320, 2.6079166059890806),
}
BLANKS = {"STS14": (1, 0), "STS17/ar-ar": (-12, -5), "STS17/en-ar": (0, -2)}
"""White space that MTEB's columns have more than ours, at the ends of sentences. STS14's reaches no
encoder here."""

SAME = {
    name if subset == "default" else f"{name}/{subset}": scored.task
    for name, theirs in mteb_tasks().items()
    for subset, scored in theirs.scored.items()
}
"""Ours by MTEB's name of each."""


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
@pytest.mark.parametrize("name", SAME)
def test_what_is_called_the_same_is_the_same_text(
    request: pytest.FixtureRequest, real_data: Path, name: str
):
    raw = "/" in name or name in ("STSBenchmark", "SICK-R")
    folder = request.getfixturevalue("more_data") if raw else real_data
    pairs, first, second, distinct_first, distinct_second, gold = MTEB[name]
    more, more_of_second = BLANKS.get(name, (0, 0))
    expected = (pairs, first - more, second - more_of_second, distinct_first, distinct_second)
    *counts, mean = ours(folder, SAME[name])
    assert tuple(counts) == expected
    assert mean == pytest.approx(gold, abs=1e-9)


@pytest.mark.real_data
@pytest.mark.parametrize("name", [name for name, theirs in mteb_tasks().items() if theirs.differs])
def test_what_is_called_different_is_different(real_data: Path, name: str):
    *counts, _ = ours(real_data, mteb_tasks()[name].nearest)
    assert tuple(counts[1:3]) != MTEB[name][1:3]


def test_every_task_of_the_table_is_described_in_full():
    assert set(SAME) == set(MTEB)
    for theirs in mteb_tasks().values():
        assert bool(theirs.task) != bool(theirs.subsets)
        assert bool(theirs.differs) == bool(theirs.nearest)
        assert len(theirs.revision) == 40
    assert len(set(SAME.values())) == len(SAME)
    assert not {theirs.nearest for theirs in mteb_tasks().values()} & set(SAME.values())
    known = {task.id for task in all_tasks()}
    assert known >= {*SAME.values(), *(t.nearest for t in mteb_tasks().values() if t.nearest)}
