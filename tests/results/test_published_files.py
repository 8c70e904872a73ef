"""Files of published figures: where they lie, and what in them is refused."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.results import published_files, published_sources, published_table, published_tables
from benchmark.results.published_files import published_folder

PROJECT = Path(__file__).parents[2]

TABLE = """
title = "A table"
group = "sts"
source = "sbert"
where = "Table 9"
columns = ["STS12", "SICK-R/mteb"]

[protocol]
metric = "spearman"
aggregation = "all"

[[rows]]
model = "one"
scores = [68.40, -1.70]
average = "33.35"

[[rows]]
model = "two"
setting = "rerun"
columns = ["STS12"]
scores = [70]
source = "simcse"
status = "rerun"
protocol = { aggregation = "wmean" }
"""


def folder_with(tmp_path: Path, table: str) -> Path:
    for name in ("columns.toml", "sources.bib"):
        shutil.copy(published_folder() / name, tmp_path / name)
    (tmp_path / "own.toml").write_text(table, "utf-8")
    return tmp_path


# --- reading --------------------------------------------------------------------------------------


def test_a_row_says_only_what_differs_from_its_table(tmp_path: Path) -> None:
    [table] = published_tables(folder_with(tmp_path, TABLE))
    one, two = table.rows
    assert (table.id, one.table, one.group) == ("own", "own", "sts")
    assert (one.source, one.where, one.status) == ("sbert", "Table 9", "paper")
    assert (two.source, two.where, two.status) == ("simcse", "", "rerun")
    assert (one.protocol.aggregation, two.protocol.aggregation) == ("all", "wmean")
    assert two.protocol.metric == "spearman"
    assert [str(score) for score in one.scores.values()] == ["68.40", "-1.70"]
    assert list(two.scores) == ["STS12"]
    assert (one.label, two.label) == ("one", "two (rerun)")
    assert list(table.columns) == ["STS12", "SICK-R/mteb"]
    assert table.columns["SICK-R/mteb"].heading == "SICK-R (9,927)"


def test_columns_of_single_rows_belong_to_the_table(tmp_path: Path) -> None:
    other = TABLE.replace('columns = ["STS12"]', 'columns = ["STS13"]')
    [table] = published_tables(folder_with(tmp_path, other))
    assert list(table.columns) == ["STS12", "SICK-R/mteb", "STS13"]


WHAT_IT_IS_OF = """
year = 2021
backbone = "bert-base-uncased"
training = "nli"
"""


def with_traits(row: str = "", table: str = WHAT_IT_IS_OF) -> str:
    """The table, where it says what its rows are of, and so does the second row."""
    said = TABLE.replace('where = "Table 9"', f'where = "Table 9"{table}')
    return said.replace('setting = "rerun"', f'setting = "rerun"\n{row}')


def test_a_row_says_what_it_is_of_or_its_table_does(tmp_path: Path) -> None:
    own = """
year = 2023
backbone = "roberta-large"
training = "sts"
method = "two/roberta-large"
deviations = [0.10]
average_deviation = "0.20"
runs = 5
marks = ["sts-labels"]
"""
    [table] = published_tables(folder_with(tmp_path, with_traits(own)))
    one, two = table.rows
    assert one.backbone is not None
    assert two.backbone is not None
    assert (one.year, one.backbone.title, one.training) == (2021, "BERT-base", "nli")
    assert (one.deviations, one.runs, one.marks) == ({}, None, ())
    assert (two.year, two.backbone.family, two.training) == (2023, "RoBERTa", "sts")
    assert (two.method, two.runs, two.marks) == ("two/roberta-large", 5, ("sts-labels",))
    assert {name: str(spread) for name, spread in two.deviations.items()} == {"STS12": "0.10"}
    assert two.average_deviation == "0.20"


def test_a_folder_may_have_backbones_of_its_own(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, with_traits())
    entry = 'bert-base-uncased = { title = "ours", family = "BERT", parameters = 7 }\n'
    (folder / "backbones.toml").write_text(entry, "utf-8")
    [table] = published_tables(folder)
    assert {row.backbone.parameters for row in table.rows if row.backbone} == {7}


def test_a_hostile_name_is_only_text(tmp_path: Path) -> None:
    hostile = "<script>|\\\\textbf{`\\u202e"
    [table] = published_tables(folder_with(tmp_path, TABLE.replace('"one"', f'"{hostile}"')))
    assert table.rows[0].model == "<script>|\\textbf{`\u202e"


# --- refusals -------------------------------------------------------------------------------------

REFUSED = {
    "no TOML": ('title = "A table"', "title =", "Invalid value"),
    "unknown status": ('"rerun"\nproto', '"reruns"\nproto', "two: Invalid enum value 'reruns'"),
    "unknown group": ('"sts"', '"stss"', "Invalid enum value 'stss'"),
    "unknown rule": ('"wmean"', '"weighted"', "two: Invalid enum value 'weighted'"),
    "unknown key of a rule": (
        "metric =",
        "metrik =",
        "unknown key 'metrik' (did you mean metric?)",
    ),
    "unknown key of a row": (
        "average =",
        "avrage =",
        "unknown key 'avrage' (did you mean average?)",
    ),
    "unknown key of a table": ("where =", "were =", "unknown key 'were'"),
    "table of a row": ("average =", 'table = "x"\naverage =', "one: unknown key 'table'"),
    "unknown column": ('"STS12", "S', '"STS21", "S', "unknown column 'STS21' (did you mean STS1"),
    "alias as column": ('"SICK-R/mteb"]', '"SICK-R"]', "unknown column 'SICK-R'"),
    "unknown source": ('"simcse"', '"simsce"', "unknown source 'simsce' (did you mean simcse?)"),
    "unknown citation": ("average =", 'citation = "sbrt"\naverage =', "unknown source 'sbrt'"),
    "no source": ('"simcse"', '""', "two: status 'rerun' without a source"),
    "no model": ('model = "one"', "", "a row without a model: Object missing required field"),
    "a model over two lines": ('"one"', '"o\\ne"\nfoot = ""', "o e: unknown key 'foot'"),
    "no title": ('title = "A table"', "", "missing required field `title`"),
    "unknown mark": ("average =", 'marks = ["x"]\naverage =', "one: Invalid enum value 'x'"),
    "unknown training": ("average =", 'training = "x"\naverage =', "one: Invalid enum value 'x'"),
    "unknown backbone": (
        "average =",
        'backbone = "bert-base-uncase"\naverage =',
        "one: unknown backbone 'bert-base-uncase' (did you mean bert-base-uncased?)",
    ),
    "a deviation too few": ("average =", "deviations = [1]\naverage =", "1 figures for 2 columns"),
    "a deviation that is no number": (
        "average =",
        'average_deviation = "x"\naverage =',
        "average is 'x', no number",
    ),
    "a figure too few": ("[68.40, -1.70]", "[68.40]", "one: 1 figures for 2 columns"),
    "no figures": ("scores = [68.40, -1.70]", "", "one: 0 figures for 2 columns"),
    "text for a figure": ("-1.70", '"n/a"', "one: "),
    "not a number": ("68.40", "nan", "STS12 is NaN"),
    "infinite": ("68.40", "inf", "STS12 is Infinity"),
    "out of range": ("68.40", "6840.0", "STS12 is 6840.0, not within -100 and 100"),
    "columns that are no list": ('columns = ["STS12"]', "columns = 1", "two: "),
    "rules that are no table": ('{ aggregation = "wmean" }', "1", "two: "),
    "average as a number": ('"33.35"', "33.35", "one: Expected `str | null`"),
    "the same row twice": (
        "[[rows]]",
        '[[rows]]\nmodel = "two"\nscores = [1, 2]\n' * 2 + "[[rows]]",
        "two: the same row twice",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_spelt_right_is_refused(case: str, tmp_path: Path) -> None:
    right, wrong, message = REFUSED[case]
    assert right in TABLE
    folder = folder_with(tmp_path, TABLE.replace(right, wrong, 1))
    with pytest.raises(UnreadableRecord) as refusal:
        published_tables(folder)
    said = str(refusal.value)
    assert said.startswith(f"{folder / 'own.toml'}: ")
    assert message in said
    assert "docs/published.md" in said
    assert "\n" not in said
    assert refusal.value.exit_code == 3


@pytest.mark.parametrize("name", ["columns.toml", "sources.bib"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, TABLE)
    (folder / name).unlink()
    with pytest.raises(UnreadableRecord, match=name):
        published_tables(folder)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, TABLE)
    (folder / "own.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableRecord, match=r"own\.toml"):
        published_tables(folder)


def test_columns_are_read_as_strictly(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, TABLE)
    (folder / "columns.toml").write_text('x = { head = "X" }\n', "utf-8")
    with pytest.raises(UnreadableRecord, match="unknown key 'head'"):
        published_tables(folder)


def test_an_unknown_table_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match="did you mean diffcse-sts"):
        published_table("difcse-sts")


# --- where they lie -------------------------------------------------------------------------------


def test_a_checkout_has_them_among_the_leaderboards() -> None:
    assert published_folder() == PROJECT / "leaderboards" / "published"


def test_an_installed_package_has_them_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published_files, "_PACKAGE", tmp_path)
    assert published_folder() == tmp_path.parent / "leaderboards" / "published"
    (tmp_path / "published_figures").mkdir()
    assert published_folder() == tmp_path / "published_figures"


def test_the_wheel_takes_them_there() -> None:
    build = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    taken = build["targets"]["wheel"]["force-include"]
    assert taken["leaderboards/published"] == "benchmark/published_figures"
    assert "/leaderboards/published" in build["targets"]["sdist"]["include"]


def test_sources_are_found_by_key() -> None:
    assert published_sources()["simcse"].startswith("@inproceedings{simcse,\n")
    assert published_sources()["simcse"].endswith("\n}")
