"""The verb ``curve``: how a training run went, from the records of its steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from benchmark.atomic import write_atomically
from benchmark.cli.console import Console, Debug, Quiet, Words, emit
from benchmark.errors import UsageError
from benchmark.sheet import Format

if TYPE_CHECKING:
    from benchmark.comparisons import LearningCurves

TEXTS = {".md": "markdown", ".csv": "csv", ".json": "json", ".tex": "latex", ".txt": "table"}
PICTURES = (".svg", ".png")
PAGE = ".html"


def curve(
    *results: Path,
    runs: Annotated[
        list[str] | None, Parameter(name=["--runs", "--models"], consume_multiple=True)
    ] = None,
    tasks: Words = None,
    output: Path | None = None,
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
    data_dir: list[Path] | None = None,
    format: Format = "table",
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Show the scores of training runs over their steps, from the records of these steps.

    For each run and task: step, epoch, score with its interval, the best step, and whether that
    one differs from the first and from the last beyond chance, the luck of choosing among all
    steps included. Runs `seed-0`, `seed-1` ... of one folder are a family, with mean and standard
    deviation of each step. docs/curves.md explains the output.

    **Examples**

    - `sebench curve runs/x`

    - `sebench curve runs/simcse runs/diffcse --tasks sts-dev --output curves.svg`

    - `sebench curve results --runs 'x/seed-*' --output curves.html`

    **Exit codes**: 0 shown or written, 2 usage or no history, 3 unreadable records.

    Parameters
    ----------
    results
        Folders of training runs, or of the records of their steps.
    runs
        Names of runs or of families of runs, or globs of names of runs (in quotes). Default: all.
    tasks
        Ids, groups, globs and exclusions, as for a run. Default: all that any step has.
    output
        A file to write instead: a plot (.svg, .png), a page with plots (.html; these three need
        the extra page), or the report (.md, .csv, .json, .tex, .txt).
    resamples
        Resamples of the bootstrap, and exchanges of the tests.
    level
        Of the intervals; 1 - level is the level of the tests.
    seed
        Of the random numbers; the same seed gives the same result.
    data_dir
        A SentEval folder, for the sentences: pairs that share one are drawn together. May be
        given several times; nothing is downloaded.
    format
        Form of the report on standard output.
    """
    from benchmark import differences
    from benchmark.reports.curves import render_curves

    Console(quiet=quiet, debug=debug)
    if output is not None:
        _require_written(output)
    found = differences.curve(
        *results,
        runs=runs,
        tasks=tasks,
        resamples=resamples,
        level=level,
        seed=seed,
        data_dir=data_dir,
    )
    if output is None:
        emit(render_curves(found, format))
        return 0
    try:
        write_atomically(output, _content(found, output.suffix.lower()))
    except OSError as error:
        raise _unwritable(output, error) from error
    emit(output)
    return 0


def _require_written(output: Path) -> None:
    """Refuse a file that could not be made, before anything is computed."""
    from benchmark.reports.page.assets import PICTURE, require_libraries

    suffix = output.suffix.lower()
    if suffix not in (*TEXTS, *PICTURES, PAGE):
        raise UsageError(
            f"--output {output}: its suffix says what is written, and there are "
            f"{', '.join((*PICTURES, PAGE, *TEXTS))}"
        )
    if output.is_dir():
        raise UsageError(f"--output {output}: a folder is there; name a file")
    if suffix in (*PICTURES, PAGE):
        require_libraries(PICTURE if suffix in PICTURES else f"--output {output}")


def _content(found: LearningCurves, suffix: str) -> bytes:
    from benchmark.reports.curves import render_curves
    from benchmark.reports.curves.plot import curves_page, curves_picture

    if suffix in PICTURES:
        return curves_picture(found, "svg" if suffix == ".svg" else "png")
    if suffix == PAGE:
        return curves_page(found)
    return f"{render_curves(found, TEXTS[suffix])}\n".encode()


def _unwritable(output: Path, error: OSError) -> UsageError:
    return UsageError(
        f"--output {output}: cannot be written ({error.strerror or error}); choose another file"
    )
