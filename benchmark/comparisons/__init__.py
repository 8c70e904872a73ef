"""Is the difference between two models real, and where does it come from?"""

from benchmark.comparisons.compare import compare_runs, task_p_values
from benchmark.comparisons.comparison import Comparison, Resampling, Verdict
from benchmark.comparisons.explain import Explanation, explain_runs
from benchmark.comparisons.models import choose_families, choose_models
from benchmark.comparisons.quoted import QuotedComparison, compare_quoted
from benchmark.comparisons.rows import (
    Identity,
    PairedTask,
    Rows,
    Units,
    identity,
    measure_of_rows,
    pair_up,
    read_rows,
    to_observations,
)
from benchmark.comparisons.sensitivity import Sensitivity
from benchmark.comparisons.settings import spread_families

__all__ = [
    "Comparison",
    "Explanation",
    "Identity",
    "PairedTask",
    "QuotedComparison",
    "Resampling",
    "Rows",
    "Sensitivity",
    "Units",
    "Verdict",
    "choose_families",
    "choose_models",
    "compare_quoted",
    "compare_runs",
    "explain_runs",
    "identity",
    "measure_of_rows",
    "pair_up",
    "read_rows",
    "spread_families",
    "task_p_values",
    "to_observations",
]
