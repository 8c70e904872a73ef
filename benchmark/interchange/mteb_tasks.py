"""MTEB's tasks beside ours (``mteb_tasks.toml``): which ask the same, which only share a name.

Measured from the statistics that MTEB publishes of its data: STS12 to STS16 hold the text that
SentEval prepared, character for character; STSBenchmark, SICK-R and STS17 hold raw text.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

from benchmark.interchange.publication import Omission
from benchmark.results import StoredRecord, StoredRun, TaskResult
from benchmark.toml_tables import packaged_table

WHOLE = "default"
"""MTEB's name for the one subset of a task without subsets."""

_ASKED = "task:{task}|split:test|agg:all|metric:spearman|sim:cos|"
"""How the signature begins of a score that MTEB calls ``cosine_spearman`` of the test split."""


@dataclass(frozen=True, slots=True)
class MtebSubset:
    """What MTEB scores by itself: our task that asks the same, and the languages of its text."""

    task: str
    languages: tuple[str, ...] = ("eng-Latn",)


@dataclass(frozen=True, slots=True)
class MtebTask:
    """One task of MTEB.

    Attributes:
        dataset: hub id of its data repository.
        revision: commit of that repository, as MTEB pins it.
        earlier: commits that hold the same rows.
        task: id of our task that asks the same, empty where the subsets have one each.
        subsets: of a task that is scored subset by subset, those that we have.
        nearest: id of our task that shares its name and is another question, if there is one.
        differs: why it is.
    """

    dataset: str
    revision: str
    earlier: tuple[str, ...] = ()
    task: str = ""
    subsets: dict[str, MtebSubset] = field(default_factory=dict)
    nearest: str = ""
    differs: str = ""

    def holds(self, revision: str | None) -> bool:
        """Tell whether a commit of the data is known to be the data meant here."""
        return revision in (self.revision, *self.earlier)

    @property
    def scored(self) -> dict[str, MtebSubset]:
        """What is scored by itself, by MTEB's name of it."""
        return self.subsets or {WHOLE: MtebSubset(self.task)}


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """The file."""

    tasks: dict[str, MtebTask]


@functools.cache
def mteb_tasks() -> dict[str, MtebTask]:
    """Return MTEB's tasks by MTEB's name of them.

    Raises:
        UsageError: an entry has an unknown key, lacks one, or has a value of the wrong type.
    """
    return packaged_table(__package__, "mteb_tasks.toml", _Catalogue).tasks


def same_question(task_id: str) -> tuple[str, str] | None:
    """Return MTEB's names of the task and subset that ask exactly what ours does, if any do."""
    for name, theirs in mteb_tasks().items():
        for subset, scored in theirs.scored.items():
            if scored.task == task_id:
                return name, subset
    return None


def same_as_mteb(run: StoredRun) -> tuple[dict[str, dict[str, StoredRecord]], list[Omission]]:
    """Choose the records that answer exactly a question of MTEB's.

    Returns:
        The records by MTEB's name of the task and of the subset, and what was left out.
    """
    chosen: dict[str, dict[str, StoredRecord]] = {}
    omissions: list[Omission] = []
    for task_id, record in run.records.items():
        same = same_question(task_id)
        reason = _difference(task_id) if same is None else _other_question(record.result)
        if same is None or reason:
            omissions.append(Omission(f"{run.label} on {task_id}", reason))
        else:
            name, subset = same
            chosen.setdefault(name, {})[subset] = record
    return chosen, omissions


def _difference(task_id: str) -> str:
    """Say why our task is none of MTEB's."""
    near = [theirs.differs for theirs in mteb_tasks().values() if theirs.nearest == task_id]
    return near[0] if near else "MTEB has no such task"


def _other_question(result: TaskResult) -> str:
    if not result.data.verified:
        return "scored on unverified data"
    if not result.signature.startswith(_ASKED.format(task=result.task)):
        return "its signature is not that of one Spearman over all test pairs"
    return ""
