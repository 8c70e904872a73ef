"""What the tests of services share: one on this machine, and no keys or proxies of the user's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmark.encoders import attempts
from tests import fixtures
from tests.encoders.service import Service

log = fixtures.log

LISTED = {
    "/v1/models": {"data": [{"id": "m", "owned_by": "tests"}]},
    "/info": {
        "model_id": "org/m",
        "model_sha": "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
        "model_dtype": "float16",
        "model_type": {"embedding": {"pooling": "mean"}},
        "max_concurrent_requests": 512,
        "max_input_length": 256,
        "max_batch_tokens": 16384,
        "max_client_batch_size": 32,
        "auto_truncate": False,
        "tokenization_workers": 8,
        "version": "1.8.2",
        "sha": "5ac3aaf",
    },
    "/api/tags": {
        "models": [
            {
                "name": "m:latest",
                "model": "m:latest",
                "digest": "1b226e2802dbb772b5fc32a58f103ca1804ef7501331012de126ab22f67475ef",
                "details": {"format": "gguf", "family": "bert", "quantization_level": "F16"},
            },
            {"name": "other:33m", "digest": "2b"},
        ]
    },
    "/api/version": {"version": "0.12.6"},
}
"""What the page of each kind of service says, in the form that it has there."""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "TEI_API_KEY", "OLLAMA_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def service() -> Iterator[Service]:
    """A service of each kind that wants no key."""
    with Service(key=None) as running:
        running.pages |= LISTED
        yield running


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between attempts, unless the service asks for it."""
    monkeypatch.setattr(attempts, "_FIRST_WAIT", 0.0)
