"""Downloading through the real client, from a hub that is well and from one that is not."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants
from tqdm import tqdm

from benchmark.datasets.fetch import fetch_files, was_fetched
from benchmark.errors import DataError
from tests.datasets.synthetic import ARCHIVE, BALLAST, REPO, REVISION, World, files_below
from tests.hub.server import FaultKind, HubServer

LISTING = f"/api/datasets/{REPO}/revision/{REVISION}"
FILE = f"/datasets/{REPO}/resolve/{REVISION}/{ARCHIVE}"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "data" / "senteval"


@pytest.fixture
def kept(out: Path) -> Path:
    """Where the archive is kept."""
    return out.parent / "downloads" / ARCHIVE


@pytest.fixture
def fetch(world: World, out: Path) -> Callable[..., dict[str, bytes]]:
    """Fetch the files of some data sets; tell what the destination holds then."""

    def run(*datasets: str, **options) -> dict[str, bytes]:
        fetch_files(world.catalogue.archive, world.entries(*datasets), out, **options)
        return files_below(out)

    return run


def asked(hub: HubServer) -> list[str]:
    """Requests for the archive itself, in short."""
    return [f"{each.method} {each.status}" for each in hub.requests if each.path == FILE]


def failure(fetch: Callable, out: Path, **options) -> str:
    """Let a fetch fail cleanly; return the message."""
    before = files_below(out)
    with pytest.raises(DataError) as caught:
        fetch(**options)
    assert files_below(out) == before
    message = str(caught.value)
    assert "\n" not in message
    assert "`data_dir`" in message
    assert caught.value.exit_code == 3
    return message


# --- all is well ----------------------------------------------------------------------------------


def test_wanted_files_arrive_and_the_archive_is_kept(
    hub: HubServer, fetch: Callable, world: World, out: Path, kept: Path
) -> None:
    assert fetch("Year1") == world.content_of(world.entries("Year1"))
    assert kept.read_bytes() == world.tar
    assert asked(hub) == ["HEAD 200", "GET 200"]
    assert {request.path for request in hub.requests} == {LISTING, FILE}
    visible = [path.name for path in out.parent.iterdir() if not path.name.startswith(".")]
    assert sorted(visible) == ["downloads", "senteval"]


def test_a_second_call_makes_no_request(hub: HubServer, fetch: Callable) -> None:
    first = fetch()
    before = len(hub.requests)
    assert fetch() == first
    assert len(hub.requests) == before


def test_other_data_comes_out_of_the_kept_archive(
    hub: HubServer, fetch: Callable, world: World
) -> None:
    fetch("Year1")
    before = len(hub.requests)
    assert fetch("Bench") == world.content_of(world.entries("Year1", "Bench"))
    assert len(hub.requests) == before


@pytest.mark.parametrize("damage", [None, b"", b"half"])
def test_a_lost_or_damaged_file_is_extracted_again(
    hub: HubServer, fetch: Callable, world: World, out: Path, damage: bytes | None
) -> None:
    whole = fetch()
    victim, other = (out / entry.path for entry in world.entries("Year1")[:2])
    before, untouched = len(hub.requests), other.stat().st_mtime_ns
    victim.unlink() if damage is None else victim.write_bytes(damage)
    assert fetch() == whole
    assert len(hub.requests) == before
    assert other.stat().st_mtime_ns == untouched


def test_only_files_with_other_line_ends_are_left_as_they_are(
    hub: HubServer, fetch: Callable, world: World, out: Path
) -> None:
    fetch("Bench")
    path = out / world.entries("Bench")[0].path
    windows = path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(windows)
    fetch("Bench")
    assert path.read_bytes() == windows


def test_the_download_is_announced_once_with_its_size_and_terms(
    hub: HubServer, fetch: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="benchmark")
    fetch("Year1")
    assert caplog.messages == ["downloading senteval.tar (1.5 MB)", "for research use only"]
    caplog.clear()
    fetch("Year2")
    assert caplog.messages == []


def test_progress_is_told_in_bytes(hub: HubServer, fetch: Callable, world: World) -> None:
    done: list[float] = []

    class Bar(tqdm):
        def update(self, n: float | None = 1) -> bool | None:
            done.append(n or 0)
            return None

    fetch(progress_bar=lambda *args, **options: Bar(*args, **options | {"disable": True}))
    assert sum(done) == len(world.tar)


def test_no_wanted_files_are_no_request(hub: HubServer, world: World, out: Path) -> None:
    fetch_files(world.catalogue.archive, [], out)
    assert hub.requests == []


def test_whether_data_was_fetched_is_told_by_the_kept_archive(
    hub: HubServer, fetch: Callable, world: World, out: Path, kept: Path
) -> None:
    assert not was_fetched(out, world.catalogue.archive)
    fetch("Year1")
    assert was_fetched(out, world.catalogue.archive)
    kept.unlink()
    assert not was_fetched(out, world.catalogue.archive)


def test_an_archive_put_there_by_hand_serves_offline(
    hub: HubServer, fetch: Callable, world: World, kept: Path
) -> None:
    kept.parent.mkdir(parents=True)
    kept.write_bytes(world.tar)
    assert fetch(offline=True) == world.files
    assert hub.requests == []


# --- faults that pass -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        (pattern, kind)
        for pattern in (LISTING, FILE)
        for kind in ("429", "503", "hangup", "cut", "reset", "truncated", "slow")
        # Half an answer in good order is no JSON: taken for something that is no hub.
        if (pattern, kind) != (LISTING, "truncated")
    ],
)
def test_a_passing_fault_is_got_over(
    hub: HubServer, fetch: Callable, world: World, kept: Path, kind: FaultKind, pattern: str
) -> None:
    hub.delay = 0.05
    hub.fail(pattern, kind)
    assert fetch() == world.files
    assert kept.read_bytes() == world.tar


def test_a_cut_download_goes_on_where_it_stopped(
    hub: HubServer, fetch: Callable, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1 << 16)
    hub.fail(FILE, "cut", times=2)
    assert fetch() == world.files
    assert asked(hub)[-3:] == ["GET 200", "GET 206", "GET 206"]
    starts = [int(r.range[len("bytes=") :].rstrip("-")) for r in hub.requests if r.range]
    assert len(starts) == 2
    assert len(world.tar) / 3 < starts[0] < starts[1] < len(world.tar)


def test_a_download_that_was_given_up_leaves_nothing_behind(
    hub: HubServer, fetch: Callable, world: World, out: Path, kept: Path
) -> None:
    hub.fail(FILE, "cut", times=None)
    failure(fetch, out)
    assert not any(len(content) > 1000 for content in files_below(out.parent).values())
    hub.faults.clear()
    assert fetch() == world.files


def test_a_download_damaged_on_the_way_is_made_again(
    hub: HubServer, fetch: Callable, world: World, kept: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub.fail(FILE, "corrupt")
    assert fetch() == world.files
    assert kept.read_bytes() == world.tar
    assert asked(hub).count("GET 200") == 2
    assert "is damaged or not the published archive" in caplog.text


@pytest.mark.parametrize("damage", [b"", b"x", "flip", "cut"])
def test_a_kept_archive_that_was_damaged_is_fetched_again(
    hub: HubServer, fetch: Callable, world: World, out: Path, kept: Path, damage: bytes | str
) -> None:
    fetch("Year1")
    flipped = world.tar[:5000] + b"\xff" + world.tar[5001:]
    content = {"flip": flipped, "cut": world.tar[:100_000]}.get(damage, damage)
    kept.write_bytes(content)
    assert fetch() == world.files
    assert kept.read_bytes() == world.tar
    assert asked(hub).count("GET 200") == 2


# --- faults that last -----------------------------------------------------------------------------


def test_an_archive_that_is_another_one_is_thrown_away(
    hub: HubServer, fetch: Callable, world: World, out: Path, kept: Path
) -> None:
    published = replace(world.catalogue.archive, sha256="0123456789ab" + "0" * 52)
    world.catalogue = replace(world.catalogue, archive=published)
    message = failure(fetch, out)
    assert "senteval.tar from org/datasets" in message
    assert "its sha256 is not the published 0123456789ab" in message
    assert asked(hub).count("GET 200") == 2  # once more, not for ever
    assert not kept.exists()
    assert not was_fetched(out, published)


def test_an_archive_that_always_arrives_damaged_is_thrown_away(
    hub: HubServer, fetch: Callable, out: Path, kept: Path
) -> None:
    hub.fail(FILE, "corrupt", times=None)
    assert "sha256" in failure(fetch, out)
    assert not kept.exists()


@pytest.mark.parametrize("pattern", [LISTING, FILE])
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("401", "the hub wants a login (401)"),
        ("403", "is gated"),
        ("404", "does not exist on the hub, or is private"),
        ("429", "too many requests (429)"),
        ("503", "the hub is in trouble (503)"),
        ("hangup", "the connection broke"),
        ("cut", "the connection broke"),
        ("truncated", "what answers is no hub|the download broke off"),
        ("not a hub", "what answers is no hub|the hub cannot be reached"),
    ],
)
def test_a_lasting_fault_is_told(
    hub: HubServer,
    fetch: Callable,
    out: Path,
    kept: Path,
    naps: list[float],
    pattern: str,
    kind: FaultKind,
    message: str,
) -> None:
    hub.fail(pattern, kind, times=None)
    said = failure(fetch, out)
    assert said.startswith("evaluation data could not be downloaded: org/datasets")
    assert any(each in said for each in message.split("|"))
    assert not kept.exists()
    assert len(hub.requests) < 25
    assert sum(naps) < 30


@pytest.mark.parametrize("missing", ["repository", "revision", "archive"])
def test_what_the_hub_does_not_have_is_told(
    hub: HubServer, fetch: Callable, world: World, out: Path, missing: str
) -> None:
    changes = {
        "repository": ({"repo": "org/other"}, "org/other does not exist on the hub"),
        "revision": ({"revision": "0" * 40}, "has no such revision"),
        "archive": ({"file": "other.tar"}, "lacks a file that is needed"),
    }
    change, message = changes[missing]
    archive = replace(world.catalogue.archive, **change)
    world.catalogue = replace(world.catalogue, archive=archive)
    assert message in failure(fetch, out)


def test_a_refused_connection_is_told_at_once(
    hub: HubServer, fetch: Callable, out: Path, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    with HubServer() as gone:
        pass
    monkeypatch.setattr(constants, "ENDPOINT", gone.url)  # the first question goes there
    assert "no connection to the hub" in failure(fetch, out)
    assert naps == []  # nobody waits to be refused again


@pytest.mark.parametrize("how", ["option", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_no_request_is_made(
    hub: HubServer, fetch: Callable, out: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how != "option":
        monkeypatch.setenv(how, "1")
    message = failure(fetch, out, offline=how == "option")
    assert ("`offline`" if how == "option" else "the network is switched off") in message
    assert hub.requests == []


def test_offline_a_damaged_archive_is_refused_and_left_where_it_is(
    hub: HubServer, fetch: Callable, out: Path, kept: Path
) -> None:
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"senteval\.tar: not the published archive \(sha256 is"):
        fetch(offline=True)
    assert kept.read_bytes() == b"damaged"
    assert files_below(out) == {}
    assert hub.requests == []


def test_an_archive_that_lacks_a_file_is_told(
    hub: HubServer, fetch: Callable, world: World, out: Path
) -> None:
    entries = [*world.entries("Year1"), replace(world.entries()[0], path="STS/absent.txt")]
    with pytest.raises(DataError, match=r"senteval\.tar: does not hold STS/absent\.txt"):
        fetch_files(world.catalogue.archive, entries, out)


# --- where it cannot be kept ----------------------------------------------------------------------


def test_a_destination_that_is_no_folder(hub: HubServer, fetch: Callable, out: Path) -> None:
    out.parent.mkdir()
    out.write_bytes(b"a file")
    with pytest.raises(DataError, match=r"senteval: evaluation data cannot be kept here \(File ex"):
        fetch()
    assert out.read_bytes() == b"a file"
    assert hub.requests == []


def test_a_destination_below_a_file(hub: HubServer, fetch: Callable, out: Path) -> None:
    out.parent.write_bytes(b"a file")
    with pytest.raises(DataError, match=r"cannot be kept here \(Not a directory\); make room or"):
        fetch()
    assert hub.requests == []


def test_a_destination_that_is_read_only(
    hub: HubServer, fetch: Callable, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*args, **options) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(out))

    monkeypatch.setattr(Path, "mkdir", forbidden)  # root may write anywhere
    with pytest.raises(DataError, match=r"cannot be kept here \(Permission denied"):
        fetch()
    assert hub.requests == []


@pytest.mark.parametrize(
    "place", ["huggingface_hub.file_download.http_get", "benchmark.atomic.os.fsync"]
)
def test_a_disk_that_runs_full(
    hub: HubServer, fetch: Callable, out: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args, **options) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(place, full)
    message = failure(fetch, out)
    assert "cannot be kept here (No space left on device); make room" in message
    assert files_below(out) == {}


# --- two at once ----------------------------------------------------------------------------------


def test_two_runs_at_once_download_once(
    hub: HubServer, world: World, out: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub.delay = 0.3
    hub.fail(FILE, "slow", method="GET")  # long enough for the others to arrive
    start = threading.Barrier(3)
    errors: list[BaseException] = []

    def run(dataset: str) -> None:
        start.wait()
        try:
            fetch_files(world.catalogue.archive, world.entries(dataset), out)
        except BaseException as error:
            errors.append(error)

    runs = [threading.Thread(target=run, args=(name,)) for name in world.catalogue.datasets]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    assert errors == []
    assert files_below(out) == world.files
    assert asked(hub).count("GET 200") == 1


HOLDER = """
import sys, filelock
with filelock.FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_run_waits_for_another_process_and_says_so(
    hub: HubServer,
    fetch: Callable,
    world: World,
    out: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="benchmark")
    out.mkdir(parents=True)
    command = [sys.executable, "-c", HOLDER, str(out.parent / ".download.lock")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout.readline() == "held\n"
        ours = threading.Thread(target=fetch)
        ours.start()
        deadline = time.monotonic() + 300
        while "waiting for another run" not in caplog.text and time.monotonic() < deadline:
            ours.join(0.05)
        assert "waiting for another run" in caplog.text
        assert ours.is_alive()
        assert hub.requests == []
        other.communicate("go\n")
        ours.join()
    assert files_below(out) == world.files


def test_the_ballast_is_there_to_be_left_out(world: World, hub: HubServer, fetch: Callable) -> None:
    assert BALLAST.removeprefix("senteval/") not in fetch()
    assert len(world.tar) > 1_000_000  # large files take another way through the hub
