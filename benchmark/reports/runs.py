"""Runs as the tables of the papers: models against tasks, and below who answered what."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from benchmark.escaping import csv_text, json_text
from benchmark.measures import MEASURES
from benchmark.one_line import one_line
from benchmark.reports.run_families import (
    SPREAD_HEADINGS,
    family_document,
    family_lines,
    family_rows,
    last_of,
    told_of,
)
from benchmark.results import (
    SCHEMA_VERSION,
    Results,
    Run,
    Runs,
    ScoredFamily,
    TaskRecord,
    TaskResult,
    in_order,
    is_averaged,
    printed,
    score_families,
    shorten,
    shown_name,
)
from benchmark.results.signature import asked_alike
from benchmark.sheet import Row, Section, Sheet, written
from benchmark.tasks import rows_are

MISSING = "-"
UNVERIFIED = "*"


def render_runs(runs: Sequence[Results], form: str = "table") -> str:
    """Return results of models in a format.

    Args:
        runs: one row each.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.

    Raises:
        UsageError: an unknown format.
    """
    families = score_families(runs.families, runs) if isinstance(runs, Runs) else []
    return written(
        form,
        lambda: runs_sheet(runs, families),
        csv=lambda: _csv(runs, families),
        json=lambda: _json(runs, families),
    )


def runs_sheet(runs: Sequence[Results], families: Sequence[ScoredFamily] = ()) -> Sheet:
    """Return one table for each group that was asked of any run, with its headings as printed.

    A score is times 100 with two decimals, a dash where there is none; scores on unverified
    data carry a star, and a model whose scores are approximate says so behind its name. The
    average is left out for a group of one task, and is a dash unless every task of the group is
    there. Below the last member of a family stand its mean and deviation, and the least and the
    greatest score.
    """
    groups = dict.fromkeys(group for run in runs for group in run.groups)
    return Sheet(
        opening=(),
        sections=tuple(_section(group, runs, families) for group in groups),
        closing=(
            *(line for run in runs for line in _closing(run)),
            *(line for family in families for line in told_of(family)),
        ),
        verbatim=True,
    )


def _section(group: str, runs: Sequence[Results], families: Sequence[ScoredFamily]) -> Section:
    asked = {task.id: task for run in runs for task in run.asked.values() if task.group == group}
    tasks = in_order(asked.values())
    averaged = is_averaged(asked.values(), group)
    headings = ("Model", *_headings(tasks), *(("Avg.",) if averaged else ()))
    rows = []
    for run in runs:
        average = run.average(group)
        mean = (MISSING if average is None else f"{average:.2f}",) if averaged else ()
        cells = [_cell(run, task.id) for task in tasks]
        name = shown_name(run.label, run.results.values())
        rows.append(Row((name, *cells, *mean)))
        for family in families:
            if run is last_of(family, runs):
                rows += family_rows(family, [task.id for task in tasks], group if averaged else "")
    return Section(
        "",
        headings,
        "l" + "r" * (len(headings) - 1),
        tuple(rows),
        caption=_caption(group, runs),
        label=group,
        marked=True,
    )


def _caption(group: str, runs: Sequence[Results]) -> str:
    """Return what a table for a paper says of itself: measure, protocol, marks."""
    found = [result for run in runs for result in run.values() if result.asked.group == group]
    measures = dict.fromkeys(MEASURES[r.metric].title for r in found if r.metric in MEASURES)
    protocol = asked_alike(result.signature for result in found)
    parts = [
        f"{group}: {'; '.join(measures)}." if measures else f"{group}.",
        f"Protocol: {', '.join(map(' '.join, protocol.items()))}." if protocol else "",
        "Bold is the best, underlined the second best of a column.",
        "*: on data that is not verified to be that of the papers, hence not marked."
        if not all(result.data.verified for result in found)
        else "",
    ]
    return " ".join(part for part in parts if part)


def _headings(tasks: Sequence[TaskRecord]) -> list[str]:
    """Where a task and a variant of it stand side by side, the variant goes by its id."""
    printed_as = [task.heading for task in tasks]
    return [task.shown if printed_as.count(task.heading) > 1 else task.heading for task in tasks]


def _cell(run: Results, task_id: str) -> str:
    result = run.results.get(task_id)
    if result is None:
        return MISSING
    return printed(result.main_score) + ("" if result.data.verified else UNVERIFIED)


# --- below the tables: who answered, the signature, cautions, the time taken ----------------------


def _closing(run: Results) -> Iterator[str]:
    name = one_line(run.label)
    if not run.results:
        yield f"{name}: not scored"
    for results in _by_checkpoint(run):
        yield f"{name} = {one_line(_resolved(results[0]))}"
        yield from _signatures(run, results)
    yield from (f"  {line}" for result in run.values() for line in _thresholds(result))
    if isinstance(run, Run) and run.results:
        yield f"  {_effort(run)}"
    notes = dict.fromkeys(note for result in run.results.values() for note in result.notes)
    yield from (f"  note: {one_line(note)}" for note in notes)


def _signatures(run: Results, results: Sequence[TaskResult]) -> Iterator[str]:
    """One for each table, so that what else was asked does not change it."""
    scored = {result.task: result for result in results}
    for group in run.groups:
        asked = [task.id for task in run.asked.values() if task.group == group]
        part = [scored[task] for task in asked if task in scored]
        if part:
            label = "signature" if len(run.groups) == 1 else f"signature of {group}"
            yield f"  {label} {shorten(part)}"


_BEST = (("F1", "f1", "f1_threshold"), ("accuracy", "accuracy", "accuracy_threshold"))


def _thresholds(result: TaskResult) -> Iterator[str]:
    """Say what a record of labelled pairs holds beside its score."""
    if rows_are(result.asked.kind) != "labelled pairs":
        return
    scores, chosen = result.scores.get("all", {}), result.choices.get("all", {})
    told = [
        f"best {name} {printed(scores[metric])} from a cosine of {chosen[threshold]:.4f}"
        for name, metric, threshold in _BEST
        if metric in scores and threshold in chosen
    ]
    told += [f"ROC AUC {printed(scores['roc_auc'])}"] if "roc_auc" in scores else []
    if told:
        yield f"{one_line(result.asked.shown)}: {', '.join(told)}"


def _by_checkpoint(run: Results) -> list[list[TaskResult]]:
    """Group results by the checkpoint that gave them: a model may have one for each kind."""
    found: dict[str, list[TaskResult]] = {}
    for result in run.values():
        found.setdefault(str(sorted(result.model.card.items())), []).append(result)
    return list(found.values())


def _resolved(result: TaskResult) -> str:
    card = result.model.card
    revision = f" at {card['revision']}" if card.get("revision") else ""
    weights = card.get("weights_sha256")
    known = f", weights sha256 {weights[:12]}…" if weights else ", weights not identified"
    return f"{card.get('source') or card['name']}{revision}{known}"


_TIMED = {
    "look_up_seconds": "look-up",
    "load_seconds": "loading",
    "encode_seconds": "encoding",
    "score_seconds": "scoring",
}
_WORTH_DIVIDING = 10
"""Seconds."""
_WORTH_NAMING = 0.01
"""Of all."""


def _effort(run: Run) -> str:
    seconds = run.timings.get("total_seconds", 0.0)
    parts = []
    if run.counts.get("distinct_sentences"):
        tokens = f" ({run.counts['tokens']:,} tokens)" if run.counts.get("tokens") else ""
        parts.append(f"{run.counts['distinct_sentences']:,} distinct sentences{tokens}")
        sentences = run.counts["distinct_sentences"]
        stored = sentences - run.counts.get("encoded_sentences", sentences)
        if stored:
            parts.append(f"{stored:,} of them from the store")
    if run.counts.get("truncated"):
        parts.append(f"{run.counts['truncated']:,} of them cut at the model's limit")
    zero = sum(result.counts.get("zero_vectors", 0) for result in run.results.values())
    if zero:
        parts.append(f"{zero:,} zero vectors")
    if run.resumed:
        tasks = "1 task" if len(run.resumed) == 1 else f"{len(run.resumed)} tasks"
        parts.append(f"{tasks} taken from an earlier run")
    parts.append(f"{seconds:.1f} s{_divided(run, seconds)}")
    return ", ".join(parts)


def _divided(run: Run, seconds: float) -> str:
    """Say what a run's time went into, where it is long enough to ask."""
    if seconds < _WORTH_DIVIDING:
        return ""
    known = {what: run.timings.get(key, 0.0) for key, what in _TIMED.items()}
    known["other"] = seconds - sum(known.values())
    told = [f"{what} {part:.1f}" for what, part in known.items() if part >= _WORTH_NAMING * seconds]
    return f" ({', '.join(told)})" if told else ""


# --- for programs ---------------------------------------------------------------------------------


def _csv(runs: Sequence[Results], families: Sequence[ScoredFamily]) -> str:
    """One line for each model and task: tables of several groups have no common columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["model", "task", "score", "signature", *(SPREAD_HEADINGS if families else ())])
    for run in runs:
        for task in run.asked:
            result = run.results.get(task)
            score = "" if result is None else repr(result.main_score)
            writer.writerow(
                [csv_text(one_line(run.label)), task, score, result.signature if result else ""]
            )
    for family in families:
        writer.writerows(family_lines(family))
    return text.getvalue().rstrip("\n")


def _json(runs: Sequence[Results], families: Sequence[ScoredFamily]) -> str:
    document = {"schema_version": SCHEMA_VERSION, "runs": [run.to_dict() for run in runs]}
    if families:
        document["families"] = [family_document(family) for family in families]
    return json_text(document)
