"""What somebody probably meant."""

from __future__ import annotations

import pytest

from benchmark.suggestions import did_you_mean

TASKS = ["STS12", "STSBenchmark", "SICKRelatedness", "STS-B"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("STS21", "STS12"),
        ("sts-benchmark", "STSBenchmark"),
        ("STSBENCHMARK", "STSBenchmark"),
        ("SickRelatednes", "SICKRelatedness"),
        ("stsb", "STS-B"),
    ],
)
def test_the_closest_name_is_suggested_as_it_is_spelled(typed: str, meant: str) -> None:
    assert did_you_mean(typed, TASKS) == f" (did you mean {meant}?)"


@pytest.mark.parametrize("typed", ["", "paraphrase", "x", "12"])
def test_nothing_is_suggested_for_what_is_far_from_all(typed: str) -> None:
    assert did_you_mean(typed, TASKS) == ""


def test_nothing_is_known() -> None:
    assert did_you_mean("STS12", []) == ""


def test_an_iterator_will_do() -> None:
    assert did_you_mean("STS11", iter(TASKS)) == " (did you mean STS12?)"
