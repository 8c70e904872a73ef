"""Did a score change since the baseline?"""

from benchmark.gate.baseline import (
    Baseline,
    Entry,
    encode_baseline,
    entry_of,
    open_baseline,
    read_baseline,
    write_baseline,
)
from benchmark.gate.provenance import FieldChange, Provenance
from benchmark.gate.significance import LEVEL
from benchmark.gate.update import Update, updated
from benchmark.gate.verdicts import CheckedScore, Direction, GateReport, Outcome, check

__all__ = [
    "LEVEL",
    "Baseline",
    "CheckedScore",
    "Direction",
    "Entry",
    "FieldChange",
    "GateReport",
    "Outcome",
    "Provenance",
    "Update",
    "check",
    "encode_baseline",
    "entry_of",
    "open_baseline",
    "read_baseline",
    "updated",
    "write_baseline",
]
