"""``python -m benchmark explain``: where scores come from, read from records."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from benchmark import evaluate
from tests.cli.conftest import Command
from tests.cli.test_startup import loaded_by
from tests.cli.verbs import verb
from tests.encoder_files import Other, WordHash
from tests.results.edits import forge

__all__ = ["verb"]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of two encoders on the demonstration tasks."""
    folder = tmp_path_factory.mktemp("scored") / "results"
    for encoder in (WordHash(), Other()):
        evaluate(encoder, "demo", output_dir=folder)
    return folder


@pytest.fixture
def results(scored: Path, tmp_path: Path) -> Path:
    """The records, to be damaged at will."""
    return shutil.copytree(scored, tmp_path / "results")


def test_one_model(results: Path, verb: Command):
    outcome = verb("explain", "results/word-hash")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("A = word-hash (weights unknown")
    assert "Farthest from gold\n" in outcome.out
    assert "nearer to gold" not in outcome.out


def test_two_models_in_the_order_of_their_names(results: Path, verb: Command):
    outcome = verb("explain", "results", "--models", "word-hash", "other", "--top", "1")
    assert outcome.out.startswith("A = word-hash")
    assert "A nearer to gold than B" in outcome.out
    assert "Samples by who answers them rightly" in outcome.out
    assert verb("explain", "results/word-hash", "results/other", "--top", "1").out == outcome.out


def test_as_many_pairs_as_asked_for(results: Path, verb: Command):
    found = json.loads(verb("explain", "results", "--top", "3", "--format", "json").out)
    assert {name: len(pairs) for name, pairs in found["pairs"].items()} == {
        "farthest": 3,
        "a_nearer": 3,
        "b_nearer": 3,
    }
    none = json.loads(verb("explain", "results", "--top", "0", "--format", "json").out)
    assert none["pairs"] == {"farthest": [], "a_nearer": [], "b_nearer": []}


def test_the_figures_are_those_of_the_record(results: Path, verb: Command):
    found = json.loads(verb("explain", "results/word-hash", "--format", "json").out)
    record = json.loads(next(results.glob("word-hash/*/DemoSTS.json")).read_text())
    [part] = found["parts"]
    [ways] = part["aggregations"]
    for way, scores in record["scores"].items():
        assert ways[way] == pytest.approx(scores, abs=1e-12)
    for subset in part["subsets"]:
        recorded = record["subsets"][subset["name"]]
        assert subset["figures"][0]["scores"]["spearman"] == pytest.approx(recorded["spearman"])
        assert subset["pairs"] == recorded["pairs"]
    assert found["vectors"][0]["measured"] == [record["analysis"]]


def test_sentences_are_shown_and_cut_to_the_terminal(
    results: Path, verb: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "30")
    narrow = verb("explain", "results", "--tasks", "DemoSTS").out
    told = [line for line in narrow.splitlines() if re.match(" {4}[A-Z]", line)]
    assert told
    assert max(map(len, told)) <= 30
    assert any(line.endswith("...") for line in told)


def test_without_the_sentences_pairs_have_numbers(results: Path, verb: Command):
    for path in results.glob("*/*/DemoSTS.json"):
        record = json.loads(path.read_text())
        known = record["data"]["sha256"]
        signature = record["signature"].replace(known[:12], "0" * 12)
        forge(path, data=record["data"] | {"sha256": "0" * 64}, signature=signature)
    [gold] = results.glob("gold/DemoSTS-*.npz")
    gold.rename(gold.with_name(gold.name.replace(known[:12], "0" * 12)))
    outcome = verb("explain", "results", "--tasks", "DemoSTS")
    assert outcome.code == 0
    assert (
        "the sentences are not at hand; name their folder, or your own file among tasks"
        in outcome.out
    )
    gold.with_name(gold.name.replace(known[:12], "0" * 12)).unlink()
    verb("explain", "results", "--tasks", "DemoSTS").refused(3, "name its folder with --data-dir")


def test_markdown(results: Path, verb: Command):
    text = verb("explain", "results", "--format", "markdown").out
    assert "### Farthest from gold by both" in text
    assert "<br>" in text


def test_nothing_named(verb: Command):
    verb("explain").refused(2, "explain: name records, or folders of them")


def test_a_task_without_a_record(results: Path, verb: Command):
    verb("explain", "results", "--tasks", "STS12").refused(
        2, "no task is left (STS12: there is no record)"
    )


def test_fewer_than_no_pairs(results: Path, verb: Command):
    verb("explain", "results", "--top", "-1").refused(2, "--top")


def test_a_damaged_record(results: Path, verb: Command):
    next(results.glob("other/*/DemoSTS.json")).write_text("{")
    verb("explain", "results").refused(3, "DemoSTS.json: not a readable record")


def test_nothing_heavy_is_loaded(scored: Path):
    statement = "from benchmark.cli import main; main(sys.argv[1:])"
    assert loaded_by(statement, "explain", str(scored)) == []
