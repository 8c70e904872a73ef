"""What has scores that are compared without predictions: a quoted row, or a measured model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from benchmark.results import PublishedRow, Results, average, printed
from benchmark.results.signature import Signature
from benchmark.tasks import table

GROUP = "sts"
"""The table whose scores are compared so: errors of differences were measured on its tasks."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Something with scores: a row that was quoted, or a model that was measured.

    Attributes:
        name: for a table.
        told: where it comes from.
        row: None for a measured model.
        model: of the catalogue, empty if it is none of it.
        scores: by column, in points, as printed.
        average: as printed, None where there is none.
        questions: by column, also of columns that an average alone is of; None where no rule or
            text of ours answers it.
    """

    name: str
    told: str
    row: PublishedRow | None
    model: str
    scores: dict[str, Decimal]
    average: Decimal | None
    questions: dict[str, str | None]


def quoted(row: PublishedRow) -> Scored:
    """Return a quoted row as something with scores."""
    marks = [*([row.setting] if row.setting else []), f"{row.table}, {row.status}", *row.marks]
    return Scored(
        name=row.model,
        told=", ".join(marks),
        row=row,
        model=row.catalogue,
        scores=dict(row.scores),
        average=None if row.average is None else Decimal(row.average),
        questions=questions_of(row),
    )


def questions_of(row: PublishedRow) -> dict[str, str | None]:
    """Return what the figures of a row answer; of an average alone, what its scores would."""
    if not row.scores and row.average is not None and row.group == GROUP:
        row = replace(row, scores={task.id: Decimal(0) for task in table(GROUP)})
    return {column: row.question(column) for column in row.scores}


def measured(run: Results) -> Scored:
    """Return a measured model as something with scores."""
    results = {one.asked.column: one for one in run.results.values() if not one.asked.is_variant}
    whole = average(results.values(), GROUP)
    return Scored(
        name=run.label,
        told="measured",
        row=None,
        model=run.model,
        scores={column: Decimal(printed(one.main_score)) for column, one in results.items()},
        average=None if whole is None else Decimal(f"{whole:.2f}"),
        questions={
            column: Signature.parse(one.signature).question for column, one in results.items()
        },
    )
