"""Classes of transfer tasks and what they are taken for, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmark.comparisons.confusion import TaskConfusion
from benchmark.reports.comparison.figures import NOTHING
from benchmark.results import TaskRecord
from benchmark.sheet import Row, Section

Asked = Mapping[str, TaskRecord]
"""The tasks of the records, by id."""


def class_sections(tasks: Sequence[TaskConfusion], letters: str, asked: Asked) -> Iterator[Section]:
    """Yield the table of who is right, for two models, and that of classes.

    Args:
        tasks: in order.
        letters: one for each model.
        asked: what the records say of the tasks.
    """
    if any(task.agreement for task in tasks):
        yield _agreement(tasks, asked)
    if tasks:
        yield _classes(tasks, letters, asked)


def _agreement(tasks: Sequence[TaskConfusion], asked: Asked) -> Section:
    rows = []
    for task in tasks:
        found = task.agreement
        if found is not None:
            counts = (found.both, found.only_first, found.only_second, found.neither)
            cells = (f"{count:,}" for count in (task.samples, *counts))
            rows.append(Row((asked[task.task].shown, *cells)))
    return Section(
        title="Samples by who answers them rightly",
        headings=("Task", "Samples", "both", "only A", "only B", "neither"),
        columns="lrrrrr",
        rows=tuple(rows),
    )


def _classes(tasks: Sequence[TaskConfusion], letters: str, asked: Asked) -> Section:
    several = len(letters) > 1
    headings = ["Task", "Class", "Samples"]
    headings += [f"right {letter} %" for letter in letters] if several else ["right %"]
    headings += [f"{letter} takes it for" for letter in letters] if several else ["taken for"]
    return Section(
        title="Classes",
        headings=tuple(headings),
        columns="llr" + "r" * len(letters) + "l" * len(letters),
        rows=tuple(row for task in tasks for row in _class_rows(task, asked[task.task].shown)),
        notes=("taken for: the wrong class it is given most often, and how often",),
    )


def _class_rows(task: TaskConfusion, shown: str) -> Iterator[Row]:
    models = range(len(task.counts))
    for place, name in enumerate(task.classes):
        yield Row(
            (
                shown if place == 0 else "",
                name,
                f"{task.of_class(place):,}",
                *(_right(task, model, place) for model in models),
                *(_taken_for(task, model, place) for model in models),
            )
        )


def _right(task: TaskConfusion, model: int, place: int) -> str:
    samples = task.of_class(place)
    return f"{100 * task.right(model, place) / samples:.2f}" if samples else NOTHING


def _taken_for(task: TaskConfusion, model: int, place: int) -> str:
    wrong = {
        other: count for other, count in enumerate(task.counts[model][place]) if other != place
    }
    most = max(wrong, key=wrong.__getitem__, default=place)
    if not wrong.get(most):
        return NOTHING
    return f"{task.classes[most]} {wrong[most]:,}"
