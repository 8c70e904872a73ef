"""OpenVINO on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.device import as_memory_error, compute_threads
from benchmark.encoders.transformer.backends.backend import Computation, Compute
from benchmark.encoders.transformer.backends.exported import exported_compute, without_telemetry

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


class OpenvinoCompute(Compute):
    """An exported model, compiled for the CPU."""

    def __init__(self, folder: Path, precision: str) -> None:
        """Compile an export.

        Left to itself the library computes in bfloat16 where the CPU can; the precision is told.
        """
        with without_telemetry():
            import openvino

        hint = "bf16" if precision == "bfloat16" else "f32"
        settings = {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": compute_threads()}
        self._compiled: Any = openvino.Core().compile_model(folder / _FILE, "CPU", settings)

    def __call__(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the (n, d) vectors of n token id lists of one length."""
        with as_memory_error():
            return np.array(self._compiled(np.array(rows, np.int64))[0])


def load(computation: Computation) -> Compute:
    """Return what computes a checkpoint with its export, which is made unless it is there."""
    return exported_compute(computation, export, OpenvinoCompute)
