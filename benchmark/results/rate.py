"""How fast an encoder was on a machine like this one, as records of earlier runs have it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmark.encoders import EncoderCard
from benchmark.results.making import environment
from benchmark.results.record import TaskResult

_FEWEST = 100
"""Sentences that a measurement is of; of fewer it is one of starting up."""

_MACHINE = ("platform", "cpus", "device")
_COMPUTATION = ("adapter", "weights_sha256", "base", "precision", "backend", "max_length")
"""What encoding takes its time for: a pooler or a scaling is nothing beside it."""


@dataclass(frozen=True, slots=True)
class MeasuredRate:
    """How fast sentences were encoded.

    Attributes:
        sentences_per_second: of all that one run encoded.
        sentences: how many that were.
        measured: the day, as ISO 8601 has it.
    """

    sentences_per_second: float
    sentences: int
    measured: str


def measured_rate(
    records: Iterable[TaskResult], card: EncoderCard, device: str
) -> MeasuredRate | None:
    """Return the rate of the run that encoded the most; None where none of them tells.

    Records count that were made with the same weights, in the same precision, on the same kind of
    machine: system, processor, number of CPUs, device. The speed of a run on several tasks stands
    in each of its records.

    Args:
        records: of the model, whatever its settings were.
        card: of the encoder.
        device: kind of device it would compute on.
    """
    here, wanted = environment(device), card.fields()
    told = [
        MeasuredRate(
            record.effort["run_encoded_sentences"] / record.timings["encode_seconds"],
            record.effort["run_encoded_sentences"],
            record.created[:10],
        )
        for record in records
        if all(record.environment.get(key) == here[key] for key in _MACHINE)
        and all(record.model.card.get(key) == wanted.get(key) for key in _COMPUTATION)
        and record.effort.get("run_encoded_sentences", 0) >= _FEWEST
        and record.timings.get("encode_seconds", 0.0) > 0
    ]
    return max(told, key=lambda rate: (rate.sentences, rate.measured), default=None)
