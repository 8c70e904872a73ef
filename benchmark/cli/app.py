"""``run_eval.py`` and ``sebench``, and how every way of ending becomes an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

from cyclopts import (
    App,
    CoercionError,
    CycloptsError,
    Parameter,
    UnknownOptionError,
    UnusedCliTokensError,
)

import benchmark
from benchmark.cli.console import as_typed
from benchmark.cli.process import Interrupts, current
from benchmark.errors import BenchmarkError, ModelError, UsageError
from benchmark.invocation import as_called, program
from benchmark.one_line import one_line

_HELP = "Evaluate sentence encoders by the protocols of SentEval, SimCSE and DiffCSE."
_SETTINGS: dict[str, Any] = {
    "help_format": "markdown",
    "version": benchmark.__version__,
    "result_action": "return_value",
    "suppress_keyboard_interrupt": False,
    "default_parameter": Parameter(negative=()),
}
VERBS = {
    "run": "run:run",
    "check": "check:check",
    "compare": "compare:compare",
    "curve": "curve:curve",
    "explain": "compare:explain",
    "families": "families:families",
    "cache": "cache:app",
    "export": "interchange:export",
    "import": "interchange:import_",
    "leaderboard": "leaderboard:leaderboard",
    "parity": "parity:parity",
    "reproduce": "reproduce:reproduce",
    "train": "train:train",
}
"""Where each verb is; its module is imported when it is asked for."""

_KEPT = {
    "run": "; finished tasks are kept, the same command goes on from there",
    "train": "; the same command goes on from the last checkpoint",
}
"""What stays of the work of a verb that is interrupted."""


def option_names() -> dict[str, str]:
    """Return how each option of any verb is typed, by its name in Python."""
    arguments = [
        argument
        for verb in _verbs(_benchmark())
        for argument in verb.assemble_argument_collection(parse_docstring=False)
        if argument.parse
    ]
    typed = [argument.name for argument in arguments if argument.name.startswith("--")]
    return {name.removeprefix("--").replace("-", "_"): name for name in typed}


def _verbs(app: App) -> Iterator[App]:
    if app.default_command is not None:
        yield app
    for name in app:
        if not name.startswith("-"):
            yield from _verbs(app[name])


def _benchmark() -> App:
    app = App(name=program(), help=_HELP, **_SETTINGS)
    for verb, place in VERBS.items():
        app.command(f"benchmark.cli.{place}", name=verb)
    return app


def run_eval(arguments: Sequence[str]) -> int:
    """Run ``run_eval.py`` with these arguments; return the exit code."""
    from benchmark.cli.run import run

    app = App(name="run_eval.py", **_SETTINGS)
    app.default(run)
    _write_as_called(app)
    return _call(app, arguments, _KEPT["run"])


def main(arguments: Sequence[str]) -> int:
    """Run ``sebench VERB`` with these arguments; return the exit code."""
    app = _benchmark()
    asked = arguments[0] if arguments else ""
    for verb in [asked] if asked in VERBS else VERBS:  # of help the first line of each is part
        _write_as_called(app[verb])
    return _call(app, arguments, _KEPT.get(asked, ""))


def _write_as_called(verb: App) -> None:
    function = verb.default_command
    if function is not None:
        function.__doc__ = as_called(function.__doc__ or "")


def _call(app: App, arguments: Sequence[str], kept: str) -> int:
    interrupts = current()
    try:
        command, bound, _ = app.parse_args(list(arguments), exit_on_error=False, print_error=False)
        interrupts.unwind(True)
        code = int(command(*bound.args, **bound.kwargs) or 0)
        sys.stdout.flush()
        interrupts.require_none()
        return code
    except BaseException as error:
        if interrupts.came is not None or isinstance(error, KeyboardInterrupt):
            return _interrupted(interrupts, kept)
        return _failed(error, debug="--debug" in arguments)


def _interrupted(interrupts: Interrupts, kept: str) -> int:
    word, code = interrupts.told()
    return _fail(f"{word}{kept}", code)


def _failed(error: BaseException, *, debug: bool) -> int:
    if isinstance(error, UnusedCliTokensError):
        words = " ".join(error.unused_tokens or ())
        return _fail(f"{words}: no option takes it (see --help)", UsageError.exit_code)
    if isinstance(error, CycloptsError):
        return _fail(_refusal(error), UsageError.exit_code)
    if debug and isinstance(error, Exception):
        traceback.print_exception(error)
    if isinstance(error, BenchmarkError):
        return _fail(as_typed(str(error)), error.exit_code)
    if isinstance(error, SystemExit):
        return _fail(
            f"the code of an encoder ended the program (exit {error.code}); it must raise an "
            "exception instead",
            ModelError.exit_code,
        )
    what = f"{type(error).__name__}: {error}"
    return _fail(f"unexpected {what}; run again with --debug and report what it shows", 1)


def _refusal(error: CycloptsError) -> str:
    """Say what was typed wrongly, and what it is called here where others call it so."""
    from benchmark.cli.other_names import ours_for, ours_for_value

    of_run = error.target is not None and error.target.__name__ == "run"
    if isinstance(error, UnknownOptionError) and of_run:
        typed = error.token.keyword or error.token.value
        if ours := ours_for(typed):
            return f"Unknown option: {typed.partition('=')[0]}; here: {ours} (see --help)"
    said = str(error).rstrip(".")
    if isinstance(error, CoercionError) and error.token is not None:
        ours = ours_for_value(error.token.value)
        if ours and f'"{ours}"' in said:
            return f'{said.partition(". Did you mean")[0]}. Did you mean "{ours}"? (see --help)'
    return f"{said} (see --help)"


def _fail(message: str, code: int) -> int:
    print(f"error: {one_line(message)}", file=sys.stderr)
    return code
