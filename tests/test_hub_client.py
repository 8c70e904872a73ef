"""The one place that talks to the model hub: answers, patience, damage, and plain words."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from tqdm import tqdm

from benchmark import hub as client
from benchmark.hub import (
    Listing,
    cached_snapshot,
    download_file,
    is_cached,
    is_intact,
    list_commit,
    list_repository,
)
from benchmark.hub_failures import HubFailure, HubUnreachable, is_offline
from tests.hub import client as fixtures
from tests.hub.client import paths_asked
from tests.hub.server import HubServer

hub_cache = fixtures.hub_cache
naps = fixtures.naps
bare_hub = fixtures.hub

REPO = "org/name"
LARGE = bytes(range(251)) * 4_000
FILES = {
    "config.json": b"{}",
    "deep/er/text.txt": b"plain text",
    "model.safetensors": LARGE,
}


@pytest.fixture
def hub(bare_hub: HubServer) -> HubServer:
    """A hub with one model and one data set."""
    bare_hub.add_repo(REPO, FILES)
    bare_hub.add_repo(REPO, {"data.tar": b"data"}, repo_type="dataset")
    return bare_hub


@pytest.fixture
def commit(hub: HubServer) -> str:
    """The commit of the model."""
    return hub.store.repos["model", REPO].branches["main"]


def failure(question: Any, kind: type[HubFailure] = HubFailure) -> str:
    """Return the one line of a failure."""
    with pytest.raises(HubFailure) as caught:
        question()
    assert isinstance(caught.value, HubUnreachable) == (kind is HubUnreachable)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [list_repository, list_commit])
@pytest.mark.parametrize("revision", [None, "main", "commit"])
def test_lists(hub: HubServer, commit: str, ask: Any, revision: str | None) -> None:
    listing = ask(REPO, commit if revision == "commit" else revision)
    assert listing == Listing(commit, tuple(sorted(FILES)))


def test_a_list_of_a_data_set(hub: HubServer) -> None:
    assert list_repository(REPO, None, "dataset").files == ("data.tar",)


def test_the_list_of_a_commit_is_remembered(hub: HubServer, commit: str) -> None:
    first = list_commit(REPO, commit)
    asked = len(hub.requests)
    assert list_commit(REPO, commit) == first
    assert len(hub.requests) == asked
    list_commit(REPO, None)
    assert len(hub.requests) > asked


def test_a_list_fetches_next_to_nothing(hub: HubServer) -> None:
    list_commit(REPO, None)
    bodies = [path for path in paths_asked(hub, "GET") if "/resolve/" in path]
    assert [path.rpartition("/")[2] for path in bodies] == ["config.json"]


def test_a_list_shows_no_progress(hub: HubServer, capfd: pytest.CaptureFixture[str]) -> None:
    list_commit(REPO, None)
    assert capfd.readouterr() == ("", "")


def test_a_list_of_a_repository_without_configuration(hub: HubServer) -> None:
    hub.add_repo("org/bare", {"README.md": b""})
    assert list_commit("org/bare", None).files == ("README.md",)


@pytest.mark.parametrize("ask", [list_repository, list_commit])
def test_lists_of_nothing(hub: HubServer, ask: Any) -> None:
    assert "does not exist" in failure(lambda: ask("org/other", None))
    assert "no such revision" in failure(lambda: ask(REPO, "other"))
    assert "no such revision" in failure(lambda: ask(REPO, "0" * 40))
    for name in ("a/b/c", "-a/b", "a..b/c", "a/" + "b" * 100):
        assert "is not a repository name" in failure(lambda name=name: ask(name, None))


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_a_file_into_the_cache(hub: HubServer, hub_cache: Path, commit: str, file: str) -> None:
    assert not is_cached(REPO, file, commit)
    path = download_file(REPO, file, revision=None)
    assert path == hub_cache / "models--org--name" / "snapshots" / commit / file
    assert path.read_bytes() == FILES[file]
    assert is_cached(REPO, file, commit)
    assert is_intact(path)


def test_a_file_into_a_folder(hub: HubServer, tmp_path: Path) -> None:
    path = download_file(REPO, "data.tar", revision=None, repo_type="dataset", folder=tmp_path)
    assert path == tmp_path / "data.tar"
    assert path.read_bytes() == b"data"
    assert is_intact(path)  # nothing to compare it with


def test_a_file_is_fetched_once_unless_asked_again(hub: HubServer, commit: str) -> None:
    def bodies() -> int:
        return len([path for path in paths_asked(hub, "GET") if path.endswith("config.json")])

    for again, wanted in ((False, 1), (False, 1), (True, 2)):
        download_file(REPO, "config.json", revision=commit, again=again)
        assert bodies() == wanted


def test_progress_is_shown_where_it_is_wanted(hub: HubServer) -> None:
    seen: list[float] = []

    class Bar(tqdm):
        def update(self, n: float | None = 1) -> bool | None:
            seen.append(n or 0)
            return None

    download_file(REPO, "model.safetensors", revision=None, progress_bar=Bar)
    assert sum(seen) == len(LARGE)


def test_a_file_that_is_not_there(hub: HubServer, commit: str) -> None:
    assert "lacks a file" in failure(lambda: download_file(REPO, "no.json", revision=commit))
    assert "no such revision" in failure(lambda: download_file(REPO, "config.json", revision="x"))
    assert "does not exist" in failure(lambda: download_file("o/n", "config.json", revision=None))


def test_offline_nothing_is_asked(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask() -> Path:
        return download_file(REPO, "config.json", revision=None, offline=True)

    assert "(`offline`)" in failure(ask, HubUnreachable)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "(HF_HUB_OFFLINE)" in failure(ask, HubUnreachable)
    assert hub.requests == []
    monkeypatch.delenv("HF_HUB_OFFLINE")
    path = download_file(REPO, "config.json", revision=None)
    asked = len(hub.requests)
    assert ask() == path
    assert len(hub.requests) == asked


def test_switched_off_at_start(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client reads the variable when it is imported: a list is refused as a file is."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    said = failure(lambda: list_repository(REPO, None), HubUnreachable)
    assert "the network is switched off (HF_HUB_OFFLINE)" in said


@pytest.mark.parametrize(
    ("name", "value", "offline"),
    [
        ("HF_HUB_OFFLINE", "1", True),
        ("HF_HUB_OFFLINE", "true", True),
        ("HF_HUB_OFFLINE", "Yes", True),
        ("TRANSFORMERS_OFFLINE", "on", True),
        ("HF_HUB_OFFLINE", "0", False),
        ("HF_HUB_OFFLINE", "", False),
        ("TRANSFORMERS_OFFLINE", "no", False),
    ],
)
def test_offline_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, offline: bool
) -> None:
    assert not is_offline()
    monkeypatch.setenv(name, value)
    assert is_offline() == offline


# --- snapshots ------------------------------------------------------------------------------------


def test_a_snapshot_of_what_is_here(hub: HubServer, commit: str) -> None:
    assert "(`offline`)" in failure(lambda: cached_snapshot(REPO, None, []), HubUnreachable)
    for file in FILES:
        download_file(REPO, file, revision=None)
    asked = len(hub.requests)
    for revision in (None, "main", commit):
        folder = cached_snapshot(REPO, revision, ["config.json"])
        assert folder.name == commit
    assert "(`offline`)" in failure(lambda: cached_snapshot(REPO, "v2", []), HubUnreachable)
    assert len(hub.requests) == asked


def test_a_snapshot_that_is_known_to_be_partial(hub: HubServer, commit: str) -> None:
    list_commit(REPO, commit)
    cached_snapshot(REPO, commit, ["config.json", "vocab.txt"])
    wanted = ["config.json", "*.safetensors"]
    failure(lambda: cached_snapshot(REPO, commit, wanted), HubUnreachable)
    download_file(REPO, "model.safetensors", revision=commit)
    cached_snapshot(REPO, commit, wanted)


# --- patience -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["429", "503", "hangup", "cut", "reset"])
def test_what_may_pass_is_tried_three_times(hub: HubServer, naps: list[float], kind: Any) -> None:
    hub.fail("/api/*", kind, times=client.ATTEMPTS - 1)
    list_repository(REPO, None)
    assert len(hub.requests) == client.ATTEMPTS == 3
    assert naps == [1.0, 2.0]
    hub.fail("/api/*", kind, times=client.ATTEMPTS)
    failure(lambda: list_repository(REPO, None), HubUnreachable)
    assert len(hub.requests) == 2 * client.ATTEMPTS


@pytest.mark.parametrize(
    ("kind", "said", "away"),
    [
        ("401", "hf auth login", HubFailure),
        ("403", "is gated", HubFailure),
        ("404", "does not exist", HubFailure),
        ("truncated", "is no hub", HubUnreachable),
        ("not a hub", "is no hub", HubUnreachable),
    ],
)
def test_what_will_not_pass_is_tried_once(
    hub: HubServer, naps: list[float], kind: Any, said: str, away: type[HubFailure]
) -> None:
    hub.fail("/api/*", kind)
    assert said in failure(lambda: list_repository(REPO, None), away)
    assert len(hub.requests) == 1
    assert naps == []


@pytest.mark.parametrize(("wanted", "waited"), [("7", 7.0), ("3600", 30.0), ("soon", 1.0)])
def test_the_hub_says_how_long_to_wait(
    hub: HubServer, naps: list[float], monkeypatch: pytest.MonkeyPatch, wanted: str, waited: float
) -> None:
    from tests.hub import server
    from tests.hub.repos import error

    answer = error(429, "Too many requests", Retry_After=wanted)
    monkeypatch.setitem(server.FAULT_RESPONSES, "429", answer)
    hub.fail("/api/*", "429")
    list_repository(REPO, None)
    assert naps == [waited]


def test_no_hub_at_all(hub: HubServer, naps: list[float]) -> None:
    hub.__exit__()
    try:
        said = failure(lambda: list_repository(REPO, None), HubUnreachable)
        assert said.startswith("org/name: no connection to the hub (")
        assert naps == []
        said = failure(lambda: download_file(REPO, "config.json", revision=None), HubUnreachable)
        assert said.startswith("org/name: the hub cannot be reached (")
    finally:
        hub.__enter__()


def test_a_slow_hub_is_given_up(
    hub: HubServer, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_INFO_SECONDS", 0.05)
    hub.delay = 0.5
    hub.fail("/api/*", "slow", times=None)
    assert "the connection broke" in failure(lambda: list_repository(REPO, None), HubUnreachable)
    assert naps == [1.0, 2.0]


def test_a_download_goes_on_where_it_stopped(
    hub: HubServer, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1 << 16)
    hub.fail("*/model.safetensors", "cut", times=2)
    path = download_file(REPO, "model.safetensors", revision=None)
    assert path.read_bytes() == LARGE
    assert len([request for request in hub.requests if request.range]) == 2


# --- damage ---------------------------------------------------------------------------------------


def test_damage_on_the_way_is_noticed(
    hub: HubServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.logger.parent, "propagate", True)
    for file, content in FILES.items():
        hub.fail(f"*/{file}", "corrupt")
        assert download_file(REPO, file, revision=None).read_bytes() == content
        assert f"{file} of org/name is damaged, fetching it again" in caplog.text


def test_damage_that_comes_again_is_not_accepted(hub: HubServer) -> None:
    hub.fail("*/model.safetensors", "corrupt", times=2)
    said = failure(lambda: download_file(REPO, "model.safetensors", revision=None))
    assert said == "org/name: model.safetensors arrives damaged; try again, or another network"
    assert download_file(REPO, "model.safetensors", revision=None).read_bytes() == LARGE


@pytest.mark.parametrize("content", [b"", b"text", LARGE])
def test_intact_is_what_hashes_to_its_name(tmp_path: Path, content: bytes) -> None:
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    for name in (hashlib.sha256(content).hexdigest(), git):
        blob = blobs / name
        blob.write_bytes(content)
        link = tmp_path / f"link-{name[:8]}"
        link.symlink_to(blob)
        assert is_intact(link)
        blob.write_bytes(content + b"x")
        assert not is_intact(link)


def test_a_name_that_is_no_hash_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    blob = tmp_path / "blobs" / '"weak-etag"'
    blob.write_bytes(b"x")
    assert is_intact(blob)


# --- not the hub's fault --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raised",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/cache/blobs/x"),
        KeyError("a bug"),
        TypeError("a bug"),
    ],
)
def test_other_errors_pass_through(
    hub: HubServer, naps: list[float], monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise raised

    monkeypatch.setattr("huggingface_hub.file_download.http_get", fail)
    with pytest.raises(type(raised)) as caught:
        download_file(REPO, "config.json", revision=None)
    assert caught.value is raised
    assert naps == []


@pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ETIMEDOUT])
def test_the_network_may_speak_as_an_os_error(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("huggingface_hub.file_download.http_get", fail)
    question = lambda: download_file(REPO, "config.json", revision=None)  # noqa: E731
    assert "no connection to the hub" in failure(question, HubUnreachable)


def test_an_interruption_passes_at_once(
    hub: HubServer, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("huggingface_hub.file_download.http_get", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download_file(REPO, "config.json", revision=None)
    assert naps == []


def test_a_refusal_without_a_known_code(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.hub import server
    from tests.hub.repos import error

    for status, said in (
        (418, "418 I'm a Teapot"),
        (404, "not found on the hub (404)"),
        (403, "(403)"),
    ):
        monkeypatch.setitem(server.FAULT_RESPONSES, "404", error(status, "I am a teapot"))
        hub.fail("/api/*", "404")
        assert said in failure(lambda: list_repository(REPO, None))
