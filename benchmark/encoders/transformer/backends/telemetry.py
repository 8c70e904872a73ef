"""Keep libraries from reporting to their makers: no request that nobody asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_REPORTER = "openvino_telemetry"


@contextmanager
def without_telemetry() -> Iterator[None]:
    """Import OpenVINO and NNCF inside: they then do without the package that reports their use.

    Both report, without asking, whenever they are imported or used, unless a file in the home
    folder says otherwise; both are made to run without that package.
    """
    there = sys.modules.get(_REPORTER)
    sys.modules[_REPORTER] = None  # type: ignore[assignment] # an import of it then fails
    try:
        yield
    finally:
        del sys.modules[_REPORTER]
        if there is not None:
            sys.modules[_REPORTER] = there
