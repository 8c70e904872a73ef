"""Commands to GitHub's runner, read as the runner reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmark.one_line import one_line
from benchmark.reports.gate import as_github
from benchmark.reports.gate.checked import as_text
from tests.gate.samples import HOSTILE
from tests.reports.gate_samples import HOSTILE_REPORT, REPORT, many_failures


@dataclass(frozen=True)
class Command:
    """What a runner makes of one line."""

    name: str
    properties: dict[str, str]
    message: str


def unescaped(text: str, codes: dict[str, str]) -> str:
    for code, character in codes.items():
        text = text.replace(code, character)
    return text


DATA = {"%0D": "\r", "%0A": "\n", "%25": "%"}
PROPERTY = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}


def obeyed(log: str) -> list[Command]:
    """Read a log as documented: ``::name key=value,...::message``, and nothing while stopped."""
    found, token = [], None
    for line in log.split("\n"):
        match = re.match(r"\s*::([^ :]+)(?: ([^:]*))?::(.*)$", line, re.DOTALL)
        if not match:
            continue
        name, given, message = match.groups()
        if token:
            token = None if name == token else token
        elif name == "stop-commands":
            token = message
        else:
            pairs = (pair.split("=", 1) for pair in (given or "").split(",") if pair)
            properties = {key: unescaped(value, PROPERTY) for key, value in pairs}
            found.append(Command(name, properties, unescaped(message, DATA)))
    assert token is None
    return found


def test_the_log_holds_the_text_and_obeys_nothing_in_it():
    log = as_github(HOSTILE_REPORT)
    assert as_text(HOSTILE_REPORT) in log
    own = f"::set-output name=x::y\n{as_text(REPORT)}"
    assert obeyed(own)
    names = {command.name for command in obeyed(log)}
    assert names == {"error", "notice"}


def test_the_first_error_sums_up_and_the_others_point_at_the_entries():
    errors = [command for command in obeyed(as_github(REPORT)) if command.name == "error"]
    assert errors[0].properties == {"file": "baseline.toml", "title": "Regression gate"}
    assert "Gate NOT passed" in errors[0].message
    assert [error.properties["line"] for error in errors[1:]] == ["40", "50", "60", "20"]
    assert errors[4].properties["title"] == "Worse: tiny-bert STS13"
    message, environment = errors[4].message.split("\n")
    assert message.startswith("68.9900 is 1.0100 points below the baseline of 70.0000")
    assert environment.startswith("environment: ")


def test_notices_are_not_errors():
    notices = [command for command in obeyed(as_github(REPORT)) if command.name == "notice"]
    assert notices[0].message.startswith("2 scores are better than the baseline or not in it")
    assert [notice.properties["title"] for notice in notices[1:]] == [
        "Better: tiny-bert STS14",
        "New: tiny-bert SICKRelatedness",
    ]


def test_a_gate_that_passed_says_nothing_but_the_text():
    passed = replace(REPORT, scores=REPORT.scores[:1])
    assert obeyed(as_github(passed)) == []


@pytest.mark.parametrize("number", [1, 9, 10, 500])
def test_never_more_than_a_runner_shows_and_the_worst_of_them(number: int):
    errors = obeyed(as_github(many_failures(number)))
    assert len(errors) == min(number + 1, 10)
    titles = [error.properties["title"] for error in errors[1:]]
    worst = [f"Worse: model-{place:04} STS12" for place in reversed(range(number))]
    assert titles == worst[:9]


def test_a_hostile_name_is_one_title():
    titles = [
        command.properties["title"]
        for command in obeyed(as_github(HOSTILE_REPORT))
        if "line" in command.properties
    ]
    assert titles
    assert all(one_line(HOSTILE) in title for title in titles)


def test_files_are_named_from_the_checkout(tmp_path: Path):
    path = tmp_path / "sub" / "odd,na:me.toml"
    scores = tuple(replace(checked, path=path) for checked in REPORT.scores)
    report = replace(REPORT, baseline=path, scores=scores)
    inside = {command.properties["file"] for command in obeyed(as_github(report, tmp_path))}
    assert inside == {"sub/odd,na:me.toml"}
    outside = obeyed(as_github(report, tmp_path / "elsewhere"))
    assert {command.properties["file"] for command in outside} == {str(path)}
