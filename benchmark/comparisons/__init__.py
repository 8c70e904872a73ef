"""Is the difference between two models real, and where does it come from?"""

from benchmark.comparisons.choosing import choose_models
from benchmark.comparisons.compare import compare_runs, task_p_values
from benchmark.comparisons.comparison import Comparison, Resampling, Verdict
from benchmark.comparisons.explain import Explanation, explain_runs
from benchmark.comparisons.paired import (
    PairedTask,
    Units,
    measure_of_rows,
    pair_up,
    to_observations,
)
from benchmark.comparisons.rows import Identity, Rows, identity, read_rows

__all__ = [
    "Comparison",
    "Explanation",
    "Identity",
    "PairedTask",
    "Resampling",
    "Rows",
    "Units",
    "Verdict",
    "choose_models",
    "compare_runs",
    "explain_runs",
    "identity",
    "measure_of_rows",
    "pair_up",
    "read_rows",
    "task_p_values",
    "to_observations",
]
