"""A record is what was written and says one thing everywhere, or it is none."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmark.encoders import EncoderCard
from benchmark.errors import UnreadableRecord
from benchmark.results import ResultStore, contradiction, encode_record, read_record
from tests.results.edits import checksum, edit, forge
from tests.results.samples import CARD, renamed, sample_result


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound record, with a character that takes several bytes."""
    return ResultStore(tmp_path).write("tiny-bert", CARD, sample_result(name="tïny"))


def refused(path: Path) -> str:
    with pytest.raises(UnreadableRecord) as caught:
        read_record(path)
    assert caught.value.exit_code == 3
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()
    return str(caught.value)


# --- what was written -----------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A sound record with little in it: each of its bits is turned."""
    card = EncoderCard(name="tïny", version="1")
    little = sample_result(card=card, environment={}, timings={}, subsets={"a": {"pairs": 750}})
    return ResultStore(tmp_path).write("tiny", card, little)


def believed(path: Path, positions: Callable[[bytes], list[tuple[int, int]]]) -> list[bytes]:
    """Change one byte of a file at a time; return those contents that pass for another record."""
    sound, content = read_record(path), path.read_bytes()
    passed = []
    with path.open("r+b", buffering=0) as file:
        for place, byte in positions(content):
            os.pwrite(file.fileno(), bytes([byte]), place)
            try:
                found = read_record(path)
            except UnreadableRecord:
                continue
            finally:
                os.pwrite(file.fileno(), content[place : place + 1], place)
            if found != sound:
                passed.append(content[:place] + bytes([byte]) + content[place + 1 :])
    assert path.read_bytes() == content
    return passed


def test_no_flipped_bit_passes(small: Path):
    def flips(content: bytes) -> list[tuple[int, int]]:
        return [(i, byte ^ 1 << bit) for i, byte in enumerate(content) for bit in range(8)]

    assert believed(small, flips) == []


def test_no_other_digit_passes(small: Path):
    def digits(content: bytes) -> list[tuple[int, int]]:
        return [
            (i, other)
            for i, byte in enumerate(content)
            if byte in b"0123456789"
            for other in b"0123456789"
            if other != byte
        ]

    assert believed(small, digits) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"main_score": 0.95},
        {"main_score": 0.95, "scores": {"all": {"spearman": 0.95, "pearson": 0.95}}},
        {"subsets": {}},
        {"counts": {"pairs": 751}},
        {"notes": ["checked by hand"]},
        {"created": "yesterday"},
        {"analysis": {"alignment": 0.1}},
        {"something": "else"},
    ],
    ids=lambda fields: next(reversed(fields)),
)
def test_an_edited_field_is_refused(path: Path, fields: dict[str, Any]):
    edit(path, **fields)
    assert "changed after it was written: its sha256 is not that of" in refused(path)


def test_a_record_without_checksum_is_refused(path: Path):
    document = json.loads(path.read_bytes())
    del document["sha256"]
    path.write_text(json.dumps(document))
    assert "bears no sha256" in refused(path)


def test_the_checksum_is_the_documented_one(path: Path):
    document = json.loads(path.read_bytes())
    assert document["sha256"] == checksum(document)


@pytest.mark.parametrize("score", [1e-05, 0.1 + 0.2, 5e-324, -0.0, 1.0, 1e-7])
def test_a_score_of_any_length_has_its_checksum(tmp_path: Path, score: float):
    path = ResultStore(tmp_path).write("x", CARD, sample_result(score=score))
    assert read_record(path).main_score == score
    forge(path)
    assert read_record(path).main_score == score


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: json.dumps(json.loads(text)),
        lambda text: json.dumps(dict(reversed(json.loads(text).items())), indent=8),
    ],
    ids=["other line ends", "one line", "another order"],
)
def test_another_form_of_the_same_content_is_the_same_record(path: Path, change):
    before = read_record(path)
    path.write_bytes(change(path.read_text("utf-8")).encode())
    assert read_record(path) == before


# --- what it says ---------------------------------------------------------------------------------


def signed(old: str, new: str) -> dict[str, str]:
    return {"signature": sample_result().signature.replace(old, new)}


DATA = {"dataset": "STS12", "split": "test", "sha256": "cd" * 32, "verified": True}

CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    ({"main_score": 0.99}, "its score is 0.99, but scores.all.spearman is 0.5"),
    ({"aggregation": "mean"}, "signed for agg all, but it holds mean"),
    ({"scores": {}}, "its score is 0.5, but scores.all.spearman is None"),
    ({"task": "STS13"}, "signed for task STS12, but it holds STS13"),
    ({"metric": "pearson"}, "signed for metric spearman, but it holds pearson"),
    ({"metric": "pearson"} | signed("metric:spearman", "metric:pearson"), "of STS12 is spearman"),
    ({"data": DATA}, "but it holds cdcdcdcdcdcd"),
    ({"signature": "nonsense"}, "its signature is damaged: nonsense"),
    ({"signature": ""}, "its signature is damaged"),
    (signed("|v:1", "|v:1\n"), "its signature is damaged"),
    (signed("|metric:spearman", ""), "signed for metric none, but it holds spearman"),
    (signed("split:test", "split:dev"), "signed for split dev, but it holds test"),
    (signed("pool:cls_before_pooler", "pool:avg"), "signed for pool avg, but it holds cls_before"),
    (signed("weights:abab", "weights:baba"), "signed for weights babaabab"),
    (signed("model:org/tiny", "model:org/large"), "signed for model org/large-bert@0123456789ab"),
    (
        {"model": {"name": "x", "fingerprint": None, "card": {"name": "x", "revision": 7}}},
        "its card is none of an encoder",
    ),
]


@pytest.mark.parametrize(("fields", "said"), CONTRADICTIONS, ids=[s for _, s in CONTRADICTIONS])
def test_a_record_that_contradicts_itself_is_refused(path: Path, fields: dict[str, Any], said: str):
    forge(path, **fields)
    assert said in refused(path)


def test_a_classification_has_its_scores_by_split(tmp_path: Path):
    path = ResultStore(tmp_path).write("x", CARD, sample_result("MR"))
    assert read_record(path).main_score == 0.5
    forge(path, scores={"all": {"accuracy": 0.5}, "test": {"accuracy": 0.6}})
    assert "its score is 0.5, but scores.test.accuracy is 0.6" in refused(path)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), 72.3])
def test_a_score_that_is_no_fraction_is_named(score: float):
    assert f"its score is {score}, not a fraction of 1" in contradiction(sample_result(score=score))


def test_a_task_of_another_catalogue_is_no_contradiction():
    mine = renamed(sample_result(), "Mine")
    assert contradiction(mine) == ""
    assert "its score is 0.4" in contradiction(replace(mine, main_score=0.4))


# --- what lies beside it --------------------------------------------------------------------------


def test_predictions_of_another_record_are_refused(tmp_path: Path):
    path = tmp_path / "STS12.json"
    path.write_bytes(encode_record(sample_result(predictions_sha256="0" * 64)))
    assert read_record(path).predictions_sha256 == "0" * 64  # published without them
    path.with_suffix(".npy").write_bytes(b"others")
    with pytest.raises(UnreadableRecord, match=r"STS12\.npy: damaged, or of another record"):
        read_record(path)


# --- what is no file ------------------------------------------------------------------------------


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def listening(path: Path) -> None:
    short = Path("s")  # the name of a socket has a hundred characters at most
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(short))
        short.rename(path.name)
    finally:
        os.fchdir(here)
        os.close(here)


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


@pytest.mark.parametrize("make", [pipe, endless, listening, huge])
@pytest.mark.parametrize("suffix", [".json", ".npy"])
def test_what_never_ends_is_refused_at_once(tmp_path: Path, make, suffix: str):
    path = tmp_path / "STS12.json"
    path.write_bytes(encode_record(sample_result(predictions_sha256="0" * 64)))
    path.with_suffix(suffix).unlink(missing_ok=True)
    make(path.with_suffix(suffix))
    with pytest.raises(UnreadableRecord, match=r"no plain file|more than the [\d,]+"):
        read_record(path)


def test_an_answerer_that_the_card_does_not_tell_is_refused():
    result = sample_result()
    claimed = replace(result, signature=f"{result.signature}|own:field")
    assert contradiction(claimed) == "signed for own field, but it holds none"
