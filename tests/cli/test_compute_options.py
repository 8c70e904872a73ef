"""The options of precision, backend, workers and engine: what is refused, what is shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata, util
from pathlib import Path
from typing import Any

import pytest

from tests import checkpoints
from tests.cli.conftest import Command

PROJECT = Path(__file__).parents[2]
HAS = "benchmark.encoders.transformer.backends.backend.has_instructions"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny BERT, relative to the current folder."""
    checkpoints.write_plain(tmp_path / "tiny")
    return Path("tiny")


@pytest.fixture
def scored(command: Command, folder: Path) -> Callable[..., Any]:
    """Score the tiny model on the demo task."""

    def call(*arguments: object) -> Any:
        model = ["--model", folder, "--pooler", "avg", "--device", "cpu", "--quiet"]
        return command(*model, "--tasks", "DemoSTS", *arguments)

    return call


# --- refused --------------------------------------------------------------------------------------

CASES = {
    "unknown precision": (["--precision", "float8"], ["float8", "--precision", "bfloat16"]),
    "unknown backend": (["--backend", "jax"], ["jax", "--backend", "openvino"]),
    "unknown engine": (["--engine", "dask"], ["dask", "--engine", "ray"]),
    "no workers": (["--workers", "0"], ["--workers", ">= 1"]),
    "workers in words": (["--workers", "all"], ["--workers", "all"]),
    "int8 of torch": (["--precision", "int8"], ["torch does not offer it", "onnx or openvino"]),
    "float16 of onnx": (
        ["--precision", "float16", "--backend", "onnx"],
        ["--backend onnx does not offer it; it has float32, int8"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_makes_no_sense(scored: Callable[..., Any], case: str) -> None:
    arguments, phrases = CASES[case]
    scored(*arguments).refused(2, *phrases)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_precision_that_would_be_slow(
    scored: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    monkeypatch.setattr(HAS, lambda *_: False)
    scored("--precision", precision).refused(
        2, f"--precision {precision}: this CPU has no instructions for it", "--precision auto"
    )


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_an_exported_model_on_a_gpu(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    outcome = command("--model", folder, "--tasks", "DemoSTS", "--quiet", "--pooler", "avg",
                      "--backend", backend, "--device", "cuda")  # fmt: skip
    outcome.refused(2, f"--backend {backend} computes on the CPU; add --device cpu")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--precision", "bfloat16"], "--precision bfloat16: mine.py:WordHash has no such setting"),
        (["--precision", "auto"], "--precision auto: mine.py:WordHash has no such setting"),
        (["--backend", "onnx"], "--backend onnx: mine.py:WordHash has no such setting"),
    ],
)
def test_an_encoder_of_ones_own_has_no_such_setting(
    command: Command, mine: str, arguments: list[str], said: str
) -> None:
    outcome = command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--quiet", *arguments)
    outcome.refused(2, said)


def test_an_encoder_of_a_file_and_several_workers(command: Command, mine: str) -> None:
    outcome = command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--workers", 2)
    outcome.refused(
        2,
        "cannot be received by a worker process",
        "No module named '_encoder_file_mine'",
        "put its class into a module",
        "compute in one process",
    )
    alone = command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--workers", 1)
    assert alone.code == 0


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (["--backend", "onnx"], "onnxruntime"),
        (["--backend", "openvino"], "openvino"),
        (["--backend", "openvino", "--precision", "int8"], "nncf"),
    ],
)
def test_an_extra_that_is_not_installed(
    scored: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    missing: str,
) -> None:
    version = metadata.version

    def without(package: str) -> str:
        if package == missing:
            raise metadata.PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(HAS, lambda *_: True)
    monkeypatch.setattr(metadata, "version", without)
    scored(*arguments).refused(2, f"needs {missing}; pip install '.[{arguments[1]}]'")


def test_ray_that_is_not_installed(
    scored: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == "ray" else found(name))
    scored("--engine", "ray").refused(2, "--engine ray needs Ray; pip install '.[ray]'")


def test_a_cluster_that_is_not_there(scored: Callable[..., Any]) -> None:
    pytest.importorskip("ray")
    outcome = scored("--engine", "ray", "--ray-address", "127.0.0.1:9")
    outcome.refused(2, "--engine ray: no cluster at 127.0.0.1:9 ([Errno 111] Connection refused)")


# --- shown ----------------------------------------------------------------------------------------


def told(outcome: Any) -> Any:
    assert outcome.code == 0, outcome.err
    [run] = json.loads(outcome.out)["runs"]
    return run["tasks"]["DemoSTS"]


def test_other_precisions_and_backends_are_other_models(
    scored: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has records and stored vectors of its own, and says in its signature what it is."""
    monkeypatch.setattr(HAS, lambda *_: True)
    kinds = [("torch", "float32"), ("torch", "bfloat16"), ("openvino", "float32")]
    found = {
        kind: told(scored("--backend", kind[0], "--precision", kind[1], "--format", "json"))
        for kind in kinds
    }
    for (backend, precision), record in found.items():
        assert f"|dtype:{precision}|backend:{backend}" in record["signature"]
    exact, coarse, other = (found[kind]["main_score"] for kind in kinds)
    assert coarse == pytest.approx(exact, abs=0.02)
    assert coarse != exact
    assert other == pytest.approx(exact, abs=1e-6)
    assert len(list(Path("results/tiny").iterdir())) == len(kinds)
    again = scored("--format", "json")
    assert told(again)["signature"] == found["torch", "float32"]["signature"]


def test_auto_is_what_it_stands_for(
    scored: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the signature; with the same records as by name."""
    monkeypatch.setattr(HAS, lambda _, precision: precision == "bfloat16")
    by_name = told(scored("--precision", "bfloat16", "--format", "json"))
    outcome = scored("--precision", "auto", "--format", "json")
    assert told(outcome) == by_name
    assert json.loads(outcome.out)["runs"][0]["resumed"] == ["DemoSTS"]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, whose streams nobody has replaced."""
    model = ["--model", "all-minilm-l6-v2", "--tasks", "DemoSTS", "--format", "csv"]
    return subprocess.run(
        [sys.executable, str(PROJECT / "run_eval.py"), *model, *arguments],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},  # so that sums are not shared out otherwise
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a run in one process, and its table."""
    folder = tmp_path_factory.mktemp("alone")
    done = run(folder, "--no-cache", "--output-dir", ".")
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["--workers", "2", "--quiet"],
        ["--engine", "ray", "--ray-address", "local", "--workers", "2"],
    ],
)
def test_the_same_table_by_any_engine(
    alone: tuple[Path, str], tmp_path: Path, arguments: list[str]
) -> None:
    """And nothing else on standard output, whatever processes are started."""
    if "ray" in arguments:
        pytest.importorskip("ray")
    folder, table = alone
    shared = run(tmp_path, "--no-cache", "--output-dir", "shared", *arguments)
    assert shared.returncode == 0, shared.stderr
    assert shared.stdout == table
    assert "warning" not in shared.stderr
    if "--quiet" in arguments:
        assert shared.stderr == ""
    [one], [other] = (where.rglob("DemoSTS.npy") for where in (folder, tmp_path))
    assert one.read_bytes() == other.read_bytes()
