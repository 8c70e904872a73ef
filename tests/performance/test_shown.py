"""What is printed and drawn, from figures that are made up."""

from __future__ import annotations

import copy
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from performance import tool_speed
from performance.tools.agreement import TOLERANCE, agreement
from performance.tools.plot import draw
from performance.tools.summary import rate, rows, share_in_encoder
from performance.tools.table import is_sound, render


def made_run(contender: str, turn: int, seconds: float, score: float = 0.7, **more: Any) -> Any:
    return {
        "contender": contender, "round": turn, "seconds": seconds, "processor_seconds": seconds,
        "peak_bytes": 500_000_000, "scores": {"STS16": score}, "sent_tokens": 1000, **more,
    }  # fmt: skip


@pytest.fixture
def content() -> dict[str, Any]:
    cold = {"encoded": 9, "table": "t", "encode_seconds": 8.0, "versions": {"torch": "2.0"}}
    warm = {"encoded": 0, "table": "t", "encode_seconds": 0.0}
    ours, theirs = enumerate((9.0, 10.0, 30.0)), enumerate((44.0, 40.0, 41.0))
    return {
        "format": 1,
        "question": {"model": "m$x^2$", "tasks": "STS16", "threads": 2, "device": "cpu"},
        "facts": {
            "tasks": ["STS16"], "pairs": 1186, "distinct_sentences": 1867, "distinct_tokens": 900,
            "weights": 10_600_000, "least_operations": 4e11, "sent_tokens": 1000,
        },
        "rates": {"0": {"rate": 1e11, "processor": "P"}, "1": {"rate": 2e11, "processor": "P"}},
        "runs": [
            *(made_run("ours-cold", turn, seconds, **cold) for turn, seconds in ours),
            made_run("ours-warm", 0, 0.5, **warm),
            *(made_run("simcse", turn, seconds, 0.70001) for turn, seconds in theirs),
        ],
        "left_out": {},
        "warm_imports": [],
    }  # fmt: skip


def changed(content: dict[str, Any], place: int, **values: Any) -> dict[str, Any]:
    other = copy.deepcopy(content)
    other["runs"][place] |= values
    return other


# --- figures --------------------------------------------------------------------------------------


def test_medians_ratios_and_shares(content: dict[str, Any]):
    cold, warm, simcse = rows(content)
    assert (cold.seconds, cold.least, cold.most, cold.ratio) == (10.0, 9.0, 30.0, 1.0)
    assert (simcse.seconds, simcse.ratio) == (41.0, 4.1)
    assert rate(content) == 1.5e11
    assert cold.useful == 4e10
    assert cold.share == pytest.approx(4e10 / 1.5e11)
    assert (warm.useful, warm.share, warm.ratio) == (None, None, 0.05)
    assert share_in_encoder(content) == 0.8


def test_the_table(content: dict[str, Any]):
    text = render(content)
    row = next(line for line in text.splitlines() if line.startswith("SimCSE's way"))
    expected = ["41.0", "40.0", "-", "44.0", "4.10", "41.0", "500", "1,000", "9.8", "7", "%"]
    assert row.removeprefix("SimCSE's way").split() == expected
    assert "scores agree: largest difference 1.0e-05" in text
    assert "spends 80 % of its wall time encoding" in text
    assert "imports neither torch nor transformers" in text
    assert "least work  4.000e+11 FLOP" in text
    assert "150.0 GFLOP/s" in text
    assert is_sound(content)


def with_auto(content: dict[str, Any], score: float) -> dict[str, Any]:
    other = copy.deepcopy(content)
    other["runs"] += [
        made_run("ours-auto", 0, 5.0, score, precision="bfloat16", encoded=9),
        made_run("mteb", 0, 20.0),
    ]
    return other


def test_a_run_in_16_bits_is_compared_and_its_change_is_shown(content: dict[str, Any]):
    other = with_auto(content, 0.701)
    text = render(other)
    assert "--precision auto took bfloat16: largest change of a score 1.0e-03 of 1" in text
    assert "MTEB takes 2.00 times as long as run_eval.py, empty store" in text
    assert "MTEB takes 4.00 times as long as run_eval.py --precision auto" in text
    [auto] = [row for row in rows(other) if row.name == "ours-auto"]
    assert (auto.ratio, auto.share) == (0.5, None)
    assert is_sound(other)


def test_a_run_in_16_bits_that_computes_something_else_is_a_problem(content: dict[str, Any]):
    other = with_auto(content, 0.72)
    assert "problem: STS16: run_eval.py --precision auto" in render(other)
    assert not is_sound(other)


# --- agreement ------------------------------------------------------------------------------------


@pytest.mark.parametrize("score", [0.7 + 2 * TOLERANCE, float("nan"), -0.7])
def test_no_ratios_when_scores_disagree(content: dict[str, Any], score: float):
    other = changed(content, 4, scores={"STS16": score})
    text = render(other)
    assert "4.10" not in text
    assert "no ratios" in text
    assert "problem: STS16: SimCSE's way gives" in text
    assert not is_sound(other)


def test_a_missing_score_is_a_disagreement(content: dict[str, Any]):
    assert agreement(changed(content, 4, scores={})).problems


@pytest.mark.parametrize(
    ("place", "change", "problem"),
    [
        (3, {"scores": {"STS16": 0.7 + 1e-16}}, "to the last digit"),
        (3, {"table": "other"}, "to the last digit"),
        (3, {"encoded": 2}, "encoded 2 sentences"),
        (0, {"encoded": 0}, "was not empty"),
    ],
)
def test_our_own_runs_are_held_to_more(
    content: dict[str, Any], place: int, change: dict[str, Any], problem: str
):
    assert any(problem in line for line in agreement(changed(content, place, **change)).problems)


def test_a_warm_run_that_imports_torch_is_a_problem(content: dict[str, Any]):
    content["warm_imports"] = ["torch"]
    assert "problem: our warm run imports torch" in render(content)
    assert not is_sound(content)


def test_nothing_measured_is_no_problem_but_no_table_either(content: dict[str, Any]):
    content["runs"], content["left_out"] = [], {"mteb": "not installed\nfor p"}
    assert "MTEB left out: not installed for p" in render(content)
    assert not is_sound(content)
    with pytest.raises(ValueError, match="no contender"):
        draw(content, Path("nowhere.svg"))


# --- the plot, and the command --------------------------------------------------------------------


def test_the_plot_names_tools_seconds_and_ratios(content: dict[str, Any], tmp_path: Path):
    pytest.importorskip("matplotlib")
    draw(content, tmp_path / "a.svg")
    draw(content, tmp_path / "b.svg")
    text = (tmp_path / "a.svg").read_text()
    words = " ".join("".join(ET.fromstring(text).itertext()).split())
    for label in ("run_eval.py, empty store", "10.0 s", "41.0 s, 4.1x", "0.5 s, 0.05x", "m$x^2$"):
        assert label in words
    assert text == (tmp_path / "b.svg").read_text()
    assert "fill: #ffffff" not in text  # transparent


def test_figures_are_shown_again_without_measuring(
    content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "figures.json"
    path.write_text(json.dumps(content))
    assert tool_speed.main(["--from-json", str(path)]) == 0
    assert "4.10" in capsys.readouterr().out
    path.write_text(json.dumps(content | {"warm_imports": ["torch"]}))
    assert tool_speed.main(["--from-json", str(path)]) == 1


def test_a_missing_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert tool_speed.main(["--from-json", str(tmp_path / "none.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert tool_speed.main(["--resume"]) == 2
    assert "--json" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--only", "nobody"], ["--threads", "0"], ["--rounds", "x"]])
def test_wrong_options_are_refused(wrong: list[str]):
    with pytest.raises(SystemExit) as ended:
        tool_speed.main(wrong)
    assert ended.value.code == 2
