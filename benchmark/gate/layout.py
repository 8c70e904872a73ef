"""The layout of a baseline file: TOML that people read, edit and compare line by line."""

from __future__ import annotations

from typing import Any

import msgspec

from benchmark.results.record import Score, Sha256

BASELINE_VERSION = 1


class WrittenEntry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An entry as the file holds it, what is for people first; see `benchmark.gate.Entry`."""

    score: Score
    tolerance: float | str | None = None
    reason: str = ""
    question: str
    answerer: str
    fingerprint: Sha256 | None = None
    environment: str = ""


class WrittenBaseline(msgspec.Struct, forbid_unknown_fields=True):
    """The file; entries stay as they are, so that a mistake can be named by model and task."""

    schema_version: int
    tolerances: dict[str, float | str] = {}
    models: dict[str, dict[str, dict[str, Any]]] = {}
