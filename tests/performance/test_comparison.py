"""Rounds, failures and resuming, with runs that only pretend to measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmark.errors import UsageError
from performance.tools.child import ChildFailed
from performance.tools.comparison import compare
from performance.tools.ledger import Ledger, read_content
from performance.tools.summary import failures

NAMES = ["ours-cold", "ours-warm", "ours-auto", "simcse", "mteb"]
FACTS = {"tasks": ["STS16"], "least_operations": 1, "sent_tokens": 5}


class Pretended:
    """Stands for `Runs`: notes what it is asked, fails where it shall."""

    def __init__(self, failing: set[tuple[str, int]] = frozenset(), absent: set[str] = frozenset()):
        self.failing, self.absent = failing, absent
        self.asked: list[str] = []

    def prepare(self) -> dict[str, Any]:
        return FACTS

    def machine(self, facts: dict[str, Any]) -> dict[str, Any]:
        return {"rate": 1e9, "processor": "p"}

    def warm_up(self, name: str) -> None:
        if name in self.absent:
            raise ValueError(f"{name} is not installed")

    def warm_imports(self, tasks: list[str]) -> list[str]:
        return []

    def figures(self, name: str, facts: dict[str, Any]) -> dict[str, Any]:
        turn = self.asked.count(name)
        self.asked.append(name)
        if (name, turn) in self.failing:
            raise ChildFailed("out of memory")
        return {
            "seconds": 1.0, "processor_seconds": 1.0, "peak_bytes": 1, "scores": {"STS16": 0.5},
            "sent_tokens": 1, "encoded": 0 if name == "ours-warm" else 1, "table": "t",
            "encode_seconds": 0.5, "precision": "float32",
        }  # fmt: skip


def run(runs: Any, ledger: Ledger, rounds: int = 2) -> list[str]:
    said: list[str] = []
    compare(NAMES, rounds, runs, ledger, said.append)
    return said


def test_each_runs_once_a_round_in_rotating_order():
    runs, ledger = Pretended(), Ledger({})
    run(runs, ledger)
    assert runs.asked == [*NAMES, *NAMES[1:], NAMES[0]]
    assert set(ledger.content["rates"]) == {"0", "1"}
    assert ledger.content["warm_imports"] == []


def test_a_failure_does_not_take_the_others_along():
    runs, ledger = Pretended(failing={("simcse", 0)}), Ledger({})
    said = run(runs, ledger)
    good = [(r["contender"], r["round"]) for r in ledger.content["runs"] if "failure" not in r]
    assert sorted(good) == sorted((n, t) for n in NAMES for t in (0, 1) if (n, t) != ("simcse", 0))
    assert any("out of memory" in line for line in said)
    assert failures(ledger.content) == ["SimCSE's way, round 1, failed: out of memory"]


def test_one_that_cannot_start_is_left_out():
    runs, ledger = Pretended(absent={"mteb"}), Ledger({})
    run(runs, ledger)
    assert "mteb" not in runs.asked
    assert failures(ledger.content) == ["MTEB left out: mteb is not installed"]


def test_the_file_is_there_after_each_run(tmp_path: Path):
    path = tmp_path / "figures.json"
    ledger = Ledger({"model": "m"}, path)

    class Killed(Pretended):
        def figures(self, name: str, facts: dict[str, Any]) -> dict[str, Any]:
            if len(self.asked) == 3:
                raise KeyboardInterrupt
            return super().figures(name, facts)

    with pytest.raises(KeyboardInterrupt):
        run(Killed(), ledger)
    assert len(read_content(path)["runs"]) == 3

    again, rest = Ledger({"model": "m"}, path), Pretended()
    again.resume()
    run(rest, again)
    assert rest.asked == [*NAMES[3:], *NAMES[1:], NAMES[0]]
    assert len(read_content(path)["runs"]) == 2 * len(NAMES)


def test_a_failed_run_is_tried_again(tmp_path: Path):
    path = tmp_path / "figures.json"
    run(Pretended(failing={("mteb", 0)}), Ledger({}, path), rounds=1)
    again, runs = Ledger({}, path), Pretended()
    again.resume()
    run(runs, again, rounds=1)
    assert runs.asked == ["mteb"]
    assert failures(again.content) == []
    assert len(again.content["runs"]) == len(NAMES)


def test_figures_of_another_question_are_refused(tmp_path: Path):
    path = tmp_path / "figures.json"
    run(Pretended(), Ledger({"model": "m", "threads": 1}, path), rounds=1)
    with pytest.raises(UsageError, match="another threads"):
        Ledger({"model": "m", "threads": 2}, path).resume()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 9}', "null"])
def test_what_holds_no_figures_is_refused(content: str, tmp_path: Path):
    path = tmp_path / "figures.json"
    path.write_text(content)
    with pytest.raises(UsageError, match="no figures"):
        read_content(path)


def test_resuming_without_a_file_begins_anew(tmp_path: Path):
    ledger = Ledger({}, tmp_path / "none.json")
    ledger.resume()
    assert ledger.content["runs"] == []
    assert json.loads(json.dumps(ledger.content)) == ledger.content
