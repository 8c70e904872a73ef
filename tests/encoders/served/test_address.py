"""How a model of a service is named, and what is refused without being repeated."""

from __future__ import annotations

import pytest

from benchmark.encoders import ModelReference, parse_reference
from benchmark.encoders.asked.reference import split_names
from benchmark.encoders.served.address import ServedModel, served_model
from benchmark.errors import UsageError

PASSWORD = "not-to-be-seen"


@pytest.mark.parametrize(
    ("text", "kind", "model", "address"),
    [
        ("openai:m@http://127.0.0.1:8000/v1", "openai", "m", "http://127.0.0.1:8000/v1"),
        ("openai:m@http://127.0.0.1:8000/v1/", "openai", "m", "http://127.0.0.1:8000/v1"),
        ("openai:org/m@HTTPS://GPU.example:8/v1", "openai", "org/m", "https://gpu.example:8/v1"),
        ("openai:text-embedding-3-small", "openai", "text-embedding-3-small", "OPENAI"),
        (
            "openai:nomic@q4_k_m@http://[::1]:1234/v1",
            "openai",
            "nomic@q4_k_m",
            "http://[::1]:1234/v1",
        ),
        ("openai:nomic@q4_k_m", "openai", "nomic@q4_k_m", "OPENAI"),
        ("tei:http://10.0.0.1:8080", "tei", "", "http://10.0.0.1:8080"),
        ("ollama:all-minilm:33m", "ollama", "all-minilm:33m", "http://127.0.0.1:11434"),
        ("ollama:hf.co/org/m:Q8_0@http://h", "ollama", "hf.co/org/m:Q8_0", "http://h"),
    ],
)
def test_what_is_meant(text: str, kind: str, model: str, address: str) -> None:
    address = address.replace("OPENAI", "https://api.openai.com/v1")
    assert served_model(text) == ServedModel(kind, model, address)
    assert parse_reference(text) == ModelReference("service", text)


def test_an_address_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1/")
    assert served_model("openai:m") == ServedModel("openai", "m", "http://127.0.0.1:8000/v1")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://me:{PASSWORD}@h/v1")
    with pytest.raises(UsageError) as caught:
        parse_reference("openai:m")
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("text", ["openai", "org/openai", "./openai:m", "azure:m", "OpenAI:m"])
def test_what_names_no_service(text: str) -> None:
    assert served_model(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("openai:", "openai: names no model; write openai:MODEL@http://host:port/v1"),
        ("openai:@http://h/v1", "openai: names no model; write openai:MODEL@http://host:port/v1"),
        (
            "ollama:m@127.0.0.1:11434",
            "ollama: an address begins with http:// or https://; write ollama:MODEL@http://host:port",
        ),
        ("openai:m@localhost", "openai: an address begins with http:// or https://; write openai:"),
        ("tei:127.0.0.1:8080", "tei: its address cannot be read; write tei:http://host:port"),
        ("tei:", "tei: its address cannot be read; write tei:http://host:port"),
        ("openai:m@http://h:port/v1", "openai: its address cannot be read; write openai:MODEL@"),
        ("openai:m@http:///v1", "openai: its address cannot be read; write openai:MODEL@"),
        ("openai:m@http://h h/v1", "openai: its address cannot be read; write openai:MODEL@"),
        ("openai:m@http://h\n/v1", "openai: its address cannot be read; write openai:MODEL@"),
    ],
)
def test_what_cannot_be_meant(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    "text",
    [
        f"openai:m@http://me:{PASSWORD}@h/v1",
        f"openai:m@http://{PASSWORD}@h/v1",
        f"openai:m@http://me:{PASSWORD}",
        f"openai:m@https://h/v1?key={PASSWORD}",
        f"openai:m@https://h/v1#{PASSWORD}",
        f"tei:https://me:{PASSWORD}@h",
        f"tei:me:{PASSWORD}@h",
        f"ollama:m@http://me:{PASSWORD}@h:11434",
        f"ollama:m@http://me:{PASSWORD}@http://h",
    ],
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text)
    assert PASSWORD not in str(caught.value)
    assert "write " in str(caught.value)


def test_services_in_a_list() -> None:
    text = "openai:m@http://h/v1,org/name@main, tei:http://h:1"
    assert split_names(text) == ["openai:m@http://h/v1", "org/name@main", "tei:http://h:1"]


def test_a_service_has_no_revision() -> None:
    with pytest.raises(UsageError, match="openai:m is a service and has no `revision`"):
        parse_reference("openai:m", "main")


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.3.2.1", True),
        ("http://[::1]:8000", True),
        ("http://localhost:1", True),
        ("http://10.0.0.1", False),
        ("https://localhost.example", False),
    ],
)
def test_what_is_on_this_machine(address: str, here: bool) -> None:
    model = served_model(f"tei:{address}")
    assert model is not None
    assert model.is_here is here
