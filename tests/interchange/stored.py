"""Records on disk, as a run would have left them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmark.encoders import EncoderCard
from benchmark.interchange import Publication, publications
from benchmark.results import StoredRun, collect, encode_record
from benchmark.results.record import slug
from tests.results.samples import CARD, sample_result

MEASURED = {
    "STS12": 0.7236903312975758,
    "STS13": 0.8060316722,
    "STS14": 0.7558912408,
    "STS15": 0.8538961998,
    "STS16": 0.7898945344,
    "STSBenchmark": 0.8203247283,
    "SICKRelatedness": 0.7758245525,
}


def write_records(
    folder: Path,
    measured: Mapping[str, float] = MEASURED,
    *,
    card: EncoderCard = CARD,
    name: str | None = None,
    **changes: Any,
) -> Path:
    """Write a record for each score below this folder, in the store's layout; return it."""
    for task, score in measured.items():
        result = sample_result(task, score, card=card, name=name, **changes)
        state = (card.fingerprint or "unidentified")[:12]
        path = folder / slug(name or card.name) / state / f"{slug(task)}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_record(result))
    return folder


def stored_run(folder: Path, measured: Mapping[str, float] = MEASURED, **changes: Any) -> StoredRun:
    """Return records that were written and read back."""
    [run] = collect([write_records(folder, measured, **changes)])
    return run


def publication(
    folder: Path, measured: Mapping[str, float] = MEASURED, named: str | None = None, **changes: Any
) -> Publication:
    """Return such records under their public name."""
    [entry] = publications([stored_run(folder, measured, **changes)], named)
    return entry
