"""A report as commands to GitHub Actions: a readable log, and marks at the baseline's lines.

A runner shows at most ten annotations of a kind for each step, so there is one that sums up and
nine for the worst. Escaping is that of the runner's own toolkit (``core/src/command.ts``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from benchmark.gate import CheckedScore, GateReport
from benchmark.one_line import one_line
from benchmark.reports.gate.checked import as_text
from benchmark.reports.gate.sentences import (
    STATES,
    circumstances,
    doubtful,
    of_unidentified,
    sentence,
    summary,
)

MOST_OF_A_KIND = 10


def as_github(report: GateReport, root: Path | None = None) -> str:
    """Return the text of the report, and annotations below it.

    Args:
        report: what to show.
        root: folder of the checkout; annotations name files from there.
    """
    lines = [_log(as_text(report))]
    if not report.passed:
        first = _command("error", _whole(report, root), summary(report))
        lines += [first, *_annotations("error", report.failures, root)]
    if report.notices:
        first = _command("notice", _whole(report, root), _to_update(len(report.notices)))
        lines += [first, *_annotations("notice", report.notices, root)]
    for model in doubtful(report)[:MOST_OF_A_KIND]:
        place = {**_whole(report, root), "title": "Encoder not identified"}
        lines.append(_command("warning", place, of_unidentified(model)))
    return "\n".join(lines)


def _log(shown: str) -> str:
    """Keep the runner from reading commands in names: nobody can guess a hash of the text."""
    token = hashlib.sha256(shown.encode("utf-8", "backslashreplace")).hexdigest()
    return f"::stop-commands::{token}\n{shown}\n::{token}::"


def _to_update(number: int) -> str:
    scores = "1 score is" if number == 1 else f"{number:,} scores are"
    return f"{scores} better than the baseline or not in it; an update writes them there."


def _annotations(kind: str, scores: Sequence[CheckedScore], root: Path | None) -> list[str]:
    shown = scores[: MOST_OF_A_KIND - 1]  # one was the summary
    return [_command(kind, _place(checked, root), _message(checked)) for checked in shown]


def _whole(report: GateReport, root: Path | None) -> dict[str, str]:
    return {"file": _from(root, report.baseline), "title": "Regression gate"}


def _place(checked: CheckedScore, root: Path | None) -> dict[str, str]:
    place = {} if checked.path is None else {"file": _from(root, checked.path)}
    if checked.line:
        place["line"] = str(checked.line)
    title = f"{STATES[checked.outcome].capitalize()}: {checked.model} {checked.task}"
    return {**place, "title": one_line(title)}


def _message(checked: CheckedScore) -> str:
    hint = circumstances(checked)
    return sentence(checked) + (f"\n{hint}" if hint else "")


def _command(kind: str, properties: dict[str, str], message: str) -> str:
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{kind} {written}::{_data(message)}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def _from(root: Path | None, path: Path) -> str:
    resolved = path.resolve()
    if root is not None and resolved.is_relative_to(root.resolve()):
        return resolved.relative_to(root.resolve()).as_posix()
    return path.as_posix()
