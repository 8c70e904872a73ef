"""How the process of a command gets its memory: what is used again and again is not given back.

Encoding asks for blocks of a few megabytes and frees them, thousands of times. The C library of
Linux gets such blocks from the system, which clears every page, and gives them back at once; and
it keeps a heap for each thread. oneDNN keeps what it compiled for the last 1,024 shapes, where
batches come in order of their lengths, so that no shape returns. A tenth of the time and a quarter
of the memory of a run went into that. A library must not decide this for the program that calls
it: only our own commands do, and what the user has set is left alone.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress

_SETTINGS = {
    "MALLOC_MMAP_THRESHOLD_": (-3, 256 << 20),
    "MALLOC_TRIM_THRESHOLD_": (-1, 1 << 30),
    "MALLOC_ARENA_MAX": (-8, 1),
}
"""Names in the environment, for processes that we start; for this one the numbers of ``mallopt``
(``malloc.h``: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX) and the values."""

_COMPILED_SHAPES = {"LRU_CACHE_CAPACITY": "32", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "32"}
"""A batch of one length needs three or four, of each thread; torch and oneDNN read it when they are
loaded."""


def keep_memory() -> None:
    """Have this process, and those that it starts, keep freed memory for the next batch."""
    for name, value in _COMPILED_SHAPES.items():
        os.environ.setdefault(name, value)
    if sys.platform != "linux":
        return
    for name, (parameter, number) in _SETTINGS.items():
        if name not in os.environ:
            os.environ[name] = str(number)
            with suppress(AttributeError, OSError):  # not every C library has it
                ctypes.CDLL(None).mallopt(parameter, number)
