"""The verb ``leaderboard``: records and published figures to pages that are kept in git."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from benchmark.atomic import write_atomically
from benchmark.cli.console import Console, Debug, Words, emit
from benchmark.errors import UsageError
from benchmark.invocation import command
from benchmark.one_line import one_line
from benchmark.options import DataOptions

if TYPE_CHECKING:
    from benchmark.leaderboard import Leaderboard, Statistics
    from benchmark.reports.leaderboard import LeaderboardFormat

logger = logging.getLogger(__name__)

RECORDS_FOLDER = "records"
"""Records that are taken if none are named, below the output folder."""

Format = Literal["markdown", "latex", "csv", "json", "html", "all"]


def leaderboard(
    *records: Path,
    tasks: str | None = None,
    rows: Words = None,
    own_rows: Literal["ranked", "last"] = "ranked",
    baseline: str | None = None,
    format: Format = "markdown",
    output: Path = Path("leaderboards"),
    published: Path | None = None,
    no_published: bool = False,
    data_dir: list[Path] | None = None,
    no_pairs: bool = False,
    sentences: bool = False,
    quiet: bool = False,
    debug: Debug = False,
) -> int:
    """Make leaderboards (STS, TRANSFER, STS-MTEB, STS17) from records and published figures.

    Measured rows have confidence intervals, and letters for those that cannot be told apart;
    quoted rows are marked. Rows that answer different questions never share a ranking. Of a
    training run the last step is a row, unless others are named. The same input gives the same
    bytes. No model is loaded.

    Intervals and tests need gold scores: from the records' own output folder or from the data.
    What was computed is kept in statistics.json, so the pages can be made again without gold.

    **Examples**

    - `sebench leaderboard results`

    - `sebench leaderboard results other/results --format all --output my-leaderboards`

    - `sebench leaderboard results --tasks sts --no-published`

    - `sebench leaderboard results --format html --sentences`

    - `sebench leaderboard results --format latex --output paper --rows my-model
      'glove-*' published:diffcse-sts --own-rows last --baseline glove-6b-50d`

    **Exit codes**: 0 written, 2 usage, 3 unreadable records, figures, statistics or data.

    Parameters
    ----------
    records
        Record files, or folders at any level of an output folder. Default: the folder `records`
        below the output folder.
    tasks
        Make this leaderboard only. Default: those that the records have scores for.
    rows
        Show these rows only, in every format: names of measured rows and of families, globs (in
        quotes), and quoted rows as published:NAME, published:'GLOB' or published:SOURCE (all rows
        of a source or table of leaderboards/published). Ranks and marks are then among these rows.
    own_rows
        `last` puts measured rows below all quoted ones; `ranked` where their average puts them.
    baseline
        Name of a measured row: numbers of the others are marked where a paired test calls them
        better or worse (not in html, which has no place for the marks).
    format
        Form of the files; csv has a line for each number. `html` is one page, leaderboard.html,
        with plots and details of every row (extra page); `all` are the others, which are kept in
        git.
    output
        Folder to write into: STS.md, TRANSFER.md and so on, and statistics.json. STS.md shows our
        rows and the best quoted row of each backbone and kind of training; all quoted rows are in
        STS/2021.md and so on.
    published
        Folder of published figures, instead of those that ship with the project.
    no_published
        Measured rows only.
    data_dir
        A SentEval `data` or `downstream` folder, for gold scores; may be given several times.
        Then come the folders that BENCHMARK_DATA_DIR names and the project's data/ folder;
        nothing is downloaded.
    no_pairs
        Leave gold against cosine out of the page. Gold scores are evaluation data: do so if you
        give the page to others.
    sentences
        Show the sentences of the pairs farthest from gold in the page, where the data is at hand.
    quiet
        Do not say what is computed.
    """
    from benchmark.api import described_models, leaderboard_groups
    from benchmark.leaderboard import (
        STATISTICS_FILE,
        Choice,
        encode_statistics,
        make_leaderboard,
        merged,
        read_statistics,
    )
    from benchmark.reports.leaderboard import LEADERBOARD_FORMATS
    from benchmark.reports.page import PAGE_FILE, PageOptions, render_page, require_libraries
    from benchmark.results import (
        collect,
        published_rows,
        published_sources,
        published_tables,
        read_families,
    )

    Console(quiet=quiet, debug=debug)
    if published is not None and no_published:
        raise UsageError("--published and --no-published contradict each other; leave one out")
    if no_pairs and sentences:
        raise UsageError("--no-pairs and --sentences contradict each other; leave one out")
    if format == "html" and baseline:
        raise UsageError(
            "--baseline: the page has no marks of tests; leave it out, or choose another --format"
        )
    if format == "html":
        require_libraries()
    places = _named(records, output)
    runs, families = collect(places), read_families(places)
    tables = () if no_published else published_tables(published)
    groups = leaderboard_groups(runs, tasks)
    _require_writable(output)
    kept = read_statistics(output / STATISTICS_FILE)
    formats = [form for known, form in LEADERBOARD_FORMATS.items() if format in (known, "all")]
    described = described_models(published)
    choice = Choice(tuple(rows or ()), own_rows, baseline or "")
    made: list[tuple[Leaderboard, Statistics]] = [
        make_leaderboard(
            group,
            runs,
            tables,
            kept,
            families=families,
            named=places,
            sources=DataOptions(data_dir=data_dir, offline=True),
            described=described,
            bibliography=published_sources(published),
            with_evidence=format == "html" and not no_pairs,
            choice=choice,
        )
        for group in groups
    ]
    # What was kept of rows that were not asked for is of use to the next page.
    replaced = () if choice.rows else groups
    known = merged(kept, replaced, [statistics for _, statistics in made])
    boards = [board for board, _ in made]
    files = _files(boards, formats)
    if format == "html":
        vectors = () if no_published else published_rows("geometry", published)
        files[PAGE_FILE] = render_page(boards, vectors, PageOptions(not no_pairs, sentences))
    _write(files | {STATISTICS_FILE: encode_statistics(known)}, output)
    if format in ("markdown", "all") and not choice.rows:
        _remove_stale([output / board.board.name for board in boards], keep=files, output=output)
    return 0


def _named(records: Sequence[Path], output: Path) -> Sequence[Path]:
    if records:
        return records
    kept = output / RECORDS_FOLDER
    if not kept.is_dir():
        raise UsageError(
            f"leaderboard: name records, or a folder of them (there is no {kept} to take by "
            f"default); {command('run')} writes some"
        )
    return [kept]


def _require_writable(folder: Path) -> None:
    """Before anything is computed."""
    probe = folder / ".writable"
    try:
        write_atomically(probe, b"")
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _files(boards: Iterable[Leaderboard], formats: Sequence[LeaderboardFormat]) -> dict[str, bytes]:
    return {
        name: text.encode()
        for board in boards
        for form in formats
        for name, text in form.files(board).items()
    }


def _write(files: Mapping[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        try:
            write_atomically(folder / name, content)
        except OSError as error:
            raise _unwritable(folder, error) from error
        emit(folder / name)


def _remove_stale(folders: Iterable[Path], *, keep: Container[str], output: Path) -> None:
    """Remove pages of years that no longer have rows: files that this verb wrote, no others."""
    for folder in folders:
        for path in sorted(folder.glob("*.md")):
            name = path.relative_to(output).as_posix()
            if name not in keep and is_page_of_year(path):
                path.unlink()
                logger.info("removed %s: it has no rows any more", one_line(str(path)))


def is_page_of_year(path: Path) -> bool:
    """Tell whether this verb wrote a file, which is not read beyond what any page can have."""
    from benchmark.foreign import Unreadable, read_text
    from benchmark.reports.leaderboard import is_year_page

    try:
        return is_year_page(path.name, read_text(path))
    except Unreadable:
        return False


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        f"--output {folder}: cannot be written ({error.strerror or error}); choose another folder"
    )
