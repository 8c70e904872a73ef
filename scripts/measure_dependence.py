"""How much do shared sentences widen an interval? The figures of docs/significance.md.

    python scripts/measure_dependence.py RECORDS_OF_A RECORDS_OF_B [--data-dir FOLDER]

RECORDS_OF_A and RECORDS_OF_B are folders of records with predictions of one model each on all STS
tasks. Prints, for the difference of the two models, its standard error in points under several
notions of what is independent: rows; distinct pairs; rows around their most frequent sentence
(what `sentence_units` gives); whatever hangs together through chains of pairs. They are computed
from the influence of each row (its jackknife), as is the reference: the standard error that is
right if rows covary exactly when they share a sentence (Aronow, Samii and Assenova 2015). That one
is no resampling and gives no interval, but it can tell which units do best.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.datasets import SentencePairs
from benchmark.metrics.resampling import SPEARMAN, Observations, observations, sentence_units
from benchmark.options import DataOptions
from benchmark.results import StoredRun, collect
from benchmark.tasks import table
from benchmark.tasks.loading import locate_data, read_data

Row = tuple[str, str]
Floats = NDArray[np.float64]
CHUNK = 256


def main() -> int:
    """Measure, and print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("records", type=Path, nargs=2)
    parser.add_argument("--data-dir")
    arguments = parser.parse_args()
    runs = [run for path in arguments.records for run in collect([path])]
    rows = sentences(DataOptions(data_dir=arguments.data_dir))
    influences = {task: influence(predicted(runs, task)) for task in rows}
    print(table_of_links(rows), end="\n\n")
    print(table_of_errors(rows, influences))
    return 0


def sentences(options: DataOptions) -> dict[str, list[Row]]:
    """Return the sentences of each pair of each task, in the order of the records."""
    loaded, _ = read_data(locate_data(table("sts"), options), options)
    return {
        entry.task.id: [
            row
            for part in entry.data.parts
            if isinstance(part, SentencePairs)
            for row in zip(part.first, part.second, strict=True)
        ]
        for entry in loaded
    }


def predicted(runs: Sequence[StoredRun], task: str) -> Observations:
    """Return gold and both models' cosines."""
    found = [run.records[task].predictions() for run in runs]
    return observations(found[0].gold.values, [one.predicted for one in found])


def influence(task: Observations) -> Floats:
    """Return what each row adds to the difference of the models: (n,), of sum zero."""
    count = len(task)
    of_counts = SPEARMAN.weighted(task, np.arange(count), count)
    without = []
    for first in range(0, count, CHUNK):
        counts = np.ones((min(CHUNK, count - first), count), np.int32)
        np.fill_diagonal(counts[:, first:], 0)
        without.append(of_counts(counts))
    scores = np.concatenate(without)
    difference = scores[:, 0] - scores[:, 1]
    return np.asarray((difference.mean() - difference) * (count - 1) / count)


# --- what is independent --------------------------------------------------------------------------


def units_of(rows: Sequence[Sequence[Row]]) -> dict[str, list[Hashable]]:
    """Return the unit of each row of all tasks, by the notion."""
    every = [row for task in rows for row in task]
    return {
        "rows": list(range(len(every))),
        "distinct pairs": [frozenset(row) for row in every],
        "sentences": np.concatenate(sentence_units(rows)).tolist(),
        "chains": chains(every),
    }


def chains(rows: Iterable[Row]) -> list[Hashable]:
    """Return for each row one sentence that stands for all it hangs together with."""
    parents: dict[str, str] = {}

    def root(text: str) -> str:
        while (parent := parents.setdefault(text, text)) != text:
            parents[text] = parents[parent]
            text = parent
        return text

    for first, second in (every := list(rows)):
        parents[root(first)] = root(second)
    return [root(first) for first, _ in every]


def squares(values: Floats, units: Iterable[Hashable]) -> float:
    """Sum the squares of the sums over units."""
    sums: dict[Hashable, float] = defaultdict(float)
    for value, unit in zip(values, units, strict=True):
        sums[unit] += value
    return sum(total**2 for total in sums.values())


def squares_of_sharing(values: Floats, rows: Sequence[Row]) -> float:
    """Sum the products of all two rows that share a sentence, rows with themselves included."""
    of_sentences = [(v, s) for v, row in zip(values, rows, strict=True) for s in set(row)]
    both, texts = zip(*of_sentences, strict=True)
    # Rows of the same two sentences were counted for each of them.
    twice = [(v, frozenset(row)) for v, row in zip(values, rows, strict=True) if row[0] != row[1]]
    again, pairs = zip(*twice, strict=True)
    return squares(np.array(both), texts) - squares(np.array(again), pairs)


# --- tables ---------------------------------------------------------------------------------------


def table_of_links(tasks: dict[str, list[Row]]) -> str:
    """Count units and what they keep of the pairs of rows that share a sentence."""
    every = [row for rows in tasks.values() for row in rows]
    ones = np.ones(len(every))
    sharing = (squares_of_sharing(ones, every) - len(every)) / 2
    rows = []
    for notion, units in units_of(list(tasks.values())).items():
        sizes = Counter(units).values()
        linked = (squares(ones, units) - len(every)) / 2
        rows.append([notion, f"{len(sizes):,}", max(sizes), f"{linked:,.0f}"])
    note = f"{len(every):,} rows; {sharing:,.0f} pairs of rows share a sentence\n\n"
    return note + tabulate(rows, ["unit", "units", "largest", "linked"], tablefmt="github")


def table_of_errors(tasks: dict[str, list[Row]], influences: dict[str, Floats]) -> str:
    """Give the standard error of the difference under each notion."""
    rows = [errors(task, [tasks[task]], [influences[task]]) for task in tasks]
    rows.append(errors("average", list(tasks.values()), list(influences.values())))
    notions = ["rows", "distinct pairs", "sentences", "chains", "reference"]
    return tabulate(rows, ["task", *notions], tablefmt="github", floatfmt=".2f")


def errors(name: str, rows: list[list[Row]], influences: list[Floats]) -> list[object]:
    """Give one row: the standard errors of the mean over some tasks, in points."""
    values = np.concatenate(influences) / len(influences)
    every = [row for task in rows for row in task]
    found = [squares(values, units) for units in units_of(rows).values()]
    found.append(squares_of_sharing(values, every))
    return [name, *(100 * np.sqrt(found))]


if __name__ == "__main__":
    sys.exit(main())
