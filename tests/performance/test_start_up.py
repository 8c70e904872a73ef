"""What starts are measured, and that the parts of a warm run are its parts."""

from __future__ import annotations

import pytest

from performance import start_up
from performance.tools.child import environment


def test_the_first_round_does_not_count(monkeypatch: pytest.MonkeyPatch):
    taken = iter([(9.0, 9.0), (1.0, 5.0), (3.0, 7.0), (2.0, 6.0)])
    seconds = iter([part for pair in taken for part in pair])

    class Outcome:
        processor_seconds = property(lambda _self: next(seconds))

    outcomes: list[list[str]] = []

    def run(command, _variables):
        outcomes.append(command[1:])
        one = Outcome()
        if len(outcomes) <= 2:  # of the round that warms up
            next(seconds)
        return one

    monkeypatch.setattr(start_up, "run_child", run)
    commands = {"a": ["-c", "a"], "b": ["-c", "b"]}
    assert start_up.measured(commands, 3, {}) == {"a": 1.0, "b": 5.0}
    assert outcomes == [["-c", "a"], ["-c", "b"]] * 4


def test_all_is_shown_beside_the_import_of_numpy():
    table = start_up.shown({start_up.NUMPY: 0.1, "run_eval.py --help": 0.25})
    assert table.splitlines()[-1].split("|")[1:4] == [
        " run_eval.py --help ",
        "   0.250 ",
        "    2.50 ",
    ]


def test_every_start_can_be_measured():
    seconds = start_up.measured(start_up.STARTS, 1, environment(1))
    assert seconds.keys() == start_up.STARTS.keys()
    assert min(seconds.values()) > 0


def test_laps_add_up_to_the_time_of_the_process(monkeypatch: pytest.MonkeyPatch):
    times = iter([1.0, 1.5, 4.0])
    monkeypatch.setattr(start_up.time, "process_time", lambda: next(times))
    clock = start_up.Stopwatch()
    assert (clock.lap(), clock.lap()) == (0.5, 2.5)
