"""How surely two encoders differ, for encoders that are more or less alike.

    python scripts/measure_alike.py RECORDS [RECORDS ...] [--data-dir FOLDER]

RECORDS are folders of records with predictions on all seven STS tasks. Prints, for every two states
of models in them, the correlation of their errors over bootstrap resamples of the sentences, and
the standard error of their difference in points, by task and for the average: the figures of
`benchmark/comparisons/known_spread.toml`, which docs/compare.md explains.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.comparisons import to_observations
from benchmark.comparisons.tables import paired_tables
from benchmark.metrics.resampling import SPEARMAN, Bootstrap, bootstrap
from benchmark.options import DataOptions
from benchmark.results import StoredRun, collect
from benchmark.tasks import table


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("records", type=Path, nargs="+")
    parser.add_argument("--data-dir")
    parser.add_argument("--resamples", type=int, default=10_000)
    arguments = parser.parse_args()
    tasks = [task.id for task in table("sts")]
    every = [run for path in arguments.records for run in collect([path])]
    runs = [run for run in every if set(tasks) <= run.records.keys()]
    records = {task: tuple(run.records[task] for run in runs) for task in tasks}
    [paired] = paired_tables(records, DataOptions(data_dir=arguments.data_dir))
    observed, units = to_observations(paired.tasks)
    drawn = bootstrap(observed, SPEARMAN, resamples=arguments.resamples)
    print(f"{arguments.resamples:,} resamples of {units}; standard errors in points\n")
    for number, run in enumerate(runs):
        print(f"{number}: {called(run)}, average {100 * drawn.scores[:, number].mean():.2f}")
    headings = ["pair", "correlation", *tasks, "average"]
    print("\n" + tabulate(list(rows(drawn)), headings, tablefmt="github", disable_numparse=True))
    return 0


def called(run: StoredRun) -> str:
    """Name a state by what it is made of."""
    card = run.card
    parts = (card.get("pooler"), card.get("template"), card.get("steps"))
    return " ".join(str(part) for part in (run.model, *parts) if part)


def rows(drawn: Bootstrap) -> Iterator[list[str]]:
    """Yield the errors of every two."""
    average = drawn.replicates.mean(axis=1)
    for first, second in combinations(range(drawn.scores.shape[1]), 2):
        alike = np.corrcoef(average[:, first], average[:, second])[0, 1]
        errors = [
            drawn.difference(first, second, task).standard_error
            for task in (*range(len(drawn.scores)), None)
        ]
        yield [f"{first}, {second}", f"{alike:.2f}", *(f"{100 * error:.2f}" for error in errors)]


if __name__ == "__main__":
    sys.exit(main())
