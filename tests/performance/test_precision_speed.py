"""The table of precisions: ratios, the largest change, and which settings are approximate."""

from __future__ import annotations

import pytest

from performance import precision_speed
from performance.precision_speed import Outcome


def outcome(seconds: float, **scores: float) -> Outcome:
    return Outcome(seconds, scores)


def test_changes_and_ratios_are_those_from_the_reference():
    text = precision_speed._table(
        {
            ("float32", "torch"): [outcome(40.0, STS12=70.0, STS13=80.0)],
            ("bfloat16", "torch"): [
                outcome(19.0, STS12=70.05, STS13=79.91),
                outcome(20.0, STS12=70.05, STS13=79.91),
                outcome(50.0, STS12=70.05, STS13=79.91),
            ],
            ("int8", "onnx"): [outcome(80.0, STS12=70.02, STS13=79.88)],
        }
    )
    rows = [line.split() for line in text.splitlines()[2:]]
    assert rows == [
        ["float32", "torch", "40.0", "1.00", "+0.0000", "STS12"],
        ["bfloat16", "torch", "20.0", "2.00", "-0.0900", "STS13"],
        ["int8", "onnx", "80.0", "0.50", "-0.1200", "STS13", "approximate"],
    ]


def test_a_setting_that_cannot_run_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def run(_asked: object, setting: tuple[str, str], _tasks: str, _folder: object):
        if setting != ("float32", "torch"):
            return f"error: {setting[0]} is not there"
        return outcome(10.0, STS12=70.0)

    monkeypatch.setattr(precision_speed, "_run", run)
    monkeypatch.setattr("sys.argv", ["precision_speed.py", "--data-dir", "nowhere"])
    assert precision_speed.main() == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 3
    assert "int8 openvino left out: error: int8 is not there" in printed.err
