"""One result for scripts written for upstream SentEval and for those written for SimCSE's copy."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
import senteval
from senteval.shapes import REGRESSOR, BothShapes

from tests.drop_in.word_vectors import batcher

BY_SPLIT = {"train": {"pearson": [1.0]}, "dev": {}, "test": {}, "all": {}}
FIGURES = {"devpearson": 0.5, "pearson": 0.4, "spearman": 0.3, "mse": 0.2, "ndev": 5, "ntest": 7}
FIGURES |= {"yhat": [1.0, 2.0]}


class Training:
    """Counts how often it is asked for."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> dict[str, Any]:
        self.calls += 1
        return dict(FIGURES)


def test_the_regressor_is_trained_when_its_figures_are_read_and_once() -> None:
    train = Training()
    result = BothShapes(BY_SPLIT, "STSBenchmark", train)
    assert "devpearson" in result
    assert "acc" not in result
    assert result == BY_SPLIT
    assert list(result) == list(BY_SPLIT)
    assert result["test"] == {}
    assert train.calls == 0
    assert {key: result[key] for key in REGRESSOR} == FIGURES
    assert result.get("pearson") == 0.4
    assert result.get("acc", 1) == 1
    assert train.calls == 1
    assert result == BY_SPLIT | FIGURES
    with pytest.raises(KeyError, match=r"^'acc'$"):
        result["acc"]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, BothShapes.copy])
def test_copies_can_be_asked_for_the_same(duplicate: Any) -> None:
    train = Training()
    result = BothShapes(BY_SPLIT, "STSBenchmark", train)
    other = duplicate(result)
    assert train.calls == 0
    assert other["mse"] == 0.2
    assert list(result) == list(BY_SPLIT)
    assert (other["train"] is result["train"]) == (duplicate is not copy.deepcopy)


@pytest.mark.parametrize("read", [False, True])
def test_as_a_file_it_is_a_plain_dictionary(read: bool) -> None:
    train = Training()
    result = BothShapes(BY_SPLIT, "STSBenchmark", train)
    expected = BY_SPLIT | (FIGURES if read else {})
    if read:
        result["pearson"]
    for kept in (
        pickle.loads(pickle.dumps({"STSBenchmark": result}))["STSBenchmark"],
        json.loads(json.dumps(result)),
        dict(result),
        {**result},
    ):
        assert type(kept) is dict
        assert kept == expected
    assert train.calls == read


@pytest.mark.parametrize("name", ["STSBenchmark", "SICKRelatedness"])
def test_the_cosines_figures_go_into_files(name: str, params: Any) -> None:
    result = senteval.engine.SE(params, batcher).eval(name)
    loaded = json.loads(json.dumps(result))
    assert loaded["test"]["spearman"] == list(result["test"]["spearman"])
    assert pickle.loads(pickle.dumps(result)) == result == copy.deepcopy(result)


@pytest.mark.parametrize("name", ["STSBenchmark", "SICKRelatedness"])
@pytest.mark.parametrize("key", REGRESSOR)
def test_no_cosine_stands_under_the_regressors_name(name: str, key: str, params: Any) -> None:
    result = senteval.engine.SE(params, batcher).eval(name)
    assert key not in result
    with pytest.raises(KeyError, match="regressor that upstream SentEval trains") as refusal:
        result[key]
    assert str(refusal.value).startswith(f"{name}['{key}'] is a figure of the regressor")
