"""Files of one's own from the command line: scored, kept, and judged without the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.cli.conftest import Command
from tests.cli.verbs import verb
from tests.encoder_files import WordHash

__all__ = ["verb"]

WORDS = ("sun", "rain", "wind", "snow", "road", "tree", "bird", "fish", "stone", "river", "cloud")


def made_up_pairs(count: int = 60) -> list[tuple[str, str, float]]:
    """Pairs that share more words the higher their score is; some sentences are there twice."""
    dice = np.random.default_rng(3)
    found = []
    for place in range(count):
        words = dice.permutation(WORDS)[:8] if place % 7 else WORDS[:8]
        shared = int(dice.integers(0, 5))
        found.append((" ".join(words[:4]), " ".join(words[4 - shared : 8 - shared]), shared / 2))
    return found


def write(path: Path, rows: list[tuple[str, str, float]]) -> Path:
    lines = ["sentence1\tsentence2\tscore", *("\t".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    return write(tmp_path / "tickets.tsv", made_up_pairs())


@pytest.fixture
def scored(command: Command, mine: str, tickets: Path) -> Path:
    """A folder with the records of two models; the file is gone."""
    for name in ("WordHash", "Other"):
        outcome = command("--model", f"{mine}:{name}", "--tasks", tickets)
        assert outcome.code == 0, outcome.err
    tickets.rename(tickets.with_suffix(".elsewhere"))
    return Path("results")


def test_the_score_is_that_of_scipy(command: Command, mine: str, tickets: Path):
    outcome = command("--model", f"{mine}:WordHash", "--tasks", tickets, "--format", "json")
    [run] = json.loads(outcome.out)["runs"]
    first, second, gold = zip(*made_up_pairs(), strict=True)
    a, b = (WordHash().encode(column).astype(float) for column in (first, second))
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    expected = stats.spearmanr(cosines.round(6), gold).statistic
    assert run["tasks"]["tickets"]["main_score"] == pytest.approx(expected, abs=2e-3)


def test_it_is_said_how_the_file_was_read(command: Command, mine: str, tickets: Path):
    outcome = command("--model", f"{mine}:WordHash", "--tasks", tickets)
    said = outcome.err.splitlines()
    assert "tickets.tsv: TSV, UTF-8" in said[0]
    assert "first = sentence1, second = sentence2, score = score" in said[1]
    assert "60 rows" in said[2]
    assert "scores from 0 to 2" in said[2]
    first, second, score = made_up_pairs()[0]
    assert f"{first} | {second} | {score:g}" in outcome.err
    heading, _, row = outcome.out.splitlines()[:3]
    assert heading.split() == ["Model", "tickets"]
    assert row.split()[0] == "word-hash"


def test_a_finished_record_is_taken_until_the_content_changes(
    command: Command, mine: str, tickets: Path, calls: Callable[[], list[str]]
):
    asked = ("--model", f"{mine}:WordHash", "--no-cache", "--tasks", tickets)
    first = command(*asked)
    again = command(*asked)
    assert len(calls()) == 1
    assert again.out.splitlines()[:3] == first.out.splitlines()[:3]
    moved = write(tickets.with_name("moved.tsv"), made_up_pairs())
    assert command(*asked[:-1], f"tickets={moved}").code == 0
    assert len(calls()) == 1
    rows = made_up_pairs()
    write(tickets, [*rows[:-1], (rows[-1][0], rows[-1][1], 2.5)])
    changed = command(*asked)
    assert len(calls()) == 2
    assert changed.out.splitlines()[2] != first.out.splitlines()[2]


def test_models_are_compared_without_the_file(scored: Path, verb: Command, tickets: Path):
    outcome = verb("compare", scored, "--models", "word-hash", "other", "--resamples", 200)
    assert outcome.code == 0, outcome.err
    assert "own-pairs: Spearman's correlation x 100" in outcome.out
    assert "all around one sentence together" in outcome.out
    tickets.with_suffix(".elsewhere").rename(tickets)
    with_file = verb(
        *("compare", scored, "--models", "word-hash", "other", "--resamples", 200),
        *("--tasks", tickets),
    )
    assert with_file.out == outcome.out


def test_explain_shows_sentences_where_the_file_is_given(
    scored: Path, verb: Command, tickets: Path
):
    asked = ("explain", scored, "--models", "word-hash", "--top", 1)
    without = verb(*asked)
    assert without.code == 0, without.err
    assert "sentences are not at hand" in without.out
    there = write(tickets, made_up_pairs())
    shown = verb(*asked, "--tasks", there)
    assert any(first in shown.out for first, _, _ in made_up_pairs())
    write(tickets, made_up_pairs()[1:])
    verb(*asked, "--tasks", there).refused(2, "is not what the records were scored on")


def test_the_gate_needs_no_file(scored: Path, verb: Command, tickets: Path, mine: str):
    assert verb("check", scored, "--baseline", "baseline.toml", "--update").code == 0
    passed = verb("check", scored, "--baseline", "baseline.toml")
    assert (passed.code, passed.out.count("ok ")) == (0, 2)
    text = Path("baseline.toml").read_text()
    Path("baseline.toml").write_text(f"{text}\n[tolerances]\nown-pairs = 0.5\n")
    assert verb("check", scored, "--baseline", "baseline.toml").code == 0
    assert verb("check", scored, "--baseline", scored, "--significant").code == 0


def test_other_content_under_the_same_name_is_another_question(
    scored: Path, verb: Command, command: Command, tickets: Path, mine: str
):
    assert verb("check", scored, "--baseline", "baseline.toml", "--update").code == 0
    write(tickets, made_up_pairs(59))
    other = command(*("--model", f"{mine}:Other", "--tasks", tickets, "--output-dir", "changed"))
    assert other.code == 0
    assert verb("check", "changed", "--baseline", "baseline.toml").code == 1
    outcome = verb("compare", f"{scored}/word-hash", "changed")
    outcome.refused(2, "different questions")


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_the_leaderboard_needs_no_file(scored: Path, verb: Command, form: str):
    outcome = verb("leaderboard", scored, "--output", "board", "--format", form)
    assert outcome.code == 0, outcome.err
    [page] = [path for path in Path("board").iterdir() if path.suffix != ".json"]
    text = page.read_text()
    assert "tickets" in text
    assert "word-hash" in text


def test_a_model_card_names_it_and_the_hash_of_its_content(scored: Path, verb: Command):
    card = ("--to", "model-index", "--model-name", "org/model")
    outcome = verb("export", scored / "other", *card)
    assert outcome.code == 0, outcome.err
    [record] = [json.loads(path.read_text()) for path in (scored / "other").rglob("*.json")]
    assert f"revision: {record['data']['sha256']}" in outcome.out
    assert "name: tickets (own data)" in outcome.out


def test_texts_with_labels_are_a_transfer_task(command: Command, verb: Command, mine: str):
    rows = [f"{first},{'warm' if 'sun' in first else 'cold'}" for first, *_ in made_up_pairs(80)]
    Path("moods.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    outcome = command(
        *("--model", f"{mine}:WordHash", "--tasks", "moods.csv", "--protocol", "sklearn"),
    )
    assert outcome.code == 0, outcome.err
    [path] = Path("results").rglob("*.json")
    record = json.loads(path.read_text())
    assert record["task"] == "moods/sklearn"
    assert record["asked"]["classes"] == ["cold", "warm"]
    Path("moods.csv").unlink()
    shown = verb("explain", "results", "--models", "word-hash")
    assert "cold" in shown.out
    assert "warm" in shown.out


def test_names_of_classes_are_kept_as_they_can_be_shown(command: Command, verb: Command, mine: str):
    texts = [first for first, *_ in made_up_pairs(80)]
    names = {True: "very\u00a0warm", False: "co\x1bld"}
    rows = [f"{text},{names['sun' in text]}" for text in texts]
    Path("moods.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    asked = ("--model", f"{mine}:WordHash", "--tasks", "moods.csv", "--protocol", "sklearn")
    assert command(*asked).code == 0
    assert "taken from an earlier run" in command(*asked).out
    shown = verb("explain", "results", "--models", "word-hash")
    assert shown.code == 0, shown.err
    assert "very warm" in shown.out
    assert r"co\x1bld" in shown.out


def test_a_catalogue_of_ones_own(command: Command, verb: Command, mine: str, tickets: Path):
    Path("tasks.toml").write_text(
        '[[tasks]]\nid = "tickets"\nfile = "tickets.tsv"\ngroup = "support"\nheading = "Tickets"\n'
        'note = "made up"\n\n[[tasks]]\nid = "half"\nfile = "half.tsv"\ngroup = "support"\n'
    )
    write(Path("half.tsv"), made_up_pairs()[::2])
    asked = ("--model", f"{mine}:WordHash", "--catalogue", "tasks.toml")
    outcome = command(*asked)
    assert outcome.code == 0, outcome.err
    heading = outcome.out.splitlines()[0].split()
    assert heading == ["Model", "Tickets", "half", "Avg."]
    assert "note: made up" in outcome.out
    half = command(*asked, "--tasks", "support", "!tickets", "--format", "json")
    assert [list(run["tasks"]) for run in json.loads(half.out)["runs"]] == [["half"]]
    explained = verb("explain", "results", "--models", "word-hash", "--tasks", "support")
    assert explained.code == 0, explained.err


def test_nothing_is_downloaded_for_it(command: Command, mine: str, tickets: Path):
    outcome = command("--model", f"{mine}:WordHash", "--tasks", tickets, "--dry-run")
    [row] = [line for line in outcome.out.splitlines() if line.startswith("tickets ")]
    assert row.split() == ["tickets", "60", "own", "data"]
    assert "downloaded" not in outcome.out


def test_errors_have_one_line_and_a_code(command: Command, mine: str, tmp_path: Path):
    asked = ("--model", f"{mine}:WordHash", "--tasks")
    command(*asked, "nowhere.tsv").refused(3, "nowhere.tsv")
    write(Path("STS12.tsv"), made_up_pairs())
    command(*asked, "STS12.tsv").refused(2, "cannot be called STS12", "mine-STS12=FILE")
    write(Path("bad.tsv"), [*made_up_pairs(), ("a", "b", "good")])  # type: ignore[list-item]
    command(*asked, "bad.tsv").refused(3, "bad.tsv, line 62", "'good'")
    command(*asked, "STS12", "--catalogue", "nowhere.toml").refused(2, "--catalogue")


def test_a_table_of_two_kinds_has_the_intervals_of_each(
    command: Command, verb: Command, mine: str, tickets: Path, tmp_path: Path
):
    """A leaderboard resamples each score as what it is: no rank correlation of zeros and ones."""
    write(Path("same.tsv"), [(*texts, float(gold > 1)) for *texts, gold in made_up_pairs()])
    Path("tasks.toml").write_text(
        "".join(
            f'[[tasks]]\nid = "{name}"\nfile = "{name}.tsv"\ngroup = "support"\n'
            for name in ("tickets", "same")
        )
    )
    assert command("--model", f"{mine}:WordHash", "--catalogue", "tasks.toml").code == 0
    scores = {
        record["task"]: record["main_score"]
        for record in map(json.loads, (p.read_text() for p in Path("results").rglob("*.json")))
    }
    outcome = verb("leaderboard", "results", "--output", tmp_path / "board")
    assert outcome.code == 0, outcome.err
    kept = json.loads((tmp_path / "board" / "statistics.json").read_text())
    found = {name: each for row in kept["rows"].values() for name, each in row["scores"].items()}
    assert {name: each["score"] for name, each in found.items()} == pytest.approx(scores)
    assert all(each["low"] <= each["score"] <= each["high"] for each in found.values())
