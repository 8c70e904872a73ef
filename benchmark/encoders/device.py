"""Where a model computes: the device, what it has instructions for, its threads and its memory.

A precision without instructions can be a hundred times slower than float32.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark.errors import UsageError

if TYPE_CHECKING:
    import torch

_DRIVERS = ("/dev/nvidiactl", "/dev/nvmap", "/dev/kfd", "/dev/dxg")
"""Where Linux shows NVIDIA's (Jetson too) and AMD's drivers, and a card lent by Windows."""

_CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""CPU time and period in microseconds, in containers of today (control groups, version 2)."""

_OLD_CPU_QUOTA = Path("/sys/fs/cgroup/cpu")
"""The same in two files, ``cpu.cfs_quota_us`` and ``cpu.cfs_period_us`` (version 1)."""

INSTRUCTIONS = {
    "bfloat16": ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"),
    "float16": ("avx512_fp16", "amx_fp16"),
    "int8": ("avx512_vnni", "avx_vnni", "amx_int8", "i8mm", "dot"),
}
"""That a precision needs of a CPU, as torch names what it finds; any one of them will do."""

QUANTIZED = ("8bit", "4bit")
"""Weights in fewer bits, turned back for each product (bitsandbytes); activations are bfloat16."""

_CUDA_CAPABILITY = {"bfloat16": (8, 0), "float16": (7, 0)} | dict.fromkeys(QUANTIZED, (8, 0))
"""From which on GPUs have matrix units for it: Ampere, Volta."""

ALL_GPUS = "cuda:all"
"""The name of all GPUs as one device: a model's layers are spread over them."""

_X86 = ("x86_64", "amd64")
_CPU_INFO = Path("/proc/cpuinfo")


def device_name(name: str) -> str:
    """Return the kind of device that this name leads to: ``cpu``, ``cuda`` or ``mps``.

    torch is asked only where there may be something else than a CPU: a run that finds all its
    vectors in the store shall not wait for its import.

    Raises:
        UsageError: the device is not present.
    """
    if name == "cpu" or (name == "auto" and _surely_cpu()):
        return "cpu"
    return choose_device(name).type


def _surely_cpu() -> bool:
    if metadata.version("torch").endswith("+cpu"):
        return True
    return sys.platform == "linux" and not any(Path(driver).exists() for driver in _DRIVERS)


def choose_device(name: str) -> torch.device:
    """Return the device of this name; ``auto`` takes CUDA, then Apple's mps, then the CPU.

    Of all GPUs it is the first, where a batch goes in and its vectors come out.

    Raises:
        UsageError: the device is not present.
    """
    import torch

    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((kind for kind, here in present.items() if here), "cpu")
    kind, _, number = name.partition(":")
    counted = kind == "cuda" and number.isdecimal()
    there = not counted or int(number) < torch.cuda.device_count()
    if not present.get(kind, True) or not there:
        raise UsageError(f"`device` {name}: there is none on this machine; use `device` auto")
    return torch.device("cuda" if name == ALL_GPUS else name)


def has_instructions(kind: str, precision: str) -> bool:
    """Tell whether a kind of device, as `device_name` says it, computes quickly in a precision."""
    if kind == "mps":
        return precision == "float16"
    if kind == "cuda":
        import torch

        return torch.cuda.get_device_capability() >= _CUDA_CAPABILITY[precision]
    if platform.machine().lower() not in _X86 and precision == "bfloat16":
        import torch

        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - no public one
    return not _cpu_instructions().isdisjoint(INSTRUCTIONS[precision])


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


def usable_cpus() -> int:
    """Return how many CPUs this process may keep busy: its affinity and its container's quota."""
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota = _quota()
    return count if quota is None else max(1, min(count, quota))


def _quota() -> int | None:
    """Return the container's CPUs, rounded up; None without a limit, or where there is none."""
    try:
        if _CPU_QUOTA.exists():
            quota, period = map(int, _CPU_QUOTA.read_text().split())  # "max" is no number
        else:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            quota, period = (int((_OLD_CPU_QUOTA / name).read_text()) for name in names)
        return -(-quota // period) if quota > 0 and period > 0 else None
    except (OSError, ValueError):
        return None


def compute_threads() -> int:
    """Return how many threads to compute with: ``OMP_NUM_THREADS``, or all usable CPUs."""
    named = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()  # "4,2": nested levels
    return int(named) if named.isdecimal() and int(named) else usable_cpus()


@contextmanager
def as_memory_error() -> Iterator[None]:
    """Turn every way in which torch and the others run out of memory into ``MemoryError``."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ != "OutOfMemoryError" and not _says_memory(str(error)):
            raise
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise MemoryError(str(error).splitlines()[0]) from error


def _says_memory(text: str) -> bool:
    said = (
        "out of memory",
        "can't allocate memory",
        "Failed to allocate memory",
        "bad_alloc",
        "_STATUS_ALLOC_FAILED",  # cuBLAS and cuDNN, whose own memory is not torch's
    )
    return any(words in text for words in said)
