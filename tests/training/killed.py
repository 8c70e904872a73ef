"""Train, and be killed at a moment that is told.

``python -m tests.training.killed WHERE NTH METHOD OPTIONS``
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from typing import Any


def main(where: str, nth: str, method: str, options: str) -> None:
    """Kill this process by SIGKILL when a function is called for the nth time.

    Args:
        where: ``module:attribute.path`` of the function.
        nth: which call.
        method: name of a recipe.
        options: of `benchmark.training.train`, in JSON.
    """
    module, _, path = where.partition(":")
    *outer, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for step in outer:
        owner = getattr(owner, step)
    usual, calls = getattr(owner, name), []

    def deadly(*given: Any, **named: Any) -> Any:
        calls.append(name)
        if len(calls) == int(nth):
            os.kill(os.getpid(), signal.SIGKILL)
        return usual(*given, **named)

    setattr(owner, name, deadly)
    from benchmark.training import train

    train(method, **json.loads(options))


if __name__ == "__main__":
    main(*sys.argv[1:])
