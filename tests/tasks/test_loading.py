"""Every asked task gets its data, or its own error: from folders first, from the hub last."""

from __future__ import annotations

import errno
import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest
from tqdm import tqdm

from benchmark.errors import BenchmarkError, DataError
from benchmark.options import DataOptions
from benchmark.tasks import Task, select_tasks
from benchmark.tasks.loading import TaskData, load_data, locate_data
from tests.datasets.synthetic import ARCHIVE, BALLAST, World, entry_of, files_below
from tests.hub.server import HubServer

OFFLINE = DataOptions(offline=True)


@pytest.fixture
def mine(made_up: World, tmp_path: Path) -> Path:
    """A folder with all the data, named by nobody."""
    return made_up.write(tmp_path / "mine")


def load(
    tasks: tuple[Task, ...], options: DataOptions = OFFLINE
) -> tuple[dict[str, TaskData], dict[str, BenchmarkError]]:
    """Locate and load; data by task."""
    loaded, failures = load_data(locate_data(tasks, options), options)
    assert len(loaded) + len(failures) == len(tasks)
    return {entry.task.id: entry for entry in loaded}, failures


def folders(loaded: dict[str, TaskData]) -> set[str]:
    return {entry.data.folder for entry in loaded.values()}


# --- from folders ---------------------------------------------------------------------------------


def test_tasks_come_in_the_order_asked_with_the_parts_they_ask_for(
    made_up: World, mine: Path
) -> None:
    loaded, failures = load(made_up.tasks[::-1], DataOptions(data_dir=mine))
    assert failures == {}
    parts = {task: [part.name for part in entry.data.parts] for task, entry in loaded.items()}
    assert parts == {"Bench": ["test"], "Year2": ["forum", "news"], "Year1": ["forum", "news"]}
    assert list(parts) == ["Bench", "Year2", "Year1"]


def test_looking_reads_and_downloads_nothing(
    made_up: World, mine: Path, hub: HubServer, project: Path
) -> None:
    for path in mine.rglob("*.txt"):
        path.write_bytes(b"\xff")
    located = locate_data(made_up.tasks, DataOptions(data_dir=mine))
    assert [place.folder.root for place in located if place.folder] == [mine] * 3
    assert [[part.name for part in place.parts] for place in located][2] == ["test"]
    nowhere = locate_data(made_up.tasks, DataOptions())
    assert [place.folder for place in nowhere] == [None] * 3
    assert hub.requests == []
    assert list((project / "data").iterdir()) == []


def test_the_folder_asked_for_comes_before_the_environments_and_ours(
    made_up: World, mine: Path, tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = made_up.write(tmp_path / "environment")
    ours = made_up.write(project / "data" / "senteval")
    monkeypatch.setenv("BENCHMARK_DATA_DIR", str(environment))
    assert folders(load(made_up.tasks, DataOptions(data_dir=mine, offline=True))[0]) == {str(mine)}
    assert folders(load(made_up.tasks)[0]) == {str(environment)}
    monkeypatch.delenv("BENCHMARK_DATA_DIR")
    assert folders(load(made_up.tasks)[0]) == {str(ours)}


def test_each_task_takes_the_first_folder_that_has_its_data(
    made_up: World, tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = made_up.write(tmp_path / "asked", "Year1")
    environment = made_up.write(tmp_path / "environment", "Year1", "Year2")
    ours = made_up.write(project / "data" / "senteval")
    monkeypatch.setenv("BENCHMARK_DATA_DIR", str(environment))
    loaded, failures = load(made_up.tasks, DataOptions(data_dir=asked, offline=True))
    assert failures == {}
    found = {task: entry.data.folder for task, entry in loaded.items()}
    assert found == {"Year1": str(asked), "Year2": str(environment), "Bench": str(ours)}


def test_what_is_in_a_folder_is_not_downloaded(
    made_up: World, mine: Path, hub: HubServer, project: Path
) -> None:
    load(made_up.tasks, DataOptions(data_dir=mine))
    assert hub.requests == []
    assert list((project / "data").iterdir()) == []


def test_a_folder_that_was_asked_for_must_exist(made_up: World, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"`data_dir` .*absent: no such folder"):
        locate_data(made_up.tasks, DataOptions(data_dir=tmp_path / "absent"))


# --- files that are not the catalogue's -----------------------------------------------------------


def damage(root: Path, world: World, dataset: str, content: bytes | None = None) -> Path:
    """Change, or take away, one file of a data set."""
    path = root / world.entries(dataset)[1].path
    path.unlink() if content is None else path.write_bytes(content)
    return path


def test_bad_data_of_one_task_leaves_the_others_alone(made_up: World, mine: Path) -> None:
    path = damage(mine, made_up, "Year1", b"1\n2\n")
    loaded, failures = load(made_up.tasks, DataOptions(data_dir=mine))
    assert list(loaded) == ["Year2", "Bench"]
    assert list(failures) == ["Year1"]
    assert isinstance(failures["Year1"], DataError)
    assert str(failures["Year1"]).startswith(f"{path}: refused, 2 lines where 13 are expected")


def test_data_that_is_there_in_part_is_an_error_not_a_download(
    made_up: World, mine: Path, hub: HubServer
) -> None:
    path = damage(mine, made_up, "Year2")
    loaded, failures = load(made_up.tasks, DataOptions(data_dir=mine))
    assert list(loaded) == ["Year1", "Bench"]
    assert str(failures["Year2"]).startswith(f"{path}: missing, though other files")
    assert hub.requests == []


def test_a_bad_folder_that_comes_first_is_not_passed_over(
    made_up: World, mine: Path, project: Path
) -> None:
    damage(mine, made_up, "Year1", b"1\n2\n")
    made_up.write(project / "data" / "senteval")  # whole, but the user asked for another
    assert list(load(made_up.tasks, DataOptions(data_dir=mine, offline=True))[1]) == ["Year1"]


def test_unverified_lets_other_content_through_and_marks_it(made_up: World, mine: Path) -> None:
    path = mine / made_up.entries("Year1")[0].path
    path.write_bytes(path.read_bytes().upper())
    loaded, failures = load(made_up.tasks, DataOptions(data_dir=mine, unverified_data=True))
    assert failures == {}
    marks = {task: entry.data.verified for task, entry in loaded.items()}
    assert marks == {"Year1": False, "Year2": True, "Bench": True}


def test_unverified_does_not_let_missing_files_through(made_up: World, mine: Path) -> None:
    damage(mine, made_up, "Year1")
    _, failures = load(made_up.tasks, DataOptions(data_dir=mine, unverified_data=True))
    assert list(failures) == ["Year1"]


def test_tasks_on_the_same_data_fail_together(made_up: World, mine: Path) -> None:
    twin = Task("Year1/again", "Year1", "sts", "Year1", parts=("news",))
    damage(mine, made_up, "Year1", b"")  # of its other part, forum
    loaded, failures = load((*made_up.tasks, twin), DataOptions(data_dir=mine))
    assert list(failures) == ["Year1"]
    assert [part.name for part in loaded["Year1/again"].data.parts] == ["news"]


# --- from the hub ---------------------------------------------------------------------------------


def test_what_is_nowhere_is_downloaded_into_the_project(
    made_up: World, hub: HubServer, project: Path
) -> None:
    loaded, failures = load(made_up.tasks, DataOptions())
    assert failures == {}
    kept = project / "data" / "senteval"
    assert folders(loaded) == {str(kept)}
    assert all(entry.data.verified for entry in loaded.values())
    # Of what the archive holds, the files of the asked parts and no others.
    wanted = made_up.content_of(made_up.entries())
    del wanted["STS/STSBenchmark/sts-dev.csv"]
    assert files_below(kept) == wanted
    assert BALLAST.removeprefix("senteval/") not in wanted


def test_only_what_is_missing_is_downloaded(
    made_up: World, hub: HubServer, project: Path, tmp_path: Path
) -> None:
    asked = made_up.write(tmp_path / "asked", "Year1")
    loaded, _ = load(made_up.tasks[:2], DataOptions(data_dir=asked))
    kept = project / "data" / "senteval"
    assert files_below(kept) == made_up.content_of(made_up.entries("Year2"))
    assert loaded["Year1"].data.folder == str(asked)
    assert loaded["Year2"].data.folder == str(kept)


def test_later_runs_make_no_request(made_up: World, hub: HubServer) -> None:
    load(made_up.tasks[:1], DataOptions())
    before = len(hub.requests)
    for options in (DataOptions(), OFFLINE):
        loaded, failures = load(made_up.tasks, options)
        assert (len(loaded), failures) == (3, {})
    assert len(hub.requests) == before


@pytest.mark.parametrize("content", [None, b"", b"damaged\n"])
def test_a_download_damaged_on_the_disk_is_mended_from_the_archive(
    made_up: World, hub: HubServer, project: Path, content: bytes | None
) -> None:
    load(made_up.tasks, DataOptions())
    before = len(hub.requests)
    path = damage(project / "data" / "senteval", made_up, "Year1", content)
    loaded, failures = load(made_up.tasks, OFFLINE)
    assert (len(loaded), failures) == (3, {})
    assert path.read_bytes() == made_up.files[made_up.entries("Year1")[1].path]
    assert len(hub.requests) == before


def test_what_the_user_put_there_is_not_mended(
    made_up: World, hub: HubServer, project: Path
) -> None:
    # No archive is kept: the files below data/senteval are the user's own.
    path = damage(made_up.write(project / "data" / "senteval"), made_up, "Year1", b"changed\n")
    _, failures = load(made_up.tasks, DataOptions())
    assert list(failures) == ["Year1"]
    assert path.read_bytes() == b"changed\n"
    assert hub.requests == []


def test_unverified_a_changed_download_is_scored_as_it_is(
    made_up: World, hub: HubServer, project: Path
) -> None:
    load(made_up.tasks, DataOptions())
    path = project / "data" / "senteval" / made_up.entries("Year1")[0].path
    changed = path.read_bytes().upper()
    path.write_bytes(changed)
    loaded, failures = load(made_up.tasks, DataOptions(unverified_data=True))
    assert failures == {}
    assert not loaded["Year1"].data.verified
    assert path.read_bytes() == changed


def test_a_failed_download_fails_those_that_need_it_and_no_others(
    made_up: World, hub: HubServer, tmp_path: Path
) -> None:
    hub.fail("*", "503", times=None)
    asked = made_up.write(tmp_path / "asked", "Year2")
    loaded, failures = load(made_up.tasks, DataOptions(data_dir=asked))
    assert list(loaded) == ["Year2"]
    assert list(failures) == ["Year1", "Bench"]
    assert failures["Year1"] is failures["Bench"]  # said once, not once a task
    assert "the hub is in trouble (503)" in str(failures["Year1"])


def test_offline_what_is_nowhere_has_no_data(made_up: World, hub: HubServer) -> None:
    loaded, failures = load(made_up.tasks, OFFLINE)
    assert loaded == {}
    assert list(failures) == ["Year1", "Year2", "Bench"]
    assert "`offline`" in str(failures["Year1"])
    assert hub.requests == []


def expect_other_content(world: World, dataset: str) -> None:
    """Let the catalogue ask for another file than the archive holds."""
    data = world.catalogue.datasets[dataset]
    part = data.parts[-1]
    other = entry_of(part.files[0].path, b"something else\n" * 12)
    parts = (*data.parts[:-1], replace(part, files=(other, *part.files[1:])))
    datasets = world.catalogue.datasets | {dataset: replace(data, parts=parts)}
    world.catalogue = replace(world.catalogue, datasets=datasets)


@pytest.mark.parametrize("bad", ["Year1", "Year2", "Bench"])
def test_a_file_of_the_archive_that_is_not_the_catalogues_fails_its_task_alone(
    made_up: World, hub: HubServer, project: Path, bad: str
) -> None:
    expect_other_content(made_up, bad)
    loaded, failures = load(made_up.tasks, DataOptions())
    assert list(failures) == [bad]
    assert [task for task in ("Year1", "Year2", "Bench") if task != bad] == list(loaded)
    path = made_up.catalogue.datasets[bad].parts[-1].files[0].path
    assert f"{ARCHIVE}: its {path} is not the original: 1" in str(failures[bad])
    assert not (project / "data" / "senteval" / path).exists()


def test_whole_data_in_a_folder_that_cannot_be_written_will_do(
    made_up: World, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(made_up.tasks, DataOptions())

    def forbidden(*args, **options) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("filelock.FileLock", forbidden)
    loaded, failures = load(made_up.tasks, DataOptions())
    assert (len(loaded), failures) == (3, {})


def test_progress_of_the_download_can_be_watched(made_up: World, hub: HubServer) -> None:
    done: list[float] = []

    class Bar(tqdm):
        def update(self, n: float | None = 1) -> bool | None:
            done.append(n or 0)
            return None

    quiet = {"disable": True}
    load(made_up.tasks, DataOptions(progress_bar=lambda *a, **options: Bar(*a, **options | quiet)))
    assert sum(done) == len(made_up.tar)


def test_terms_are_told_with_the_download_only(
    made_up: World, hub: HubServer, mine: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="benchmark")
    load(made_up.tasks, DataOptions(data_dir=mine))
    assert "research use" not in caplog.text
    load(made_up.tasks, DataOptions())
    assert "for research use only" in caplog.text


# --- embedded and real ----------------------------------------------------------------------------


def test_the_demo_needs_no_folder_and_no_network(hub: HubServer) -> None:
    demo = Task("Demo", "Demo", "demo", "Demo")
    located = locate_data([demo], OFFLINE)
    loaded, failures = load_data(located, OFFLINE)
    assert failures == {}
    assert loaded[0].data.verified
    assert hub.requests == []


@pytest.mark.real_data
def test_every_task_of_the_papers_loads_from_the_real_folder(real_data: Path) -> None:
    from benchmark.tasks import groups

    tasks = groups()["sts"] + groups()["sts-dev"]
    options = DataOptions(data_dir=real_data, offline=True)
    loaded, failures = load_data(locate_data(tasks, options), options)
    assert failures == {}
    pairs = [sum(map(len, entry.data.parts)) for entry in loaded]
    assert pairs == [3108, 1500, 3750, 3000, 1186, 1379, 4927, 1500, 500]
    assert all(entry.data.verified for entry in loaded)


def test_a_named_folder_without_what_is_asked_for_is_mentioned(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    locate_data(select_tasks("STS-B DemoSTS"), DataOptions(data_dir=tmp_path, offline=True))
    assert f"`data_dir` {tmp_path} holds none of the data of STSBenchmark" in caplog.text
