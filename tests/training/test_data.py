"""Training data by name, through the real client, from a hub that is well and one that is not."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tqdm import tqdm

from benchmark.datasets import load_catalogue
from benchmark.errors import DataError, UsageError
from benchmark.training import data
from benchmark.training.data import training_data
from tests.hub import client
from tests.hub.server import HubServer

naps, hub_cache, empty_hub = client.naps, client.hub_cache, client.hub

ARCHIVE = load_catalogue().archive
WIKI = "".join(f"Sentence {number} of many .\n" for number in range(60_000)).encode()
NLI = b"sent0,sent1,hard_neg\n" + b"".join(b'a %d,b,"c, d"\n' % number for number in range(9))
LISTING = f"/api/datasets/{ARCHIVE.repo}/revision/{ARCHIVE.revision}"
FILE = f"/datasets/{ARCHIVE.repo}/resolve/{ARCHIVE.revision}/wiki1m_for_simcse.txt"


@pytest.fixture
def hub(empty_hub: HubServer) -> HubServer:
    files = {"wiki1m_for_simcse.txt": WIKI, "nli_for_simcse.csv": NLI, "README.md": b"data"}
    empty_hub.add_repo(ARCHIVE.repo, files, "dataset", commit=ARCHIVE.revision)
    other = {name: content + b"other, x, y\n" for name, content in files.items()}
    empty_hub.add_repo(ARCHIVE.repo, other, "dataset")  # main has gone on
    return empty_hub


def asked(hub: HubServer) -> list[str]:
    """Requests for the file itself, in short."""
    return [f"{each.method} {each.status}" for each in hub.requests if each.path == FILE]


def refusal(**options) -> str:
    with pytest.raises(DataError) as caught:
        training_data("wiki1m", **options)
    message = str(caught.value)
    assert "\n" not in message
    assert "give a file that is here as `data`" in message
    return message


def test_wiki1m_of_the_pinned_commit(hub: HubServer) -> None:
    found = training_data("wiki1m")
    assert len(found) == 60_000
    assert found[59_999] == "Sentence 59999 of many ."
    assert found.sha256 == hashlib.sha256(WIKI).hexdigest()
    assert (found.name, found.source) == ("wiki1m", f"{ARCHIVE.repo}@{ARCHIVE.revision}")
    assert asked(hub) == ["HEAD 200", "GET 200"]


def test_triples_of_the_pinned_commit(hub: HubServer) -> None:
    found = training_data("nli-for-simcse", supervised=True)
    assert len(found) == 9
    assert found[8] == ("a 8", "b", "c, d")
    assert found.sha256 == hashlib.sha256(NLI).hexdigest()
    assert found.name == "nli-for-simcse"


def test_a_second_time_nothing_is_asked(hub: HubServer) -> None:
    training_data("wiki1m")
    before = len(hub.requests)
    assert len(training_data("wiki1m")) == 60_000
    assert len(training_data("wiki1m", offline=True)) == 60_000
    assert len(hub.requests) == before


def test_without_network_only_what_is_here(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not on this machine (`offline`)" in refusal(offline=True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "the network is switched off" in refusal()
    assert hub.requests == []


def test_progress_is_told_in_bytes(hub: HubServer) -> None:
    done: list[float] = []

    class Bar(tqdm):
        def update(self, n: float | None = 1) -> bool | None:
            done.append(n or 0)
            return None

    bar: Callable[..., Bar] = lambda *args, **options: Bar(*args, **options | {"disable": True})  # noqa: E731
    training_data("wiki1m", progress_bar=bar)
    assert sum(done) == len(WIKI)


def test_what_arrives_damaged_is_fetched_again(hub: HubServer) -> None:
    hub.fail(FILE, "corrupt")
    assert training_data("wiki1m").sha256 == hashlib.sha256(WIKI).hexdigest()
    assert asked(hub).count("GET 200") == 2


def test_what_arrives_damaged_twice_is_refused(hub: HubServer) -> None:
    hub.fail(FILE, "corrupt", times=None)
    assert "arrives damaged" in refusal()


def test_a_cached_file_that_was_damaged_is_fetched_again(hub: HubServer, hub_cache: Path) -> None:
    training_data("wiki1m")
    [blob] = [path for path in hub_cache.rglob("blobs/*") if path.stat().st_size == len(WIKI)]
    blob.write_bytes(WIKI.replace(b"many", b"MANY"))
    assert training_data("wiki1m").sha256 == hashlib.sha256(WIKI).hexdigest()
    blob.write_bytes(WIKI.replace(b"many", b"MANY"))
    refusal(offline=True)


@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_a_connection_that_breaks_is_made_again(hub: HubServer, kind: str) -> None:
    hub.fail(FILE, kind)
    assert training_data("wiki1m").sha256 == hashlib.sha256(WIKI).hexdigest()
    assert asked(hub).count("GET 200") == 2


@pytest.mark.parametrize("kind", ["401", "403", "404", "429", "503", "not a hub", "hangup"])
def test_a_hub_that_gives_nothing_is_told(hub: HubServer, kind: str) -> None:
    hub.fail("*", kind, times=None)
    assert refusal().startswith("wiki1m_for_simcse.txt could not be downloaded: ")


def test_a_commit_without_the_file_is_told(empty_hub: HubServer) -> None:
    empty_hub.add_repo(ARCHIVE.repo, {"README.md": b""}, "dataset", commit=ARCHIVE.revision)
    assert "lacks a file" in refusal()


def test_a_full_disk_is_told(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(data, "download_file", full)
    with pytest.raises(DataError, match="cannot be kept in the hub's cache \\(No space left"):
        training_data("wiki1m")


# --- files of one's own ---------------------------------------------------------------------------


def test_a_file_of_ones_own(tmp_path: Path, hub: HubServer) -> None:
    (tmp_path / "own.txt").write_bytes(b"one\ntwo\n")
    assert list(training_data(tmp_path / "own.txt")) == ["one", "two"]
    (tmp_path / "own.csv").write_bytes(NLI)
    assert len(training_data(tmp_path / "own.csv", supervised=True)) == 9
    assert hub.requests == []


def test_a_file_that_is_called_like_published_data(
    tmp_path: Path, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wiki1m").write_bytes(b"one\ntwo\n")
    monkeypatch.chdir(tmp_path)
    assert list(training_data("./wiki1m")) == ["one", "two"]
    assert len(training_data("wiki1m")) == 60_000


@pytest.mark.parametrize(
    ("name", "supervised", "said"),
    [
        ("wiki1m", True, "needs a table of pairs or triples; .* or nli-for-simcse"),
        ("nli-for-simcse", False, "needs text, one sentence a line; .* or wiki1m"),
        ("own.csv", False, "needs text, one sentence a line"),
        ("own.txt", True, "needs a table of pairs or triples"),
    ],
)
def test_the_other_kind_of_data_is_refused(name: str, supervised: bool, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        training_data(name, supervised=supervised)
