"""Runs that are killed, disturbed or doubled: what is finished stays, and the end is the same."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from benchmark import evaluate
from benchmark.results import read_families, read_record
from tests import encoder_files
from tests.end_to_end.conftest import (
    calls,
    ended,
    lasting,
    records,
    start,
    start_killed_at,
    told,
)

STS = ["STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness"]


@pytest.fixture
def asked(mine: str, made_up_data: Path) -> list[str]:
    """One quick model on the seven tasks."""
    data = ["--data-dir", str(made_up_data), "--unverified-data"]
    return ["--model", f"{mine}:WordHash", "--tasks", "sts", *data]


@pytest.fixture(scope="module")
def undisturbed(made_up_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the run gives when it is left alone; every test here ends with the same."""
    data = ["--data-dir", str(made_up_data), "--unverified-data", "--no-cache"]
    folder = str(tmp_path_factory.mktemp("undisturbed"))
    model = f"{encoder_files.__file__}:WordHash"
    [run] = told(["--model", model, "--tasks", "sts", *data, "--output-dir", folder])
    assert list(run["tasks"]) == STS
    return lasting(run)


def names_of_records(folder: str) -> list[str]:
    return sorted(path.stem for path in Path(folder).rglob("*.json"))


@pytest.mark.parametrize("finished", [0, 3, 6])
def test_killed_between_two_records(asked: list[str], undisturbed: dict, finished: int):
    place = "benchmark.results.store.write_atomically"
    # The first call is the probe of the output folder; a record comes after its predictions.
    ended(start_killed_at(place, 2 * finished + 3, asked), -signal.SIGKILL)
    before = records(Path("results"))
    assert names_of_records("results") == sorted(STS[:finished])
    [run] = told(asked)
    assert run["resumed"] == sorted(STS[:finished])
    assert lasting(run) == undisturbed
    after = records(Path("results"))
    assert {name: after[name] for name in before} == before
    assert names_of_records("results") == sorted(STS)


@pytest.mark.parametrize(
    ("place", "file"),
    [
        ("os.fsync", "gold"),
        ("os.replace", "predictions"),
        ("os.fsync", "record"),
        ("os.replace", "record"),
    ],
)
def test_killed_while_writing_a_record(asked: list[str], undisturbed: dict, place: str, file: str):
    # Of each file the content is synchronised, then it is renamed, then its folder is.
    calls_of_a_file = {"os.fsync": 2, "os.replace": 1}[place]
    # The probe of the output folder and two records, each of three files, come before.
    before = 7 + ["gold", "predictions", "record"].index(file)
    ended(start_killed_at(place, 1 + before * calls_of_a_file, asked), -signal.SIGKILL)
    assert names_of_records("results") == sorted(STS[:2])
    for path in Path("results").rglob("*.json"):
        read_record(path)
    [run] = told(asked)
    assert run["resumed"] == sorted(STS[:2])
    assert lasting(run) == undisturbed


def test_killed_while_encoding_the_second_model(mine: str):
    asked = ["--model", f"{mine}:WordHash", f"{mine}:Slow", "--tasks", "DemoSTS"]
    process = start(asked)
    deadline = time.monotonic() + 300
    while "slow began" not in calls():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    ended(process, -signal.SIGKILL)
    assert calls() == ["word-hash 365", "slow began"]
    quick = {"ENCODER_SECONDS": "0"}
    resumed = json.loads(ended(start([*asked, "--format", "json"], quick)))["runs"]
    assert calls()[2:] == ["slow began", "slow 365"]
    assert [run["resumed"] for run in resumed] == [["DemoSTS"], []]
    elsewhere = [*asked, "--format", "json", "--output-dir", "elsewhere", "--no-cache"]
    undisturbed = json.loads(ended(start(elsewhere, quick)))["runs"]
    assert list(map(lasting, resumed)) == list(map(lasting, undisturbed))


@pytest.mark.parametrize("damage", ["cut", "deleted"])
def test_a_damaged_record_is_computed_again(asked: list[str], undisturbed: dict, damage: str):
    ended(start(asked))
    Path("calls.txt").unlink()
    before = records(Path("results"))
    [path] = Path("results").rglob("STS14.json")
    content = path.read_bytes()
    if damage == "deleted":
        path.unlink()
    else:
        path.write_bytes(content[:500])
    process = start([*asked, "--format", "json"])
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0
    [run] = json.loads(out)["runs"]
    assert run["resumed"] == sorted(set(STS) - {"STS14"})
    assert lasting(run) == undisturbed
    assert calls() == []  # the vectors are in the store
    assert ("warning: " in err) == (damage != "deleted")
    after = records(Path("results"))
    name = path.relative_to("results").as_posix()
    assert {n: c for n, c in after.items() if n != name} == {
        n: c for n, c in before.items() if n != name
    }
    assert read_record(path).main_score == json.loads(content)["main_score"]


def test_two_runs_at_once_on_one_folder(mine: str, made_up_data: Path):
    data = ["--data-dir", str(made_up_data), "--unverified-data", "--format", "json"]
    asked = ["--model", f"{mine}:Slow", f"{mine}:WordHash", "--tasks", "sts", *data]
    pause = {"ENCODER_SECONDS": "0.5"}
    both = [start(asked, pause), start(asked, pause)]
    first, second = (json.loads(ended(process))["runs"] for process in both)
    assert list(map(lasting, first)) == list(map(lasting, second))
    kept = records(Path("results"))
    assert {Path(name).suffix for name in kept} == {".json", ".npy", ".npz"}
    assert len([name for name in kept if name.endswith(".json")]) == 2 * 7
    for path in Path("results").rglob("*.json"):
        read_record(path)
    third = json.loads(ended(start(asked)))["runs"]
    assert [len(run["resumed"]) for run in third] == [7, 7]
    assert list(map(lasting, third)) == list(map(lasting, first))


@pytest.mark.slow
def test_a_transformer_goes_on_where_it_stopped(made_up_data: Path, tmp_path: Path):
    asked = {"data_dir": made_up_data, "unverified_data": True, "output_dir": tmp_path}
    tasks = "DemoSTS STSBenchmark"
    first = evaluate("all-minilm-l6-v2", tasks, **asked)
    [path] = tmp_path.rglob("STSBenchmark.json")
    path.unlink()
    second = evaluate("all-minilm-l6-v2", tasks, **asked)
    assert second.resumed == {"DemoSTS"}
    assert second.counts["distinct_sentences"] < first.counts["distinct_sentences"]
    assert second["DemoSTS"] == first["DemoSTS"]
    again, before = second["STSBenchmark"], first["STSBenchmark"]
    assert again.signature == before.signature
    assert again.counts == before.counts
    # Sentences are batched with others than before: equal up to the rounding of floats.
    assert again.main_score == pytest.approx(before.main_score, abs=1e-5)
    assert again.subsets["test"] == pytest.approx(before.subsets["test"], abs=1e-5)


# --- families -------------------------------------------------------------------------------------


@pytest.fixture
def several(asked: list[str]) -> list[str]:
    """One quick model in three settings."""
    steps = [f"--vary=steps={chain}" for chain in ("truncate:4", "truncate:8", "none")]
    return [*asked[:2], "--tasks", "STS12", *asked[4:], *steps, "--family", "cut", "--no-cache"]


def members_of(folder: str) -> list[str]:
    return [member.setting for family in read_families([Path(folder)]) for member in family.members]


@pytest.mark.parametrize("finished", [0, 1, 2])
def test_a_family_has_the_members_that_were_scored_when_it_was_killed(
    several: list[str], finished: int
):
    place = "benchmark.results.families.write_atomically"
    ended(start_killed_at(place, finished + 1, several), -signal.SIGKILL)
    assert members_of("results") == ["truncate:4", "truncate:8", "none"][:finished]
    runs = told(several)
    assert [run["resumed"] for run in runs] == [["STS12"]] * (finished + 1) + [[]] * (2 - finished)
    assert members_of("results") == ["truncate:4", "truncate:8", "none"]
    before = records(Path("results"))
    told(several)
    assert records(Path("results")) == before


def test_two_runs_at_once_lose_no_member_of_a_family(several: list[str]):
    models = [several[1], several[1].replace("WordHash", "Other")]
    common = [part for part in several if not part.startswith("--vary")]
    processes = [start(["--model", model, *common[2:]]) for model in models]
    for process in processes:
        ended(process)
    [family] = read_families([Path("results")])
    assert sorted(member.model for member in family.members) == ["other", "word-hash"]
