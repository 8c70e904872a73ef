"""Curves of cost: the sentences, the exponent, the budget, the table and the plot."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from performance import scaling
from performance.tools import curve_plot, curves
from performance.tools.curves import Measured, Point, exponent, measure_curve
from performance.tools.encoding import encode_once
from performance.tools.sentences import BASE, sentences


def made(label: str, quantity: float, seconds: float) -> Measured:
    point = Point(label, quantity, "m", int(quantity), 1, expected=quantity)
    return Measured(point, 1000, 2_000_000_000, 0.5, seconds, seconds + 2, 4e9)


def test_sentences_are_different_and_repeat_their_lengths():
    many = sentences(8 * BASE)
    assert len(set(many)) == len(many)
    words = np.array([len(sentence.split()) for sentence in many]).reshape(8, BASE)
    assert np.abs(words.mean(axis=1) - words[0].mean()).max() < 0.5
    assert many[: 2 * BASE] == sentences(2 * BASE)
    assert words.min() <= 7
    assert words.max() >= 18


@given(
    st.lists(st.floats(1, 1e6), min_size=2, max_size=9, unique=True),
    st.floats(-2, 2),
    st.floats(0.01, 100),
)
def test_the_exponent_is_that_of_numpy(quantities: list[float], power: float, factor: float):
    noise = np.random.default_rng(0).uniform(0.9, 1.1, len(quantities))
    costs = factor * np.array(quantities) ** power * noise
    if np.ptp(np.log(quantities)) < 1e-3:
        return
    expected = np.polyfit(np.log(quantities), np.log(costs), 1)[0]
    assert exponent(quantities, list(costs)) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_one_point_has_no_exponent():
    assert exponent([3], [1.0]) is None


def test_what_does_not_fit_into_the_budget_is_left_out(monkeypatch: pytest.MonkeyPatch):
    asked: list[float] = []

    def measure(point: Point) -> Measured:
        asked.append(point.quantity)
        return made(point.label, point.quantity, point.quantity)

    monkeypatch.setattr(curves, "_measure", measure)
    points = [Point(f"{n}x", n, "m", n, 1, expected=n) for n in (1, 2, 4, 8)]
    said: list[str] = []
    # 3 + 4 + 6 seconds; the next would take 10
    assert len(list(measure_curve(points, 20.0, said.append))) == 3
    assert asked == [1, 2, 4]
    assert "8x: left out" in said[-1]
    assert len(list(measure_curve(points, 0.0, said.append))) == 1


def test_the_table_has_shares_and_the_exponent():
    text = scaling.render("sentences", [made("1x", 200, 1.0), made("2x", 400, 2.0)])
    assert "50 %" in text
    assert "25 %" in text
    assert text.endswith("to the power 1.00")


def test_the_plot_has_a_panel_a_curve(tmp_path: Path):
    pytest.importorskip("matplotlib")
    drawn = {"sentences": [made("1x", 200, 1.0), made("2x", 400, 2.0)], "cores": [made("1", 1, 3)]}
    curve_plot.draw(drawn, tmp_path / "curves.svg")
    text = (tmp_path / "curves.svg").read_text()
    assert all(word in text for word in ("sentences", "cores", "2x", "seconds to encode"))


def test_a_point_is_measured_as_runs_encode(model: Path):
    found = encode_once(str(model), 40, 1)
    shape = 2 * (4 * 64 * 64 + 2 * 64 * 256)
    assert found["operations"] > 2 * shape * found["tokens"]
    assert found["rate"] > 0
    assert found["encode_seconds"] > 0


@pytest.mark.parametrize(("most", "counts"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6])])
def test_cores_double(most: int, counts: list[int]):
    assert scaling._doubling(most) == counts


def test_points_grow(tmp_path: Path):
    asked: Any = argparse.Namespace(model="all-minilm-l6-v2", threads=2, most=32)
    counts = [point.sentences for point in scaling._points("sentences", asked, tmp_path)]
    assert counts == [BASE * times for times in (1, 2, 4, 8, 16, 32)]
    workers = scaling._points("workers", asked, tmp_path)
    assert [(point.workers, point.threads) for point in workers] == [(1, 2), (2, 2)]


def test_unknown_curves_are_refused():
    with pytest.raises(SystemExit):
        scaling.main(["--curves", "spirals"])


def test_what_one_curve_leaves_the_next_ones_have():
    ends = scaling._deadlines(argparse.Namespace(curves=["sentences", "cores"], budget=110.0))
    assert ends == pytest.approx({"sentences": 80.0, "cores": 110.0})
