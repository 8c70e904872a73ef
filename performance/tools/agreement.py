"""Do all contenders arrive at the same scores? A ratio of times means nothing otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from performance.tools.contender import AUTO, COLD, CONTENDERS, WARM

TOLERANCE = 5e-5
"""Of a score as a fraction of 1: half a unit of the last printed digit. All contenders compute
the same formula in float32, but in batches of different shapes, for which libraries sum in
different orders: vectors then differ by some 3e-7, cosines that lie closer change places, and
the ranks of a few pairs with them. Most of it is STS12's 79 pairs of a sentence with itself: we
give them a cosine of exactly 1, others leave noise there that moves the score by 2.5e-5."""

APPROXIMATE = 0.01
"""The same for a run in 16 bits, whose change is shown: one that moves a score by more than a point
computes something else."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What comparing all scores gave.

    Attributes:
        largest: difference between a contender and the reference, as a fraction of 1.
        approximate: the same for our run in the precision that it chose; None where none ran.
        problems: what keeps the times from being compared, one line each.
    """

    largest: float
    approximate: float | None
    problems: tuple[str, ...]


def agreement(content: dict[str, Any]) -> Agreement:
    """Compare every run of a ledger with our first cold run, or else with the first run."""
    runs = [run for run in content["runs"] if "failure" not in run]
    if not runs:
        return Agreement(0.0, None, ())
    reference = next((run for run in runs if run["contender"] == COLD), runs[0])
    differences: dict[bool, list[float]] = {False: [], True: []}
    problems = list(_of_our_runs(runs, reference))
    for run in runs:
        rounded = run["contender"] == AUTO
        for task, expected in reference["scores"].items():
            difference = abs(run["scores"].get(task, float("nan")) - expected)
            if difference <= (APPROXIMATE if rounded else TOLERANCE):
                differences[rounded].append(difference)
            else:
                problems.append(_disagreement(run, reference, task))
    largest = max(differences[False], default=0.0)
    approximate = max(differences[True], default=None)
    return Agreement(largest, approximate, tuple(dict.fromkeys(problems)))


def _disagreement(run: dict[str, Any], reference: dict[str, Any], task: str) -> str:
    ours, theirs = CONTENDERS[reference["contender"]].title, CONTENDERS[run["contender"]].title
    found, expected = run["scores"].get(task), reference["scores"][task]
    return f"{task}: {theirs} gives {found}, {ours} gives {expected}"


def _of_our_runs(runs: list[dict[str, Any]], reference: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with our own runs, whose claims are stricter."""
    for run in runs:
        if run["contender"] == COLD and not run["encoded"]:
            yield "our cold run encoded nothing: its store was not empty"
        if run["contender"] == WARM and run["encoded"]:
            yield f"our warm run encoded {run['encoded']:,} sentences that were in the store"
        if run["contender"] == WARM and reference["contender"] == COLD:
            same = all(run[key] == reference[key] for key in ("scores", "table"))
            if not same:
                yield "our warm run's table is not that of the cold run to the last digit"
