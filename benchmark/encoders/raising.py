"""What other people's code raises, in one line, and whose it is: no encoder ends a run."""

from __future__ import annotations

import os
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from benchmark.errors import BenchmarkError, ModelError, TaskError
from benchmark.one_line import one_line

_LONGEST_MESSAGE = 300
_PACKAGE = Path(__file__).resolve().parents[1]


@contextmanager
def answers_for_itself(name: str) -> Iterator[None]:
    """Turn whatever the code of an encoder raises into one line: no encoder ends a run.

    That goes for ``sys.exit`` and every other exception that Python lets through to the top,
    but for Ctrl-C.

    Raises:
        ModelError: something was raised that is no error of ours.
    """
    try:
        yield
    except (BenchmarkError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ModelError(f"{name}: {raised(error)}") from error


@contextmanager
def fails_in_one_line(who: str) -> Iterator[None]:
    """Turn what a library raises while it computes into one line, but for want of memory.

    Args:
        who: computes, and on what.

    Raises:
        ModelError: something was raised that is no error of ours.
        MemoryError: it was too much for the device, which smaller batches may not be.
    """
    try:
        yield
    except (BenchmarkError, MemoryError):
        raise
    except Exception as error:
        raise ModelError(f"{who} {raised(error)}") from error


def passed_through_others(error: BaseException) -> bool:
    """Tell whether code that is neither ours nor a library's was at work when this was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(is_of_others(frame.filename) for frame in frames)


def is_of_others(file: str) -> bool:
    """Tell whether a file is neither ours nor a library's."""
    return not file.startswith(_known()) and Path(file).is_absolute()


@cache
def _known() -> tuple[str, ...]:
    """Return our folder and those of libraries, each as what paths below it begin with."""
    libraries = (sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
    return tuple(f"{folder}{os.sep}" for folder in (_PACKAGE, *libraries))


def message_of(error: BaseException) -> str:
    """Return what an exception says; its own code may fail at that, too."""
    try:
        return str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as failure:
        return f"(no message: its __str__ raised {type(failure).__name__})"


def raised(error: BaseException) -> str:
    """Say in one line what was raised, and where: in whose file, and beyond it in which library."""
    text = one_line(message_of(error)[:_LONGEST_MESSAGE])
    return f"raised {type(error).__name__}: {text}{_whereabouts(error)}"


def _whereabouts(error: BaseException) -> str:
    """Return the last line of code that is nobody's library, and the last of all if another.

    The first is where who wrote the encoder can do something about it. A line of ours tells them
    nothing: it is the one that called theirs. A syntax error names its line itself.
    """
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if is_of_others(frame.filename)][-1:]
    last = [frame for frame in frames[-1:] if not _is_ours(frame)]
    if isinstance(error, SyntaxError) and not theirs:
        return ""
    places = dict.fromkeys(map(_place, [*theirs, *last]))
    return f" ({', in '.join(places)})" if places else ""


def _is_ours(frame: traceback.FrameSummary) -> bool:
    return Path(frame.filename).is_relative_to(_PACKAGE)


def _place(frame: traceback.FrameSummary) -> str:
    return f"{Path(frame.filename).name}, line {frame.lineno}"


def failure_of(name: str, error: BaseException, *, theirs: bool = False) -> BenchmarkError:
    """Return the error to report: whatever goes wrong with one model takes no other along.

    What the code of an encoder raises is the encoder's, and so is the wish to end the program;
    what our own lines raise is unexpected.

    Args:
        name: of the model.
        error: what was raised.
        theirs: whether code of the encoder raised it.

    Raises:
        KeyboardInterrupt: it was Ctrl-C.
    """
    if isinstance(error, KeyboardInterrupt):
        raise error
    if isinstance(error, BenchmarkError):
        return error
    failure: BenchmarkError
    if theirs or not isinstance(error, Exception):
        failure = ModelError(f"{name}: {raised(error)}")
    else:
        failure = TaskError(
            f"unexpected {type(error).__name__}: {message_of(error)}; run again with `debug` and "
            "report what it shows"
        )
    failure.__cause__ = error
    return failure
