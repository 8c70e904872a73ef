"""The one place that talks to the model hub, through ``huggingface_hub``.

``HF_HOME``, ``HF_ENDPOINT``, ``HF_TOKEN`` and ``HF_HUB_OFFLINE`` mean what they mean to that
library. Downloads resume where they stopped; files are cached by commit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")


class HubFailure(Exception):
    """Why the hub did not give what was asked, in a clause fit for a longer message."""


class HubUnreachable(HubFailure):
    """The hub gave no answer at all, or only excuses: what is cached may still serve."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds at one commit."""

    commit: str
    files: tuple[str, ...]


def is_offline() -> bool:
    """Tell whether the environment forbids the network (``HF_HUB_OFFLINE`` and its kin)."""
    yes = {"1", "ON", "YES", "TRUE"}
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(name, "").upper() in yes for name in names)


def list_repository(repo: str, revision: str | None) -> Listing:
    """Ask the hub which files a model repository holds, and at which commit.

    Raises:
        HubFailure: unknown, private or unreachable.
    """
    from huggingface_hub import HfApi

    info = _guarded(repo, lambda: HfApi().model_info(repo, revision=revision))
    files = tuple(sibling.rfilename for sibling in info.siblings or ())
    return Listing(info.sha or "", files)


def download_file(
    repo: str,
    file: str,
    *,
    revision: str | None,
    repo_type: str = "model",
    folder: Path | None = None,
    offline: bool = False,
    again: bool = False,
    progress_bar: type[Any] | None = None,
) -> Path:
    """Download one file, into the hub's own cache or into a folder.

    Args:
        revision: branch, tag or commit; None for the default branch.
        folder: keep the file here instead of in the cache.
        offline: only use what is here already.
        again: download even if the file is here.

    Raises:
        HubFailure: not there, not allowed, not reachable.
    """
    from huggingface_hub import hf_hub_download

    return Path(
        _guarded(
            repo,
            lambda: hf_hub_download(
                repo,
                file,
                revision=revision,
                repo_type=repo_type,
                local_dir=folder,
                local_files_only=offline or is_offline(),
                force_download=again,
                tqdm_class=progress_bar,
            ),
        )
    )


def cached_snapshot(repo: str, revision: str | None, wanted: Sequence[str]) -> Path:
    """Return the folder of a repository that was downloaded before, without any request.

    Raises:
        HubFailure: it is not in the cache.
    """
    from huggingface_hub import snapshot_download

    return Path(
        _guarded(
            repo,
            lambda: snapshot_download(
                repo, revision=revision, allow_patterns=list(wanted), local_files_only=True
            ),
        )
    )


def _guarded(repo: str, request: Callable[[], Result]) -> Result:
    """Run a request; turn whatever the client raises into one clause."""
    from huggingface_hub import errors

    try:
        return request()
    except errors.GatedRepoError as error:
        raise HubFailure(f"{repo} is gated: ask for access and log in (hf auth login)") from error
    except errors.RepositoryNotFoundError as error:
        raise HubFailure(
            f"{repo} does not exist on the hub, or is private (hf auth login)"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise HubFailure(f"{repo} has no such revision") from error
    except errors.LocalEntryNotFoundError as error:
        raise HubUnreachable(_unreachable(repo, error)) from error
    except errors.EntryNotFoundError as error:
        raise HubFailure(f"{repo} lacks a file that is needed ({_first_line(error)})") from error
    except errors.HfHubHTTPError as error:
        raise _http(repo, error) from error
    except errors.OfflineModeIsEnabled as error:
        raise HubUnreachable(_unreachable(repo, error)) from error
    except (errors.HFValidationError, ValueError) as error:
        raise HubFailure(f"{repo!r} is not a repository name ({_first_line(error)})") from error
    except OSError as error:
        if error.errno is not None and error.filename is not None:
            raise  # the disk, not the network
        raise HubUnreachable(f"no connection to the hub for {repo} ({_first_line(error)})") from error
    except Exception as error:
        if type(error).__module__.split(".")[0] not in {"httpx", "httpx2", "httpcore", "requests"}:
            raise
        raise HubUnreachable(f"no connection to the hub for {repo} ({_first_line(error)})") from error


def _unreachable(repo: str, error: Exception) -> str:
    if is_offline():
        return f"{repo} is not on this machine and the network is switched off (HF_HUB_OFFLINE)"
    cause = error.__cause__ or error.__context__
    detail = f" ({_first_line(cause)})" if cause else ""
    return f"{repo} is not on this machine and the hub cannot be reached{detail}"


def _http(repo: str, error: Any) -> HubFailure:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status == 401:
        return HubFailure(f"{repo}: the hub wants a login (401); run hf auth login")
    if status == 403:
        return HubFailure(f"{repo}: the hub refuses access (403)")
    if status == 429:
        return HubUnreachable(f"{repo}: too many requests (429); wait a little and run again")
    if status is not None and status >= 500:
        return HubUnreachable(f"{repo}: the hub is in trouble ({status}); run again later")
    return HubFailure(f"{repo}: {_first_line(error)}")


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
