"""Taking new scores into a baseline, and what that changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from benchmark.gate.baseline import Baseline, Entry, entry_of
from benchmark.gate.records import Key, in_order, keyed
from benchmark.measures import Tolerance
from benchmark.results import Results
from benchmark.tasks import KINDS, known_task


@dataclass(frozen=True, slots=True)
class Update:
    """A baseline with new scores in it.

    Attributes:
        baseline: as it is now.
        added: entries it did not have.
        changed: old and new entry, where score, question or encoder differ.
        unchanged: entries whose results are what they were.
        not_run: entries without a result; kept.
        removed: entries without a result; removed.
    """

    baseline: Baseline
    added: tuple[Key, ...]
    changed: Mapping[Key, tuple[Entry, Entry]]
    unchanged: tuple[Key, ...]
    not_run: tuple[Key, ...]
    removed: tuple[Key, ...]


def updated(baseline: Baseline, runs: Iterable[Results], *, prune: bool = False) -> Update:
    """Return a baseline with the scores of these runs.

    Tolerances and reasons written by hand stay. An entry whose score and provenance are what they
    were stays whole, its environment too, so that a diff shows changes of scores only.

    Args:
        baseline: the old one; an empty one to begin with.
        runs: what was scored now.
        prune: remove entries that have no result, instead of keeping them.

    Raises:
        UsageError: a model has two records of one task.
        UnreadableRecord: a record contradicts itself.
    """
    old = baseline.entries
    new = {key: entry_of(record) for key, record in keyed(runs).items()}
    changed = {
        key: (old[key], replace(entry, tolerance=old[key].tolerance, reason=old[key].reason))
        for key, entry in new.items()
        if key in old and not _same(old[key], entry)
    }
    left = [key for key in old if key not in new]
    entries = {key: entry for key, entry in old.items() if key in new or not prune}
    entries |= {key: entry for key, entry in new.items() if key not in old}
    entries |= {key: entry for key, (_, entry) in changed.items()}
    entries = {key: entries[key] for key in in_order(entries)}
    return Update(
        baseline=Baseline(baseline.path, entries, _tolerances(baseline.tolerances, entries)),
        added=tuple(key for key in new if key not in old),
        changed=changed,
        unchanged=tuple(key for key in new if key in old and key not in changed),
        not_run=() if prune else tuple(left),
        removed=tuple(left) if prune else (),
    )


def _same(old: Entry, new: Entry) -> bool:
    before, after = old.provenance, new.provenance
    return (old.score, before.question, before.answerer, before.fingerprint) == (
        new.score,
        after.question,
        after.answerer,
        after.fingerprint,
    )


def _tolerances(written: Mapping[str, Tolerance], entries: Iterable[Key]) -> dict[str, Tolerance]:
    """Write the defaults out for each group that has none, where a reader can change them."""
    defaults = {
        task.group: KINDS[task.kind].measure.tolerance
        for task in map(known_task, dict.fromkeys(task for _, task in entries))
        if task is not None
    }
    return {**defaults, **written}
