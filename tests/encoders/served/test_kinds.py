"""Each kind of service, asked as its own clients ask it, and what it does to a run."""

from __future__ import annotations

import base64
import json
import shutil
import sys
import textwrap
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import EncoderCard, Run, evaluate
from benchmark.cli import run_eval
from benchmark.embeddings import InProcess, Processes, embed
from benchmark.encoders import Encoder, build_encoder, parse_reference
from benchmark.encoders.asked import catalogue
from benchmark.encoders.served.encoder import ServedEncoder
from benchmark.encoders.served.identity import SENTENCES
from benchmark.errors import ModelError, TaskError, UsageError
from benchmark.options import EncoderOptions
from benchmark.toml_tables import read_table
from tests.conftest import PROJECT
from tests.encoders import service as faults
from tests.encoders.service import KEY, WIDTH, Service, vector_of

KINDS = ("openai", "tei", "ollama")
PROBES = len(SENTENCES) + 1
"""Sentences that are asked before all others."""

pytestmark = pytest.mark.usefixtures("no_waits")


def named(kind: str, service: Service, model: str = "m") -> str:
    """Return how a model of the service is named."""
    if kind == "tei":
        return f"tei:{service.base}"
    return f"{kind}:{model}@{service.base}{'/v1' if kind == 'openai' else ''}"


def built(name: str, **options: Any) -> Encoder:
    return build_encoder(parse_reference(name), "sts", EncoderOptions(**options))


def scored(name: str, waits: list[float] | None = None, **options: Any) -> Run:
    engine = InProcess((waits if waits is not None else []).append)
    return evaluate(name, "DemoSTS", output_dir="results", engine=engine, cache=True, **options)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def local_score() -> float:
    """Return the score of the same vectors without a service."""

    class Here:
        card = EncoderCard("here")

        def encode(self, sentences: list[str]) -> Any:
            return np.array([vector_of(sentence) for sentence in sentences], np.float32)

    return evaluate(Here(), "DemoSTS")["DemoSTS"].main_score


# --- as they are asked ----------------------------------------------------------------------------


def test_what_openai_is_asked(service: Service) -> None:
    built(named("openai", service)).encode(["a b", "", " c"])
    assert service.bodies[-1] == {
        "model": "m",
        "input": ["a b", "", " c"],
        "encoding_format": "float",
    }


def test_half_a_surrogate_pair_is_sent_as_it_is(service: Service) -> None:
    built(named("openai", service)).encode(["a \ud800 b"])
    assert service.bodies[-1]["input"] == ["a \ud800 b"]


def test_what_tei_is_asked(service: Service) -> None:
    built(named("tei", service)).encode(["a b", "c"])
    assert service.bodies[-1] == {"inputs": ["a b", "c"], "truncate": True, "normalize": True}


def test_what_ollama_is_asked(service: Service) -> None:
    built(named("ollama", service)).encode(["a b", "c"])
    assert service.bodies[-1] == {"model": "m", "input": ["a b", "c"], "truncate": False}


TEXTS: dict[str, tuple[dict[str, str], str]] = {
    "prompt": ({"prompt": "query: "}, "query:  a"),
    "template": ({"template": 'say "{text}" again'}, 'say " a" again'),
    "rules": ({"text_rules": "strip,append/./."}, "a."),
    "all": ({"template": "<{text}>", "text_rules": "strip"}, "<a>"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", TEXTS)
def test_what_was_asked_is_done_to_the_text(service: Service, kind: str, what: str) -> None:
    asked, wanted = TEXTS[what]
    plain, encoder = built(named(kind, service)), built(named(kind, service), **asked)
    assert np.array_equal(encoder.encode([" a"]), plain.encode([wanted]))
    assert encoder.card.fingerprint != plain.card.fingerprint


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"template": "{bos}{text}"}, "a service is sent one text"),
        ({"template": "a {text}{+}b {text}"}, "a service is sent one text"),
        ({"template": "{text}", "prompt": "q: "}, "write the prompt into the `template`"),
        ({"preset": "prompteol"}, "`preset` prompteol: .* has no such setting"),
        ({"prompt_name": "query"}, "`prompt_name` query: .* has no such setting"),
    ],
)
def test_texts_that_cannot_be_sent(service: Service, asked: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        built(named("openai", service), **asked)


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_of_the_card_is_put_before_each(service: Service, kind: str) -> None:
    encoder = built(named(kind, service))
    assert isinstance(encoder, ServedEncoder)
    prompted = replace(encoder, card=replace(encoder.card, prompt="query: "))
    assert np.array_equal(prompted.encode(["a", ""]), encoder.encode(["query: a", "query: "]))


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_the_same_vectors_here(service: Service, kind: str) -> None:
    run = scored(named(kind, service))
    assert run["DemoSTS"].main_score == local_score()
    assert max(service.sizes) == (32 if kind == "tei" else 64)
    assert len(service.answered) == run.counts["distinct_sentences"] + PROBES
    assert run["DemoSTS"].environment["device"] == "service"


@pytest.mark.parametrize("kind", KINDS)
def test_requests_are_made_at_once(service: Service, kind: str) -> None:
    encoder = built(named(kind, service))
    service.asked = 0
    service.together = threading.Barrier(4, timeout=300)  # breaks unless four are there
    embed(encoder, [f"a {place}" for place in range(300)])
    assert not service.together.broken


def test_the_card_of_openai(service: Service) -> None:
    card = built(named("openai", service)).card
    assert card.name == "m"
    assert card.source == f"openai:m@{service.base}/v1"
    assert (card.adapter, card.backend, card.precision) == ("openai", "tests", "unknown")
    assert (card.pooler, card.max_length, card.normalize) == (None, None, False)


def test_the_card_of_tei(service: Service) -> None:
    card = built(named("tei", service)).card
    assert card.name == "org/m"
    assert card.source == f"tei:org/m@{service.base}"
    assert card.revision == "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
    assert (card.adapter, card.backend, card.precision) == ("tei", "tei 1.8.2", "float16")
    assert (card.pooler, card.max_length) == ("mean", 256)


def test_the_card_of_ollama(service: Service) -> None:
    card = built(named("ollama", service)).card
    assert card.name == "m"
    assert card.source == f"ollama:m@{service.base}"
    assert card.revision == "1b226e2802dbb772b5fc32a58f103ca1804ef7501331012de126ab22f67475ef"
    assert (card.adapter, card.backend, card.precision) == ("ollama", "ollama 0.12.6", "F16")


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_of_length_one_are_said_to_be_so(service: Service, kind: str) -> None:
    def of_length_one(texts: list[str]) -> Any:
        rows = np.array([vector_of(text) for text in texts])
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    service.vectors = of_length_one
    assert built(named(kind, service)).card.normalize is True


# --- what is not there ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "model", "said"),
    [
        ("openai", "n", "ADDRESS/v1 has no model 'n'; it has m alone"),
        ("openai", "mm", "ADDRESS/v1 has no model 'mm' (did you mean m?)"),
        ("ollama", "n", "ADDRESS has no model 'n'; it has m, other:33m; `ollama pull` fetches it"),
        (
            "ollama",
            "other",
            "ADDRESS has no model 'other' (did you mean other:33m?); `ollama pull`",
        ),
        ("ollama", "m:33m", "ADDRESS has no model 'm:33m'"),
    ],
)
def test_a_model_that_is_not_there(service: Service, kind: str, model: str, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        built(named(kind, service, model))
    assert str(caught.value).startswith(said.replace("ADDRESS", service.base))
    assert service.asked == 0


def test_a_service_without_a_list_of_models(service: Service) -> None:
    del service.pages["/v1/models"]
    assert built(named("openai", service, "n")).card.backend is None


def test_a_list_of_several_models_without_this_one(service: Service) -> None:
    """Some list only those that chat; who has several says itself what it has not."""
    service.pages["/v1/models"] = {"data": [{"id": "a"}, {"id": "b"}]}
    assert built(named("openai", service)).card.name == "m"


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"reranker": {"id2label": {}}}, "it serves no encoder ('reranker')"),
        ({"embedding": {"pooling": "splade"}}, "it serves sparse vectors (splade)"),
    ],
)
def test_tei_that_serves_no_encoder(service: Service, kinds: Any, said: str) -> None:
    service.pages["/info"] = {**service.pages["/info"], "model_type": kinds}
    with pytest.raises(ModelError) as caught:
        built(named("tei", service))
    assert said in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_there(kind: str) -> None:
    with Service() as gone:
        name = named(kind, gone)
    with pytest.raises(ModelError) as caught:
        built(name)
    assert f"gave up after 3 attempts: no connection to {gone.base}" in str(caught.value)


def test_openai_itself_wants_a_key() -> None:
    with pytest.raises(ModelError) as caught:
        built("openai:text-embedding-3-small")
    assert str(caught.value) == (
        "text-embedding-3-small: https://api.openai.com/v1 wants a key; put it into OPENAI_API_KEY"
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("option", "value"),
    [("pooler", "avg"), ("precision", "bfloat16"), ("backend", "onnx"), ("max_length", 128)],
)
def test_options_that_a_service_has_not(
    service: Service, kind: str, option: str, value: Any
) -> None:
    if (kind, option) == ("openai", "max_length"):
        return
    with pytest.raises(UsageError, match=f"`{option}` {value}: {kind}:.* has no such setting"):
        built(named(kind, service), **{option: value})
    assert service.asked == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_cannot_be_asked_off_line(service: Service, kind: str) -> None:
    with pytest.raises(UsageError, match="is a service; it cannot be asked with `offline`"):
        built(named(kind, service), offline=True)
    assert not service.headers


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_asks_nothing(
    service: Service, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_eval(["--model", named(kind, service), "--tasks", "DemoSTS", "--dry-run"]) == 0
    assert "a service, not asked" in capsys.readouterr().out
    assert run_eval(["--model", named(kind, service), "--dry-run", "--format", "json"]) == 0
    [model] = json.loads(capsys.readouterr().out)["models"]
    assert (model["here"], model["asks_service"]) == (None, True)
    asked = ["--model", named(kind, service), "--tasks", "DemoSTS", "--dry-run", "--template"]
    assert run_eval([*asked, 'It is "{text}"', "--text-rules", "ending/./!"]) == 0
    shown = capsys.readouterr().out
    text = "It is not untrue that the bridge was closed on Monday!"
    assert f"  text      'It is \"{text}\"'\n  tokens    known to the service alone\n" in shown
    assert run_eval([*asked, "{mask} {text}"]) == 2  # as the run would end
    told = capsys.readouterr()
    assert "problem: " in told.out
    assert "a service is sent one text; --template may hold {text}" in told.out
    assert not service.headers


# --- what it answers ------------------------------------------------------------------------------


def without_last(answer: Any) -> None:
    rows = answer if isinstance(answer, list) else answer.get("data", answer.get("embeddings"))
    del rows[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_too_few_is_refused_and_the_rest_is_kept(service: Service, kind: str) -> None:
    encoder = built(named(kind, service))
    most = encoder.call_limits.sentences
    service.faults.append(faults.changed(without_last))
    with pytest.raises(ModelError) as caught:
        scored(named(kind, service))
    # The first of all is the probe of this run.
    assert f"the service answers {len(SENTENCES) - 1} rows for {len(SENTENCES)} sentences" in str(
        caught.value
    )
    service.faults.extend([answered, answered, answered, faults.changed(without_last)])
    with pytest.raises(ModelError) as caught:
        scored(named(kind, service))
    assert f"the service answers {most - 1} rows for {most} sentences" in str(caught.value)
    kept = sum(service.sizes[2:])
    run = scored(named(kind, service))
    assert run["DemoSTS"].main_score == local_score()
    assert kept > 0


def answered(request: faults.Requests, answer: Any) -> None:
    request.send(200, answer)


def doubled(answer: Any) -> None:
    answer["data"][0]["index"] = answer["data"][1]["index"]


def wider(answer: Any) -> None:
    answer["data"][0]["embedding"].append(1.0)


def text_for_a_number(answer: Any) -> None:
    answer["data"][0]["embedding"][0] = "1.0"


def another_model(answer: Any) -> None:
    answer["model"] = "m-2"


def a_number_for_a_model(answer: Any) -> None:
    answer["model"] = 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (doubled, "m: the service answers two rows have the index 1"),
        (
            wider,
            f"m: the service answers vectors of {WIDTH} and {WIDTH + 1} dimensions in one answer",
        ),
        (text_for_a_number, "m: the service answers ['1.0', "),
        (
            another_model,
            "m: the service answers as 'm-2' after 'm' before; another model took its place, run",
        ),
        (a_number_for_a_model, "m: the service answers 3 as the name of its model"),
        (dict.clear, "m: the service answers None where a list of vectors is expected"),
    ],
)
def test_an_answer_that_is_wrong(
    service: Service, change: Callable[[Any], object], said: str
) -> None:
    encoder = built(named("openai", service))
    service.faults.append(faults.changed(change))
    with pytest.raises(ModelError) as caught:
        embed(encoder, ["a", "b", "c"])
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("kind", KINDS)
def test_other_dimensions_on_the_second_call(service: Service, kind: str) -> None:
    encoder = built(named(kind, service))
    most = encoder.call_limits.sentences

    def narrower(texts: list[str]) -> Any:
        return [vector_of(text)[: WIDTH - (len(texts) < most)] for text in texts]

    service.vectors = narrower
    with pytest.raises(ModelError) as caught:
        embed(encoder, [f"a {place}" for place in range(most + 1)])
    assert str(caught.value) == (
        f"{encoder.card.name}: the service answers with {WIDTH - 1} dimensions after {WIDTH} "
        "before; another model took its place, run again"
    )


def test_rows_in_base64(service: Service) -> None:
    def packed(answer: Any) -> None:
        for row in answer["data"]:
            numbers = np.array(row["embedding"], "<f4")
            row["embedding"] = base64.b64encode(numbers.tobytes()).decode()

    encoder = built(named("openai", service))
    service.faults.append(faults.changed(packed))
    assert np.array_equal(encoder.encode(["a b", "c"]), [vector_of("a b"), vector_of("c")])


def test_a_vector_that_is_not_finite_is_refused_by_its_task(service: Service) -> None:
    def without_a_number(answer: Any) -> None:
        answer["data"][0]["embedding"][3] = None

    service.faults.extend([answered, answered, faults.changed(without_a_number)])
    with pytest.raises(TaskError, match="finite"):
        scored(named("openai", service))
    assert scored(named("openai", service))["DemoSTS"].main_score == local_score()


# --- what fails for a while -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_passes_is_waited_for(service: Service, kind: str) -> None:
    service.faults.extend(
        [
            *(answered, answered, faults.failed(429, "3"), faults.failed(500), faults.failed(503)),
            *(faults.cut, faults.hung_up, faults.failed(429, "Fri, 31 Dec 1999 23:59:59 GMT")),
        ]
    )
    waits: list[float] = []
    run = scored(named(kind, service), waits)
    assert run["DemoSTS"].main_score == local_score()
    assert len(waits) == 6
    assert sum(wait >= 3 for wait in waits) == 1
    assert sum(service.sizes) == run.counts["distinct_sentences"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_question_is_asked_again(service: Service, kind: str) -> None:
    service.faults.extend([faults.failed(503), faults.cut])
    assert built(named(kind, service)).card.version


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_is_too_large_is_halved(service: Service, kind: str) -> None:
    service.most = 3  # less than the sentences that are asked first
    assert scored(named(kind, service))["DemoSTS"].main_score == local_score()
    assert max(service.sizes) <= 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_that_is_too_long_is_named(service: Service, kind: str) -> None:
    encoder = built(named(kind, service))
    words = "This model's maximum context length is 512 tokens. However, you requested 600"
    long = "long " * 600

    def refuse(request: faults.Requests, answer: Any) -> None:
        texts = service.bodies[-1]["inputs" if kind == "tei" else "input"]
        if long in texts:
            request.fail(400, None, words)
        else:
            request.send(200, answer)

    service.faults.extend([refuse] * 9)
    with pytest.raises(ModelError) as caught:
        embed(encoder, ["a", "b", long])
    begin = ("'" + long)[:60]
    assert str(caught.value) == (
        f"{encoder.card.name}: the sentence {begin}... is longer than the service takes ({words}), "
        "and it cuts none; set its limit higher, or leave the task out"
    )


def test_a_sentence_without_text_that_the_service_does_not_take(service: Service) -> None:
    encoder = built(named("openai", service))
    service.faults.append(faults.failed(400, words="'$.input' is invalid."))
    with pytest.raises(ModelError) as caught:
        embed(encoder, ["a", " "])
    assert str(caught.value) == (
        f"m: {service.base}/v1/embeddings: the service answered 400 ('$.input' is invalid.); a "
        "sentence without text was among them"
    )


# --- the store ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_run_asks_who_answers_and_nothing_else(service: Service, kind: str) -> None:
    before = scored(named(kind, service))
    service.answered.clear()
    assert scored(named(kind, service)).resumed == {"DemoSTS"}
    shutil.rmtree("results")
    again = scored(named(kind, service))
    assert again.counts["encoded_sentences"] == 0
    assert again["DemoSTS"].main_score == before["DemoSTS"].main_score
    assert service.answered == [*SENTENCES, SENTENCES[-1]] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_copies_in_other_processes(service: Service, kind: str) -> None:
    encoder = built(named(kind, service))
    sentences = [f"a {place}" for place in range(150)]
    found = embed(encoder, sentences, engine=Processes(2))
    assert np.array_equal(found[sentences], [vector_of(sentence) for sentence in sentences])


def test_the_command_line(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    names = [named(kind, service) for kind in KINDS]
    assert run_eval(["--model", ",".join(names), "--tasks", "DemoSTS"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in names)
    assert len(list(Path("results").rglob("DemoSTS.json"))) == 3
    assert KEY not in said


def test_a_name_of_the_catalogue(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry of docs/add-a-service-encoder.md, with the address of this service."""
    page = (PROJECT / "docs" / "add-a-service-encoder.md").read_text("utf-8")
    begin = page.index("    [models.minilm-here]")
    entry = textwrap.dedent(page[begin : page.index("\n## ", begin)])
    model = "sentence-transformers/all-MiniLM-L6-v2"
    here = entry.replace("http://127.0.0.1:8000", service.base)
    cited = here + '\n[citations]\nminilm = "of nobody"\n'
    models = read_table(cited, catalogue._Catalogue, "models.toml").models
    for module in [m for m in sys.modules.values() if hasattr(m, "named_models")]:
        monkeypatch.setattr(module, "named_models", lambda: models)
    service.pages["/v1/models"] = {"data": [{"id": model}]}
    card = built("minilm-here").card
    assert (card.name, card.source) == ("minilm-here", f"openai:{model}@{service.base}/v1")
    assert service.bodies[-1]["model"] == model
