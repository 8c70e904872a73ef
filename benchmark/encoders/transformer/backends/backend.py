"""What runs the computation of a transformer: one interface, and a table of those that have it.

A backend is a module with a function ``load``, which returns a `Compute`, and an entry of
`BACKENDS`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.device import (
    ALL_GPUS,
    INSTRUCTIONS,
    QUANTIZED,
    device_name,
    has_instructions,
)
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.identity import versions
from benchmark.encoders.transformer.hidden import PLAIN, Marks
from benchmark.encoders.transformer.poolers import Pooler
from benchmark.errors import ModelError, UsageError
from benchmark.extras import installing

PRECISIONS = ("float32", "bfloat16", "float16", "int8", *QUANTIZED)

MOST_STREAMS = 4
"""Threads that compute batches at once on a CPU: each reads all the weights, and more of them would
wait for the memory."""

_DEVICE_WORDS = {"cpu": "CPU", "cuda": "GPU", "mps": "GPU"}

Tokenize = Callable[[Sequence[str]], Sequence[Sequence[int]]]
"""From n sentences to their token ids."""


@dataclass(frozen=True, slots=True)
class Computation:
    """What is to be computed, and where.

    Attributes:
        checkpoint: the folder.
        pooler: part of what is computed.
        card: names backend and precision.
        device: as the user named it.
        trust_remote_code: allow code that the checkpoint brings.
        tokenize: as for any sentence; for those that int8 is calibrated with.
        marks: how sentences become tokens, for the pooler.
        fixed: whether the weights stay as they are: no copy of them is kept that nothing computes.
    """

    checkpoint: Checkpoint
    pooler: Pooler
    card: EncoderCard
    device: str
    trust_remote_code: bool
    tokenize: Tokenize
    marks: Marks = PLAIN
    fixed: bool = True


class Compute(ABC):
    """A loaded transformer with its pooler: token ids in, sentence vectors out.

    Attributes:
        streams: how many threads should compute batches at once.
    """

    streams: int = 1

    @abstractmethod
    def __call__(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the (n, d) vectors of n token id lists of one length, not yet normalized.

        Raises:
            MemoryError: too much for the device.
        """

    def start(self, rows: Sequence[Sequence[int]]) -> Callable[[], NDArray[np.float32]]:
        """Start on a batch and return what waits for its vectors; here they are ready by then.

        Raises:
            MemoryError: too much for the device; waiting may raise it too.
        """
        vectors = self(rows)
        return lambda: vectors

    def enter_stream(self) -> None:  # noqa: B027 - nothing to do where there is one stream
        """Make the calling thread ready to compute beside others."""

    def leave_streams(self) -> None:  # noqa: B027
        """Put right what the threads changed for the process."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What is said of a backend before its libraries are loaded.

    Attributes:
        name: the name in options, signatures and of the optional dependency group.
        module: has ``load(computation)``, which returns a `Compute`; loaded when it computes.
        libraries: whose versions decide what it gives.
        precisions: that it offers.
        devices: kinds of device that it computes on; empty for all.
        overlaps_on: those among them that work alone while the next batch is made ready.
        exported: whether it computes an export (exported.py), or the checkpoint itself.
    """

    name: str
    module: str
    libraries: tuple[str, ...]
    precisions: tuple[str, ...]
    devices: tuple[str, ...] = ("cpu",)
    overlaps_on: tuple[str, ...] = ()
    exported: bool = True

    def needs(self, precision: str) -> tuple[str, ...]:
        """Return the libraries that it computes with in a precision."""
        return (*self.libraries, *_QUANTIZERS.get(precision, ()))


BACKENDS = {
    backend.name: backend
    for backend in (
        Backend(
            "torch",
            f"{__package__}.in_torch",
            ("torch", "transformers"),
            ("float32", "bfloat16", "float16", *QUANTIZED),
            devices=(),
            overlaps_on=("cuda",),
            exported=False,
        ),
        Backend(
            "onnx",
            f"{__package__}.in_onnx",
            ("onnxruntime", "onnx", "onnxscript", "torch", "transformers"),
            ("float32", "int8"),
        ),
        Backend(
            "openvino",
            f"{__package__}.in_openvino",
            ("openvino", "torch", "transformers"),
            ("float32", "bfloat16", "int8"),
        ),
    )
}

_SPREADER = "accelerate"
_QUANTIZERS = {"int8": ("nncf",)} | dict.fromkeys(QUANTIZED, ("bitsandbytes", _SPREADER))

_EXPORT_VERSION = "3"
"""Raised whenever the same checkpoint may be exported otherwise, or is checked otherwise: exports
from before, and vectors computed with them, are not taken then."""


def choose_precision(asked: str, backend: str, device: str) -> str:
    """Return the precision to compute in.

    Args:
        asked: one of `PRECISIONS`, or ``auto`` for the fastest floating-point one that the
            device has instructions for.
        backend: one of `BACKENDS`.
        device: as the user named it.

    Raises:
        UsageError: there is no such precision or backend, the backend does not offer it, the
            device has no instructions for it, or the backend does not run on that device.
    """
    _require_known(asked, backend)
    offered, devices = BACKENDS[backend].precisions, BACKENDS[backend].devices
    if devices and device_name(device) not in devices:
        raise UsageError(
            f"`backend` {backend} computes on the {_DEVICE_WORDS[devices[0]]}; add `device` "
            f"{devices[0]}"
        )
    if asked == "float32":
        return asked
    kind = device_name(device)
    if asked == "auto":
        candidates = ("float16",) if kind == "mps" else ("bfloat16", "float16")
        here = (name for name in candidates if name in offered and has_instructions(kind, name))
        return next(here, "float32")
    if asked not in offered:
        others = [other.name for other in BACKENDS.values() if asked in other.precisions]
        raise UsageError(
            f"`precision` {asked}: `backend` {backend} does not offer it; it has "
            f"{', '.join(offered)} (`backend` {' or '.join(others)} has {asked})"
        )
    if asked in QUANTIZED and not (kind == "cuda" and has_instructions(kind, asked)):
        raise UsageError(
            f"`precision` {asked}: bitsandbytes computes it on a GPU of NVIDIA (of compute "
            "capability 8.0 or more), and there is none here; use `precision` auto"
        )
    if not has_instructions(kind, asked):
        wanted = f" ({', '.join(INSTRUCTIONS[asked])})" if kind == "cpu" else ""
        raise UsageError(
            f"`precision` {asked}: this {_DEVICE_WORDS[kind]} has no instructions for it{wanted}, "
            "so it would be far slower than float32; use `precision` auto"
        )
    return asked


def _require_known(asked: str, backend: str) -> None:
    for option, value, known in (
        ("`backend`", backend, tuple(BACKENDS)),
        ("`precision`", asked, (*PRECISIONS, "auto")),
    ):
        if value not in known:
            raise UsageError(f"{option} {value}: there is none; choose from {', '.join(known)}")


def decides(backend: str, precision: str) -> dict[str, str]:
    """Return what beside the checkpoint decides what comes out: versions, and the calibration."""
    known = versions(BACKENDS[backend].needs(precision))
    if BACKENDS[backend].exported:
        known["export"] = _EXPORT_VERSION
    if precision != "int8":
        return known
    from benchmark.encoders.transformer.backends.graph import calibration_sha256

    return known | {"calibration": calibration_sha256()}


def require_installed(backend: str, precision: str, device: str = "auto") -> None:
    """Refuse a backend whose libraries are not there.

    Raises:
        UsageError: some are missing.
    """
    needed = [*BACKENDS[backend].needs(precision), *([_SPREADER] if device == ALL_GPUS else [])]
    missing = [name for name in needed if not _is_installed(name)]
    if missing:
        extra = "quantized" if backend == "torch" else backend
        raise UsageError(
            f"`backend` {backend} `precision` {precision} needs {', '.join(missing)}; "
            f"{installing(extra)}"
        )


def _is_installed(package: str) -> bool:
    try:
        return bool(metadata.version(package))
    except metadata.PackageNotFoundError:
        return False


def load_compute(computation: Computation) -> Compute:
    """Load a checkpoint into the backend that its card names.

    Raises:
        ModelError: the weights cannot be loaded, exported or quantized.
        UsageError: the backend does not run on this device.
    """
    backend = BACKENDS[computation.card.backend or "torch"]
    module = import_module(backend.module)
    if not computation.checkpoint.graph:
        return module.load(computation)  # type: ignore[no-any-return]
    from benchmark.encoders.transformer.backends.published import PublishedCompute

    [path, *_] = computation.checkpoint.weights_files()
    with computation.checkpoint.seal.unchanged():
        try:
            graph = module.opened(path)
        except Exception as error:
            why = " ".join(str(error).split())[:300] or type(error).__name__
            name = computation.checkpoint.name
            raise ModelError(
                f"{name}: {path} cannot be loaded by {backend.name} ({why})"
            ) from error
    return PublishedCompute(computation, graph, path)
