"""What is known of chance: the file, and which of it a row gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.comparisons import to_observations
from benchmark.comparisons.known_spread import known_spread, seed_spread, sentence_errors
from benchmark.comparisons.tables import paired_tables
from benchmark.metrics.resampling import bootstrap
from benchmark.options import DataOptions
from benchmark.results import collect
from tests.comparisons.quoted_tables import TASKS, row, table_of

RECORDS = Path(__file__).parents[2] / "leaderboards" / "records"


def spread_of(column: str | None = None, **said: object):
    [one] = table_of(row("A", 70, **said)).rows
    return seed_spread(one, one.catalogue, column)


def test_the_file_has_errors_of_every_task_and_the_less_alike_the_larger():
    strongly, typically, weakly = known_spread().sentences
    assert [one.alike for one in known_spread().sentences] == ["strongly", "typically", "weakly"]
    assert strongly.correlation > typically.correlation > weakly.correlation
    for column in (*TASKS, None):
        assert strongly.of(column) <= typically.of(column) <= weakly.of(column)
        assert sentence_errors(column) == (strongly.of(column), weakly.of(column))
    assert {*TASKS} == set(strongly.tasks) == set(typically.tasks) == set(weakly.tasks)


@pytest.mark.real_data
def test_the_errors_of_unlike_encoders_are_those_of_our_records(real_data: Path):
    runs = collect([RECORDS])
    records = {task: tuple(run.records[task] for run in runs) for task in TASKS}
    [paired] = paired_tables(records, DataOptions(data_dir=real_data))
    observed, units = to_observations(paired.tasks)
    assert units == "sentences"
    drawn = bootstrap(observed, resamples=1000)
    weakly = known_spread().sentences[-1]
    for place, task in enumerate([*TASKS, None]):
        found = drawn.difference(0, 1, None if task is None else place).standard_error
        assert 100 * found == pytest.approx(weakly.of(task), rel=0.1)


def test_the_means_of_fifty_seeds_lie_as_the_readme_of_their_authors_says():
    """Table "Overall" of Simple-SimCSE, and the deviations that others computed from its files."""
    seeds = {one.backbone: one for one in known_spread().training if one.runs == 50}
    assert {name: (one.mean, one.average) for name, one in seeds.items()} == {
        "bert-base-uncased": (75.11, 0.84),
        "bert-large-uncased": (74.95, 1.74),
        "roberta-base": (74.60, 0.21),
        "roberta-large": (76.71, 0.50),
    }


def test_a_deviation_that_a_row_prints_comes_first():
    found = spread_of(average_deviation="0.30", catalogue="unsup-simcse-bert-base")
    assert (found.low, found.high, found.basis) == (0.30, 0.30, "printed with it")
    mean = spread_of(average_deviation="0.30", runs=9)
    assert mean.low == pytest.approx(0.10)
    assert mean.basis == "printed with it, of a mean of 9 runs"
    deviations = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert spread_of("STS14", deviations=deviations).high == 0.3


def test_then_that_of_the_method():
    found = spread_of(catalogue="unsup-simcse-bert-base", training="unsupervised")
    assert (found.low, found.high) == (0.84, 0.84)
    assert found.basis == "its method, trained again by others"
    assert spread_of("STS12", catalogue="unsup-simcse-bert-base").low == 1.51
    assert seed_spread(None, "unsup-simcse-bert-base").low == 0.84
    assert spread_of(method="unsup-simcse/roberta-large").low == 0.50


def test_then_those_of_its_backbone_then_all():
    found = spread_of(backbone="bert-base-uncased", training="unsupervised")
    assert (found.low, found.high) == (0.15, 0.84)
    assert found.basis == "unsupervised methods on its backbone"
    anywhere = spread_of(training="unsupervised")
    assert (anywhere.low, anywhere.high) == (0.15, 1.74)
    assert spread_of().basis.startswith("its training is not stated; ")


@pytest.mark.parametrize("training", ["untrained", "prompted"])
def test_what_was_not_trained_does_not_move(training: str):
    found = spread_of(training=training)
    assert (found.low, found.high, found.basis) == (0, 0, "nothing was trained")


@pytest.mark.parametrize("training", ["nli", "sts", "labelled", "synthetic", "fitted", "distilled"])
def test_nothing_is_known_of_other_ways_of_training(training: str):
    assert spread_of(training=training) is None
    assert seed_spread(None, "all-minilm-l6-v2") is None
    assert seed_spread(None, "") is None
