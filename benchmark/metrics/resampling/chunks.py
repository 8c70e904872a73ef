"""Thousands of draws, some at a time, shared out over threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

CHUNK = 64
"""Draws at a time; they are numbered, so this and the number of threads change no result."""


def in_chunks(count: int, work: Callable[[int, int], None], threads: int | None = None) -> None:
    """Call ``work(first, last)`` until all of ``count`` draws are done.

    Args:
        count: how many draws.
        work: does draws ``first`` to ``last`` - 1; it must be safe to call from several threads.
        threads: by default as many as there are cores.
    """
    starts = range(0, count, CHUNK)
    pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
    try:
        for done in [pool.submit(work, first, min(first + CHUNK, count)) for first in starts]:
            done.result()
    finally:
        # After an interruption nobody waits for draws that have not begun.
        pool.shutdown(cancel_futures=True)


def as_seed(seed: int) -> int:
    """Return a seed that fits into 64 bits.

    Raises:
        ValueError: it does not.
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"a seed is a whole number from 0 to 2**64 - 1, not {seed}")
    return seed
