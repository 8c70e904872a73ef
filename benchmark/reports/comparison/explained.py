"""Where scores come from, as tables."""

from __future__ import annotations

from collections.abc import Iterator

from benchmark.comparisons.explain import Explanation
from benchmark.comparisons.matching import LETTERS
from benchmark.reports.comparison.explained_classes import class_sections
from benchmark.reports.comparison.explained_pairs import pair_sections
from benchmark.reports.comparison.explained_parts import part_sections
from benchmark.reports.comparison.explained_vectors import vector_sections
from benchmark.reports.comparison.figures import cautions, omissions, who_is_who
from benchmark.sheet import Section, Sheet


def explanation_sheet(found: Explanation) -> Sheet:
    """Return an explanation as tables: scores and subsets, pairs, vectors, classes."""
    results = [model.records[task].result for model in found.models for task in _explained(found)]
    return Sheet(
        opening=tuple(who_is_who(found.models)),
        sections=tuple(_sections(found)),
        closing=(*cautions(results), *omissions(found.left_out)),
    )


def _sections(found: Explanation) -> Iterator[Section]:
    letters = LETTERS[: len(found.models)]
    yield from part_sections(found.parts, letters, found.asked)
    yield from pair_sections(found.pairs, letters, found.asked)
    yield from vector_sections(found.analyses, [model.label for model in found.models], found.asked)
    yield from class_sections(found.confusions, letters, found.asked)


def _explained(found: Explanation) -> list[str]:
    similar, classes = (part.task for part in found.parts), (one.task for one in found.confusions)
    return [*similar, *classes]
