"""The test hub against the real client: what is downloaded, what is asked for, what fails how."""

from __future__ import annotations

import hashlib
import http.client
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub import (
    HfApi,
    close_session,
    constants,
    hf_hub_download,
    snapshot_download,
)
from huggingface_hub.errors import (
    GatedRepoError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.hub.server import HubServer

REPO = "org/name"
LARGE = bytes(range(251)) * 12_000  # 3 MB, and no two halves alike
FILES = {
    "config.json": b'{"dim": 8}',
    "empty.txt": b"",
    "1_Pooling/config.json": b"{}",
    "deep/er/model.safetensors": LARGE,
    "with space #1 \u00e9.txt": b"odd name",
}


@pytest.fixture(autouse=True)
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A client that asks nobody but the hub of the test, anonymously, on fresh connections."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)  # asks the default endpoint
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    close_session()
    yield
    close_session()


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """A running hub with one model."""
    with HubServer() as server:
        server.add_repo(REPO, FILES)
        yield server


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client would have waited before each retry; it does not wait."""
    naps: list[float] = []
    clock = SimpleNamespace(sleep=naps.append)
    monkeypatch.setattr("huggingface_hub.utils._http.time", clock)
    monkeypatch.setattr("huggingface_hub.file_download.time", clock)
    return naps


def contents(folder: str | Path) -> dict[str, bytes]:
    """Every file below a folder, the client's own bookkeeping left out."""
    found = {p.relative_to(folder).as_posix(): p for p in Path(folder).rglob("*") if p.is_file()}
    return {name: p.read_bytes() for name, p in found.items() if not name.startswith(".cache/")}


def asked(hub: HubServer) -> list[str]:
    """The requests in short: `HEAD 200`, `GET 206`, ..."""
    return [f"{request.method} {request.status}" for request in hub.requests]


def by_file(hub: HubServer, cache: Path, **kwargs: Any) -> Path:
    """Download one file."""
    kwargs = {"repo_id": REPO, "filename": "deep/er/model.safetensors"} | kwargs
    return Path(hf_hub_download(endpoint=hub.url, cache_dir=cache, **kwargs))


def by_snapshot(hub: HubServer, cache: Path, **kwargs: Any) -> Path:
    """Download the whole repository."""
    kwargs = {"repo_id": REPO} | kwargs
    return Path(snapshot_download(endpoint=hub.url, cache_dir=cache, **kwargs))


def by_info(hub: HubServer, cache: Path, **kwargs: Any) -> str | None:
    """Ask for the description only, and tell the commit."""
    kwargs = {"repo_id": REPO} | kwargs
    return HfApi(endpoint=hub.url).model_info(**kwargs).sha


Call = Callable[..., object]
CALLS = [by_file, by_snapshot, by_info]


# --- what is downloaded ---------------------------------------------------------------------------


def test_snapshot_is_byte_for_byte(hub: HubServer, tmp_path: Path) -> None:
    folder = by_snapshot(hub, tmp_path)
    assert contents(folder) == FILES
    assert folder.name == by_info(hub, tmp_path)
    assert {request.status for request in hub.requests} == {200}
    lfs = (folder / "deep/er/model.safetensors").resolve().name
    git = (folder / "config.json").resolve().name
    assert (len(lfs), len(git)) == (64, 40)  # the blobs are named by sha256 and sha1


def test_dataset_file_into_local_dir(hub: HubServer, tmp_path: Path) -> None:
    hub.add_repo("org/corpus", {"data/train.jsonl": LARGE}, repo_type="dataset")
    path = hf_hub_download(
        "org/corpus",
        "data/train.jsonl",
        repo_type="dataset",
        endpoint=hub.url,
        local_dir=tmp_path / "out",
        cache_dir=tmp_path / "cache",
    )
    assert Path(path) == tmp_path / "out/data/train.jsonl"
    assert contents(tmp_path / "out") == {"data/train.jsonl": LARGE}
    assert not (tmp_path / "cache").exists()
    assert hub.requests[-1].path == "/datasets/org/corpus/resolve/main/data/train.jsonl"


def test_legacy_ids_and_types_are_apart(hub: HubServer, tmp_path: Path) -> None:
    hub.add_repo("squad", {"a.txt": b"model"})
    hub.add_repo("squad", {"a.txt": b"dataset"}, repo_type="dataset")
    api = HfApi(endpoint=hub.url)
    for repo_type in ("model", "dataset"):
        folder = by_snapshot(hub, tmp_path, repo_id="squad", repo_type=repo_type)
        assert contents(folder) == {"a.txt": repo_type.encode()}
        assert api.repo_info("squad", repo_type=repo_type).sha == folder.name
        assert api.list_repo_files("squad", repo_type=repo_type) == ["a.txt"]
        branches = api.list_repo_refs("squad", repo_type=repo_type).branches
        assert [(b.name, b.target_commit) for b in branches] == [("main", folder.name)]


def test_revisions(hub: HubServer, tmp_path: Path) -> None:
    old = hub.add_repo("org/r", {"a.txt": b"old"}, commit="0123456789" * 4)
    new = hub.add_repo("org/r", {"a.txt": b"new"})
    side = hub.add_repo("org/r", {"a.txt": b"side"}, branches={"refs/pr/1": None, "v1": old})
    assert len({old, new, side}) == 3
    wanted = {
        None: (new, b"new"),
        "main": (new, b"new"),
        old: (old, b"old"),
        old[:8]: (old, b"old"),
        "v1": (old, b"old"),
        "refs/pr/1": (side, b"side"),
    }
    for revision, (commit, text) in wanted.items():
        where = {"repo_id": "org/r", "revision": revision}
        assert by_file(hub, tmp_path, filename="a.txt", **where).read_bytes() == text
        assert by_snapshot(hub, tmp_path, **where).name == commit
        assert by_info(hub, tmp_path, **where) == commit


def test_descriptions(hub: HubServer) -> None:
    api = HfApi(endpoint=hub.url)
    assert api.list_repo_files(REPO) == sorted(FILES)
    siblings = api.model_info(REPO, files_metadata=True).siblings or []
    assert {s.rfilename: s.size for s in siblings} == {k: len(v) for k, v in FILES.items()}
    assert [s.rfilename for s in siblings if s.lfs] == ["deep/er/model.safetensors"]
    top = [entry.path for entry in api.list_repo_tree(REPO)]
    assert top == ["1_Pooling", "config.json", "deep", "empty.txt", "with space #1 \u00e9.txt"]
    below = [entry.path for entry in api.list_repo_tree(REPO, "deep", recursive=True)]
    assert below == ["deep/er", "deep/er/model.safetensors"]
    with pytest.raises(RemoteEntryNotFoundError):
        list(api.list_repo_tree(REPO, "shallow"))
    assert api.file_exists(REPO, "config.json")
    assert not api.file_exists(REPO, "other.json")


def test_cached_files_need_no_hub(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = by_snapshot(hub, tmp_path)
    commit = folder.name
    before = len(hub.requests)
    assert by_snapshot(hub, tmp_path, local_files_only=True) == folder
    assert by_snapshot(hub, tmp_path, revision=commit) == folder  # a pinned commit asks nothing
    by_file(hub, tmp_path, local_files_only=True)
    by_file(hub, tmp_path, revision=commit)
    with monkeypatch.context() as offline:
        offline.setattr(constants, "HF_HUB_OFFLINE", True)
        assert by_snapshot(hub, tmp_path) == folder
        by_file(hub, tmp_path)
    assert len(hub.requests) == before
    hub.fail("*", "503", times=None)  # an unwell hub is as good as none
    assert by_snapshot(hub, tmp_path) == folder
    by_file(hub, tmp_path)


# --- what fails -----------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS)
def test_missing_repository(hub: HubServer, tmp_path: Path, call: Call) -> None:
    for token, status in ((False, 401), ("other", 404)):
        with pytest.raises(RepositoryNotFoundError) as caught:
            call(hub, tmp_path, repo_id="org/other", token=token)
        assert not isinstance(caught.value, GatedRepoError)
        assert asked(hub).pop().endswith(str(status))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("revision", ["other", "f" * 40, "f" * 8])
def test_missing_revision(hub: HubServer, tmp_path: Path, call: Call, revision: str) -> None:
    with pytest.raises(RevisionNotFoundError):
        call(hub, tmp_path, revision=revision)


def test_missing_entry(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(RemoteEntryNotFoundError):
        by_file(hub, tmp_path, filename="other.json")
    assert asked(hub) == ["HEAD 404"]


def test_gated_and_private(hub: HubServer, tmp_path: Path) -> None:
    hub.add_repo("org/gated", FILES, gated=True)
    hub.add_repo("org/private", FILES, private=True)
    api = HfApi(endpoint=hub.url)
    assert api.model_info("org/gated").gated == "auto"  # described to anyone, given to few
    for token in (False, "other"):
        for call in (by_file, by_snapshot):
            with pytest.raises(GatedRepoError):
                call(hub, tmp_path, repo_id="org/gated", token=token)
            with pytest.raises(RepositoryNotFoundError):
                call(hub, tmp_path, repo_id="org/private", token=token)
    for repo_id in ("org/gated", "org/private"):
        folder = by_snapshot(hub, tmp_path, repo_id=repo_id, token=hub.store.token)
        assert contents(folder) == FILES


@pytest.mark.parametrize(
    ("kind", "method", "trace"),
    [
        ("429", "HEAD", ["HEAD 429", "HEAD 200", "GET 200"]),
        ("503", "HEAD", ["HEAD 503", "HEAD 200", "GET 200"]),
        ("429", "GET", ["HEAD 200", "GET 429", "GET 200"]),
        ("hangup", "GET", ["HEAD 200", "GET 0", "GET 200"]),
        ("cut", "GET", ["HEAD 200", "GET 200", "GET 200"]),
    ],
)
def test_passing_faults_of_a_file(
    hub: HubServer, tmp_path: Path, sleeps: list[float], kind: Any, method: str, trace: list[str]
) -> None:
    hub.fail("/org/name/resolve/*", kind, method=method)
    assert by_file(hub, tmp_path).read_bytes() == LARGE
    assert asked(hub) == trace


def test_cut_is_resumed_from_the_last_whole_chunk(
    hub: HubServer, tmp_path: Path, sleeps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1 << 16)  # it is 10 MiB
    hub.fail("*/model.safetensors", "cut", times=2)
    assert by_file(hub, tmp_path).read_bytes() == LARGE
    assert asked(hub) == ["HEAD 200", "GET 200", "GET 206", "GET 206"]
    starts = [
        int(r.range.removeprefix("bytes=").removesuffix("-")) for r in hub.requests if r.range
    ]
    first = len(LARGE) // 2 // (1 << 16) * (1 << 16)
    second = first + (len(LARGE) - first) // 2 // (1 << 16) * (1 << 16)
    assert starts == [first, second]


def test_corrupt_body_arrives_as_such(hub: HubServer, tmp_path: Path) -> None:
    hub.fail("*/model.safetensors", "corrupt")
    got = by_file(hub, tmp_path).read_bytes()
    assert [i for i, (a, b) in enumerate(zip(got, LARGE, strict=True)) if a != b] == [
        len(LARGE) // 2
    ]
    assert by_file(hub, tmp_path).read_bytes() == got  # and stays in the cache
    again = by_file(hub, tmp_path, force_download=True)
    assert again.read_bytes() == LARGE


# --- the hub itself -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked_range", "status", "body", "content_range"),
    [
        (None, 200, b"0123456789", None),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=4-5", 206, b"45", "bytes 4-5/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=1-2,4-5", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
    ],
)
def test_ranges(
    hub: HubServer,
    asked_range: str | None,
    status: int,
    body: bytes | None,
    content_range: str | None,
) -> None:
    hub.add_repo("plain", {"a.txt": b"0123456789"})
    connection = http.client.HTTPConnection(hub.url.removeprefix("http://"), timeout=60)
    headers = {"Range": asked_range} if asked_range else {}
    connection.request("GET", "/plain/resolve/main/a.txt", headers=headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    assert answer.status == status
    assert body is None or data == body
    assert answer.headers["Content-Range"] == content_range
    assert hub.requests == [("GET", "/plain/resolve/main/a.txt", status, asked_range)]


def test_headers_of_a_file(hub: HubServer) -> None:
    connection = http.client.HTTPConnection(hub.url.removeprefix("http://"), timeout=60)
    tags = {}
    for name in ("config.json", "deep/er/model.safetensors"):
        connection.request("HEAD", f"/{REPO}/resolve/main/{name}")
        answer = connection.getresponse()
        assert answer.read() == b""
        assert int(answer.headers["Content-Length"]) == len(FILES[name])
        assert not [header for header in answer.headers if header.lower().startswith("x-xet")]
        tags[name] = (answer.headers["ETag"], answer.headers["X-Linked-Etag"])
    connection.close()
    blob = b"blob %d\0" % len(FILES["config.json"]) + FILES["config.json"]
    assert tags["config.json"] == (f'"{hashlib.sha1(blob).hexdigest()}"', None)
    sha256 = f'"{hashlib.sha256(LARGE).hexdigest()}"'
    assert tags["deep/er/model.safetensors"] == (sha256, sha256)


def test_misuse_is_refused(hub: HubServer) -> None:
    with pytest.raises(ValueError, match="40-digit"):
        hub.add_repo("org/other", {}, commit="abc")
    with pytest.raises(ValueError, match="unknown commit"):
        hub.add_repo("org/other", {}, branches={"main": "0" * 40})
    with pytest.raises(ValueError, match="unknown kind"):
        hub.fail("*", "500")  # type: ignore[arg-type]


def test_many_clients_at_once(hub: HubServer, tmp_path: Path) -> None:
    files = {f"part-{i}.bin": os.urandom(1000) for i in range(60)}
    hub.add_repo("org/many", files)
    hub.fail("*/part-7.bin", "429")
    assert contents(by_snapshot(hub, tmp_path, repo_id="org/many", max_workers=16)) == files
    assert len(hub.requests) == 2 + 2 * len(files) + 1
