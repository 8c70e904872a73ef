"""Figures that others published, as they were printed: tables, rows, and what each row asked.

The data lies in `leaderboards/published`, see `benchmark.results.published_files` and
docs/published.md. A published figure has no signature, but where its rules are known it has the
first half of one: the question. Figures and scores of ours stand in one ranking exactly when
their questions are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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

Status = Literal["paper", "rerun", "notebook", "repository", "transcribed", "unverified"]
"""How far a figure can be trusted: see docs/published.md."""

Training = Literal[
    "",
    "untrained",
    "prompted",
    "fitted",
    "unsupervised",
    "nli",
    "synthetic",
    "sts",
    "distilled",
    "labelled",
]
"""What made an encoder's sentence vectors, beyond its pre-training:

``untrained``: nothing, a pooler over a language model or static word vectors. ``prompted``:
nothing, a template around the sentence. ``fitted``: a transformation of finished vectors, from
unlabelled sentences (flow, whitening). ``unsupervised``: training on unlabelled sentences.
``nli``: on labels of natural language inference. ``synthetic``: on sentences or labels that a
language model wrote. ``sts``: on graded pairs of STS-B or SICK. ``distilled``: to be like other
sentence encoders. ``labelled``: on other labels, or a mixture of many. Empty: not stated.
"""

Mark = Literal[
    "test-text",
    "test-choice",
    "sts-labels",
    "several-encoders",
    "cross-encoder",
    "best-of-columns",
    "other-seeds",
    "transcribed",
    "unclear",
]
"""A trap that no rule of the question says: see docs/published.md."""

NO_VECTORS: frozenset[Mark] = frozenset({"cross-encoder", "best-of-columns"})
"""Marks of figures that no encoder's vectors gave: they answer no question of ours."""


@dataclass(frozen=True, slots=True)
class Backbone:
    """A language model that sentence encoders are made from (``backbones.toml``).

    Attributes:
        id: its name in the tables.
        title: as papers write it.
        family: of architecture and pre-training: BERT, RoBERTa, Llama ...
        parameters: how many, None where that is not published.
    """

    id: str
    title: str
    family: str
    parameters: int | None = None


@dataclass(frozen=True, slots=True)
class PublishedProtocol:
    """The rules of a figure; what is empty is not stated by its source.

    Attributes:
        aggregation: over the subsets of a year of STS.
        metric: correlation or accuracy.
        similarity: of two vectors; ``best-of-four`` is the best of cosine, dot product, and
            negative Manhattan and Euclidean distance, ``word-mover`` a distance of sets of token
            vectors, ``trained`` SentEval's regression on the training split.
        data: ``senteval`` for the pairs and the text that our catalogue holds, ``raw`` for other
            text, ``altered`` for the same pairs after a loader that changes what an encoder reads.
        classifier: id of the protocol by which classifiers are trained.
        split: that was scored, empty for the one of the column's task.
        pooler: name of ours for the pooler (`benchmark.encoders.POOLERS`).
    """

    aggregation: Literal["", "all", "mean", "wmean"] = ""
    metric: Literal["", "spearman", "pearson", "accuracy"] = ""
    similarity: Literal["", "cos", "best-of-four", "word-mover", "trained"] = ""
    data: Literal["", "senteval", "raw", "altered"] = ""
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
        year: of the paper or repository that the figures are known from: the method's own, or that
            of whoever ran it.
        backbone: what the encoder was made from; None where that is not stated.
        parameters: of the encoder, where they are another number than its backbone's.
        training: what made its sentence vectors.
        method: what all rows have in common that are the same method on the same backbone: the
            paper's, reruns, ours. Empty if it stands alone.
        deviations: standard deviations over training runs, by column, as printed.
        average_deviation: of the average, as printed.
        runs: how many training runs the row is the mean of, None where that is not stated.
        marks: traps.
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
    year: int | None = None
    backbone: Backbone | None = None
    parameters: int | None = None
    training: Training = ""
    method: str = ""
    deviations: dict[str, Decimal] = field(default_factory=dict)
    average_deviation: str | None = None
    runs: int | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def label(self) -> str:
        """The model, and what sets the row apart from others of it."""
        return f"{self.model} ({self.setting})" if self.setting else self.model

    def question(self, column: str) -> str | None:
        """Return what a figure answers, as the first half of a signature.

        Returns:
            None if there is no such figure, if the column is no task of ours, if no encoder's
            vectors gave it, or if the text or a rule is another one than ours or not known: such
            a figure is compared with nothing.
            Otherwise the question of a signature (`benchmark.results.Signature`) of a score that
            was computed by the same rules on verified data.
        """
        task = next((task for task in all_tasks() if task.id == column), None)
        if task is None or column not in self.scores or self.protocol.data != "senteval":
            return None
        if NO_VECTORS & set(self.marks):
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
