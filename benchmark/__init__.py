"""Sentence-embedding evaluation: the numbers of the papers, exact, explained, signed.

>>> import benchmark
>>> run = benchmark.evaluate("all-minilm-l6-v2", tasks="demo")
>>> print(run)  # doctest: +SKIP

All that is public is here, and explained in docs/python.md.
"""

# Not that of typing: nothing at all is imported before it is asked for, and what the command line
# does about Ctrl-C is the first of it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from benchmark.api import check, compare, explain, load_encoder, rank, records
    from benchmark.comparisons import (
        Comparison,
        Explanation,
        FamilyComparison,
        LearningCurves,
        QuotedComparison,
        Sensitivity,
    )
    from benchmark.differences import compare_published, curve, families
    from benchmark.encoders import Encoder, EncoderCard
    from benchmark.equivalence import Parity, parity
    from benchmark.errors import (
        BenchmarkError,
        DataError,
        ModelError,
        RecordError,
        TaskError,
        UnreadableRecord,
        UsageError,
    )
    from benchmark.evaluation import evaluate
    from benchmark.gate import GateReport
    from benchmark.leaderboard import Leaderboard
    from benchmark.reports import render
    from benchmark.reproduction import ReproductionReport, reproduce
    from benchmark.results import Run, Runs, StoredRun, TaskResult
    from benchmark.tasks import OwnTask, Task, labelled, own_task, pairs, select_tasks
else:

    def __getattr__(name: str) -> object:
        from benchmark.deferred import deferred

        load = deferred(
            __name__,
            api="check compare explain load_encoder rank records",
            comparisons=(
                "Comparison Explanation FamilyComparison LearningCurves QuotedComparison "
                "Sensitivity"
            ),
            differences="compare_published curve families",
            encoders="Encoder EncoderCard",
            equivalence="Parity parity",
            errors=(
                "BenchmarkError DataError ModelError RecordError TaskError UnreadableRecord "
                "UsageError"
            ),
            evaluation="evaluate",
            gate="GateReport",
            leaderboard="Leaderboard",
            reports="render",
            reproduction="ReproductionReport reproduce",
            results="Run Runs StoredRun TaskResult",
            tasks="OwnTask Task labelled own_task pairs select_tasks",
        )
        return load(name)


__version__ = "0.1.0"

__all__ = [
    "BenchmarkError",
    "Comparison",
    "DataError",
    "Encoder",
    "EncoderCard",
    "Explanation",
    "FamilyComparison",
    "GateReport",
    "Leaderboard",
    "LearningCurves",
    "ModelError",
    "OwnTask",
    "Parity",
    "QuotedComparison",
    "RecordError",
    "ReproductionReport",
    "Run",
    "Runs",
    "Sensitivity",
    "StoredRun",
    "Task",
    "TaskError",
    "TaskResult",
    "UnreadableRecord",
    "UsageError",
    "__version__",
    "check",
    "compare",
    "compare_published",
    "curve",
    "evaluate",
    "explain",
    "families",
    "labelled",
    "load_encoder",
    "own_task",
    "pairs",
    "parity",
    "rank",
    "records",
    "render",
    "reproduce",
    "select_tasks",
]
