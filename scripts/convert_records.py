"""Write records of earlier schema versions as those of this one, where they are what they say.

    python scripts/convert_records.py results --data-dir SentEval/data

A record is converted only if its score, its signature and its predictions agree; where gold is
at hand, its predictions must give its score. Another one is named and left as it is: score it
again. Version 1 had no checksum, and version 2 only the name of its task; nothing else in a record
changes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from benchmark.atomic import write_atomically
from benchmark.comparisons import identity, measure_of_rows, pair_up, read_rows
from benchmark.errors import BenchmarkError, UnreadableRecord
from benchmark.foreign import json_files
from benchmark.options import DataOptions
from benchmark.results import (
    StoredRecord,
    TaskResult,
    contradiction,
    encode_record,
    read_record,
)
from benchmark.results.predictions import require_own_predictions
from benchmark.results.soundness import decode_record

FROM = (1, 2)


def main() -> int:
    """Convert what the command line names; return 3 if something was left as it is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="of records, at any level")
    parser.add_argument("--data-dir", type=Path, help="a SentEval folder, for gold")
    asked = parser.parse_args()
    sources = DataOptions(data_dir=asked.data_dir, offline=True)
    refused = 0
    for path in sorted(json_files(asked.folder)):
        try:
            print(f"{path}: {convert(path, sources)}")
        except (BenchmarkError, OSError, msgspec.MsgspecError) as error:
            refused += 1
            print(f"{path}: left as it is ({error})", file=sys.stderr)
    return 3 if refused else 0


def convert(path: Path, sources: DataOptions) -> str:
    """Convert one record.

    Returns:
        What was done.

    Raises:
        UnreadableRecord: it is not what it says.
        msgspec.MsgspecError: it is no record at all.
    """
    content = path.read_bytes()
    version = msgspec.json.decode(content, type=dict[str, object]).get("schema_version")
    result = _unsealed(path, content) if version == 1 else read_record(path)
    if version not in FROM:
        return "is sound"
    compared = _require_score_of_predictions(StoredRecord(path, result), sources)
    write_atomically(path, encode_record(result))
    return f"converted, {compared}"


def _unsealed(path: Path, content: bytes) -> TaskResult:
    result = decode_record(content)
    wrong = contradiction(result)
    if wrong:
        raise UnreadableRecord(wrong)
    require_own_predictions(path, result)
    return result


def _require_score_of_predictions(record: StoredRecord, sources: DataOptions) -> str:
    keeps_some = record.path.with_suffix(".npy").is_file() and record.result.predictions_sha256
    if not keeps_some or measure_of_rows(record.result) is None:
        return "without predictions to compare its score with"
    rows = read_rows([record], sources)
    if identity(record) not in rows:
        return "without gold to compare its score with"
    pair_up([record], rows)
    return "its predictions give its score"


if __name__ == "__main__":
    sys.exit(main())
