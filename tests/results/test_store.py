"""The output folder: where records lie, when one counts as finished, what a bad one does."""

from __future__ import annotations

import errno
import json
import logging
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.encoders import EncoderCard
from benchmark.errors import RecordError, UnreadableRecord, UsageError
from benchmark.foreign import Unreadable
from benchmark.results import ResultStore, TaskResult, encode_record, read_record, soundness
from benchmark.results.store import slug
from tests.results.samples import CARD, sample_result

NAME = "tiny-bert"


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.WARNING, "benchmark"):
        yield caplog


def finished(store: ResultStore, result: TaskResult, **changes: Any) -> TaskResult | None:
    asked = {"name": NAME, "card": CARD, "task_id": result.task, "signature": result.signature}
    return store.finished(**(asked | changes))


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


# --- layout ---------------------------------------------------------------------------------------


def test_one_file_for_each_model_state_and_task(store: ResultStore):
    other = replace(CARD, pooler="avg")
    for card in (CARD, other):
        for task in ("STS12", "STSBenchmark/dev"):
            store.write("org/tiny-bert", card, sample_result(task, card=card))
    states = sorted(str(card.fingerprint)[:12] for card in (CARD, other))
    assert files(store.folder) == [
        f"org__tiny-bert/{state}/{task}.json"
        for state in states
        for task in ("STS12", "STSBenchmark__dev")
    ]


def test_an_encoder_without_identity_has_a_place_too(store: ResultStore):
    path = store.path("mine", EncoderCard(name="mine"), "STS12")
    assert path == store.folder / "mine" / "unidentified" / "STS12.json"


HOSTILE_NAMES = [
    "..",
    "../..",
    "../../etc/passwd",
    "/etc/passwd",
    "/",
    ".",
    "",
    "a/../../b",
    ".hidden",
    "a\0b",
    "line\nbreak",
    "C:\\Windows\\x",
    "a" * 5000,
    "\u5341" * 200,  # 600 bytes of UTF-8
    "\U0001f600" * 100,
    "e\u0301" * 90,
    "\ud800",
    "path/to/file.py:Name",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_no_name_leaves_the_folder_or_troubles_the_file_system(store: ResultStore, name: str):
    path = store.write(name, CARD, sample_result())
    inside = path.resolve().relative_to(store.folder.resolve())
    assert len(inside.parts) == 3
    assert not inside.parts[0].startswith(".")
    assert read_record(path) == sample_result()


@given(st.text())
def test_slug_of_any_text_is_one_plain_file_name(name: str):
    safe = slug(name)
    assert safe
    assert not set(safe) & set('/\\\0:*?"<>|\n')
    assert not safe.startswith(".")
    assert len(safe.encode()) <= 120


@given(st.text())
def test_slug_of_a_slug_is_itself(name: str):
    assert slug(slug(name)) == slug(name)


# --- what is written ------------------------------------------------------------------------------


def test_record_has_sorted_keys_two_blanks_and_a_final_line_end(store: ResultStore):
    text = store.write(NAME, CARD, sample_result()).read_text("utf-8")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_floats_keep_full_precision(store: ResultStore):
    score = math.nextafter(0.7236899998, 1)
    path = store.write(NAME, CARD, sample_result(score=score))
    assert json.loads(path.read_text())["main_score"] == score
    assert repr(score) in path.read_text()


def test_counts_stay_whole_numbers(store: ResultStore):
    path = store.write(NAME, CARD, sample_result())
    first = path.read_bytes()
    assert json.loads(first)["subsets"]["first"]["pairs"] == 750
    assert b'"pairs": 750,' in first
    assert encode_record(read_record(path)) == first


scores = st.floats(-1, 1)
counts = st.integers(0, 2**40)
texts = st.text(st.characters(exclude_categories=["Cs"]))
table = st.dictionaries(texts, st.dictionaries(texts, scores, max_size=3), max_size=3)


@given(
    main=scores,
    table=table,
    subsets=st.dictionaries(texts, st.dictionaries(texts, scores | counts, max_size=3), max_size=3),
    counts=st.dictionaries(texts, counts, max_size=4),
    timings=st.dictionaries(texts, st.floats(0, 1e9), max_size=3),
    notes=st.lists(texts, max_size=3).map(tuple),
    name=texts,
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, main: float, table: Any, name: str, **fields: Any
):
    scores = table | {"all": {"spearman": main}}
    result = sample_result(score=main, name=name, scores=scores, **fields)
    path = tmp_path_factory.mktemp("record") / "record.json"
    path.write_bytes(encode_record(result))
    back = read_record(path)
    assert asdict(back) == asdict(result)
    assert encode_record(back) == encode_record(result)


def test_a_record_replaces_the_one_before(store: ResultStore):
    store.write(NAME, CARD, sample_result(score=0.1))
    path = store.write(NAME, CARD, sample_result(score=0.2))
    assert read_record(path).main_score == 0.2
    assert files(store.folder) == [path.relative_to(store.folder).as_posix()]


# --- what counts as finished ----------------------------------------------------------------------


def test_finished_gives_back_the_record(store: ResultStore):
    result = sample_result()
    assert finished(store, result) is None
    store.write(NAME, CARD, result)
    assert finished(store, result) == result


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": "task:STS12|another"},
        {"task_id": "STS13"},
        {"name": "another"},
        {"card": replace(CARD, weights_sha256="00" * 32)},
        {"card": replace(CARD, pooler="avg")},
        {"card": EncoderCard(name=NAME)},
    ],
)
def test_a_record_that_answers_another_question_is_not_taken(
    store: ResultStore, changes: dict[str, Any]
):
    result = sample_result()
    store.write(NAME, CARD, result)
    assert finished(store, result, **changes) is None


def test_a_record_of_an_encoder_without_identity_is_never_taken(store: ResultStore):
    card = EncoderCard(name="mine")
    result = sample_result(card=card)
    assert store.write(NAME, card, result).is_file()
    assert finished(store, result, card=card) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda result: replace(result, model=replace(result.model, fingerprint="00" * 32)),
        lambda result: replace(result, task="STS13"),
    ],
    ids=["fingerprint", "task"],
)
def test_a_record_in_the_wrong_place_is_not_taken(
    store: ResultStore, change: Callable[[TaskResult], TaskResult]
):
    result = sample_result()
    path = store.path(NAME, CARD, result.task)
    path.parent.mkdir(parents=True)
    path.write_bytes(encode_record(change(result)))
    assert finished(store, result) is None


def with_field(field: str, value: Any) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        return json.dumps(json.loads(content) | {field: value}).encode()

    return change


def without_field(field: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        return json.dumps({k: v for k, v in json.loads(content).items() if k != field}).encode()

    return change


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "without its end": lambda content: content.rstrip()[:-1],
    "zeros": lambda content: bytes(len(content)),
    "not JSON": lambda content: b"<html>",
    "another JSON": lambda content: b"[1, 2]",
    "not UTF-8": lambda content: content.replace(b"STS12", b"STS\xff2"),
    "NaN": lambda content: content.replace(b'"main_score": 0.5', b'"main_score": NaN'),
    "infinite": lambda content: content.replace(b'"main_score": 0.5', b'"main_score": 1e999'),
    "null score": with_field("main_score", None),
    "text score": with_field("main_score", "0.5"),
    "score of 72.37": with_field("main_score", 72.37),
    "negative count": with_field("counts", {"pairs": -1}),
    "older schema": with_field("schema_version", 1),
    "newer schema": with_field("schema_version", 4),
    "without signature": without_field("signature"),
    "without main score": without_field("main_score"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_record_is_reported_and_not_taken(
    store: ResultStore,
    warnings: pytest.LogCaptureFixture,
    damage: Callable[[bytes], bytes],
):
    result = sample_result()
    path = store.write(NAME, CARD, result)
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert path.read_bytes() != content
    assert finished(store, result) is None
    [warning] = warnings.messages
    assert str(path) in warning
    assert "computing it again" in warning


def test_other_versions_are_named(store: ResultStore):
    path = store.write(NAME, CARD, replace(sample_result(), schema_version=7))
    with pytest.raises(UnreadableRecord, match="version 7, this program reads 2 and 3") as caught:
        read_record(path)
    assert caught.value.exit_code == 3


def test_a_version_with_other_fields_is_named_by_its_version(tmp_path: Path):
    path = tmp_path / "STS12.json"
    path.write_text('{"schema_version": 7, "score": 0.5}')
    with pytest.raises(UnreadableRecord, match="schema version 7"):
        read_record(path)


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"schema_version": 3, "main_score": NaN}', "{}", "\xff"]
)
def test_what_is_no_record_is_named(tmp_path: Path, content: str):
    path = tmp_path / "STS12.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UnreadableRecord, match=r"STS12\.json: not a readable record"):
        read_record(path)


def test_a_record_that_cannot_be_read_is_reported(
    store: ResultStore, warnings: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    result = sample_result()
    store.write(NAME, CARD, result)

    def refuse(path: Path, most: int) -> bytes:
        raise Unreadable("Permission denied")

    monkeypatch.setattr(soundness, "read_bytes", refuse)
    assert finished(store, result) is None
    assert "Permission denied" in warnings.messages[0]


# --- what cannot be written -----------------------------------------------------------------------


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_a_record_that_cannot_be_written_is_an_error_and_leaves_the_old_one(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch, code: int
):
    path = store.write(NAME, CARD, sample_result(score=0.1))

    def full(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecordError, match=os.strerror(code)) as caught:
        store.write(NAME, CARD, sample_result(score=0.2))
    assert str(path) in str(caught.value)
    assert "`output_dir`" in str(caught.value)
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert read_record(path).main_score == 0.1
    assert files(store.folder) == [path.relative_to(store.folder).as_posix()]


def test_a_folder_that_went_away_is_made_again(store: ResultStore):
    store.prepare()
    store.folder.rmdir()
    assert store.write(NAME, CARD, sample_result()).is_file()


def test_a_folder_that_became_a_file_is_an_error(store: ResultStore):
    store.folder.write_text("not a folder")
    with pytest.raises(RecordError, match="cannot be written"):
        store.write(NAME, CARD, sample_result())


def test_prepare_makes_the_folder_and_leaves_nothing_in_it(store: ResultStore):
    store.prepare()
    store.prepare()
    assert list(store.folder.iterdir()) == []


def test_prepare_removes_what_killed_runs_left(store: ResultStore):
    path = store.write(NAME, CARD, sample_result())
    half = path.with_name(".STS13.json.abc.half")
    half.write_bytes(b"{")
    os.utime(half, (0, 0))
    store.prepare()
    assert files(store.folder) == [path.relative_to(store.folder).as_posix()]


@pytest.mark.parametrize("below", ["", "a/b"])
def test_prepare_refuses_a_file_in_the_place_of_a_folder(store: ResultStore, below: str):
    store.folder.write_text("not a folder")
    with pytest.raises(UsageError, match=r"cannot be written.*choose another folder") as caught:
        ResultStore(store.folder / below).prepare()
    assert str(store.folder) in str(caught.value)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_prepare_refuses_what_cannot_be_written(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch, code: int
):
    def refuse(*arguments: object, **options: object) -> tuple[int, str]:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("benchmark.atomic.tempfile.mkstemp", refuse)
    with pytest.raises(UsageError, match=os.strerror(code)):
        store.prepare()
