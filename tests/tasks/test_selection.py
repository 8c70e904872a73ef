"""From what was typed after ``--tasks`` to tasks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmark.errors import UsageError
from benchmark.metrics.logistic import PROTOCOLS
from benchmark.tasks import all_tasks, groups, select_tasks, task_by_id, with_protocol

YEARS = ["STS12", "STS13", "STS14", "STS15", "STS16"]
TABLE = [*YEARS, "STSBenchmark", "SICKRelatedness"]
TRACKS = [
    f"STS17/{name}" for name in ["en-en", "es-es", "ar-ar", "es-en", "en-ar", "en-tr", "es-en-4b"]
]
TRANSLATED = [
    f"STSB-multi/{name}"
    for name in ["de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "zh"]
]
DEV = ["STSBenchmark/dev", "SICKRelatedness/dev"]
TRAINED = ["STSBenchmark-finetune", "SICKRelatedness-finetune"]
AS_SIMCSE = [f"{task}/dev-spearman" for task in TRAINED]


def ids(wanted) -> list[str]:
    return [task.id for task in select_tasks(wanted)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("STS12", ["STS12"]),
        ("sts12", ["STS12"]),
        ("STSB", ["STSBenchmark"]),
        ("STS-B", ["STSBenchmark"]),
        ("sick-r", ["SICKRelatedness"]),
        ("SICKR", ["SICKRelatedness"]),
        ("STSBenchmark/dev", DEV[:1]),
        ("sts-b/DEV", DEV[:1]),
        ("sickr/dev", DEV[1:]),
        ("sts", TABLE),
        ("STS", TABLE),
        ("sts-dev", DEV),
        ("supervised", TRAINED),
        ("demo", ["DemoSTS", "DemoPolarity"]),
    ],
)
def test_ids_aliases_and_groups_in_any_case(wanted: str, found: list[str]) -> None:
    assert ids(wanted) == found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("STS1*", YEARS),
        ("sts1?", YEARS),
        ("STS1[23]", ["STS12", "STS13"]),
        ("STS1[!23]", ["STS14", "STS15", "STS16"]),
        ("STS*", [*YEARS, "STSBenchmark", TRAINED[0]]),
        ("SICK*", ["SICKRelatedness", "SICKEntailment", TRAINED[1]]),
        ("*-b", ["STSBenchmark"]),
        ("*/dev", DEV),
        ("STS*/*", [DEV[0], AS_SIMCSE[0], "STS-B/mteb", *TRACKS, *TRANSLATED]),
        ("*/*", [*DEV, *AS_SIMCSE, "STS-B/mteb", "SICK-R/mteb", *TRACKS, *TRANSLATED]),
        ("STS17/*", TRACKS),
        ("STS17", TRACKS[:-1]),
        ("STS17/ar-en STS17/tr-en", ["STS17/en-ar", "STS17/en-tr"]),
        ("STSB-multi/[de]?", ["STSB-multi/de", "STSB-multi/en", "STSB-multi/es"]),
        ("STSB-multi/*/dev", [f"{task}/dev" for task in TRANSLATED]),
        ("STSBenchmark/mteb", ["STS-B/mteb"]),
    ],
)
def test_globs_do_not_cross_a_slash(pattern: str, found: list[str]) -> None:
    assert ids(pattern) == found


def test_a_lone_star_takes_all_but_variants() -> None:
    assert ids("*") == [task.id for task in all_tasks() if "/" not in task.id]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("sts,!STS13", [name for name in TABLE if name != "STS13"]),
        ("!STS13,sts", [name for name in TABLE if name != "STS13"]),
        ("sts !sick-r !STS-B", YEARS),
        ("sts,!STS1*", TABLE[5:]),
        ("sts,!sts1*,STS12", TABLE[5:]),  # an exclusion holds, wherever it stands
        ("sts,sts-dev,!sts", DEV),
        ("STS12,!STS13", ["STS12"]),
    ],
)
def test_exclusions(wanted: str, found: list[str]) -> None:
    assert ids(wanted) == found


def test_exclusions_alone_start_from_all() -> None:
    everything = [task.id for task in groups()["all"]]
    assert ids("all") == everything
    assert ids("!STS13") == [name for name in everything if name != "STS13"]
    assert not set(DEV) & set(everything)


def test_and_not_from_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    other = groups() | {"all": select_tasks("STS12,STS13,STSBenchmark/dev")}
    monkeypatch.setattr("benchmark.tasks.catalogue.grouped", lambda _tasks: other)
    assert ids("!STS13") == ["STS12", "STSBenchmark/dev"]


@pytest.mark.parametrize(
    "wanted",
    [
        "STS12,STS-B",
        "STS-B,STS12",  # the order is the papers', not that of typing
        " STS12 ,, STS-B , ",
        "STS12 STS-B",
        "STS12\tSTS-B\n",
        ["STS12", "STS-B"],
        ("STS12,STS-B",),
        iter(["STS-B", "STS12"]),
        "STS12,sts12,STSB,STS-B",  # nothing twice
    ],
)
def test_separators_and_order(wanted) -> None:
    assert ids(wanted) == ["STS12", "STSBenchmark"]


@pytest.mark.parametrize("wanted", ["", "  ", ",", [], [""], "sts,!sts", "!all", "STS12,!STS12"])
def test_nothing_left(wanted) -> None:
    with pytest.raises(UsageError, match="leaves no task; see `list_tasks`"):
        select_tasks(wanted)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("STS122", r"unknown task 'STS122' \(did you mean STS12\?\)"),
        ("sts,SIKC-R", r"unknown task 'SIKC-R' \(did you mean SICK-R\?\)"),
        ("sts,!STSS", r"unknown task 'STSS' \(did you mean sts\?\)"),
        ("sts-devs", r"unknown task 'sts-devs' \(did you mean sts-dev\?\)"),
        ("paraphrases", "unknown task 'paraphrases'; see `list_tasks`"),
        ("XYZ*", r"unknown task 'XYZ\*'"),
        ("!", "unknown task ''"),
        ("STSBenchmark/", "unknown task 'STSBenchmark/'"),
        ("STS12/dev", "unknown task 'STS12/dev'"),
    ],
)
def test_unknown_names(wanted: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        select_tasks(wanted)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_one_wrong_name_fails_all() -> None:
    with pytest.raises(UsageError, match="STS18"):
        select_tasks("STS12,STS18")


# --- tasks themselves -----------------------------------------------------------------------------


def test_tasks_stand_for_themselves_among_words() -> None:
    sts12, mr = task_by_id("STS12"), task_by_id("MR")
    assert select_tasks(sts12) == (sts12,)
    assert select_tasks([mr, sts12]) == (sts12, mr)
    assert select_tasks([mr, "STS12"]) == (sts12, mr)
    assert select_tasks([*select_tasks("sts"), "!STS1*"]) == select_tasks("sts !STS1*")


def test_a_task_of_no_catalogue_comes_last() -> None:
    own = replace(task_by_id("STS12"), id="STS12/mine", variant_of="STS12")
    assert select_tasks([own, "STS13"]) == (task_by_id("STS13"), own)
    assert select_tasks(["sts", own])[-1] == own


def test_another_task_of_the_same_name_is_refused() -> None:
    with pytest.raises(UsageError, match="two different tasks are called STS12"):
        select_tasks(replace(task_by_id("STS12"), aggregation="mean"))


def test_a_variant_stays_what_it_is() -> None:
    (other,) = with_protocol(select_tasks("MR"), "sklearn")
    assert with_protocol([other], "senteval") == (other,)
    assert select_tasks([other]) == (other,)


# --- other ways of training classifiers -----------------------------------------------------------


def test_another_protocol_makes_another_task() -> None:
    (mr,) = select_tasks("MR")
    (other,) = with_protocol([mr], "sklearn")
    assert (other.id, other.variant_of, other.protocol) == ("MR/sklearn", "MR", "sklearn")
    assert replace(other, id="MR", variant_of="", protocol=mr.protocol) == mr


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tasks_without_a_classifier_have_no_protocol(protocol: str) -> None:
    assert with_protocol(select_tasks("sts"), protocol) == select_tasks("sts")


def test_the_tasks_own_protocol_changes_nothing() -> None:
    tasks = select_tasks("all")
    assert with_protocol(tasks, "senteval") == tasks


def test_an_unknown_protocol() -> None:
    with pytest.raises(UsageError, match=r"'sklern' \(did you mean sklearn\?\); there are sentev"):
        with_protocol(select_tasks("MR"), "sklern")
