"""What unfolds below a row, as blocks that a template prints one after another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """A term, its value, and what the term means (may be empty); ``url`` is safe to follow."""

    term: str
    value: str
    meaning: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts under one heading."""

    heading: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table of scores.

    Attributes:
        label: of a task or subset.
        level: 0 for a task, 1 for what belongs to it.
        values: one text for each heading, empty where there is none.
    """

    label: str
    level: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores by task and subset; ``headings`` stand above the values of the lines."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Copyable:
    """A text to take along, and what stands above it."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Details:
    """All that is known of a row.

    Attributes:
        cautions: sentences.
        scores: None for quoted rows.
        facts: blocks.
        texts: BibTeX of the source and of the model's paper, the signature on one line.
    """

    cautions: tuple[str, ...]
    scores: Scores | None
    facts: tuple[Facts, ...]
    texts: tuple[Copyable, ...]
