"""What ``prepare`` and ``batcher`` get, and what may come back."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.stats
import senteval
import torch
from senteval.errors import BatcherError, ParamsError
from senteval.utils import cosine, dotdict

from benchmark.errors import ModelError, TaskError
from tests.drop_in.own_tasks import read
from tests.drop_in.word_vectors import batcher


class Recorder:
    """Prepares and encodes, and remembers what it was given."""

    def __init__(self) -> None:
        self.samples: list[list[str]] = []
        self.batches: list[list[list[str]]] = []

    def prepare(self, params: Any, samples: list[list[str]]) -> None:
        self.samples = samples
        self.batches = []
        params.longest = max(map(len, samples))

    def batcher(self, params: Any, batch: list[list[str]]) -> np.ndarray:
        assert all(len(tokens) <= params.longest for tokens in batch)
        self.batches.append(batch)
        return batcher(params, batch)


def evaluate(params: Any, answer: Any, name: Any = "MR") -> Any:
    return senteval.engine.SE(params, answer).eval(name)


@pytest.mark.parametrize("name", ["STS14", "STSBenchmark", "MR", "SST5", "MRPC"])
def test_prepare_sees_all_sentences_in_the_order_of_the_files(
    name: str, params: Any, made_up: Path
) -> None:
    seen = Recorder()
    senteval.engine.SE(params, seen.batcher, seen.prepare).eval(name)
    expected = []
    for part in read(name, made_up / "downstream"):
        expected += [*part.first, *(part.second or ())]
    assert [" ".join(tokens) for tokens in seen.samples] == expected


@pytest.mark.parametrize("size", [1, 7, 128])
def test_each_distinct_sentence_is_encoded_once_shortest_first(size: int, params: Any) -> None:
    seen = Recorder()
    senteval.engine.SE(params | {"batch_size": size}, seen.batcher, seen.prepare).eval("MR")
    *full, last = map(len, seen.batches)
    assert set(full) <= {size}
    assert 0 < last <= size
    encoded = [tuple(tokens) for batch in seen.batches for tokens in batch]
    assert sorted(encoded) == sorted(set(map(tuple, seen.samples)))
    assert list(map(len, encoded)) == sorted(map(len, encoded))
    assert encoded[0] == (), "a blank line is an empty list"


def test_nothing_is_shared_between_tasks(params: Any) -> None:
    """What prepare says of one task may change the vectors of the next."""
    scales = iter([1.0, -1.0])

    def prepare(params: Any, _samples: Any) -> None:
        params["sign"] = next(scales)

    calls = []

    def signed(params: Any, batch: Any) -> Any:
        calls.append((params.current_task, params.sign))
        return params.sign * batcher(params, batch)

    senteval.engine.SE(params, signed, prepare).eval(["STS12", "STS13"])
    assert set(calls) == {("STS12", 1.0), ("STS13", -1.0)}


def test_prepare_may_set_the_batch_size(params: Any) -> None:
    seen = Recorder()

    def prepare(params: Any, samples: Any) -> None:
        seen.prepare(params, samples)
        params.batch_size = 3

    senteval.engine.SE(params, seen.batcher, prepare).eval("STS12")
    assert max(map(len, seen.batches)) == 3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_tensors_and_what_needs_a_gradient(dtype: torch.dtype, params: Any) -> None:
    def answer(_params: Any, batch: Any) -> torch.Tensor:
        return torch.from_numpy(batcher(_params, batch)).to(dtype).requires_grad_()

    widened = torch.float64 if dtype == torch.float64 else torch.float32

    def plain(_params: Any, batch: Any) -> np.ndarray:
        return answer(_params, batch).detach().to(widened).numpy()

    assert evaluate(params, answer, ["STS12", "CR"]) == evaluate(params, plain, ["STS12", "CR"])


def test_lists_of_vectors_and_a_single_squeezed_vector(params: Any) -> None:
    lists = evaluate(params, lambda p, batch: list(batcher(p, batch)))
    squeezed = evaluate(params | {"batch_size": 1}, lambda p, batch: batcher(p, batch).squeeze())
    assert lists == squeezed == evaluate(params, batcher)


def test_float64_is_compared_in_float64(params: Any) -> None:
    """As SentEval does; in float32 these vectors of large offset are all alike."""
    offset = np.zeros(16)
    offset[0] = 1e6
    result = evaluate(params, lambda p, batch: batcher(p, batch).astype(float) + offset, "STS12")
    assert len({part["spearman"][0] for name, part in result.items() if name != "all"}) == 5


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int64"])
def test_whole_numbers_are_widened(dtype: str, params: Any) -> None:
    """NumPy's products of small integers wrap around, which would be other scores."""

    def counts(_params: Any, batch: Any) -> np.ndarray:
        return (1 + 20 * abs(batcher(_params, batch))).astype(dtype)

    def wide(_params: Any, batch: Any) -> np.ndarray:
        return counts(_params, batch).astype(float)

    assert evaluate(params, counts, ["STS12", "CR"]) == evaluate(params, wide, ["STS12", "CR"])


def test_numbers_that_are_not_finite_as_senteval_takes_them(params: Any) -> None:
    """What the refusal says to do gives what its rule gives: the component counts as 0."""
    result = evaluate(params, lambda p, b: np.nan_to_num(not_finite(p, b)), "STS12")
    part, *_ = read("STS12", Path(params["task_path"]) / "downstream")
    sides = [
        np.nan_to_num(not_finite(params, [text.split() for text in side]))
        for side in (part.first, part.second)
    ]
    cosines = np.nan_to_num([cosine(u, v) for u, v in zip(*sides, strict=True)])
    assert result[part.name]["pearson"][0] == pytest.approx(
        scipy.stats.pearsonr(cosines, part.gold)[0], abs=1e-6
    )


def test_the_batchers_own_error_comes_through(params: Any) -> None:
    def broken(*_given: Any) -> Any:
        raise KeyError("word_vec")

    with pytest.raises(KeyError, match="word_vec"):
        evaluate(params, broken)


def not_finite(_params: Any, batch: Any) -> Any:
    rows = batcher(_params, batch)
    rows[["rain" in tokens for tokens in batch], 3] = np.nan
    return rows


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda p, b: batcher(p, b)[:-1], r"shape \(127, 16\) for 128 sentences"),
        (lambda p, b: batcher(p, b)[0], r"shape \(16,\) for 128 sentences"),
        (lambda p, b: batcher(p, b)[:, :0], r"shape \(128, 0\) for 128 sentences"),
        (lambda p, b: batcher(p, b)[np.newaxis], r"shape \(1, 128, 16\)"),
        (lambda p, b: None, r"a NoneType of shape \(\) for 128"),
        (lambda p, b: [[1.0]] + [[1.0, 2.0]] * (len(b) - 1), "list that is no array"),
        (lambda p, b: batcher(p, b) > 0, "bool numbers, not float32"),
        (lambda p, b: batcher(p, b).astype(complex), "complex128 numbers"),
        (lambda p, b: batcher(p, b)[:, : 4 + len(b) // 128], "4 dimensions after 5"),
        (not_finite, "not finite .* the first for '.*rain.*numpy.nan_to_num in the batcher"),
        (lambda p, b: batcher(p, b) / 0, "128 vectors that are not finite"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_no_vector_for_each_sentence(answer: Any, message: str, params: Any) -> None:
    with pytest.raises(BatcherError, match=message) as refusal:
        evaluate(params, answer, "STS14")
    assert str(refusal.value).startswith("STS14: the batcher returned ")
    assert isinstance(refusal.value, ValueError)
    assert isinstance(refusal.value, ModelError)


def test_what_was_finished_is_kept(params: Any) -> None:
    def breaks_later(params: Any, batch: Any) -> Any:
        return batcher(params, batch) if params.current_task == "STS12" else None

    se = senteval.engine.SE(params, breaks_later)
    with pytest.raises(BatcherError, match=r"^TREC"):
        se.eval(["STS12", "TREC", "MR"])
    assert se.results == {"STS12": evaluate(params, batcher, "STS12")}


def test_the_same_vector_for_every_sentence(params: Any) -> None:
    with pytest.raises(TaskError, match=r"STS12, MSRpar: the correlation is undefined.*same"):
        evaluate(params, lambda _params, batch: np.ones((len(batch), 4)), "STS12")


@pytest.mark.parametrize("name", ["CR", "MRPC"])
def test_vectors_too_large_for_the_classifier(name: str, params: Any) -> None:
    with pytest.raises(TaskError, match=f"{name}: .*vectors are too large"):
        evaluate(params, lambda p, batch: batcher(p, batch).astype(float) * 1e300, name)


def test_global_random_states_stay(params: Any) -> None:
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)

    def states() -> tuple[Any, ...]:
        legacy = str(np.random.get_state())
        return random.getstate(), legacy, torch.get_rng_state().tolist()

    before = states()
    evaluate(params, batcher, ["STS12", "CR", "TREC", "SST2"])
    evaluate(params | {"usepytorch": False}, batcher, ["TREC", "SST2"])
    assert states() == before


def test_one_line_a_task_is_logged_and_nothing_printed(
    params: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level("INFO"):
        result = evaluate(params, batcher, ["STS12", "CR"])
    lines = [record.getMessage() for record in caplog.records if record.levelname == "INFO"]
    sts, cr = result["STS12"]["all"]["spearman"], result["CR"]
    assert lines == [
        f"STS12: spearman, all {sts['all']:.4f}, mean {sts['mean']:.4f}, wmean {sts['wmean']:.4f}",
        f"CR: dev acc {cr['devacc']:.2f}, test acc {cr['acc']:.2f}",
    ]
    assert capfd.readouterr() == ("", "")


def test_params_are_a_copy_with_attributes(params: Any) -> None:
    se = senteval.engine.SE(params, batcher)
    assert (se.params.batch_size, se.params["seed"], se.params.kfold) == (128, 1111, 5)
    assert se.params.word_vec is None
    se.params.word_vec = {"a": 1}
    assert se.params["word_vec"] == {"a": 1}
    del se.params.word_vec
    assert "word_vec" not in se.params
    assert "batch_size" not in params


def test_params_may_be_an_object(params: Any) -> None:
    assert evaluate(SimpleNamespace(**params), batcher, "CR") == evaluate(params, batcher, "CR")


@pytest.mark.parametrize(
    ("bad", "message"),
    [({}, "task_path"), ({"task_path": ""}, "task_path"), (7, "dictionary, not int")],
)
def test_params_without_data(bad: Any, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        senteval.engine.SE(bad, batcher)


def test_functions_must_be_functions(params: Any) -> None:
    with pytest.raises(ParamsError, match="batcher must be a function, not ndarray"):
        senteval.engine.SE(params, np.ones(3))
    with pytest.raises(ParamsError, match="prepare must be a function, not str"):
        senteval.engine.SE(params, batcher, "prepare")


@pytest.mark.parametrize("size", [0, -1, 2.5, None])
def test_batch_sizes_that_are_none(size: Any, params: Any) -> None:
    with pytest.raises(ParamsError, match="batch_size"):
        evaluate(params | {"batch_size": size}, batcher)


def test_utils() -> None:
    assert dotdict({"a": 1}).a == 1
    assert cosine([3.0, 4.0], [4.0, 3.0]) == pytest.approx(0.96)
