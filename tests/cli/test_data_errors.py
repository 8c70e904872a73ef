"""Evaluation data that is missing, damaged or not to be had: exit code 3, one line."""

from __future__ import annotations

import hashlib
import io
import json
import socket
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.datasets import load_catalogue
from benchmark.datasets.catalogue import Catalogue
from tests.cli.conftest import Command, point_client_at
from tests.hub.server import HubServer
from tests.made_up_data import write_senteval

GOLD = "STS/STS12-en-test/STS.gs.MSRpar.txt"
INPUT = "STS/STS12-en-test/STS.input.MSRpar.txt"


@pytest.fixture
def scored(command: Command, mine: str) -> Command:
    """Score the quick encoder on STS12 unless other tasks are given."""

    def call(*arguments: object):
        tasks = () if "--tasks" in arguments else ("--tasks", "STS12")
        return command("--model", f"{mine}:WordHash", *tasks, *arguments)

    return call


# --- folders --------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there(scored: Command):
    scored("--data-dir", "nowhere").refused(3, "--data-dir nowhere: no such folder", "STS/")


def test_a_file_for_a_folder(scored: Command, mine: str):
    scored("--data-dir", mine).refused(3, f"--data-dir {mine}: no such folder")


def test_a_folder_of_the_environment_that_is_not_there(
    scored: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BENCHMARK_DATA_DIR", "nowhere")
    scored().refused(3, "BENCHMARK_DATA_DIR=nowhere: no such folder")


def test_the_environments_folder_matters_not_to_embedded_data(
    command: Command, mine: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BENCHMARK_DATA_DIR", "nowhere")
    asked = ("--model", f"{mine}:WordHash", "--tasks", "DemoSTS")
    assert command(*asked).code == 0
    command(*asked, "--data-dir", "gone").refused(3, "--data-dir gone: no such folder")


def test_no_data_and_no_network_allowed(scored: Command):
    scored("--offline").refused(3, "evaluation data could not be downloaded", "--data-dir")


# --- files ----------------------------------------------------------------------------------------

DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "truncated": (lambda content: content[: len(content) // 2], "the file is cut short"),
    "empty": (lambda content: b"", "the file is empty"),
    "too long": (lambda content: content * 100, "lines where 750 are expected"),
    "Git LFS pointer": (lambda content: b"version https://git-lfs\noid x\n", "git lfs pull"),
    "web page": (lambda content: b"<!doctype html>\n<html>\n</html>\n", "a web page"),
    "binary": (lambda content: bytes(range(256)) * 9, "lines where 750 are expected"),
    "other text": (lambda content: b"1.0\n" * 750, "750 lines as expected, but other text"),
}


@pytest.mark.parametrize(("damage", "phrase"), DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_is_not_the_original(
    scored: Command, own_data: Path, damage: Callable[[bytes], bytes], phrase: str
):
    path = own_data / INPUT
    path.write_bytes(damage(path.read_bytes()))
    outcome = scored("--data-dir", own_data)
    outcome.refused(3, str(path), "refused", phrase, "--unverified-data")


def test_a_missing_file(scored: Command, own_data: Path):
    (own_data / GOLD).unlink()
    outcome = scored("--data-dir", own_data, "--unverified-data")
    outcome.refused(3, str(own_data / GOLD), "missing", "copy it too")


MALFORMED: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "one gold line too few": (GOLD, lambda c: c.split(b"\n", 1)[1], "39 gold lines for the 40"),
    "gold in words": (GOLD, lambda c: b"much\n" + c.split(b"\n", 1)[1], "'much' is not a gold"),
    "gold NaN": (GOLD, lambda c: b"nan\n" + c.split(b"\n", 1)[1], "'nan' is not a gold"),
    "no tab": (INPUT, lambda c: c.replace(b"\t", b" ", 1), "line 1: 1 tab-separated columns"),
    "not UTF-8": (INPUT, lambda c: b"\xff" + c, "not UTF-8 at byte 0"),
    "no gold at all": (GOLD, lambda c: b"\n" * 40, "nothing in it can be scored"),
}


@pytest.mark.parametrize(("file", "damage", "phrase"), MALFORMED.values(), ids=MALFORMED)
def test_unverified_data_must_still_be_readable(
    scored: Command, own_data: Path, file: str, damage: Callable[[bytes], bytes], phrase: str
):
    path = own_data / file
    path.write_bytes(damage(path.read_bytes()))
    scored("--data-dir", own_data, "--unverified-data").refused(3, "MSRpar.txt", phrase)


def test_a_bad_file_leaves_the_other_tasks_scored(scored: Command, own_data: Path):
    (own_data / GOLD).write_bytes(b"much\n" * 40)
    data = ("--data-dir", own_data, "--unverified-data")
    outcome = scored("--tasks", "sts", "DemoSTS", *data)
    assert outcome.code == 3
    row = outcome.out.splitlines()[2].split()
    assert row[:2] == ["word-hash", "-"]
    assert all(cell.endswith("*") for cell in row[2:8])
    assert row[8] == "-"
    [error] = outcome.errors
    assert error.startswith("error: STS12: ")
    assert "'much' is not a gold score" in error
    document = json.loads(scored("--tasks", "sts", *data, "--format", "json").out)
    assert list(document["runs"][0]["failures"]) == ["STS12"]
    assert document["runs"][0]["averages"] == {"sts": None}


def test_two_models_meet_the_same_bad_file_once(command: Command, mine: str, own_data: Path):
    (own_data / GOLD).write_bytes(b"much\n" * 40)
    outcome = command(
        *("--model", f"{mine}:WordHash", f"{mine}:Other", "--tasks", "STS12,STS13"),
        *("--data-dir", own_data, "--unverified-data"),
    )
    assert outcome.code == 3
    assert len(outcome.errors) == 1


def test_json_tells_a_failure_of_everything(scored: Command):
    outcome = scored("--offline", "--format", "json")
    assert outcome.code == 3
    [run] = json.loads(outcome.out)["runs"]
    assert run["tasks"] == {}
    assert list(run["failures"]) == ["STS12"]


# --- the download ---------------------------------------------------------------------------------


def archive_of(folder: Path) -> bytes:
    """The data in the archive's layout."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        tar.add(folder, "senteval")
    return stream.getvalue()


@pytest.fixture(scope="session")
def made_up_archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Catalogue]:
    """An archive of made-up data, and a catalogue that knows it."""
    folder = write_senteval(tmp_path_factory.mktemp("archive"), pairs=20)
    content = archive_of(folder)
    catalogue = load_catalogue()
    archive = replace(
        catalogue.archive, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content)
    )
    parts = tuple(
        replace(
            part,
            scored=20,
            files=tuple(
                replace(e, sha256=hashlib.sha256((folder / e.path).read_bytes()).hexdigest())
                for e in part.files
            ),
        )
        for part in catalogue.datasets["STS12"].parts
    )
    datasets = catalogue.datasets | {"STS12": replace(catalogue.datasets["STS12"], parts=parts)}
    return content, Catalogue(archive, datasets)


@pytest.fixture
def served(
    hub: HubServer,
    made_up_archive: tuple[bytes, Catalogue],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[HubServer]:
    """A hub that has the archive that the catalogue wants."""
    content, catalogue = made_up_archive
    monkeypatch.setattr("benchmark.tasks.loading.load_catalogue", lambda: catalogue)
    archive = catalogue.archive
    hub.add_repo(archive.repo, {archive.file: content}, "dataset", commit=archive.revision)
    return hub


@pytest.mark.usefixtures("served")
def test_data_is_downloaded_and_its_terms_are_told_once(scored: Command):
    outcome = scored()
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[2].startswith("word-hash")
    assert outcome.err.count("research use only") == 1
    assert "downloading senteval.tar" in outcome.err
    again = scored("--overwrite", "--offline")
    assert again.code == 0
    assert "research use" not in again.err


@pytest.mark.parametrize(
    ("fault", "phrase"),
    [
        ("401", "login"),
        ("403", "gated"),
        ("404", "does not exist"),
        ("429", "too many requests (429)"),
        ("503", "the hub is in trouble (503)"),
        ("not a hub", "princeton-nlp/datasets-for-simcse"),
        ("hangup", "princeton-nlp/datasets-for-simcse"),
        ("cut", "princeton-nlp/datasets-for-simcse"),
        ("truncated", "princeton-nlp/datasets-for-simcse"),
    ],
)
def test_a_hub_that_gives_no_data(scored: Command, served: HubServer, fault, phrase: str):
    served.fail("*", fault, times=None)
    outcome = scored()
    outcome.refused(3, "evaluation data could not be downloaded", phrase, "--data-dir")


def test_an_archive_with_another_hash(scored: Command, served: HubServer):
    served.fail("*senteval.tar", "corrupt", times=None)
    scored().refused(3, "senteval.tar", "sha256", "--data-dir")


@pytest.mark.parametrize("fault", ["429", "503", "hangup", "cut", "corrupt"])
def test_trouble_that_passes_is_got_over(scored: Command, served: HubServer, fault):
    served.fail("*senteval.tar", fault, times=1, method="GET")
    outcome = scored()
    assert outcome.code == 0, outcome.err


def test_an_interrupted_download_goes_on_where_it_stopped(
    scored: Command, served: HubServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1024)
    served.fail("*senteval.tar", "cut", times=1)
    assert scored().code == 0
    ranges = [request.range for request in served.requests if request.status == 206]
    assert ranges
    assert not any(found.startswith("bytes=0-") for found in ranges)


@pytest.mark.usefixtures("hub")
def test_no_network(scored: Command, monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        point_client_at(f"http://127.0.0.1:{unheard.getsockname()[1]}", monkeypatch)
        outcome = scored()
    outcome.refused(3, "evaluation data could not be downloaded", "no connection to the hub")


def test_the_network_switched_off_by_the_environment(
    scored: Command, hub: HubServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    scored().refused(3, "HF_HUB_OFFLINE", "--data-dir")
    assert hub.requests == []


def test_an_archive_that_cannot_be_kept(scored: Command, served: HubServer):
    Path("kept").write_text("a file in the way")
    scored().refused(3, "cannot be kept here", "--data-dir")
    assert served.requests == []
