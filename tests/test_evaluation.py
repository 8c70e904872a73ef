"""The library call: an encoder in memory or by name, tasks, and a run that says everything."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import benchmark
from benchmark import DataError, EncoderCard, ModelError, TaskError, UsageError, evaluate
from benchmark.encoders.protocol import TokenizedSentences
from benchmark.results import comparable, read_record
from tests.encoder_files import NotANumber, Raises, TooFew, WordHash
from tests.made_up_data import write_senteval

STS = ["STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICKRelatedness"]


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The options for made-up data."""
    folder = write_senteval(tmp_path_factory.mktemp("senteval"))
    return {"data_dir": folder, "unverified_data": True}


class Watched(WordHash):
    """Notes what it is asked."""

    card = EncoderCard(name="watched", version="1")

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.calls = 0

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        self.asked += sentences
        self.calls += 1
        return super().encode(sentences)


# --- what comes back ------------------------------------------------------------------------------


def test_an_encoder_in_memory_is_scored(made_up: dict[str, Any]):
    run = evaluate(WordHash(), **made_up)
    assert run.model == "word-hash"
    assert list(run.results) == STS
    assert run.failures == {}
    assert 0.5 < run["STS12"].main_score < 1
    assert run["STS12"].main_score == run["STS12"].scores["all"]["spearman"]
    assert run.average("sts") is not None
    assert set(run.timings) == {
        "look_up_seconds",
        "load_seconds",
        "encode_seconds",
        "score_seconds",
        "total_seconds",
    }


def test_an_object_without_a_card_is_named_by_its_class(made_up: dict[str, Any]):
    class Mine:
        def encode(self, sentences: list[str]) -> np.ndarray:
            return WordHash().encode(sentences)

    run = evaluate(Mine(), "STS12", **made_up)
    assert run.model == "Mine"
    assert run["STS12"].model.fingerprint is None
    assert run["STS12"].main_score == evaluate(WordHash(), "STS12", **made_up)["STS12"].main_score


def test_a_row_may_have_a_name_of_ones_own(made_up: dict[str, Any], tmp_path: Path):
    run = evaluate(WordHash(), "STS12", name="ours", output_dir=tmp_path, **made_up)
    assert (run.model, run["STS12"].model.name) == ("ours", "ours")
    assert run.paths["STS12"].parent.parent == tmp_path / "ours"
    file = f"{shutil.copy(Path(__file__).with_name('encoder_files.py'), tmp_path)}:WordHash"
    [run] = evaluate([f"theirs={file}"], "STS12", **made_up)
    assert run.model == "theirs"
    for several in ([WordHash(), WordHash()], [f"a={file}", f"b={file}"]):
        with pytest.raises(UsageError, match="for one model; several are called NAME=MODEL"):
            evaluate(several, "STS12", name="ours", **made_up)


def test_an_encoder_can_be_named(
    made_up: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    file = shutil.copy(Path(__file__).with_name("encoder_files.py"), tmp_path)
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    named = evaluate(f"{file}:WordHash", "STS12", **made_up)
    assert named["STS12"].signature == evaluate(WordHash(), "STS12", **made_up)["STS12"].signature


def test_nothing_is_printed_and_nothing_is_kept(
    made_up: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    evaluate(WordHash(), "sts", **made_up)
    assert capsys.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told(made_up: dict[str, Any]):
    told: list[tuple[int, int]] = []
    evaluate(WordHash(), "STS12", **made_up, advance=lambda done, total: told.append((done, total)))
    totals = {total for _, total in told}
    assert len(totals) == 1
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == totals.pop()


def test_the_run_can_be_rendered(made_up: dict[str, Any]):
    run = evaluate(WordHash(), "STS12", **made_up)
    shown = benchmark.render([run], "csv").splitlines()[1]
    assert shown == f"word-hash,STS12,{run['STS12'].main_score!r},{run['STS12'].signature}"


# --- encode once ----------------------------------------------------------------------------------


def test_every_distinct_sentence_of_all_tasks_is_encoded_once(made_up: dict[str, Any]):
    encoder = Watched()
    run = evaluate(encoder, "sts sts-dev DemoSTS", **made_up)
    assert len(encoder.asked) == len(set(encoder.asked)) == run.counts["distinct_sentences"]
    each = sum(result.counts["distinct_sentences"] for result in run.results.values())
    assert len(encoder.asked) < each


def test_an_encoder_for_all_kinds_of_tasks_is_asked_in_one_go():
    encoder = Watched()
    run = evaluate(encoder, "DemoSTS DemoPolarity", protocol="senteval-fast")
    assert [task.partition("/")[0] for task in run.results] == ["DemoSTS", "DemoPolarity"]
    assert encoder.calls == 1
    assert len(encoder.asked) == len(set(encoder.asked)) == run.counts["distinct_sentences"]


def test_scores_of_a_task_do_not_depend_on_what_else_is_asked(made_up: dict[str, Any]):
    alone = evaluate(WordHash(), "STS14", **made_up)["STS14"]
    among = evaluate(WordHash(), "sts", **made_up)["STS14"]
    assert (among.scores, among.subsets, among.signature) == (
        alone.scores,
        alone.subsets,
        alone.signature,
    )


# --- what is counted ------------------------------------------------------------------------------


class Forgetful(WordHash):
    """Knows no word of some sentences."""

    card = EncoderCard(name="forgetful", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        vectors = super().encode(sentences)
        vectors[[sentence.startswith("The") for sentence in sentences]] = 0
        return vectors


def test_zero_vectors_are_counted_and_reported():
    watched = Watched()
    evaluate(watched, "DemoSTS")
    zeros = sum(sentence.startswith("The") for sentence in watched.asked)
    run = evaluate(Forgetful(), "DemoSTS")
    assert run["DemoSTS"].counts["zero_vectors"] == zeros > 0
    assert f"{zeros} zero vectors" in benchmark.render([run])


class Short(WordHash):
    """Takes four words at most."""

    card = EncoderCard(name="short", version="1", max_length=4)
    batch_tokens = 512

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        ids = [[len(word) for word in sentence.split()] for sentence in sentences]
        long = frozenset(place for place, row in enumerate(ids) if len(row) > 4)
        return TokenizedSentences([row[:4] for row in ids], long)

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        lengths = np.zeros((len(rows), 20), np.float32)
        for place, row in enumerate(rows):
            lengths[place, row] = 1
        return lengths


@pytest.mark.parametrize(("limit", "said"), [("1000", 1), ("1000000000", 0)])
def test_vectors_that_are_more_than_the_store_may_hold(
    limit: str, said: int, tmp_path: Path, monkeypatch: Any, caplog: pytest.LogCaptureFixture
):
    """All of them go at the end of the run, which is not to be learnt from the next one."""
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("BENCHMARK_CACHE_BYTES", limit)
    evaluate(Watched(), "DemoSTS", cache=True)
    told = [line for line in caplog.messages if "its stored vectors take" in line]
    assert len(told) == said
    for line in told:
        size = re.fullmatch(
            r"watched: its stored vectors take ([\d,]+) bytes, more than the limit of 1,000, and "
            r"are deleted; the next run encodes all again: set BENCHMARK_CACHE_BYTES higher",
            line,
        )
        assert size
        assert int(size[1].replace(",", "")) > 1000
    again = Watched()
    evaluate(again, "DemoSTS", cache=True)
    assert bool(again.asked) == bool(said)


def test_truncated_sentences_are_counted_and_reported(caplog: pytest.LogCaptureFixture):
    watched = Watched()
    evaluate(watched, "DemoSTS")
    long = sum(len(sentence.split()) > 4 for sentence in watched.asked)
    run = evaluate(Short(), "DemoSTS")
    assert run["DemoSTS"].counts["truncated_sentences"] == run.counts["truncated"] == long > 0
    assert f"short: {long} sentences were cut at the model's limit" in caplog.messages
    assert f"{long} of them cut at the model's limit" in benchmark.render([run])


class Wordless(Short):
    """Finds no token in some sentences."""

    card = EncoderCard(name="wordless", version="1")

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        whole = super().tokenize(sentences).ids
        pairs = zip(whole, sentences, strict=True)
        return TokenizedSentences([r[: not s.startswith("The")] for r, s in pairs], frozenset())


@pytest.mark.parametrize("task", ["DemoSTS", "DemoPolarity"])
def test_sentences_without_a_token_are_counted_and_reported(
    caplog: pytest.LogCaptureFixture, task: str
):
    watched = Watched()
    evaluate(watched, task)
    none = sum(sentence.startswith("The") for sentence in watched.asked)
    run = evaluate(Wordless(), task)
    assert run[task].counts["zero_vectors"] == none > 0
    assert f"wordless: {none} sentences have no token; they got the zero vector" in caplog.messages
    assert f"{none} zero vectors" in benchmark.render([run])


def test_signatures_tell_who_answered_and_agree_on_the_question(made_up: dict[str, Any]):
    first = evaluate(WordHash(), "STS12", **made_up)["STS12"].signature
    second = evaluate(Watched(), "STS12", **made_up)["STS12"].signature
    assert first != second
    assert comparable(first, second)


def test_a_caution_goes_wherever_the_score_goes(made_up: dict[str, Any]):
    assert "not for comparing models" in evaluate(WordHash(), "DemoSTS")["DemoSTS"].notes[0]
    assert "scored on unverified data" in evaluate(WordHash(), "STS12", **made_up)["STS12"].notes


# --- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoder", "kind"),
    [(Raises(), ModelError), (TooFew(), ModelError), (NotANumber(), TaskError)],
    ids=["raises", "too few", "not a number"],
)
def test_when_nothing_can_be_scored_the_failure_is_raised(encoder: Any, kind: type[Exception]):
    with pytest.raises(kind, match=encoder.card.name if kind is ModelError else "DemoSTS"):
        evaluate(encoder, "DemoSTS")


def test_a_failure_stays_with_its_task(made_up: dict[str, Any]):
    run = evaluate(NotANumber(), "STS12 STS13", **made_up)
    [failed] = run.failures
    assert isinstance(run.failures[failed], TaskError)
    assert set(run.results) == {"STS12", "STS13"} - {failed}
    assert run.average("sts") is None


def test_bad_data_stays_with_its_task(tmp_path: Path):
    folder = write_senteval(tmp_path)
    (folder / "STS/STS13-en-test/STS.gs.FNWN.txt").write_text("much\n" * 40)
    run = evaluate(WordHash(), "sts", data_dir=folder, unverified_data=True)
    assert list(run.failures) == ["STS13"]
    assert isinstance(run.failures["STS13"], DataError)
    assert list(run.results) == [task for task in STS if task != "STS13"]


def test_the_unforeseen_stays_with_its_task(
    made_up: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    original = benchmark.evaluation.make_result  # the last step before a score is kept

    def breaking(name: str, card: Any, device: str, entry: Any, *rest: Any) -> Any:
        if entry.task.id == "STS13":
            raise ZeroDivisionError("nobody thought of this")
        return original(name, card, device, entry, *rest)

    monkeypatch.setattr("benchmark.evaluation.make_result", breaking)
    run = evaluate(WordHash(), "STS12 STS13 STS14", **made_up)
    assert list(run.results) == ["STS12", "STS14"]
    assert "unexpected ZeroDivisionError: nobody thought of this" in str(run.failures["STS13"])
    assert isinstance(run.failures["STS13"].__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    ("options", "phrase"),
    [
        ({"pooler": "avg"}, "`pooler` avg"),
        ({"max_length": 32}, "`max_length` 32"),
        ({"revision": "main"}, "`revision` main"),
        ({"precision": "bfloat16"}, "`precision` bfloat16"),
        ({"backend": "onnx"}, "`backend` onnx"),
    ],
    ids=str,
)
def test_options_of_named_models_are_refused_for_an_object(options: dict[str, Any], phrase: str):
    with pytest.raises(UsageError, match=f"{phrase}: an encoder in memory has no such setting"):
        evaluate(WordHash(), "DemoSTS", **options)


def test_precision_and_backend_reach_the_encoder():
    with pytest.raises(UsageError, match="`backend` torch does not offer it"):
        evaluate("all-minilm-l6-v2", "DemoSTS", precision="int8")
    with pytest.raises(UsageError, match="`backend` tensorrt: there is none"):
        evaluate("all-minilm-l6-v2", "DemoSTS", backend="tensorrt")


@pytest.mark.parametrize(
    ("model", "tasks", "kind", "phrase"),
    [
        ("zzz", "DemoSTS", UsageError, "unknown model 'zzz'"),
        (WordHash(), "zzz", UsageError, "unknown task 'zzz'"),
        (WordHash(), [], UsageError, "leaves no task"),
        (object(), "DemoSTS", ModelError, "needs a method encode"),
        (None, "DemoSTS", ModelError, "needs a method encode"),
        (WordHash, "DemoSTS", ModelError, r"a class, not an encoder; give .* like WordHash\(\)"),
    ],
    ids=["unknown model", "unknown task", "no task", "no encoder", "nothing", "a class"],
)
def test_nonsense_is_refused(model: Any, tasks: Any, kind: type[Exception], phrase: str):
    with pytest.raises(kind, match=phrase):
        evaluate(model, tasks)


# --- records --------------------------------------------------------------------------------------


def test_records_are_kept_and_taken_up_again(made_up: dict[str, Any], tmp_path: Path):
    encoder = Watched()
    first = evaluate(encoder, "STS12 STS13", **made_up, output_dir=tmp_path)
    count = len(encoder.asked)
    paths = sorted(tmp_path.rglob("*.json"))
    assert [read_record(path) for path in paths] == list(first.results.values())
    second = evaluate(encoder, "STS12 STS13", **made_up, output_dir=tmp_path)
    assert len(encoder.asked) == count
    assert second.resumed == {"STS12", "STS13"}
    assert second.results == first.results
    assert second.counts == {}
    third = evaluate(encoder, "STS12", **made_up, output_dir=tmp_path, overwrite=True)
    assert third.resumed == set()
    assert len(encoder.asked) > count


def test_a_model_in_training_is_never_taken_from_a_record(tmp_path: Path):
    class Training:
        """What a training loop holds: the same object, other weights each time."""

        step = 0

        def encode(self, sentences: list[str]) -> np.ndarray:
            noise = np.random.default_rng(self.step).normal(size=(len(sentences), 64))
            return WordHash().encode(sentences) + self.step * noise

    model = Training()
    scores = []
    for model.step in range(3):
        run = evaluate(model, "DemoSTS", output_dir=tmp_path)
        assert run.resumed == set()
        scores.append(run["DemoSTS"].main_score)
    assert len(set(scores)) == 3


def test_a_record_on_disk_is_what_came_back(tmp_path: Path):
    run = evaluate(WordHash(), "DemoSTS", output_dir=tmp_path)
    [path] = tmp_path.rglob("*.json")
    record = json.loads(path.read_bytes())
    assert record["main_score"] == run["DemoSTS"].main_score
    assert record["signature"] == run["DemoSTS"].signature
    assert record["created"].endswith("+00:00")


def test_an_output_folder_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path):
    encoder = Watched()
    (tmp_path / "taken").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        evaluate(encoder, "DemoSTS", output_dir=tmp_path / "taken")
    assert encoder.asked == []


# --- the package ----------------------------------------------------------------------------------


def test_what_is_public_is_there():
    assert all(hasattr(benchmark, name) for name in benchmark.__all__)
    assert benchmark.__version__ == "0.1.0"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pooler": "foo"}, "unknown pooler 'foo'"),
        ({"device": "tpu"}, "`device` tpu: there is none"),
        ({"precision": "int4"}, "`precision` int4: there is none"),
        ({"precision": "int8"}, "`precision` int8: `backend` torch does not offer it"),
        ({"backend": "jax"}, "`backend` jax: there is none"),
        ({"max_length": 0}, "`max_length` 0"),
    ],
    ids=lambda value: None if isinstance(value, str) else next(iter(value)),
)
def test_options_are_looked_at_before_anything_is_fetched(
    options: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fetch(*arguments: object, **named: object):
        raise AssertionError("something was fetched")

    monkeypatch.setattr("benchmark.encoders.files.hub_checkpoint.fetch_checkpoint", fetch)
    with pytest.raises(UsageError, match=re.escape(said)):
        evaluate("org/name", "DemoSTS", output_dir=tmp_path / "results", **options)
    assert not (tmp_path / "results").exists()
