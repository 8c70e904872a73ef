"""Two families of runs to compare: one encoder behind random projections of two sizes.

    python performance/random_projections.py --output-dir results [--sizes 256 128] [--seeds 5]

A random projection is to vectors what a seed is to training: it changes every score a little, for
no better reason than chance. Each size gets a folder of records of its own:

    python -m benchmark compare results/256 results/128 --tasks sts

Sentences are encoded once (two minutes on one core), vectors are kept for the other runs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import benchmark

Floats = NDArray[np.float32]


class RandomProjection:
    """Gaussian directions that a seed gives, fewer than there are dimensions."""

    def __init__(self, size: int, seed: int) -> None:
        """Give it a name that says all that decides what it does."""
        self.size, self.seed = size, seed
        self.name = f"random_projection:{size}/{seed}"

    def apply(self, vectors: Floats) -> Floats:
        """Return (n, size) float32, one row for each row."""
        rng = np.random.default_rng(self.seed)
        directions = rng.normal(size=(vectors.shape[1], self.size)) / np.sqrt(self.size)
        return vectors @ directions.astype(np.float32)


def main() -> int:
    """Score all of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="all-minilm-l6-v2")
    parser.add_argument("--tasks", default="sts")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 128])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data-dir", default=None)
    parser.add_argument("--output-dir", type=Path, default=Path("results"))
    asked = parser.parse_args()
    for place, size in enumerate(asked.sizes):
        # No seed serves two sizes: the runs of two families are to be independent.
        first = 1 + place * asked.seeds
        chains = [[RandomProjection(size, seed)] for seed in range(first, first + asked.seeds)]
        runs = benchmark.evaluate(
            [asked.model],
            asked.tasks,
            steps=chains,
            data_dir=asked.data_dir,
            output_dir=asked.output_dir / str(size),
        )
        print(runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
