"""Files of one's own among the tasks, and catalogues of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmark.datasets.tables.file import SUFFIXES
from benchmark.errors import BenchmarkError, DataError, UsageError
from benchmark.options import OwnDataOptions
from benchmark.results.record import slug
from benchmark.tasks import OwnTask, Task, labelled, own_task, pairs
from benchmark.tasks.asked import asked_tasks, is_file, own_catalogue

ROWS = [
    ("a cat", "the cat", 4.5),
    ("a dog", "the sea", 0.5),
    ("two men", "some men", 3.0),
    ("rain", "sun", 1.0),
]


def write_pairs(path: Path, header: str = "sentence1\tsentence2\tscore") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [header, *("\t".join(map(str, row)) for row in ROWS)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def write_labels(path: Path) -> Path:
    rows = [f"text number {number},{'odd' if number % 2 else 'even'}" for number in range(40)]
    path.write_text("\n".join(["text,label", *rows]) + "\n", "utf-8")
    return path


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    return write_pairs(tmp_path / "tickets.tsv")


def asked(wanted: object, **options: object) -> tuple[Task, ...]:
    return asked_tasks(wanted, OwnDataOptions(**options))  # type: ignore[arg-type]


def test_a_file_is_a_task_called_like_it(tickets: Path):
    [task] = asked(str(tickets))
    assert isinstance(task, OwnTask)
    assert (task.id, task.heading, task.group, task.kind) == (
        *("tickets", "tickets", "own-pairs"),
        "similarity",
    )
    [part] = task.data.parts
    assert part.first == tuple(first for first, _, _ in ROWS)
    assert part.gold.tolist() == [gold for _, _, gold in ROWS]
    assert task.content == task.data.sha256


def test_it_stands_behind_the_catalogue_among_other_words(tickets: Path, tmp_path: Path):
    labels = write_labels(tmp_path / "intents.csv")
    among = ["STS12", "STS13", "tickets", "mine"]
    for words in (
        [f"{tickets},STS13", f"mine={labels} STS12"],
        [f"STS13,{tickets} STS12,mine={labels}"],
    ):
        assert [task.id for task in asked(words)] == among
    assert [task.id for task in asked(["sts", str(tickets), "!STS1*", "!tickets"])] == [
        "STSBenchmark",
        "SICKRelatedness",
    ]


@pytest.mark.parametrize("name", ["my pairs, old.tsv", "a=b.tsv", "[x].tsv"])
def test_any_name_of_a_file_will_do(tmp_path: Path, name: str):
    [task] = asked([str(write_pairs(tmp_path / name))])
    assert task.heading == name.removesuffix(".tsv")
    assert not set(task.id) & set(" ,=[]*!")
    [again] = asked_tasks([f"plain={tmp_path / name}"], OwnDataOptions())
    assert (again.id, again.content) == ("plain", task.content)  # type: ignore[attr-defined]


def test_files_in_one_word(tickets: Path, tmp_path: Path):
    labels = write_labels(tmp_path / "intents.csv")
    assert [task.id for task in asked(f"{tickets},{labels}")] == ["tickets", "intents"]
    assert [task.id for task in asked(tickets)] == ["tickets"]
    with pytest.raises(DataError, match=r"none, at all\.tsv: cannot be read"):
        asked(str(tmp_path / "none, at all.tsv"))


@pytest.mark.parametrize(
    "data", [pd.DataFrame({"s1": ["a"]}), {"s1": ["a"]}, [("a", "b", 1)], [None], [["STS12"]]]
)
def test_data_in_memory_is_given_as_a_task(data: object):
    with pytest.raises(UsageError, match=r"is no task; data in memory is one as own_task\(data"):
        asked(data)


def test_no_two_names_share_a_record(tickets: Path, tmp_path: Path):
    """The name of a record's file is made of the task's, and cut."""
    other = write_pairs(tmp_path / "x(1).tsv", "s1\ts2\tscore")
    other.write_text(other.read_text().replace("4.5", "4.25"))
    long = "x" * 100
    for one, two, said in [
        ("a(1)", "a{1}", "two different tasks are called a-1"),
        ("Mine", "mine", "Mine and mine differ by case alone"),
        (f"{long}a", f"{long}b", "too long"),
    ]:
        with pytest.raises(UsageError, match=said):
            asked([f"{one}={tickets}", f"{two}={other}"])
    assert slug(f"{long}/sklearn") == f"{long}__sklearn"
    assert [task.id for task in asked([f"{long}={tickets}", str(other)])] == [long, "x-1"]


@pytest.mark.parametrize("name", ["STS12", "sts-b", "transfer", "ALL", "own-pairs"])
def test_names_of_the_catalogue_are_taken(tickets: Path, name: str):
    with pytest.raises(UsageError, match=f"cannot be called {name}.*mine-{name}=FILE"):
        asked(f"{name}={tickets}")


@pytest.mark.parametrize("name", ["STS12", "sts", "sts-b", "tickets"])
def test_a_file_that_is_called_like_a_task_is_not_meant_by_its_name(
    catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text("")
    (tmp_path / "pairs.xlsx").write_text("")
    assert asked(name, catalogue=catalogue)
    with pytest.raises(DataError, match=r"save the sheet as \.csv"):
        asked(f"{name},pairs.xlsx")


def test_a_list_of_tasks_may_be_longer_than_names_of_files():
    many = ",".join(["STS12", "STS13", "STSBenchmark"] * 100)
    assert len(asked(many)) == 3


def test_two_files_of_one_name_are_refused(tickets: Path, tmp_path: Path):
    other = write_pairs(tmp_path / "b" / "tickets.tsv", "text1\ttext2\tgold")
    other.write_text(other.read_text().replace("rain", "snow"))
    with pytest.raises(UsageError, match="two different tasks are called tickets"):
        asked([str(tickets), str(other)])
    assert len(asked([str(tickets), str(tickets)])) == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(BenchmarkError, match=r"nowhere\.tsv"):
        asked(str(tmp_path / "nowhere.tsv"))


def test_columns_are_said_where_their_names_do_not_tell(tmp_path: Path):
    path = write_pairs(tmp_path / "odd.tsv", "eins\tzwei\twert")
    with pytest.raises(BenchmarkError, match="columns"):
        asked(str(path))
    [by_name] = asked(str(path), columns="eins,zwei,wert")
    assert by_name.data.parts[0].gold.tolist() == [gold for *_, gold in ROWS]
    with pytest.raises(DataError, match=r"line 1: .*if this line holds names"):
        asked(str(path), columns="1,2,3")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    assert asked(str(path), columns="1,2,3") == (by_name,)


def test_what_labels_are_may_be_said(tmp_path: Path):
    path = tmp_path / "dup.csv"
    rows = [f"{first},{second},{int(gold > 2)}" for first, second, gold in ROWS]
    path.write_text("\n".join(["s1,s2,label", *rows]))
    kinds = {kind: asked(str(path), kind=kind)[0] for kind in ("auto", "similarity")}
    assert [task.kind for task in kinds.values()] == ["pair-classification", "similarity"]
    assert [task.group for task in kinds.values()] == ["own-binary-pairs", "own-pairs"]
    with pytest.raises(UsageError, match="`kind`"):
        asked(str(path), kind="similar")


def test_every_table_that_can_be_read_is_known_by_its_name():
    assert all(is_file(f"nowhere{suffix}") for suffix in SUFFIXES)
    assert not any(is_file(name) for name in ("sts", "STSBenchmark/dev", "STS1*", "!STS12"))


def test_the_same_content_is_the_same_question_wherever_it_comes_from(tickets: Path):
    [task] = asked(str(tickets))
    first, second, gold = zip(*ROWS, strict=True)
    in_memory = pairs(first, second, gold, name="tickets")
    rows = own_task([dict(zip(("s1", "s2", "score"), row, strict=True)) for row in ROWS], name="t")
    assert in_memory == task
    assert rows.content == task.content
    assert pairs(second, first, gold, name="tickets") != task


def test_texts_with_labels(tmp_path: Path):
    [task] = asked(str(write_labels(tmp_path / "intents.csv")))
    assert isinstance(task, OwnTask)
    assert (task.kind, task.scheme, task.protocol) == ("classification", "nested", "senteval")
    assert task.classes == ("even", "odd")
    texts = [f"text number {number}" for number in range(40)]
    labels = ["odd" if number % 2 else "even" for number in range(40)]
    assert labelled(texts, labels, name="intents") == task


def test_data_in_memory_needs_a_name():
    with pytest.raises(UsageError, match="`name`"):
        own_task(ROWS)
    with pytest.raises(UsageError, match="no name of a task"):
        own_task(ROWS, name=" , ")


# --- catalogues -----------------------------------------------------------------------------------


CATALOGUE = """
[[tasks]]
id = "tickets"
file = "data/tickets.tsv"
group = "support"
heading = "Tickets"
note = "machine-made grades"
citation = "@misc{tickets, title = {Tickets}}"
aliases = ["t"]

[[tasks]]
id = "odd"
file = "data/odd.tsv"
columns = ["eins", "zwei", "wert"]
group = "support"
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    write_pairs(tmp_path / "data/tickets.tsv")
    write_pairs(tmp_path / "data/odd.tsv", "eins\tzwei\twert")
    path = tmp_path / "tasks.toml"
    path.write_text(CATALOGUE)
    return path


def test_a_catalogue_names_groups_of_files(catalogue: Path):
    everything = asked(None, catalogue=catalogue)
    assert [(task.id, task.heading, task.group) for task in everything] == [
        ("tickets", "Tickets", "support"),
        ("odd", "odd", "support"),
    ]
    assert everything == asked("support", catalogue=catalogue)
    assert everything[0].note == "machine-made grades"
    assert everything[0].citation.startswith("@misc")  # type: ignore[attr-defined]
    assert asked("T", catalogue=catalogue) == everything[:1]
    mixed = asked("support STS12 !odd", catalogue=catalogue)
    assert [task.id for task in mixed] == ["STS12", "tickets"]


def test_only_what_is_asked_is_read(catalogue: Path):
    (catalogue.parent / "data/odd.tsv").unlink()
    assert [task.id for task in asked("tickets", catalogue=catalogue)] == ["tickets"]
    with pytest.raises(DataError, match=r"odd\.tsv"):
        asked(None, catalogue=catalogue)


def test_a_catalogue_may_say_which_content_it_means(catalogue: Path):
    [task] = asked("tickets", catalogue=catalogue)
    line = 'group = "support"\nheading'
    assert isinstance(task, OwnTask)

    def expecting(sha256: str) -> None:
        catalogue.write_text(CATALOGUE.replace(line, f'sha256 = "{sha256}"\n{line}'))

    expecting(task.content)
    assert asked("tickets", catalogue=catalogue) == (task,)
    expecting("0" * 64)
    with pytest.raises(UsageError, match="is to have content 000000000000"):
        asked("tickets", catalogue=catalogue)
    expecting("0" * 3)
    with pytest.raises(UsageError, match="12 to 64 hexadecimal digits"):
        asked("tickets", catalogue=catalogue)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('heading = "T', 'haeding = "T', r"line \d+: .*'haeding' \(did you mean heading\?\)"),
        ('file = "data/odd.tsv"\n', "", "missing required field `file`"),
        ('id = "odd"', 'id = "TICKETS"', "two tasks are called tickets"),
        ('id = "odd"', 'id = "a b"', "'a b' is no name of a task"),
        ('id = "odd"', 'id = ""', "'' is no name of a task"),
        ('"t"]', '"odd"]', "two tasks are called odd"),
        ('id = "odd"', 'id = "MR"', "cannot be called MR"),
        ('group = "support"', 'group = "sts"', "cannot be in the group sts"),
        (CATALOGUE, "tasks = []", r"holds no \[\[tasks\]\]"),
        (CATALOGUE, "[tasks", "catalogue"),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_said(
    catalogue: Path, before: str, after: str, said: str
):
    catalogue.write_text(CATALOGUE.replace(before, after))
    with pytest.raises(UsageError, match=said):
        asked(None, catalogue=catalogue)


def test_a_catalogue_is_read_without_its_data(catalogue: Path):
    for file in (catalogue.parent / "data").iterdir():
        file.unlink()
    assert [task.id for task in own_catalogue(catalogue)] == ["tickets", "odd"]
    with pytest.raises(UsageError, match="cannot be read"):
        own_catalogue(catalogue.parent / "nowhere.toml")
