"""Finding records below folders."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.errors import RecordError
from benchmark.results import ResultStore, collect
from benchmark.tasks import table
from tests.results.samples import CARD, sample_result

OTHER = replace(CARD, weights_sha256="ef" * 32)


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


def write(store: ResultStore, task: str, card=CARD, model: str = "tiny-bert", **changes) -> Path:
    return store.write(model, card, sample_result(task, card=card, name=model, **changes))


def test_one_run_for_each_model(store: ResultStore):
    for task in ("SICKRelatedness", "STS12", "MR"):
        write(store, task)
    write(store, "STS12", model="another")
    runs = collect([store.folder])
    assert [run.label for run in runs] == ["another", "tiny-bert"]
    assert list(runs[1].records) == ["STS12", "SICKRelatedness", "MR"]
    assert runs[1].card["pooler"] == CARD.pooler


def test_states_of_one_name_are_told_apart(store: ResultStore):
    write(store, "STS12", score=0.1)
    write(store, "STS12", card=OTHER, score=0.2)
    runs = collect([store.folder])
    assert {run.label for run in runs} == {
        f"tiny-bert ({card.fingerprint[:8]})" for card in (CARD, OTHER)
    }


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_any_level_of_the_folder_can_be_named(store: ResultStore, level: int):
    path = write(store, "STS12")
    named = [store.folder, path.parents[1], path.parent, path][level]
    [run] = collect([named])
    assert run.records["STS12"].path == path.resolve()


def test_the_same_record_named_twice_counts_once(store: ResultStore):
    path = write(store, "STS12")
    [run] = collect([store.folder, path, path.parent])
    assert list(run.records) == ["STS12"]


def test_two_different_records_of_one_question_are_refused(store: ResultStore, tmp_path: Path):
    write(store, "STS12", score=0.1)
    other = ResultStore(tmp_path / "other")
    write(other, "STS12", score=0.2)
    with pytest.raises(RecordError, match="a second record of tiny-bert on STS12"):
        collect([store.folder, other.folder])


def test_what_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(RecordError, match="nowhere: no such file or folder"):
        collect([tmp_path / "nowhere"])
    with pytest.raises(RecordError, match="holds no record"):
        collect([tmp_path])


def test_a_damaged_record_is_named(store: ResultStore):
    path = write(store, "STS12")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(RecordError, match=r"STS12\.json: not a readable record"):
        collect([store.folder])


def test_a_folder_that_cannot_be_read_is_not_passed_over(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch
):
    write(store, "STS12")
    closed = write(store, "STS12", model="another").parent
    scan = os.scandir

    def refuse(path: str | Path):
        if Path(path) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(RecordError, match=r"cannot be read \(Permission denied\)") as caught:
        collect([store.folder])
    assert str(caught.value).startswith(f"{closed}: ")
    assert caught.value.exit_code == 3


def test_what_is_no_plain_file_is_named(store: ResultStore):
    pipe = write(store, "STS12").with_name("STS13.json")
    os.mkfifo(pipe)
    for named in (store.folder, pipe):
        with pytest.raises(RecordError, match=r"STS13\.json: not a readable record .it is a pipe"):
            collect([named])


def test_the_average_is_that_of_the_papers(store: ResultStore):
    scores = [0.7228, 0.8443, 0.7647, 0.8390, 0.8054, 0.8059, 0.7123]
    for task, score in zip(table("sts"), scores, strict=True):
        write(store, task.id, score=score)
    [run] = collect([store.folder])
    assert run.average("sts") == 78.49
    assert run.average("transfer") is None
