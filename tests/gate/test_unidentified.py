"""An encoder without a version may be another one: the gate says so, and fails on it if strict."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmark.cli import main
from benchmark.encoders import EncoderCard
from benchmark.gate import GateReport, Outcome, check, updated
from benchmark.gate.baseline import Baseline
from benchmark.reports.gate import as_junit, as_markdown, render_gate, update_text
from benchmark.results import Run
from tests.gate.samples import baseline_with
from tests.results.samples import CARD, sample_result

NAMELESS = EncoderCard(name="mine")
KNOWN = EncoderCard(name="mine", version="1")


def run_of(card: EncoderCard, score: float = 0.7) -> Run:
    return Run("mine", (), {"STS12": sample_result("STS12", score, name="mine", card=card)})


def report(before: EncoderCard, after: EncoderCard, score=0.7, **options) -> GateReport:
    other = Run("known", (), {"STS12": sample_result("STS12", 0.5, name="known", card=CARD)})
    return check([run_of(after, score), other], baseline_with(run_of(before), other), **options)


def test_scores_alone_are_compared_and_that_is_said():
    found = report(NAMELESS, NAMELESS)
    assert found.passed
    assert found.unidentified == ("mine",)
    dropped = report(NAMELESS, NAMELESS, 0.6)
    assert [one.outcome for one in dropped.failures] == [Outcome.DROPPED]
    assert dropped.unidentified == ("mine",)


def test_a_strict_check_fails_on_it_whatever_it_scored():
    for score in (0.7, 0.8):
        found = report(NAMELESS, NAMELESS, score, strict=True)
        assert [one.outcome for one in found.failures] == [Outcome.NOT_IDENTIFIED]
        assert "has no version" in render_gate(found, "text")
    assert report(KNOWN, KNOWN, strict=True).passed


@pytest.mark.parametrize(("before", "after"), [(KNOWN, NAMELESS), (NAMELESS, KNOWN)])
def test_one_of_both_without_a_version_is_another_encoder(before: EncoderCard, after: EncoderCard):
    [failed] = report(before, after).failures
    assert failed.outcome is Outcome.OTHER_ENCODER


def test_encoders_that_say_who_they_are_are_not_mentioned():
    found = report(KNOWN, KNOWN)
    assert found.unidentified == ()
    for form in ("text", "markdown", "junit", "github"):
        assert "version, so" not in render_gate(found, form)
        assert "identified" not in render_gate(found, form)


def test_every_format_says_so():
    found = report(NAMELESS, NAMELESS)
    line = "mine: its encoder has no version, so nobody can tell whether it is that of the baseline"
    assert f"- {line}" in render_gate(found, "text")
    assert f"- {line}" in as_markdown(found)
    [warning] = [
        text for text in render_gate(found, "github").splitlines() if text.startswith("::warning")
    ]
    assert line in warning
    said = json.loads(render_gate(found, "json"))
    assert said["unidentified"] == ["mine"]
    assert [one["unidentified"] for one in said["verdicts"]] == [False, True]
    suites = ET.fromstring(as_junit(found).encode())
    values = {
        suite.get("name"): [p.get("name") for p in suite.iter("property")]
        for suite in suites.iter("testsuite")
    }
    assert "identified" in values["mine"]
    assert "identified" not in values["known"]
    assert "its encoder has no version" in "".join(suites.itertext())


def test_an_update_says_so_as_well():
    change = updated(Baseline(Path("baseline.toml")), [run_of(NAMELESS)], prune=False)
    assert "mine: its encoder has no version" in update_text(change)
    change = updated(Baseline(Path("baseline.toml")), [run_of(KNOWN)], prune=False)
    assert "version" not in update_text(change)


ENCODER = """
import numpy as np
from benchmark import EncoderCard

class Mine:
    card = EncoderCard(name="mine")
    def encode(self, sentences):
        rows = np.array([[len(s), s.count("a"), s.count("e"), 1] for s in sentences], np.float32)
        return {factor} * rows
"""


def test_quite_other_vectors_of_the_same_scores_do_not_pass_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    for factor in (1, -1000):
        Path("mine.py").write_text(ENCODER.format(factor=factor))
        assert main(["run", "--model", "mine.py:Mine", "--tasks", "DemoSTS"]) == 0
        if factor == 1:
            assert main(["check", "results", "--baseline", "b.toml", "--update"]) == 0
    capsys.readouterr()
    assert main(["check", "results", "--baseline", "b.toml"]) == 0
    assert "mine: its encoder has no version" in capsys.readouterr().out
    assert main(["check", "results", "--baseline", "b.toml", "--strict"]) == 1
    assert "NOT IDENTIFIED" in capsys.readouterr().out
