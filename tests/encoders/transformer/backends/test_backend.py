"""A backend is a module and an entry; all of them have one interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import evaluate
from benchmark.encoders.transformer.backends.backend import BACKENDS, Backend, Compute
from benchmark.errors import UsageError
from tests import checkpoints
from tests.checkpoints import SENTENCES
from tests.encoders.transformer.backends.conftest import EVERY_POOLER, Make, encoder_of

TURNED = """
from benchmark.encoders.transformer.backends.backend import Compute
from benchmark.encoders.transformer.backends.in_torch import TorchCompute


class Turned(Compute):
    def __init__(self, computation):
        self._inner = TorchCompute(computation)

    def __call__(self, rows):
        return -self._inner(rows)


load = Turned
"""


@pytest.fixture
def turned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A backend of somebody else's: that of torch, with the other sign."""
    (tmp_path / "turned.py").write_text(TURNED)
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = Backend("turned", "turned", ("numpy",), ("float32",), exported=False)
    monkeypatch.setitem(BACKENDS, "turned", entry)
    return entry.name


def test_a_module_and_an_entry_are_a_backend(turned: str, tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    encoder, usual = encoder_of(folder, turned), encoder_of(folder, "torch")
    np.testing.assert_array_equal(encoder.encode(SENTENCES), -usual.encode(SENTENCES))
    assert "torch" not in encoder.computed_with
    assert "export" not in encoder.computed_with
    run = evaluate(str(folder), "DemoSTS", pooler="avg", device="cpu", backend=turned, cache=False)
    assert run["DemoSTS"].signature.endswith("|backend:turned")


def test_it_is_asked_for_what_it_offers(turned: str, tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    with pytest.raises(UsageError, match="turned does not offer it; it has float32 "):
        encoder_of(folder, turned, "bfloat16")


@pytest.mark.parametrize("backend", ["torch", "onnx", "openvino"])
def test_one_interface(make: Make, backend: str) -> None:
    encoder: Any = make("bert", backend, pooler=EVERY_POOLER["bert"])
    assert isinstance(encoder._compute, Compute)
    rows = [[2, 9, 3], [2, 8, 3]]
    encoder.enter_stream()
    np.testing.assert_array_equal(encoder.start_tokens(rows)(), encoder.encode_tokens(rows))
    encoder.leave_streams()
    assert encoder.streams == 1
    assert not encoder.overlaps
