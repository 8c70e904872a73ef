"""Tasks of one's own: in no catalogue, they bring their data along."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmark.datasets.files import LoadedData
from benchmark.errors import UsageError
from benchmark.tasks.catalogue import Task, grouped

if TYPE_CHECKING:
    from benchmark.datasets.tables import OwnData

OWN_GROUPS: Final = {
    "similarity": "own-pairs",
    "pair-classification": "own-binary-pairs",
    "classification": "own-labels",
}
"""The table that tasks of a kind are in unless their catalogue says another."""

OWN_SPLIT: Final = "own"
"""By which a record tells that its data was somebody's own."""

_NOT_IN_NAMES = re.compile(r"[^\w.@+-]+")
"""What would end a name where names of tasks are given, or be left out of that of its record."""

_LONGEST = 100
"""Bytes of a name: that of its record is cut, and two would share one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTask(Task):
    """A task with its data; two of them are the same if question and content are.

    Attributes:
        data: its pairs or labelled sentences.
        content: hash of that: what the signature names the data by.
        classes: names of the classes, in the order of their numbers; empty where there are none.
        citation: of the data, for whoever shows a score on it.
        report: lines that say how the data was read.
    """

    data: LoadedData = field(compare=False, repr=False)
    content: str = ""
    classes: tuple[str, ...] = ()
    citation: str = ""
    report: tuple[str, ...] = field(default=(), compare=False, repr=False)


def own_task(
    source: Any,
    *,
    name: str | None = None,
    columns: str | Sequence[str] | None = None,
    kind: str | None = None,
) -> OwnTask:
    """Return a task made of a file, a data frame, a data set or a list of rows.

    >>> task = own_task([("a cat", "a cat", 5), ("a cat", "a car", 1), ("a dog", "a hound", 4)],
    ...                 name="animals")
    >>> task.group
    'own-pairs'

    Args:
        source: a path (``.tsv``, ``.csv``, ``.jsonl``, ``.json``, ``.parquet``), a pandas or
            polars data frame, a Hugging Face data set, or rows: tuples or dictionaries.
        name: of the task. Default: that of the file; what is in memory needs one.
        columns: which columns hold first, second and score, or text and label, where their names
            do not tell: names or numbers from 1, in a list or with commas.
        kind: ``similarity``, ``pair-classification`` or ``classification``, where 0 and 1 are
            grades, say. Default: what the labels look like.

    Raises:
        DataError: it cannot be read, or not be scored; the message says which row.
        UsageError: an unknown column or kind, or a name that is no name.
    """
    from benchmark.datasets.tables import own_frame, read_own_data

    chosen = _split(columns)
    if isinstance(source, str | os.PathLike):
        return task_of(read_own_data(Path(source), columns=chosen, name=name, kind=kind))
    if name is None:
        raise UsageError("`name`: data in memory needs one, by which its scores are known")
    return task_of(own_frame(source, name=name, columns=chosen, kind=kind))


def pairs(
    first: Iterable[str],
    second: Iterable[str],
    gold: Iterable[float],
    *,
    name: str,
    subsets: Iterable[str] | None = None,
    kind: str | None = None,
) -> OwnTask:
    """Return a task of sentence pairs with scores: graded, or 0 and 1.

    Args:
        first: the one sentence of each pair.
        second: the other.
        gold: its score on any scale; 0 and 1 alone make it a task of pair classification.
        name: of the task.
        subsets: the part that each pair belongs to, for scores by part.
        kind: ``similarity`` where 0 and 1 are grades.

    Raises:
        DataError: columns of different lengths, or pairs that cannot be scored.
        UsageError: a name that is no name, or an unknown kind.
    """
    from benchmark.datasets.tables import own_pairs

    return task_of(own_pairs(first, second, gold, name=name, subsets=subsets, kind=kind))


def labelled(
    texts: Iterable[str],
    labels: Iterable[str | int],
    *,
    name: str,
    splits: Iterable[str] | None = None,
) -> OwnTask:
    """Return a task of texts with labels, scored as the papers' transfer tasks are.

    Args:
        texts: one for each sample.
        labels: names or whole numbers.
        name: of the task.
        splits: ``train``, ``dev`` or ``test`` for each sample; without, ten folds.

    Raises:
        DataError: columns of different lengths, or a label with too few samples.
        UsageError: a name that is no name.
    """
    from benchmark.datasets.tables import own_labelled

    return task_of(own_labelled(texts, labels, name=name, splits=splits))


def task_of(data: OwnData) -> OwnTask:
    """Return the task that data of one's own is.

    Raises:
        UsageError: its name is one of the catalogue's, or no name.
    """
    task_id = as_id(data.name)
    if not task_id or not task_id.isprintable():
        raise UsageError(f"{data.name!a} is no name of a task; give one as `NAME=FILE`")
    if len(task_id.encode()) > _LONGEST:
        raise UsageError(
            f"{task_id[:40]}... is too long for a name of a task, it may have {_LONGEST} bytes; "
            "give another one as `NAME=FILE`"
        )
    return OwnTask(
        id=task_id,
        heading=data.name.strip(),
        group=OWN_GROUPS[data.kind],
        dataset=task_id,
        kind=data.kind,
        split=OWN_SPLIT,
        checkpoint="transfer" if data.kind == "classification" else "sts",
        in_all=False,
        scheme=data.scheme,
        protocol="senteval" if data.kind == "classification" else "",
        data=LoadedData(data.parts, data.sha256, verified=True, folder="own data"),
        content=data.sha256,
        classes=data.classes,
        report=tuple(data.report.lines()),
    )


def as_id(name: str) -> str:
    """Return a name as that of a task: all but letters, digits and ``_.@+`` becomes a ``-``."""
    return _NOT_IN_NAMES.sub("-", name.strip()).strip("-")


def require_own_names(tasks: Iterable[Task], catalogue: Sequence[Task]) -> None:
    """Refuse tasks of one's own that are called like one of the catalogue, a group, or another.

    Raises:
        UsageError: one would be taken for that, or would stand in a table of the papers; or two
            names differ by case alone, and so do not for every file system.
    """
    tasks = list(tasks)
    spelled: dict[str, str] = {}
    for task in tasks:
        other = spelled.setdefault(task.id.casefold(), task.id)
        if other != task.id:
            raise UsageError(
                f"`tasks`: {other} and {task.id} differ by case alone; give one another name: "
                f"other-{task.id}=FILE"
            )
    taken = {name.casefold() for task in catalogue for name in (task.id, *task.aliases)}
    groups = {group.casefold() for group in grouped(catalogue)}
    for task in tasks:
        for name in (task.id, *task.aliases):
            if name.casefold() in taken | groups | set(OWN_GROUPS.values()):
                raise UsageError(
                    f"`tasks`: data of your own cannot be called {name}, as a task or group of the "
                    f"catalogue is; give it another name: mine-{task.id}=FILE"
                )
        if task.group.casefold() in groups:
            raise UsageError(
                f"`catalogue`: {task.id} cannot be in the group {task.group}, a table of the papers"
                "; give it one of your own"
            )


def described(task: OwnTask, **words: Any) -> OwnTask:
    """Return the task with what a catalogue says of it; what it leaves open stays."""
    return replace(task, **{key: value for key, value in words.items() if value})


def _split(columns: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if columns is None:
        return None
    listed = columns.split(",") if isinstance(columns, str) else columns
    return tuple(str(column).strip() for column in listed)
