"""What goes to which stream, on a terminal and in a pipe, and how a process ends."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.terminals import all_shown
from tests.encoder_files import CALLS
from tests.gate.samples import run_of, stored

PROJECT = Path(__file__).parents[2]
RUN_EVAL = [sys.executable, str(PROJECT / "run_eval.py")]
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The environment with these changes; None takes a variable away."""
    merged = os.environ | {"COLUMNS": "100"} | dict(changes or {})
    return {name: value for name, value in merged.items() if value is not None}


def in_terminal(
    arguments: list[str], variables: Mapping[str, str | None] | None = None
) -> tuple[int, str]:
    """Run the command with all streams on a terminal; return exit code and what it showed."""
    terminal = {"TERM": "xterm-256color", "CI": None, "NO_COLOR": None}
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    process = subprocess.Popen(
        [*RUN_EVAL, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(terminal | dict(variables or {})),
    )
    os.close(theirs)
    shown = all_shown(ours)
    return process.wait(), shown.decode()


def in_pipe(
    arguments: list[str], variables: Mapping[str, str | None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command with its streams in pipes."""
    return subprocess.run(
        [*RUN_EVAL, *arguments],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=environment(variables),
    )


# --- quiet ----------------------------------------------------------------------------------------


def test_quiet_says_nothing_beside_the_result(command: Command, mine: str, made_up_data: Path):
    outcome = command(
        *("--model", f"{mine}:WordHash", "--tasks", "sts", "DemoSTS", "--quiet"),
        *("--data-dir", made_up_data, "--unverified-data"),
    )
    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.startswith("Model ")


def test_quiet_still_tells_errors(command: Command, mine: str):
    outcome = command("--model", f"{mine}:Raises", "--tasks", "DemoSTS", "--quiet")
    outcome.refused(4, "the cable is unplugged")
    assert len(outcome.err.splitlines()) == 1


def test_what_is_said_beside_the_result_is_on_standard_error(command: Command, mine: str):
    outcome = command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--format", "csv")
    assert outcome.err.splitlines() == ["word-hash: encoding 365 distinct sentences"]
    assert [line.split(",")[0] for line in outcome.out.splitlines()] == ["model", "word-hash"]


def test_what_an_encoder_and_its_children_print_is_not_in_the_result(mine: str):
    done = in_pipe(["--model", f"{mine}:Chatty", "--tasks", "DemoSTS", "--format", "json"])
    assert done.returncode == 0
    assert list(json.loads(done.stdout)["runs"][0]["tasks"]) == ["DemoSTS"]
    for line in ("loading chatty", "encoding chatty", "and more", "a child of chatty"):
        assert line in done.stderr.splitlines()


# --- pipes and terminals --------------------------------------------------------------------------


def test_a_pipe_gets_no_bars_and_no_escapes(mine: str):
    done = in_pipe(["--model", f"{mine}:WordHash", "--tasks", "DemoSTS"], {"CI": None})
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr
    assert "%" not in done.stderr


def test_help_in_a_pipe_has_no_escapes():
    assert "\x1b" not in in_pipe(["--help"]).stdout


def test_a_terminal_gets_a_bar_that_goes_away(mine: str):
    code, shown = in_terminal(["--model", f"{mine}:WordHash", "--tasks", "DemoSTS"])
    assert code == 0
    before, table = shown.split("Model ")
    lines = before.replace("\n", "\r").split("\r")
    assert [
        line
        for line in lines
        if re.match(r"word-hash: encoding +\d+%\|.*\| \d\d:\d\d gone, ", line)
    ]
    assert lines[-1].isspace() or not lines[-1]
    assert "word-hash: encoding 365 distinct sentences" in lines
    assert "%" not in table


@pytest.mark.parametrize(
    ("arguments", "variables"), [(["--quiet"], {}), ([], {"CI": "true"})], ids=["quiet", "CI"]
)
def test_a_terminal_gets_no_bar_when_told_so(
    mine: str, arguments: list[str], variables: dict[str, str]
):
    asked = ["--model", f"{mine}:WordHash", "--tasks", "DemoSTS", *arguments]
    code, shown = in_terminal(asked, variables)
    assert code == 0
    assert "%" not in shown
    assert "\x1b" not in shown


def test_no_colour_where_none_is_wanted():
    assert COLOUR.search(in_terminal(["--help"])[1])
    assert not COLOUR.search(in_terminal(["--help"], {"NO_COLOR": "1"})[1])


def test_names_that_the_output_cannot_spell_do_not_cost_the_table(mine: str):
    text = Path(mine).read_text().replace('name="word-hash"', 'name="мера-…-\u0142"')
    Path("named.py").write_text(text)
    done = in_pipe(
        ["--model", "named.py:WordHash", "--tasks", "DemoSTS"],
        {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2].startswith(r"\u043c\u0435\u0440\u0430-\u2026-\u0142")


# --- how it ends ----------------------------------------------------------------------------------


def test_a_reader_that_goes_away_is_no_error(mine: str, made_up_data: Path):
    asked = f"--model {mine}:WordHash --tasks sts --data-dir {made_up_data} --unverified-data"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {' '.join(RUN_EVAL)} {asked} --format json | head -1"],
        capture_output=True,
        check=False,
        text=True,
        env=environment(),
    )
    assert (done.returncode, done.stdout) == (0, "{\n")
    assert re.fullmatch(r"word-hash: encoding [\d,]+ distinct sentences\n", done.stderr)


def test_a_reader_that_was_never_there_is_no_error(mine: str):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*RUN_EVAL, "--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--quiet"],
        check=False,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_gate_fails_though_nobody_reads_why(tmp_path: Path):
    stored(tmp_path / "results", run_of({"STS12": 0.7}))
    check = [sys.executable, "-m", "benchmark", "check"]
    asked = [str(tmp_path / "results"), "--baseline", str(tmp_path / "baseline.toml")]
    where = environment({"PYTHONPATH": str(PROJECT)})
    subprocess.run([*check, *asked, "--update"], check=True, env=where)
    stored(tmp_path / "results", run_of({"STS12": 0.6}))
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*check, *asked, "--junit", str(tmp_path / "junit.xml")],
        check=False,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        env=where,
    )
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr.startswith("error: 1 of 1 scores fail the gate of ")
    assert (tmp_path / "junit.xml").exists()


def wait_for(condition, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def test_ctrl_c_is_one_line_and_keeps_what_is_finished(mine: str, tmp_path: Path):
    calls = tmp_path / "calls.txt"
    asked = ["--model", f"{mine}:WordHash", f"{mine}:Slow", "--tasks", "DemoSTS"]
    process = subprocess.Popen(
        [*RUN_EVAL, *asked],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment({CALLS: str(calls)}),
    )
    wait_for(lambda: calls.exists() and "slow began" in calls.read_text())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    [error] = [line for line in err.splitlines() if line.startswith("error: ")]
    assert error == err.splitlines()[-1]
    assert error.startswith("error: interrupted; finished tasks are kept, the same command goes on")
    assert [path.parts[-3] for path in Path("results").rglob("*.json")] == ["word-hash"]
    again = in_pipe([*asked, "--format", "json"], {"ENCODER_SECONDS": "0"})
    assert [run["resumed"] for run in json.loads(again.stdout)["runs"]] == [["DemoSTS"], []]
