"""Records that somebody changed after they were written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np


def edit(path: Path, **fields: Any) -> None:
    """Change fields of a record as an editor would; its checksum stays what it was."""
    path.write_text(json.dumps(json.loads(path.read_bytes()) | fields, indent=2), "utf-8")


def forge(path: Path, **fields: Any) -> None:
    """Change fields of a record, and its checksum too."""
    document = json.loads(path.read_bytes()) | fields
    path.write_text(json.dumps(document | {"sha256": checksum(document)}, indent=2), "utf-8")


def as_version_2(path: Path) -> None:
    """Write a record as version 2 of the schema did: it named its task, and said no more of it."""
    document = json.loads(path.read_bytes())
    del document["asked"]
    document |= {"schema_version": 2}
    path.write_text(json.dumps(document | {"sha256": checksum(document)}, indent=2), "utf-8")


def checksum(document: dict[str, Any]) -> str:
    """Return the checksum as it is documented, without the code under test."""
    content = {key: value for key, value in document.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def forget_texts(results: Path) -> None:
    """Leave beside records what older versions kept of gold: no hashes of sentences."""
    for path in (results / "gold").iterdir():
        with np.load(path) as arrays:
            kept = {name: arrays[name] for name in ("values", "names", "sizes")}
        np.savez_compressed(path, **kept)
