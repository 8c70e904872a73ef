"""``python -m benchmark check``: exit codes, streams, files, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import junitparser
import pytest

from benchmark.cli import main
from benchmark.gate import read_baseline
from tests.cli.conftest import Outcome
from tests.cli.test_startup import loaded_by
from tests.gate.samples import run_of, stored
from tests.results.edits import forge

PROJECT = Path(__file__).parents[2]
SCORES = {"STS12": 0.7, "STS13": 0.8, "MR": 0.75}

Check = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _not_on_a_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Run the verb on results/ and baseline.toml in the current folder."""

    def call(*arguments: object, results: str = "results", baseline: str = "baseline.toml"):
        capsys.readouterr()
        code = main(["check", results, "--baseline", baseline, *map(str, arguments)])
        streams = capsys.readouterr()
        return Outcome(code, streams.out, streams.err)

    return call


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Records of one model on three tasks."""
    stored(tmp_path / "results", run_of(SCORES))
    return tmp_path / "results"


@pytest.fixture
def baseline(results: Path, check: Check) -> Path:
    """The baseline of these records."""
    assert check("--update").code == 0
    return results.parent / "baseline.toml"


def rescore(results: Path, task: str, score: float) -> None:
    """Let a record tell another score, as another run would have."""
    [path] = results.rglob(f"{task}.json")
    told = json.loads(path.read_text())["scores"]
    scores = {over: dict.fromkeys(metrics, score) for over, metrics in told.items()}
    forge(path, main_score=score, scores=scores)


# --- passing and failing --------------------------------------------------------------------------


def test_a_baseline_is_written_and_passed(results: Path, check: Check):
    first = check("--update")
    assert first.code == 0
    assert first.out.splitlines()[-1] == "3 added: baseline.toml"
    second = check()
    assert (second.code, second.err) == (0, "")
    assert second.out.splitlines()[-1] == "3 scores against baseline.toml: 3 ok. Gate passed."


def test_a_drop_fails_with_a_line_that_says_so(results: Path, baseline: Path, check: Check):
    rescore(results, "STS12", 0.6)
    outcome = check()
    assert outcome.code == 1
    assert outcome.errors == ["error: 1 of 3 scores fail the gate of baseline.toml"]
    assert "- tiny-bert STS12: 60.0000 is 10.0000 points below" in outcome.out


def test_the_options_reach_the_gate(results: Path, baseline: Path, check: Check):
    rescore(results, "STS12", 0.701)
    assert check().code == 0
    assert check("--direction", "any").code == 1
    assert check("--direction", "any", "--tolerance", "0.1").code == 0
    rescore(results, "MR", 0.749)
    assert check().code == 0
    assert check("--tolerance", "0.05").code == 1


def test_several_results_and_options_in_any_order(results: Path, baseline: Path, tmp_path: Path):
    other = shutil.move(next(results.rglob("MR.json")), tmp_path / "MR.json")
    assert main(["check", "results", str(other), "--baseline", "baseline.toml"]) == 0
    assert main(["check", "--baseline", "baseline.toml", "results", str(other)]) == 0


# --- formats and files ----------------------------------------------------------------------------


def test_json_is_the_whole_standard_output(results: Path, baseline: Path, check: Check):
    rescore(results, "STS12", 0.6)
    found = json.loads(check("--format", "json").out)
    assert not found["passed"]
    assert found["counts"]["dropped"] == 1


def test_junit_goes_to_a_file_or_to_standard_output(results: Path, baseline: Path, check: Check):
    rescore(results, "STS12", 0.6)
    outcome = check("--junit", "reports/gate.xml")
    assert "State" in outcome.out
    read = junitparser.JUnitXml.fromfile("reports/gate.xml")
    assert (read.tests, read.failures) == (3, 1)
    assert Path("reports/gate.xml").read_text() == check("--format", "junit").out


def test_the_summary_is_added_to_the_file(results: Path, baseline: Path, check: Check):
    Path("summary.md").write_text("earlier\n\n")
    check("--summary", "summary.md")
    text = Path("summary.md").read_text()
    assert text.startswith("earlier\n\n### ✅ Regression gate\n")
    assert text.rstrip("\n") == "earlier\n\n" + check("--format", "markdown").out.rstrip("\n")


def test_on_a_runner_annotations_and_the_summary_of_the_step(
    results: Path, baseline: Path, check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path.parent))
    rescore(results, "STS12", 0.6)
    assert check().code == 1
    assert not Path("step.md").exists()
    outcome = check("--format", "github")
    file = f"{tmp_path.name}/baseline.toml"
    line = read_baseline(baseline).entries["tiny-bert", "STS12"].line
    assert f"::error file={file},line={line},title=Worse%3A tiny-bert STS12::60.0000" in outcome.out
    assert "❌" in Path("step.md").read_text()


def test_a_full_summary_is_not_made_too_large(results: Path, baseline: Path, check: Check):
    Path("summary.md").write_bytes(b"x" * (1_048_576 - 300))
    assert check("--summary", "summary.md").code == 0
    assert Path("summary.md").stat().st_size <= 1_048_576


# --- updating -------------------------------------------------------------------------------------


def test_an_update_takes_what_failed(results: Path, baseline: Path, check: Check):
    rescore(results, "STS12", 0.6)
    assert check().code == 1
    outcome = check("--update")
    assert outcome.code == 0
    assert "changed  tiny-bert STS12  70.0000 -> 60.0000 (-10.0000)" in outcome.out
    assert check().code == 0


def test_pruning_removes_what_is_not_run(results: Path, baseline: Path, check: Check):
    next(results.rglob("MR.json")).unlink()
    assert "1 kept though not run" in check("--update").out
    assert check().code == 1
    assert "removed  tiny-bert MR" in check("--update", "--prune").out
    assert check().code == 0


# --- what is refused ------------------------------------------------------------------------------


def test_a_baseline_that_is_not_there(results: Path, check: Check):
    check().refused(2, "--baseline baseline.toml: no such file; --update writes it")


def test_a_baseline_that_is_damaged(results: Path, baseline: Path, check: Check):
    baseline.write_text(baseline.read_text().replace("score =", "scor ="))
    check().refused(3, "baseline.toml, line", "tiny-bert STS12", "did you mean score?")
    check("--update").refused(3, "did you mean score?")


def test_a_tolerance_that_is_none(results: Path, baseline: Path, check: Check):
    check("--tolerance=-1").refused(2, "--tolerance: a tolerance of", "-1")


@pytest.mark.parametrize(
    "option",
    [
        ["--significant"],
        ["--tolerance", "1"],
        ["--direction", "any"],
        ["--format", "json"],
        ["--junit", "x.xml"],
        ["--summary", "x.md"],
    ],
    ids=lambda option: option[0],
)
def test_an_update_compares_nothing(results: Path, baseline: Path, check: Check, option: list[str]):
    check("--update", *option).refused(2, f"leave {option[0]} out")


def test_significance_needs_predictions(results: Path, baseline: Path, check: Check):
    check("--significant").refused(2, "--significant compares predictions: baseline.toml holds")
    check("--significant", baseline="results").refused(2, "keeps no predictions")


def test_pruning_is_for_updates(results: Path, baseline: Path, check: Check):
    check("--prune").refused(2, "--prune goes with --update")


def test_a_folder_is_not_updated(results: Path, check: Check):
    check("--update", baseline="results").refused(2, "results: is a folder; --update writes a file")


@pytest.mark.parametrize("option", ["--junit", "--summary"])
def test_reports_that_cannot_be_written(results: Path, baseline: Path, check: Check, option: str):
    Path("file").write_text("")
    outcome = check(option, "file/report")
    assert outcome.code == 2
    [error] = outcome.errors
    assert error.startswith(f"error: {option} file/report: cannot be written (")
    assert "Gate passed" in outcome.out


@pytest.mark.parametrize(
    "arguments", [["check"], ["check", "results"], ["check", "--baseline", "x"]]
)
def test_results_and_baseline_must_be_named(arguments: list[str], capsys: pytest.CaptureFixture):
    assert main(arguments) == 2
    assert "(see --help)" in capsys.readouterr().err


# --- how quick ------------------------------------------------------------------------------------


def test_it_loads_nothing_heavy(results: Path, baseline: Path):
    statement = "from benchmark.cli import main; main(sys.argv[1:])"
    arguments = [
        "check",
        str(results),
        "--baseline",
        str(baseline),
        "--junit",
        str(results / "j.xml"),
    ]
    assert loaded_by(statement, *arguments) == []
