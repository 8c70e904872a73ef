"""What stands under a table: who answered, the signature, cautions, the time taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmark.one_line import one_line
from benchmark.results import Run, TaskResult, shorten


def footer(runs: Sequence[Run]) -> str:
    """Return the lines under the table, for each run in turn."""
    return "\n".join(line for run in runs for line in _lines(run))


def _lines(run: Run) -> Iterator[str]:
    name = one_line(run.model)
    if not run.results:
        yield f"{name}: not scored"
    for results in _by_checkpoint(run):
        yield f"{name} = {one_line(_resolved(results[0]))}"
        yield from _signatures(run, results)
    if run.results:
        yield f"  {_effort(run)}"
    notes = dict.fromkeys(note for result in run.results.values() for note in result.notes)
    yield from (f"  note: {one_line(note)}" for note in notes)


def _signatures(run: Run, results: Sequence[TaskResult]) -> Iterator[str]:
    """One for each table, so that what else was asked does not change it."""
    scored = {result.task: result for result in results}
    for group in run.groups:
        part = [scored[task.id] for task in run.tasks if task.group == group and task.id in scored]
        if part:
            label = "signature" if len(run.groups) == 1 else f"signature of {group}"
            yield f"  {label} {shorten(part)}"


def _by_checkpoint(run: Run) -> list[list[TaskResult]]:
    """Group results by the checkpoint that gave them: a model may have one for each kind."""
    ordered = [run.results[task.id] for task in run.tasks if task.id in run.results]
    found: dict[str, list[TaskResult]] = {}
    for result in ordered:
        found.setdefault(str(result.model.card), []).append(result)
    return list(found.values())


def _resolved(result: TaskResult) -> str:
    card = result.model.card
    revision = f" at {card['revision']}" if card.get("revision") else ""
    weights = card.get("weights_sha256")
    known = f", weights sha256 {weights[:12]}…" if weights else ", weights not identified"
    return f"{card.get('source') or card['name']}{revision}{known}"


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
    parts.append(f"{seconds:.1f} s")
    return ", ".join(parts)
