"""``python -m benchmark reproduce``: models to verdicts and an exit code."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmark import Run
from tests.checkpoints import as_files
from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.encoders.plain import OF_ANY_TEXT
from tests.hub.client import hub, hub_cache, naps
from tests.hub.server import HubServer
from tests.reproduction.conftest import place, run_by
from tests.reproduction.made_up import (
    DOCUMENTED,
    MODEL,
    REPOSITORY,
    Place,
    average,
    figures,
    quoted,
    write_published,
)

__all__ = ["hub", "hub_cache", "naps", "place", "run_by", "verb"]

RunBy = Callable[[str], Run]
SETTINGS = len(OF_ANY_TEXT) * 3 * 2
"""Poolers, aggregations, correlations."""


@pytest.fixture
def asked(place: Place) -> list[object]:
    """A model, its documented pooler and the data, as they are typed."""
    return [place.checkpoint, *("--pooler", DOCUMENTED, "--device", "cpu"), *of_data(place)]


def of_data(place: Place) -> list[object]:
    return ["--data-dir", place.data, "--unverified-data"]


def test_what_is_reproduced_is_zero(
    asked: list[object], run_by: RunBy, tmp_path: Path, verb: Command
) -> None:
    printed = figures(run_by(DOCUMENTED))
    folder = write_published(tmp_path / "p", [quoted(printed, average=average(printed))])
    outcome = verb("reproduce", *asked, "--published", "paper/Paper", folder)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0] == "1 of 1 published row reproduced"
    assert lines[2].endswith("bert against Paper (paper, paper)")
    assert lines[-1] == f"reproduced by {DOCUMENTED}, all: all 7 within 0.02"
    published, measured, difference = (line.split()[1:] for line in lines[5:8])
    assert published == [f"{score:.2f}" for score in printed.values()] + [average(printed)]
    assert measured[-8:] == published
    assert difference == ["0.00"] * 8
    assert (tmp_path / "results").is_dir()


def test_what_is_not_is_one_and_says_by_what(
    asked: list[object], run_by: RunBy, tmp_path: Path, verb: Command
) -> None:
    folder = write_published(tmp_path / "p", [quoted(figures(run_by("cls"), "wmean"))])
    given = ["reproduce", *asked, "--published", folder, "paper/Paper", "--quiet"]
    outcome = verb(*given)
    assert outcome.code == 1
    assert "the printed values are those of pooler cls, aggregation wmean: all 7" in outcome.out
    assert any(line.startswith("cls, wmean ") for line in outcome.out.splitlines())
    assert "weighted_mean, all" not in outcome.out
    assert "weighted_mean, all" in verb(*given, "--all-poolers").out

    found = json.loads(verb(*given, "--format", "json").out)
    [row] = found["rows"]
    assert (found["reproduced"], row["outcome"]) == (False, "explained")
    assert row["fits"] == [{"pooler": "cls", "aggregation": "wmean", "metric": "spearman"}]
    assert row["documented"]["pooler"] == DOCUMENTED
    assert not row["documented"]["differences"]["STS12"]["within"]
    best, *others = row["trials"]
    assert (best["fits"], best["largest_difference"]) == (True, 0)
    assert len(others) == SETTINGS - 1

    lines = list(csv.DictReader(verb(*given, "--format", "csv").out.splitlines()))
    fitting = [line for line in lines if (line["pooler"], line["aggregation"]) == ("cls", "wmean")]
    assert {line["within"] for line in fitting if line["metric"] == "spearman"} == {"yes"}
    assert len(lines) == SETTINGS * 7
    assert {line["documented"] for line in lines if line["pooler"] == "cls"} == {"no"}

    markdown = verb(*given, "--format", "markdown").out
    assert "| cls, wmean " in markdown
    assert markdown.startswith("- 0 of 1 published row reproduced")


def test_models_that_are_not_here_are_told(
    place: Place, run_by: RunBy, tmp_path: Path, verb: Command, hub: HubServer
) -> None:
    printed = figures(run_by(DOCUMENTED))
    rows = [quoted(printed, catalogue=MODEL), quoted(printed, "Other", catalogue="bert-base-avg")]
    folder = write_published(tmp_path / "p", rows)
    given = ["reproduce", "--published", folder, "--device", "cpu", *of_data(place)]
    nothing = verb(*given)
    assert nothing.code == 1
    assert nothing.out.splitlines()[0] == "nothing could be compared"
    assert f"skipped: model {REPOSITORY} is not on this machine" in nothing.out
    assert nothing.errors == []
    names = ("bert-base-cls", "sup-simcse-bert-base", "sup-simcse-roberta-base")
    rows += [quoted(printed, f"Row {name}", catalogue=name) for name in names]
    many = verb("reproduce", "--published", write_published(tmp_path / "many", rows), *given[3:])
    [line] = [line for line in many.out.splitlines() if "skipped" in line]
    assert line.startswith("skipped: 5 other models of the catalogue, which are not on this mach")
    hub.add_repo(REPOSITORY, as_files(place.checkpoint))
    assert verb(*given, "--no-cache", MODEL).code == 0
    outcome = verb(*given, MODEL, "bert-base-avg")
    assert (outcome.code, len(outcome.errors)) == (4, 1)
    assert "bert-base" in outcome.errors[0]
    assert outcome.out.splitlines()[0] == "1 of 1 published row reproduced"
    assert verb(*given).code == 0


def test_data_that_is_missing_is_three(
    asked: list[object], run_by: RunBy, tmp_path: Path, verb: Command
) -> None:
    """Missing for one of the columns; the others are compared."""
    folder = write_published(tmp_path / "p", [quoted(figures(run_by(DOCUMENTED)))])
    row = ["--published", folder, "paper/Paper"]
    elsewhere = [*asked[:-3], "--data-dir", tmp_path, "--offline"]
    outcome = verb("reproduce", *elsewhere, *row, "--tasks", "STS12")
    assert outcome.code == 3
    assert len(outcome.errors) == 1
    assert "not compared: STS12 (" in outcome.out


def test_what_makes_no_sense_is_refused(asked: list[object], verb: Command, tmp_path: Path) -> None:
    folder = write_published(tmp_path / "p", [quoted({"STS12": 50.0})])
    verb("reproduce", *asked).refused(2, "no published row is of it", "as --published TABLE/NAME")
    verb("reproduce", *asked, "--published", "paper/Papr", folder).refused(
        2, "published:paper/Papr: no row of sts is called that"
    )
    verb("reproduce", "zzz").refused(2, "unknown model 'zzz'")
    verb("reproduce", "glove-6b-50d").refused(2, "glove-6b-50d: no published row is of it")
    verb("reproduce", "all-minilm-l6-v2", "--tasks", "MR", "CR").refused(
        2, "--tasks MR, CR: no published row has figures"
    )
    verb("reproduce", *asked[:1], "--pooler", "clss").refused(2)


def test_a_dry_run_says_what_would_be_compared(verb: Command, tmp_path: Path) -> None:
    """No model is looked for."""
    rows = [quoted({"STS12": 50.0, "SICKRelatedness/train+dev+test": 2.0}, catalogue=MODEL)]
    folder = write_published(tmp_path / "p", rows)
    outcome = verb("reproduce", "--published", folder, "--dry-run")
    assert outcome.code == 0
    [line] = outcome.out.splitlines()[2:]
    assert line.split() == [MODEL, "Paper", "paper", "STS12", "SICKRelatedness/train+dev+test"]
    [row] = json.loads(
        verb("reproduce", MODEL, "--published", folder, "--dry-run", "--format", "json").out
    )["rows"]
    assert (row["model"], row["compared"]) == (MODEL, ["STS12"])
    assert list(row["not_compared"]) == ["SICKRelatedness/train+dev+test"]
