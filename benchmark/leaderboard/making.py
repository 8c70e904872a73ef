"""From records and published tables to a leaderboard, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmark.leaderboard.board import Leaderboard
from benchmark.leaderboard.building import build_leaderboard
from benchmark.leaderboard.computing import compute_statistics
from benchmark.leaderboard.evidence import gather_evidence
from benchmark.leaderboard.lineup import line_up
from benchmark.leaderboard.measured import measured_rows
from benchmark.leaderboard.statistics import Method, Statistics
from benchmark.options import DataOptions
from benchmark.results import PublishedTable, StoredRun


def make_leaderboard(
    group: str,
    runs: Iterable[StoredRun],
    tables: Sequence[PublishedTable] = (),
    kept: Statistics | None = None,
    *,
    sources: DataOptions | None = None,
    method: Method | None = None,
    citations: Mapping[str, str] | None = None,
    bibliography: Mapping[str, str] | None = None,
    with_evidence: bool = False,
) -> tuple[Leaderboard, Statistics]:
    """Return a leaderboard, and the statistics it rests on.

    Args:
        group: of tasks.
        runs: of `benchmark.results.collect`.
        tables: of `benchmark.results.published_tables`; rows of other groups are passed over.
        kept: statistics of an earlier run.
        sources: where the data may be; nothing is downloaded.
        method: how intervals and p-values are computed.
        citations: keys of models' papers, by name of model.
        bibliography: BibTeX by key.
        with_evidence: also give what each row gave for each pair or sample.

    Raises:
        UnreadableRecord: the predictions of a record are damaged, or do not give the score that
            it says.
        DataError: a folder of data that was named does not exist.
    """
    lineup = line_up(group, measured_rows(group, runs), tables)
    known = compute_statistics(group, lineup, kept or Statistics(), sources, method)
    page = build_leaderboard(
        group,
        lineup,
        tables,
        known,
        method=method,
        citations=citations,
        bibliography=bibliography,
        evidence=gather_evidence(lineup, sources) if with_evidence else None,
    )
    return page, known
