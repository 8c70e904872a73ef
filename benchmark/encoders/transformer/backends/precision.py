"""Which precisions a machine really has: one without hardware can be a hundred times slower."""

from __future__ import annotations

import platform
from pathlib import Path

from benchmark.encoders.device import device_name
from benchmark.encoders.transformer.backends.backend import BACKENDS
from benchmark.errors import UsageError

PRECISIONS = ("float32", "bfloat16", "float16", "int8")

_INSTRUCTIONS = {
    "bfloat16": ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"),
    "float16": ("avx512_fp16", "amx_fp16"),
    "int8": ("avx512_vnni", "avx_vnni", "amx_int8", "i8mm", "dot"),
}
"""Of CPUs, as torch names what it finds; any one of them will do."""

_CUDA_CAPABILITY = {"bfloat16": (8, 0), "float16": (7, 0)}
"""From which on GPUs have matrix units for it: Ampere, Volta."""

_DEVICE_WORDS = {"cpu": "CPU", "cuda": "GPU", "mps": "GPU"}

_X86 = ("x86_64", "amd64")
_CPU_INFO = Path("/proc/cpuinfo")


def choose_precision(asked: str, backend: str, device: str) -> str:
    """Return the precision to compute in.

    Args:
        asked: one of `PRECISIONS`, or ``auto`` for the fastest floating-point one that the
            device has instructions for.
        backend: one of `benchmark.encoders.transformer.backends.BACKENDS`.
        device: as the user named it.

    Raises:
        UsageError: there is no such precision or backend, the backend does not offer it, the
            device has no instructions for it, or the backend does not run on that device.
    """
    _require_known(asked, backend)
    offered, devices = BACKENDS[backend].precisions, BACKENDS[backend].devices
    if devices and device_name(device) not in devices:
        raise UsageError(
            f"--backend {backend} computes on the {_DEVICE_WORDS[devices[0]]}; add --device "
            f"{devices[0]}"
        )
    if asked == "float32":
        return asked
    kind = device_name(device)
    if asked == "auto":
        candidates = ("float16",) if kind == "mps" else ("bfloat16", "float16")
        here = (name for name in candidates if name in offered and _has(kind, name))
        return next(here, "float32")
    if asked not in offered:
        others = [other.name for other in BACKENDS.values() if asked in other.precisions]
        raise UsageError(
            f"--precision {asked}: --backend {backend} does not offer it; it has "
            f"{', '.join(offered)} (--backend {' or '.join(others)} has {asked})"
        )
    if not _has(kind, asked):
        wanted = f" ({', '.join(_INSTRUCTIONS[asked])})" if kind == "cpu" else ""
        raise UsageError(
            f"--precision {asked}: this {_DEVICE_WORDS[kind]} has no instructions for it{wanted}, "
            "so it would be far slower than float32; use --precision auto"
        )
    return asked


def _require_known(asked: str, backend: str) -> None:
    for option, value, known in (
        ("--backend", backend, tuple(BACKENDS)),
        ("--precision", asked, (*PRECISIONS, "auto")),
    ):
        if value not in known:
            raise UsageError(f"{option} {value}: there is none; choose from {', '.join(known)}")


def _has(kind: str, precision: str) -> bool:
    if kind == "mps":
        return precision == "float16"
    if kind == "cuda":
        import torch

        return torch.cuda.get_device_capability() >= _CUDA_CAPABILITY[precision]
    if platform.machine().lower() not in _X86 and precision == "bfloat16":
        import torch

        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - no public one
    return not _cpu_instructions().isdisjoint(_INSTRUCTIONS[precision])


def _cpu_instructions() -> frozenset[str]:
    """Return what the CPU has; torch is asked only where the system does not tell.

    A run that finds all its vectors in the store shall not wait for torch.
    """
    if platform.machine().lower() in _X86 and _CPU_INFO.exists():
        lines = _CPU_INFO.read_text("utf-8").splitlines()
        flags = next((line for line in lines if line.startswith("flags")), "")
        return frozenset(flags.partition(":")[2].split())
    import torch

    tell = getattr(torch.cpu, "get_capabilities", dict)  # not in older versions
    return frozenset(name for name, there in tell().items() if there)
