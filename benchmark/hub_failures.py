"""What can go wrong at the model hub, in clauses fit for a longer message."""

from __future__ import annotations

import errno
import os
from typing import Any


class HubFailure(Exception):
    """Why the hub did not give what was asked, in a clause fit for a longer message."""


class HubUnreachable(HubFailure):
    """The hub gave no answer at all, or only excuses: what is cached may still serve."""


class HubBroken(HubUnreachable):
    """It may work when tried again, after this many seconds."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


def is_offline() -> bool:
    """Tell whether the environment forbids the network (``HF_HUB_OFFLINE`` and its kin)."""
    yes = {"1", "ON", "YES", "TRUE"}
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(name, "").upper() in yes for name in names)


def explain(repo: str, error: Exception) -> HubFailure | None:
    """Say in a clause what the client raised; None for what has nothing to do with the hub."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return HubFailure(f"{repo} is gated: ask its owners for access, then run hf auth login")
    if isinstance(error, errors.RepositoryNotFoundError):
        return HubFailure(f"{repo} does not exist on the hub, or is private (hf auth login)")
    if isinstance(error, errors.RevisionNotFoundError):
        return HubFailure(f"{repo} has no such revision")
    if isinstance(error, errors.HFValidationError):
        return HubFailure(f"{repo!r} is not a repository name ({_first_line(error)})")
    if isinstance(error, (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled)):
        return _not_here(repo, error)
    if isinstance(error, errors.EntryNotFoundError):
        return HubFailure(f"{repo} lacks a file that is needed ({_first_line(error)})")
    if isinstance(error, errors.HfHubHTTPError):
        return _http(repo, error)
    return _connection(repo, error)


def _not_here(repo: str, error: Exception) -> HubFailure:
    """The client found nothing on this machine; its cause tells why it got nothing else."""
    from huggingface_hub import errors

    if is_offline():
        return HubUnreachable(
            f"{repo} is not on this machine and the network is switched off (HF_HUB_OFFLINE)"
        )
    cause = error.__cause__
    if isinstance(cause, errors.HfHubHTTPError):
        # The client has tried for long enough: not worth another round.
        return HubUnreachable(str(_http(repo, cause)))
    if cause is None:
        return HubUnreachable(f"{repo} is not on this machine (`offline`)")
    return HubUnreachable(f"{repo}: the hub cannot be reached ({_first_line(cause)})")


def _http(repo: str, error: Any) -> HubFailure:
    status = getattr(error.response, "status_code", None)
    if status == 401:
        return HubFailure(f"{repo}: the hub wants a login (401); run hf auth login")
    if status == 403:
        return HubFailure(f"{repo}: the hub refuses access (403)")
    if status == 404:
        return HubFailure(f"{repo}: not found on the hub (404)")
    if status == 429:
        wait = error.response.headers.get("Retry-After", "")
        message = f"{repo}: too many requests (429); wait a little and run again"
        return HubBroken(message, float(wait) if wait.isdigit() else None)
    if status is not None and status >= 500:
        return HubBroken(f"{repo}: the hub is in trouble ({status}); run again later")
    return HubFailure(f"{repo}: {_first_line(error)}")


def _connection(repo: str, error: Exception) -> HubFailure | None:
    if isinstance(error, OSError) and error.filename is not None:
        return None  # the disk, not the network
    if isinstance(error, OSError) and error.errno is not None:
        return None if error.errno in (errno.ENOSPC, errno.EDQUOT) else _lost(repo, error)
    if isinstance(error, OSError):  # what arrived has the wrong size
        return HubBroken(f"{repo}: the download broke off ({_first_line(error)})")
    if type(error).__name__ in ("ConnectError", "ConnectTimeout"):
        return _lost(repo, error)
    if type(error).__module__.split(".")[0].startswith(("httpx", "httpcore")):
        return HubBroken(f"{repo}: the connection broke ({_first_line(error)})")
    if isinstance(error, ValueError):
        return HubUnreachable(f"{repo}: what answers is no hub ({_first_line(error)})")
    return None


def _lost(repo: str, error: Exception) -> HubFailure:
    return HubUnreachable(f"{repo}: no connection to the hub ({_first_line(error)})")


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
