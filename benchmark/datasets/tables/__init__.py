"""Data of a user's own: from files, data frames or lists to what a task scores."""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.datasets.tables.in_memory import own_frame, own_labelled, own_pairs
    from benchmark.datasets.tables.own_data import OwnData, read_own_data
    from benchmark.datasets.tables.report import TableReport
else:
    __getattr__ = deferred(
        __name__,
        in_memory="own_frame own_labelled own_pairs",
        own_data="OwnData read_own_data",
        report="TableReport",
    )

__all__ = ["OwnData", "TableReport", "own_frame", "own_labelled", "own_pairs", "read_own_data"]
