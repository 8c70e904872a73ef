"""What each field of a signature says, in the words of docs/protocol.md."""

from __future__ import annotations

from collections.abc import Mapping

from benchmark.reports.page.details import Fact
from benchmark.results.signature import parse_fields

MEANINGS: Mapping[str, str] = {
    "task": "id of the task",
    "split": "which split was scored",
    "agg": "how subsets are put together in the main score",
    "metric": "correlation, or accuracy",
    "sim": "similarity of two vectors",
    "clf": "how classifiers are trained",
    "cv": "how the classifier is chosen and tested",
    "data": "hash of what was read: of one task, or of all tasks together",
    "v": "version of the rules; raised when the same vectors could get another score",
    "model": "source and revision, or the name of a user's encoder",
    "weights": "first 12 digits of the SHA-256 of the weights",
    "adapter": "the code that makes vectors, and its version",
    "pool": "pooler: how token vectors become a sentence vector",
    "maxlen": "limit in tokens; longer sentences are cut",
    "norm": "whether vectors are scaled to length one",
    "steps": "what else is done to vectors before they are scored",
    "prompt": "text put before each sentence",
    "dtype": "precision of the computation",
    "backend": "library of the computation",
}


def explain_signature(signature: str) -> tuple[Fact, ...]:
    """Return the fields of a signature, each with what it says."""
    fields = parse_fields(signature)
    return tuple(Fact(name, value, MEANINGS.get(name, "")) for name, value in fields.items())
