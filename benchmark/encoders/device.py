"""Where a model computes, and what running out of memory looks like there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark.errors import UsageError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")

_DRIVERS = ("/dev/nvidiactl", "/dev/nvmap", "/dev/kfd", "/dev/dxg")
"""Where Linux shows NVIDIA's (Jetson too) and AMD's drivers, and a card lent by Windows."""

_CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""CPU time and period in microseconds, in containers of today (control groups, version 2)."""

_OLD_CPU_QUOTA = Path("/sys/fs/cgroup/cpu")
"""The same in two files, ``cpu.cfs_quota_us`` and ``cpu.cfs_period_us`` (version 1)."""


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

    Raises:
        UsageError: the device is not present.
    """
    import torch

    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((kind for kind, here in present.items() if here), "cpu")
    if not present.get(name, True):
        raise UsageError(f"--device {name}: there is none on this machine; use --device auto")
    return torch.device(name)


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
    said = ("out of memory", "can't allocate memory", "Failed to allocate memory", "bad_alloc")
    return any(words in text for words in said)
