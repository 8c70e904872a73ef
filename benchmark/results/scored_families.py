"""Families with the results of their members: what judges and tables work on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmark.errors import UnreadableRecord
from benchmark.metrics.spread import Spread, spread
from benchmark.one_line import one_line
from benchmark.results.collection import as_stored, joined_by_model
from benchmark.results.families import Family, Member
from benchmark.results.run import Results
from benchmark.results.signature import Signature
from benchmark.results.tables import average


@dataclass(frozen=True, slots=True)
class ScoredFamily:
    """A family, and what each of its members scored.

    Attributes:
        family: its name, and what is varied.
        members: those that have results, in the order of the family; at least one.
        runs: the results of each of them.
        unscored: members of which no result is there.
    """

    family: Family
    members: tuple[Member, ...]
    runs: tuple[Results, ...]
    unscored: tuple[Member, ...] = ()

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.family.name

    @property
    def varied(self) -> str:
        """What is another in each member."""
        return self.family.varied

    @property
    def labels(self) -> tuple[str, ...]:
        """What tables call each member that has results."""
        pairs = zip(self.members, self.runs, strict=True)
        return tuple(member.label if member.setting else run.label for member, run in pairs)

    def score(self, task_id: str) -> Spread | None:
        """Return the spread of the main score of a task, in fractions of 1 at full precision.

        None unless every member has it, by the same question: members that answer different
        ones have no mean.
        """
        results = [run.results.get(task_id) for run in self.runs]
        there = [result for result in results if result is not None]
        questions = {Signature.parse(result.signature).question for result in there}
        if len(there) < len(results) or len(questions) > 1:
            return None
        return spread([result.main_score for result in there])

    def average(self, group: str) -> Spread | None:
        """Return the spread of the averages of a table as the papers print them, in points.

        None unless every member has one, of columns that all of them answer alike.
        """
        alike = [task for task in self.runs[0].results if self.score(task)]
        averages = [average((run.results[task] for task in alike), group) for run in self.runs]
        there = [found for found in averages if found is not None]
        return spread(there) if len(there) == len(averages) else None


def fingerprints_of(run: Results) -> tuple[str, ...]:
    """Return the states of a run: one, one for each kind of tasks, or none where nobody knows."""
    states = dict.fromkeys(result.model.fingerprint for result in run.results.values())
    return tuple(state for state in states if state)


def score_families(families: Iterable[Family], runs: Sequence[Results]) -> list[ScoredFamily]:
    """Return families with the results of their members, without those that have none at all.

    Args:
        families: of `benchmark.results.families.read_families`, or made.
        runs: results of any models, each state by itself as `benchmark.results.collect` has them.

    Raises:
        UnreadableRecord: two states that are named as one member have scores of one task.
    """
    found = (_scored(family, runs) for family in families)
    return [family for family in found if family is not None]


def _scored(family: Family, runs: Sequence[Results]) -> ScoredFamily | None:
    there = [(member, _results_of(member, family, runs)) for member in family.members]
    scored = [(member, run) for member, run in there if run is not None]
    if not scored:
        return None
    members, results = zip(*scored, strict=True)
    unscored = tuple(member for member, run in there if run is None)
    return ScoredFamily(family, members, results, unscored)


def _results_of(member: Member, family: Family, runs: Sequence[Results]) -> Results | None:
    states = _each_once(run for run in runs if member.has(run.model, run.fingerprint))
    if len(states) < 2:
        return next(iter(states), None)
    joined = joined_by_model(map(as_stored, states))
    if len(joined) > 1:
        raise UnreadableRecord(
            f"family {one_line(family.name)}: its member {one_line(member.label)} names "
            f"{len(states)} states that have scores of one task; each is a member of its own"
        )
    return joined[0]


def _each_once(runs: Iterable[Results]) -> list[Results]:
    """Return runs without those that hold nothing new.

    Two settings of one run may come to the same state, and then it is scored under both names.
    """
    found: list[Results] = []
    known: set[tuple[str, str]] = set()
    for run in runs:
        scored = {
            (result.model.fingerprint, task)
            for task, result in run.results.items()
            if result.model.fingerprint
        }
        if len(scored) < len(run.results) or not scored <= known:
            found.append(run)
        known |= scored
    return found
