"""Steps in a run: signed, resumed, and the same stored vectors for all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import EncoderCard, ModelError, TaskError, UsageError, evaluate
from benchmark.embeddings import default_cache
from benchmark.encoders import build_encoder, parse_reference
from benchmark.errors import UnreadableRecord
from benchmark.options import EncoderOptions
from benchmark.results import read_record
from benchmark.results.soundness import contradiction
from benchmark.steps import Corpus, Truncate, Whitening
from tests import checkpoints
from tests.checkpoints import write_sentence_transformers
from tests.conftest import PROJECT
from tests.encoder_files import WordHash
from tests.encoders.transformer.test_dense import write_layer

TASKS = "DemoSTS"


@dataclass
class Flip:
    """An outsider's step: the sign of the first dimensions is turned."""

    dimensions: int

    @property
    def name(self) -> str:
        return f"flip:{self.dimensions}"

    def apply(self, vectors: np.ndarray) -> np.ndarray:
        kept = vectors[:, self.dimensions :]
        return np.concatenate([np.abs(vectors[:, : self.dimensions]), kept], axis=1)


class Counts(WordHash):
    """Notes which sentences it is asked for."""

    card = EncoderCard(name="counts", version="1")

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        self.asked += sentences
        return super().encode(sentences)


class Shortened(Counts):
    """Has a step of its own."""

    card = EncoderCard(name="shortened", version="1")
    steps = (Truncate(16),)


class First16(WordHash):
    """Does itself what a step would do."""

    card = EncoderCard(name="first-16", version="1")

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        return super().encode(sentences)[:, :16]


def scored(encoder: Any, tasks: str = TASKS, **options: Any) -> Any:
    run = evaluate(encoder, tasks, **options)
    assert not run.failures
    return next(iter(run.results.values()))


def said(result: Any) -> str | None:
    fields = dict(part.split(":", 1) for part in result.signature.split("|"))
    return fields.get("steps")


# --- an outsider's step ---------------------------------------------------------------------------


def test_an_outsiders_step_is_signed_and_resumed_and_nothing_is_encoded_again(
    tmp_path: Path,
) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "cache": True}
    encoder = Counts()
    plain = scored(encoder, **options)
    assert len(encoder.asked) == plain.counts["distinct_sentences"]
    assert (said(plain), "steps" in plain.model.card) == (None, False)

    results = {}
    for step in (Flip(3), Flip(5)):
        run = evaluate(encoder, TASKS, steps=[step], **options)
        results[step.name] = run[TASKS]
        assert run.counts["encoded_sentences"] == 0
        assert not run.resumed
    assert len(encoder.asked) == plain.counts["distinct_sentences"]
    assert [said(result) for result in results.values()] == ["flip:3", "flip:5"]
    assert len({plain.main_score, *(r.main_score for r in results.values())}) == 3
    assert len({plain.model.fingerprint, *(r.model.fingerprint for r in results.values())}) == 3

    for step in (Flip(3), Flip(5)):
        again = evaluate(encoder, TASKS, steps=[step], **options)
        assert again.resumed == {TASKS}
        assert again[TASKS] == results[step.name]
    assert evaluate(encoder, TASKS, **options)[TASKS] == plain
    records = sorted((tmp_path / "out" / "counts").rglob(f"{TASKS}.json"))
    found = {read_record(path).model.fingerprint for path in records}
    assert found == {plain.model.fingerprint, *(r.model.fingerprint for r in results.values())}
    assert len(default_cache().summaries()) == 1


def test_a_step_gives_what_an_encoder_gives_that_does_it_itself() -> None:
    by_step = scored(WordHash(), steps=["truncate:16"])
    itself = scored(First16())
    assert by_step.scores == itself.scores
    assert by_step.analysis == itself.analysis
    assert scored(Shortened()).scores == itself.scores


def test_steps_of_an_encoder_are_signed_before_those_that_are_asked() -> None:
    result = scored(Shortened(), steps=["truncate:8", "normalize"])
    assert said(result) == "truncate:16,truncate:8,normalize"
    assert result.model.card["steps"] == ["truncate:16", "truncate:8", "normalize"]


def test_an_encoder_that_does_not_say_who_it_is_stays_unidentified(tmp_path: Path) -> None:
    class Nobody(WordHash):
        card = EncoderCard("nobody")

    for _ in range(2):
        run = evaluate(Nobody(), TASKS, steps=["truncate:8"], output_dir=tmp_path)
        assert run[TASKS].model.fingerprint is None
        assert not run.resumed


# --- fitted steps ---------------------------------------------------------------------------------


def test_a_fit_on_a_tasks_own_sentences_does_not_depend_on_other_tasks() -> None:
    alone = scored(WordHash(), steps=["whiten:8"])
    among = evaluate(
        WordHash(), "DemoPolarity DemoSTS", steps=["whiten:8"], protocol="senteval-fast"
    )
    assert said(alone) == "whiten:8@own"
    assert among[TASKS].signature == alone.signature
    assert among[TASKS].main_score == alone.main_score != scored(WordHash()).main_score


def test_records_that_were_fitted_on_other_sentences_are_of_other_answerers(tmp_path: Path) -> None:
    words = [
        "the",
        "a",
        "one",
        "two",
        "cat",
        "dog",
        "man",
        "woman",
        "plays",
        "runs",
        "in",
        "on",
        "of",
        "guitar",
        "park",
    ]
    first = Corpus("words", tuple(words))
    second = Corpus("words", (*words, "snow"))
    encoder = Counts()
    options: dict[str, Any] = {"output_dir": tmp_path, "cache": True}
    results = [
        scored(encoder, steps=[Whitening(8, corpus)], **options) for corpus in (first, second)
    ]
    assert set(words) < set(encoder.asked)
    assert encoder.asked.count("the") == 1
    assert [said(result) for result in results] == [f"whiten:8@{c}" for c in (first, second)]
    assert results[0].model.fingerprint != results[1].model.fingerprint
    assert results[0].main_score != results[1].main_score
    before = len(encoder.asked)
    for corpus, result in zip((first, second), results, strict=True):
        run = evaluate(encoder, TASKS, steps=[Whitening(8, corpus)], **options)
        assert (run.resumed, run[TASKS]) == ({TASKS}, result)
    assert len(encoder.asked) == before


# --- several chains -------------------------------------------------------------------------------


@pytest.mark.parametrize("cache", [True, False])
def test_a_sweep_encodes_once_and_gives_what_single_runs_give(cache: bool, tmp_path: Path) -> None:
    encoder = Counts()
    chains: list[list[Any]] = [[], ["truncate:8"], ["truncate:16", "normalize"], ["whiten:8"]]
    options: dict[str, Any] = {"cache": cache, "output_dir": tmp_path}
    runs = evaluate([encoder], TASKS, steps=chains, **options)
    assert len(encoder.asked) == runs[0].counts["distinct_sentences"]
    assert [run.label for run in runs] == [
        "counts",
        "counts + truncate:8",
        "counts + truncate:16 + normalize",
        "counts + whiten:8@own",
    ]
    assert all(run.timings["total_seconds"] > 0 for run in runs)
    assert all(set(run.timings) == set(runs[0].timings) for run in runs)
    for chain, run in zip(chains, runs, strict=True):
        alone = evaluate(WordHash(), TASKS, steps=chain)[TASKS]
        assert (run[TASKS].scores, said(run[TASKS])) == (alone.scores, said(alone))
        assert runs[run.label] is run
    again = evaluate([encoder], TASKS, steps=[*chains, ["binary"]], **options)
    assert [run.resumed == {TASKS} for run in again] == [True] * 4 + [False]
    assert [run[TASKS] for run in again[:4]] == [run[TASKS] for run in runs]


def test_a_chain_that_fails_takes_no_other_along() -> None:
    chains = [["truncate:8"], ["truncate:65"], ["whiten:64"], ["truncate:4"]]
    runs = evaluate([WordHash(), Shortened()], TASKS, steps=chains)
    scored_ = [[bool(run.results) for run in part] for part in (runs[:4], runs[4:])]
    assert scored_ == [[True, False, True, True], [True, False, False, True]]
    assert "has only" not in str(runs[0].failures)
    assert "the vectors have only 64" in str(runs[1].failures[TASKS])


def test_records_of_nobody_are_those_of_the_last_chain(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Nobody(WordHash):
        card = EncoderCard("nobody")

    runs = evaluate([Nobody()], TASKS, steps=[[], ["truncate:8"]], output_dir=tmp_path)
    assert "nobody: has no version; only the last chain's records are kept" in caplog.text
    assert read_record(next(tmp_path.rglob(f"{TASKS}.json"))) == runs[1][TASKS]


def test_several_chains_are_several_rows() -> None:
    with pytest.raises(UsageError, match="several chains, a row each: give the model in a list"):
        evaluate(WordHash(), TASKS, steps=[["truncate:8"], ["truncate:16"]])
    run = evaluate(WordHash(), TASKS, steps=[["truncate:8"]])
    assert said(run[TASKS]) == "truncate:8"


# --- refused --------------------------------------------------------------------------------------


def test_what_makes_no_sense_is_one_line() -> None:
    with pytest.raises(UsageError, match="step truncate:65: the vectors have only 64 dimensions"):
        evaluate(WordHash(), TASKS, steps=["truncate:65"])
    encoder = Counts()
    with pytest.raises(UsageError, match="no step is called 'truncated:3'"):
        evaluate(encoder, TASKS, steps=["truncated:3"])
    with pytest.raises(UsageError, match="a str, where a list or tuple"):
        evaluate(encoder, TASKS, steps="truncate:3")
    with pytest.raises(UsageError, match="cannot follow"):
        evaluate(encoder, TASKS, steps=["whiten:4", Whitening(2, Corpus("a", ("b",)))])
    encoder.steps = 1000  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="steps: a int, where a list or tuple"):
        evaluate(encoder, TASKS)
    assert encoder.asked == []


def test_what_a_step_raises_is_one_line() -> None:
    class Breaks(Flip):
        def apply(self, vectors: np.ndarray) -> np.ndarray:
            raise ZeroDivisionError("by\nnothing")

    with pytest.raises(ModelError, match=r"^word-hash: raised ZeroDivisionError: by nothing \(tes"):
        evaluate(WordHash(), TASKS, steps=[Breaks(1)])


def test_a_vector_that_a_step_made_not_finite_is_not_scored() -> None:
    class Breaks(Flip):
        def apply(self, vectors: np.ndarray) -> np.ndarray:
            return vectors * np.float32(np.nan)

    with pytest.raises(TaskError, match="vectors that are not finite"):
        evaluate(WordHash(), TASKS, steps=[Breaks(1)])


def test_a_record_whose_signature_hides_a_step_is_not_sound(tmp_path: Path) -> None:
    result = scored(WordHash(), steps=["truncate:8"], output_dir=tmp_path)
    assert contradiction(result) == ""
    without = replace(result, signature=result.signature.replace("|steps:truncate:8", ""))
    assert contradiction(without) == "signed for steps none, but it holds truncate:8"
    plain = scored(WordHash())
    more = replace(plain, signature=plain.signature.replace("|norm", "|steps:x|norm"))
    assert contradiction(more) == "signed for steps x, but it holds none"
    path = next(tmp_path.rglob(f"{TASKS}.json"))
    document = json.loads(path.read_text())
    document["model"]["card"]["steps"] = 5
    path.write_text(json.dumps(document))
    with pytest.raises(UnreadableRecord):
        read_record(path)


# --- what a checkpoint asks for -------------------------------------------------------------------


def encoder_of(folder: Path) -> Any:
    options = EncoderOptions(device="cpu")
    return build_encoder(parse_reference(str(folder)), "sts", options)


def test_scaling_and_layers_of_a_folder_are_steps_and_share_one_store(tmp_path: Path) -> None:
    """Whatever comes behind the pooling, the pooled vectors are the same and stored once."""
    found = {}
    for after in ((), ("Normalize",), ("Dense",), ("Dense", "Normalize")):
        folder = write_sentence_transformers(tmp_path / "-".join(("m", *after)), after=after)
        if "Dense" in after:
            write_layer(folder / "2_Dense", 8)
        run = evaluate(str(folder), TASKS)
        found[after] = run[TASKS]
        first = len(found) == 1
        assert run.counts["encoded_sentences"] == (run.counts["distinct_sentences"] * first)
    assert len(default_cache().summaries()) == 1
    assert {said(result) for result in found.values()} == {None}
    assert len({result.model.fingerprint for result in found.values()}) == 4
    # Not the main score: with random weights rounding decides ranks.
    plain, scaled, dense, both = (r.scores["all"]["pearson"] for r in found.values())
    assert abs(plain - scaled) < 1e-4
    assert abs(dense - both) < 1e-4
    assert abs(plain - dense) > 1e-3


def test_a_folder_scores_what_encode_gives(tmp_path: Path) -> None:
    """The road through the store, and the call that a user makes, give the same vectors."""
    folder = write_sentence_transformers(tmp_path / "m", after=("Dense", "Normalize"))
    write_layer(folder / "2_Dense", 8)
    encoder = encoder_of(folder)

    class Direct:
        card = EncoderCard("direct", version="1")

        def encode(self, sentences: Sequence[str]) -> Any:
            return encoder.encode(sentences)

    by_road, direct = scored(encoder), scored(Direct())
    pearson = [result.scores["all"]["pearson"] for result in (by_road, direct)]
    assert abs(pearson[0] - pearson[1]) < 1e-4
    pooled = encoder.encode_tokens(encoder.tokenize(["Yes"]).ids)
    assert pooled.shape == (1, checkpoints.HIDDEN)
    assert encoder.encode(["Yes"]).shape == (1, 8)


def test_a_second_run_needs_no_torch_for_layers_and_scaling(tmp_path: Path) -> None:
    folder = write_sentence_transformers(tmp_path / "m", after=("Dense", "Normalize"))
    write_layer(folder / "2_Dense", 8)
    wanted = scored(str(folder))
    program = (
        "import sys; from benchmark import evaluate; "
        f"run = evaluate({str(folder)!r}, {TASKS!r}, steps=['normalize']); "
        f"print(run[{TASKS!r}].main_score, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    score, loaded = done.stdout.split()
    assert abs(float(score) - wanted.main_score) < 1e-2
    assert loaded == "False"


def test_layers_that_cannot_be_read_are_told_before_anything_is_encoded(tmp_path: Path) -> None:
    folder = write_sentence_transformers(tmp_path / "m", after=("Dense",))
    write_layer(folder / "2_Dense", 8)
    (folder / "2_Dense" / "model.safetensors").write_bytes(b"noise" * 100)
    with pytest.raises(ModelError, match="cannot be loaded; damaged"):
        evaluate(str(folder), TASKS)
    assert default_cache().summaries() == []
