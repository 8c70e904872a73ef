"""Confusions, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, recall_score

from benchmark.comparisons.confusion import Agreement, class_names, confuse
from benchmark.datasets import load_catalogue
from benchmark.datasets.readers import READERS
from benchmark.tasks import KINDS, all_tasks
from tests.comparisons.made_up import classes, paired

GOLD = np.random.default_rng(0).integers(0, 6, 500)
FIRST, SECOND = classes(GOLD, 0.9, 1), classes(GOLD, 0.6, 2)


def test_counts_are_scikit_learns():
    found = confuse(paired(GOLD, FIRST, SECOND, task="TREC"), "TREC")
    for counts, given in zip(found.counts, (FIRST, SECOND), strict=True):
        assert np.array_equal(counts, confusion_matrix(GOLD, given))
    assert found.samples == 500
    assert found.classes == ("ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM")


def test_rights_are_recalls():
    found = confuse(paired(GOLD, FIRST, task="TREC"), "TREC")
    recalls = recall_score(GOLD, FIRST, average=None)
    ours = [found.right(0, place) / found.of_class(place) for place in range(6)]
    assert ours == pytest.approx(list(recalls))


def test_agreement_counts_every_sample_once():
    found = confuse(paired(GOLD, FIRST, SECOND, task="TREC"), "TREC").agreement
    right = (FIRST == GOLD).astype(int) * 2 + (SECOND == GOLD)
    assert found == Agreement(*(int((right == case).sum()) for case in (3, 2, 1, 0)))
    assert confuse(paired(GOLD, FIRST, task="TREC"), "TREC").agreement is None


def test_a_class_that_nobody_has_or_gives_is_there():
    gold = np.array([0, 0, 2])
    found = confuse(paired(gold, np.array([0, 2, 2]), task="TREC"), "TREC")
    assert found.counts == (((1, 0, 1), (0, 0, 0), (0, 0, 1)),)


def test_every_transfer_task_has_names_for_its_classes():
    for task in all_tasks():
        if KINDS[task.kind].rows_are == "classes" and task.id != "WordContent":  # a thousand words
            assert not any(
                name.isdigit()
                for name in class_names(load_catalogue().datasets[task.dataset].classes, 2)
            ), task.id


@pytest.mark.parametrize(
    ("task", "reader", "lines"),
    [
        ("MR", "two-classes", [b"fine\n", b"awful\n"]),
        ("SUBJ", "two-classes", [b"the facts\n", b"my view\n"]),  # objective first
        ("TREC", "trec", [b"DESC:def What is it ?\nNUM:count How many ?\n"]),
        (
            "SICKEntailment",
            "sick-entailment",
            [b"head\n1\ta\tb\t3\tCONTRADICTION\n2\ta\tb\t3\tENTAILMENT\n"],
        ),
    ],
)
def test_names_are_in_the_order_of_the_readers_numbers(task, reader, lines):
    expected = {
        "MR": ["positive", "negative"],
        "SUBJ": ["objective", "subjective"],
        "TREC": ["DESC", "NUM"],
        "SICKEntailment": ["contradiction", "entailment"],
    }[task]
    labels = READERS[reader]("all", lines, ["file"] * len(lines)).labels
    names = class_names(load_catalogue().datasets[task].classes, 6)
    assert [names[label] for label in labels] == expected


def test_a_class_beyond_the_known_ones_is_called_by_its_number():
    assert class_names(("negative", "positive"), 4) == ("negative", "positive", "2", "3")
