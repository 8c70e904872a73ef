"""Reports of the gate with every outcome in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmark.gate import Baseline, GateReport, check
from benchmark.measures import Tolerance
from benchmark.results import Run
from tests.gate.samples import HOSTILE, baseline_with, run_of
from tests.results.samples import CARD, sample_result

BASELINE = Path("baseline.toml")


def every_outcome(name: str = "tiny-bert", direction="drop") -> GateReport:
    """One score of each kind, on the tasks of the STS table; names may be hostile."""
    tasks = ("STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark")
    before = run_of(dict.fromkeys(tasks, 0.7), name=name, environment={name: "1"})
    results = {
        "STS12": sample_result("STS12", 0.7, name=name),
        "STS13": sample_result("STS13", 0.6899, name=name),
        "STS14": sample_result("STS14", 0.71, name=name),
        "STS15": sample_result("STS15", 0.7, name=name, verified=False),
        "STS16": sample_result("STS16", 0.7, name=name, card=replace(CARD, prompt=name)),
        "SICKRelatedness": sample_result("SICKRelatedness", 0.5, name=name),
    }
    baseline = baseline_with(before, path=BASELINE)
    return check([Run(name, (), results)], with_lines(baseline, name), direction=direction)


def with_lines(baseline: Baseline, reason: str = "") -> Baseline:
    """As if it had been read from its file; STS13 has a tolerance of its own."""
    own = {"tolerance": Tolerance(0.05), "reason": reason}
    entries = {
        key: replace(
            entry, path=baseline.path, line=10 * number, **(own if key[1] == "STS13" else {})
        )
        for number, (key, entry) in enumerate(baseline.entries.items(), start=1)
    }
    return replace(baseline, entries=entries)


def many_failures(number: int) -> GateReport:
    """So many models that dropped, the last one most."""
    names = [f"model-{place:04}" for place in range(number)]
    before = baseline_with(*(run_of({"STS12": 0.7}, name=name) for name in names), path=BASELINE)
    after = [run_of({"STS12": 0.6 - place / 1e5}, name=name) for place, name in enumerate(names)]
    return check(after, with_lines(before))


def many_passed(number: int) -> GateReport:
    """So many models that are what they were, and one that dropped."""
    names = [f"model-{place:04}" for place in range(number)]
    before = [run_of({"STS12": 0.7}, name=name) for name in names]
    after = [*before[:-1], run_of({"STS12": 0.1}, name=names[-1])]
    return check(after, baseline_with(*before, path=BASELINE))


HOSTILE_REPORT = every_outcome(HOSTILE)
REPORT = every_outcome()
