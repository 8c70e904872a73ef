"""The task catalogue fits the data catalogue, itself, and the papers."""

from __future__ import annotations

import pytest

from benchmark.datasets import load_catalogue
from benchmark.tasks import KINDS, Task, all_tasks, groups, select_tasks, table

LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "zh")

EVERY_TASK = pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.id)
SIMILARITY_TASKS = pytest.mark.parametrize(
    "task", [task for task in all_tasks() if task.kind == "similarity"], ids=lambda task: task.id
)


def test_the_papers_table_is_in_order() -> None:
    headings = [task.heading for task in groups()["sts"]]
    assert headings == ["STS12", "STS13", "STS14", "STS15", "STS16", "STS-B", "SICK-R"]


def test_the_papers_transfer_table_is_in_order() -> None:
    headings = [task.heading for task in table("transfer")]
    assert headings == ["MR", "CR", "SUBJ", "MPQA", "SST", "TREC", "MRPC"]


@pytest.mark.parametrize("group", groups())
def test_a_table_shows_the_tasks_of_its_group_alone(group: str) -> None:
    shown = table(group)
    assert set(shown) <= set(groups()[group])
    assert {task.group for task in shown} <= {group}


def test_groups_keep_the_order_of_the_catalogue_and_all_is_last() -> None:
    order = {task.id: place for place, task in enumerate(all_tasks())}
    for tasks in groups().values():
        places = [order[task.id] for task in tasks]
        assert places == sorted(set(places))
    assert list(groups())[:2] == ["sts", "sts-dev"]
    assert list(groups())[-1] == "all"


def test_all_holds_what_the_papers_compare_and_no_development_split() -> None:
    chosen = groups()["all"]
    assert set(groups()["sts"]) <= set(chosen)
    assert set(groups()["sts-dev"]).isdisjoint(chosen)
    assert set(groups()["demo"]).isdisjoint(chosen)


def test_names_are_unique_across_ids_aliases_and_groups() -> None:
    names = [name.lower() for task in all_tasks() for name in (task.id, *task.aliases)]
    names += list(groups())
    assert len(names) == len(set(names))


@EVERY_TASK
def test_its_data_and_its_kind_exist(task: Task) -> None:
    dataset = load_catalogue().datasets[task.dataset]
    chosen = dataset.select(task.parts)
    assert chosen
    assert [part.name for part in chosen] == list(task.parts or (p.name for p in dataset.parts))
    assert task.kind in KINDS


@EVERY_TASK
def test_every_name_of_it_finds_it_alone(task: Task) -> None:
    for name in (task.id, *task.aliases):
        assert select_tasks(name) == (task,)


@SIMILARITY_TASKS
def test_what_is_not_for_comparison_says_so(task: Task) -> None:
    assert bool(task.note) == (task.group != "sts")
    assert task.in_all == (task.group == "sts")


@SIMILARITY_TASKS
def test_development_splits_are_variants_of_a_task(task: Task) -> None:
    parent, _, variant = task.id.rpartition("/")
    is_dev = variant == "dev"
    assert (task.split == "dev") == is_dev == task.group.endswith("-dev")
    if is_dev:
        [part] = task.parts
        assert part.endswith("dev")
        assert [other.dataset for other in all_tasks() if other.id == parent] == [task.dataset]


@pytest.mark.parametrize(
    ("group", "ids"),
    [
        ("sts-mteb", "STS-B/mteb SICK-R/mteb"),
        ("sts17", "STS17/en-en STS17/es-es STS17/ar-ar STS17/es-en STS17/en-ar STS17/en-tr"),
        ("sts17-4b", "STS17/es-en-4b"),
        ("stsb-multi", " ".join(f"STSB-multi/{language}" for language in LANGUAGES)),
        ("stsb-multi-dev", " ".join(f"STSB-multi/{language}/dev" for language in LANGUAGES)),
    ],
)
def test_sets_beside_the_papers_are_tables_of_their_own(group: str, ids: str) -> None:
    assert [task.id for task in table(group)] == ids.split()
    assert not {task.group for task in groups()["all"]} & {group}


def test_tables_of_the_papers_keep_their_places() -> None:
    """A record names the place of its table: what comes later stands behind."""
    assert list(groups())[:6] == [
        "sts",
        "sts-dev",
        "transfer",
        "transfer-more",
        "demo",
        "demo-transfer",
    ]


@SIMILARITY_TASKS
def test_the_main_score_is_one_correlation_over_everything(task: Task) -> None:
    assert task.aggregation == "all"


def test_of_data_with_splits_the_table_shows_the_test_split_alone() -> None:
    split = {task.id: task.parts for task in groups()["sts"] if task.parts}
    assert split == {"STSBenchmark": ("test",), "SICKRelatedness": ("test",)}
