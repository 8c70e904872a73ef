"""OpenVINO on the CPU."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.device import as_memory_error, compute_threads
from benchmark.encoders.transformer.backends.backend import MOST_STREAMS, Computation, Compute
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


def _compiled(path: Path, precision: str, streams: int = 1) -> Any:
    """Compile a graph: left to itself the library computes in bfloat16 where the CPU can."""
    with without_telemetry():
        import openvino

    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
        "INFERENCE_NUM_THREADS": compute_threads(),
        "NUM_STREAMS": streams,
    }
    return openvino.Core().compile_model(path, "CPU", settings)


class OpenvinoGraph:
    """A published graph, compiled for the CPU."""

    def __init__(self, path: Path) -> None:
        """Compile it."""
        self._compiled = _compiled(path, "float32")
        self.inputs = {
            one.get_any_name(): np.dtype(one.get_element_type().to_dtype())
            for one in self._compiled.inputs
        }
        self.outputs = [name for one in self._compiled.outputs for name in one.get_names()]

    def run(self, feeds: Mapping[str, Any], output: str) -> NDArray[np.floating[Any]]:
        """Return one output."""
        found = self._compiled(dict(feeds))
        place = next(one for one in self._compiled.outputs if output in one.get_names())
        return np.array(found[place])


opened = OpenvinoGraph


class OpenvinoCompute(Compute):
    """An exported model, compiled for the CPU.

    Attributes:
        streams: how many threads should compute batches at once, as with torch.
    """

    def __init__(self, folder: Path, precision: str) -> None:
        """Compile an export."""
        self.streams = min(compute_threads(), MOST_STREAMS)
        self._compiled = _compiled(folder / _FILE, precision, self.streams)
        self._of_thread = threading.local()

    def __call__(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the (n, d) vectors of n token id lists of one length."""
        with as_memory_error():
            return np.array(self._request.infer([np.array(rows, np.int64)])[0])

    @property
    def _request(self) -> Any:
        """One for each thread: a request computes one batch at a time."""
        if not hasattr(self._of_thread, "request"):
            self._of_thread.request = self._compiled.create_infer_request()
        return self._of_thread.request


def load(computation: Computation) -> Compute:
    """Return what computes a checkpoint with its export, which is made unless it is there."""
    return exported_compute(computation, export, OpenvinoCompute)
