"""What these tests share: tiny checkpoints, and exports that are made once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmark.encoders import build_encoder, parse_reference
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.encoders.plain import OF_ANY_TEXT

WRITE: dict[str, Callable[[Path], Path]] = {
    "bert": checkpoints.write_plain,
    "roberta": lambda folder: checkpoints.write_plain(folder, "roberta"),
    "mpnet": checkpoints.write_mpnet,
    "distilbert": checkpoints.write_distilbert,
    "albert": checkpoints.write_albert,
}

EVERY_POOLER = {
    family: "+".join(name for name in OF_ANY_TEXT if (family, name) != ("distilbert", "cls"))
    for family in WRITE
}
"""Side by side in one graph, since an export takes seconds; DistilBERT has no pooling head."""

Make = Callable[..., Any]


def encoder_of(folder: Path, backend: str, precision: str = "float32", **options: Any) -> Any:
    """Return the encoder of a folder: `avg` on the CPU unless something else is asked for."""
    options = {"pooler": "avg", "device": "cpu"} | options
    chosen = EncoderOptions(backend=backend, precision=precision, **options)
    return build_encoder(parse_reference(str(folder)), "sts", chosen)


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder for all tests, of processes beside this one too: an export takes seconds."""
    mine = tmp_path_factory.getbasetemp()
    return (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "exports"


@pytest.fixture(scope="session")
def families(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a family's checkpoint, written when it is first asked for."""
    root = tmp_path_factory.mktemp("families")

    def folder(family: str) -> Path:
        return root / family if (root / family).exists() else WRITE[family](root / family)

    return folder


@pytest.fixture
def make(kept: Path, families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make the encoder of a family, whose export may have been made by another test."""
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(kept))

    def encoder(family: str, backend: str, precision: str = "float32", **options: Any) -> Any:
        return encoder_of(families(family), backend, precision, **options)

    return encoder
