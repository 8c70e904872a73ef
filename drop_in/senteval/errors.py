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


class NotScored(UsageError, KeyError):
    """A result is read that was not made: of a task that was left out, or of another method."""

    def __str__(self) -> str:
        """Return the message; a KeyError's own has it quoted."""
        return str(self.args[0])


class BatcherError(ModelError, ValueError):
    """The caller's batcher returned something else than one finite vector for each sentence."""
