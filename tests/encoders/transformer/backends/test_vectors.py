"""Every backend gives the vectors of torch, for any shape, and of each sentence by itself."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmark.embeddings import embed
from benchmark.embeddings.asker import fill_up
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.transformer.backends import backend as backends
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests.checkpoints import HIDDEN, MOST_TOKENS, SENTENCES, word_pieces
from tests.encoders.plain import OF_ANY_TEXT, plain_by_pooler
from tests.encoders.transformer.backends.conftest import EVERY_POOLER, WRITE, Make
from tests.rounding import OF_A_NETWORK, assert_close
from tests.zoo.architectures import write_architecture

HAS = backends.has_instructions
EXPORTED = ("onnx", "openvino")
LONG = "the guitar plays a man " * 40
WORDS = " ".join(SENTENCES).split()
TEXTS = [" ".join(random.Random(seed).choices(WORDS, k=seed % 25)) for seed in range(80)]
SHAPES = [(1, 1), (3, 1), (1, 2), (1, 9), (2, 9), (5, 7), (1, MOST_TOKENS), (40, MOST_TOKENS)]


def some_ids(shape: tuple[int, int]) -> list[list[int]]:
    """Return ids of ordinary tokens."""
    generator = np.random.default_rng(shape)
    return generator.integers(5, len(word_pieces()), shape).tolist()


# --- the same as torch ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("backend", "family"),
    [
        *(("openvino", family) for family in WRITE),
        ("onnx", "bert"),
        *(
            pytest.param("onnx", family, marks=pytest.mark.slow)
            for family in WRITE
            if family != "bert"
        ),
    ],
)
def test_the_vectors_of_torch(make: Make, backend: str, family: str) -> None:
    """By every pooler; of whole sentences of all lengths, and batches of every awkward shape."""
    pooler = EVERY_POOLER[family]
    torch, other = make(family, "torch", pooler=pooler), make(family, backend, pooler=pooler)
    texts = [*TEXTS, LONG, ""]
    assert_close_by_pooler(embed(other, texts)[texts], embed(torch, texts)[texts])
    for shape in SHAPES:
        ids = some_ids(shape)
        assert_close_by_pooler(other.encode_tokens(ids), torch.encode_tokens(ids))


def assert_close_by_pooler(found: NDArray[np.float32], wanted: NDArray[Any]) -> None:
    """Each by its own largest entry: some poolers give larger vectors than others."""
    assert found.shape == wanted.shape
    for place in range(0, wanted.shape[1], HIDDEN):
        columns = slice(place, place + HIDDEN)
        assert_close(found[:, columns], wanted[:, columns])


@pytest.mark.parametrize("backend", EXPORTED)
def test_the_vectors_of_a_plain_computation(make: Make, families: Any, backend: str) -> None:
    """Which shares no code with any of the backends."""
    found = make("bert", backend, pooler=EVERY_POOLER["bert"]).encode(SENTENCES)
    wanted = plain_by_pooler(families("bert"), OF_ANY_TEXT, SENTENCES)
    assert_close_by_pooler(found, np.concatenate(list(wanted.values()), axis=1))


@pytest.mark.parametrize("backend", EXPORTED)
def test_vectors_are_ones_own(make: Make, backend: str) -> None:
    """Not a view of a buffer that the next batch fills."""
    encoder = make("bert", backend, pooler=EVERY_POOLER["bert"])
    first = encoder.encode_tokens(some_ids((2, 9)))
    kept = first.copy()
    encoder.encode_tokens(some_ids((2, 7)))
    encoder.encode_tokens([row[::-1] for row in some_ids((2, 9))])
    assert np.array_equal(first, kept)


def test_limit_and_case_are_as_for_torch(make: Make) -> None:
    """These are not part of the graph."""
    options = {"pooler": EVERY_POOLER["bert"], "max_length": 9}
    found, wanted = (make("bert", name, **options) for name in ("openvino", "torch"))
    assert found.tokenize([LONG]).truncated == {0}
    assert_close(found.encode([LONG, "A CAT"]), wanted.encode([LONG, "A CAT"]))


def require_instructions(backend: str, precision: str) -> None:
    """OpenVINO has no slow way for bfloat16: it computes in float32, or not at all."""
    played = "ONEDNN_MAX_CPU_ISA" in os.environ  # not known to the file that is read
    if (backend, precision) == ("openvino", "bfloat16") and (played or not HAS("cpu", precision)):
        pytest.skip("this CPU has no instructions for bfloat16")


# --- a sentence by itself -------------------------------------------------------------------------


def assert_independent(encoder: Any, texts: list[str], within: float) -> None:
    """Nearly the same bits in any order, in any batch, alone."""
    together = embed(encoder, texts)[texts]
    for budget in (1, 100, 1000):
        shuffled = random.Random(budget).sample(texts, len(texts))
        found = embed(encoder, shuffled, batch_tokens=budget)[texts]
        assert_close(found, together, within)
    alone = np.concatenate([embed(encoder, [text]).matrix for text in texts])
    assert_close(alone, together, within)


@pytest.mark.parametrize(
    ("backend", "precision", "within"),
    [
        # For matrices as small as these, libraries take other kernels by the size of the batch;
        # in lower precisions a sum that is rounded otherwise may end up a step away.
        ("torch", "bfloat16", 2e-2),
        ("onnx", "float32", OF_A_NETWORK),
        ("openvino", "float32", OF_A_NETWORK),
        ("openvino", "bfloat16", 2e-2),
        pytest.param("openvino", "int8", 2e-2, marks=pytest.mark.slow),
    ],
)
def test_a_vector_does_not_depend_on_its_neighbours(
    make: Make, every_precision: None, backend: str, precision: str, within: float
) -> None:
    """Not even in int8: ranges are fixed when it is calibrated, not measured batch by batch."""
    require_instructions(backend, precision)
    pooler = EVERY_POOLER["bert"] if precision == "float32" else "avg_first_last"
    encoder = make("bert", backend, precision, pooler=pooler)
    assert_independent(encoder, list(dict.fromkeys([*TEXTS[:30], "", "Yes"])), within)


# --- lower precisions -----------------------------------------------------------------------------


@pytest.fixture
def every_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow is no matter here: the machine may lack the instructions."""
    monkeypatch.setattr(backends, "has_instructions", lambda *_: True)


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_bfloat16_is_close(make: Make, every_precision: None, backend: str) -> None:
    """It keeps 8 bits: 4e-3 an operation."""
    require_instructions(backend, "bfloat16")
    exact = make("bert", "torch", pooler="avg_first_last").encode(TEXTS)
    found = make("bert", backend, "bfloat16", pooler="avg_first_last").encode(TEXTS)
    assert_close(found, exact, 2e-2)
    assert np.abs(found - exact).max() > 1e-4  # it is what it says


def test_float16_is_close(make: Make, every_precision: None) -> None:
    exact = make("bert", "torch", pooler="avg_first_last").encode(TEXTS)
    found = make("bert", "torch", "float16", pooler="avg_first_last").encode(TEXTS)
    assert_close(found, exact, 3e-3)
    assert np.abs(found - exact).max() > 1e-5


@pytest.mark.parametrize("pooler", OF_ANY_TEXT)
def test_sums_over_tokens_are_taken_in_float32(
    make: Make, every_precision: None, pooler: str
) -> None:
    """A mean of 60 tokens in bfloat16 would lose as much again."""
    exact = make("bert", "torch", pooler=pooler).encode([LONG])
    found = make("bert", "torch", "bfloat16", pooler=pooler).encode([LONG])
    cosine = float((exact @ found.T).item() / np.linalg.norm(exact) / np.linalg.norm(found))
    assert cosine > 0.999


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("onnx", "Failed to allocate memory for requested buffer of size 460800000"),
        ("openvino", "std::bad_alloc"),
    ],
)
def test_memory_that_runs_out(
    make: Make, monkeypatch: pytest.MonkeyPatch, backend: str, said: str
) -> None:
    """What the libraries say then was seen under a limit of the address space."""
    library = pytest.importorskip({"onnx": "onnxruntime"}.get(backend, backend))

    class Full:
        def run(self, *_: object) -> None:
            raise type("Fail", (Exception,), {})(f"[{backend}] {said}\nmore")

        infer = run

        def create_infer_request(self) -> Full:
            return self

    make("bert", backend, pooler=EVERY_POOLER["bert"]).load()  # exported and compared with torch
    encoder = make("bert", backend, pooler=EVERY_POOLER["bert"])
    if backend == "onnx":
        monkeypatch.setattr(library, "InferenceSession", lambda *_, **__: Full())
    else:
        monkeypatch.setattr(library.Core, "compile_model", lambda *_: Full())
    encoder.load()
    with pytest.raises(MemoryError, match=said):
        encoder.encode_tokens(some_ids((1, 9)))


def test_what_a_model_cannot_compute_is_told_in_one_line(tmp_path: Path) -> None:
    """CANINE halves a text again and again, and its library computes no short one either."""
    write_architecture(tmp_path / "m", "canine", "bytes")
    reference = parse_reference(str(tmp_path / "m"))
    encoder = build_encoder(reference, "sts", EncoderOptions(device="cpu"))
    assert encoder.encode(["a man plays the guitar"]).shape == (1, HIDDEN)
    with pytest.raises(ModelError) as caught:
        encoder.encode(["a"])
    assert "m: on a text of one token its model raised RuntimeError: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_batches_are_large_enough_here() -> None:
    """What the test of neighbours relies on: bare rows are not what the encoder is asked for."""
    assert len(fill_up([0], 3)) * 3 >= 64
