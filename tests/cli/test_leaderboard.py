"""``python -m benchmark leaderboard``: files, exit codes, and that nothing heavy is loaded."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.reports.leaderboard import LEADERBOARD_FORMATS
from benchmark.results import encode_record, read_record
from benchmark.results.published_files import published_folder
from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.leaderboard.samples import HOSTILE, STS, card_number, write_model, write_models

__all__ = ["verb"]

PROJECT = Path(__file__).parents[2]
FILES = {"STS.md", "TRANSFER.md", "statistics.json"}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """An output folder: two models on STS, one of them on two transfer tasks too."""
    write_models(tmp_path / "results", [0.9, 0.3])
    write_model(tmp_path / "results", "model-0", tasks=["MR", "CR"], card=card_number(0))
    return tmp_path / "results"


def has_diffcse(path: str | Path) -> bool:
    return "| *DiffCSE-BERT-base*<sup>" in Path(path).read_text("utf-8")


def everything(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


# --- which rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "json"])
def test_rows_are_chosen_in_every_format_and_statistics_of_others_stay(
    verb: Command, results: Path, form: str
):
    assert verb("leaderboard", results, "--tasks", "sts").code == 0
    kept = json.loads(Path("leaderboards/statistics.json").read_text())
    years = sorted(Path("leaderboards/STS").iterdir())
    rows = ("--rows", "model-0", "published:diffcse-sts/DiffCSE-BERT-base")
    done = verb("leaderboard", results, "--tasks", "sts", "--format", form, *rows)
    assert done.code == 0, done.err
    suffix = LEADERBOARD_FORMATS[form].suffix
    text = Path(f"leaderboards/STS{suffix}").read_text("utf-8")
    assert "DiffCSE-BERT-base" in text
    assert "model-0" in text
    assert "model-1" not in text
    assert "SimCSE-BERT-base" not in text
    assert json.loads(Path("leaderboards/statistics.json").read_text()) == kept
    assert sorted(Path("leaderboards/STS").iterdir()) == years


def test_a_row_that_is_not_there_is_refused_before_anything_is_written(
    verb: Command, results: Path
):
    done = verb("leaderboard", results, "--tasks", "sts", "--rows", "model-01")
    assert done.code == 2
    assert re.search(
        r"^error: --rows model-01: .* \(did you mean model-[01]\?\)", done.err, re.MULTILINE
    )
    assert not Path("leaderboards/STS.md").exists()


# --- what is written ------------------------------------------------------------------------------


def test_pages_and_statistics_are_written(verb: Command, results: Path):
    done = verb("leaderboard", results)
    assert done.code == 0, done.err
    said = done.out.splitlines()
    assert {path for path in said if path.count("/") == 1} == {
        "leaderboards/STS.md",
        "leaderboards/TRANSFER.md",
        "leaderboards/statistics.json",
    }
    assert contents(Path("leaderboards")).keys() == FILES
    assert {f"leaderboards/{name}" for name in everything(Path("leaderboards"))} == set(said)
    page = Path("leaderboards/STS.md").read_text("utf-8")
    assert "| model-0<br><sub>measured</sub> |" in page
    [listed] = [path for path in said if path.startswith("leaderboards/STS/") and has_diffcse(path)]
    assert f"]({listed.removeprefix('leaderboards/')})" in page


def test_pages_of_years_without_rows_are_removed_and_nothing_else(verb: Command, results: Path):
    verb("leaderboard", results)
    folder = Path("leaderboards/STS")
    ours = sorted(folder.iterdir())
    made = ours[0].read_text("utf-8")
    others = {
        "1999.md": made + "A remark.\n",  # somebody went on writing
        "notes.md": made,
        "2999.txt": made,
        "1998.md": "# A page of somebody else\n",
    }
    for name, text in others.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "1997.md").write_text(made, "utf-8")
    (folder / "1996.md").mkdir()
    transfer = everything(Path("leaderboards/TRANSFER"))
    again = verb("leaderboard", results, "--tasks", "sts")
    assert (again.code, again.err.count("removed")) == (0, 1)
    assert "removed leaderboards/STS/1997.md" in again.err
    verb("leaderboard", results, "--tasks", "sts", "--no-published")
    assert {path.name for path in folder.iterdir()} == {*others, "1996.md"}
    assert everything(Path("leaderboards/TRANSFER")) == transfer


def test_other_formats_leave_the_pages(verb: Command, results: Path):
    verb("leaderboard", results)
    kept = everything(Path("leaderboards/STS"))
    verb("leaderboard", results, "--no-published", "--format", "json")
    assert everything(Path("leaderboards/STS")) == kept


def test_the_same_input_gives_the_same_bytes(verb: Command, results: Path):
    verb("leaderboard", results, "--output", "one", "--format", "all")
    verb("leaderboard", results, "--output", "two", "--format", "all")
    assert everything(Path("one")) == everything(Path("two"))
    shutil.rmtree(results / "gold")
    again = verb("leaderboard", results, "--output", "two", "--format", "all")
    assert everything(Path("one")) == everything(Path("two"))
    assert again.err == ""


def test_what_is_computed_is_said_unless_quiet(verb: Command, results: Path):
    assert "intervals of model-0" in verb("leaderboard", results, "--output", "one").err
    assert verb("leaderboard", results, "--output", "two", "--quiet").err == ""


def test_every_format_has_its_file(verb: Command, results: Path):
    assert verb("leaderboard", results, "--tasks", "sts", "--format", "all").code == 0
    expected = {f"STS{form.suffix}" for form in LEADERBOARD_FORMATS.values()}
    assert contents(Path("leaderboards")).keys() == expected | {"statistics.json"}


@pytest.mark.parametrize("form", LEADERBOARD_FORMATS)
def test_one_format_writes_one_file(verb: Command, results: Path, form: str):
    assert verb("leaderboard", results, "--tasks", "sts", "--format", form).code == 0
    suffix = LEADERBOARD_FORMATS[form].suffix
    assert contents(Path("leaderboards")).keys() == {f"STS{suffix}", "statistics.json"}


def test_only_groups_with_scores_are_made_unless_named(verb: Command, results: Path):
    for path in [*results.rglob("MR.*"), *results.rglob("CR.*")]:
        path.unlink()
    verb("leaderboard", results)
    assert not Path("leaderboards/TRANSFER.md").exists()
    assert verb("leaderboard", results, "--tasks", "transfer").code == 0
    assert any(map(has_diffcse, Path("leaderboards").rglob("*.md")))


def test_one_board_leaves_the_statistics_of_the_other(verb: Command, results: Path):
    verb("leaderboard", results)
    whole = Path("leaderboards/statistics.json").read_bytes()
    verb("leaderboard", results, "--tasks", "sts")
    assert Path("leaderboards/statistics.json").read_bytes() == whole


def test_statistics_of_rows_that_went_away_go_too(verb: Command, results: Path):
    verb("leaderboard", results)
    shutil.rmtree(results / "model-1")
    verb("leaderboard", results, "--output", "fresh")
    verb("leaderboard", results)
    assert contents(Path("leaderboards")) == contents(Path("fresh"))


def test_records_below_the_output_folder_are_the_default(verb: Command, results: Path):
    shutil.copytree(results, "leaderboards/records")
    assert verb("leaderboard").code == 0
    assert "model-1" in Path("leaderboards/STS.md").read_text("utf-8")


def test_measured_rows_only(verb: Command, results: Path):
    assert verb("leaderboard", results, "--no-published").code == 0
    page = Path("leaderboards/STS.md").read_text("utf-8")
    assert "model-0" in page
    assert "DiffCSE" not in page
    assert not Path("leaderboards/STS").exists()


def test_other_published_figures(verb: Command, results: Path, tmp_path: Path):
    folder = tmp_path / "figures"
    folder.mkdir()
    for name in ("columns.toml", "sources.bib", "diffcse-sts.toml"):
        shutil.copy(published_folder() / name, folder)
    assert verb("leaderboard", results, "--published", folder).code == 0
    page = Path("leaderboards/STS.md").read_text("utf-8")
    assert "DiffCSE-BERT-base" in page
    assert "MTEB" not in page


def test_hostile_names_do_no_harm(verb: Command, tmp_path: Path):
    write_model(tmp_path / "results", HOSTILE, tasks=STS)
    done = verb("leaderboard", tmp_path / "results", "--format", "all")
    assert done.code == 0
    assert all(line.isprintable() for line in (done.out + done.err).splitlines())
    page = Path("leaderboards/STS.md").read_text("utf-8")
    assert "<script>" not in re.sub(r"(`+).*?\1", "", page)
    assert json.loads(Path("leaderboards/STS.json").read_text("utf-8"))


@pytest.mark.slow
def test_two_runs_at_once_do_no_harm(results: Path, tmp_path: Path):
    command = [sys.executable, "-m", "benchmark", "leaderboard", str(results), "--quiet"]
    command += ["--output", str(tmp_path / "both"), "--no-published"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"}
    running = [subprocess.Popen(command, env=environment, cwd=tmp_path) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    alone = [*command[:-2], str(tmp_path / "alone"), "--no-published"]
    subprocess.run(alone, env=environment, cwd=tmp_path, check=True)
    assert contents(tmp_path / "both") == contents(tmp_path / "alone")


def test_nothing_heavy_is_loaded_when_statistics_are_kept():
    from tests.cli.test_startup import loaded_by

    folder = PROJECT / "leaderboards"
    statement = (
        "import shutil, tempfile, pathlib\n"
        "from benchmark.cli import main\n"
        "out = tempfile.mkdtemp()\n"
        "shutil.copy(sys.argv[1] + '/statistics.json', out)\n"
        "main(['leaderboard', sys.argv[1] + '/records', '--output', out, '--format', 'all'])\n"
        "shutil.rmtree(out)"
    )
    assert loaded_by(statement, str(folder)) == []


# --- what is refused ------------------------------------------------------------------------------


def test_no_records_are_refused(verb: Command):
    verb("leaderboard").refused(2, "name records", "leaderboards/records", " run writes some")


def test_a_folder_that_is_not_there_is_refused(verb: Command):
    verb("leaderboard", "nowhere").refused(3, "nowhere: no such file or folder")


def test_development_splits_make_a_board_only_where_it_is_asked_for(verb: Command, tmp_path: Path):
    write_model(tmp_path / "results", tasks=["STSBenchmark/dev"])
    asked = ("leaderboard", tmp_path / "results", "--output", "board")
    verb(*asked).refused(2, "scores of sts-dev alone", "name one by --tasks")
    verb(*asked, "--tasks", "sts-dve").refused(2, "sts-dve", "did you mean sts-dev?")
    assert verb(*asked, "--tasks", "sts-dev").code == 0
    assert "STS-B dev" in (tmp_path / "board/TASKS-sts-dev.md").read_text()


def test_published_and_none_contradict_each_other(verb: Command, results: Path):
    done = verb("leaderboard", results, "--published", "x", "--no-published")
    done.refused(2, "--published and --no-published")


def test_an_unknown_format_is_refused(verb: Command, results: Path):
    verb("leaderboard", results, "--format", "word").refused(2, "word", "--help")


def test_published_figures_that_are_missing_or_damaged_are_refused(
    verb: Command, results: Path, tmp_path: Path
):
    verb("leaderboard", results, "--published", "nowhere").refused(3, "nowhere")
    folder = Path(shutil.copytree(published_folder(), tmp_path / "figures"))
    table = folder / "diffcse-sts.toml"
    table.write_text(table.read_text("utf-8").replace('"78.49"', '"much"'), "utf-8")
    verb("leaderboard", results, "--published", folder).refused(
        3, "diffcse-sts.toml", "average is 'much', no number"
    )


def test_data_that_is_not_there_is_refused(verb: Command, results: Path):
    verb("leaderboard", results, "--data-dir", "nowhere").refused(3, "--data-dir nowhere")
    several = ("--data-dir", results, "--data-dir", "nowhere")
    verb("leaderboard", results, *several).refused(3, "--data-dir nowhere")


@pytest.mark.parametrize("where", ["a file", "a folder in a file"])
def test_an_output_folder_that_cannot_be_written_is_refused(
    verb: Command, results: Path, tmp_path: Path, where: str
):
    (tmp_path / "file").write_text("in the way")
    output = tmp_path / "file" if where == "a file" else tmp_path / "file" / "below"
    verb("leaderboard", results, "--output", output).refused(
        2, f"--output {output}: cannot be written", "choose another folder"
    )


def test_predictions_that_are_no_numbers_are_refused(verb: Command, results: Path):
    path = next(results.rglob("model-0/*/STS13.npy"))
    record = path.with_suffix(".json")
    lying = replace(read_record(record), predictions_sha256=hashlib.sha256(b"nonsense").hexdigest())
    path.write_bytes(b"nonsense")
    record.write_bytes(encode_record(lying))
    verb("leaderboard", results).refused(3, "STS13.npy", "holds no predictions")


def test_two_records_of_one_state_are_refused(verb: Command, results: Path, tmp_path: Path):
    write_model(tmp_path / "more", "model-0", quality=0.5, tasks=["STS12"], card=card_number(0))
    verb("leaderboard", results, tmp_path / "more").refused(
        3, "a second record of model-0 on STS12", "name only one"
    )


def test_two_states_of_one_model_are_two_rows(verb: Command, results: Path):
    write_model(results, "model-0", quality=0.5, card=card_number(7))
    assert verb("leaderboard", results, "--no-published", "--tasks", "sts").code == 0
    page = Path("leaderboards/STS.md").read_text("utf-8")
    for number in (0, 7):
        assert f"model-0 ({card_number(number).fingerprint[:8]})<br>" in page


def test_damaged_statistics_are_refused(verb: Command, results: Path):
    verb("leaderboard", results)
    path = Path("leaderboards/statistics.json")
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    verb("leaderboard", results).refused(3, "statistics.json", "delete the file")
    digit = whole.index(b'"low": 0.') + len(b'"low": 0.')
    path.write_bytes(whole[:digit] + b"0" + whole[digit + 1 :])
    verb("leaderboard", results).refused(3, "statistics.json: changed after", "delete the file")
    path.write_bytes(whole)
    assert verb("leaderboard", results).code == 0
