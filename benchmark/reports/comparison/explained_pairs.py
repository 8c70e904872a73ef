"""Pairs on which models and people disagree, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmark.comparisons.disagreement import JudgedPair, PairLists
from benchmark.reports.comparison.figures import signed_points
from benchmark.results import TaskRecord
from benchmark.sheet import Row, Section


def pair_sections(
    pairs: PairLists, letters: str, asked: Mapping[str, TaskRecord]
) -> Iterator[Section]:
    """Yield one table for each list that has pairs; the first says how to read them.

    Args:
        pairs: to show.
        letters: one for each model.
        asked: what the records say of the tasks, by id.
    """
    alone = len(letters) == 1
    lists = {
        "Farthest from gold" if alone else "Farthest from gold by both": pairs.farthest,
        "A nearer to gold than B": pairs.first_nearer,
        "B nearer to gold than A": pairs.second_nearer,
    }
    notes = _legend(pairs)
    names = {task: record.shown for task, record in asked.items()}
    for title, members in lists.items():
        if members:
            rows = [_row(pair, names[pair.task]) for pair in members]
            yield _section(title, rows, letters, notes)
            notes = ()


def _section(title: str, rows: Sequence[Row], letters: str, notes: tuple[str, ...]) -> Section:
    alone = len(letters) == 1
    cosines = ["cosine"] if alone else [f"cosine {letters[0]}", *letters[1:]]
    offs = ["off"] if alone else [f"off {letters[0]}", *letters[1:]]
    headings = ("Task", "Subset", "Pair", "gold", *cosines, *offs)
    return Section(
        title=title,
        headings=headings,
        columns="ll" + "r" * (len(headings) - 2),
        rows=tuple(rows),
        notes=notes,
    )


def _row(pair: JudgedPair, task: str) -> Row:
    cells = (
        task,
        pair.subset,
        f"{pair.number:,}",
        f"{pair.gold:.2f}",
        *(f"{cosine:.3f}" for cosine in pair.cosines),
        *(signed_points(off) for off in pair.disagreements),
    )
    return Row(cells, pair.sentences or ())


def _legend(pairs: PairLists) -> tuple[str, ...]:
    everything = (*pairs.farthest, *pairs.first_nearer, *pairs.second_nearer)
    away = any(pair.sentences is None for pair in everything)
    off = (
        "off: percentile of the cosine less that of gold, within the task; +90: the model takes "
        "for nearly the most alike what people take for the least"
    )
    number = "pair: counted from 1 among the scored pairs of the subset"
    nowhere = "; the sentences are not at hand; name their folder"
    return (off, number + (nowhere if away else ""))
