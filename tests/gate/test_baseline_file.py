"""The baseline file: what is written is read back, and whatever else is refused."""

from __future__ import annotations

import threading
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.gate import (
    Baseline,
    encode_baseline,
    entry_of,
    open_baseline,
    read_baseline,
    write_baseline,
)
from benchmark.measures import Tolerance
from tests.gate.samples import HOSTILE, OTHER_WEIGHTS, baseline_with, run_of, stored
from tests.results.samples import sample_result

SCORES = {"MR": 0.7634, "STS12": 0.72369033129757581, "STSBenchmark/dev": -0.1}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "baseline.toml"


@pytest.fixture
def written(path: Path) -> Baseline:
    baseline = baseline_with(run_of(SCORES), run_of({"STS13": 0.5}, name="another"), path=path)
    write_baseline(baseline)
    return baseline


# --- what is written ------------------------------------------------------------------------------


def test_what_is_written_is_read_back(path: Path, written: Baseline):
    assert read_baseline(path) == written
    assert open_baseline(path) == written


def test_scores_keep_their_full_precision(path: Path, written: Baseline):
    assert written.entries["tiny-bert", "STS12"].score == 0.7236903312975758
    assert "score = 0.7236903312975758\n" in path.read_text()


def test_another_library_reads_the_same(path: Path, written: Baseline):
    document = tomlkit.parse(path.read_text()).unwrap()
    assert document["tolerances"] == {"sts": 0.01, "sts-dev": 0.01, "transfer": "2 samples"}
    entry = document["models"]["tiny-bert"]["STS12"]
    assert entry["question"].startswith("task:STS12|")
    assert set(entry) == {"score", "question", "answerer", "fingerprint", "environment"}


def test_order_is_that_of_names_and_of_the_papers(path: Path, written: Baseline):
    headings = [line for line in path.read_text().splitlines() if line.startswith("[models")]
    assert headings == [
        "[models.another.STS13]",
        "[models.tiny-bert.STS12]",
        '[models.tiny-bert."STSBenchmark/dev"]',
        "[models.tiny-bert.MR]",
    ]


def test_the_same_content_is_the_same_file(written: Baseline):
    backwards = dict(reversed(written.entries.items()))
    assert encode_baseline(replace(written, entries=backwards)) == encode_baseline(written)


def test_each_entry_knows_its_line(path: Path, written: Baseline):
    lines = path.read_text().split("\n")
    for (model, task), entry in read_baseline(path).entries.items():
        assert entry.path == path
        assert tomllib.loads(lines[entry.line - 1]) == {"models": {model: {task: {}}}}


def test_lines_are_known_when_hands_wrote_the_headings(path: Path, written: Baseline):
    text = path.read_text().replace(
        "[models.another.STS13]", "# why\n [ models . 'another' . STS13 ]"
    )
    path.write_text(text.replace("\n[tol", "\n\n\n[tol"))
    line = read_baseline(path).entries["another", "STS13"].line
    assert "'another'" in path.read_text().split("\n")[line - 1]


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=50)
@given(TEXT, TEXT)
def test_any_name_and_any_reason_survive(
    tmp_path_factory: pytest.TempPathFactory, name: str, reason: str
):
    path = tmp_path_factory.mktemp("any") / "baseline.toml"
    entry = replace(entry_of(sample_result()), reason=reason, tolerance=Tolerance(0.5))
    baseline = Baseline(path, {(name, "STS12"): entry})
    write_baseline(baseline)
    assert read_baseline(path) == baseline
    assert read_baseline(path).entries[name, "STS12"].line is not None


def test_a_hostile_name_stays_a_name(path: Path):
    write_baseline(baseline_with(run_of({"STS12": 0.5}, name=HOSTILE), path=path))
    assert list(read_baseline(path).entries) == [(HOSTILE, "STS12")]


def test_a_link_stays_a_link(path: Path, written: Baseline):
    real = path.with_name("real.toml")
    path.rename(real)
    path.symlink_to(real)
    write_baseline(replace(written, entries={}))
    assert path.is_symlink()
    assert read_baseline(real).entries == {}


def test_a_folder_of_records_is_a_baseline(tmp_path: Path):
    runs = stored(tmp_path, run_of(SCORES))
    baseline = open_baseline(tmp_path)
    assert list(baseline.runs) == runs
    entry = baseline.entries["tiny-bert", "MR"]
    assert entry.score == 0.7634
    assert entry.path == runs[0].records["MR"].path


# --- what is refused ------------------------------------------------------------------------------


SCORE = "score = 0.7236903312975758"
VERSION = "schema_version = 1"
BY_HAND = {
    "not toml": ("[tolerances]", "[tolerances", "not a readable baseline"),
    "nested": (VERSION, "a = " + "[" * 100_000, "not a readable baseline"),
    "other version": (VERSION, "schema_version = 2", "schema version 2, this program reads 1"),
    "no version": (VERSION, "", "schema version None"),
    "true version": (VERSION, "schema_version = true", "Expected `int`, got `bool`"),
    "unknown table": ("[tolerances]", "[tolerance]", r"'tolerance' \(did you mean tolerances\?\)"),
    "list of models": ("[models.another.STS13]", "[[models]]", "Expected `object`, got `array`"),
    "typo": (
        SCORE,
        f"{SCORE}\ntolerence = 0.5",
        r"line \d+: tiny-bert STS12: .* 'tolerence' \(did you mean tolerance\?\)",
    ),
    "points": (SCORE, "score = 72.4", r"`float` <= 1.0 .*; scores are fractions of 1"),
    "not a number": (SCORE, "score = nan", "tiny-bert STS12: Expected `float`"),
    "infinite": (SCORE, "score = -inf", "tiny-bert STS12: Expected `float`"),
    "text": (SCORE, 'score = "0.7"', "tiny-bert STS12: Expected `float`, got `str`"),
    "no score": (SCORE, "", "missing required field `score`"),
    "no table": (SCORE, f"{SCORE}\n[models.x]\nSTS12 = 0.5", "Expected `object`, got `float`"),
    "below zero": (SCORE, f"{SCORE}\ntolerance = -1", "STS12: a tolerance of -1"),
    "no tolerance": (SCORE, f"{SCORE}\ntolerance = nan", "STS12: a tolerance of nan"),
    "in words": ("sts = 0.01", "sts = 'much'", r"\[tolerances\] sts: a tolerance of 'much'"),
    "unknown group": ("sts = 0.01", "st = 0.01", r"unknown group 'st' \(did you mean sts\?\)"),
    "other task": ("bert.STS12", "bert.STS14", "STS14: the question is that of the task STS12"),
    "damaged line": ('"task:STS12|', '"STS12|', "'STS12' is not of the form name:value"),
    "fingerprint": ('fingerprint = "', 'fingerprint = "x', "matching regex"),
}


def refused(path: Path, said: str) -> None:
    """Require one line that begins with the file."""
    with pytest.raises(UnreadableRecord, match=said) as caught:
        read_baseline(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(("before", "after", "said"), BY_HAND.values(), ids=BY_HAND)
def test_what_hands_got_wrong_is_named(
    path: Path, written: Baseline, before: str, after: str, said: str
):
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    refused(path, said)


def test_an_entry_that_is_there_twice_is_refused(path: Path, written: Baseline):
    text = path.read_text()
    path.write_text(text + text[text.index("[models.tiny-bert.STS12]") :])
    refused(path, "not a readable baseline .*twice .*line")


def test_a_file_that_was_cut_is_refused(path: Path, written: Baseline):
    text = path.read_text()
    path.write_text(text[:-20])
    refused(path, "not a readable baseline")
    path.write_text(text[: text.index("question")])
    refused(path, "another STS13: Object missing required field `question`")


def test_what_is_not_text_is_refused(path: Path):
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UnreadableRecord, match="not a readable baseline"):
        read_baseline(path)


def test_what_is_not_there_is_a_matter_of_usage(path: Path):
    with pytest.raises(UsageError, match=r"baseline\.toml: no such file; `update` writes it"):
        open_baseline(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, written: Baseline):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"`baseline` .*file/b\.toml: cannot be written"):
        write_baseline(replace(written, path=tmp_path / "file" / "b.toml"))


def test_a_folder_with_two_states_of_a_model_is_no_baseline(tmp_path: Path):
    stored(tmp_path, run_of({"STS12": 0.5}), run_of({"STS12": 0.6}, card=OTHER_WEIGHTS))
    with pytest.raises(
        UsageError, match="tiny-bert is there twice: STS12 has a record of the state"
    ):
        open_baseline(tmp_path)


# --- two at once ----------------------------------------------------------------------------------


def test_a_reader_never_sees_half_of_what_two_writers_write(path: Path, written: Baseline):
    own = {key: entry for key, entry in written.entries.items() if key[0] == "tiny-bert"}
    other = replace(written, entries=own)
    allowed = [written, other]
    done = threading.Event()

    def write(baseline: Baseline) -> None:
        for _ in range(25):
            write_baseline(baseline)

    writers = [threading.Thread(target=write, args=(baseline,)) for baseline in allowed]
    seen = []

    def read() -> None:
        while not done.is_set():
            seen.append(read_baseline(path))

    reader = threading.Thread(target=read)
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()
    assert seen
    assert all(baseline in allowed for baseline in seen)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
