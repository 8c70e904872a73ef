"""A transfer task goes the whole road: scored, recorded, and taken from its record again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jsonschema
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmark import EncoderCard, evaluate
from benchmark.results import read_record
from benchmark.results.schema import record_schema


class Counting:
    """Letter counts, and how many sentences were ever encoded."""

    card = EncoderCard(name="letters", version="1")

    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += len(sentences)
        return np.array([[s.count(c) for c in "aeiounrst"] for s in sentences], np.float32)


SLOWEST = pytest.param("sklearn", marks=pytest.mark.slow)


@pytest.mark.parametrize("protocol", ["senteval", "senteval-fast", SLOWEST])
def test_a_finished_task_is_not_computed_again(protocol: str, tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    settings = {"tasks": "DemoPolarity", "protocol": protocol, "output_dir": tmp_path}
    [(task_id, result)] = evaluate(first, **settings).results.items()
    again = evaluate(second, **settings)
    assert first.encoded == 240
    assert second.encoded == 0
    assert again.resumed == {task_id}
    assert again[task_id] == result

    [path] = tmp_path.rglob("*.json")
    assert_satisfies_the_published_schema_and_the_reader(path, nested=protocol != "senteval-fast")


def assert_satisfies_the_published_schema_and_the_reader(path: Path, *, nested: bool) -> None:
    jsonschema.validate(msgspec.json.decode(path.read_bytes()), record_schema())
    record = read_record(path)
    if nested:
        assert set(record.choices) == set(record.subsets) == {f"fold {n}" for n in range(1, 11)}
    assert record.main_score == record.scores["test"]["accuracy"] == round(record.main_score, 4)
