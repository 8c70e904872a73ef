"""One result for scripts written for upstream SentEval and for those written for SimCSE's copy."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import senteval
from senteval.errors import ParamsError
from senteval.regression import UPSTREAM
from senteval.shapes import Figures

from benchmark.errors import TaskError
from tests.drop_in.own_tasks import read
from tests.drop_in.word_vectors import Vectors, batcher
from tests.oracles import relatedness

ITEMS = {"train": {"pearson": [1.0]}, "dev": {}, "test": {}, "all": {}}
FIGURES = {"devpearson": 0.5, "pearson": 0.4, "spearman": 0.3, "mse": 0.2, "ndev": 5, "ntest": 7}
FIGURES |= {"yhat": [1.0, 2.0]}
SPLITS = ["STSBenchmark", "SICKRelatedness"]


class Training:
    """Counts how often it is asked for."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> dict[str, Any]:
        self.calls += 1
        return dict(FIGURES)


# --- figures that are made when they are read -----------------------------------------------------


def test_figures_are_made_when_one_is_read_and_once() -> None:
    train = Training()
    result = Figures(ITEMS, UPSTREAM, train)
    assert "devpearson" in result
    assert "acc" not in result
    assert result == ITEMS
    assert list(result) == list(ITEMS)
    assert result["test"] == {}
    assert train.calls == 0
    assert {key: result[key] for key in UPSTREAM} == FIGURES
    assert result.get("pearson") == 0.4
    assert result.get("acc", 1) == 1
    assert train.calls == 1
    assert result == ITEMS | FIGURES
    with pytest.raises(KeyError, match=r"^'acc'$"):
        result["acc"]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, Figures.copy])
def test_copies_can_be_asked_for_the_same(duplicate: Any) -> None:
    train = Training()
    result = Figures(ITEMS, UPSTREAM, train)
    other = duplicate(result)
    assert train.calls == 0
    assert other["mse"] == 0.2
    assert duplicate(other)["pearson"] == 0.4
    assert train.calls == 1
    assert list(result) == list(ITEMS)
    assert (other["train"] is result["train"]) == (duplicate is not copy.deepcopy)


@pytest.mark.parametrize("was_read", [False, True])
def test_as_a_file_it_is_a_plain_dictionary(was_read: bool) -> None:
    """What was not read is not in it, the array of predictions least of all."""
    train = Training()
    result = Figures(ITEMS, UPSTREAM, train)
    expected = ITEMS | ({"pearson": 0.4} if was_read else {})
    if was_read:
        result["pearson"]
    for kept in (
        pickle.loads(pickle.dumps({"STSBenchmark": result}))["STSBenchmark"],
        json.loads(json.dumps(result)),
        dict(result),
        {**result},
    ):
        assert type(kept) is dict
        assert kept == expected
    assert train.calls == was_read


# --- the regressor --------------------------------------------------------------------------------


def by_the_oracle(name: str, made_up: Path, judge: Any, seed: int) -> relatedness.Result:
    vectors, parts = Vectors(), []
    for part in read(name, made_up / "downstream"):
        rows = sorted(
            zip(part.first, part.second, part.gold, strict=True),
            key=lambda row: (len(row[0].split()), len(row[1].split()), row[2]),
        )
        first, second, gold = zip(*rows, strict=True)
        parts.append(relatedness.Pairs(vectors[first], vectors[second], np.array(gold)))
    return relatedness.supervised(*parts, judge=judge, seed=seed)


@pytest.mark.parametrize("name", SPLITS)
@pytest.mark.parametrize("seed", [1111, 7])
def test_upstreams_figures_are_those_of_its_regressor(
    name: str, seed: int, params: Any, made_up: Path
) -> None:
    result = senteval.engine.SE(params | {"seed": seed}, batcher).eval(name)
    expected = by_the_oracle(name, made_up, relatedness.by_pearson, seed)
    assert result["devpearson"] == pytest.approx(expected.dev, abs=1e-5)
    assert result["pearson"] == pytest.approx(expected.pearson, abs=1e-5)
    assert result["spearman"] == pytest.approx(expected.spearman, abs=1e-3)
    assert result["mse"] == pytest.approx(expected.mse, rel=1e-4)
    np.testing.assert_allclose(result["yhat"], expected.predicted, atol=1e-4)
    sizes = [len(part) for part in read(name, made_up / "downstream")]
    assert (result["ndev"], result["ntest"]) == tuple(sizes[1:])
    cosine = result["test"]["pearson"][0]
    assert abs(result["pearson"] - cosine) > 1e-3, "the cosine is another figure"


@pytest.mark.parametrize("name", SPLITS)
def test_simcses_finetune_names_select_by_spearman(name: str, params: Any, made_up: Path) -> None:
    result = senteval.engine.SE(params, batcher).eval(f"{name}-finetune")
    expected = by_the_oracle(name, made_up, relatedness.by_spearman, 1111)
    assert list(result) == ["devspearman", "pearson", "spearman", "mse", "ndev", "ntest"]
    assert result["devspearman"] == pytest.approx(expected.dev, abs=1e-3)
    assert result["pearson"] == pytest.approx(expected.pearson, abs=1e-5)
    assert result["mse"] == pytest.approx(expected.mse, rel=1e-4)
    assert json.loads(json.dumps(result)) == dict(result)
    np.testing.assert_allclose(result["yhat"], expected.predicted, atol=1e-4)


def test_what_the_regressor_cannot_be_trained_on_is_said_when_it_is_read(params: Any) -> None:
    result = senteval.engine.SE(params | {"seed": "one"}, batcher).eval("STSBenchmark")
    with pytest.raises(ParamsError, match="seed"):
        result["pearson"]
    large = senteval.engine.SE(params, lambda p, b: batcher(p, b) * np.float32(1e30))
    result = large.eval("STSBenchmark")
    assert np.isfinite(result["test"]["pearson"][0])
    with pytest.raises(TaskError, match=r"^STSBenchmark: cannot be trained on"):
        result["devpearson"]
    with pytest.raises(TaskError, match=r"^STSBenchmark-finetune: cannot be trained on"):
        large.eval("STSBenchmark-finetune")


@pytest.mark.parametrize("name", SPLITS)
def test_the_cosines_figures_go_into_files(name: str, params: Any) -> None:
    result = senteval.engine.SE(params, batcher).eval(name)
    loaded = json.loads(json.dumps(result))
    assert loaded["test"]["spearman"] == list(result["test"]["spearman"])
    assert pickle.loads(pickle.dumps(result)) == result == copy.deepcopy(result)
