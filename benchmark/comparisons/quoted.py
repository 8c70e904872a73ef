"""Two scores of which one or both were only quoted: what can be said without predictions.

There is no test and no p-value: which sentences the two got right is not known. Known is how far
two encoders differ by the choice of the sentences, how far training again moves a score, and, where
rows print deviations over runs, whether the runs differ (Welch 1947).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from benchmark.comparisons.known_spread import (
    SeedSpread,
    seed_spread,
    sentence_errors,
)
from benchmark.comparisons.scored import GROUP, Scored, questions_of
from benchmark.comparisons.tables import LETTERS, LeftOut, by_reason
from benchmark.errors import UsageError
from benchmark.one_line import one_line
from benchmark.printable import Printable
from benchmark.results import PublishedProtocol, PublishedRow, PublishedTable
from benchmark.results.signature import parse_fields
from benchmark.tasks import table

KNOWN_RULES = {"agg": "all", "metric": "spearman", "sim": "cos"}
"""The question of which errors of differences were measured, on the tasks of `GROUP`."""

REACH = 1.96
"""Standard deviations within which 19 of 20 differences lie that chance alone makes."""


@dataclass(frozen=True, slots=True)
class RunsTest:
    """Welch's test of two means over training runs, on the same sentences.

    Attributes:
        t: the statistic.
        degrees: of freedom.
        p_value: two-sided.
    """

    t: float
    degrees: float
    p_value: float


@dataclass(frozen=True, slots=True)
class QuotedDifference:
    """Two scores of one column, or two averages, in points.

    Attributes:
        column: id of the task; None for the average.
        first, second: as printed.
        difference: of these, the first minus the second.
        sentences: least and largest standard error of such a difference.
        seeds: for each of the two what training again does; None where nothing is known.
        runs_test: where both print a deviation and its number of runs.
    """

    column: str | None
    first: Decimal
    second: Decimal
    difference: Decimal
    sentences: tuple[float, float]
    seeds: tuple[SeedSpread | None, SeedSpread | None]
    runs_test: RunsTest | None

    @property
    def of_training(self) -> tuple[float, float] | None:
        """Deviation of the difference when both are trained again; None where it is not known."""
        first, second = self.seeds
        if first is None or second is None:
            return None
        return (
            (first.low**2 + second.low**2) ** 0.5,
            (first.high**2 + second.high**2) ** 0.5,
        )

    @property
    def reach(self) -> tuple[float, float] | None:
        """What seeds alone give in 19 of 20 cases where neither method is better."""
        deviations = self.of_training
        return None if deviations is None else (REACH * deviations[0], REACH * deviations[1])


@dataclass(frozen=True, slots=True, repr=False)
class QuotedComparison(Printable):
    """Two scores, A and B, without predictions; differences are A minus B.

    Attributes:
        first, second: what they are of.
        tasks: in the order of the table.
        average: None where one of them prints none, or they are of other columns or questions.
        others: for each of the two what else is published for its method.
        left_out: columns that cannot be compared.
    """

    first: Scored
    second: Scored
    tasks: tuple[QuotedDifference, ...]
    average: QuotedDifference | None
    others: tuple[tuple[str, ...], tuple[str, ...]]
    left_out: tuple[LeftOut, ...]

    def __repr__(self) -> str:
        """Name the two."""
        names = one_line(self.first.name), one_line(self.second.name)
        return f"<QuotedComparison of {names[0]} and {names[1]}>"


# --- comparing ------------------------------------------------------------------------------------


def compare_quoted(
    first: Scored, second: Scored, tables: Iterable[PublishedTable] = ()
) -> QuotedComparison:
    """Say what can be said of the difference of two scores without predictions.

    Args:
        first: A.
        second: B.
        tables: in which other numbers for the same methods are looked for.

    Raises:
        UsageError: they are the same, or answer different questions.
    """
    if first == second:
        raise UsageError(f"A and B are the same row, {first.name}; name two")
    columns = [task.id for task in table(GROUP)]
    reasons = {column: _reason(column, first, second) for column in columns}
    able = [column for column in columns if not reasons[column]]
    left_out = tuple(LeftOut(column, reason) for column, reason in reasons.items() if reason)
    averages = first.average is not None and second.average is not None
    whole = averages and not any(_question_reason(column, first, second) for column in columns)
    if not able and not whole:
        raise UsageError(
            one_line(f"{first.name} and {second.name}: {'; '.join(by_reason(left_out))}")
        )
    every = list(tables)
    return QuotedComparison(
        first=first,
        second=second,
        tasks=tuple(_difference(column, first, second) for column in able),
        average=_difference(None, first, second) if whole else None,
        others=(_others(first, every), _others(second, every)),
        left_out=left_out,
    )


def _reason(column: str, first: Scored, second: Scored) -> str:
    """Say why a column cannot be compared; empty if it can."""
    having = [
        letter for letter, one in zip(LETTERS, (first, second), strict=True) if column in one.scores
    ]
    if len(having) < 2:
        return f"only {having[0]} has a score" if having else "neither has a score"
    return _question_reason(column, first, second)


def _question_reason(column: str, first: Scored, second: Scored) -> str:
    """Say why two do not answer one question of which something is known; empty if they do."""
    ours, theirs = first.questions.get(column), second.questions.get(column)
    if ours is None or theirs is None or ours != theirs:
        return (
            f"A and B answer different questions, or none of ours: {_unlike(first, second, column)}"
        )
    asked = parse_fields(ours)
    if any(asked.get(name) != value for name, value in KNOWN_RULES.items()):
        rules = ", ".join(f"{name} {asked.get(name, '')}" for name in KNOWN_RULES)
        known = ", ".join(f"{name} {value}" for name, value in KNOWN_RULES.items())
        return f"both are {rules}, and errors of differences are known of {known} alone"
    return ""


def _unlike(first: Scored, second: Scored, column: str) -> str:
    """Name the rules in which two differ, or that one does not state."""
    rules = [_rules(one, column) for one in (first, second)]
    told = []
    for name in (entry.name for entry in fields(PublishedProtocol) if entry.name != "pooler"):
        ours, theirs = (found.get(name, "") for found in rules)
        if name == "classifier" or (name == "split" and ours == theirs):
            continue
        if ours != theirs:
            told.append(f"{name} {ours or 'not stated'} and {theirs or 'not stated'}")
        elif not ours:
            told.append(f"{name} not stated")
        elif name == "data" and ours != "senteval":
            told.append(f"both on {ours} text")
    return ", ".join(told) or "the data is not that of the catalogue"


def _rules(one: Scored, column: str) -> dict[str, str]:
    if one.row is not None:
        protocol = one.row.protocol
        return {entry.name: str(getattr(protocol, entry.name)) for entry in fields(protocol)}
    asked = parse_fields(one.questions[column] or "")
    names = {"aggregation": "agg", "metric": "metric", "similarity": "sim"}
    return {name: asked.get(field, "") for name, field in names.items()} | {"data": "senteval"}


def _difference(column: str | None, first: Scored, second: Scored) -> QuotedDifference:
    ours, theirs = (
        one.scores[column] if column is not None else one.average or Decimal(0)
        for one in (first, second)
    )
    return QuotedDifference(
        column=column,
        first=ours,
        second=theirs,
        difference=ours - theirs,
        sentences=sentence_errors(column),
        seeds=(
            seed_spread(first.row, first.model, column),
            seed_spread(second.row, second.model, column),
        ),
        runs_test=_runs_test(ours, theirs, first.row, second.row, column),
    )


def _runs_test(
    ours: Decimal,
    theirs: Decimal,
    first: PublishedRow | None,
    second: PublishedRow | None,
    column: str | None,
) -> RunsTest | None:
    """Return Welch's test, where both rows print what it needs."""
    spreads = [_runs(row, column) for row in (first, second)]
    if spreads[0] is None or spreads[1] is None:
        return None
    from scipy.stats import ttest_ind_from_stats

    (deviation, runs), (other_deviation, other_runs) = spreads[0], spreads[1]
    found = ttest_ind_from_stats(
        float(ours), deviation, runs, float(theirs), other_deviation, other_runs, equal_var=False
    )
    errors = deviation**2 / runs, other_deviation**2 / other_runs
    degrees = sum(errors) ** 2 / (errors[0] ** 2 / (runs - 1) + errors[1] ** 2 / (other_runs - 1))
    return RunsTest(float(found.statistic), float(degrees), float(found.pvalue))


def _runs(row: PublishedRow | None, column: str | None) -> tuple[float, int] | None:
    if row is None or row.runs is None or row.runs < 2:
        return None
    printed_with_it = row.average_deviation if column is None else row.deviations.get(column)
    deviation = None if printed_with_it is None else float(printed_with_it)
    return (deviation, row.runs) if deviation else None


def _others(one: Scored, tables: Sequence[PublishedTable]) -> tuple[str, ...]:
    """Return other averages for the same method that answer the same question, in words.

    A method is known by its id, also that of a model of the catalogue that only some rows name.
    """
    rows = [row for one_table in tables if one_table.group == GROUP for row in one_table.rows]
    methods = {row.method for row in rows if one.model and row.catalogue == one.model}
    methods = ({one.row.method} if one.row is not None else methods) - {""}
    found = [
        f"{row.average} ({', '.join((row.label, row.table, row.status, *row.marks))})"
        for row in rows
        if row.average is not None and row != one.row
        if row.method in methods or (one.model and row.catalogue == one.model)
        if _asks_alike(row, one)
    ]
    return tuple(dict.fromkeys(found))


def _asks_alike(row: PublishedRow, one: Scored) -> bool:
    """Tell whether an average is of the same questions; some are reported without their tasks."""
    asked, columns = questions_of(row), [task.id for task in table(GROUP)]
    return all(
        asked.get(column) is not None and asked[column] == one.questions.get(column)
        for column in columns
    )
