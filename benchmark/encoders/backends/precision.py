"""Which precisions a machine really has: one without hardware can be a hundred times slower."""

from __future__ import annotations

import platform

from benchmark.encoders.device import device_name
from benchmark.errors import UsageError

PRECISIONS = ("float32", "bfloat16", "float16", "int8")

_OFFERED = {
    "torch": ("float32", "bfloat16", "float16"),
    "onnx": ("float32", "int8"),
    "openvino": ("float32", "bfloat16", "int8"),
}

_INSTRUCTIONS = {
    "bfloat16": ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"),
    "float16": ("avx512_fp16", "amx_fp16"),
    "int8": ("avx512_vnni", "avx_vnni", "amx_int8", "i8mm", "dot"),
}
"""Of CPUs, as torch names what it finds; any one of them will do."""


def choose_precision(asked: str, backend: str, device: str) -> str:
    """Return the precision to compute in.

    Args:
        asked: one of `PRECISIONS`, or ``auto`` for the fastest floating-point one that the
            device has instructions for.
        backend: one of `benchmark.encoders.backends.BACKENDS`.
        device: as the user named it.

    Raises:
        UsageError: the backend does not offer it, the device has no instructions for it, or
            the backend does not run on that device.
    """
    if backend != "torch" and device_name(device) != "cpu":
        raise UsageError(f"--backend {backend} computes on the CPU; add --device cpu")
    if asked == "float32":
        return asked
    kind = device_name(device)
    if asked == "auto":
        candidates = ("float16",) if kind == "mps" else ("bfloat16", "float16")
        offered = [name for name in candidates if name in _OFFERED[backend]]
        return next((name for name in offered if _has(kind, name)), "float32")
    if asked not in _OFFERED[backend]:
        others = [name for name, offered in _OFFERED.items() if asked in offered]
        raise UsageError(
            f"--precision {asked}: --backend {backend} does not offer it; it has "
            f"{', '.join(_OFFERED[backend])} (--backend {' or '.join(others)} has {asked})"
        )
    if not _has(kind, asked):
        raise UsageError(
            f"--precision {asked}: this {kind} has no instructions for it "
            f"({', '.join(_INSTRUCTIONS[asked])}), so it would be far slower than float32; use "
            "--precision auto"
        )
    return asked


def _has(kind: str, precision: str) -> bool:
    import torch

    if kind == "cuda":
        return precision != "bfloat16" or torch.cuda.get_device_capability() >= (8, 0)
    if kind == "mps":
        return precision == "float16"
    if platform.machine().lower() not in ("x86_64", "amd64") and precision == "bfloat16":
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - no public one
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in _INSTRUCTIONS[precision])
