"""Running a script or module as ``python`` itself does, with this senteval imported first."""

from __future__ import annotations

import builtins
import importlib.util
import os
import runpy
import sys
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, NoReturn

from senteval import finder, identity
from senteval._project import PACKAGE, tell_of_namesake

USAGE = """\
usage: python -m senteval SCRIPT.py [ARGUMENTS ...]
       python -m senteval -m MODULE [ARGUMENTS ...]

Runs a script that imports senteval as it is: whatever copy of SentEval it puts on the path,
the drop-in of sentence-embedding-benchmark answers."""


def main() -> NoReturn:
    """Run what the arguments name; end with its exit status."""
    match sys.argv[1:]:
        case [] | ["-m"]:
            _say(USAGE)
            sys.exit(2)
        case ["-h" | "--help", *_]:
            sys.stdout.write(f"{USAGE}\n")
            sys.exit(0)
        case ["-m", module, *arguments]:
            _announce()
            _run_module(module, arguments)
        case [path, *arguments]:
            _announce()
            _run_script(path, arguments)
    sys.exit(0)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _announce() -> None:
    _say(f"{identity.WHO} ({PACKAGE})")
    identity.tell = _say
    finder.install()


def _run_script(path: str, arguments: list[str]) -> None:
    absolute = os.path.abspath(path)  # noqa: PTH100 - as python does: links are kept
    try:
        source = Path(absolute).read_bytes()
    except OSError as error:
        _say(
            f"{sys.executable}: can't open file {absolute!r}: [Errno {error.errno}] "
            f"{error.strerror}"
        )
        sys.exit(2)
    sys.argv = [path, *arguments]
    _first_on_path(str(Path(absolute).resolve().parent))
    main_module = ModuleType("__main__")
    main_module.__dict__.update(
        __builtins__=builtins,
        __cached__=None,
        __file__=absolute,
        __loader__=SourceFileLoader("__main__", absolute),
    )
    sys.modules["__main__"] = main_module
    _until_its_end(lambda: exec(_compiled(source, absolute), main_module.__dict__))  # noqa: S102


def _compiled(source: bytes, path: str) -> Any:
    return compile(source, path, "exec", dont_inherit=True)


def _run_module(name: str, arguments: list[str]) -> None:
    _first_on_path(str(Path.cwd()))
    sys.argv = ["-m", *arguments]
    top = name.partition(".")[0]
    if importlib.util.find_spec(top) is None:
        _say(f"{sys.executable}: No module named {top}")
        sys.exit(1)
    _until_its_end(lambda: runpy.run_module(name, run_name="__main__", alter_sys=True))


def _first_on_path(folder: str) -> None:
    """Put a folder where ``python`` has it: in the place of what found this package."""
    if sys.flags.safe_path:
        sys.path.insert(0, folder)
    else:
        sys.path[0] = folder
    tell_of_namesake(Path(folder))
    if str(PACKAGE.parent) not in sys.path:  # processes that the script starts look there
        sys.path.append(str(PACKAGE.parent))


def _until_its_end(run: Callable[[], object]) -> None:
    """Run; an error ends the process as ``python`` does, by the hook that may be the script's."""
    try:
        run()
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        error.__traceback__ = _without_ours(error.__traceback__)
        sys.excepthook(type(error), error, error.__traceback__)
        failed = True
    else:
        failed = False
    if failed:
        sys.exit(1)


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace
