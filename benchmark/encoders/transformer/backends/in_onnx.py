"""ONNX Runtime on the CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.device import as_memory_error, compute_threads
from benchmark.encoders.transformer.backends.backend import Computation, Compute
from benchmark.encoders.transformer.backends.exported import exported_compute, without_telemetry

if TYPE_CHECKING:
    import torch

_FILE = "model.onnx"


def export(
    module: torch.nn.Module,
    example: torch.Tensor,
    folder: Path,
    calibration: Sequence[NDArray[np.int64]] | None,
) -> None:
    """Write ``model.onnx``; with calibration ids in int8 (weights and activations)."""
    import torch

    path = folder / _FILE
    sizes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    torch.onnx.export(
        module,
        (example,),
        path,
        input_names=["ids"],
        output_names=["vectors"],
        dynamic_shapes={"ids": sizes},
        dynamo=True,
        verbose=False,
    )
    if calibration is not None:
        import onnx

        with without_telemetry():
            import nncf

        dataset = nncf.Dataset(calibration, lambda ids: {"ids": ids})
        quantized = nncf.quantize(
            onnx.load(path),
            dataset,
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(calibration),
        )
        for file in folder.iterdir():
            file.unlink()
        onnx.save(quantized, path)


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = compute_threads()
    options.log_severity_level = 4  # what fails is raised, not printed
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class OnnxGraph:
    """A published graph in a session."""

    def __init__(self, path: Path) -> None:
        """Load it."""
        self._session = _session(path)
        self.inputs = {one.name: _TYPES[one.type] for one in self._session.get_inputs()}
        self.outputs = [one.name for one in self._session.get_outputs()]

    def run(self, feeds: Mapping[str, Any], output: str) -> NDArray[np.floating[Any]]:
        """Return one output."""
        [found] = self._session.run([output], dict(feeds))
        return found  # type: ignore[no-any-return]


_TYPES = {"tensor(int64)": np.dtype(np.int64), "tensor(int32)": np.dtype(np.int32)}

opened = OnnxGraph


class OnnxCompute(Compute):
    """An exported model in a session of ONNX Runtime."""

    def __init__(self, folder: Path, _precision: str) -> None:
        """Load an export; it is in its precision."""
        self._session = _session(folder / _FILE)

    def __call__(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the (n, d) vectors of n token id lists of one length."""
        with as_memory_error():
            [vectors] = self._session.run(None, {"ids": np.array(rows, np.int64)})
        return vectors  # type: ignore[no-any-return]


def load(computation: Computation) -> Compute:
    """Return what computes a checkpoint with its export, which is made unless it is there."""
    return exported_compute(computation, export, OnnxCompute)
