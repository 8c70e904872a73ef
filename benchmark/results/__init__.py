"""The record on disk: what is written, how it is signed, how it is read back."""

from benchmark.results.collection import StoredRecord, StoredRun, collect
from benchmark.results.predictions import Predictions, read_predictions
from benchmark.results.record import SCHEMA_VERSION, DataRecord, ModelRecord, TaskResult
from benchmark.results.run import Run, printed
from benchmark.results.signature import comparable, shorten, sign
from benchmark.results.store import ResultStore, encode_record, read_record

__all__ = [
    "SCHEMA_VERSION",
    "DataRecord",
    "ModelRecord",
    "Predictions",
    "ResultStore",
    "Run",
    "StoredRecord",
    "StoredRun",
    "TaskResult",
    "collect",
    "comparable",
    "encode_record",
    "printed",
    "read_predictions",
    "read_record",
    "shorten",
    "sign",
]
