"""Rows, published figures and statistics put together: the page as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from benchmark.leaderboard.board import Evidence, Leaderboard, Reproduction
from benchmark.leaderboard.boards import Board, board_of
from benchmark.leaderboard.footnotes import Footnotes
from benchmark.leaderboard.lineup import Lineup
from benchmark.leaderboard.reproduction import average_difference, differences, is_of
from benchmark.leaderboard.sections import Workshop, listed_section, ranked_section
from benchmark.leaderboard.statistics import Method, Statistics
from benchmark.results import PublishedRow, PublishedTable


def build_leaderboard(
    group: str,
    lineup: Lineup,
    tables: Iterable[PublishedTable],
    known: Statistics,
    *,
    method: Method | None = None,
    citations: Mapping[str, str] | None = None,
    bibliography: Mapping[str, str] | None = None,
    evidence: Mapping[tuple[str, str], Evidence] | None = None,
) -> Leaderboard:
    """Return a leaderboard; the same arguments give the same.

    Args:
        group: of tasks.
        lineup: its rows, of `line_up`.
        tables: the published tables that were lined up.
        known: what is known of its rows, of `compute_statistics`.
        method: how that was computed.
        citations: keys of models' papers, by name of model.
        bibliography: BibTeX by key.
        evidence: of `gather_evidence`.
    """
    entries, keys = bibliography or {}, citations or {}
    rows = [row for ranking in lineup.rankings for row in ranking.measured]
    results = [stored.result for row in rows for stored in row.records.values()]
    board = board_of(group, results)
    shop = Workshop(
        lineup.columns,
        {entry.id: entry for entry in tables},
        Footnotes(entries),
        known,
        method or Method(),
        keys,
    )
    sections = [ranked_section(ranking, lineup.standard, shop) for ranking in lineup.rankings]
    sections += [listed_section(listing, shop) for listing in lineup.listings]
    return Leaderboard(
        board=board,
        columns=lineup.columns,
        sections=tuple(sections),
        reproductions=_reproductions(board, lineup, shop),
        footnotes=shop.footnotes.listed(),
        bibliography={key: entries[key] for key in sorted(_keys(lineup, keys)) if key in entries},
        method=shop.method,
        evidence=evidence or {},
    )


def _reproductions(board: Board, lineup: Lineup, shop: Workshop) -> tuple[Reproduction, ...]:
    measured = [row for ranking in lineup.rankings for row in ranking.measured]
    published = _published(lineup)
    found = []
    for ours in measured:
        for theirs in published:
            compared = differences(ours, theirs, board) if is_of(theirs, ours) else {}
            if compared:
                average = average_difference(ours, theirs, shop.ids, compared, board)
                quoted = shop.quoted(theirs)
                found.append(
                    Reproduction(ours.label, quoted.label, quoted.footnote, compared, average)
                )
    return tuple(found)


def _published(lineup: Lineup) -> list[PublishedRow]:
    ranked = [row for ranking in lineup.rankings for row in ranking.quoted]
    return ranked + [row for listing in lineup.listings for row in listing.rows]


def _keys(lineup: Lineup, citations: Mapping[str, str]) -> set[str]:
    """Return the keys of all sources and models' papers."""
    keys = {key for row in _published(lineup) for key in (row.source, row.citation)}
    for ranking in lineup.rankings:
        keys |= {citations.get(row.model, "") for row in ranking.measured}
    return keys
