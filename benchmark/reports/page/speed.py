"""How fast a row's encoder was, where its sentences were really encoded."""

from __future__ import annotations

from dataclasses import dataclass

from benchmark.leaderboard import MeasuredRow
from benchmark.results import TaskResult


@dataclass(frozen=True, slots=True)
class Speed:
    """The largest run among a row's records.

    Attributes:
        sentences: distinct ones that the run encoded.
        seconds: that this took.
        machine: device and number of CPUs.
    """

    sentences: int
    seconds: float
    machine: str

    @property
    def rate(self) -> float:
        """Sentences per second."""
        return self.sentences / self.seconds


def speed_of(row: MeasuredRow) -> Speed | None:
    """Return the speed of a row's largest run.

    None if its vectors came from the store, or if its records do not say how many sentences
    their run encoded: tasks share sentences, so the records' own counts do not add up to it.
    """
    runs = [run for result in row.results.values() if (run := _run(result)) is not None]
    return max(runs, key=lambda run: (run.sentences, -run.seconds), default=None)


def _run(result: TaskResult) -> Speed | None:
    sentences = result.effort.get("run_encoded_sentences", 0)
    seconds = result.timings.get("encode_seconds", 0.0)
    # A task that was taken from the store says nothing of the run, even if the run did encode.
    if not (sentences and seconds and result.effort.get("encoded_sentences", 0)):
        return None
    known = result.environment
    cpus = f", {known['cpus']} CPUs" if known.get("cpus") else ""
    return Speed(sentences, seconds, f"{known.get('device', 'device not known')}{cpus}")
