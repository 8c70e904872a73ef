"""Explanations of pair classifications: best thresholds, and pairs on the wrong side of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from benchmark.comparisons.labelled_pairs import LabelledPairs, TaskCuts
from benchmark.metrics.binary import Cut
from benchmark.reports.comparison.explained_pairs import (
    Asked,
    number_note,
    pair_row,
    pair_section,
)
from benchmark.reports.comparison.figures import points
from benchmark.sheet import Row, Section

_SCORES = ("f1", "accuracy", "precision", "recall", "mcc")

_CHOSEN = "thresholds are chosen on these pairs, so that the scores there are the best there can be"
_COUNTS = "1 as 0: pairs with label 1 below the threshold, and so on; ROC AUC asks for no threshold"
_OFF = (
    "off: % of the pairs with the other label that it is on the wrong side of; +: a pair with "
    "label 0 above those with label 1, -: one with label 1 below those with label 0"
)


def label_sections(found: LabelledPairs, letters: str, asked: Asked) -> Iterator[Section]:
    """Yield the table of thresholds, and one for each list that has pairs.

    Args:
        found: to show.
        letters: one for each model.
        asked: what the records say of the tasks.
    """
    yield _thresholds(found, letters, asked)
    both = " by both" if len(letters) > 1 else ""
    lists = {
        f"Label 1, placed lowest{both}": found.lowest,
        f"Label 0, placed highest{both}": found.highest,
        "A nearer to the label than B": found.first_nearer,
        "B nearer to the label than A": found.second_nearer,
    }
    pairs = [pair for members in lists.values() for pair in members]
    notes: tuple[str, ...] = (_OFF, number_note(pairs))
    for title, members in lists.items():
        if members:
            rows = [pair_row(one, asked[one.task].shown, f"{one.gold:g}") for one in members]
            yield pair_section(title, "label", rows, letters, notes)
            notes = ()


def _thresholds(found: LabelledPairs, letters: str, asked: Asked) -> Section:
    several = len(letters) > 1
    counts = ("1 as 1", "1 as 0", "0 as 1", "0 as 0")
    headings = ("Task", *(("",) if several else ()), "best", "cosine from", *counts)
    return Section(
        title="Best thresholds (scores x 100)",
        headings=(*headings, "F1", "accuracy", "precision", "recall", "MCC", "ROC AUC"),
        columns="l" + "l" * several + "l" + "r" * (2 + len(counts) + len(_SCORES)),
        rows=tuple(
            row for task in found.cuts for row in _rows(task, asked[task.task].shown, letters)
        ),
        notes=(_COUNTS, _CHOSEN),
    )


def _rows(task: TaskCuts, shown: str, letters: str) -> Iterator[Row]:
    for place, letter in enumerate(letters):
        for name, cut in (("F1", task.f1[place]), ("accuracy", task.accuracy[place])):
            first = name == "F1"
            model = (letter if first else "",) if len(letters) > 1 else ()
            area = points(task.roc_auc[place]) if first else ""
            yield Row((shown if first and place == 0 else "", *model, name, *_cells(cut), area))


def _cells(cut: Cut) -> Iterator[str]:
    yield f"{cut.threshold:.4f}"
    yield from (f"{n:,}" for n in (cut.hits, cut.misses, cut.false_alarms, cut.rejections))
    yield from (points(getattr(cut, name)) for name in _SCORES)


def labels_object(found: LabelledPairs) -> dict[str, Any]:
    """Return what a report for programs says; lists inside have one entry for each model."""
    return {
        "cuts": [
            {
                "task": task.task,
                "f1": list(map(_cut_object, task.f1)),
                "accuracy": list(map(_cut_object, task.accuracy)),
                "roc_auc": task.roc_auc,
            }
            for task in found.cuts
        ],
        "lowest": list(map(asdict, found.lowest)),
        "highest": list(map(asdict, found.highest)),
        "a_nearer": list(map(asdict, found.first_nearer)),
        "b_nearer": list(map(asdict, found.second_nearer)),
    }


def _cut_object(cut: Cut) -> dict[str, float]:
    return asdict(cut) | {name: getattr(cut, name) for name in _SCORES}
