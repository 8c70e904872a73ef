"""Is the difference between two models real, and where does it come from?"""

from benchmark.comparisons.compare import compare_runs, task_p_values
from benchmark.comparisons.comparison import Comparison, Resampling, Verdict
from benchmark.comparisons.curve import LearningCurves
from benchmark.comparisons.curves import learning_curves
from benchmark.comparisons.explain import Explanation, explain_runs
from benchmark.comparisons.families import compare_families
from benchmark.comparisons.family_comparison import FamilyComparison, RunFamily
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
from benchmark.comparisons.several import SeveralComparisons, compare_with_baseline
from benchmark.comparisons.sides import choose_sides

__all__ = [
    "Comparison",
    "Explanation",
    "FamilyComparison",
    "Identity",
    "LearningCurves",
    "PairedTask",
    "QuotedComparison",
    "Resampling",
    "Rows",
    "RunFamily",
    "Sensitivity",
    "SeveralComparisons",
    "Units",
    "Verdict",
    "choose_families",
    "choose_models",
    "choose_sides",
    "compare_families",
    "compare_quoted",
    "compare_runs",
    "compare_with_baseline",
    "explain_runs",
    "identity",
    "learning_curves",
    "measure_of_rows",
    "pair_up",
    "read_rows",
    "spread_families",
    "task_p_values",
    "to_observations",
]
