"""Where evaluation data is looked for, and in which order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmark import places
from benchmark.datasets import Part, files, load_catalogue
from benchmark.datasets.files import (
    Folder,
    candidate_folders,
    download_folder,
    find_folder,
    load_parts,
    named_folders,
)
from benchmark.errors import DataError
from benchmark.places import embedded_folder
from tests.datasets.synthetic import World

LAYOUTS = pytest.mark.parametrize("layout", ["", "senteval", "downstream", "data/downstream"])


def candidates(*data_dirs: Path) -> list[Folder]:
    return candidate_folders(named_folders(data_dirs))


def roots(*data_dirs: Path) -> list[Path]:
    return [folder.root for folder in candidates(*data_dirs)]


@pytest.fixture
def part(world: World) -> Part:
    return world.catalogue.datasets["Year1"].parts[0]


# --- the order ------------------------------------------------------------------------------------


def test_the_folder_asked_for_comes_first_then_the_environments_then_our_own(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, environment = tmp_path / "asked", tmp_path / "environment"
    asked.mkdir()
    environment.mkdir()
    monkeypatch.setenv("BENCHMARK_DATA_DIR", str(environment))
    assert roots(asked) == [asked, environment, project / "data"]
    assert roots() == [environment, project / "data"]
    monkeypatch.delenv("BENCHMARK_DATA_DIR")
    assert roots(asked) == [asked, project / "data"]


def test_several_folders_are_looked_into_in_turn(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three, four = (tmp_path / name for name in ("one", "two", "three", "f:our"))
    for folder in (one, two, three, four):
        folder.mkdir()
    monkeypatch.setenv("BENCHMARK_DATA_DIR", f"{three}{os.pathsep}{one}{os.pathsep}")
    assert roots(two, one) == [two, one, three, one, project / "data"]
    monkeypatch.setenv("BENCHMARK_DATA_DIR", str(four))  # a folder of that name is one folder
    assert roots() == [four, project / "data"]
    monkeypatch.setenv("BENCHMARK_DATA_DIR", f"{one}{os.pathsep}{tmp_path / 'absent'}")
    with pytest.raises(DataError, match=r"BENCHMARK_DATA_DIR=[^:]*absent: no such folder"):
        roots()


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_variable_is_no_folder(
    project: Path, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv("BENCHMARK_DATA_DIR", value)
    assert roots() == [project / "data"]


def test_each_folder_says_whence_it_is(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHMARK_DATA_DIR", str(tmp_path))
    labels = [folder.label for folder in candidates(tmp_path)]
    assert f"`data_dir` {tmp_path}" in labels
    assert f"BENCHMARK_DATA_DIR={tmp_path}" in labels


@LAYOUTS
def test_a_folder_may_be_any_level_of_senteval(
    project: Path, tmp_path: Path, world: World, part: Part, layout: str
) -> None:
    world.write(tmp_path / "mine" / layout)
    found = find_folder(world.catalogue.datasets["Year1"], [part], candidates(tmp_path / "mine"))
    assert found is not None
    assert found.root == tmp_path / "mine" / layout


def test_what_was_downloaded_is_found(project: Path, world: World, part: Part) -> None:
    world.write(download_folder())
    found = find_folder(world.catalogue.datasets["Year1"], [part], candidates())
    assert found is not None
    assert found.root == download_folder() == project / "data" / "senteval"


def test_without_a_project_folder_there_is_nothing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "data").rmdir()
    assert roots() == []
    assert roots(tmp_path) == [tmp_path]


# --- folders that are not there -------------------------------------------------------------------


def test_a_folder_that_was_asked_for_must_exist(project: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"`data_dir` .*absent: no such folder; give the SentEval"):
        candidates(tmp_path / "absent")


def test_a_file_is_no_folder(project: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="no such folder"):
        candidates(tmp_path / "file")


def test_the_environments_folder_must_exist_too(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHMARK_DATA_DIR", str(tmp_path / "absent"))
    with pytest.raises(DataError, match=r"BENCHMARK_DATA_DIR=.*absent: no such folder"):
        candidates()


# --- what a folder holds --------------------------------------------------------------------------


def test_a_folder_holds_a_part_if_it_has_any_file_of_it(
    tmp_path: Path, world: World, part: Part
) -> None:
    folder = Folder(tmp_path, "mine")
    assert not folder.holds(part)
    for entry in part.files:
        path = tmp_path / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert folder.holds(part)
        path.unlink()
        path.mkdir()
        assert not folder.holds(part)


def test_the_first_folder_that_holds_any_part_is_taken(tmp_path: Path, world: World) -> None:
    dataset = world.catalogue.datasets["Year1"]
    empty, other, mine, second = (Folder(tmp_path / name, name) for name in "abcd")
    empty.root.mkdir()
    world.write(other.root, "Year2", "Bench")
    for folder in (mine, second):
        world.write(folder.root)
    assert find_folder(dataset, dataset.parts, [empty, other, mine, second]) == mine
    assert find_folder(dataset, dataset.parts, [empty, other]) is None
    assert find_folder(dataset, dataset.parts, []) is None


def test_the_demo_data_ships_with_the_project(tmp_path: Path) -> None:
    demo = load_catalogue().datasets["Demo"]
    found = find_folder(demo, demo.parts, [Folder(tmp_path, "elsewhere")])
    assert found == Folder(embedded_folder(), "embedded")
    assert all(found.holds(part) for part in demo.parts)


# --- an installed package -------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package in a place like site-packages: no checkout around it."""
    package = tmp_path / "site-packages" / "benchmark"
    package.mkdir(parents=True)
    monkeypatch.setattr(files, "_PACKAGE", package)
    monkeypatch.setattr(places, "_PACKAGE", package)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return package


def test_an_installed_package_keeps_downloads_in_the_users_cache(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = Path("sentence-embedding-benchmark", "senteval")
    assert download_folder() == tmp_path / "home" / ".cache" / inside
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert download_folder() == tmp_path / "cache" / inside


def test_an_installed_package_carries_the_demo_data(installed: Path) -> None:
    (installed / "embedded_data").mkdir()
    assert embedded_folder() == installed / "embedded_data"


# --- what cannot be read --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x" * 5000, "a/" * 5000])
def test_a_folder_whose_name_no_folder_has(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"`data_dir` .*: cannot be read \(File name too long\)"):
        candidates(tmp_path / name)


def test_a_locked_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", locked)
    with pytest.raises(DataError, match=r"`data_dir` .*: cannot be read \(Permission denied\)"):
        candidates(tmp_path)


@pytest.mark.parametrize("target", ["pipe", "/dev/zero", "nowhere"])
def test_what_is_no_plain_file_is_not_passed_over(
    world: World, tmp_path: Path, part: Part, target: str
) -> None:
    """A run must not score what lies elsewhere because a file here cannot be read."""
    os.mkfifo(tmp_path / "pipe")
    for entry in part.files:
        (tmp_path / entry.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / entry.path).symlink_to(tmp_path / target)
    folder = Folder(tmp_path, "mine")
    assert folder.holds(part)
    with pytest.raises(DataError, match=r"cannot be read \((it is a|No such file)"):
        load_parts(world.catalogue.datasets["Year1"], [part], folder)


def test_a_file_of_terabytes_is_not_read(world: World, tmp_path: Path, part: Part) -> None:
    for entry in part.files:
        (tmp_path / entry.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / entry.path).touch()
        os.truncate(tmp_path / entry.path, 2**40)
    with pytest.raises(DataError, match=r"1,099,511,627,776 bytes, more than"):
        load_parts(world.catalogue.datasets["Year1"], [part], Folder(tmp_path, "mine"))
