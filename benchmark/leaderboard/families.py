"""Families on a leaderboard: one row, the mean of its members, which are folded below it."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmark.leaderboard.contenders import Contender
from benchmark.leaderboard.statistics import Statistics, family_key
from benchmark.leaderboard.table_rows import (
    NO_GOLD,
    NO_PREDICTIONS,
    Cell,
    MeasuredRow,
    measured_row,
)
from benchmark.leaderboard.traits import Traits
from benchmark.metrics.spread import Spread, spread
from benchmark.results import Family, Member, StoredRun, shown_name
from benchmark.results.families import TRAINED_AGAIN
from benchmark.results.history import steps_of_one_run

DIFFERENT_QUESTIONS = "its members answer different questions"
ONE_RUN = "its members are steps of one training run"
TWO_STATES = "two states of one member have scores"


@dataclass(frozen=True)
class RankedFamily:
    """A family whose members stand in one ranking.

    Attributes:
        family: its name, and what is varied.
        members: those with scores of the leaderboard's tasks.
        contenders: the rows of each of them.
        absent: members without any.
    """

    family: Family
    members: tuple[Member, ...]
    contenders: tuple[Contender, ...]
    absent: tuple[Member, ...]

    @functools.cached_property
    def id(self) -> str:
        """What tells the row apart: the family, and what is asked."""
        asked = [line for one in self.contenders[:1] for line in one.questions.values()]
        content = "\0".join([self.family.name, *asked])
        return f"family-{hashlib.sha256(content.encode(errors='surrogatepass')).hexdigest()[:12]}"

    @property
    def label(self) -> str:
        """The name, how many members have scores, and whether these are approximate."""
        results = [result for one in self.contenders for result in one.results.values()]
        return shown_name(f"{self.family.name} ({len(self.members)})", results)

    @property
    def columns(self) -> list[str]:
        """The columns that every member has."""
        first, *others = self.contenders
        return [column for column in first.results if all(column in one.results for one in others)]


def together(
    families: Iterable[Family], rankings: Sequence[Sequence[Contender]]
) -> tuple[list[list[RankedFamily]], dict[str, list[str]]]:
    """Find the families whose members may be one row.

    Args:
        families: as they lie beside the records.
        rankings: the rows of each ranking.

    Returns:
        The families of each ranking, and why others are none: lines, by id of their members' rows.
    """
    found: list[list[RankedFamily]] = [[] for _ in rankings]
    apart: dict[str, list[str]] = {}
    for family in families:
        rows = [
            (place, member, contender)
            for place, contenders in enumerate(rankings)
            for contender in contenders
            for member in [family.member(contender.model, contender.fingerprint)]
            if member is not None
        ]
        everybody = {member for _, member, _ in rows}
        for place in {place: None for place, _, _ in rows}:
            here = {member: one for where, member, one in rows if where == place}
            reason = TWO_STATES if len(here) < sum(r[0] == place for r in rows) else ""
            reason = reason or (DIFFERENT_QUESTIONS if here.keys() != everybody else "")
            if family.varied == TRAINED_AGAIN and _of_one_run(here.values()):
                reason = ONE_RUN
            if not reason:
                members = tuple(member for member in family.members if member in here)
                absent = tuple(member for member in family.members if member not in here)
                contenders = tuple(here[member] for member in members)
                found[place].append(RankedFamily(family, members, contenders, absent))
                continue
            for one in here.values():
                said = f"of the family {family.name}, which is no row here: {reason}"
                apart.setdefault(one.id, []).append(said)
    return found, apart


def _of_one_run(contenders: Iterable[Contender]) -> bool:
    """Tell whether two of them are steps of one training run."""
    states = [StoredRun(one.model, one.fingerprint, one.label, one.records) for one in contenders]
    return steps_of_one_run(states) is not None


def family_row(
    family: RankedFamily,
    columns: Sequence[str],
    known: Statistics,
    described: Mapping[str, Traits],
) -> MeasuredRow:
    """Return the row of a family, without rank and marks; its members have none.

    Args:
        family: of one ranking.
        columns: ids, of the leaderboard.
        known: statistics of its rows.
        described: what kind of encoder the models of the catalogue are, by name.
    """
    rows = tuple(
        measured_row(one, columns, known, described.get(one.model, Traits()))
        for one in family.contenders
    )
    members = tuple(
        replace(
            row,
            label=shown_name(member.label, one.results.values()) if member.setting else row.label,
        )
        for member, one, row in zip(family.members, family.contenders, rows, strict=True)
    )
    spreads = {
        column: spread([100 * one.results[column].main_score for one in family.contenders])
        for column in family.columns
    }
    averages = [one.average(columns) for one in family.contenders]
    there = [average for average in averages if average is not None]
    average = spread(there) if len(there) == len(averages) and there else None
    found = known.rows.get(family_key(family.contenders, known.method))
    level = known.method.level
    intervals = {c: one.at(level) for c, one in found.scores.items()} if found else {}
    kinds = {row.traits for row in members}
    return MeasuredRow(
        id=family.id,
        label=family.label,
        model=family.family.name,
        cells={
            column: replace(_cell(found_spread), interval=intervals.get(column))
            for column, found_spread in spreads.items()
        },
        average=replace(
            _cell(average), interval=found.average.at(level) if found and found.average else None
        )
        if average
        else None,
        results={},
        signature=_shared(members),
        units=found.units if found else None,
        cautions=tuple(_cautions(family, members, columns, bool(found))),
        traits=kinds.pop() if len(kinds) == 1 else Traits(),
        members=members,
        varied=family.family.varied,
        spreads=spreads | ({"": average} if average else {}),
    )


def _cell(found: Spread) -> Cell:
    deviation = "" if found.deviation is None else f"{found.deviation:.2f}"
    return Cell(f"{found.mean:.2f}", exact=found.mean / 100, deviation=deviation)


def _shared(members: Sequence[MeasuredRow]) -> str:
    """Return the fields of signatures that all members have in common."""
    first, *others = ([*row.signature.split("|")] for row in members)
    return "|".join(field for field in first if all(field in other for other in others))


def _cautions(
    family: RankedFamily, members: Sequence[MeasuredRow], columns: Sequence[str], known: bool
) -> Iterable[str]:
    results = [result for one in family.contenders for result in one.results.values()]
    yield from dict.fromkeys(note for result in results for note in result.notes)
    if len(members) == 1:
        yield "one member, which has no standard deviation"
    if family.absent:
        yield f"without scores: {', '.join(member.label for member in family.absent)}"
    missing = [c for c in columns if c not in family.columns]
    if some := [c for c in missing if any(c in one.results for one in family.contenders)]:
        yield f"no mean on {', '.join(some)}, for not every member has a score"
    if not known:
        testable = all(one.testable for one in family.contenders)
        yield NO_GOLD if testable else NO_PREDICTIONS
