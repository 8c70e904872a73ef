"""Real pairs through real encoders: the engine's fits are the oracle's."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.datasets import SentencePairs
from benchmark.embeddings import embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.options import DataOptions, EncoderOptions
from benchmark.tasks import select_tasks
from benchmark.tasks.kind import Vectors
from benchmark.tasks.loading import load_data, locate_data
from benchmark.tasks.relatedness import supervised_relatedness
from tests.oracles import relatedness as oracle

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

STSB, SICK = "STSBenchmark-finetune", "SICKRelatedness-finetune"
Parts = list[SentencePairs]


@pytest.fixture(scope="module")
def parts(real_data: Path) -> dict[str, Parts]:
    options = DataOptions(data_dir=real_data, offline=True)
    loaded, failures = load_data(locate_data(select_tasks([STSB, SICK]), options), options)
    assert not failures
    return {entry.task.id: list(entry.data.parts) for entry in loaded}


def a_third(part: SentencePairs) -> SentencePairs:
    """Every third pair: encoding takes longer than all the rest."""
    return SentencePairs(part.name, part.first[::3], part.second[::3], part.gold[::3].copy())


def vectors_of(model: str, parts: Parts) -> Vectors:
    encoder = build_encoder(parse_reference(model), "transfer", EncoderOptions())
    return embed(encoder, [s for part in parts for s in (*part.first, *part.second)])


def as_oracle(part: SentencePairs, vectors: Vectors) -> oracle.Pairs:
    """Sorted plainly."""
    rows = sorted(
        zip(part.first, part.second, part.gold, strict=True),
        key=lambda row: (len(row[0].split()), len(row[1].split()), row[2]),
    )
    first, second, _ = zip(*rows, strict=True)
    return oracle.Pairs(vectors[first], vectors[second], part.by_length().gold)


def assert_is_the_oracles(parts: Parts, vectors: Vectors) -> int:
    """Return how many passes both made."""
    ours = supervised_relatedness(parts, vectors)
    theirs = oracle.supervised(*(as_oracle(part, vectors) for part in parts))
    assert ours.layer.passes == theirs.fit.epochs
    assert ours.layer.course == pytest.approx(theirs.fit.course, abs=1e-6)
    assert ours.predicted == pytest.approx(theirs.predicted, abs=1e-5)
    assert (ours.layer.dev, ours.pearson) == pytest.approx((theirs.dev, theirs.pearson), abs=1e-6)
    assert ours.spearman == pytest.approx(theirs.spearman, abs=1e-5)  # close ones change places
    assert ours.mse == pytest.approx(theirs.mse, abs=1e-5)
    return ours.layer.passes


@pytest.mark.parametrize(("task", "passes"), [(STSB, 800), (SICK, 1000)])
def test_a_long_training_is_the_oracles(task: str, passes: int, parts: dict[str, Parts]) -> None:
    """Word vectors of 50 dimensions go on improving for long."""
    vectors = vectors_of("glove-6b-50d", parts[task])
    assert assert_is_the_oracles(parts[task], vectors) == passes


def test_a_transformers_third_of_the_pairs_is_the_oracles(parts: dict[str, Parts]) -> None:
    third = [a_third(part) for part in parts[STSB]]
    assert_is_the_oracles(third, vectors_of("all-minilm-l6-v2", third))
