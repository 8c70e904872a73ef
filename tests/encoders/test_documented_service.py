"""The adapter of docs/add-a-service-encoder.md, as it stands there, and a service that fails."""

from __future__ import annotations

import re
import shutil
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import EncoderCard, Run, evaluate
from benchmark.cli import run_eval
from benchmark.embeddings import InProcess
from benchmark.encoders import build
from benchmark.encoders.asked import catalogue
from benchmark.errors import ModelError, UsageError
from benchmark.toml_tables import read_table
from tests import fixtures
from tests.conftest import PROJECT
from tests.encoders.service import KEY, Service, vector_of

log = fixtures.log

PAGE = (PROJECT / "docs" / "add-a-service-encoder.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
[ADAPTER] = [text for kind, text in BLOCKS if text.startswith("# acme.py\n")]
[ENTRY] = [text for kind, text in BLOCKS if kind == "toml"]

COMMAND = ["--model", "acme.py:acme", "--tasks", "DemoSTS", "--output-dir", "results"]
END = 300.0
SIZE = 16
"""Sentences in a request here: so that there are more of them than the demonstration set fills."""


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setenv("ACME_KEY", f"{KEY}\n")
    monkeypatch.setenv("ACME_MODEL", "acme-small")
    assert ADAPTER.count("sentences=64,") == 1
    Path("acme.py").write_text(ADAPTER.replace("sentences=64,", f"sentences={SIZE},"), "utf-8")
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("_encoder_file_"):
            del sys.modules[name]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with Service(most=SIZE) as running:
        monkeypatch.setenv("ACME_ADDRESS", running.address)
        yield running


def scored(waits: list[float] | None = None, **options: Any) -> Run:
    engine = InProcess((waits if waits is not None else []).append)
    return evaluate("acme.py:acme", "DemoSTS", output_dir="results", engine=engine, **options)


def local_score() -> float:
    """Return the score of the same vectors without a service."""

    class Here:
        card = EncoderCard("here")

        def encode(self, sentences: list[str]) -> Any:
            return np.array([vector_of(sentence) for sentence in sentences], np.float32)

    return evaluate(Here(), "DemoSTS")["DemoSTS"].main_score


def require_no_key(*texts: str) -> None:
    """Look for the key in messages, and in whatever was written below this folder."""
    files = [path for path in Path().rglob("*") if path.is_file()]
    kept = [path.read_bytes().decode("latin-1") for path in files]
    assert len(files) > 1
    assert [text for text in (*texts, *kept) if KEY in text] == []


def test_a_service_that_is_busy_for_a_while(service: Service) -> None:
    """It answers with 429 and 503 before it answers, and sees as many requests as it may."""
    service.failures.extend([(429, "3"), (503, None), (429, "Fri, 31 Dec 1999 23:59:59 GMT")])
    waits: list[float] = []
    run = scored(waits)
    assert run["DemoSTS"].main_score == local_score()
    assert max(service.sizes) == SIZE
    assert sum(service.sizes) == run.counts["distinct_sentences"]
    assert len(waits) == 3
    assert sum(wait >= 3 for wait in waits) == 1
    assert run["DemoSTS"].model.card["adapter"] == "acme"


def test_requests_are_made_at_once(service: Service) -> None:
    service.together = threading.Barrier(4, timeout=END)  # breaks unless four are there
    assert scored()["DemoSTS"].main_score == local_score()
    assert not service.together.broken


def test_the_next_run_asks_for_nothing(service: Service) -> None:
    before = scored()
    asked = service.asked
    assert scored().resumed == {"DemoSTS"}
    shutil.rmtree("results")
    again = scored()
    assert again.counts["encoded_sentences"] == 0
    assert again["DemoSTS"].main_score == before["DemoSTS"].main_score
    assert service.asked == asked


def test_a_row_too_few_is_refused_and_the_rest_is_kept(service: Service) -> None:
    service.short = {5}
    with pytest.raises(ModelError) as caught:
        scored()
    assert str(caught.value) == (
        f"acme-small: encode returned shape ({SIZE - 1}, 16) for {SIZE} sentences, not ({SIZE}, d)"
    )
    kept = sum(service.sizes) - SIZE
    assert kept > 0
    service.sizes.clear()
    run = scored()
    assert run["DemoSTS"].main_score == local_score()
    assert sum(service.sizes) == run.counts["encoded_sentences"]
    assert run.counts["encoded_sentences"] == run.counts["distinct_sentences"] - kept


@pytest.mark.usefixtures("log")
def test_a_service_that_dies(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    service.dead_after = 4
    with pytest.raises(ModelError) as caught:
        scored()
    said = "acme-small: gave up after 6 attempts: the service answered 503"
    assert str(caught.value) == said
    assert "acme-small: the service answered 503; trying again in" in caplog.text
    require_no_key(said, caplog.text)
    service.dead_after = float("inf")
    kept = sum(service.sizes)
    assert kept >= 4 * SIZE
    run = scored()
    assert run.counts["encoded_sentences"] == run.counts["distinct_sentences"] - kept
    assert run["DemoSTS"].main_score == local_score()


def test_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with Service() as gone:
        monkeypatch.setenv("ACME_ADDRESS", gone.address)
    with pytest.raises(
        ModelError, match="acme-small: gave up after 6 attempts: no answer"
    ) as caught:
        scored()
    assert "\n" not in str(caught.value)


def test_a_request_that_is_too_large_is_halved(service: Service) -> None:
    service.most = SIZE // 2
    assert scored()["DemoSTS"].main_score == local_score()
    assert max(service.sizes) == SIZE // 2


# --- the key --------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["-of-old", "-of\n-old"])
def test_a_wrong_key_is_in_no_message_record_or_log(
    service: Service,
    wrong: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The service repeats the key that it got; ``--debug`` shows all exceptions."""
    monkeypatch.setenv("ACME_KEY", KEY + wrong)
    Path("results").mkdir()
    Path("results", "notes").write_text("of others")
    code = run_eval([*COMMAND, "--debug"])
    assert code == ModelError.exit_code
    said = capsys.readouterr()
    assert "acme-small: the service answered 401" in said.err
    require_no_key(said.out, said.err)


def test_the_right_key_is_in_no_record(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_eval(COMMAND) == 0
    said = capsys.readouterr()
    assert list(Path("results").rglob("DemoSTS.json"))
    require_no_key(said.out, said.err)


# --- a name in the catalogue ----------------------------------------------------------------------


@pytest.fixture
def named(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The adapter's file, the line of the table and the entry, as the page has them."""
    namespace: dict[str, Any] = {}
    exec(compile(Path("acme.py").read_text("utf-8"), "acme.py", "exec"), namespace)
    assert '    "acme": acme_encoder,\n' in PAGE
    monkeypatch.setitem(build.ADAPTERS, "acme", namespace["acme_encoder"])
    cited = ENTRY + '[citations]\nacme = "of nobody"\n'
    [(name, model)] = read_table(cited, catalogue._Catalogue, "models.toml").models.items()
    assert name == "acme-small"
    here = replace(model.source("any"), service=service.address)
    models = {**catalogue.named_models(), name: replace(model, checkpoints={"any": here})}
    for module in [m for m in sys.modules.values() if hasattr(m, "named_models")]:
        monkeypatch.setattr(module, "named_models", lambda: models)


@pytest.mark.usefixtures("named")
def test_a_name_of_the_catalogue(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    run = evaluate("acme-small", "DemoSTS", output_dir="results")
    assert run["DemoSTS"].main_score == local_score()
    assert run["DemoSTS"].model.card["source"] == service.address
    asked = service.asked
    assert run_eval(["--model", "acme-small", "--tasks", "DemoSTS", "--dry-run"]) == 0
    assert service.asked == asked
    capsys.readouterr()
    assert run_eval(["--list-models", "acme-small", "--format", "json"]) == 0
    assert service.address in capsys.readouterr().out
    assert run_eval(["--list-models", "acme-small"]) == 0
    assert capsys.readouterr().out.startswith("training: not stated\n")


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"offline": True}, "acme-small is a service; it cannot be asked with `offline`"),
        ({"revision": "main"}, "acme-small is a service and has no `revision`"),
        ({"pooler": "avg"}, "`pooler` avg: acme-small has no such setting"),
    ],
)
def test_what_a_service_has_not(service: Service, options: Any, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        evaluate("acme-small", "DemoSTS", **options)
    assert str(caught.value) == said
    assert service.asked == 0
