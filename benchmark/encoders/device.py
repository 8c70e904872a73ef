"""Where a model computes, and what running out of memory looks like there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmark.errors import UsageError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


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
