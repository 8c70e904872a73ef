"""A checksum inside a JSON document, so that no digit of it changes unnoticed.

The checksum is what anybody can compute: the SHA-256 of ``json.dumps(document, sort_keys=True)``,
the field ``sha256`` left out. It is of the content, not of the bytes: other line ends and
another indent do no harm.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec

SEAL = "sha256"


def sealed(value: Any) -> dict[str, Any]:
    """Return a value as the JSON document that is written, with its checksum.

    Args:
        value: a dataclass or mapping that has no field ``sha256``.
    """
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return document | {SEAL: _checksum(document)}


def encode_sealed(value: Any, *, indent: int) -> bytes:
    """Return that document as text: sorted keys, a final line end."""
    encoded = msgspec.json.encode(sealed(value), order="sorted")
    return msgspec.json.format(encoded, indent=indent) + b"\n"


def broken_seal(content: bytes) -> str:
    """Say what is wrong with the checksum of a JSON document; empty if nothing is.

    Raises:
        msgspec.MsgspecError, UnicodeDecodeError, RecursionError: it is no JSON object.
    """
    document = msgspec.json.decode(content, type=dict[str, Any])
    if SEAL not in document:
        return f"bears no {SEAL}"
    if document.pop(SEAL) != _checksum(document):
        return f"changed after it was written: its {SEAL} is not that of its content"
    return ""


def _checksum(document: Mapping[str, Any]) -> str:
    # The standard library's encoder: its text for a number is Python's own and does not change.
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
