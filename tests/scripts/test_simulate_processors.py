"""Other processors are played only where they can be, and nothing passes that did not run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts import simulate_processors as simulation
from tests.conftest import PROJECT

TESTS = PROJECT / "tests"
SSE = next(kind for kind in simulation.KINDS if kind.name == "sse-1-thread")


def names(kinds: list[simulation.Kind]) -> list[str]:
    return [kind.name for kind in kinds]


# --- what is run ----------------------------------------------------------------------------------


def test_every_room_of_the_tests_is_known() -> None:
    rooms = {path.parent.relative_to(TESTS).parts[0] for path in TESTS.glob("*/**/test_*.py")}
    known = {name for name in simulation.COMPUTE if not name.endswith(".py")}
    assert rooms == known | set(simulation.ELSEWHERE)


def test_what_is_named_is_there() -> None:
    assert all((TESTS / name).exists() for name in simulation.COMPUTE + simulation.APART)
    assert all(name.split("/")[0] in simulation.COMPUTE for name in simulation.APART)


# --- which kinds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capability", "machine", "expected"),
    [
        ("AVX512", "x86_64", {"sse", "avx2", "avx512", "own"}),
        ("AVX2", "AMD64", {"sse", "avx2", "own"}),
        ("DEFAULT", "x86_64", {"sse", "own"}),
        ("something new", "x86_64", {"sse", "own"}),
        ("SVE256", "aarch64", {"own"}),
    ],
)
def test_only_what_the_machine_can_play(capability: str, machine: str, expected: set[str]) -> None:
    found = names(simulation.playable(capability, machine))
    assert found == [
        f"{name}-{threads}" for threads in ("1-thread", "4-threads")
        for name in ("sse", "avx2", "avx512", "own") if name in expected
    ]  # fmt: skip


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """The kinds that were run, with what was handed on to pytest."""
    found: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(simulation, "probe", lambda _: {"torch": "AVX2"})
    monkeypatch.setattr(simulation.platform, "machine", lambda: "x86_64")

    def passes(kind: simulation.Kind, options: list[str]) -> bool:
        found.append((kind.name, options))
        return kind.name != "avx2-4-threads"

    monkeypatch.setattr(simulation, "passes", passes)
    return found


def test_one_kind_and_what_pytest_is_told(ran: Any) -> None:
    assert simulation.main(["--kind", "own-4-threads", "--", "-n", "2"]) == 0
    assert ran == [("own-4-threads", ["-n", "2"])]


def test_a_kind_that_cannot_be_played(ran: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        simulation.main(["--kind", "avx512-1-thread"])
    assert "cannot play avx512-1-thread" in capsys.readouterr().err
    assert ran == []


def test_all_of_them(ran: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulation.main([]) == 1
    assert len({name for name, _ in ran}) == len(ran) == 6
    assert capsys.readouterr().out.endswith("passed: 5 of 6 failed: avx2-4-threads\n")


# --- whether it was so ----------------------------------------------------------------------------


def test_a_library_that_does_as_it_likes_is_told() -> None:
    said = dict(SSE.effect)
    assert simulation.without_effect(SSE, said) == []
    assert simulation.without_effect(SSE, said | {"torch": "AVX2"}) == ["torch"]
    assert simulation.without_effect(SSE, said | {"threads": 2, "numpy": ["X86_V3"]}) == [
        "numpy", "threads",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ["own-4-threads", "sse-1-thread"])
def test_the_libraries_of_this_machine_do_as_they_are_told(name: str) -> None:
    [kind] = [kind for kind in simulation.KINDS if kind.name == name]
    if kind not in simulation.playable(simulation.probe({})["torch"]):
        pytest.skip("another kind of machine")
    assert simulation.without_effect(kind, simulation.probe(kind.environment)) == []


REPORT = """<testsuites><testsuite name="pytest">{}
<testcase classname="tests.metrics.test_f1" name="skipped"><skipped/></testcase>
<testcase classname="tests.tasks.test_x" name="failed"><failure/></testcase>
</testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("code", "left_out", "verdict"),
    [(0, None, True), (1, None, False), (0, "metrics", False), (0, "test_evaluation.py", False)],
)
def test_what_did_not_run_did_not_pass(
    code: int,
    left_out: str | None,
    verdict: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(simulation, "probe", lambda _: dict(SSE.effect))

    def run(command: list[str], env: Mapping[str, str], **_: Any) -> Any:
        assert command[:3] == [sys.executable, "-m", "pytest"]
        assert env["ATEN_CPU_CAPABILITY"] == "default"
        [report] = [word.partition("=")[2] for word in command if word.startswith("--junitxml=")]
        places = [name.removesuffix(".py") for name in simulation.COMPUTE if name != left_out]
        cases = "".join(f'<testcase classname="tests.{p}" name="t"/>' for p in places)
        Path(report).write_text(REPORT.format(cases))
        return SimpleNamespace(returncode=code)

    monkeypatch.setattr(simulation.subprocess, "run", run)
    assert simulation.passes(SSE, []) == verdict
    out = capsys.readouterr().out
    assert ("FAILED" in out) != verdict
    assert (f"nothing ran in {left_out}" in out) == (left_out is not None)
