"""The same reports as JSON, for programs. Scores, differences and offsets are fractions of 1."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmark.comparisons.comparison import Comparison, GroupComparison, TaskComparison, Verdict
from benchmark.comparisons.disagreement import JudgedPair
from benchmark.comparisons.explain import Explanation
from benchmark.comparisons.matching import LETTERS, LeftOut
from benchmark.comparisons.vector_analysis import VectorAnalysis
from benchmark.metrics.resampling import PairedOutcome
from benchmark.results import StoredRun

VERSION = 1

_VERDICTS: Mapping[Verdict, str] = {
    Verdict.FIRST: "A",
    Verdict.SECOND: "B",
    Verdict.UNCLEAR: "unclear",
    Verdict.IDENTICAL: "identical",
}


def comparison_document(comparison: Comparison) -> str:
    """Return a comparison as a JSON object; differences are A minus B."""
    return _encoded(
        {
            "schema_version": VERSION,
            "models": _models((comparison.first, comparison.second)),
            "method": {
                **asdict(comparison.resampling),
                "interval": "percentile",
                "test": "exchange",
                "correction": "holm",
                "tests": comparison.tests,
            },
            "groups": [_group(group) for group in comparison.groups],
            "left_out": _left_out(comparison.left_out),
        }
    )


def explanation_document(found: Explanation) -> str:
    """Return an explanation as a JSON object; lists inside have one entry for each model."""
    return _encoded(
        {
            "schema_version": VERSION,
            "models": _models(found.models),
            "parts": [asdict(part) for part in found.parts],
            "pairs": {
                "farthest": _pairs(found.pairs.farthest),
                "a_nearer": _pairs(found.pairs.first_nearer),
                "b_nearer": _pairs(found.pairs.second_nearer),
            },
            "vectors": [_vectors(analysis) for analysis in found.analyses],
            "confusions": [asdict(confusion) for confusion in found.confusions],
            "left_out": _left_out(found.left_out),
        }
    )


def _encoded(document: Mapping[str, Any]) -> str:
    # The standard library's encoder spells out whatever is not ASCII: safe on any terminal.
    return json.dumps(document, indent=2, allow_nan=False)


def _models(models: Sequence[StoredRun]) -> dict[str, Any]:
    return {
        letter: {
            "label": model.label,
            "model": model.model,
            "signatures": {task: stored.result.signature for task, stored in model.records.items()},
        }
        for letter, model in zip(LETTERS, models, strict=False)
    }


def _group(group: GroupComparison) -> dict[str, Any]:
    average = group.average
    return {
        "group": group.group,
        "protocol": group.protocol or None,
        "metric": group.measure.name,
        "drawn": group.units,
        "tasks": [_task(task) for task in group.tasks],
        "average": average
        and {
            "tasks": average.tasks,
            "printed": average.printed and [f"{score:.2f}" for score in average.printed],
            **_outcome(average.outcome),
            "verdict": _VERDICTS[average.verdict],
        },
    }


def _task(task: TaskComparison) -> dict[str, Any]:
    return {
        "task": task.task.id,
        "rows": task.rows,
        "scores": task.scores,
        **_outcome(task.outcome),
        "adjusted_p_value": task.outcome.adjusted_p_value,
        "discordance": task.discordance and asdict(task.discordance),
        "verdict": _VERDICTS[task.verdict],
    }


def _outcome(outcome: PairedOutcome) -> dict[str, Any]:
    return {
        "difference": outcome.difference,
        "low": outcome.interval.low,
        "high": outcome.interval.high,
        "standard_error": outcome.standard_error,
        "p_value": outcome.p_value,
    }


def _pairs(pairs: Sequence[JudgedPair]) -> list[dict[str, Any]]:
    return [asdict(pair) for pair in pairs]


def _vectors(analysis: VectorAnalysis) -> dict[str, Any]:
    quoted = [
        {**asdict(row), "figures": {name: float(value) for name, value in row.figures.items()}}
        for row in analysis.published
    ]
    return {
        "task": analysis.task,
        "measured": list(analysis.measured),
        "published": quoted,
        "cautions": analysis.cautions,
    }


def _left_out(left_out: Sequence[LeftOut]) -> list[dict[str, str]]:
    return [asdict(left) for left in left_out]
