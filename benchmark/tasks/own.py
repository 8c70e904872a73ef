"""Tasks of one's own: in no catalogue, they bring their data along."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmark.datasets.files import LoadedData
from benchmark.tasks.catalogue import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTask(Task):
    """A task with its data; two of them are the same if question and content are.

    Attributes:
        data: its pairs or labelled sentences.
        content: hash of that: what the signature names the data by.
        classes: names of the classes, in the order of their numbers; empty where there are none.
        report: lines that say how the data was read.
    """

    data: LoadedData = field(compare=False, repr=False)
    content: str = ""
    classes: tuple[str, ...] = ()
    report: tuple[str, ...] = field(default=(), compare=False, repr=False)
