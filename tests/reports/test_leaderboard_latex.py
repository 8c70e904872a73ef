"""A leaderboard in LaTeX: rows that fit their columns, and no command that a name brought along."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.escaping import latex_text
from benchmark.leaderboard import Choice, Leaderboard, Method, make_leaderboard
from benchmark.leaderboard.shortlist import shortlist
from benchmark.reports.leaderboard.latex import as_latex
from benchmark.results import collect, published_sources, published_tables
from tests.leaderboard.samples import card_number, write_model, write_models
from tests.leaderboard.traits import BACKBONES, TRAINING, field_board, method_board
from tests.reports.latex import set_by_latex
from tests.reports.leaderboard_samples import FORMULA, HOSTILE, hostile_board, plain_board

OURS = {
    *("begin", "end", "toprule", "midrule", "bottomrule", "usepackage", "par", "dagger"),
    *("textit", "textbf", "underline", "scriptsize", "footnotesize", "pm", "circ"),
    *("centering", "small", "smallskip", "setlength", "tabcolsep", "caption", "label"),
}
SIGNS = {
    "textbackslash",
    "textasciicircum",
    "textasciitilde",
    "textless",
    "textgreater",
    "textbar",
    "textasciigrave",
}


def body(text: str) -> str:
    """Without comments."""
    return re.sub(r"(?<!\\)%.*", "", text)


def rows(text: str) -> list[list[str]]:
    inside = re.search(r"\\toprule(.*?)\\bottomrule", body(text), re.DOTALL)[1]
    lines = inside.replace("\\midrule", "").strip().split("\\\\\n")
    return [re.split(r"(?<!\\)&", line.rstrip("\\")) for line in lines]


def test_the_table_has_booktabs_rules_and_equal_rows():
    text = as_latex(plain_board())
    assert text.count(r"\toprule") == text.count(r"\midrule") == text.count(r"\bottomrule") == 1
    assert r"\begin{tabular}{rlrrrrrrrr}" in text
    assert {len(row) for row in rows(text)} == {10}
    assert rows(text)[0][1].strip() == "Model"


def test_measured_and_quoted_rows_look_different():
    found = rows(as_latex(plain_board()))
    [place] = [n for n, row in enumerate(found) if row[1].strip() == "model-0"]
    measured, below = found[place], found[place + 1]
    assert not any("textit" in cell for cell in measured)
    assert measured[9].strip().endswith("$^{a}$")
    assert below[1].strip() == r"\scriptsize 95 \% interval"
    assert all(re.fullmatch(r" \\scriptsize \d\d\.\d--\d\d\.\d ?", cell) for cell in below[2:])
    shown = shortlist(plain_board().sections[0]).quoted
    name = next(row.label for row in shown if row.label.replace("-", "").isalnum())
    [quoted] = [row for row in found if f"{{{name}}}" in row[1]]
    assert re.search(rf"\\textit\{{{name}\}}\$\^\{{\\dagger \d+\}}\$", quoted[1])
    assert all(cell.strip().startswith(r"\textit{") for cell in quoted[2:])


def test_best_and_second_of_each_column():
    for column in list(zip(*rows(as_latex(plain_board()))[1:], strict=True))[2:]:
        assert sum(r"\textbf" in cell for cell in column) == 1
        assert sum(r"\underline" in cell for cell in column) == 1


def test_of_hundreds_of_rows_the_best_of_each_kind_are_set(tmp_path: Path):
    board = field_board(tmp_path, 330)
    text = as_latex(board)
    assert len(rows(text)) == 1 + 2 + len(BACKBONES) * len(TRAINING)
    shown = len(BACKBONES) * len(TRAINING)
    assert f"{330 - shown} are left out" in text
    # Sources of the rows that are set, and no others.
    used = set(re.findall(r"\\textit\{model \d+\}\$\^\{\\dagger (\d+)\}", text))
    listed = set(re.findall(r"^(?:\{\\footnotesize\n)?\$\^\{\\dagger (\d+)\}", text, re.MULTILINE))
    assert used == listed != set()


def test_deviations_over_runs_stand_beside_their_number(tmp_path: Path):
    board = method_board(tmp_path)
    again = tuple(row for row in board.sections[0].rows if row.label.startswith("DiffCSE again"))
    text = as_latex(replace(board, sections=(replace(board.sections[0], rows=again),)))
    [line] = [line for line in text.splitlines() if "DiffCSE again" in line]
    assert r"\textit{77.00} $\pm$ 0.40" in line


def chosen(folder: Path, **options: object) -> Leaderboard:
    write_models(folder, [0.9, 0.3])
    write_model(folder, "like_1", 0.3, card=card_number(7))
    choice = Choice(("model-*", "like_1", "published:diffcse-sts"), **options)
    sources = published_sources()
    return make_leaderboard(
        "sts", collect([folder]), published_tables(), method=Method(100, 999), bibliography=sources,
        choice=choice,
    )[0]  # fmt: skip


def test_a_chosen_table_has_these_rows_ours_last_below_a_rule(tmp_path: Path):
    board = chosen(tmp_path, own="last")
    text = as_latex(board)
    inside = re.search(r"\\toprule(.*)\\bottomrule", text, re.DOTALL)[1]
    _, quoted, ours = inside.split(r"\midrule")
    assert quoted.count(r"\dagger") == len(board.sections[0].quoted) > 10
    assert "left out" not in text
    assert r"\dagger" not in ours
    assert [name for name in ("model-0", "model-1", r"like\_1") if name in ours] != []
    assert ours.count(r"\scriptsize 95") == 3
    assert r"\midrule" not in as_latex(chosen(tmp_path)).split(r"\midrule", 1)[1]


def test_marks_say_against_what_and_by_which_test(tmp_path: Path):
    text = as_latex(chosen(tmp_path, baseline="model-1"))
    caption = re.search(r"\\caption\{(.*)\}\n\\label\{tab:sts\}", text)[1]
    assert "than model-1 by a two-sided paired permutation test (999 permutations)" in caption
    assert "over all 7 columns of 2 rows for columns, over 2 rows for averages" in caption
    assert "Spearman" in caption
    [better] = [line for line in text.splitlines() if re.match(r"\d+ & model-0 ", line)]
    assert better.count("$^{*}$") == 8
    [same] = [line for line in text.splitlines() if re.match(r"\d+ & model-1 ", line)]
    assert "$^{" not in same
    worse = as_latex(chosen(tmp_path, baseline="model-0"))
    [line] = [line for line in worse.splitlines() if re.match(r"\d+ & model-1 ", line)]
    assert line.count(r"$^{\circ}$") == 8


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["chosen", "all", "hostile", "formula"])
def test_a_real_latex_sets_it(kind: str, tmp_path: Path):
    boards = {
        "chosen": lambda: chosen(tmp_path / "r", own="last", baseline="model-1"),
        "all": plain_board,
        "hostile": lambda: hostile_board(HOSTILE),
        "formula": lambda: hostile_board(FORMULA),
    }
    set_by_latex(as_latex(boards[kind]()), tmp_path)


@pytest.mark.parametrize("name", [HOSTILE, FORMULA])
def test_hostile_names_bring_no_command(name: str):
    text = as_latex(hostile_board(name))
    commands = set(re.findall(r"\\([A-Za-z]+)", body(text)))
    assert commands <= OURS | SIGNS
    assert {len(row) for row in rows(text)} == {10}
    opened = re.sub(r"\\[{}\\]", "", body(text))
    assert opened.count("{") == opened.count("}")
    assert len(re.findall(r"(?<!\\)\$", body(text))) % 2 == 0
    for line in text.splitlines():
        assert line.isprintable()


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("a & b # c % d $ e _ f", r"a \& b \# c \% d \$ e \_ f"),
        ("x^2~y", r"x\textasciicircum{}2\textasciitilde{}y"),
        ("<|>`", r"\textless{}\textbar{}\textgreater{}\textasciigrave{}"),
        ("a--b---c", "a-{}-b-{}--c"),
    ],
)
def test_every_sign_that_latex_acts_on_is_escaped(text: str, escaped: str):
    assert latex_text(text) == escaped
