"""The record on disk: what is written, how it is signed, how it is read back."""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.results.approximation import is_approximate, marked, shown_name
    from benchmark.results.collection import StoredRun, as_stored, collect, joined_by_model
    from benchmark.results.families import Family, Member, read_families
    from benchmark.results.predictions import Predictions, StoredRecord, read_predictions
    from benchmark.results.published import PublishedProtocol, PublishedRow, PublishedTable
    from benchmark.results.published_files import (
        published_rows,
        published_sources,
        published_table,
        published_tables,
    )
    from benchmark.results.record import (
        SCHEMA_VERSION,
        DataRecord,
        ModelRecord,
        TaskRecord,
        TaskResult,
    )
    from benchmark.results.run import Results, Run, Runs
    from benchmark.results.scored_families import ScoredFamily, fingerprints_of, score_families
    from benchmark.results.signature import Signature, comparable, shorten, sign
    from benchmark.results.soundness import contradiction, read_record
    from benchmark.results.store import ResultStore, encode_record
    from benchmark.results.tables import (
        asked_by_id,
        asked_of,
        average,
        average_of,
        columns_of,
        in_order,
        is_averaged,
        printed,
    )
else:
    __getattr__ = deferred(
        __name__,
        approximation="is_approximate marked shown_name",
        collection="StoredRun as_stored collect joined_by_model",
        families="Family Member read_families",
        predictions="Predictions StoredRecord read_predictions",
        published="PublishedProtocol PublishedRow PublishedTable",
        published_files="published_rows published_sources published_table published_tables",
        record="SCHEMA_VERSION DataRecord ModelRecord TaskRecord TaskResult",
        run="Results Run Runs",
        scored_families="ScoredFamily fingerprints_of score_families",
        signature="Signature comparable shorten sign",
        soundness="contradiction read_record",
        store="ResultStore encode_record",
        tables="asked_by_id asked_of average average_of columns_of in_order is_averaged printed",
    )

__all__ = [
    "SCHEMA_VERSION",
    "DataRecord",
    "Family",
    "Member",
    "ModelRecord",
    "Predictions",
    "PublishedProtocol",
    "PublishedRow",
    "PublishedTable",
    "ResultStore",
    "Results",
    "Run",
    "Runs",
    "ScoredFamily",
    "Signature",
    "StoredRecord",
    "StoredRun",
    "TaskRecord",
    "TaskResult",
    "as_stored",
    "asked_by_id",
    "asked_of",
    "average",
    "average_of",
    "collect",
    "columns_of",
    "comparable",
    "contradiction",
    "encode_record",
    "fingerprints_of",
    "in_order",
    "is_approximate",
    "is_averaged",
    "joined_by_model",
    "marked",
    "printed",
    "published_rows",
    "published_sources",
    "published_table",
    "published_tables",
    "read_families",
    "read_predictions",
    "read_record",
    "score_families",
    "shorten",
    "shown_name",
    "sign",
]
