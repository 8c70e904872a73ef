"""A real model in every backend and precision: MiniLM, from its package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmark.embeddings import embed
from benchmark.encoders import EncoderOptions, build_encoder, parse_reference
from tests.encoders.backends.test_vectors import assert_independent
from tests.encoders.test_independence import SENTENCES

pytestmark = pytest.mark.slow


@pytest.fixture
def minilm(kept: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(kept))
    monkeypatch.setattr("benchmark.encoders.backends.precision._has", lambda *_: True)

    def encoder(backend: str, precision: str = "float32") -> Any:
        options = EncoderOptions(device="cpu", backend=backend, precision=precision)
        return build_encoder(parse_reference("all-minilm-l6-v2"), "sts", options)

    return encoder


def cosines(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> Any:
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
    return (found * wanted).sum(axis=1) / lengths


@pytest.mark.parametrize(
    ("backend", "precision", "least", "middle"),
    [
        ("onnx", "float32", 0.999999, 0.999999),
        ("openvino", "float32", 0.999999, 0.999999),
        ("torch", "bfloat16", 0.999, 0.9998),
        ("openvino", "bfloat16", 0.999, 0.9998),
        ("onnx", "int8", 0.9, 0.997),
        ("openvino", "int8", 0.9, 0.997),
    ],
)
def test_a_real_model(
    minilm: Callable[..., Any],
    capfd: pytest.CaptureFixture[str],
    backend: str,
    precision: str,
    least: float,
    middle: float,
) -> None:
    """Close to float32 in torch; of each sentence by itself; and nothing is printed."""
    exact = embed(minilm("torch"), SENTENCES)[SENTENCES]
    encoder = minilm(backend, precision)
    found = embed(encoder, SENTENCES)[SENTENCES]
    close = cosines(found, exact)
    assert close.min() > least
    assert np.median(close) > middle
    if precision == "float32":
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-5 * np.abs(exact).max())
    assert_independent(encoder, SENTENCES)
    assert capfd.readouterr() == ("", "")
