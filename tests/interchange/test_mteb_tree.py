"""MTEB's tree: whose result a file is, and what is passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmark.errors import DataError
from benchmark.interchange import MtebModel, read_tree
from tests.interchange.mteb_results import FOLDER, REVISION, plain, write_result

NAME = "sentence-transformers/all-MiniLM-L6-v2"


def meta(folder: Path, **content: object) -> Path:
    path = folder / "model_meta.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("level", [0, 1, 2, 3, 4])
def test_any_level_of_the_tree_can_be_named(tmp_path: Path, level: int):
    path = write_result(tmp_path, plain("STS12", 0.5))
    named = [tmp_path, *reversed(path.parents[:3]), path][level]
    tree = read_tree([named])
    [found] = tree.results
    assert found.model == MtebModel(NAME, REVISION)
    assert (tree.errors, tree.omissions) == ((), ())


@pytest.mark.parametrize("revision", ["external", "no_revision_available", "v1.5"])
def test_revisions_that_are_no_commit(tmp_path: Path, revision: str):
    write_result(tmp_path, plain("STS12", 0.5), place=f"results/org__model/{revision}")
    [found] = read_tree([tmp_path]).results
    assert found.model == MtebModel("org/model", revision)


def test_a_description_names_the_model(tmp_path: Path):
    path = write_result(tmp_path, plain("STS12", 0.5), place="anywhere/here")
    meta(path.parent, name="org/true-name", revision=None, max_tokens=float("inf"))
    [found] = read_tree([tmp_path]).results
    assert found.model == MtebModel("org/true-name", "here")


@pytest.mark.parametrize("place", ["anywhere/here", "results/v2", "."])
def test_a_result_of_nobody_is_refused(tmp_path: Path, place: str):
    write_result(tmp_path, plain("STS12", 0.5), place=place)
    [error] = read_tree([tmp_path]).errors
    assert "STS12.json: cannot tell whose result this is" in str(error)


def test_a_damaged_description_is_refused(tmp_path: Path):
    path = write_result(tmp_path, plain("STS12", 0.5))
    (path.parent / "model_meta.json").write_text('{"name": ')
    tree = read_tree([tmp_path])
    assert tree.results == ()
    assert "model_meta.json: no readable description of a model" in str(tree.errors[0])


def test_tasks_without_a_column_are_counted(tmp_path: Path):
    for task in ("AmazonPolarity", "Banking77", "STS22", "STSBenchmark.v2"):
        write_result(tmp_path, {"task_name": task})
    write_result(tmp_path, plain("STS12", 0.5))
    tree = read_tree([tmp_path])
    assert len(tree.results) == 1
    [omission] = tree.omissions
    assert omission.what == "4 files (AmazonPolarity, Banking77, STS22 and 1 more)"
    assert omission.why.startswith("tasks that have no column here; these do: STS12, ")


def test_experiments_are_passed_over(tmp_path: Path):
    write_result(tmp_path, plain("STS12", 0.5), place=f"{FOLDER}/experiments/pool_cls")
    tree = read_tree([tmp_path])
    assert tree.results == ()
    assert tree.omissions[0].why.startswith("an experiment")


def test_other_splits_are_passed_over_and_named(tmp_path: Path):
    content = plain("STSBenchmark", 0.5)
    content["scores"]["validation"] = content["scores"]["test"]
    write_result(tmp_path, content)
    [omission] = read_tree([tmp_path]).omissions
    assert omission.what.endswith("STSBenchmark.json: validation")


def test_one_bad_file_does_not_take_the_others_along(tmp_path: Path):
    write_result(tmp_path, plain("STS12", 0.5))
    write_result(tmp_path, plain("STS13", 72.4))
    tree = read_tree([tmp_path])
    assert [found.score.task for found in tree.results] == ["STS12"]
    [error] = tree.errors
    assert "STS13.json" in str(error)


def test_a_file_named_twice_is_read_once(tmp_path: Path):
    path = write_result(tmp_path, plain("STS12", 0.5))
    assert len(read_tree([path, tmp_path, path.parent]).results) == 1


def test_a_path_that_does_not_exist_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"nowhere: no such file or folder"):
        read_tree([tmp_path / "nowhere"])


def test_an_empty_folder_holds_nothing(tmp_path: Path):
    tree = read_tree([tmp_path])
    assert (tree.results, tree.errors, tree.omissions) == ((), (), ())


def test_a_link_is_named_by_its_own_name(tmp_path: Path):
    """In a cache of the hub every file is a link to a blob."""
    path = write_result(tmp_path / "tree", plain("STS12", 0.5))
    path.rename(tmp_path / "blob")
    path.symlink_to(tmp_path / "blob")
    [found] = read_tree([tmp_path / "tree"]).results
    assert found.score.task == "STS12"
    assert found.model.name == "sentence-transformers/all-MiniLM-L6-v2"
