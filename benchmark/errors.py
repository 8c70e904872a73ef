"""The errors a user can meet, each with the exit code of the command line.

Every message is one line that names what is wrong, where, and what to do about it.

====  =========================================
code  meaning
====  =========================================
0     everything that was asked was scored
1     a task failed (or its record was not kept)
2     usage: unknown name, option or value
3     data: missing, corrupt, not downloadable
4     model: not found, not loadable, misbehaving
130   interrupted (Ctrl-C)
====  =========================================
"""

from __future__ import annotations

EXIT_INTERRUPTED = 130


class BenchmarkError(Exception):
    """Base of all errors raised on purpose by this package."""

    exit_code = 1


class TaskError(BenchmarkError):
    """One task cannot be scored: a non-finite vector, an undefined correlation."""

    exit_code = 1


class RecordError(BenchmarkError):
    """A record cannot be written (full disk, lost folder) or cannot be read back."""

    exit_code = 1


class UsageError(BenchmarkError):
    """The request itself makes no sense: an unknown name, an impossible option."""

    exit_code = 2


class DataError(BenchmarkError):
    """Evaluation data is missing, does not match the catalogue or cannot be downloaded."""

    exit_code = 3


class ModelError(BenchmarkError):
    """A model cannot be found, loaded or trusted, or its output breaks the protocol."""

    exit_code = 4
