"""An explanation of scores: its tables (here those of vectors and classes), and its JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from benchmark.comparisons.confusion import TaskConfusion
from benchmark.comparisons.explain import (
    FIGURES,
    Explanation,
    QuotedFigures,
    TaskSubsets,
    VectorAnalysis,
)
from benchmark.comparisons.tables import LETTERS
from benchmark.escaping import json_text
from benchmark.invocation import as_called
from benchmark.reports.comparison.explained_labels import label_sections, labels_object
from benchmark.reports.comparison.explained_pairs import Asked, pair_sections, part_sections
from benchmark.reports.comparison.figures import (
    NOTHING,
    VERSION,
    cautions,
    left_out_list,
    models_object,
    omissions,
    points,
    who_is_who,
)
from benchmark.sheet import WIDTH, Row, Section, Sheet, written


def render_explanation(found: Explanation, form: str = "table", width: int = WIDTH) -> str:
    """Return an explanation in a format.

    Args:
        found: of `benchmark.comparisons.explain_runs`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.
        width: of the terminal, which sentences are cut to in a ``table``.

    Raises:
        UsageError: an unknown format.
    """
    return written(form, lambda: _sheet(found, width), json=lambda: _document(found))


def _sheet(found: Explanation, width: int) -> Sheet:
    results = [model.records[task].result for model in found.models for task in _explained(found)]
    return Sheet(
        opening=tuple(who_is_who(found.models)),
        sections=tuple(_sections(found)),
        closing=(*cautions(results), *omissions(found.left_out)),
        width=width,
    )


def _sections(found: Explanation) -> Iterator[Section]:
    letters = LETTERS[: len(found.models)]
    labels = [model.label for model in found.models]
    yield from part_sections(found.parts, letters, found.asked)
    yield from pair_sections(found.pairs, letters, found.asked)
    yield from (
        _vectors(analysis, labels, found.asked[analysis.task].shown) for analysis in found.analyses
    )
    if any(task.agreement for task in found.confusions):
        yield _agreement(found.confusions, found.asked)
    if found.confusions:
        yield _classes(found.confusions, letters, found.asked)
    if found.others:
        yield _others(found.others, letters, found.asked)
    if found.labelled:
        yield from label_sections(found.labelled, letters, found.asked)


def _explained(found: Explanation) -> list[str]:
    similar, classes = (part.task for part in found.parts), (one.task for one in found.confusions)
    return [*similar, *classes, *(one.task for one in found.others)]


# --- vectors: alignment, uniformity and retrieval, measured and quoted ----------------------------


_GEOMETRY = (
    "alignment: mean squared distance of pairs with gold above 4; uniformity: log of the mean of "
    "exp(-2 d^2) over all pairs of sentences; less is better"
)
_RETRIEVAL = (
    "recall@k: % of sentences of pairs with gold 5 whose counterpart is among the k nearest of all "
    "sentences, in both directions"
)


def _vectors(analysis: VectorAnalysis, labels: Sequence[str], task: str) -> Section:
    columns = _columns(analysis)
    measured = [
        Row((f"{letter} = {label}", *(_measured(name, figures.get(name)) for name in columns)))
        for letter, label, figures in zip(LETTERS, labels, analysis.measured, strict=False)
        if figures
    ]
    quoted = [
        Row((_source(row), *(_quoted(row.figures.get(name)) for name in columns)))
        for row in analysis.published
    ]
    return Section(
        title=f"Vectors of {task}: geometry and retrieval",
        headings=("Model", *(name.removeprefix("retrieval_") for name in columns)),
        columns="l" + "r" * len(columns),
        rows=(*measured, *(quoted if measured else ())),
        notes=tuple(_notes(analysis, columns)),
    )


def _columns(analysis: VectorAnalysis) -> list[str]:
    """Return what there is to show: what the papers have first."""
    there = {name for figures in analysis.measured for name in figures}
    there |= {name for row in analysis.published for name in row.figures}
    return [*(name for name in FIGURES if name in there), *sorted(there - set(FIGURES))]


def _measured(name: str, value: float | None) -> str:
    if value is None:
        return NOTHING
    if name.startswith("recall@"):
        return points(value)
    return f"{value:.3f}" if name in FIGURES else f"{value:g}"


def _quoted(value: Decimal | None) -> str:
    return NOTHING if value is None else str(value)


def _source(row: QuotedFigures) -> str:
    rerun = ", rerun" if row.rerun else ""
    return f"{row.label} (quoted: {row.source}{rerun})"


def _notes(analysis: VectorAnalysis, columns: Sequence[str]) -> Iterator[str]:
    if any(analysis.measured):
        yield _GEOMETRY
        yield from [_RETRIEVAL] if "recall@1" in columns else []
        yield from (f"quoted: {caution}" for caution in analysis.cautions)
    without = [
        letter for letter, figures in zip(LETTERS, analysis.measured, strict=False) if not figures
    ]
    if without:
        several = len(analysis.measured) > 1
        who = f"the record of {' and of '.join(without)}" if several else "the record"
        yield (
            f"{who} has no such figures: they need vectors, and are measured when {analysis.task} "
            + as_called(f"is scored (sebench run --tasks {analysis.task} --overwrite)")
        )


# --- classes, and what they are taken for ---------------------------------------------------------


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


# --- rows that are neither graded pairs nor classes: the score over each subset -------------------


def _others(tasks: Sequence[TaskSubsets], letters: str, asked: Asked) -> Section:
    several = len(letters) > 1
    rows = []
    for task in tasks:
        lines = [("all", task.rows, task.scores)]
        lines += task.subsets if len(task.subsets) > 1 else ()
        for place, (name, count, scores) in enumerate(lines):
            shown = (asked[task.task].shown, task.metric) if place == 0 else ("", "")
            rows.append(Row((*shown, name, f"{count:,}", *map(points, scores))))
    return Section(
        title="Scores of subsets (x 100)",
        headings=("Task", "Measure", "Subset", "Rows", *(letters if several else ["score"])),
        columns="lllr" + "r" * len(letters),
        rows=tuple(rows),
    )


# --- for programs: scores and offsets are fractions of 1 ------------------------------------------


def _document(found: Explanation) -> str:
    """Lists inside have one entry for each model."""
    return json_text(
        {
            "schema_version": VERSION,
            "models": models_object(found.models),
            "parts": [asdict(part) for part in found.parts],
            "pairs": {
                "farthest": list(map(asdict, found.pairs.farthest)),
                "a_nearer": list(map(asdict, found.pairs.first_nearer)),
                "b_nearer": list(map(asdict, found.pairs.second_nearer)),
            },
            "vectors": [_analysis(analysis) for analysis in found.analyses],
            "confusions": [asdict(confusion) for confusion in found.confusions],
            # Where it is empty, documents are what they were before there were other kinds.
            **({"others": [_subsets(task) for task in found.others]} if found.others else {}),
            **({"labelled": labels_object(found.labelled)} if found.labelled else {}),
            "left_out": left_out_list(found.left_out),
        }
    )


def _subsets(task: TaskSubsets) -> dict[str, Any]:
    subsets = [dict(zip(("name", "rows", "scores"), one, strict=True)) for one in task.subsets]
    return asdict(task) | {"subsets": subsets}


def _analysis(analysis: VectorAnalysis) -> dict[str, Any]:
    quoted = [
        {**asdict(row), "figures": {name: float(value) for name, value in row.figures.items()}}
        for row in analysis.published
    ]
    return {
        "task": analysis.task,
        "measured": list(analysis.measured),
        "published": quoted,
        "cautions": analysis.cautions,
    }
