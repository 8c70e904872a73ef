"""Figures that others published, as they were printed: tables, rows, and what each row asked.

The data lies in `leaderboards/published`, see `benchmark.results.published_files` and
docs/published.md. A published figure has no signature, but where its rules are known it has the
first half of one: the question. Figures and scores of ours stand in one ranking exactly when
their questions are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from benchmark.results.signature import Signature, ask
from benchmark.tasks import KINDS, all_tasks
from benchmark.tasks.loading import published_sha256

Group = Literal[
    "sts",
    "transfer",
    "sts-mteb",
    "sts17",
    "aggregation",
    "listing",
    "log",
    "ablation",
    "retrieval",
    "geometry",
]
"""What a table is about; the first four are those of the leaderboards."""

Status = Literal["paper", "rerun", "notebook", "repository", "unverified"]
"""How far a figure can be trusted: see docs/published.md."""


@dataclass(frozen=True, slots=True)
class PublishedProtocol:
    """The rules of a figure; what is empty is not stated by its source.

    Attributes:
        aggregation: over the subsets of a year of STS.
        metric: correlation or accuracy.
        similarity: of two vectors.
        data: ``senteval`` for the pairs and the text that our catalogue holds, ``raw`` for other
            text.
        classifier: id of the protocol by which classifiers are trained.
        split: that was scored, empty for the one of the column's task.
        pooler: name of ours for the pooler (`benchmark.encoders.POOLERS`).
    """

    aggregation: Literal["", "all", "mean", "wmean"] = ""
    metric: Literal["", "spearman", "pearson", "accuracy"] = ""
    similarity: Literal["", "cos"] = ""
    data: Literal["", "senteval", "raw"] = ""
    classifier: Literal["", "senteval", "senteval-fast", "sklearn"] = ""
    split: Literal["", "dev", "test"] = ""
    pooler: str = ""


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One row of a published table.

    Attributes:
        table: id of its table.
        group: of that table.
        model: name for a table.
        scores: by id of column, times 100 where the source prints fractions, every digit that the
            source prints and none besides (``Decimal("68.40")``).
        average: as printed, never computed; None where none is printed.
        status: how far the figures can be trusted.
        source: key in ``sources.bib`` of where they were read; empty if that is not known.
        where: place in the source: table, file, commit.
        setting: what sets the row apart from others of the same model.
        section: heading within the table.
        catalogue: name of ours for exactly this model, empty if there is none.
        citation: key in ``sources.bib`` of the paper that describes the model.
        revision: commit of the weights.
        external: columns that the source took over from the authors of the model.
        note: a caution that goes wherever the row goes.
        protocol: the rules.
    """

    table: str
    group: Group
    model: str
    scores: dict[str, Decimal]
    status: Status
    source: str
    protocol: PublishedProtocol
    average: str | None = None
    where: str = ""
    setting: str = ""
    section: str = ""
    catalogue: str = ""
    citation: str = ""
    revision: str = ""
    external: tuple[str, ...] = ()
    note: str = ""

    @property
    def label(self) -> str:
        """The model, and what sets the row apart from others of it."""
        return f"{self.model} ({self.setting})" if self.setting else self.model

    def question(self, column: str) -> str | None:
        """Return what a figure answers, as the first half of a signature.

        Returns:
            None if there is no such figure, if the column is no task of ours, or if the text or
            a rule is another one than ours or not known: such a figure is compared with nothing.
            Otherwise the question of a signature (`benchmark.results.Signature`) of a score that
            was computed by the same rules on verified data.
        """
        task = next((task for task in all_tasks() if task.id == column), None)
        if task is None or column not in self.scores or self.protocol.data != "senteval":
            return None
        asked = KINDS[task.kind].question(task)
        stated = {
            "agg": self.protocol.aggregation,
            "metric": self.protocol.metric,
            "sim": self.protocol.similarity,
            "clf": self.protocol.classifier,
            "cv": asked.get("cv", ""),
        }
        rules = {field: stated.get(field, "") for field in asked}
        if not all(rules.values()):
            return None
        scored = replace(task, split=self.protocol.split or task.split)
        return ask(scored, published_sha256(task), rules=rules)

    def ranks_with(self, column: str, signature: str) -> bool:
        """Tell whether the figure of a column may share a ranking with a score of ours.

        Args:
            column: id of a task.
            signature: of the score.
        """
        return Signature.parse(signature).question == self.question(column)


@dataclass(frozen=True, slots=True)
class PublishedColumn:
    """A column that is no task of ours: what stands above it, and what it holds."""

    heading: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table as it was published.

    Attributes:
        id: name of its file.
        title: for a heading.
        group: what it is about.
        source: key in ``sources.bib``; rows may come from elsewhere.
        where: place in that source.
        note: a caution that goes wherever the table goes.
        columns: ids, in order, with what stands above them.
        rows: in order.
    """

    id: str
    title: str
    group: Group
    source: str
    where: str
    note: str
    columns: Mapping[str, PublishedColumn]
    rows: tuple[PublishedRow, ...]
