"""How long do our tool and others take for the same table, and how long need it take?

    python performance/tool_speed.py [--tasks sts] [--data-dir D] [--json F] [--plot F.svg]

In turn, in one run, on the same model, tasks, data and threads, each in a fresh process: our run
with an empty store, our run again, SimCSE's way, sentence-transformers' evaluator, and MTEB. Wall
time includes start-up; the table holds medians over the rounds. Ratios are shown only if all
scores agree. docs/speed.md explains the method, performance/README.md the options.

Exit codes: 0 all was measured and agrees; 1 something failed or disagrees; 2 usage.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.encoders.device import usable_cpus
from benchmark.errors import UsageError
from benchmark.one_line import one_line
from performance.tools.child import ChildFailed
from performance.tools.comparison import compare
from performance.tools.contender import CONTENDERS, MTEB
from performance.tools.ledger import Ledger, read_content
from performance.tools.plot import draw
from performance.tools.random_bert import RANDOM, SIZES, write_random_model
from performance.tools.runs import Question, Runs
from performance.tools.table import is_sound, render


def main(arguments: list[str] | None = None) -> int:
    """Measure or read figures, and print them."""
    given = _parser().parse_args(arguments)
    try:
        content = read_content(given.from_json) if given.from_json else _measured(given)
        print(render(content), flush=True)
    except KeyboardInterrupt:
        return _fail("interrupted; with --json, the same command with --resume goes on", 130)
    except (UsageError, ChildFailed) as error:
        return _fail(str(error).removeprefix("error: "), 2)
    try:
        if given.plot:
            draw(content, given.plot)
    except (ModuleNotFoundError, OSError, ValueError) as error:
        return _fail(f"cannot be drawn: {error}", 1)
    return 0 if is_sound(content) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument(
        "--model",
        default="all-minilm-l6-v2",
        help="as of run_eval.py, or "
        f"{', '.join(RANDOM + size.name for size in SIZES)}: a BERT that has learnt nothing",
    )
    parser.add_argument("--tasks", default="sts", help="as of run_eval.py; similarity only")
    parser.add_argument("--data-dir", type=Path, help="as of run_eval.py")
    parser.add_argument("--unverified-data", action="store_true", help="as of run_eval.py")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=_positive, default=usable_cpus(), help="for all alike")
    parser.add_argument("--rounds", type=_positive, default=3)
    parser.add_argument("--only", type=_names, default=list(CONTENDERS), metavar="NAME,NAME",
                        help=f"of {', '.join(CONTENDERS)}")  # fmt: skip
    parser.add_argument("--mteb-python", default=sys.executable, metavar="PATH",
                        help="an interpreter that has MTEB")  # fmt: skip
    parser.add_argument("--limit", type=float, default=7200.0, help="seconds for one run")
    parser.add_argument("--json", type=Path, help="keep all raw numbers here")
    parser.add_argument("--resume", action="store_true", help="go on from --json")
    parser.add_argument("--from-json", type=Path, help="show these figures, measure nothing")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _names(text: str) -> list[str]:
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in CONTENDERS]
    if unknown or not wanted:
        raise argparse.ArgumentTypeError(f"there are {', '.join(CONTENDERS)}")
    return [name for name in CONTENDERS if name in wanted]


def _measured(given: argparse.Namespace) -> dict[str, Any]:
    """Run what is not in the ledger yet.

    Raises:
        UsageError: the options do not fit together.
        ChildFailed: model, tasks or data cannot be had.
    """
    if given.resume and not given.json:
        raise UsageError("--resume goes on from a file; name it with --json")
    question = Question(
        model=given.model,
        tasks=given.tasks,
        threads=given.threads,
        device=given.device,
        data_dir=str(given.data_dir.resolve()) if given.data_dir else None,
        unverified=given.unverified_data,
    )
    ledger = Ledger(asdict(question), given.json)
    if given.resume:
        ledger.resume()
    with tempfile.TemporaryDirectory(prefix="tool-speed-") as folder:
        if question.model.startswith(RANDOM):
            question = replace(question, model=write_random_model(question.model, Path(folder)))
        runs = Runs(question, Path(folder), {MTEB: _interpreter(given.mteb_python)}, given.limit)
        compare(given.only, given.rounds, runs, ledger, _Progress())
    return ledger.content


def _interpreter(path: str) -> str:
    """Return the path as it is: a link resolved would leave a virtual environment."""
    return str(Path(path).absolute()) if os.sep in path else path


class _Progress:
    """Lines on standard error, each with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def __call__(self, text: str) -> None:
        elapsed = time.perf_counter() - self._started
        print(f"{elapsed:7.0f} s  {one_line(text)}", file=sys.stderr, flush=True)


def _fail(message: str, code: int) -> int:
    print(f"error: {one_line(message)}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
