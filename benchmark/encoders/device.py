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

_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""Where Linux shows NVIDIA's and AMD's drivers, and a graphics card lent by Windows."""


_CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")


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
    try:
        quota, period = _CPU_QUOTA.read_text().split()
        return max(1, min(count, -(-int(quota) // int(period))))
    except (OSError, ValueError):  # not Linux, or no quota ("max")
        return count


@contextmanager
def as_memory_error() -> Iterator[None]:
    """Turn every way in which torch runs out of memory into ``MemoryError``."""
    try:
        yield
    except RuntimeError as error:
        if type(error).__name__ != "OutOfMemoryError" and not _says_memory(str(error)):
            raise
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise MemoryError(str(error).splitlines()[0]) from error


def _says_memory(text: str) -> bool:
    return "out of memory" in text or "can't allocate memory" in text
