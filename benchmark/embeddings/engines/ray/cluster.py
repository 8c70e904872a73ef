"""Connect to a Ray cluster, or start one on this machine for as long as it is needed."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmark.encoders.device import compute_threads, usable_cpus
from benchmark.errors import UsageError

_PACKAGE = Path(__file__).resolve().parents[3]

_LOCAL = "local"

_ANSWER_SECONDS = 5.0
"""Ray itself tries a port that is closed for several minutes."""


class Cluster(NamedTuple):
    """A cluster that we are connected to.

    Attributes:
        ray: the library.
        ours: whether the connection is ours; else the caller was connected before.
    """

    ray: Any
    ours: bool


@contextmanager
def connected(address: str | None, workers: int | None) -> Iterator[Cluster]:
    """Connect to Ray; disconnect from what was connected here, end what was started here.

    Args:
        address: ``host:port``, ``auto`` for a cluster that runs on this machine, ``local`` for
            one of our own; None for what ``RAY_ADDRESS`` names, or else ``local``.
        workers: copies that a cluster of our own is to hold; None for one a CPU.

    Raises:
        UsageError: there is no cluster there, or none can be started.
    """
    import ray

    if ray.is_initialized():
        yield Cluster(ray, ours=False)
        return
    with _sigterm_kept() as hold_it_back:
        try:
            _init(ray, address or os.environ.get("RAY_ADDRESS") or _LOCAL, workers)
            hold_it_back()
            yield Cluster(ray, ours=True)
        finally:
            ray.shutdown()


def _init(ray: Any, address: str, workers: int | None) -> None:
    try:
        _require_answer(address)
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            **(_started(workers) if address == _LOCAL else _joined()),
        )
    except Exception as error:
        text = " ".join(str(error).split())[:200]
        where = "on this machine" if address == _LOCAL else f"at {address}"
        raise UsageError(f"`engine` ray: no cluster {where} ({text})") from error


def _started(workers: int | None) -> dict[str, Any]:
    """Return the settings of a cluster of our own, whose workers import from where we do."""
    count = workers or usable_cpus()
    variables = {
        "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path),
        "OMP_NUM_THREADS": str(max(1, compute_threads() // count)),
    }
    return {
        "num_cpus": count,
        "include_dashboard": False,
        "runtime_env": {"env_vars": variables},
    }


def _joined() -> dict[str, Any]:
    """Return the settings for a cluster that is there: it gets our code, not what it has."""
    return {"runtime_env": {"py_modules": [str(_PACKAGE)]}}


def _require_answer(address: str) -> None:
    """Raise `OSError` where nobody listens."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "://" not in address:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS).close()


@contextmanager
def _sigterm_kept() -> Iterator[Callable[[], None]]:
    """Have SIGTERM do in the end what it did before; give what makes it wait for that end.

    Ray takes the signal over for good, and aborts the program on it, which leaves its processes
    behind for a minute.
    """
    before = signal.getsignal(signal.SIGTERM)
    movable = before is not None and threading.current_thread() is threading.main_thread()
    terminated = False

    def end(_number: int, _frame: object) -> None:
        nonlocal terminated
        terminated = True
        sys.exit(128 + signal.SIGTERM)

    def hold_back() -> None:
        if movable:
            signal.signal(signal.SIGTERM, end)

    try:
        yield hold_back
    finally:
        if movable:
            signal.signal(signal.SIGTERM, before)
        if terminated:
            os.kill(os.getpid(), signal.SIGTERM)
