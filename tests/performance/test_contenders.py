"""Every contender gives our scores, and the tokens that it is said to send are those it sends."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from transformers import AutoTokenizer

import benchmark
from benchmark.embeddings import embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.options import EncoderOptions
from performance.tools import files, sentence_transformers_evaluator, simcse
from performance.tools.agreement import TOLERANCE
from performance.tools.answer import Answer, read_answer
from performance.tools.counting import PaddedTokens
from performance.tools.workload import Model, Part, TaskPairs, Workload, read_workload
from tests.performance.conftest import PAIRS, TASKS
from tests.rounding import assert_close


@pytest.fixture(scope="module")
def our_scores(model: Path, data: Path) -> dict[str, float]:
    run = benchmark.evaluate(
        str(model), TASKS, data_dir=data, offline=True, unverified_data=True, cache=False
    )
    return {task: result.main_score for task, result in run.results.items()}


@pytest.fixture(scope="module")
def simcse_answer(workload: Workload) -> Answer:
    return simcse.evaluate(workload)


@pytest.fixture(scope="module")
def evaluator_answer(workload: Workload) -> Answer:
    return sentence_transformers_evaluator.evaluate(workload)


@pytest.fixture(scope="module")
def length(model: Path) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(model)
    return functools.cache(lambda sentence: len(tokenizer(sentence)["input_ids"]))


def padded(batches: Sequence[Sequence[str]], length: Any) -> int:
    """Rows times the longest row, batch by batch."""
    return sum(len(batch) * max(map(length, batch)) for batch in batches)


def in_batches(sentences: Sequence[str], size: int) -> list[Sequence[str]]:
    return [sentences[start : start + size] for start in range(0, len(sentences), size)]


# --- scores ---------------------------------------------------------------------------------------

APART = 4e-6
"""Cosines that lie further apart than this keep their order, whoever computes them."""


def our_vectors(model: Path, pooler: str, sentences: Sequence[str]) -> NDArray[np.float32]:
    options = EncoderOptions(device="cpu", pooler=pooler)
    encoder = build_encoder(parse_reference(str(model)), "sts", options)
    return embed(encoder, list(sentences))[sentences]


def test_ranks_are_settled(workload: Workload, model: Path):
    """What the comparisons of scores rely on; equal pairs have equal gold scores, which is fine."""
    for task in workload.tasks:
        first, second, _ = task.scored()
        a, b = our_vectors(model, "avg", first), our_vectors(model, "avg", second)
        cosines = np.vecdot(a, b) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
        distinct = dict(zip(zip(first, second, strict=True), cosines.tolist(), strict=True))
        assert np.diff(sorted(distinct.values())).min() > APART


def test_simcse_way_gives_our_scores(simcse_answer: Answer, our_scores: dict[str, float]):
    assert simcse_answer.scores == pytest.approx(our_scores, abs=TOLERANCE)


def test_the_evaluator_gives_our_scores(evaluator_answer: Answer, our_scores: dict[str, float]):
    assert evaluator_answer.scores == pytest.approx(our_scores, abs=TOLERANCE)


@pytest.mark.mteb
def test_mteb_gives_our_scores(
    workload: Workload,
    evaluator_answer: Answer,
    our_scores: dict[str, float],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("MTEB_CACHE", str(tmp_path / "mteb"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    pytest.importorskip("mteb")
    from performance.tools import mteb_evaluate

    answer = mteb_evaluate.evaluate(workload)
    assert answer.scores == pytest.approx(our_scores, abs=TOLERANCE)
    assert answer.padded_tokens > 0
    assert evaluator_answer.padded_tokens <= answer.padded_tokens  # batches of 32 instead of 16


@pytest.mark.parametrize("pooler", ["cls", "cls_before_pooler", "avg_top2", "avg_first_last"])
def test_simcse_way_has_the_poolers_of_its_script(
    pooler: str, workload: Workload, model: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its vectors are ours. Scores are no measure of that: two ranks that change places move one
    by more than another rounding does, and by no less than a wrong pooler may."""
    asked = Workload(Model(str(model), pooler, False, None), "cpu", workload.tasks[:1])
    seen: dict[str, NDArray[np.float32]] = {}
    encode = simcse._encode

    def watched(*arguments: Any) -> NDArray[np.float32]:
        vectors = encode(*arguments)
        seen.update(zip(arguments[-1], vectors, strict=True))
        return vectors

    monkeypatch.setattr(simcse, "_encode", watched)
    assert math.isfinite(simcse.evaluate(asked).scores["STS16"])
    wanted = our_vectors(model, pooler, list(seen))
    found = np.stack(list(seen.values()))
    assert_close(found, wanted)
    assert np.ptp(wanted, axis=0).max() > 0.1  # sentences are not all alike, so this tells


def test_unknown_poolers_are_refused(workload: Workload, model: Path):
    asked = Workload(Model(str(model), "attention", False, None), "cpu", workload.tasks)
    with pytest.raises(ValueError, match="attention"):
        simcse.evaluate(asked)
    with pytest.raises(ValueError, match="attention"):
        sentence_transformers_evaluator.evaluate(asked)


# --- what they are given --------------------------------------------------------------------------


def test_the_workload_holds_all_splits_and_says_which_count(workload: Workload):
    sts16, sts_benchmark = workload.tasks
    assert (sts16.id, sts16.sorted) == ("STS16", True)
    assert all(part.scored for part in sts16.parts)
    assert [(part.name, part.scored) for part in sts_benchmark.parts] == [
        ("train", False), ("dev", False), ("test", True),
    ]  # fmt: skip
    assert not sts_benchmark.sorted
    assert [len(column) for column in sts_benchmark.scored()] == [PAIRS] * 3


def test_the_workload_for_warming_up_is_small(prepared: Any):
    small = read_workload(prepared[0] / files.WARM_UP)
    assert [task.id for task in small.tasks] == ["STS16"]
    assert {len(part.gold) for part in small.tasks[0].parts} == {8}


def test_pairs_are_sorted_within_a_subset_as_sentevals_loader_does(workload: Workload):
    part = Part("p", True, ["b b", "a", "c c", "a"], ["x", "y y", "x", "y y"], [3, 2, 1, 0])
    sorted_rows = simcse._ordered(part, by_length=True)
    assert sorted_rows == [("a", "y y", 0), ("a", "y y", 2), ("c c", "x", 1), ("b b", "x", 3)]
    unsorted = simcse._ordered(part, by_length=False)
    assert [row[2] for row in unsorted] == [3, 2, 1, 0]


# --- tokens ---------------------------------------------------------------------------------------


def test_tokens_of_simcse_way(workload: Workload, simcse_answer: Answer, length: Any):
    batches = []
    for task in workload.tasks:
        for part in task.parts:
            rows = list(zip(part.first, part.second, part.gold, strict=True))
            if task.sorted:
                rows.sort(key=lambda row: (len(row[0].split()), len(row[1].split()), row[2]))
            for side in (0, 1):
                batches += in_batches([row[side] for row in rows], 128)
    assert simcse_answer.padded_tokens == padded(batches, length)


def test_tokens_of_the_evaluator(workload: Workload, evaluator_answer: Answer, length: Any):
    batches = []
    for task in workload.tasks:
        for side in task.scored()[:2]:
            batches += in_batches(sorted(side, key=len, reverse=True), 16)
    # The order among sentences of the same number of characters is the library's.
    assert evaluator_answer.padded_tokens == pytest.approx(padded(batches, length), rel=0.02)


def test_our_tokens(workload: Workload, facts: dict[str, Any], model: Path, length: Any):
    sentences = {s for task in workload.tasks for side in task.scored()[:2] for s in side}
    encoder: Any = build_encoder(
        parse_reference(str(model)), "sts", EncoderOptions(device="cpu", pooler="avg")
    )
    seen = PaddedTokens(encoder._compute.model)
    embed(encoder, sorted(sentences))
    assert facts["distinct_sentences"] == len(sentences)
    assert facts["distinct_tokens"] == sum(map(length, sentences))
    assert facts["sent_tokens"] == seen.count
    assert facts["pairs"] == PAIRS * 6  # five subsets of STS16, one split of STS-B


# --- answers --------------------------------------------------------------------------------------


def test_an_answer_is_the_last_line():
    line = '{"scores": {"STS16": 0.5}, "padded_tokens": 7, "versions": {}}'
    assert read_answer(f"a bar\n\n{line}\n") == Answer({"STS16": 0.5}, 7, {})


@pytest.mark.parametrize("output", ["", "\n", "Done.", "{}", '{"scores": {}', "[1]"])
def test_what_is_no_answer_is_an_error(output: str):
    with pytest.raises(ValueError, match="printed no answer"):
        read_answer(output)


@pytest.mark.mteb
def test_a_task_that_mteb_lacks_is_refused():
    pytest.importorskip("mteb")
    from performance.tools import mteb_evaluate

    with pytest.raises(ValueError, match="MTEB has no task DemoSTS"):
        mteb_evaluate._filled(None, TaskPairs("DemoSTS", False, []))


def test_scores_are_numbers(simcse_answer: Answer, evaluator_answer: Answer):
    for answer in (simcse_answer, evaluator_answer):
        assert all(math.isfinite(score) for score in answer.scores.values())
