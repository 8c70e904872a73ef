"""What kind of encoder a row is of: what rows are found and drawn by, and no score depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmark.results import PublishedRow


@dataclass(frozen=True, slots=True)
class Traits:
    """What kind of encoder a row is of; what is not known is empty.

    Attributes:
        year: when it was published.
        backbone: what it was made from, as papers write it.
        family: of that: BERT, RoBERTa, Llama ...
        parameters: how many.
        training: what made its sentence vectors (`benchmark.results.published.Training`).
        method: what all rows of the same method on the same backbone have in common.
        citation: key of its paper in the bibliography.
    """

    year: int | None = None
    backbone: str = ""
    family: str = ""
    parameters: int | None = None
    training: str = ""
    method: str = ""
    citation: str = ""


def traits_of(row: PublishedRow) -> Traits:
    """Return what a quoted row says of its encoder."""
    backbone = row.backbone
    return Traits(
        year=row.year,
        backbone=backbone.title if backbone else "",
        family=backbone.family if backbone else "",
        parameters=row.parameters or (backbone.parameters if backbone else None),
        training=row.training,
        method=row.method or row.catalogue,
        citation=row.citation,
    )


def methods_by_model(rows: Iterable[PublishedRow]) -> Mapping[str, str]:
    """Return the method of each model of the catalogue that a quoted row is of."""
    return {row.catalogue: row.method for row in rows if row.catalogue and row.method}
