"""A key goes into the header of requests to its service, and nowhere else: each is followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmark.cli import run_eval
from benchmark.encoders.served.secret import Secret
from benchmark.errors import ModelError
from tests.encoders import service as faults
from tests.encoders.served.test_kinds import KINDS, named
from tests.encoders.service import KEY, Service

pytestmark = pytest.mark.usefixtures("no_waits")

VARIABLES = {"openai": "OPENAI_API_KEY", "tei": "TEI_API_KEY", "ollama": "OLLAMA_API_KEY"}
HALF = KEY[: len(KEY) // 2 + 2]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def locked(service: Service) -> Service:
    service.key = KEY
    return service


def command(kind: str, service: Service) -> list[str]:
    name = named(kind, service)
    return ["--model", name, "--tasks", "DemoSTS", "--output-dir", "results", "--debug"]


def require_no_key(capsys: pytest.CaptureFixture[str], least: int = 1) -> str:
    """Look for the key, or half of it, on the streams and in every file; return the streams."""
    said = capsys.readouterr()
    files = [path for path in Path().rglob("*") if path.is_file()]
    assert len(files) >= least
    kept = [path.read_bytes().decode("latin-1") for path in files]
    names = [str(path) for path in files]
    assert [text for text in (said.out, said.err, *kept, *names) if HALF in text] == []
    return said.out + said.err


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_key_is_in_no_record(
    locked: Service,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(VARIABLES[kind], f" {KEY}\n")
    assert run_eval(command(kind, locked)) == 0
    assert {headers["Authorization"] for headers in locked.headers} == {f"Bearer {KEY}"}
    require_no_key(capsys, least=4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", ["-of-old", "-of\n-old"])
def test_a_wrong_key_that_is_repeated_is_not_shown(
    locked: Service,
    kind: str,
    wrong: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(VARIABLES[kind], KEY + wrong)
    assert run_eval(command(kind, locked)) == ModelError.exit_code
    said = require_no_key(capsys, least=0)
    assert "401 (your key Bearer *** does not help); the key is taken from" in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_without_a_key_that_wants_one(
    locked: Service, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_eval(command(kind, locked)) == ModelError.exit_code
    assert f"the key is taken from {VARIABLES[kind]}" in capsys.readouterr().err


@pytest.mark.parametrize("other", ["HF_TOKEN", "OPENAI_API_KEY"])
def test_a_key_of_somebody_else_stays_here(
    service: Service, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(other, KEY)
    assert run_eval(command("tei", service)) == 0
    assert {headers["Authorization"] for headers in service.headers} == {None}


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("openai", {"/v1/models": {"data": [{"id": "m", "owned_by": KEY, "root": KEY}]}}),
        ("openai", {"/v1/models": {"data": [{"id": KEY}]}}),
        ("tei", {"/info": {"model_id": f"org/{KEY}", "model_dtype": KEY, "version": KEY}}),
        ("tei", {"/info": {"model_id": "m", "model_type": {KEY: {}}}}),
        ("tei", {"/info": {"model_id": "m", "model_type": {"embedding": {"pooling": KEY}}}}),
        ("tei", {"/info": {"model_id": "m", "max_input_length": KEY}}),
        ("tei", {"/info": {"model_id": "m", "model_sha": [KEY]}}),
        ("ollama", {"/api/version": {"version": KEY}}),
        ("ollama", {"/api/tags": {"models": [{"name": KEY, "digest": KEY}]}}),
        (
            "ollama",
            {"/api/tags": {"models": [{"name": "m:latest", "digest": KEY, "details": KEY}]}},
        ),
    ],
)
def test_a_service_that_calls_itself_by_the_key(
    locked: Service,
    kind: str,
    page: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(VARIABLES[kind], KEY)
    locked.pages |= page
    run_eval(command(kind, locked))
    require_no_key(capsys, least=0)


def with_the_key_as_model(answer: Any) -> None:
    answer["model"] = KEY


def with_the_key_as_vector(answer: Any) -> None:
    answer["data"][0]["embedding"] = [KEY]


def with_the_key_as_index(answer: Any) -> None:
    answer["data"][0]["index"] = KEY


@pytest.mark.parametrize(
    "fault",
    [
        faults.changed(with_the_key_as_model),
        faults.changed(with_the_key_as_vector),
        faults.changed(with_the_key_as_index),
        faults.failed(400, words=f"{'x' * 190} {KEY}"),
        faults.failed(400, words=f"{HALF} is no key"),
        faults.failed(422, words=f"too long: {KEY}"),
        faults.failed(503, words=KEY),
        faults.failed(503, KEY),
        faults.moved(f"https://{KEY.lower()}.example/{KEY}"),
        faults.said(KEY.encode()),
        faults.said(f'"{KEY}"'.encode()),
        faults.said(f'{{"data": "{KEY}"}}'.encode()),
        faults.cut,
    ],
)
@pytest.mark.parametrize("after", [0, 2])
def test_a_service_that_answers_with_the_key(
    locked: Service,
    fault: faults.Fault,
    after: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """To what it is asked first, or to sentences of a task."""

    def answered(request: faults.Requests, answer: Any) -> None:
        request.send(200, answer)

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    locked.faults.extend([answered] * after + [fault])
    run_eval(command("openai", locked))
    require_no_key(capsys, least=0)


@pytest.mark.parametrize("key", ["sk-\u20ac-of-nobody", "sk-\x01of-nobody"])
def test_what_is_no_key(
    locked: Service, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    assert run_eval(command("openai", locked)) == ModelError.exit_code
    said = capsys.readouterr().err
    assert "error: m: OPENAI_API_KEY holds characters that no key can have" in said
    assert "of-nobody" not in said


def test_a_key_over_the_network_in_clear_is_worth_a_word(
    locked: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("HTTP_PROXY", locked.base)  # who stands for the machine far away
    run_eval(["--model", "openai:m@http://far.example/v1", "--tasks", "DemoSTS"])
    said = "warning: m: the key of OPENAI_API_KEY goes to http://far.example/v1 unencrypted"
    assert said in capsys.readouterr().err
    run_eval(command("openai", locked))
    assert "unencrypted" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "text", "shown"),
    [
        (KEY, f"a {KEY} b", "a *** b"),
        (KEY, f"a {KEY[:10]}\u2026 b", "a ***\u2026 b"),
        (KEY, f"{KEY}{KEY}", "***"),
        (KEY, f"a {KEY[:7]} b", f"a {KEY[:7]} b"),
        ("EMPTY", "an EMPTY list", "an *** list"),
        ("x", "a box", "a box"),
        ("", "a box", "a box"),
    ],
)
def test_what_is_hidden(key: str, text: str, shown: str) -> None:
    assert Secret(key).hidden_in(text, 200) == shown


def test_a_cut_does_not_show_the_beginning_of_a_key() -> None:
    assert Secret(KEY).hidden_in("x" * 190 + KEY, 200) == "x" * 190 + "***"
    assert KEY not in repr(Secret(KEY))
