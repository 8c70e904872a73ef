"""The contenders in turn, round after round, every figure kept as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from performance.tools.child import ChildFailed
from performance.tools.contender import WARM, rotated
from performance.tools.ledger import Ledger
from performance.tools.runs import Runs

Say = Callable[[str], None]


def compare(names: Sequence[str], rounds: int, runs: Runs, ledger: Ledger, say: Say) -> None:
    """Measure; a contender that fails is noted, and does not take the others along.

    Args:
        names: of the contenders, in the order of the table.
        rounds: how often each runs.
        runs: runs them.
        ledger: gets the figures, and tells what it has already.
        say: gets progress.

    Raises:
        ChildFailed: the work itself cannot be prepared.
    """
    say("preparing: model, data, least work")
    ledger.content["facts"] = runs.prepare()
    ledger.save()
    pending = [n for n in names if not all(ledger.done(n, turn) for turn in range(rounds))]
    present = [name for name in pending if _warmed_up(name, runs, ledger, say)]
    for turn in range(rounds if present else 0):
        todo = [name for name in rotated(present, turn) if not ledger.done(name, turn)]
        if todo:
            say("measuring the machine's matrix products")
            ledger.content["rates"][str(turn)] = runs.machine(ledger.content["facts"])
            ledger.save()
        for name in todo:
            say(f"round {turn + 1} of {rounds}: {name}")
            _measure(name, turn, runs, ledger, say)
    if WARM in present:
        _look_at_imports(runs, ledger, say)


def _warmed_up(name: str, runs: Runs, ledger: Ledger, say: Say) -> bool:
    say(f"warming up {name}")
    try:
        runs.warm_up(name)
    except (ChildFailed, ValueError) as error:
        ledger.content["left_out"][name] = str(error)
        ledger.save()
        say(f"  left out: {error}")
        return False
    return True


def _measure(name: str, turn: int, runs: Runs, ledger: Ledger, say: Say) -> None:
    try:
        figures = runs.figures(name, ledger.content["facts"])
    except (ChildFailed, ValueError) as error:
        say(f"  failed: {error}")
        ledger.add({"contender": name, "round": turn, "failure": str(error)})
        return
    say(f"  {figures['seconds']:.1f} s")
    ledger.add({"contender": name, "round": turn, **figures})


def _look_at_imports(runs: Runs, ledger: Ledger, say: Say) -> None:
    say("looking at what the warm run imports")
    try:
        ledger.content["warm_imports"] = runs.warm_imports(ledger.content["facts"]["tasks"])
    except ChildFailed as error:
        say(f"  failed: {error}")
    ledger.save()
