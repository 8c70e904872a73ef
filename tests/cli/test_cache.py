"""``python -m benchmark cache``: show, prune, clear."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmark.embeddings import VectorCache, VectorStore, default_cache
from benchmark.embeddings.storage import EncodedVectors
from tests.cli.conftest import Command
from tests.cli.verbs import verb

__all__ = ["verb"]

MODELS = {"org/first": "abc123" + "0" * 58, "second": "abd456" + "1" * 58}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models with stored vectors, to be copied: writing waits for the disk."""
    folder = tmp_path_factory.mktemp("original")
    for count, (name, fingerprint) in zip((2500, 50), MODELS.items(), strict=True):
        fill(VectorCache(folder), name, fingerprint, count)
    return folder


@pytest.fixture
def cache(original: Path, tmp_path: Path) -> VectorCache:
    """Two models with stored vectors."""
    cache = default_cache()
    assert cache.folder == tmp_path / "cache" / "vectors"
    shutil.copytree(original, cache.folder)
    return cache


def fill(cache: VectorCache, name: str, fingerprint: str, count: int) -> VectorStore:
    store = cache.store(json.dumps({"fingerprint": fingerprint, "device": "cpu"}), name)
    sentences = [f"sentence {place}" for place in range(count)]
    store.add(sentences, EncodedVectors(np.ones((count, 8), np.float32), np.zeros(count, np.int32)))
    os.utime(store.path, (0, 0))  # nobody writes it now
    return store


def names(cache: VectorCache) -> set[str]:
    return {summary.name for summary in cache.summaries()}


# --- showing --------------------------------------------------------------------------------------


def test_nothing_is_stored(verb: Command, tmp_path: Path) -> None:
    outcome = verb("cache")
    assert outcome.code == 0
    assert outcome.out == f"0 B of at most 10.0 GB in {tmp_path / 'cache' / 'vectors'}\n"
    assert outcome.err == ""
    assert not (tmp_path / "cache").exists()


def test_the_list(verb: Command, cache: VectorCache) -> None:
    outcome = verb("cache")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["Model", "State", "Sentences", "Size", "Last", "used", "(UTC)"]
    first = next(line for line in lines if line.startswith("org/first"))
    today = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d")
    assert first.split()[1:4] == ["abc123000000", "2,500", f"{_size(cache, 'org/first')}"]
    assert first.split()[5] == today
    assert lines[-1].endswith(f" of at most 10.0 GB in {cache.folder}")


def _size(cache: VectorCache, name: str) -> str:
    [summary] = [summary for summary in cache.summaries() if summary.name == name]
    return f"{summary.bytes / 1024:.1f}"


def test_the_list_as_json(verb: Command, cache: VectorCache) -> None:
    outcome = verb("cache", "--format", "json")
    assert outcome.code == 0
    document = json.loads(outcome.out)
    assert document["folder"] == str(cache.folder)
    assert document["limit_bytes"] == 10 * 1024**3
    assert document["bytes"] == cache.size()
    assert {
        (entry["model"], entry["fingerprint"], entry["sentences"]) for entry in document["stores"]
    } == {
        ("org/first", MODELS["org/first"], 2500),
        ("second", MODELS["second"], 50),
    }
    for entry in document["stores"]:
        assert dt.datetime.fromisoformat(entry["last_used"]).tzinfo is not None
    assert sum(entry["bytes"] for entry in document["stores"]) == document["bytes"]


HOSTILE = "\x1b[31mred\x1b[0m\nsecond line\u202e<b>|\\textbf{x}\t\udcff\0"


@pytest.mark.parametrize("form", ["table", "json"])
def test_names_of_unknown_origin(verb: Command, form: str) -> None:
    cache = default_cache()
    fill(cache, HOSTILE, "\x1b[2J" + "0" * 60, 3)
    outcome = verb("cache", "--format", form)
    assert outcome.code == 0
    assert all(character.isprintable() or character == "\n" for character in outcome.out)
    if form == "json":
        [entry] = json.loads(outcome.out)["stores"]
        assert entry["model"] == HOSTILE.encode("utf-8", "backslashreplace").decode()
    else:
        assert len(outcome.out.splitlines()) == 5


def test_a_folder_whose_name_is_no_text(
    verb: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "odd\udcff\x1b"))
    fill(default_cache(), "mine", "0" * 64, 3)
    assert verb("cache").code == 0
    outcome = verb("cache", "--format", "json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["folder"].endswith("odd\\xff\x1b/vectors")


def test_damaged_files_are_reported_and_counted(verb: Command, cache: VectorCache) -> None:
    (cache.folder / "x.sqlite").write_bytes(b"text" * 1000)
    (cache.folder / "y.damaged").write_bytes(bytes(10 * 1024**2))
    outcome = verb("cache")
    assert outcome.code == 0
    assert "10.8 MB of at most" in outcome.out
    [said] = outcome.err.splitlines()
    assert said.startswith("warning: ")
    assert said.endswith(
        "x.sqlite: cannot be read (file is not a database); `cache clear` deletes it"
    )


# --- pruning --------------------------------------------------------------------------------------


def test_prune_to_a_size(verb: Command, cache: VectorCache) -> None:
    [first] = [summary for summary in cache.summaries() if summary.name == "org/first"]
    outcome = verb("cache", "prune", "--max-size", "400k")
    assert outcome.code == 0
    assert outcome.out == f"{first.bytes / 1024:.1f} kB set free\n"
    assert names(cache) == {"second"}


@pytest.mark.parametrize("size", ["1G", "0.5 GiB", "900000", "1tb", "900 KB"])
def test_prune_to_a_size_that_is_not_reached(verb: Command, cache: VectorCache, size: str) -> None:
    assert verb("cache", "prune", "--max-size", size).out == "0 B set free\n"
    assert names(cache) == set(MODELS)


def test_prune_to_the_limit(
    verb: Command, cache: VectorCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verb("cache", "prune").out == "0 B set free\n"
    monkeypatch.setenv("BENCHMARK_CACHE_BYTES", "0")
    assert verb("cache", "prune").code == 0
    assert names(cache) == set()
    assert cache.size() == 0


@pytest.mark.parametrize(
    "size", ["", " ", "lots", "5X", "-5", "1e3", "5 5", "nan", "5GG", "G", "9" * 400]
)
def test_sizes_that_are_none(verb: Command, cache: VectorCache, size: str) -> None:
    outcome = verb("cache", "prune", f"--max-size={size}")
    outcome.refused(2, "not a size; write it like 500M or 5G")
    assert names(cache) == set(MODELS)


# --- clearing -------------------------------------------------------------------------------------


def test_clear(verb: Command, cache: VectorCache) -> None:
    before = cache.size()
    outcome = verb("cache", "clear")
    assert outcome.code == 0
    assert outcome.out == f"{before / 1024:.1f} kB set free\n"
    assert list(cache.folder.iterdir()) == []
    assert verb("cache", "clear").out == "0 B set free\n"


@pytest.mark.parametrize("model", ["org/first", "abc123", "abc12300", MODELS["org/first"]])
def test_clear_one_model(verb: Command, cache: VectorCache, model: str) -> None:
    assert verb("cache", "clear", "--model", model).code == 0
    assert names(cache) == {"second"}


@pytest.mark.parametrize("model", ["", "first", "abc12", "ab", "ABC123", "org/firs", "/", "a*"])
def test_clear_a_model_that_is_not_there(verb: Command, cache: VectorCache, model: str) -> None:
    outcome = verb("cache", "clear", f"--model={model}")
    outcome.refused(2, f"--model {model}", "nothing is stored for it; `cache` lists what is")
    assert names(cache) == set(MODELS)


def test_a_name_goes_before_the_digits_of_a_state(verb: Command, cache: VectorCache) -> None:
    fill(cache, "abc123", "2" * 64, 3)
    assert verb("cache", "clear", "--model", "abc123").code == 0
    assert names(cache) == set(MODELS)


def test_clear_what_cannot_be_deleted(verb: Command, cache: VectorCache) -> None:
    (cache.folder / "x.sqlite").mkdir()
    verb("cache", "clear").refused(2, "x.sqlite: cannot be deleted (Is a directory)")
    assert names(cache) == set()


# --- usage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["cache", "--format", "xml"],
        ["cache", "empty"],
        ["cache", "prune", "--model", "x"],
        ["cache", "clear", "--max-size", "5G"],
        ["cache", "prune", "--max-size"],
    ],
    ids=" ".join,
)
def test_wrong_usage(verb: Command, cache: VectorCache, arguments: list[str]) -> None:
    verb(*arguments).refused(2)
    assert names(cache) == set(MODELS)


@pytest.mark.parametrize("arguments", [[], ["prune"], ["clear"]])
def test_a_limit_that_is_no_number(
    verb: Command, cache: VectorCache, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE_BYTES", "10G")
    verb("cache", *arguments).refused(2, "BENCHMARK_CACHE_BYTES=10G: not a number of bytes")


def test_help_names_what_there_is(verb: Command) -> None:
    outcome = verb("cache", "--help")
    assert outcome.code == 0
    assert "prune" in outcome.out
    assert "clear" in outcome.out
