"""The record of one score on disk: one JSON file for each model and task.

`benchmark/results/schema.json` is made from these classes; a field that changes its meaning
raises ``SCHEMA_VERSION``. The file also bears a checksum, see `benchmark.results.soundness`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Any

from msgspec import Meta

SCHEMA_VERSION = 3

LATER = ("training",)
"""Fields that came after the first records of this version: left out where they say nothing."""

AGAIN = "; score it again"
"""How a refusal of a record ends: ``run`` makes a sound one in its place."""

Score = Annotated[float, Meta(ge=-1.0, le=1.0)]
Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0.0)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class DataRecord:
    """The data a score was computed on.

    ``sha256`` identifies the content read; ``verified`` tells whether it is the published one.
    """

    dataset: str
    split: str
    sha256: Sha256
    verified: bool


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """The model as it was asked for, and its resolved identity.

    ``card`` holds the fields of `benchmark.encoders.EncoderCard`; ``fingerprint`` is null for
    an encoder that does not say who it is.
    """

    name: str
    fingerprint: Sha256 | None
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """The task of a score, with what tables of it need.

    Attributes:
        id: its name (``STS12``, ``MR/sklearn``).
        heading: what stands above its column.
        group: the table it belongs to; empty where that is not known.
        kind: the class of tasks that scored it (``similarity``).
        column: id of the column it fills: its own, or that of the task it is a variant of.
        table: ids of the columns of its table, in order; the average is over all of them.
        place: of that table among those of the papers; null for one that no catalogue has.
        protocol: by which classifiers are trained, empty where none is.
        aliases: other names it is asked for by.
        note: a caution that goes wherever the score goes.
        analysed: whether vectors are analysed when it is scored.
        classes: names of the classes of data of one's own, in the order of their numbers.
        citation: of data of one's own.
    """

    id: str
    heading: str
    group: str
    kind: str
    column: str
    table: tuple[str, ...] = ()
    place: Count | None = None
    protocol: str = ""
    aliases: tuple[str, ...] = ()
    note: str = ""
    analysed: bool = False
    classes: tuple[str, ...] = ()
    citation: str = ""

    @property
    def is_variant(self) -> bool:
        """Whether it is a column's task by other rules."""
        return self.column != self.id

    @property
    def shown(self) -> str:
        """What stands for it among tasks of other tables: its heading, a variant's id."""
        return self.id if self.is_variant else self.heading


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """Where in its training a model stood when it was scored.

    Attributes:
        run: name of the training run, which the names of its models begin with.
        step: updates of its weights so far.
        epoch: passes over the training data so far; null where nobody counts them.
    """

    run: str
    step: Count
    epoch: Annotated[float, Meta(ge=0.0)] | None = None


@dataclass(frozen=True, slots=True)
class TaskResult:
    """Everything known about one score.

    Attributes:
        schema_version: of this layout.
        task: id of the task.
        asked: the task itself, as tables show it.
        main_score: what the papers' tables show, as a fraction of 1, full precision.
        metric: of the main score.
        aggregation: of the main score, over subsets.
        scores: every score over the whole task, by aggregation and metric.
        subsets: every score of each subset, with its number of pairs.
        choices: what training chose for each fold: strength of the regularisation, passes; of a
            pair classification, thresholds over all pairs.
        counts: pairs, distinct sentences, zero vectors, truncated sentences.
        timings: seconds, of this task (score) and of the run it was part of.
        data: what it was computed on.
        model: what it was computed with.
        environment: versions, platform, device.
        signature: the long signature, see `benchmark.results.signature`.
        notes: cautions that go wherever the score goes.
        created: time of writing, ISO 8601, UTC.
        predictions_sha256: of the file beside the record that holds what each pair or sample
            got, see `benchmark.results.predictions`; null in records that keep none.
        analysis: what else was measured on the vectors: alignment, uniformity, recall at k.
        effort: of the distinct sentences, how many were encoded by the run that made the record,
            and how many were in the store of vectors; how many that run encoded for all its
            tasks, which is what ``encode_seconds`` was taken for.
        training: where in its training the model stood; not in the records of others.
    """

    schema_version: int
    task: str
    asked: TaskRecord
    main_score: Score
    metric: str
    aggregation: str
    scores: dict[str, dict[str, Score]]
    subsets: dict[str, dict[str, Score | Count]]
    counts: dict[str, Count]
    timings: dict[str, Seconds]
    data: DataRecord
    model: ModelRecord
    environment: dict[str, str]
    signature: str
    notes: tuple[str, ...]
    created: str
    choices: dict[str, dict[str, float]]
    predictions_sha256: Sha256 | None = None
    analysis: dict[str, float] = field(default_factory=dict)
    effort: dict[str, Count] = field(default_factory=dict)
    training: TrainingRecord | None = None

    @property
    def tested_samples(self) -> int | None:
        """Samples of the test set, or all: in nested cross-validation each is tested once."""
        return self.counts.get("test_samples", self.counts.get("samples"))


_MOST_BYTES = 120
"""File systems count bytes, and a temporary file has a longer name than its record."""


def slug(name: str) -> str:
    """Return a file name for a model or task name: ``org/name`` becomes ``org__name``.

    Whatever could leave the folder or trouble a file system becomes a ``-``.
    """
    safe = re.sub(r"[^\w.@+-]", "-", name.replace("/", "__"))
    short = re.sub(r"^\.+", "-", safe).encode()[:_MOST_BYTES].decode(errors="ignore")
    return short or "-"
