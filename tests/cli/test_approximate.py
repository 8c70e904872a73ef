"""Scores of int8 are called approximate wherever they are shown, others nowhere."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark import evaluate
from benchmark.encoders import EncoderCard
from benchmark.reports import render
from benchmark.results import collect
from benchmark.results.approximation import LARGEST_CHANGE
from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.encoder_files import WordHash
from tests.leaderboard.samples import card_number, write_model

__all__ = ["verb"]

PROJECT = Path(__file__).parents[2]
INT8 = replace(card_number(8), precision="int8", backend="openvino")
EXACT = [
    card_number(1),
    replace(card_number(2), precision="bfloat16", backend="torch"),
    replace(card_number(3), backend="onnx"),
]


class Quantized(WordHash):
    card = EncoderCard("quantized", version="1", precision="int8", backend="onnx")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Four encoders on the STS tasks, one of them in int8."""
    write_model(tmp_path / "results", "quantized", 0.7, card=INT8)
    for card in EXACT:
        name = f"exact-{card.precision}-{card.backend}"
        write_model(tmp_path / "results", name, 0.9, card=card)
    return tmp_path / "results"


def marked(text: str) -> set[str]:
    """The names that are called approximate."""
    return set(re.findall(r"([\w-]+) \(approximate\)", text.replace("\\", "")))


@pytest.mark.parametrize("form", ["table", "markdown", "latex"])
def test_in_the_table_of_a_run_and_below_it(form: str):
    shown = render([evaluate(encoder, "demo") for encoder in (Quantized(), WordHash())], form)
    assert marked(shown) == {"quantized"}
    assert (
        shown.count(
            "note: approximate: int8 in onnx moved main scores of all-minilm-l6-v2 by up to 0.31"
        )
        == 1
    )


def test_in_the_record(tmp_path: Path):
    evaluate(Quantized(), "DemoSTS", output_dir=tmp_path)
    [run] = collect([tmp_path])
    note = run.records["DemoSTS"].result.notes[-1]
    assert note.startswith(
        "approximate: int8 in onnx moved main scores of all-minilm-l6-v2 by up to 0.31 points"
    )


@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "json"])
def test_in_a_leaderboard(verb: Command, results: Path, form: str):
    done = verb("leaderboard", results, "--output", "board", "--format", form)
    assert done.code == 0, done.err
    [page] = Path("board").glob("STS.*")
    assert marked(page.read_text("utf-8")) == {"quantized"}


def test_in_a_comparison(verb: Command, results: Path):
    done = verb(
        "compare", results, "--models", "quantized", "exact-float32-onnx", "--resamples", 200
    )
    assert done.code == 0, done.err
    assert marked(done.out) == {"quantized"}


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_at_the_gate(verb: Command, results: Path, form: str):
    assert verb("check", results, "--baseline", "b.toml", "--update").code == 0
    done = verb("check", results, "--baseline", "b.toml", "--format", form)
    assert done.code == 0, done.err
    assert marked(done.out) == {"quantized"}


def test_the_figures_are_those_of_the_documentation():
    """The largest change of each setting, where it exceeds 0.1 point and nowhere else."""
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \|.*\| [+-]?(\d+\.\d+)[^|]*\|[^|]*\|$",
        (PROJECT / "docs/precision.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert len(rows) == 7
    documented = {(p, b): f"{float(change):.2f}" for p, b, change in rows if float(change) > 0.1}
    assert documented == dict(LARGEST_CHANGE)
