"""Download files one by one, each from its own address, and keep those that are the original."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.atomic import write_atomically
from benchmark.datasets.catalogue import FileEntry, Repository
from benchmark.datasets.fetch import is_whole, locked, unkept
from benchmark.datasets.files import MAX_FILE_BYTES, difference
from benchmark.errors import DataError
from benchmark.hub_failures import is_offline

if TYPE_CHECKING:
    import httpx2

logger = logging.getLogger(__name__)

ATTEMPTS = 3
"""How often a file is asked for when the connection breaks or the server is in trouble."""

_CONNECT_SECONDS, _READ_SECONDS, _WHOLE_SECONDS = 10.0, 30.0, 1800.0
_SOON_BETTER = (408, 429, 500, 502, 503, 504)


def fetch_one_by_one(
    repository: Repository,
    wanted: Collection[FileEntry],
    destination: Path,
    *,
    offline: bool = False,
    progress_bar: Callable[..., Any] | None = None,
) -> None:
    """Put the wanted files below a folder, downloading those that are not there.

    A file is verified before it takes its place, and those that arrived stay where another does
    not. A second run waits for the first.

    Args:
        repository: where they are published.
        wanted: catalogue entries of the files.
        destination: folder that gets them, in SentEval's layout.
        offline: only use what is here already.
        progress_bar: a tqdm class for each download.

    Raises:
        DataError: one is not available, or not the original.
    """
    try:
        destination.mkdir(parents=True, exist_ok=True)
        with locked(destination.parent / ".download.lock"):
            absent = [entry for entry in wanted if not is_whole(destination, entry)]
            if absent and (offline or is_offline()):
                raise DataError(
                    f"{absent[0].path} is not on this machine and the network is switched off; "
                    "give a folder that has it with `data_dir`"
                )
            if absent:
                logger.info("downloading %s", ", ".join(entry.path for entry in absent))
                logger.info("%s", repository.notice)
            refusals = []
            for entry in absent:
                try:
                    content = _downloaded(repository.address, entry, progress_bar)
                    write_atomically(destination / entry.path, content)
                except NotTheOriginalError as error:
                    refusals.append(error)
            if refusals:
                raise refusals[0]
    except OSError as error:
        unkept(destination, error)


class NotTheOriginalError(DataError):
    """What an address gives is not what the catalogue names; other files may be well."""


def _downloaded(address: str, entry: FileEntry, progress_bar: Callable[..., Any] | None) -> bytes:
    """Return a file's content once it arrives whole; damage is asked for again too."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            content = _answer(f"{address}{entry.path}", progress_bar)
            differs = difference(content, entry)
            if differs is None:
                return content
            raise NotTheOriginalError(_unavailable(address, entry, f"not the original: {differs}"))
        except (_SoonBetter, NotTheOriginalError) as error:
            if attempt == ATTEMPTS:
                if isinstance(error, NotTheOriginalError):
                    raise
                raise DataError(_unavailable(address, entry, str(error))) from error
        except _Refused as error:
            raise DataError(_unavailable(address, entry, str(error))) from error
        time.sleep(2.0**attempt / 2)
    raise AssertionError("unreachable")


def _unavailable(address: str, entry: FileEntry, reason: str) -> str:
    return (
        f"evaluation data could not be downloaded: {address}{entry.path}: {reason}; give a folder "
        "that has it with `data_dir`, or try again"
    )


class _Refused(Exception):
    """Why a server gives nothing, in a clause."""


class _SoonBetter(_Refused):
    """It may give it when asked again."""


def _answer(address: str, progress_bar: Callable[..., Any] | None) -> bytes:
    import httpx2

    timeout = httpx2.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
    try:
        with (
            httpx2.Client(timeout=timeout, follow_redirects=True) as client,
            client.stream("GET", address) as response,
        ):
            if not response.is_success:
                kind = _SoonBetter if response.status_code in _SOON_BETTER else _Refused
                raise kind(f"the server answered {response.status_code}")
            return _content(response, address, progress_bar)
    except (httpx2.HTTPError, httpx2.StreamError) as error:
        raise _SoonBetter(f"no answer ({type(error).__name__})") from error
    except (_Refused, DataError):
        raise
    except Exception as error:  # settings of a proxy or of certificates
        raise _Refused(f"no connection ({type(error).__name__})") from error


def _content(
    response: httpx2.Response, address: str, progress_bar: Callable[..., Any] | None
) -> bytes:
    """Return what arrives, within bounds of size and time."""
    deadline = time.monotonic() + _WHOLE_SECONDS
    total = response.headers.get("Content-Length", "")
    content = bytearray()
    bar = None
    if progress_bar is not None:
        size = int(total) if total.isdecimal() else None
        bar = progress_bar(total=size, unit="B", unit_scale=True, desc=address[-40:])
    try:
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > MAX_FILE_BYTES:
                raise _Refused(f"more than {MAX_FILE_BYTES:,} bytes arrive")
            if time.monotonic() > deadline:
                raise _Refused(f"it takes more than {_WHOLE_SECONDS:,.0f} s")
            if bar is not None:
                bar.update(len(chunk))
    finally:
        if bar is not None:
            bar.close()
    return bytes(content)
