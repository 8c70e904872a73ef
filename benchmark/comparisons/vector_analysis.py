"""What was measured on the vectors themselves when a task was scored, beside published figures.

Alignment, uniformity and recall need vectors, which no record keeps; scoring measures them and
records keep the numbers (`benchmark.tasks.similarity`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from benchmark.results import PublishedTable, StoredRecord, published_tables

PUBLISHED_FOR = "STSBenchmark"
"""The task on whose test split SimCSE and DiffCSE report these figures."""

FIGURES = ("alignment", "uniformity", "recall@1", "recall@5", "recall@10")


@dataclass(frozen=True, slots=True)
class QuotedFigures:
    """Published figures of one model.

    Attributes:
        label: of the model.
        source: key in ``sources.bib``.
        rerun: whether others than the model's authors computed them.
        figures: by name, as printed; recall is times 100.
    """

    label: str
    source: str
    rerun: bool
    figures: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class VectorAnalysis:
    """What was measured on the vectors of a task's sentences.

    Attributes:
        task: its id.
        measured: for each model by name, recall as a fraction of 1; empty where a record keeps
            none.
        published: for the same task.
        cautions: that go wherever the published figures go.
    """

    task: str
    measured: tuple[Mapping[str, float], ...]
    published: tuple[QuotedFigures, ...]
    cautions: tuple[str, ...]


def analyses(records: Mapping[str, Sequence[StoredRecord]]) -> tuple[VectorAnalysis, ...]:
    """Return the analyses of those tasks that have one, or should.

    Args:
        records: for each task the record of each model.

    Raises:
        UnreadableRecord: the published tables are damaged.
    """
    return tuple(
        VectorAnalysis(
            task=task_id,
            measured=tuple(record.result.analysis for record in of_models),
            published=_published() if task_id == PUBLISHED_FOR else (),
            cautions=_cautions() if task_id == PUBLISHED_FOR else (),
        )
        for task_id, of_models in records.items()
        if any(record.result.asked.analysed or record.result.analysis for record in of_models)
    )


def _published() -> tuple[QuotedFigures, ...]:
    """Join the rows of one model that several tables have."""
    found: dict[tuple[str, str], QuotedFigures] = {}
    for row in (row for table in _tables() for row in table.rows):
        figures = {name: row.scores[name] for name in FIGURES if name in row.scores}
        if figures:
            known = found.get((row.label, row.source))
            joined = {**(known.figures if known else {}), **figures}
            rerun = row.status == "rerun" or (known is not None and known.rerun)
            found[row.label, row.source] = QuotedFigures(row.label, row.source, rerun, joined)
    return tuple(found.values())


def _cautions() -> tuple[str, ...]:
    return tuple(table.note for table in _tables() if table.note)


def _tables() -> list[PublishedTable]:
    return [table for table in published_tables() if set(FIGURES) & set(table.columns)]
