"""Did a score change since the baseline?"""

from benchmark.gate.baseline import Baseline, Entry, entry_of
from benchmark.gate.checking import check
from benchmark.gate.identity import FieldChange, Identity
from benchmark.gate.opening import open_baseline
from benchmark.gate.reading import read_baseline
from benchmark.gate.report import Direction, GateReport, Outcome, Verdict
from benchmark.gate.significance import LEVEL
from benchmark.gate.updating import Update, updated
from benchmark.gate.writing import encode_baseline, write_baseline

__all__ = [
    "LEVEL",
    "Baseline",
    "Direction",
    "Entry",
    "FieldChange",
    "GateReport",
    "Identity",
    "Outcome",
    "Update",
    "Verdict",
    "check",
    "encode_baseline",
    "entry_of",
    "open_baseline",
    "read_baseline",
    "updated",
    "write_baseline",
]
