"""Numbers, models, cautions and omissions as reports on one model or two write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from benchmark.comparisons.comparison import Resampling
from benchmark.comparisons.tables import LETTERS, LeftOut, ResampledTable, by_reason
from benchmark.results import StoredRun, TaskResult, shown_name
from benchmark.results.signature import ABSENT, Fields, Signature, differences

VERSION = 1
"""Of the reports for programs."""

NOTHING = "-"
_ALWAYS = ("model", "weights", "pool")
_WHERE_SAID = ("base", "steps", "prompt", "template", "rules", "as")
"""Fields of a signature that say enough of a model that stands alone; these if there is one."""


def points(fraction: float | None) -> str:
    """Return a fraction of 1 times 100, as scores are printed."""
    return NOTHING if fraction is None else f"{100 * fraction:.2f}"


def signed_points(fraction: float) -> str:
    """Return the same with its sign; what rounds to zero has none."""
    text = f"{100 * fraction:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text


def probability(value: float) -> str:
    """Return a p-value with four decimals; it is never shown as zero."""
    return "<0.0001" if value < 0.00005 else f"{value:.4f}"


def who_is_who(models: Sequence[StoredRun]) -> Iterator[str]:
    """Yield one line for each model: its letter, its name, and what sets it apart."""
    halves = [_answerer(model) for model in models]
    fields = differences(halves[0], halves[-1]) if len(models) > 1 else None
    for place, (letter, model) in enumerate(zip(LETTERS, models, strict=False)):
        if fields is None:
            told = [f"{key} {value}" for key, value in halves[0].items() if _tells(key, value)]
        else:
            told = [f"{key} {values[place]}" for key, values in fields.items()]
        apart = [field for field in told if field != f"model {model.label}"]
        name = shown_name(model.label, (stored.result for stored in model.records.values()))
        yield f"{letter} = {name}" + (f" ({', '.join(apart)})" if apart else "")
    if fields is not None and not fields:
        yield "A and B have one signature: the same encoder"


def _tells(key: str, value: str) -> bool:
    return key in _ALWAYS or (key in _WHERE_SAID and value != ABSENT)


def cautions(results: Iterable[TaskResult]) -> Iterator[str]:
    """Yield what must be said wherever these scores go."""
    yield from dict.fromkeys(f"note: {note}" for result in results for note in result.notes)


def omissions(left_out: Sequence[LeftOut]) -> Iterator[str]:
    """Yield a line for the tasks that are not in the report, by reason."""
    yield from (f"left out: {line}" for line in by_reason(left_out))


def _answerer(model: StoredRun) -> Fields:
    return Signature.parse(next(iter(model.records.values())).result.signature).answered


def models_object(models: Sequence[StoredRun]) -> dict[str, Any]:
    """Return what a report for programs says of its models, by letter."""
    return {
        letter: {
            "label": model.label,
            "model": model.model,
            "signatures": {task: stored.result.signature for task, stored in model.records.items()},
        }
        for letter, model in zip(LETTERS, models, strict=False)
    }


def tasks_tested(count: int) -> str:
    """Return how many tasks were tested, in words."""
    return "1 task" if count == 1 else f"the {count} tasks"


def verdict_line(method: Resampling) -> str:
    """Return what the verdicts of a comparison mean."""
    return (
        f"verdict: adj. p (average: p) below {method.alpha:g}; unclear: the data do not tell, "
        "which is no proof that A and B are equal"
    )


def table_object(table: ResampledTable) -> dict[str, Any]:
    """Return what a report for programs says of a table beside its tasks."""
    return {
        "group": table.group,
        "protocol": table.protocol or None,
        "metric": table.measure.name,
        "drawn": table.units,
    }


def left_out_list(left_out: Sequence[LeftOut]) -> list[dict[str, str]]:
    """Return what a report for programs says of tasks that are not in it."""
    return [asdict(left) for left in left_out]
