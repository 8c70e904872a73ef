"""From raw numbers to what is shown: medians over the rounds, ratios, shares of the limit."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from performance.tools.contender import AUTO, COLD, CONTENDERS, MTEB, WARM


@dataclass(frozen=True, slots=True)
class Row:
    """A contender's figures, medians over its rounds.

    Attributes:
        name: of the contender.
        title: of the contender.
        rounds: that went well.
        seconds: of wall time.
        least, most: seconds of the quickest and of the slowest round.
        processor_seconds: of all threads; far below threads x wall where others used the machine.
        ratio: of its seconds to those of our cold run; None where these are missing.
        peak_bytes: of memory.
        sent_tokens: that went through the model, padding included.
        useful: operations a second, counting the least work only; None for a run that does none.
        share: of the machine's rate; None likewise, and for a run in another precision.
    """

    name: str
    title: str
    rounds: int
    seconds: float
    least: float
    most: float
    processor_seconds: float
    ratio: float | None
    peak_bytes: float
    sent_tokens: int
    useful: float | None
    share: float | None


def rate(content: dict[str, Any]) -> float | None:
    """Return the machine's operations a second, the median over the rounds."""
    rates = [entry["rate"] for entry in content["rates"].values()]
    return statistics.median(rates) if rates else None


def rows(content: dict[str, Any]) -> list[Row]:
    """Return a row for each contender that has a run, in the order of the table."""
    by_name = {name: _runs(content, name) for name in CONTENDERS}
    cold = _median(by_name[COLD], "seconds") if by_name[COLD] else None
    return [_row(content, name, runs, cold) for name, runs in by_name.items() if runs]


def _row(content: dict[str, Any], name: str, runs: list[dict[str, Any]], cold: float | None) -> Row:
    seconds = [run["seconds"] for run in runs]
    middle = statistics.median(seconds)
    machine = rate(content)
    useful = None if name == WARM else content["facts"]["least_operations"] / middle
    return Row(
        name=name,
        title=CONTENDERS[name].title,
        rounds=len(runs),
        seconds=middle,
        least=min(seconds),
        most=max(seconds),
        processor_seconds=_median(runs, "processor_seconds"),
        ratio=middle / cold if cold else None,
        peak_bytes=_median(runs, "peak_bytes"),
        sent_tokens=runs[0]["sent_tokens"],
        useful=useful,
        share=useful / machine if useful and machine and name != AUTO else None,
    )


def share_in_encoder(content: dict[str, Any]) -> float | None:
    """Return the share of our cold run's wall time that it spends encoding, the median."""
    shares = [run["encode_seconds"] / run["seconds"] for run in _runs(content, COLD)]
    return statistics.median(shares) if shares else None


def ratios_to_ours(content: dict[str, Any]) -> list[str]:
    """Return how many times as long as each of our runs that encode MTEB's took, one line each."""
    theirs = _runs(content, MTEB)
    return [
        f"MTEB takes {_median(theirs, 'seconds') / _median(runs, 'seconds'):.2f} times as long as "
        f"{CONTENDERS[name].title}"
        for name in (COLD, AUTO)
        if theirs and (runs := _runs(content, name))
    ]


def precision_of(content: dict[str, Any]) -> str:
    """Return the precision that our run chose for itself; empty where it did not run."""
    return next((str(run["precision"]) for run in _runs(content, AUTO)), "")


def failures(content: dict[str, Any]) -> list[str]:
    """Return a line for each run that failed, and for each contender that was left out."""
    left_out = [
        f"{CONTENDERS[name].title} left out: {why}" for name, why in content["left_out"].items()
    ]
    failed = [
        f"{CONTENDERS[run['contender']].title}, round {run['round'] + 1}, failed: {run['failure']}"
        for run in content["runs"]
        if "failure" in run
    ]
    return [*left_out, *failed]


def _runs(content: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [r for r in content["runs"] if r["contender"] == name and "failure" not in r]


def _median(runs: list[dict[str, Any]], key: str) -> float:
    return float(statistics.median(run[key] for run in runs))
