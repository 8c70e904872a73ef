"""The vector of a sentence does not depend on what else is encoded, or on how it is batched.

For any model and device it is the same to rounding. On CPUs with AVX-512 it is the same to the last
bit (docs/architecture.md has those it was seen on): that is what batches of one length are for, and
why small ones are filled up. Elsewhere, kernels may be chosen by the number of rows for any size.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmark.embeddings import embed
from benchmark.embeddings.asker import MIN_BATCH_TOKENS
from benchmark.encoders import build_encoder, parse_reference
from benchmark.options import EncoderOptions
from benchmark.places import embedded_folder
from tests import checkpoints
from tests.processors import BITS
from tests.rounding import assert_close

SOME = 48
SHORT = ["Yes", "No", "Why?", "Go on", "I see", "Not now", "A man sings", "x", ""]
"""Of three to five tokens: alone, these are the ones that other matrix kernels round otherwise."""


def demo_sentences() -> list[str]:
    """Return real sentences of many lengths: a sample of the demo set, and very short ones."""
    with (embedded_folder() / "demo" / "pairs.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    texts = list(dict.fromkeys(row[side] for row in rows for side in ("first", "second")))
    return [*random.Random(0).sample(texts, SOME), *SHORT]


SENTENCES = demo_sentences()
ANY_PLACES = st.lists(st.integers(0, len(SENTENCES) - 1), min_size=1, max_size=20, unique=True)
ANY_BUDGET = st.sampled_from([1, 16, 64, 100, 256, 1000, 4096])


@pytest.fixture(scope="module")
def minilm() -> Any:
    """MiniLM on the CPU."""
    reference = parse_reference("all-minilm-l6-v2")
    return build_encoder(reference, "sts", EncoderOptions(device="cpu"))


@pytest.fixture(scope="module")
def together(minilm: Any) -> NDArray[np.float32]:
    """The vectors of all sentences, encoded at once."""
    return embed(minilm, SENTENCES)[SENTENCES]


PROMISED = 2e-6
"""Of the largest entry, on every processor (docs/architecture.md); a tenth of it was seen."""


def assert_same(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> None:
    """Compare to rounding, or bit by bit; then say how many rows differ and by how much."""
    assert_close(found, wanted, PROMISED)
    if not BITS:
        return
    differ = np.flatnonzero((found != wanted).any(axis=1))
    assert not len(differ), (len(differ), float(np.abs(found - wanted).max()))


@pytest.fixture
def two_threads() -> Iterator[None]:
    """More threads than the other tests use; the kernels split their work among them."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


@settings(max_examples=15, deadline=None)
@given(places=ANY_PLACES, budget=ANY_BUDGET)
def test_any_subset_in_any_order_and_any_batch(
    minilm: Any, together: NDArray[np.float32], places: list[int], budget: int
) -> None:
    some = [SENTENCES[place] for place in places]
    found = embed(minilm, some, batch_tokens=budget)[some]
    assert_same(found, together[places])


@pytest.mark.parametrize("budget", [64, 300, 1024, 4096])
def test_all_of_them_in_any_batch(minilm: Any, together: NDArray[np.float32], budget: int) -> None:
    shuffled = random.Random(budget).sample(range(len(SENTENCES)), len(SENTENCES))
    some = [SENTENCES[place] for place in shuffled]
    assert_same(embed(minilm, some, batch_tokens=budget)[some], together[shuffled])


def test_each_alone(minilm: Any, together: NDArray[np.float32]) -> None:
    alone = np.concatenate([embed(minilm, [sentence]).matrix for sentence in SENTENCES])
    assert_same(alone, together)


def test_many_of_one_length(minilm: Any, together: NDArray[np.float32]) -> None:
    """Full batches and the rest that is left over, whatever its size."""
    length = len(minilm.tokenize([SENTENCES[0]]).ids[0])
    words = [f"{word} " for word in ("cat", "dog", "sun", "sea", "red", "two", "man", "day")]
    others = {
        "".join(random.Random(seed).choices(words, k=length - 2)).strip() for seed in range(40)
    }
    for count in (1, 2, 5, 13, 39):
        some = [*sorted(others)[:count], SENTENCES[0]]
        assert len({len(ids) for ids in minilm.tokenize(some).ids}) == 1
        found = embed(minilm, some, batch_tokens=4 * length)[some]
        assert_same(found[-1:], together[:1])


def test_two_threads_agree_with_themselves(two_threads: None, minilm: Any) -> None:
    whole = embed(minilm, SHORT)[SHORT]
    assert_same(embed(minilm, SHORT[::-1], batch_tokens=64)[SHORT], whole)
    alone = np.concatenate([embed(minilm, [sentence]).matrix for sentence in SHORT[-4:]])
    assert_same(alone, whole[-4:])


def test_small_batches_must_be_filled_up(minilm: Any, together: NDArray[np.float32]) -> None:
    """Without it the vectors would still be right, to rounding."""
    long = [" ".join(SENTENCES[place : place + 16]) for place in range(0, SOME, 16)]
    bare, filled = bare_and_filled(minilm, SENTENCES)
    assert_close(bare, filled)
    assert np.array_equal(filled, together) or not BITS
    assert min(map(len, minilm.tokenize(long).ids)) >= MIN_BATCH_TOKENS
    assert_same(*bare_and_filled(minilm, long))


def bare_and_filled(minilm: Any, sentences: list[str]) -> tuple[Any, Any]:
    rows = minilm.tokenize(sentences).ids
    bare = np.concatenate([minilm.encode_tokens([row]) for row in rows])
    return bare, embed(minilm, sentences)[sentences]


# --- any model, to rounding -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Encoders of tiny checkpoints, with poolers that use inner layers."""
    made = {}
    for family, pooler in (("bert", "avg_first_last"), ("roberta", "avg_top2")):
        folder: Path = checkpoints.write_plain(tmp_path_factory.mktemp(family), family)
        options = EncoderOptions(pooler=pooler, device="cpu")
        made[family] = build_encoder(parse_reference(str(folder)), "sts", options)
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    texts=st.lists(
        st.lists(st.sampled_from(checkpoints.SENTENCES), max_size=4).map(" ".join), min_size=1
    ),
    budgets=st.tuples(ANY_BUDGET, ANY_BUDGET),
    seed=st.integers(0, 99),
)
@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_any_texts_in_any_order_and_any_batch(
    tiny: dict[str, Any], family: str, texts: list[str], budgets: Sequence[int], seed: int
) -> None:
    first = embed(tiny[family], texts, batch_tokens=budgets[0])[texts]
    shuffled = random.Random(seed).sample(texts, len(texts))
    second = embed(tiny[family], shuffled, batch_tokens=budgets[1])[texts]
    assert_close(second, first, PROMISED)
