"""The two commands, and how every way of ending becomes an exit code."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from cyclopts import App, CycloptsError

import benchmark
from benchmark.cli.cache import app as cache
from benchmark.cli.check import check
from benchmark.cli.compare import compare
from benchmark.cli.explain import explain
from benchmark.cli.export import export
from benchmark.cli.import_ import import_
from benchmark.cli.leaderboard import leaderboard
from benchmark.cli.output import discard_output
from benchmark.cli.run import run
from benchmark.errors import EXIT_INTERRUPTED, BenchmarkError, ModelError, UsageError
from benchmark.one_line import one_line

_HELP = "Evaluate sentence encoders by the protocols of SentEval, SimCSE and DiffCSE."
_SETTINGS: dict[str, Any] = {
    "help_format": "markdown",
    "version": benchmark.__version__,
    "result_action": "return_value",
    "suppress_keyboard_interrupt": False,
}


def run_eval(arguments: Sequence[str] | None = None) -> int:
    """Run ``run_eval.py`` with these arguments; return the exit code."""
    app = App(name="run_eval.py", **_SETTINGS)
    app.default(run)
    return _call(app, sys.argv[1:] if arguments is None else arguments, scores=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``python -m benchmark VERB`` with these arguments; return the exit code."""
    app = App(name="python -m benchmark", help=_HELP, **_SETTINGS)
    app.command(run, name="run")
    app.command(check, name="check")
    app.command(compare, name="compare")
    app.command(explain, name="explain")
    app.command(cache)
    app.command(export, name="export")
    app.command(import_, name="import")
    app.command(leaderboard, name="leaderboard")
    given = sys.argv[1:] if arguments is None else arguments
    return _call(app, given, scores=list(given[:1]) == ["run"])


def _call(app: App, arguments: Sequence[str], *, scores: bool) -> int:
    debug = "--debug" in arguments
    _accept_any_character()
    try:
        code = app(list(arguments), exit_on_error=False, print_error=False)
        sys.stdout.flush()
        return int(code or 0)
    except KeyboardInterrupt:
        kept = "; finished tasks are kept, the same command goes on from there" if scores else ""
        return _fail(f"interrupted{kept}", EXIT_INTERRUPTED)
    except SystemExit as error:
        return _fail(
            f"the code of an encoder ended the program (exit {error.code}); it must raise an "
            "exception instead",
            ModelError.exit_code,
        )
    except BrokenPipeError:
        discard_output()  # of a help text; results are emitted by `emit`
        return 0
    except CycloptsError as error:
        return _fail(f"{str(error).rstrip('.')} (see --help)", UsageError.exit_code)
    except BenchmarkError as error:
        if debug:
            traceback.print_exc()
        return _fail(str(error), error.exit_code)
    except Exception as error:
        if debug:
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}"
        return _fail(f"unexpected {what}; run again with --debug and report what it shows", 1)


def _accept_any_character() -> None:
    """A name that the encoding of the output lacks must not cost the whole table."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fail(message: str, code: int) -> int:
    print(f"error: {one_line(message)}", file=sys.stderr)
    return code
