"""Files that are downloaded one by one, from a server that is well and from one that is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmark.datasets.catalogue import FileEntry, Repository
from benchmark.datasets.repository import fetch_one_by_one
from benchmark.errors import DataError
from tests.datasets.probing import git_blob_id, probing_file
from tests.datasets.synthetic import files_below
from tests.hub.server import FaultKind, HubServer

REPO, COMMIT = "org/repository", "5d" * 20
FILES = {f"probing/{name}.txt": probing_file(2, 240, seed) for seed, name in enumerate("abc")}
ENTRIES = [FileEntry(path, blob=git_blob_id(content)) for path, content in FILES.items()]


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    import time

    naps: list[float] = []
    clock = SimpleNamespace(sleep=naps.append, monotonic=time.monotonic)
    monkeypatch.setattr("benchmark.datasets.repository.time", clock)
    return naps


@pytest.fixture
def server(empty_hub: HubServer, waited: list[float]) -> HubServer:
    empty_hub.add_repo(REPO, FILES, repo_type="dataset", commit=COMMIT)
    return empty_hub


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "data" / "senteval"


@pytest.fixture
def fetch(server: HubServer, out: Path) -> Callable[..., dict[str, bytes]]:
    repository = Repository(f"{server.url}/datasets/{REPO}/resolve/{COMMIT}/", "for research", 10)

    def run(*places: int, **options) -> dict[str, bytes]:
        fetch_one_by_one(repository, [ENTRIES[place] for place in places], out, **options)
        return files_below(out)

    return run


def path_of(place: int) -> str:
    return f"*/{ENTRIES[place].path}"


def some(*places: int) -> dict[str, bytes]:
    return {ENTRIES[place].path: FILES[ENTRIES[place].path] for place in places}


def test_each_file_is_downloaded_once(fetch: Callable, server: HubServer) -> None:
    assert fetch(0, 1) == some(0, 1)
    assert fetch(0, 1, 2) == some(0, 1, 2)
    assert [request.status for request in server.requests] == [200] * 3


def test_a_damaged_file_is_downloaded_again(fetch: Callable, out: Path) -> None:
    fetch(0)
    (out / ENTRIES[0].path).write_bytes(b"half")
    assert fetch(0) == some(0)


@pytest.mark.parametrize("fault", ["503", "429", "hangup", "cut", "reset", "truncated", "corrupt"])
def test_what_goes_wrong_once_is_asked_for_again(
    fetch: Callable, server: HubServer, waited: list[float], fault: FaultKind
) -> None:
    server.fail(path_of(0), fault, times=1)
    assert fetch(0) == some(0)
    assert waited == [1.0]


@pytest.mark.parametrize(
    ("fault", "said", "requests"),
    [
        ("503", "the server answered 503", 3),
        ("404", "the server answered 404", 1),
        ("403", "the server answered 403", 1),
        ("hangup", "no answer (RemoteProtocolError)", 3),
        ("corrupt", "not the original: 240 lines of other text", 3),
        ("not a hub", "not the original: the file is a web page", 3),
    ],
)
def test_what_goes_on_going_wrong_is_one_line(
    fetch: Callable, server: HubServer, out: Path, fault: FaultKind, said: str, requests: int
) -> None:
    server.fail(path_of(0), fault, times=None)
    with pytest.raises(DataError) as caught:
        fetch(0)
    message = str(caught.value)
    assert message.startswith("evaluation data could not be downloaded: http://127.0.0.1:")
    assert said in message
    assert message.endswith("give a folder that has it with `data_dir`, or try again")
    assert "\n" not in message
    assert len(server.requests) == requests
    assert files_below(out) == {}


def test_one_that_is_not_the_original_keeps_no_other_away(
    fetch: Callable, server: HubServer, out: Path
) -> None:
    server.fail(path_of(1), "corrupt", times=None)
    with pytest.raises(DataError, match=r"probing/b\.txt: not the original"):
        fetch(0, 1, 2)
    assert files_below(out) == some(0, 2)


def test_files_that_arrived_stay_when_the_server_goes(
    fetch: Callable, server: HubServer, out: Path
) -> None:
    server.fail(path_of(1), "hangup", times=None)
    with pytest.raises(DataError):
        fetch(0, 1, 2)
    assert files_below(out) == some(0)
    assert not any(request.path.endswith("c.txt") for request in server.requests)


def test_offline_nothing_is_asked(
    fetch: Callable, server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(0)
    asked = len(server.requests)
    assert fetch(0, offline=True) == some(0)
    with pytest.raises(DataError, match=r"probing/b\.txt is not on this machine and the network"):
        fetch(0, 1, offline=True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DataError, match="the network is switched off"):
        fetch(1)
    assert len(server.requests) == asked


def test_a_file_without_end_is_refused(
    fetch: Callable, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmark.datasets.repository.MAX_FILE_BYTES", 1000)
    with pytest.raises(DataError, match="more than 1,000 bytes arrive"):
        fetch(0)
    assert files_below(out) == {}


def test_nobody_there(out: Path, waited: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    repository = Repository("http://127.0.0.1:9/", "for research", 10)
    with pytest.raises(DataError, match=r"no answer \(ConnectError\)"):
        fetch_one_by_one(repository, ENTRIES[:1], out)
    assert waited == [1.0, 2.0]


def test_progress_can_be_watched(fetch: Callable) -> None:
    bars: list[dict[str, object]] = []
    counted: list[int] = []

    class Bar:
        def __init__(self, **options: object) -> None:
            bars.append(options)

        def update(self, n: int) -> None:
            counted.append(n)

        def close(self) -> None:
            counted.append(0)

    fetch(0, progress_bar=Bar)
    [options] = bars
    assert str(options["desc"]).endswith("/probing/a.txt")
    assert options["total"] == sum(counted) == len(FILES["probing/a.txt"])
    assert counted[-1] == 0


def test_a_folder_that_cannot_be_written(fetch: Callable, out: Path) -> None:
    out.parent.mkdir()
    out.write_bytes(b"a file is in the way")
    with pytest.raises(DataError, match="evaluation data cannot be kept here"):
        fetch(0)
