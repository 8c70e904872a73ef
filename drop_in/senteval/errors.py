"""What can be wrong with a call of this interface.

Each is one of the project's errors and one of Python's own, so that a script can catch either.
"""

from __future__ import annotations

from benchmark.errors import ModelError, UsageError


class ParamsError(UsageError, ValueError):
    """A parameter has a value that is not supported."""


class UnknownTask(UsageError, ValueError):
    """No task of SentEval has this name."""


class TaskNotAvailable(UsageError, NotImplementedError):
    """A task of SentEval that this package does not have yet."""


class BatcherError(ModelError, ValueError):
    """The caller's batcher returned something else than one finite vector for each sentence."""
