"""OpenVINO on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.device import as_memory_error, compute_threads
from benchmark.encoders.transformer.backends.backend import Compute
from benchmark.encoders.transformer.backends.telemetry import without_telemetry

if TYPE_CHECKING:
    import torch

_FILE = "model.xml"


def export(
    module: torch.nn.Module,
    example: torch.Tensor,
    folder: Path,
    calibration: Sequence[NDArray[np.int64]] | None,
) -> None:
    """Write ``model.xml`` and ``model.bin``; with calibration ids in int8."""
    with without_telemetry():
        import openvino

    model: Any = openvino.convert_model(module, example_input=example, input=[[-1, -1]])
    if calibration is not None:
        with without_telemetry():
            import nncf

        model = nncf.quantize(
            model,
            nncf.Dataset(calibration),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(calibration),
        )
    openvino.save_model(model, folder / _FILE, compress_to_fp16=False)


def load_compiled(folder: Path, precision: str) -> Compute:
    """Return what computes vectors with an exported model.

    Left to itself the library computes in bfloat16 where the CPU can; the precision is told.
    """
    with without_telemetry():
        import openvino

    hint = "bf16" if precision == "bfloat16" else "f32"
    settings = {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": compute_threads()}
    compiled: Any = openvino.Core().compile_model(folder / _FILE, "CPU", settings)

    def compute(rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        with as_memory_error():
            return np.array(compiled(np.array(rows, np.int64))[0])

    return compute
