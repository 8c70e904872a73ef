"""``python -m benchmark curve``: from the records of a run's steps to tables, plots and pages."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.test_startup import MAIN, loaded_by
from tests.cli.verbs import verb
from tests.comparisons.histories import DEV, write_history

__all__ = ["verb"]

QUICK = ("--resamples", "200", "--quiet")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run, and another one that was trained with three seeds."""
    write_history(tmp_path / "runs/x/evaluation", "x", range(0, 1001, 250), tasks=(DEV, "STS12"))
    for seed in range(3):
        place = tmp_path / f"runs/m/seed-{seed}/evaluation"
        write_history(place, f"seed-{seed}", range(0, 1001, 250), seed=seed)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def test_a_run_is_a_table_with_its_best_step(runs: Path, verb: Command):
    outcome = verb("curve", "runs/x", "--tasks", "sts-dev", *QUICK)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0] == "x, STS-B dev: Spearman's correlation x 100 (STSBenchmark dev, 300 pairs)"
    assert [line.split()[0] for line in lines[3:8]] == ["0", "250", "500", "750", "1000"]
    assert [line.endswith("best") for line in lines[3:8]].count(True) == 1
    assert all("|" in line and ("o" in line or "*" in line) for line in lines[3:8])
    assert "x: best of 5 steps is " in outcome.out
    assert "optimistic, and not those of a fresh test" in outcome.out
    assert outcome.out.isascii()
    assert "\x1b" not in outcome.out


def test_a_test_set_is_no_place_to_choose_on(runs: Path, verb: Command):
    assert "STS12: no development split" in verb("curve", "runs/x", *QUICK).out
    assert "no development split" not in verb("curve", "runs/m", *QUICK).out


def test_seeds_are_a_family_with_mean_and_deviation(runs: Path, verb: Command):
    text = verb("curve", "runs", *QUICK).out
    assert "m (3 runs), STS-B dev" in text
    assert "mean ± sd    seed-0    seed-1    seed-2" in text
    assert "m: best mean of 3 runs at step" in text
    assert verb("curve", "runs", "--runs", "x", *QUICK).out.count("runs at step") == 0
    assert "m (2 runs)" in verb("curve", "runs", "--models", "seed-[01]", *QUICK).out


@pytest.mark.parametrize("form", ["csv", "json", "markdown", "latex"])
def test_formats_hold_the_same_scores(runs: Path, verb: Command, form: str):
    text = verb("curve", "runs/x", "--tasks", "STS12", "--format", form, *QUICK).out
    [panel] = json.loads(
        verb("curve", "runs/x", "--tasks", "STS12", "--format", "json", *QUICK).out
    )["panels"]
    points = panel["runs"][0]["points"]
    assert [point["step"] for point in points] == [0, 250, 500, 750, 1000]
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["score"] for row in rows] == [f"{100 * p['score']:.2f}" for p in points]
        assert [row["low"] for row in rows] == [f"{100 * p['low']:.2f}" for p in points]
    for point in points if form in ("markdown", "latex") else ():
        assert f"{100 * point['score']:.2f}" in text
    assert "|---" not in text or form == "markdown"


@pytest.mark.parametrize("suffix", [".md", ".csv", ".json", ".tex", ".txt"])
def test_a_report_is_written_by_its_suffix(runs: Path, verb: Command, suffix: str):
    forms = {".md": "markdown", ".csv": "csv", ".json": "json", ".tex": "latex", ".txt": "table"}
    shown = verb("curve", "runs/x", "--format", forms[suffix], *QUICK).out
    outcome = verb("curve", "runs/x", "--output", f"out/c{suffix}", *QUICK)
    assert (outcome.code, outcome.out) == (0, f"out/c{suffix}\n")
    assert Path(f"out/c{suffix}").read_text() == shown


def test_a_picture_has_its_words_and_no_variable_of_a_page(runs: Path, verb: Command):
    pytest.importorskip("vl_convert")
    assert verb("curve", "runs", "--output", "c.svg", *QUICK).code == 0
    svg = Path("c.svg").read_text()
    assert svg.startswith("<svg")
    for words in ("STS-B dev: Spearman", "STSBenchmark dev, 300 pairs", "m (mean of 3): best"):
        assert words in svg
    assert "var(--" not in svg
    assert verb("curve", "runs", "--output", "c.png", *QUICK).code == 0
    assert Path("c.png").read_bytes().startswith(b"\x89PNG")


def test_a_page_is_one_file_without_a_network(runs: Path, verb: Command):
    pytest.importorskip("vl_convert")
    assert verb("curve", "runs", "--output", "c.html", *QUICK).code == 0
    page = Path("c.html").read_text()
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert page.count("data-plot>") == 2
    assert 'src="http' not in page
    assert "no development split" in page
    assert "m: best mean of 3 runs at step" in page


def test_names_are_escaped_everywhere(tmp_path: Path, verb: Command):
    pytest.importorskip("vl_convert")
    name = "<b>|x|</b>\x1b[31m=1+1"
    write_history(tmp_path / "e", name, (0, 125), rows=60)
    assert verb("curve", "e", "--output", "c.html", *QUICK).code == 0
    assert "<b>|x|" not in Path("c.html").read_text()
    for form in ("table", "csv", "markdown"):
        assert "\x1b" not in verb("curve", "e", "--format", form, *QUICK).out


@pytest.mark.parametrize(
    ("arguments", "phrases"),
    [
        (["runs/x", "--output", "c.gif"], ["--output c.gif", "there are .svg, .png, .html"]),
        (["runs/x", "--output", "folder.svg"], ["a folder is there"]),
        (["runs/x", "--runs", "y"], ["--runs y: there is no such training run", "there are x"]),
        (["runs/x", "--tasks", "STS13"], ["no step has a score"]),
        (["runs/x", "--level", "2"], ["--level 2.0"]),
        ([], ["name folders of training runs"]),
    ],
    ids=["suffix", "folder", "run", "task", "level", "nothing"],
)
def test_what_makes_no_sense_is_refused(
    runs: Path, verb: Command, arguments: list[str], phrases: list[str]
):
    Path("folder.svg").mkdir()
    verb("curve", *arguments, "--quiet").refused(2, *phrases)


def test_a_folder_that_is_not_there_is_refused(runs: Path, verb: Command):
    verb("curve", "runs/y", "--quiet").refused(3, "runs/y: no such file or folder")


def test_a_library_that_is_missing_is_named_before_anything_is_computed(
    runs: Path, verb: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    refused = verb("curve", "runs/x", "--output", "c.svg")
    refused.refused(2, "a picture needs vl-convert-python", "[page]")


def test_nothing_heavy_is_loaded(runs: Path):
    loaded = loaded_by(MAIN, "curve", str(runs / "x"), "--resamples", "40", "--quiet")
    assert set(loaded) <= {"numba", "scipy"}
