"""``python -m benchmark families``: from records and families beside them to tables and words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import benchmark
from benchmark.results import Family, Member
from benchmark.results.families import write_family
from tests.cli.conftest import Command
from tests.cli.test_startup import MAIN, loaded_by
from tests.cli.verbs import verb
from tests.comparisons.made_up import gold_scores, noisy, store
from tests.results.samples import CARD

__all__ = ["verb"]

QUICK = ("--resamples", "200")


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two families of three templates, and one of seeds that nobody wrote down."""
    folder = tmp_path / "results"
    for model in ("small", "large"):
        members = []
        for place, setting in enumerate(("bare", "quoted", "twice")):
            given = {}
            for number, task in enumerate(("STS12", "STS13")):
                gold = gold_scores(120, seed=number)
                given[task] = (noisy(gold, 0.2 + 0.1 * place, seed=len(model) + number), gold)
            store(folder, f"{model}-{place}", given)
            members.append(Member(f"{model}-{place}", (CARD.fingerprint,), setting))
        write_family(folder, Family(model, "template", tuple(members)))
    monkeypatch.chdir(tmp_path)
    return folder


def test_all_families_of_a_folder_are_shown(results: Path, verb: Command):
    outcome = verb("families", "results", *QUICK)
    assert outcome.code == 0
    assert "large, sts: spread over 3 templates" in outcome.out
    assert "small, sts: the best on the other tasks, on a task held out" in outcome.out
    assert "large, small, sts: ranks of 2 models, setting by setting" in outcome.out
    assert "large, sts: 6 scores of each of 200 resamples" in outcome.err.splitlines()


@pytest.mark.parametrize("option", ["--models", "--names"])
def test_families_are_named_and_keep_their_order(results: Path, verb: Command, option: str):
    text = verb("families", "results", option, "small", "large", *QUICK, "--quiet").out
    assert text.startswith("small, sts: Spearman's correlation x 100")
    assert "small, large, sts: ranks of 2 models" in text
    alone = verb("families", "results", option, "large", *QUICK, "--quiet").out
    assert "small" not in alone


def test_a_glob_makes_a_family_of_models(results: Path, verb: Command):
    found = json.loads(
        verb("families", "results", "--models", "small-*", "--format", "json", *QUICK).out
    )
    [family] = found["families"]
    assert family["settings"] == ["small-0", "small-1", "small-2"]


def test_the_function_finds_the_same(results: Path, verb: Command):
    found = benchmark.families(results, models=["small"], tasks="STS12", resamples=200)
    text = verb("families", "results", "--models", "small", "--tasks", "STS12", *QUICK).out
    assert f"{found}\n" == text
    assert isinstance(found, benchmark.Sensitivity)


def test_level_and_seed_reach_the_report(results: Path, verb: Command):
    text = verb("families", "results", "--level", "0.8", "--seed", "7", *QUICK).out
    assert "  80 %  " in text
    assert "intervals: 200 bootstrap resamples, seed 7" in text


def test_what_cannot_be_shown_is_refused_in_one_line(results: Path, verb: Command):
    verb("families").refused(2, "families: name records, or folders of them")
    verb("families", "results", "--models", "smal").refused(2, "smal", "did you mean small")
    verb("families", "results", "--models", "small-0").refused(2, "only one member (small-0) has")
    verb("families", "results", "--level", "1").refused(2, "--level 1.0: a confidence level")
    verb("families", "results/small-0").refused(2, "results/small-0 holds no family")
    next(results.glob("small-0/*/STS12.npy")).write_bytes(b"damaged")
    verb("families", "results", *QUICK).refused(3, "STS12.npy: damaged, or of another record")


def test_no_model_and_no_torch(results: Path):
    loaded = loaded_by(MAIN, "families", str(results), *QUICK)
    assert not {"torch", "transformers", "sklearn", "pandas"} & set(loaded)
