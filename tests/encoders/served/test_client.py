"""One request: what services do to it, and the one line that becomes of it."""

from __future__ import annotations

import email.utils
import gzip
import pickle
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmark.encoders import TemporaryFailure
from benchmark.encoders.served.client import Client, Refused, is_too_large
from benchmark.errors import ModelError
from tests.encoders import service as faults
from tests.encoders.service import KEY, Fault, Service, vector_of

BODY = {"model": "m", "input": ["a b", "c"], "encoding_format": "float"}


@pytest.fixture
def ask(service: Service) -> Callable[..., Any]:
    """Ask for two vectors, of a service that is given some seconds."""

    def ask(seconds: float = 60, key_variable: str = "THE_KEY") -> Any:
        client = Client("mine", f"{service.base}/v1", key_variable, seconds, is_here=True)
        return client.post("/embeddings", BODY, 2)

    return ask


def test_an_answer(ask: Callable[..., Any], service: Service) -> None:
    rows = {row["index"]: row["embedding"] for row in ask()["data"]}
    assert rows == {0: vector_of("a b").tolist(), 1: vector_of("c").tolist()}
    assert service.bodies == [BODY]
    assert service.headers[0]["Authorization"] is None


@pytest.mark.parametrize(
    ("fault", "seconds", "said"),
    [
        (faults.cut, 60, r"the connection broke \(RemoteProtocolError\)"),
        (faults.hung_up, 60, r"the connection broke \(RemoteProtocolError\)"),
        (faults.cut_without_a_length, 60, "its answer was cut short, or is no JSON"),
        (faults.stalled, 0.3, "no answer within 0.3 s"),
        (faults.trickled, 0.3, "the answer took more than 0.6 s|no answer within 0.3 s"),
        (faults.failed(500, words="x"), 60, r"the service answered 500 \(x\)"),
        (faults.failed(502), 60, r"the service answered 502 \(your key None does not help\)"),
        (faults.failed(504, words="a\n\x1b[31m"), 60, r"the service answered 504 \(a \\x1b\[31m\)"),
    ],
)
def test_what_may_pass(
    ask: Callable[..., Any], service: Service, fault: Fault, seconds: float, said: str
) -> None:
    service.faults.append(fault)
    with pytest.raises(TemporaryFailure) as caught:
        ask(seconds)
    assert re.fullmatch(said, str(caught.value))
    assert caught.value.retry_after is None
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert len(ask()["data"]) == 2


def in_an_hour() -> str:
    return email.utils.format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("3", 3, 3),
        (" 1.5 ", 1.5, 1.5),
        ("in an hour", 3000, 3600),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0, 0),
        ("Fri, 31 Dec 1999 23:59:59 -0000", 0, 0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_how_long_a_service_asks_to_be_left_alone(
    ask: Callable[..., Any],
    service: Service,
    status: int,
    retry_after: str,
    least: float,
    most: float,
) -> None:
    text = in_an_hour() if retry_after == "in an hour" else retry_after
    service.faults.append(faults.failed(status, text))
    with pytest.raises(TemporaryFailure) as caught:
        ask()
    assert caught.value.retry_after is not None
    assert least <= caught.value.retry_after <= most


@pytest.mark.parametrize(
    "retry_after", ["soon", "-3", "1e999", "nan", "9" * 400, "Fri, 99 Dec 99999 23:59:59 GMT"]
)
def test_what_is_no_time(ask: Callable[..., Any], service: Service, retry_after: str) -> None:
    service.faults.append(faults.failed(503, retry_after))
    with pytest.raises(TemporaryFailure) as caught:
        ask()
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            faults.said(b"<html>it works</html>"),
            "mine: what answers at ADDRESS is no such service (its answer is no JSON)",
        ),
        (faults.said(b"[" * 200 + b"]" * 200), "mine: what answers at ADDRESS is no such service"),
        (faults.endless, "mine: the service answers with more than 3,145,728 bytes"),
        (
            faults.failed(404, words="no model m"),
            "mine: ADDRESS/embeddings: the service answered 404 (no model m)",
        ),
        (
            faults.said(b"\xff\xfe nothing here", Status="x"),
            "mine: what answers at ADDRESS is no such service (its answer is no JSON)",
        ),
    ],
)
def test_what_will_not_pass(
    ask: Callable[..., Any], service: Service, fault: Fault, said: str
) -> None:
    service.faults.append(fault)
    with pytest.raises(ModelError) as caught:
        ask()
    assert not isinstance(caught.value, TemporaryFailure)
    assert str(caught.value).startswith(said.replace("ADDRESS", f"{service.base}/v1"))
    assert "\n" not in str(caught.value)


def test_a_packed_answer_is_bounded_as_it_is_unpacked(
    ask: Callable[..., Any], service: Service
) -> None:
    bomb = gzip.compress(b" " * 2**26)
    service.faults.append(faults.said(bomb, **{"Content-Encoding": "gzip"}))
    with pytest.raises(ModelError, match="answers with more than"):
        ask()
    service.faults.append(faults.said(b"no gzip", **{"Content-Encoding": "gzip"}))
    with pytest.raises(ModelError, match=r"mine: no answer \(DecodingError\)"):
        ask()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": {"message": "of OpenAI", "code": "c"}}, "(of OpenAI)"),
        ({"error": "of TEI", "error_type": "Validation"}, "(of TEI)"),
        ({"message": "of vLLM", "object": "error"}, "(of vLLM)"),
        ({"detail": [{"loc": ["body"], "msg": "of FastAPI"}]}, "of FastAPI"),
        ({"detail": "x" * 500}, f"({'x' * 200}...)"),
        ({"error": {"message": {"a": 1}}}, "({'a': 1})"),
        ([1], "the service answered 400"),
        ({}, "the service answered 400"),
    ],
)
def test_the_words_of_errors(
    ask: Callable[..., Any], service: Service, answer: Any, said: str
) -> None:
    service.faults.append(lambda request, _: request.send(400, answer))
    with pytest.raises(Refused) as caught:
        ask()
    assert caught.value.status == 400
    assert said in str(caught.value)


def test_a_spent_account_is_not_waited_for(ask: Callable[..., Any], service: Service) -> None:
    spent = {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}
    service.faults.append(lambda request, _: request.send(429, spent))
    with pytest.raises(Refused, match="the service answered 429"):
        ask()


@pytest.mark.parametrize(
    ("status", "reason", "too_large"),
    [
        (413, "", True),
        (422, "batch size 64 > maximum allowed batch size 32", True),
        (413, "Input validation error: `inputs` must have less than 512 tokens. Given: 600", True),
        (400, "This model's maximum context length is 512 tokens. However, you requested", True),
        (400, "Requested 300001 tokens, max 300000 tokens per request", True),
        (400, "Invalid 'input': array too long. Expected an array with maximum length 2048", True),
        (422, "List should have at most 2048 items after validation, not 3000", True),
        (500, "input is too large to process. increase the physical batch size", True),
        (400, "the input length exceeds the context length", True),
        (429, "Rate limit exceeded", False),
        (400, "'$.input' is invalid", False),
        (500, "Internal Server Error", False),
        (404, "maximum context length", False),
    ],
)
def test_what_is_too_large(status: int, reason: str, too_large: bool) -> None:
    assert is_too_large(status, reason) is too_large


# --- where it goes --------------------------------------------------------------------------------


def test_nobody_is_there() -> None:
    with Service() as gone:
        address = gone.base
    with pytest.raises(TemporaryFailure) as caught:
        Client("mine", address, "THE_KEY", is_here=True).get("/info")
    assert str(caught.value) == f"no connection to {address}"


def test_nobody_follows_to_another_place(
    ask: Callable[..., Any], service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    with Service(key=KEY) as other:
        service.faults.append(faults.moved(f"{other.base}/v1/embeddings?key={KEY}"))
        with pytest.raises(ModelError) as caught:
            ask()
    assert not other.headers
    assert str(caught.value) == (
        f"mine: {service.base}/v1/embeddings leads elsewhere (to 127.0.0.1, 307); name the address "
        "that answers itself"
    )


@pytest.mark.parametrize("to", ["", "/elsewhere", "http://[::1", "https:// h", "x" * 3000])
def test_a_place_that_cannot_be_told(ask: Callable[..., Any], service: Service, to: str) -> None:
    service.faults.append(faults.moved(to))
    with pytest.raises(ModelError) as caught:
        ask()
    assert len(str(caught.value)) < 500


def test_a_proxy_of_the_environment_is_asked_for_what_is_not_here(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", service.base)
    service.pages["http://far.example/info"] = {"from": "the proxy"}
    assert Client("mine", "http://far.example", "K").get("/info") == {"from": "the proxy"}
    with Service(key=None) as here:
        here.pages["/info"] = {"from": "here"}
        assert Client("mine", here.base, "K", is_here=True).get("/info") == {"from": "here"}


def test_a_setting_of_the_environment_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://me:not-to-be-seen@h")
    with pytest.raises(ModelError) as caught:
        Client("mine", "https://far.example", "K").get("/info")
    assert "the proxy or certificate settings of the environment cannot be used" in str(
        caught.value
    )
    assert "not-to-be-seen" not in str(caught.value)


def test_it_goes_to_other_processes_without_connections_or_key(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    client = Client("mine", service.base, "THE_KEY", is_here=True)
    client.get("/info")
    sent = pickle.dumps(client)
    assert KEY.encode() not in sent
    assert KEY not in repr(client)
    assert pickle.loads(sent).get("/info") == service.pages["/info"]


def test_connections_are_used_again(service: Service) -> None:
    client = Client("mine", f"{service.base}/v1", "THE_KEY", is_here=True)
    seen = set()

    def fault(request: faults.Requests, answer: Any) -> None:
        seen.add(request)
        request.send(200, answer)

    service.faults.extend([fault] * 3)
    for _ in range(3):
        client.post("/embeddings", BODY, 2)
    assert len(seen) == 1
