"""SentEval's own trainer, many fits at once: threads over groups, compiled loops within."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Self

from benchmark.metrics.logistic.initial import Permutations, seeded
from benchmark.metrics.logistic.protocols import L2_GRID, VALIDATION_SPLIT, ClassifierProtocol
from benchmark.metrics.logistic.samples import Rows, Samples
from benchmark.metrics.logistic.selection import Fitted
from benchmark.metrics.logistic.training import Fit, train

Advance = Callable[[int, int], None]
"""Called with fits done and fits in all."""


class SentEvalTrainer:
    """Trains groups of fits on all cores; see `benchmark.metrics.logistic.selection.Trainer`.

    A group is the strengths of the grid on one split. Use it in a ``with`` statement: leaving
    it, for an interruption too, ends its threads.

    Attributes:
        samples: what is trained on.
        strengths: L2 strengths.
        folds: of the protocol.
        seed: of the protocol.
    """

    def __init__(
        self,
        samples: Samples,
        protocol: ClassifierProtocol,
        fits: int = 0,
        advance: Advance | None = None,
    ) -> None:
        """Prepare; ``fits`` is how many will be asked for in all, for the progress."""
        self.samples = samples
        self.strengths: Sequence[float] = L2_GRID
        self.folds = protocol.folds
        self.seed = protocol.seed
        self._protocol = protocol
        self._fits = fits
        self._done = 0
        self._advance = advance
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        """Start the threads."""
        from threadpoolctl import threadpool_limits

        # The products of a batch are far too small to be shared out again.
        self._resources.enter_context(threadpool_limits(1, user_api="blas"))
        self._pool = self._resources.enter_context(ThreadPoolExecutor(os.cpu_count() or 1))
        return self

    def __exit__(self, *raised: object) -> None:
        """End the threads, between two checks of what they are training."""
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)
        self._resources.close()

    def train(self, splits: Sequence[tuple[Rows, Rows]]) -> list[list[Fitted]]:
        """Train every strength on each (train, development) split."""
        # Fits with equally many rows draw the same permutations from the same seed.
        shared = {
            size: Permutations(seeded(self.seed), size) for size in {len(r) for r, _ in splits}
        }
        jobs = [
            partial(self._train, rows, dev, self.strengths, shared[len(rows)])
            for rows, dev in splits
        ]
        return [list(group) for group in self._run(jobs)]

    def refit(self, choices: Sequence[tuple[Rows, float]]) -> list[Fitted]:
        """Train one strength on each set of rows, a share of them held out for stopping.

        The share is the first of a permutation drawn right after seeding.

        Raises:
            ValueError: so few rows that the share is none.
        """
        jobs = []
        for rows, strength in choices:
            generator = seeded(self.seed)
            order = rows[generator.permutation(len(rows))]
            held_out = int(VALIDATION_SPLIT * len(rows))
            if held_out == 0:
                raise ValueError(f"{len(rows)} samples are too few to hold any out")
            permutations = Permutations(generator, len(rows) - held_out)
            jobs.append(
                partial(self._train, order[held_out:], order[:held_out], [strength], permutations)
            )
        return [fit for [fit] in self._run(jobs)]

    def _run(self, jobs: Sequence[Callable[[], list[Fit]]]) -> list[list[Fit]]:
        return [future.result() for future in [self._pool.submit(job) for job in jobs]]

    def _train(
        self, rows: Rows, dev: Rows, strengths: Sequence[float], permutations: Permutations
    ) -> list[Fit]:
        fits = train(self.samples, rows, dev, strengths, self._protocol, permutations, self._stop)
        with self._lock:
            self._done += len(fits)
            if self._advance:
                self._advance(self._done, self._fits)
        return fits
