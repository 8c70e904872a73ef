"""Sets that no archive holds: found below any folder that is named, or a word on where they are."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.datasets import Dataset, Part
from benchmark.errors import BenchmarkError, DataError, UsageError
from benchmark.options import DataOptions, RunOptions
from benchmark.plan import make_plan
from benchmark.tasks import Task
from benchmark.tasks.loading import TaskData, load_data, locate_data
from tests.datasets.synthetic import World, entry_of, sts_benchmark
from tests.hub.server import HubServer

SOURCE = "https://example.org/raw.zip"
TASK = Task("Raw", "Raw", "raw", "Raw", parts=("one", "two"))


class Beside:
    """A set of two files that lies beside those of the archive."""

    def __init__(self, world: World) -> None:
        generator = random.Random(5)
        self.contents = {f"raw/{name}.csv": sts_benchmark(generator, 6) for name in ("one", "two")}
        parts = tuple(
            Part(Path(path).stem, 6, (entry_of(path, content, size=True),))
            for path, content in self.contents.items()
        )
        self.dataset = Dataset("Raw pairs", "sts-benchmark-raw", "none", "", parts, source=SOURCE)
        known = {**world.catalogue.datasets, "Raw": self.dataset}
        world.catalogue = replace(world.catalogue, datasets=known)

    def write(self, folder: Path, *names: str, prefix: str = "") -> Path:
        for path, content in self.contents.items():
            if not names or Path(path).stem in names:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / (prefix + Path(path).name)).write_bytes(content)
        return folder


@pytest.mark.parametrize("named", [5, b"folder", [3], ["x", None], {"x": 1}])
def test_something_else_than_folders_is_refused(named: object) -> None:
    with pytest.raises(UsageError, match=r"`data_dir` .*: a folder is needed, or a list of them"):
        locate_data([], DataOptions(data_dir=named))  # type: ignore[arg-type]


@pytest.fixture
def beside(made_up: World) -> Beside:
    return Beside(made_up)


def load(
    tasks: tuple[Task, ...] = (TASK,), **options
) -> tuple[dict[str, TaskData], dict[str, BenchmarkError]]:
    asked = DataOptions(offline=True, **options)
    loaded, failures = load_data(locate_data(tasks, asked), asked)
    return {entry.task.id: entry for entry in loaded}, failures


def test_each_of_several_folders_gives_what_it_has(
    beside: Beside, made_up: World, tmp_path: Path
) -> None:
    senteval = made_up.write(tmp_path / "senteval", "Year1", "Year2", "Bench")
    more = beside.write(tmp_path / "more/raw")
    loaded, failures = load((*made_up.tasks, TASK), data_dir=[str(senteval), more.parent])
    assert failures == {}
    assert {task: entry.data.folder for task, entry in loaded.items()} == {
        "Year1": str(senteval),
        "Year2": str(senteval),
        "Bench": str(senteval),
        "Raw": str(more.parent),
    }
    assert all(entry.data.verified for entry in loaded.values())


def test_its_place_and_its_names_do_not_matter(beside: Beside, tmp_path: Path) -> None:
    catalogued, _ = load(data_dir=beside.write(tmp_path / "a/raw").parent)
    beside.write(tmp_path / "b/some/where", "one", prefix="my-")
    beside.write(tmp_path / "b", "two", prefix="his-")
    anywhere, failures = load(data_dir=tmp_path / "b")
    assert failures == {}
    assert anywhere["Raw"].data.sha256 == catalogued["Raw"].data.sha256
    assert [part.first for part in anywhere["Raw"].data.parts] == [
        part.first for part in catalogued["Raw"].data.parts
    ]


def test_its_files_may_lie_in_several_folders(beside: Beside, tmp_path: Path) -> None:
    one = beside.write(tmp_path / "a/raw", "one").parent  # as catalogued
    two = beside.write(tmp_path / "b/x", "two").parent
    for folders in ([one, two], [two, one]):
        loaded, failures = load(data_dir=folders)
        assert (list(loaded), failures) == (["Raw"], {})


def test_the_environment_and_our_own_folder_are_looked_through_too(
    beside: Beside, tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside.write(project / "data/mine")
    assert load()[0]["Raw"].data.folder == str(project / "data")
    environment = beside.write(tmp_path / "e/mine").parent
    monkeypatch.setenv("BENCHMARK_DATA_DIR", str(environment))
    assert load()[0]["Raw"].data.folder == str(environment)


def test_what_is_nowhere_says_what_it_is_and_where_it_is_published(
    beside: Beside, made_up: World, tmp_path: Path, hub: HubServer
) -> None:
    senteval = made_up.write(tmp_path / "senteval", "Year1")
    options = DataOptions(data_dir=senteval)
    loaded, failures = load_data(locate_data((made_up.tasks[0], TASK), options), options)
    assert [entry.task.id for entry in loaded] == ["Year1"]
    assert str(failures["Raw"]) == (
        "Raw pairs: one.csv and two.csv found below no folder, and in no download; published at "
        f"{SOURCE}: put the files below a folder as they are, and name it with `data_dir`"
    )
    assert hub.requests == []  # the archive does not hold it


def test_a_dry_run_says_so_and_plans_no_download(beside: Beside, tmp_path: Path) -> None:
    plan = make_plan([], [TASK], RunOptions())
    [task] = plan.tasks
    assert task.data is None
    assert SOURCE in str(task.problem)
    assert plan.download_bytes == 0
    beside.write(tmp_path / "x")
    [task] = make_plan([], [TASK], RunOptions(data_dir=tmp_path)).tasks
    assert (task.data, task.problem) == (str(tmp_path), None)


def test_a_file_in_its_place_that_is_not_the_original_is_refused(
    beside: Beside, tmp_path: Path
) -> None:
    """The first folder that has it counts, as for every set: nothing is scored from elsewhere."""
    mine = beside.write(tmp_path / "mine/raw")
    other = beside.write(tmp_path / "other")
    changed = mine / "one.csv"
    changed.write_bytes(changed.read_bytes().replace(b"news", b"mews"))
    _, failures = load(data_dir=[mine.parent, other])
    assert str(failures["Raw"]).startswith(f"{changed}: refused, 6 lines as expected, but other")
    loaded, _ = load(data_dir=[mine.parent, other], unverified_data=True)
    assert not loaded["Raw"].data.verified


def test_a_changed_file_elsewhere_is_not_found(beside: Beside, tmp_path: Path) -> None:
    mine = beside.write(tmp_path / "mine")
    (mine / "two.csv").write_bytes(b"another text\n")
    for unverified in (False, True):
        _, failures = load(data_dir=mine, unverified_data=unverified)
        assert isinstance(failures["Raw"], DataError)
        assert "two.csv: missing, though other files of the set are there" in str(failures["Raw"])


def test_a_set_that_the_archive_holds_is_looked_for_in_its_layout_alone(
    beside: Beside, made_up: World, tmp_path: Path
) -> None:
    for path, content in made_up.content_of(made_up.entries("Year1")).items():
        (tmp_path / Path(path).name).write_bytes(content)
    [place] = locate_data(made_up.tasks[:1], DataOptions(data_dir=tmp_path))
    assert place.folder is None


def test_no_folder_that_is_named_has_it(
    beside: Beside, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    locate_data([TASK], DataOptions(data_dir=[one, two]))
    assert f"`data_dir` {one}, {two} holds none of the data of Raw" in caplog.text
    caplog.clear()
    beside.write(two / "deep")
    locate_data([TASK], DataOptions(data_dir=[one, two]))
    assert caplog.text == ""
