"""The published JSON Schema of a record (``schema.json``), made from the types.

``python -m benchmark.results.schema > benchmark/results/schema.json`` writes it anew.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

import msgspec

from benchmark.results.record import SCHEMA_VERSION, TaskResult
from benchmark.results.soundness import SEAL


def record_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every record of this version satisfies."""
    schema = msgspec.json.schema(TaskResult)
    for definition in schema["$defs"].values():
        definition["description"] = inspect.cleandoc(definition["description"])
    record = schema["$defs"]["TaskResult"]
    record["properties"] |= {
        "schema_version": {"const": SCHEMA_VERSION},
        SEAL: {
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
            "description": "SHA-256 of json.dumps(record, sort_keys=True) without this field.",
        },
    }
    record["required"].append(SEAL)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Record of one score of a sentence encoder",
        **schema,
    }


def encode_schema() -> bytes:
    """Return the schema as it is kept in ``schema.json``."""
    encoded = msgspec.json.encode(record_schema())
    return msgspec.json.format(encoded, indent=2) + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(encode_schema())
