"""What vectors are stored under: everything that decides them, to the last bit that matters."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib import metadata

from benchmark.encoders.protocol import ComputingEncoder, Encoder


def vector_identity(encoder: Encoder) -> str | None:
    """Return everything that decides an encoder's vectors, as text; None when it is unknown.

    Beside the card's fingerprint (weights, tokenizer, pooler, limit ...) these are the versions
    of the libraries that compute and the kind of device: an upgrade of them must not be hidden
    by vectors from before it.
    """
    fingerprint = encoder.card.fingerprint
    if fingerprint is None:
        return None
    computed = {"machine": platform.machine()}
    if isinstance(encoder, ComputingEncoder):
        computed |= encoder.computed_with
    return json.dumps({"fingerprint": fingerprint, **computed}, sort_keys=True)


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the installed version of each package, without importing it."""
    return {package: metadata.version(package) for package in packages}
