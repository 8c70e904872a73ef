"""Runs that go well: what is scored, what is printed, what is kept."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from benchmark.cli import main
from benchmark.results.schema import record_schema
from tests.cli.conftest import Command
from tests.made_up_data import write_senteval

STS = ["STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness"]


def tasks_of(document: str) -> list[list[str]]:
    return [list(run["tasks"]) for run in json.loads(document)["runs"]]


def files_below(folder: Path) -> list[str]:
    """Return the records."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.json"))


# --- what is asked --------------------------------------------------------------------------------


def test_no_arguments_score_the_embedded_encoder_on_the_embedded_task(command: Command):
    outcome = command()
    assert outcome.code == 0
    header, _, row = outcome.out.splitlines()[:3]
    assert header.split() == ["Model", "Demo"]
    assert row.split() == ["all-minilm-l6-v2", "60.71"]
    assert "not for comparing models" in outcome.out


def test_a_model_alone_is_scored_on_sts(command: Command, mine: str, made_up_data: Path):
    data = ("--data-dir", made_up_data, "--unverified-data")
    outcome = command("--model", f"{mine}:WordHash", *data, "--format", "json")
    assert tasks_of(outcome.out) == [STS]


def test_tasks_alone_are_scored_with_the_embedded_encoder(command: Command):
    outcome = command("--tasks", "DemoSTS", "--format", "json", "--dry-run")
    assert [model["model"] for model in json.loads(outcome.out)["models"]] == ["all-minilm-l6-v2"]


@pytest.mark.parametrize(
    ("asked", "scored"),
    [
        (["STS12"], ["STS12"]),
        (["sts-b", "SICK-R"], ["STSBenchmark", "SICKRelatedness"]),
        (["STS16,STS12"], ["STS12", "STS16"]),
        (["STS16", "STS12"], ["STS12", "STS16"]),
        (["STS16, STS12,,DemoSTS"], ["STS12", "STS16", "DemoSTS"]),
        (["STS12", "STS12", "sts12"], ["STS12"]),
        (["STS1*"], STS[:5]),
        (["STS1*", "!STS13"], ["STS12", "STS14", "STS15", "STS16"]),
        (["sts,!STS1*"], ["STSBenchmark", "SICKRelatedness"]),
        (["sts-dev"], ["STSBenchmark/dev", "SICKRelatedness/dev"]),
    ],
    ids=str,
)
def test_tasks_can_be_named_in_many_ways(
    command: Command, mine: str, made_up_data: Path, asked: list[str], scored: list[str]
):
    data = ("--data-dir", made_up_data, "--unverified-data")
    outcome = command("--model", f"{mine}:WordHash", "--tasks", *asked, *data, "--format", "json")
    assert outcome.code == 0, outcome.err
    assert tasks_of(outcome.out) == [scored]


@pytest.mark.parametrize(
    "asked",
    [
        ["mine.py:WordHash", "mine.py:Other"],
        ["mine.py:WordHash,mine.py:Other"],
        ["mine.py:WordHash, mine.py:Other,"],
        ["mine.py:WordHash", "mine.py:Other", "mine.py:WordHash"],
    ],
    ids=" ".join,
)
def test_several_models_are_several_rows_in_the_order_asked(
    command: Command, mine: str, asked: list[str]
):
    outcome = command("--model", *asked, "--tasks", "DemoSTS")
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines()[2:4]] == ["word-hash", "other"]
    assert outcome.out.splitlines()[4] == ""


def test_options_may_be_repeated(command: Command, mine: str):
    models = ("--model", f"{mine}:WordHash", "--model", f"{mine}:Other")
    outcome = command(*models, "--tasks", "DemoSTS", "--format", "json")
    assert [run["model"] for run in json.loads(outcome.out)["runs"]] == ["word-hash", "other"]


def test_run_is_a_verb_of_the_package(mine: str, capsys: pytest.CaptureFixture[str]):
    arguments = ["--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--format", "csv", "--quiet"]
    assert main(["run", *arguments]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("word-hash,DemoSTS,0.")


# --- what is printed ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["table", "markdown", "latex", "csv", "json"])
def test_every_format_tells_the_same_scores(
    command: Command, mine: str, made_up_data: Path, form: str
):
    data = ("--data-dir", made_up_data, "--unverified-data")
    asked = ("--model", f"{mine}:WordHash", "--tasks", "STS12", "DemoSTS", *data)
    scores = json.loads(command(*asked, "--format", "json").out)["runs"][0]["tasks"]
    outcome = command(*asked, "--format", form)
    for task in ("STS12", "DemoSTS"):
        score = scores[task]["main_score"]
        shown = repr(score) if form in ("csv", "json") else f"{100 * score:.2f}"
        assert shown in outcome.out


def test_json_is_one_object_of_the_documented_shape(
    command: Command, mine: str, made_up_data: Path
):
    outcome = command(
        *("--model", f"{mine}:WordHash", "--tasks", "sts", "DemoSTS", "--format", "json"),
        *("--data-dir", made_up_data, "--unverified-data"),
    )
    document = json.loads(outcome.out)
    assert list(document) == ["schema_version", "runs"]
    assert document["schema_version"] == 3
    [run] = document["runs"]
    assert list(run)[:3] == ["model", "tasks", "averages"]
    assert list(run["tasks"]) == [*STS, "DemoSTS"]
    for task in run["tasks"].values():
        jsonschema.validate(task, record_schema())
        assert task["main_score"] == task["scores"]["all"]["spearman"]
        assert task["main_score"] != round(task["main_score"], 4)
    rounded = [float(f"{100 * run['tasks'][task]['main_score']:.2f}") for task in STS]
    assert run["averages"] == {"sts": float(f"{sum(rounded) / 7:.2f}")}
    assert run["failures"] == {}


def test_what_an_encoder_prints_does_not_get_into_the_result(command: Command, mine: str):
    outcome = command("--model", f"{mine}:Chatty", "--tasks", "DemoSTS", "--format", "json")
    assert tasks_of(outcome.out) == [["DemoSTS"]]
    assert "chatty" in outcome.err


def test_the_signature_says_that_data_is_unverified(
    command: Command, mine: str, made_up_data: Path
):
    outcome = command(
        *("--model", f"{mine}:WordHash", "--tasks", "STS12"),
        *("--data-dir", made_up_data, "--unverified-data"),
    )
    assert re.search(r"^word-hash +\d+\.\d\d\* +-$", outcome.out, re.MULTILINE)
    assert "(unverified)" in outcome.out
    assert "note: scored on unverified data" in outcome.out


# --- what is kept ---------------------------------------------------------------------------------


def test_a_record_for_each_model_and_task(command: Command, mine: str, made_up_data: Path):
    outcome = command(
        *("--model", f"{mine}:WordHash", f"{mine}:Nameless", "--tasks", "STS12", "STS-B/dev"),
        *("--data-dir", made_up_data, "--unverified-data", "--output-dir", "a/b"),
    )
    assert outcome.code == 0
    found = files_below(Path("a/b"))
    assert [re.sub("/[0-9a-f]{12}/", "/STATE/", name) for name in found] == [
        "nameless/unidentified/STS12.json",
        "nameless/unidentified/STSBenchmark__dev.json",
        "word-hash/STATE/STS12.json",
        "word-hash/STATE/STSBenchmark__dev.json",
    ]
    for name in found:
        jsonschema.validate(json.loads(Path("a/b", name).read_bytes()), record_schema())


def test_records_are_kept_in_results_by_default(command: Command, mine: str):
    command("--model", f"{mine}:WordHash", "--tasks", "DemoSTS")
    assert len(files_below(Path("results"))) == 1


def test_records_hold_what_the_section_on_scores_asks_for(
    command: Command, mine: str, made_up_data: Path
):
    command(
        *("--model", f"{mine}:WordHash", "--tasks", "STS12"),
        *("--data-dir", made_up_data, "--unverified-data"),
    )
    [path] = Path("results").rglob("*.json")
    record = json.loads(path.read_bytes())
    assert set(record["scores"]) == {"all", "mean", "wmean"}
    assert all(set(scores) == {"spearman", "pearson"} for scores in record["scores"].values())
    assert list(record["subsets"]) == sorted(
        ["MSRpar", "MSRvid", "SMTeuroparl", "surprise.OnWN", "surprise.SMTnews"]
    )
    assert {scores["pairs"] for scores in record["subsets"].values()} == {40}
    assert record["counts"]["pairs"] == 200
    assert record["counts"]["zero_vectors"] == 0
    assert record["environment"]["numpy"]
    assert record["data"]["verified"] is False
    assert record["model"]["card"]["name"] == "word-hash"
    mean = sum(scores["spearman"] for scores in record["subsets"].values()) / 5
    assert record["scores"]["mean"]["spearman"] == pytest.approx(mean, abs=1e-12)


def test_finished_tasks_are_not_computed_again(
    command: Command, mine: str, calls: Callable[[], list[str]]
):
    asked = ("--model", f"{mine}:WordHash", "--tasks", "DemoSTS", "--format", "json")
    first = json.loads(command(*asked).out)["runs"][0]
    assert calls() == ["word-hash 365"]
    second = json.loads(command(*asked).out)["runs"][0]
    assert calls() == ["word-hash 365"]
    assert second["resumed"] == ["DemoSTS"]
    assert second["tasks"] == first["tasks"]


def test_only_what_is_missing_is_computed(
    command: Command, mine: str, made_up_data: Path, calls: Callable[[], list[str]]
):
    data = ("--data-dir", made_up_data, "--unverified-data", "--format", "json")
    command("--model", f"{mine}:WordHash", "--tasks", "STS12", *data)
    outcome = command("--model", f"{mine}:WordHash", "--tasks", "STS12,DemoSTS", *data)
    assert calls()[1:] == ["word-hash 365"]
    assert json.loads(outcome.out)["runs"][0]["resumed"] == ["STS12"]


def test_overwrite_computes_again(command: Command, mine: str, calls: Callable[[], list[str]]):
    asked = ("--model", f"{mine}:WordHash", "--tasks", "DemoSTS")
    command(*asked)
    again = command(*asked, "--overwrite").out
    assert "earlier run" not in again
    assert "365 distinct sentences" in again
    assert "from the store" not in again
    assert len(calls()) == 2
    command(*asked, "--overwrite", "--no-cache")
    assert len(calls()) == 3
    shutil.rmtree("results")
    assert "365 of them from the store" in command(*asked).out  # what --overwrite stored
    assert len(calls()) == 3


def test_an_encoder_that_does_not_say_who_it_is_is_always_asked(
    command: Command, mine: str, calls: Callable[[], list[str]]
):
    for _ in range(2):
        command("--model", f"{mine}:Nameless", "--tasks", "DemoSTS")
    assert len(calls()) == 2


def test_another_version_of_an_encoder_is_asked_again(
    command: Command, mine: str, calls: Callable[[], list[str]]
):
    asked = ("--model", f"{mine}:WordHash", "--tasks", "DemoSTS")
    command(*asked)
    path = Path(mine)
    path.write_text(
        path.read_text().replace('"word-hash", version="1"', '"word-hash", version="2"')
    )
    command(*asked)
    assert len(calls()) == 2
    assert len(files_below(Path("results"))) == 2


def test_other_data_is_scored_again(command: Command, mine: str, own_data: Path, tmp_path: Path):
    asked = ("--model", f"{mine}:WordHash", "--tasks", "STS12", "--unverified-data")
    other = write_senteval(tmp_path / "other", pairs=50)
    first = command(*asked, "--data-dir", own_data)
    second = command(*asked, "--data-dir", other)
    assert "earlier run" not in second.out
    assert first.out.splitlines()[2] != second.out.splitlines()[2]
