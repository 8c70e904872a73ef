"""What a step is, what it was fitted on, and how several are applied one after another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from benchmark.errors import ModelError, UsageError

Matrix: TypeAlias = NDArray[np.float32]

NOT_IN_NAMES = set("|,@ ")
"""They separate what a signature says."""


@runtime_checkable
class Step(Protocol):
    """Something done to vectors after they were looked up, before they are scored.

    What a row becomes must depend on that row alone.
    """

    @property
    def name(self) -> str:
        """All that decides what it does, on one line without blanks: ``truncate:256``."""
        ...

    def apply(self, vectors: Matrix) -> Matrix:
        """Return the (n, k) float32 rows for (n, d) float32 rows, which are left as they are."""
        ...


@runtime_checkable
class FittableStep(Protocol):
    """A step that first learns something from vectors, never from gold."""

    @property
    def name(self) -> str:
        """All that decides what it does but for what it is fitted on: ``whiten:256``."""
        ...

    @property
    def corpus(self) -> Corpus | None:
        """What it is fitted on: named sentences, or None for each task's own.

        A score then depends on no other task that was asked, and the signature holds the hash of
        the task's data anyhow.
        """
        ...

    def fit(self, vectors: Matrix) -> Step:
        """Return the step that these (n, d) float32 rows of distinct sentences give."""
        ...


AnyStep: TypeAlias = Step | FittableStep


@dataclass(frozen=True, slots=True)
class Corpus:
    """Sentences by name, for a step to be fitted on; each counts once.

    Attributes:
        name: what signatures call them, beside their hash.
        sentences: at least one.
    """

    name: str
    sentences: tuple[str, ...]

    def __post_init__(self) -> None:
        """Keep each sentence once, in order of first appearance."""
        object.__setattr__(self, "sentences", tuple(dict.fromkeys(self.sentences)))
        _require_name("a corpus", self.name)
        if not self.sentences:
            raise UsageError(f"corpus {self.name}: holds no sentence to fit a step on")

    def __str__(self) -> str:
        """Who they are, content included: ``nli/0c1d2e3f4a5b``."""
        content = json.dumps(self.sentences).encode()
        return f"{self.name}/{hashlib.sha256(content).hexdigest()[:12]}"


def label_of(step: AnyStep) -> str:
    """Return what a card says of a step: its name, and what it is fitted on.

    That is ``@own`` for each task's own sentences.
    """
    if not isinstance(step, FittableStep):
        return step.name
    return f"{step.name}@{step.corpus or 'own'}"


def sound_steps(steps: Any) -> tuple[AnyStep, ...]:
    """Return steps that someone wrote, if they can be signed and applied in this order.

    Raises:
        UsageError: one line says what is wrong.
    """
    if not isinstance(steps, (list, tuple)):
        raise UsageError(f"steps: a {type(steps).__name__}, where a list or tuple of steps belongs")
    own = None
    for step in steps:
        if isinstance(step, type) or not isinstance(step, (Step, FittableStep)):
            raise UsageError(
                f"steps: {step!r} is none: a step has a name, and apply(vectors) or, beside a "
                "corpus, fit(vectors)"
            )
        _require_name("a step", step.name)
        if not isinstance(step, FittableStep):
            continue
        if step.corpus is None:
            own = step
        elif own is not None:
            raise UsageError(
                f"steps: {label_of(step)} cannot follow {label_of(own)}, which differs from task "
                "to task; fit both on named sentences, or both on each task's own"
            )
    return tuple(steps)


def _require_name(what: str, name: object) -> None:
    if not (isinstance(name, str) and name and name.isprintable()) or NOT_IN_NAMES & set(name):
        raise UsageError(
            f"{what} is called {name!r}: signatures take names of printable characters without "
            "blanks and | , @"
        )


def sentences_to_fit_on(steps: Iterable[AnyStep]) -> list[str]:
    """Return the named sentences that steps are fitted on; they need vectors, too."""
    corpora = [step.corpus for step in steps if isinstance(step, FittableStep)]
    return [sentence for corpus in corpora if corpus for sentence in corpus.sentences]


def fit_on_corpora(
    steps: Iterable[AnyStep], vectors_of: Callable[[Sequence[str]], Matrix]
) -> tuple[AnyStep, ...]:
    """Return these steps, those fitted on named sentences being so.

    Args:
        steps: each is fitted on what those before it make of its sentences.
        vectors_of: gives the (n, d) rows of n sentences.

    Raises:
        ModelError, UsageError: a step cannot be fitted or applied.
    """
    fitted: list[AnyStep] = []
    for step in steps:
        if isinstance(step, FittableStep) and step.corpus is not None:
            step = step.fit(apply_steps(fitted, vectors_of(step.corpus.sentences)))  # noqa: PLW2901
        fitted.append(step)
    return tuple(fitted)


def apply_steps(steps: Iterable[AnyStep], vectors: Matrix) -> Matrix:
    """Return the (n, k) rows that steps make of (n, d) rows; what is to be fitted is, on them.

    Raises:
        ModelError: a step returned something else than rows.
        UsageError: one cannot be done with these vectors.
    """
    for step in steps:
        ready = step.fit(vectors) if isinstance(step, FittableStep) else step
        vectors = _rows(label_of(step), ready.apply(vectors), len(vectors))
    return vectors


def _rows(label: str, answer: object, rows: int) -> Matrix:
    found = np.asarray(answer)
    if found.dtype != np.float32 or found.ndim != 2 or len(found) != rows or not found.shape[1]:
        raise ModelError(
            f"step {label}: apply returned {found.dtype} of shape {found.shape} for {rows} "
            f"vectors, not float32 of shape ({rows}, d)"
        )
    return found
