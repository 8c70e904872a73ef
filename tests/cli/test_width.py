"""Tables on a narrow terminal: they fit, and not a character of them is lost; a pipe is a pipe."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from tabulate import tabulate

from benchmark.cli.width import fitted
from tests.cli.terminals import all_shown

PROJECT = Path(__file__).parents[2]
HEADINGS = ["Model", "STS12", "STS13", "STS14", "STS15", "STS16", "STS-B", "SICK-R", "Avg."]
ROWS = [
    ["diffcse-bert-base", "72.28", "84.43", "76.47", "83.90", "80.54", "80.59", "71.23", "78.49"],
    ["glove-6b-50d", "50.20", "42.38", "-", "50.80", "42.61", "100.00*", "-1.49", "45.32"],
]
TABLE = tabulate(ROWS, HEADINGS, colalign=["left", *["right"] * 8], disable_numparse=True)


def letters(text: str) -> list[str]:
    """What is neither a blank nor of a rule."""
    return sorted(character for character in text if character not in " \n-")


def shown(*words: str, columns: int | None, tmp_path: Path) -> str:
    """What a command prints on a terminal of so many columns, or in a pipe."""
    command = [sys.executable, str(PROJECT / "run_eval.py"), *words]
    if columns is None:
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
        return done.stdout
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, stdout=theirs, cwd=tmp_path, env=environment) as started:
        os.close(theirs)
        written = all_shown(ours)
    assert started.returncode == 0
    return written.decode().replace("\r\n", "\n")


def test_the_papers_table_fits_eighty_columns_on_lines_of_its_own():
    assert max(map(len, TABLE.splitlines())) > 80
    text = fitted(f"{TABLE}\n\nbelow", 80)
    assert max(map(len, text.splitlines())) <= 80
    lines = text.splitlines()
    assert len(lines) == len(TABLE.splitlines()) + 2
    assert [line.split() for line in (lines[0], *lines[2:4])] == [HEADINGS, *ROWS]
    ends = {
        line.index(cell) + len(cell)
        for line, cell in zip(lines[2:4], ("78.49", "45.32"), strict=True)
    }
    assert ends == {len(lines[2])}  # numbers stand below each other


def test_a_text_that_fits_or_goes_into_a_pipe_is_left_alone():
    assert fitted(TABLE, None) == TABLE
    assert fitted(TABLE, 200) == TABLE
    prose = "a line " * 40
    assert fitted(prose, 20) == prose


@pytest.mark.parametrize("width", [78, 60, 40, 20, 1])
def test_no_width_loses_a_digit_or_a_letter(width: int):
    long = ["12345.67", "said of it, " * 5]
    rows = [[f"a/long-name_of/{place}-{'x' * 40}", *long] for place in range(3)]
    headings, align = ["Model", "A score", "What"], ["left", "right", "left"]
    text = tabulate(rows, headings, colalign=align, disable_numparse=True)
    folded = fitted(text, width)
    assert letters(folded) == letters(text)
    assert folded.count("12345.67") == 3


def test_sentences_below_a_row_are_no_cells():
    text = f"{TABLE}\n    a sentence that is told of the pair above, as it was written down there"
    assert text.splitlines()[-1] in fitted(text, 80).splitlines()


@pytest.mark.parametrize("words", [["--list-tasks"], ["--list-models"]])
def test_lists_fit_a_terminal_and_stay_whole_in_a_pipe(words: list[str], tmp_path: Path):
    narrow = shown(*words, columns=80, tmp_path=tmp_path)
    whole = shown(*words, columns=None, tmp_path=tmp_path)
    assert max(map(len, whole.splitlines())) > 80
    assert max(map(len, narrow.splitlines())) <= 80
    assert letters(narrow) == letters(whole)


def test_examples_of_the_help_are_a_list(tmp_path: Path):
    command = [sys.executable, str(PROJECT / "run_eval.py"), "--help"]
    narrow = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, check=True, env=narrow
    )
    lines = done.stdout.splitlines()
    examples = [place for place, line in enumerate(lines) if "python run_eval.py --" in line]
    assert len(examples) > 3
    assert all(lines[place].startswith(" • python") for place in examples)
    # What does not fit stands indented below its command.
    assert any(lines[place + 1].startswith("   ") for place in examples)
