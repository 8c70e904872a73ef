"""Every number is that of benchmark's own tasks, in SentEval's shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
import senteval

from benchmark.tasks import table
from tests.drop_in.conftest import FULL
from tests.drop_in.own_tasks import own_scores, read
from tests.drop_in.word_vectors import Vectors, batcher

YEARS = ["STS12", "STS13", "STS14", "STS15", "STS16"]
SPLITS = ["STSBenchmark", "SICKRelatedness"]
SIZES = {
    "MR": (115, 115),
    "CR": (115, 115),
    "SUBJ": (115, 115),
    "MPQA": (115, 115),
    "SST2": (30, 30),
    "SST5": (30, 30),
    "TREC": (120, 24),
    "MRPC": (80, 30),
    "SICKEntailment": (60, 60),
    "SNLI": (18, 15),
    **{task.id: (10, 10) for task in table("probing")},
}


def evaluate(params: dict[str, Any], task: Any) -> dict[str, Any]:
    return senteval.engine.SE(params, batcher).eval(task)


@pytest.mark.parametrize("name", YEARS + SPLITS)
def test_similarity_is_that_of_benchmarks_own_task(name: str, params: Any, made_up: Path) -> None:
    result = evaluate(params, name)
    own = own_scores(name, made_up / "downstream")
    assert list(result) == [*own.subsets, "all"]
    for subset, scores in own.subsets.items():
        assert set(result[subset]) == {"pearson", "spearman", "nsamples"}
        assert result[subset]["nsamples"] == scores["pairs"]
        for metric in ("pearson", "spearman"):
            assert result[subset][metric][0] == pytest.approx(scores[metric], abs=1e-12)
            assert result[subset][metric].correlation == result[subset][metric][0]
    for metric in ("pearson", "spearman"):
        assert result["all"][metric] == pytest.approx(
            {means: own.scores[means][metric] for means in ("all", "mean", "wmean")}, abs=1e-12
        )
    if name in SPLITS:
        assert list(result) == ["train", "dev", "test", "all"]
        main = own_scores(name, made_up / "downstream", parts=("test",)).main_score
        assert result["test"]["spearman"].correlation == pytest.approx(main, abs=1e-12)


@pytest.mark.parametrize("name", SIZES)
def test_classification_is_that_of_benchmarks_own_task(
    name: str, params: Any, made_up: Path
) -> None:
    result = evaluate(params, name)
    own = own_scores(name, made_up / "downstream").scores
    ndev, ntest = SIZES[name]
    expected = {
        "devacc": round(100 * own["dev"]["accuracy"], 2),
        "acc": round(100 * own["test"]["accuracy"], 2),
        "ndev": ndev,
        "ntest": ntest,
    }
    if name == "MRPC":
        expected["f1"] = round(100 * own["test"]["f1"], 2)
    assert result == expected
    assert all(type(value) in {int, float} for value in result.values())
    if name in {"MR", "TREC", "MRPC"}:
        assert result["acc"] > 100 / 6, "the made-up classes can be told apart"


@pytest.mark.parametrize(
    ("name", "changes", "protocol"),
    [
        ("CR", {"kfold": 10, "classifier": FULL}, "senteval"),
        ("TREC", {"kfold": 10, "classifier": {"nhid": 0}}, "senteval"),
        ("SST2", {"kfold": 10, "classifier": None}, "senteval"),
        pytest.param("MRPC", {"kfold": 10, "usepytorch": False}, "sklearn", marks=pytest.mark.slow),
        ("SST5", {"kfold": 10, "usepytorch": False}, "sklearn"),
    ],
)
def test_the_other_ways_of_training(
    name: str, changes: Any, protocol: str, params: Any, made_up: Path
) -> None:
    result = evaluate(params | changes, name)
    own = own_scores(name, made_up / "downstream", protocol).scores
    assert result["devacc"] == pytest.approx(100 * own["dev"]["accuracy"], abs=1e-9)
    assert result["acc"] == pytest.approx(100 * own["test"]["accuracy"], abs=1e-9)


def test_defaults_are_five_folds_of_the_full_classifier(made_up: Path) -> None:
    bare = {"task_path": made_up, "unverified_data": True}
    full = bare | {"kfold": 5, "seed": 1111, "batch_size": 128, "classifier": FULL}
    assert evaluate(bare, "CR") == evaluate(full, "CR")


def test_several_tasks_give_their_results_by_name(params: Any) -> None:
    se = senteval.engine.SE(params, batcher)
    results = se.eval(["TREC", "STS13"])
    assert list(results) == ["TREC", "STS13"]
    assert results is se.results
    assert results["TREC"] == se.eval("TREC") == se.results
    assert se.params.current_task == "TREC"


@pytest.mark.slow
def test_every_listed_task_can_be_evaluated(params: Any) -> None:
    se = senteval.engine.SE(params, batcher)
    assert set(se.list_tasks) == {
        *(*YEARS, *SPLITS, *SIZES),
        *("STSBenchmark-dev", "STSBenchmarkCosin", "SICKRelatednessCosin"),
        *("STSBenchmark-finetune", "SICKRelatedness-finetune"),
    }
    assert list(se.eval(se.list_tasks)) == se.list_tasks


def test_the_callers_own_similarity(params: Any) -> None:
    result = evaluate(params | {"similarity": lambda u, v: -abs(u - v).sum()}, "STS12")
    part, *_ = read("STS12", Path(params["task_path"]) / "downstream")
    vectors = Vectors()
    ours = -np.abs(vectors[part.first] - vectors[part.second]).sum(axis=1)
    assert result[part.name]["spearman"] == scipy.stats.spearmanr(ours, part.gold)


@pytest.mark.real_data
def test_real_data(real_data: Path, params: Any) -> None:
    """Verified, and the folder ``downstream`` itself given as the path."""
    del params["unverified_data"]
    results = evaluate(params | {"task_path": real_data}, ["STS12", "STSBenchmark", "CR"])
    sts, test, cr = (
        own_scores("STS12", real_data).main_score,
        own_scores("STSBenchmark", real_data, parts=("test",)).main_score,
        own_scores("CR", real_data).scores,
    )
    assert results["STS12"]["all"]["spearman"]["all"] == pytest.approx(sts, abs=1e-12)
    assert results["STSBenchmark"]["test"]["spearman"].correlation == pytest.approx(test, abs=1e-12)
    assert results["STSBenchmark"]["test"]["nsamples"] == 1379
    assert results["CR"] == {
        "devacc": pytest.approx(100 * cr["dev"]["accuracy"]),
        "acc": pytest.approx(100 * cr["test"]["accuracy"]),
        "ndev": 3775,
        "ntest": 3775,
    }
