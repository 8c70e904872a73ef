"""``python -m benchmark compare published:NAME ...``: the packaged rows, from a name to words."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import benchmark
from tests.cli.conftest import Command
from tests.cli.test_startup import MAIN, loaded_by
from tests.cli.verbs import verb

__all__ = ["verb"]

RECORDS = Path(__file__).parents[2] / "leaderboards" / "records"
DIFFCSE, SIMCSE = (
    "published:diffcse-sts/DiffCSE-BERT-base",
    "published:diffcse-sts/unsup-simcse-bert-base",
)


def test_the_most_quoted_difference_of_the_field(verb: Command):
    outcome = verb("compare", DIFFCSE, SIMCSE)
    assert outcome.code == 0
    assert outcome.err == ""
    assert "A = DiffCSE-BERT-base (diffcse-sts, paper)" in outcome.out
    assert "A's average is 2.24 points above B's" in outcome.out
    assert "no p-value and no verdict can be had" in outcome.out


def test_the_function_says_the_same(verb: Command):
    found = benchmark.compare_published(DIFFCSE, SIMCSE)
    assert found.average is not None
    assert found.average.difference == Decimal("2.24")
    assert verb("compare", DIFFCSE, SIMCSE).out == f"{found}\n"
    assert isinstance(found, benchmark.QuotedComparison)


def test_a_measured_model_is_named_as_ever(verb: Command):
    outcome = verb("compare", RECORDS, SIMCSE, "--models", "all-minilm-l6-v2")
    assert "A = all-minilm-l6-v2 (measured)" in outcome.out
    turned = verb("compare", SIMCSE, RECORDS / "all-minilm-l6-v2")
    assert "B = all-minilm-l6-v2 (measured)" in turned.out


@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "json"])
def test_every_format(verb: Command, form: str):
    assert "78.49" in verb("compare", DIFFCSE, SIMCSE, "--format", form).out


def test_what_cannot_be_compared_is_refused_in_one_line(verb: Command):
    verb("compare", DIFFCSE).refused(2, "compare: two scores are compared", "and not 1")
    verb("compare", DIFFCSE, DIFFCSE).refused(2, "A and B are the same row")
    verb("compare", DIFFCSE, "published:SimSCE-BERT-base").refused(
        2, "did you mean SimCSE-BERT-base"
    )
    verb("compare", DIFFCSE, "published:bert-flow-readme/1").refused(2, "data senteval and raw")
    verb("compare", DIFFCSE, RECORDS).refused(
        2, "beside a published row stands one model", "--models"
    )
    verb("compare", DIFFCSE, SIMCSE, "--models", "x").refused(
        2, "--models names a model of records"
    )
    verb("compare", DIFFCSE, "nowhere").refused(3, "nowhere: no such file or folder")


@pytest.mark.parametrize(
    "option",
    [
        ["--tasks", "STS12"],
        ["--resamples", "500"],
        ["--level", "0.9"],
        ["--seed", "1"],
        ["--data-dir", "x"],
    ],
    ids=" ".join,
)
def test_options_of_a_test_that_is_not_made_are_refused(verb: Command, option: list[str]):
    verb("compare", DIFFCSE, SIMCSE, *option).refused(2, f"{option[0]}: nothing is drawn or tested")


def test_a_family_beside_a_published_row_is_refused_as_one(verb: Command):
    verb("compare", DIFFCSE, RECORDS, "--models", "*").refused(
        2, "beside a published row stands one model, and * is 2 runs; name one of them by --models"
    )


def test_nothing_heavy_is_loaded():
    assert loaded_by(MAIN, "compare", DIFFCSE, SIMCSE) == []
