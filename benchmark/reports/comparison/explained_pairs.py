"""Explanations of similarity tasks, as tables: aggregations, subsets, and single pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from benchmark.comparisons.similarity import JudgedPair, PairLists, Subset, SubsetFigures, TaskParts
from benchmark.reports.comparison.figures import points, signed_points
from benchmark.results import TaskRecord
from benchmark.sheet import Row, Section

_AGGREGATIONS = ("all", "mean", "wmean")
_METRICS = ("spearman", "pearson")

_WAYS = (
    "all: one correlation over all pairs (SimCSE, DiffCSE); mean: of the subsets' correlations; "
    "wmean: weighted by pairs (SentEval)"
)
_SHARE = "share: part of the task's Spearman (all); the shares of a task add up to it"
_OFFSET = (
    "offset: mean percentile of cosines less that of gold; above 0 the subset is taken for too "
    "alike, which moves all and leaves mean alone"
)


Asked = Mapping[str, TaskRecord]
"""What the records say of the tasks, by id."""


def part_sections(tasks: Sequence[TaskParts], letters: str, asked: Asked) -> Iterator[Section]:
    """Yield the table of aggregations, and that of subsets where a task has several.

    Args:
        tasks: in order.
        letters: one for each model.
        asked: what the records say of the tasks.
    """
    if tasks:
        yield _aggregations(tasks, letters, asked)
    if any(len(task.subsets) > 1 for task in tasks):
        yield _subsets([task for task in tasks if len(task.subsets) > 1], letters, asked)


def _aggregations(tasks: Sequence[TaskParts], letters: str, asked: Asked) -> Section:
    several = len(letters) > 1
    scores = ("Spearman all", "mean", "wmean", "Pearson all", "mean", "wmean")
    return Section(
        title="Effect of aggregation (x 100)",
        headings=("Task", *(("",) if several else ()), *scores),
        columns="l" + "l" * several + "r" * len(scores),
        rows=tuple(_aggregation_rows(tasks, letters, asked)),
        notes=(_WAYS,),
    )


def _aggregation_rows(tasks: Sequence[TaskParts], letters: str, asked: Asked) -> Iterator[Row]:
    """Yield the rows of each task, and behind those of a table their mean."""
    for _, table in groupby(tasks, key=lambda task: asked[task.task].group):
        members = list(table)
        blocks = [(asked[task.task].shown, [task]) for task in members]
        blocks += [("Mean", members)] if len(members) > 1 else []
        for name, block in blocks:
            for model, letter in enumerate(letters):
                cells = (letter, *_mean(block, model))
                yield Row((name if model == 0 else "", *cells[len(letters) == 1 :]))


def _scores(task: TaskParts, model: int) -> list[float | None]:
    found = task.aggregations[model]
    return [found[way][metric] for metric in _METRICS for way in _AGGREGATIONS]


def _mean(tasks: Sequence[TaskParts], model: int) -> tuple[str, ...]:
    columns = zip(*(_scores(task, model) for task in tasks), strict=True)
    return tuple(points(_mean_of(column)) for column in columns)


def _mean_of(scores: Sequence[float | None]) -> float | None:
    defined = [score for score in scores if score is not None]
    return sum(defined) / len(defined) if len(defined) == len(scores) else None


def _subsets(tasks: Sequence[TaskParts], letters: str, asked: Asked) -> Section:
    several = len(letters) > 1
    rows = [row for task in tasks for row in _subset_rows(task, asked[task.task].shown, several)]
    share = [*_of_each("share", letters), *(["A-B"] if several else [])]
    headings = [
        *("Task", "Subset", "Pairs"),
        *_of_each("Spearman", letters),
        *_of_each("Pearson", letters),
        *share,
        *_of_each("offset", letters),
    ]
    return Section(
        title="Subsets (x 100)",
        headings=tuple(headings),
        columns="ll" + "r" * (len(headings) - 2),
        rows=tuple(rows),
        notes=(f"{_SHARE}, and A-B to the difference" if several else _SHARE, _OFFSET),
    )


def _of_each(name: str, letters: str) -> list[str]:
    return [name] if len(letters) == 1 else [f"{name} {letters[0]}", *letters[1:]]


def _subset_rows(task: TaskParts, shown: str, several: bool) -> Iterator[Row]:
    for place, subset in enumerate(task.subsets):
        name = shown if place == 0 else ""
        yield Row((name, subset.name, f"{subset.pairs:,}", *_figures(subset, several)))


def _figures(subset: Subset, several: bool) -> Iterator[str]:
    found: Sequence[SubsetFigures] = subset.figures
    for metric in _METRICS:
        yield from (points(of_model.scores[metric]) for of_model in found)
    yield from (points(of_model.share) for of_model in found)
    if several:
        yield signed_points(found[0].share - found[1].share)
    yield from (signed_points(of_model.offset) for of_model in found)


# --- pairs on which models and people disagree ----------------------------------------------------


def pair_sections(pairs: PairLists, letters: str, asked: Asked) -> Iterator[Section]:
    """Yield one table for each list that has pairs; the first says how to read them.

    Args:
        pairs: to show.
        letters: one for each model.
        asked: what the records say of the tasks.
    """
    alone = len(letters) == 1
    lists = {
        "Farthest from gold" if alone else "Farthest from gold by both": pairs.farthest,
        "A nearer to gold than B": pairs.first_nearer,
        "B nearer to gold than A": pairs.second_nearer,
    }
    notes = _pair_legend(pairs)
    for title, members in lists.items():
        if members:
            rows = [pair_row(pair, asked[pair.task].shown, f"{pair.gold:.2f}") for pair in members]
            yield pair_section(title, "gold", rows, letters, notes)
            notes = ()


def pair_section(
    title: str, gold: str, rows: Sequence[Row], letters: str, notes: tuple[str, ...]
) -> Section:
    """Return a table of pairs.

    Args:
        title: of the table.
        gold: what stands above that.
        rows: of `pair_row`.
        letters: one for each model.
        notes: below it.
    """
    alone = len(letters) == 1
    cosines = ["cosine"] if alone else [f"cosine {letters[0]}", *letters[1:]]
    offs = ["off"] if alone else [f"off {letters[0]}", *letters[1:]]
    headings = ("Task", "Subset", "Pair", gold, *cosines, *offs)
    return Section(
        title=title,
        headings=headings,
        columns="ll" + "r" * (len(headings) - 2),
        rows=tuple(rows),
        notes=notes,
    )


def pair_row(pair: JudgedPair, task: str, gold: str) -> Row:
    """Return a pair as a row: of a task that is shown by that name, gold in these words."""
    cells = (
        task,
        pair.subset,
        f"{pair.number:,}",
        gold,
        *(f"{cosine:.3f}" for cosine in pair.cosines),
        *(signed_points(off) for off in pair.disagreements),
    )
    return Row(cells, pair.sentences or ())


_OFF = (
    "off: percentile of the cosine less that of gold, within the task; +90: the model takes "
    "for nearly the most alike what people take for the least"
)


def _pair_legend(pairs: PairLists) -> tuple[str, ...]:
    return (_OFF, number_note((*pairs.farthest, *pairs.first_nearer, *pairs.second_nearer)))


def number_note(pairs: Iterable[JudgedPair]) -> str:
    """Say what the number of a pair is, and where its sentences are."""
    away = any(pair.sentences is None for pair in pairs)
    number = "pair: counted from 1 among the scored pairs of the subset"
    nowhere = "; the sentences are not at hand; name their folder, or your own file among tasks"
    return number + (nowhere if away else "")
