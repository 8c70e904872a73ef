"""The errors a user can meet, each with the exit code of the command line.

Every message is one line that names what is wrong, where, and what to do about it.

====  =========================================
code  meaning
====  =========================================
0     everything that was asked was scored, or the gate is passed
1     a task failed (or its record was not kept, or the result not printed), or a score regressed
2     usage: unknown name, option or value
3     data or records: missing, corrupt, not downloadable
4     model: not found, not loadable, misbehaving
130   interrupted (Ctrl-C); 143 terminated (SIGTERM)
====  =========================================
"""

from __future__ import annotations


class BenchmarkError(Exception):
    """Base of all errors raised on purpose by this package."""

    exit_code = 1


class TaskError(BenchmarkError):
    """One task cannot be scored: a non-finite vector, an undefined correlation."""

    exit_code = 1


class RecordError(BenchmarkError):
    """A record cannot be written (full disk, lost folder)."""

    exit_code = 1


class UnreadableRecord(RecordError):
    """A record, its predictions or a baseline is missing, damaged or contradicts another."""

    exit_code = 3


class Regression(BenchmarkError):
    """A score is worse than its baseline, missing, or cannot be compared with it."""

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


class NotThere(ModelError):
    """A model is named that is not there: the request is refused before anything is done."""


class NotComputedHere(ModelError):
    """A model asks for what its own library does and this program does not: that may take over."""


class TrainingError(BenchmarkError):
    """A training run cannot go on: a loss that is no number, a checkpoint that cannot be kept."""

    exit_code = 1
