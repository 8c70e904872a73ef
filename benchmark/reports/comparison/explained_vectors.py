"""Alignment, uniformity and retrieval, measured and quoted, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from benchmark.comparisons.matching import LETTERS
from benchmark.comparisons.vector_analysis import FIGURES, QuotedFigures, VectorAnalysis
from benchmark.reports.comparison.figures import NOTHING, points
from benchmark.results import TaskRecord
from benchmark.sheet import Row, Section

_GEOMETRY = (
    "alignment: mean squared distance of pairs with gold above 4; uniformity: log of the mean of "
    "exp(-2 d^2) over all pairs of sentences; less is better"
)
_RETRIEVAL = (
    "recall@k: % of sentences of pairs with gold 5 whose counterpart is among the k nearest of all "
    "sentences, in both directions"
)


def vector_sections(
    analyses: Sequence[VectorAnalysis], labels: Sequence[str], asked: Mapping[str, TaskRecord]
) -> Iterator[Section]:
    """Yield a table for each task that has an analysis, or should.

    Args:
        analyses: to show.
        labels: of the models.
        asked: what the records say of the tasks, by id.
    """
    for analysis in analyses:
        yield _section(analysis, labels, asked[analysis.task].shown)


def _section(analysis: VectorAnalysis, labels: Sequence[str], shown: str) -> Section:
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
        title=f"Vectors of {shown}: geometry and retrieval",
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
            f"is scored (run_eval.py --tasks {analysis.task} --overwrite)"
        )
