"""The names of SentEval's tasks: those that can be evaluated, those that cannot yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from benchmark.suggestions import did_you_mean
from benchmark.tasks import Task, all_tasks
from senteval.errors import TaskNotAvailable, UnknownTask

AVAILABLE: Final = (
    *("CR", "MR", "MPQA", "SUBJ", "SST2", "SST5", "TREC", "MRPC"),
    *("SICKRelatedness", "SICKEntailment", "STSBenchmark"),
    *("STS12", "STS13", "STS14", "STS15", "STS16"),
)

_PROBING = "a probing task"
_REGRESSOR = "a regressor trained on top; the same name without '-finetune' takes the cosine"

NOT_AVAILABLE: Final = {
    "SICKRelatedness-finetune": _REGRESSOR,
    "STSBenchmark-finetune": _REGRESSOR,
    "STSBenchmark-fix": "a copy of STSBenchmark that no published archive holds",
    "SNLI": "natural language inference",
    "ImageCaptionRetrieval": "retrieval with image features",
    "Length": _PROBING,
    "WordContent": _PROBING,
    "Depth": _PROBING,
    "TopConstituents": _PROBING,
    "BigramShift": _PROBING,
    "Tense": _PROBING,
    "SubjNumber": _PROBING,
    "ObjNumber": _PROBING,
    "OddManOut": _PROBING,
    "CoordinationInversion": _PROBING,
}


def tasks_named(names: Iterable[object]) -> dict[str, Task]:
    """Return the tasks of these names, each once, in this order.

    Raises:
        TaskNotAvailable: SentEval has it, this package does not.
        UnknownTask: nobody has it.
    """
    known = {task.id: task for task in all_tasks()}
    return {name: known[name] for name in map(_checked, names)}


def _checked(name: object) -> str:
    if isinstance(name, str) and name in AVAILABLE:
        return name
    if isinstance(name, str) and name in NOT_AVAILABLE:
        raise TaskNotAvailable(
            f"{name} is not available yet ({NOT_AVAILABLE[name]}); "
            f"available are {', '.join(AVAILABLE)}"
        )
    raise UnknownTask(
        f"unknown task {name!r}{did_you_mean(str(name), (*AVAILABLE, *NOT_AVAILABLE))}; "
        f"available are {', '.join(AVAILABLE)}"
    )
