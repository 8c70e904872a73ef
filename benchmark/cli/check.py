"""The verb ``check``: records against a baseline, an exit code for CI."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from benchmark.atomic import write_atomically
from benchmark.cli.console import Console, Debug, emit
from benchmark.errors import Regression, UsageError

if TYPE_CHECKING:
    from benchmark.gate import GateReport
    from benchmark.results import StoredRun

Format = Literal["text", "markdown", "junit", "github", "json"]


def check(
    results: list[Path],
    /,
    *,
    baseline: Path,
    direction: Literal["drop", "any"] = "drop",
    tolerance: str | None = None,
    significant: bool = False,
    strict: bool = False,
    update: bool = False,
    prune: bool = False,
    data_dir: list[Path] | None = None,
    format: Format = "text",
    junit: Path | None = None,
    summary: Path | None = None,
    debug: Debug = False,
) -> int:
    """Compare records with a baseline; fail when a score is worse, missing or another question.

    The scores must come from the same encoder on the same data by the same protocol, and lie
    within a tolerance: 0.01 points for STS, two samples of the test set for transfer tasks, or what
    the baseline says. No model is loaded.

    **Examples**

    - `sebench check results --baseline baseline.toml --update`

    - `sebench check results --baseline baseline.toml --format github --junit gate.xml`

    - `sebench check results --baseline records/last-release --significant`

    **Exit codes**: 0 passed, 1 not passed, 2 usage, 3 unreadable records or baseline.

    Parameters
    ----------
    results
        Record files, or folders at any level of an output folder.
    baseline
        A baseline file (TOML), or a folder of records.
    direction
        Fail on worse scores only, or on any change beyond tolerance.
    tolerance
        For every score, instead of what the baseline says: points of the scale from 0 to 100
        (0.05), or samples of the test set ('2 samples').
    significant
        Other weights may answer, and a change beyond tolerance counts only if a paired test
        calls it significant (5 %, Holm's correction over tasks). The baseline is then a folder of
        records with predictions.
    strict
        Fail where an encoder has no version, so that nobody can tell whether it is that of the
        baseline. Otherwise that is said, and its scores alone are compared.
    update
        Write the scores into the baseline file instead of comparing. What is not run stays, and
        so do tolerances that were set by hand.
    prune
        With --update: remove entries that are not run.
    data_dir
        With --significant: a SentEval folder, instead of where a run would look; may be given
        several times. Its sentences tell which pairs hang together.
    format
        Form of the report on standard output. github writes annotations, and adds the report to
        the summary of the step.
    junit
        Also write the report to this file as JUnit XML.
    summary
        Also add the report to this file as Markdown. Default with --format github: the file
        that GITHUB_STEP_SUMMARY names.
    """
    from benchmark import api
    from benchmark.reports.gate import render_gate
    from benchmark.results import collect

    Console(quiet=False, debug=debug)
    if update:
        _refuse_with_update(
            {
                "--significant": significant,
                "--strict": strict,
                "--tolerance": tolerance is not None,
                "--direction": direction != "drop",
                "--format": format != "text",
                "--junit": junit is not None,
                "--summary": summary is not None,
            }
        )
        emit(_updated(collect(results), baseline, prune))
        return 0
    if prune:
        raise UsageError("--prune goes with --update")
    report = api.check(
        results,
        baseline,
        direction=direction,
        tolerance=tolerance,
        significant=significant,
        strict=strict,
        data_dir=data_dir,
    )
    emit(render_gate(report, format, _checkout()))
    _write_copies(report, junit, summary or _step_summary(format))
    if not report.passed:
        number, total = len(report.failures), len(report.scores)
        raise Regression(f"{number:,} of {total:,} scores fail the gate of {baseline}")
    return 0


def _refuse_with_update(given: dict[str, bool]) -> None:
    for option, is_given in given.items():
        if is_given:
            raise UsageError(
                f"--update writes the baseline and compares nothing; leave {option} out"
            )


def _updated(runs: list[StoredRun], path: Path, prune: bool) -> str:
    from benchmark.gate import Baseline, open_baseline, updated, write_baseline
    from benchmark.reports.gate import update_text

    if path.is_dir():
        raise UsageError(
            f"--baseline {path}: is a folder; --update writes a file, like baseline.toml"
        )
    change = updated(open_baseline(path) if path.exists() else Baseline(path), runs, prune=prune)
    write_baseline(change.baseline)
    return update_text(change)


def _checkout() -> Path:
    return Path(os.environ.get("GITHUB_WORKSPACE") or ".")


def _step_summary(form: str) -> Path | None:
    named = os.environ.get("GITHUB_STEP_SUMMARY") if form == "github" else None
    return Path(named) if named else None


def _write_copies(report: GateReport, junit: Path | None, summary: Path | None) -> None:
    from benchmark.reports.gate import as_junit

    if junit is not None:
        try:
            write_atomically(junit, as_junit(report).encode() + b"\n")
        except OSError as error:
            raise _unwritable("--junit", junit, error) from error
    if summary is not None:
        try:
            _append(summary, report)
        except OSError as error:
            raise _unwritable("--summary", summary, error) from error


def _append(path: Path, report: GateReport) -> None:
    """Add to what earlier commands of the step wrote, within the room that is left."""
    from benchmark.reports.gate import SUMMARY_BYTES, as_markdown

    taken = path.stat().st_size if path.exists() else 0
    with path.open("ab") as file:
        file.write(as_markdown(report, SUMMARY_BYTES - taken).encode() + b"\n\n")


def _unwritable(option: str, path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{option} {path}: cannot be written ({error.strerror or error}); choose another place"
    )
