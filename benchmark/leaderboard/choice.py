"""Which rows of a leaderboard are shown: by name, by glob, and quoted ones by their source."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from benchmark.comparisons import quoted_rows
from benchmark.errors import UsageError
from benchmark.globs import is_glob, matches
from benchmark.leaderboard.contenders import Contender
from benchmark.leaderboard.lineup import Lineup, Ranking, Unranked
from benchmark.results import PublishedRow, PublishedTable
from benchmark.suggestions import did_you_mean

Place = Literal["ranked", "last"]
"""Of rows of ours: where their average puts them, or below all quoted ones."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows are shown, and how.

    Attributes:
        rows: names and globs of measured rows and families; ``published:NAME`` for quoted ones,
            by their name, by a glob, or all of a source or table. None for all rows.
        own: where rows of ours stand.
        baseline: name of the measured row that the others are tested against; empty for none.
    """

    rows: tuple[str, ...] = ()
    own: Place = "ranked"
    baseline: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows that are meant.

    Attributes:
        lineup: with these rows alone.
        baseline: the row that others are tested against.
    """

    lineup: Lineup
    baseline: Contender | None


def choose(lineup: Lineup, tables: Sequence[PublishedTable], choice: Choice) -> Chosen:
    """Return the rows that are meant; the baseline is always one of them.

    Args:
        lineup: all rows of the leaderboard.
        tables: that its quoted rows are from.
        choice: what was asked for.

    Raises:
        UsageError: a name means no row, or several where one is meant.
    """
    baseline = _baseline(choice.baseline, lineup) if choice.baseline else None
    if not choice.rows:
        return Chosen(lineup, baseline)
    ours = {baseline.id} if baseline else set[str]()
    theirs: list[PublishedRow] = []
    named = _measured_names(lineup)
    for word in choice.rows:
        quoted = quoted_rows.is_quoted(word)
        found = () if quoted else _called(word, named)
        ours.update(found)
        if not found:
            theirs += _quoted(word, lineup, tables, [] if quoted else sorted(named))
    return Chosen(_only(lineup, ours, theirs), baseline)


def _only(lineup: Lineup, ours: Collection[str], theirs: Collection[PublishedRow]) -> Lineup:
    rankings = [_of_ranking(ranking, ours, theirs) for ranking in lineup.rankings]
    unranked = [
        Unranked(one.table, tuple(row for row in one.quoted if row in theirs))
        for one in lineup.unranked
    ]
    return replace(
        lineup,
        rankings=tuple(one for one in rankings if one.measured or one.quoted),
        unranked=tuple(one for one in unranked if one.quoted),
    )


def _of_ranking(
    ranking: Ranking, ours: Collection[str], theirs: Collection[PublishedRow]
) -> Ranking:
    families = tuple(family for family in ranking.families if family.id in ours)
    kept = {one.id for family in families for one in family.contenders} | {
        one.id for one in ranking.alone if one.id in ours
    }
    return replace(
        ranking,
        measured=tuple(one for one in ranking.measured if one.id in kept),
        quoted=tuple(row for row in ranking.quoted if row in theirs),
        families=families,
    )


# --- names of rows of ours ------------------------------------------------------------------------


def _measured_names(lineup: Lineup) -> dict[str, list[str]]:
    """Return the ids of rows by what they are called: as the table shows them, and by model."""
    found: dict[str, list[str]] = {}
    for ranking in lineup.rankings:
        rows = [(one.id, (one.label, one.model)) for one in ranking.alone]
        rows += [(one.id, (one.label, one.family.name)) for one in ranking.families]
        for row_id, names in rows:
            for name in dict.fromkeys(names):
                found.setdefault(name, []).append(row_id)
    return found


def _called(word: str, named: Mapping[str, Sequence[str]]) -> list[str]:
    if word in named or not is_glob(word):
        return [*named.get(word, ())]
    return [row for name, rows in named.items() if matches(name, word) for row in rows]


def _baseline(name: str, lineup: Lineup) -> Contender:
    rows = {one.id: one for ranking in lineup.rankings for one in ranking.alone}
    named = _measured_names(lineup)
    found = [*dict.fromkeys(named.get(name, ()))]
    if len(found) == 1 and found[0] in rows:
        return rows[found[0]]
    if found:
        labels = [rows[one].label for one in found if one in rows]
        raise UsageError(
            f"`baseline` {name}: there are {len(found)} such rows; name one of {', '.join(labels)}"
            if labels
            else f"`baseline` {name}: a family is not tested against single models; name a model"
        )
    if quoted_rows.is_quoted(name):
        raise UsageError(
            f"`baseline` {name}: a published row has no predictions, and a paired test needs them; "
            "name a measured row"
        )
    labels = [one.label for one in rows.values()]
    raise UsageError(
        f"`baseline` {name}: there is no such measured row{did_you_mean(name, named)}; there are "
        f"{', '.join(labels) or 'none'}"
    )


# --- names of quoted rows -------------------------------------------------------------------------


def _quoted(
    word: str, lineup: Lineup, tables: Sequence[PublishedTable], measured: Sequence[str]
) -> list[PublishedRow]:
    """Return the quoted rows of this leaderboard that a word means: a source's, or by name.

    Raises:
        UsageError: it means none, or is a name of several.
    """
    name = word.removeprefix(quoted_rows.PREFIX).strip()
    rows = lineup.quoted
    found = [row for row in rows if name and name in (row.table, row.source)]
    if not found and is_glob(name):
        found = [row for row in rows if any(matches(text, name) for text in _names(row))]
    if found:
        return found
    suggestion = did_you_mean(word, [*measured, *_typed(rows)])
    try:
        row = quoted_rows.find_row(f"{quoted_rows.PREFIX}{name}", tables, group=lineup.board.group)
    except UsageError as error:
        if str(error).startswith(f"{quoted_rows.PREFIX}{name}: there are"):
            raise UsageError(f"`rows` {error}") from error
        there = f"; measured rows are {', '.join(measured)}" if measured else ""
        raise UsageError(
            f"`rows` {word}: no row of {lineup.board.name} is called that{suggestion}{there}; a "
            f"quoted one is {quoted_rows.PREFIX}NAME, {quoted_rows.PREFIX}SOURCE or "
            f"{quoted_rows.PREFIX}TABLE/NAME, and `tasks` chooses the leaderboard"
        ) from error
    if row not in rows:
        raise UsageError(f"`rows` {word}: that row is not of the leaderboard {lineup.board.name}")
    return [row]


def _names(row: PublishedRow) -> Iterator[str]:
    yield from (row.label, row.model, row.catalogue, row.table, row.source)
    yield f"{row.table}/{row.label}"


def _typed(rows: Sequence[PublishedRow]) -> list[str]:
    names = {name for row in rows for name in (row.label, row.model, row.table, row.source)}
    return sorted(f"{quoted_rows.PREFIX}{name}" for name in names if name)
