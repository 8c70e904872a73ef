"""Every score of a row by task and subset, as lines of one table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from benchmark.leaderboard import Column, MeasuredRow
from benchmark.measures import MEASURES
from benchmark.reports.leaderboard.wording import points
from benchmark.reports.page.details import Line, Scores
from benchmark.results import TaskResult, printed

_INTERVAL = "interval"
_COUNT = "rows"
_AGGREGATIONS = {"all": "all rows together", "mean": "mean of subsets", "wmean": "weighted mean"}

_Values = dict[str, str]


def scores_of(row: MeasuredRow, columns: Iterable[Column]) -> Scores:
    """Return the scores of a row, tasks in the order of the columns, each before its subsets."""
    found: list[tuple[str, int, _Values]] = []
    for column in columns:
        result = row.results.get(column.id)
        if result is not None:
            interval = row.cells[column.id].interval
            shown = {_INTERVAL: points(interval, 2)} if interval else {}
            trained = MEASURES[result.metric].judges_rows
            lines = list(_trained(result) if trained else _similar(result))
            found.append((column.heading, 0, _count(result.counts) | lines[0][1] | shown))
            found += [(label, 1, values) for label, values in lines[1:]]
    headings = tuple(dict.fromkeys(name for _, _, values in found for name in values))
    return Scores(
        headings,
        tuple(
            Line(label, level, tuple(values.get(name, "") for name in headings))
            for label, level, values in found
        ),
    )


def _similar(result: TaskResult) -> Iterator[tuple[str, _Values]]:
    """The main score first; other aggregations and subsets only where there are several."""
    whole = result.scores.get(result.aggregation, {})
    yield "", _percent(dict(sorted(whole.items(), key=lambda score: score[0] != result.metric)))
    if len(result.subsets) > 1:
        for name, scores in result.scores.items():
            if name != result.aggregation:
                yield _AGGREGATIONS.get(name, name), _percent(scores)
        for name, scores in result.subsets.items():
            yield name, _subset(scores)


def _trained(result: TaskResult) -> Iterator[tuple[str, _Values]]:
    whole = {
        f"{split} {metric}": score
        for split, scores in sorted(result.scores.items())
        for metric, score in scores.items()
    }
    yield "", _percent(whole)
    for name in sorted(result.subsets, key=_natural):
        values = {key.replace("_", " "): score for key, score in result.subsets[name].items()}
        chosen = {key: f"{value:g}" for key, value in result.choices.get(name, {}).items()}
        yield name, _subset(values) | chosen


def _subset(scores: Mapping[str, float]) -> _Values:
    return _count(scores) | _percent(
        {name: score for name, score in scores.items() if name not in ("pairs", "samples")}
    )


def _count(counts: Mapping[str, float]) -> _Values:
    count = counts.get("pairs", counts.get("samples"))
    return {} if count is None else {_COUNT: f"{int(count):,}"}


def _percent(scores: Mapping[str, float]) -> _Values:
    return {name: printed(score) for name, score in scores.items()}


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort fold 2 before fold 10."""
    return [(int(part or 0), rest) for part, rest in re.findall(r"(\d*)(\D*)", name, re.ASCII)]
