"""MTEB itself, with its default settings, on pairs that are at hand.

    python -m performance.tools.mteb_evaluate WORKLOAD

Its own task classes, filled with our pairs instead of those of the hub: the same text for all
tools, and SICK-R with the 4,927 pairs of the test split instead of MTEB's 9,927. Its cache of
results is the folder that ``MTEB_CACHE`` names; it must be empty.
"""

from __future__ import annotations

import sys
from typing import Any

from performance.tools.answer import Answer, run
from performance.tools.counting import PaddedTokens
from performance.tools.sentence_transformers_evaluator import load_model
from performance.tools.workload import TaskPairs, Workload

_NAMES = {
    "STS12": "STS12",
    "STS13": "STS13",
    "STS14": "STS14",
    "STS15": "STS15",
    "STS16": "STS16",
    "STSBenchmark": "STSBenchmark",
    "SICKRelatedness": "SICK-R",
}
"""What MTEB calls our tasks."""


def evaluate(workload: Workload) -> Answer:
    """Score all tasks.

    Raises:
        ValueError: a task that MTEB does not have.
    """
    import mteb
    from mteb.cache import ResultCache

    model = load_model(workload.model, workload.device)
    seen = PaddedTokens(model)
    tasks = [_filled(mteb, task) for task in workload.tasks]
    # Its default is the cache that the environment named when it was imported.
    result = mteb.evaluate(model, tasks, cache=ResultCache())
    found = {entry.task_name: entry.get_score() for entry in result.task_results}
    scores = {task.id: float(found[_NAMES[task.id]]) for task in workload.tasks}
    return Answer(scores, seen.count)


def _filled(mteb: Any, task: TaskPairs) -> Any:
    """Return MTEB's task with these pairs in place of what it would download."""
    from datasets import Dataset, DatasetDict

    if task.id not in _NAMES:
        raise ValueError(f"MTEB has no task {task.id}")
    first, second, gold = task.scored()
    theirs = mteb.get_task(_NAMES[task.id])
    rows = Dataset.from_dict({"sentence1": first, "sentence2": second, "score": gold})
    theirs.dataset = DatasetDict({"test": rows})
    theirs.data_loaded = True
    return theirs


if __name__ == "__main__":
    packages = ("mteb", "sentence-transformers", "torch", "transformers", "tokenizers")
    sys.exit(run(evaluate, packages))
