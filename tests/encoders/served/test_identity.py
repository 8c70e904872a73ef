"""Who answers: the same service is known again, and another behind the same name is not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import EncoderCard, Run, evaluate
from benchmark.encoders import build_encoder, parse_reference, vector_identity
from benchmark.encoders.served.identity import SENTENCES
from benchmark.errors import ModelError, UsageError
from benchmark.options import EncoderOptions
from tests.encoders import service as faults
from tests.encoders.service import Service, vector_of

pytestmark = pytest.mark.usefixtures("no_waits")


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def card_of(service: Service, **options: Any) -> EncoderCard:
    reference = parse_reference(f"openai:m@{service.base}/v1")
    return build_encoder(reference, "sts", EncoderOptions(**options)).card


def scored(service: Service) -> Run:
    return evaluate(f"openai:m@{service.base}/v1", "DemoSTS", output_dir="results")


def noisy(scale: float, seed: int) -> faults.Vectors:
    """Return what adds to each number something of this part of the vector's length."""
    random = np.random.default_rng(seed)

    def vectors(texts: list[str]) -> Any:
        rows = np.array([vector_of(text) for text in texts])
        noise = random.standard_normal(rows.shape) / np.sqrt(rows.shape[1])
        return rows + scale * noise * np.linalg.norm(rows, axis=1, keepdims=True)

    return vectors


def test_a_service_is_known_again_though_its_digits_are_not_the_same(service: Service) -> None:
    service.vectors = noisy(1e-3, 1)
    first = card_of(service)
    for seed in range(2, 6):
        service.vectors = noisy(1e-3, seed)
        assert card_of(service) == first


@pytest.mark.usefixtures("log")
def test_another_model_behind_the_same_name(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither its records nor its vectors are taken; the first is known when it comes back."""
    before = scored(service)
    service.seed = 2
    service.answered.clear()
    other = scored(service)
    assert "m: the service answers otherwise than before (cosine " in caplog.text
    assert other.resumed == set()
    assert other.counts["encoded_sentences"] == other.counts["distinct_sentences"]
    assert other["DemoSTS"].main_score != before["DemoSTS"].main_score
    assert len(list(Path("results").rglob("DemoSTS.json"))) == 2
    service.seed = 1
    caplog.clear()
    assert scored(service).resumed == {"DemoSTS"}
    shutil.rmtree("results")
    assert scored(service).counts["encoded_sentences"] == 0
    assert "otherwise" not in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[:, :-1],
        lambda rows: 2 * rows,
        lambda rows: -rows,
        lambda rows: rows + 20,
    ],
    ids=["narrower", "longer", "turned", "moved"],
)
def test_what_is_another_one(service: Service, change: Any) -> None:
    first = card_of(service)
    service.vectors = lambda texts: change(np.array([vector_of(text) for text in texts]))
    assert card_of(service).version != first.version


def test_other_words_of_a_service_are_another_one(service: Service) -> None:
    first = card_of(service)
    row = {"id": "m", "owned_by": "tests", "root": "/weights/of/tomorrow"}
    service.pages["/v1/models"] = {"data": [row]}
    assert card_of(service).fingerprint != first.fingerprint


def test_what_changes_with_each_answer_is_no_sign(service: Service) -> None:
    first = card_of(service)
    row = {"id": "m", "owned_by": "tests", "created": 1764000000, "permission": [{"id": "x"}]}
    service.pages["/v1/models"] = {"data": [row]}
    assert card_of(service) == first


def test_the_same_model_at_another_address_is_compared_not_assumed(service: Service) -> None:
    with Service(key=None) as other:
        other.pages |= service.pages
        assert card_of(service).fingerprint != card_of(other).fingerprint


def test_the_name_that_a_service_gives_is_kept(service: Service) -> None:
    service.named = "m-002-v2"
    assert card_of(service).revision == "m-002-v2"


def test_vectors_are_stored_by_all_of_it(service: Service) -> None:
    reference = parse_reference(f"openai:m@{service.base}/v1")
    first = build_encoder(reference, "sts", EncoderOptions())
    service.seed = 2
    second = build_encoder(reference, "sts", EncoderOptions())
    assert vector_identity(first) is not None
    assert vector_identity(first) != vector_identity(second)


# --- what is no encoder of sentences --------------------------------------------------------------


def test_rows_in_a_wrong_order(service: Service) -> None:
    service.vectors = lambda texts: [vector_of(text) for text in reversed(texts)]
    with pytest.raises(ModelError) as caught:
        card_of(service)
    assert "m: the service gives a sentence another vector when others are asked with it" in str(
        caught.value
    )


@pytest.mark.usefixtures("log")
def test_neighbours_that_change_a_vector_a_little(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    def vectors(texts: list[str]) -> Any:
        rows = np.array([vector_of(text) for text in texts])
        return rows + 0.1 * rows.mean(axis=0)

    service.vectors = vectors
    card_of(service)
    assert "m: the vector of a sentence depends on those that are asked with it" in caplog.text


@pytest.mark.parametrize("value", [0.0, float("nan"), None])
def test_vectors_of_nothing(service: Service, value: Any) -> None:
    def emptied(answer: Any) -> None:
        answer["data"][1]["embedding"] = [value] * 4
        for row in answer["data"]:
            row["embedding"] = row["embedding"][:4]

    service.faults.append(faults.changed(emptied))
    with pytest.raises(ModelError, match="gives vectors of zeros, or such that are not finite"):
        card_of(service)


def test_the_sentences_are_asked_together_and_one_alone(service: Service) -> None:
    card_of(service)
    assert service.sizes == [len(SENTENCES), 1]


# --- what is kept of it ---------------------------------------------------------------------------


def kept(tmp_path: Path) -> Path:
    [file] = (tmp_path / "cache" / "services").iterdir()
    return file


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("content", [b"", b"[1]", b'{"a": "b"}', b'{"a": 1}', b"\xff"])
def test_what_is_kept_may_be_damaged(
    service: Service, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    first = card_of(service)
    kept(tmp_path).write_bytes(content)
    assert card_of(service) == first  # this service repeats its digits
    assert "is damaged; it is written anew" in caplog.text
    caplog.clear()
    assert card_of(service) == first
    assert caplog.text == ""


@pytest.mark.usefixtures("log")
def test_nothing_can_be_kept(
    service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_bytes(b"no folder")
    assert card_of(service).version
    assert "cannot be written" in caplog.text


# --- cutting --------------------------------------------------------------------------------------


def cutting(service: Service) -> faults.Vectors:
    """Return what cuts at as many words as it is asked to."""

    def vectors(texts: list[str]) -> Any:
        words = service.bodies[-1].get("truncate_prompt_tokens")
        return [vector_of(" ".join(text.split()[:words])) for text in texts]

    return vectors


def test_a_service_that_cuts_where_it_is_told_to(service: Service) -> None:
    service.vectors = cutting(service)
    card = card_of(service, max_length=7)
    assert card.max_length == 7
    assert [body["truncate_prompt_tokens"] for body in service.bodies] == [7] * 4
    assert card.fingerprint != card_of(service).fingerprint


def test_a_service_that_does_not_know_the_field(service: Service) -> None:
    with pytest.raises(ModelError, match="m: `max_length` 7: the service does not cut there"):
        card_of(service, max_length=7)


def test_a_limit_beyond_that_of_the_model(service: Service) -> None:
    row = {"id": "m", "owned_by": "vllm", "max_model_len": 512}
    service.pages["/v1/models"] = {"data": [row]}
    with pytest.raises(UsageError, match="`max_length` 513: m takes at most 512 tokens"):
        card_of(service, max_length=513)
    assert service.asked == 0


def test_a_service_that_cuts_nothing_and_refuses_what_is_long(service: Service) -> None:
    words = "This model's maximum context length is 6 tokens."

    def refuse(request: faults.Requests, _: Any) -> None:
        request.fail(400, None, words)

    def answered(request: faults.Requests, answer: Any) -> None:
        request.send(200, answer)

    service.faults.extend([answered, answered, refuse])
    with pytest.raises(ModelError) as caught:
        card_of(service, max_length=7)
    assert f"than the service takes ({words})" in str(caught.value)
    assert str(caught.value).endswith("; it was told to cut at `max_length` 7")


def test_a_service_that_refuses_the_field(service: Service) -> None:
    service.faults.append(faults.failed(400, words="Unrecognized request argument supplied"))
    with pytest.raises(ModelError, match=r"400 \(Unrecognized request argument supplied"):
        card_of(service, max_length=7)
