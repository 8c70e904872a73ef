"""Every verb with streams that are closed, full or read by nobody: the same work, the same code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from tests.cli.forks import IN_USE, Case, Ended, Stream, run_all
from tests.cli.verbs import verb
from tests.gate.samples import run_of, stored
from tests.interchange.stored import write_records
from tests.leaderboard.samples import write_models

__all__ = ["verb"]

STREAMS: list[tuple[Stream, Stream]] = [
    *((out, "kept") for out in get_args(Stream)),
    *(("kept", "closed"), ("kept", "full"), ("closed", "closed"), ("full", "full")),
]
"""Each of them alone, and both at once where that is another road."""
MODULES = (
    *IN_USE,
    "rich.markdown",
    *("benchmark.comparisons", "benchmark.gate", "benchmark.interchange", "benchmark.leaderboard"),
    *("benchmark.reports.comparison", "benchmark.reports.gate", "benchmark.reports.leaderboard"),
)
FULL = "the result cannot be printed (No space left on device)"


def of_all_kinds(
    arguments: list[object], folder: Path, command: str = "main"
) -> dict[tuple[Stream, Stream], Ended]:
    """Run a command with every pair of streams."""
    cases = [Case(arguments, command, streams) for streams in STREAMS]
    return dict(zip(STREAMS, run_all(cases, folder, preload=MODULES), strict=True))


def the_same_but_for_the_full(
    all_kinds: dict[tuple[Stream, Stream], Ended], code: int = 0, last: str = ""
) -> None:
    """Require this exit code, and 1 at least where a wanted result could not be printed."""
    usual = all_kinds["kept", "kept"]
    assert usual.out
    for (out, err), ended in all_kinds.items():
        assert ended.code == (max(code, 1) if out == "full" else code), (out, err, ended)
        assert ended.out == (usual.out if out == "kept" else "")
        if err == "kept":
            own = ended.err.splitlines()
            if out == "full":
                assert own.pop() == f"error: {FULL}"
            assert own == usual.err.splitlines(), (out, err)
    assert (usual.err.splitlines() or [""])[-1] == last


# --- what prints and does nothing else ------------------------------------------------------------


@pytest.mark.slow
def test_what_only_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    asked: list[Case] = [
        Case(["--help"]),
        Case(["--version"], "main"),
        Case(["explain", "--help"], "main"),
        Case(["--list-models"]),
        Case(["cache", "--format", "json"], "main"),
    ]
    cases = [replace(case, streams=streams) for case in asked for streams in STREAMS]
    ended = run_all(cases, tmp_path / "notes", preload=MODULES)
    for number in range(0, len(cases), len(STREAMS)):
        of_one = ended[number : number + len(STREAMS)]
        the_same_but_for_the_full(dict(zip(STREAMS, of_one, strict=True)))


# --- what works -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_records_what_it_scored(mine: str, tmp_path: Path):
    asked = ["--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--no-cache", "--output-dir"]
    cases = [Case([*asked, number], streams=kind) for number, kind in enumerate(STREAMS)]
    ended = run_all(cases, tmp_path / "notes", preload=MODULES)
    assert [one.code for one in ended] == [int(out == "full") for out, _ in STREAMS]
    for number, (kind, one) in enumerate(zip(STREAMS, ended, strict=True)):
        assert len(list(Path(str(number)).rglob("DemoSTS.json"))) == 1, kind
        said = ["word-hash: encoding 365 distinct sentences"]
        said += [f"error: {FULL}"] * (kind[0] == "full")
        assert one.err.splitlines() == (said if kind[1] == "kept" else []), kind
        assert one.out.startswith("Model " if kind[0] == "kept" else "")


def test_what_failed_keeps_its_code(mine: str, tmp_path: Path):
    asked = ["--model", f"{mine}:Raises", f"{mine}:WordHash", "--tasks", "DemoSTS", "--quiet"]
    cases = [Case(asked, streams=kind) for kind in STREAMS]
    assert {one.code for one in run_all(cases, tmp_path / "notes", preload=MODULES)} == {4}


def test_an_encoder_that_prints_is_scored(tmp_path: Path, mine: str):
    asked = ["--model", f"{mine}:Chatty", "--tasks", "DemoSTS", "--no-cache", "--overwrite"]
    streams: list[tuple[Stream, Stream]] = [("closed", "closed"), ("full", "kept")]
    ended = run_all([Case(asked, streams=kind) for kind in streams], tmp_path / "notes")
    assert [one.code for one in ended] == [0, 1]
    assert "a child of chatty" in ended[1].err.splitlines()
    assert len(list(Path("results").rglob("DemoSTS.json"))) == 1


@pytest.mark.parametrize(("score", "code"), [(0.7, 0), (0.6, 1)], ids=["passed", "failed"])
def test_a_gate_gives_its_verdict_whoever_reads_it(score: float, code: int, tmp_path: Path, verb):
    stored(tmp_path / "before", run_of({"STS12": 0.7}))
    assert verb("check", "before", "--baseline", "baseline.toml", "--update").code == 0
    stored(tmp_path / "results", run_of({"STS12": score}))
    asked = ["check", "results", "--baseline", "baseline.toml"]
    for (out, err), one in of_all_kinds(asked, tmp_path / "notes").items():
        assert one.code == code, (out, err)
        if err == "kept":
            said = ["error: 1 of 1 scores fail the gate of baseline.toml"] * code
            said += [f"warning: {FULL}"] * (out == "full")
            assert one.err.splitlines() == said
        assert ("STS12" in one.out) == (out == "kept")


@pytest.mark.slow
def test_an_explanation(mine: str, tmp_path: Path):
    asked = ["--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--quiet"]
    [ended] = run_all([Case(asked)], tmp_path / "run")
    assert ended.code == 0
    the_same_but_for_the_full(of_all_kinds(["explain", "results"], tmp_path / "notes"))


def test_an_export(tmp_path: Path):
    write_records(tmp_path / "records")
    asked = ["export", "records", "--to", "model-index"]
    the_same_but_for_the_full(of_all_kinds([*asked, "--quiet"], tmp_path / "notes"))


@pytest.mark.slow
def test_all_files_of_a_leaderboard_are_written(tmp_path: Path):
    write_models(tmp_path / "results", [0.9])
    asked = ["leaderboard", "results", "--tasks", "sts", "--no-published", "--quiet", "--output"]
    streams: list[tuple[Stream, Stream]] = [
        ("full", "full"),
        ("closed", "closed"),
        ("gone", "kept"),
    ]
    cases = [Case([*asked, out], "main", (out, err)) for out, err in streams]
    ended = run_all(cases, tmp_path / "notes", preload=MODULES)
    assert [one.code for one in ended] == [1, 0, 0]
    for out, _ in streams:
        assert {path.name for path in Path(out).iterdir()} == {"STS.md", "statistics.json"}
