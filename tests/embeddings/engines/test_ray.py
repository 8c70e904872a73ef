"""A Ray cluster gives the vectors of one process, whatever happens to its actors.

Most tests share one cluster of two CPUs, started here as a user starts one; some need their own.
"""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from benchmark.embeddings import OnRay, VectorCache, embed
from benchmark.encoders import CallLimits, build_encoder, parse_reference
from benchmark.errors import BenchmarkError, ModelError, UsageError
from benchmark.options import EncoderOptions
from tests import checkpoints, encoder_files
from tests.embeddings.engines import encoders
from tests.embeddings.engines.conftest import END, SENTENCES
from tests.embeddings.engines.encoders import Dies, DiesOnce, Tokens, vectors_of
from tests.embeddings.engines.test_same_vectors import MADE, transformer
from tests.rounding import assert_close

ray = pytest.importorskip("ray")

# Some need a cluster of their own, and come while there is no other.
pytestmark = [pytest.mark.slow, pytest.mark.random_order(disabled=True)]

PROJECT = Path(__file__).parents[3]
SOME = SENTENCES[:20]


@pytest.fixture(scope="module", autouse=True)
def ray_folder() -> Iterator[Path]:
    """Ray's files apart from other people's; the path must be short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", str(folder))
        patch.delenv("RAY_ADDRESS", raising=False)
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster(ray_folder: Path) -> Iterator[Any]:
    """A cluster of two CPUs that the program is connected to already."""
    variables = {"PYTHONPATH": str(PROJECT)}
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        runtime_env={"env_vars": variables},
    )
    yield ray
    ray.shutdown()


@pytest.fixture
def no_process_stays() -> None:
    """Not the one of the package: the shared cluster stays."""


def ray_processes() -> list[psutil.Process]:
    return [p for p in psutil.Process().children(recursive=True) if "ray" in " ".join(p.cmdline())]


def failure(encoder: Any) -> BenchmarkError:
    with pytest.raises(BenchmarkError) as caught:
        embed(encoder, SOME, engine=OnRay(workers=2))
    assert "\n" not in str(caught.value)
    return caught.value


# --- a cluster of our own; these come first, while there is no other ------------------------------


def test_a_cluster_for_as_long_as_the_work(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], log: None
) -> None:
    folder = checkpoints.write_plain(tmp_path / "bert")
    alone = embed(transformer(folder), MADE)
    encoder = transformer(folder)
    before = signal.getsignal(signal.SIGTERM)
    shared = embed(encoder, MADE, engine=OnRay("local", workers=2))
    assert_close(shared[MADE], alone[MADE])
    assert "_compute" not in vars(encoder)
    assert not ray.is_initialized()
    assert signal.getsignal(signal.SIGTERM) is before
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
    psutil.wait_procs(ray_processes(), timeout=END)
    assert not ray_processes()


SCRIPT = """
import sys
from benchmark.embeddings import OnRay, embed
from tests.embeddings.engines.encoders import Plain
from tests.embeddings.engines.test_no_orphans import SENTENCES
embed(Plain(sys.argv[1], 60), SENTENCES, engine=OnRay("local", 2))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_program_that_is_ended_takes_its_cluster_along(tmp_path: Path, number: int) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, "script.py", "notes"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + END
    while not (tmp_path / "notes").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.1)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    out, err = process.communicate(timeout=END)
    assert process.returncode == -number, err
    assert out == "", err
    _, alive = psutil.wait_procs(children, timeout=END)
    if number == signal.SIGKILL:
        # Two of Ray's own agents take a minute to notice; no worker is among them.
        assert all(process.name().endswith("Agent") for process in alive)
        for process in alive:
            process.kill()
    else:
        assert not alive


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:9", "no cluster at 127.0.0.1:9 ([Errno 111] Connection refused)"),
        ("nonsense", "no cluster at nonsense (Invalid address format: nonsense)"),
        ("auto", "no cluster at auto (Could not find any running Ray instance."),
        ("no.such.host.invalid:6379", "no cluster at no.such.host.invalid:6379 ("),
    ],
)
@pytest.mark.parametrize("way", ["argument", "environment"])
def test_an_address_where_nobody_is(
    address: str, said: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "environment":
        monkeypatch.setenv("RAY_ADDRESS", address)
    # "auto" would find any cluster of this machine, such as one of a test beside this one.
    monkeypatch.setattr("ray._private.services.find_gcs_addresses", functools.cache(set))
    with pytest.raises(UsageError) as caught:
        embed(Tokens(), SOME, engine=OnRay(address if way == "argument" else None))
    assert str(caught.value).startswith(f"`engine` ray: {said}")
    assert "\n" not in str(caught.value)
    assert not ray.is_initialized()


HEAD = """
import ray, sys
ray.init(address="local", num_cpus=2, include_dashboard=False, logging_level="ERROR")
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
"""


def test_a_cluster_that_is_there(tmp_path: Path) -> None:
    """It gets our code; when we leave, it stays, without our actors."""
    folder = checkpoints.write_plain(tmp_path / "bert")
    alone = embed(transformer(folder), MADE)
    head = subprocess.Popen(
        [sys.executable, "-c", HEAD],
        cwd=tmp_path,  # from where nothing of ours can be imported
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert head.stdin
    assert head.stdout
    try:
        address = head.stdout.readline().strip()
        for _ in range(2):
            shared = embed(transformer(folder), MADE, engine=OnRay(address))
            assert_close(shared[MADE], alone[MADE])
            assert not ray.is_initialized()
        assert head.poll() is None
    finally:
        head.stdin.close()
        head.wait(timeout=END)


# --- a cluster that is shared ---------------------------------------------------------------------


def test_an_actor_that_is_killed(cluster: Any, tmp_path: Path) -> None:
    encoder = DiesOnce(SENTENCES[700], str(tmp_path / "died"))
    embeddings = embed(encoder, SENTENCES, engine=OnRay(workers=2))
    assert (tmp_path / "died").exists()
    assert np.array_equal(embeddings[SENTENCES], vectors_of(SENTENCES))
    assert cluster.is_initialized()  # it was not ours to end


def test_actors_that_always_die(cluster: Any, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    error = failure(Dies(notes=str(notes)))
    assert type(error) is ModelError
    assert str(error).startswith("dies: Ray gave up (")
    assert len(notes.read_text().splitlines()) <= 2 * 5


@pytest.mark.parametrize(
    ("kind", "of", "said"),
    [
        ("Fails", ModelError, "fails: encoding raised RuntimeError: the cable is unplugged"),
        ("Refuses", ModelError, "refuses: said well already"),
        ("CannotLoad", ModelError, "cannot-load: encoding raised OSError"),
        ("WrongShape", ModelError, "plain: encode returned shape (19, 3)"),
        ("CannotBeSent", UsageError, "locked cannot be sent to another process"),
        ("CannotBeReceived", UsageError, "the encoder cannot be received by a worker process"),
    ],
)
def test_an_error_in_an_actor(cluster: Any, kind: str, of: type, said: str) -> None:
    error = failure(getattr(encoders, kind)())
    assert type(error) is of
    assert str(error).startswith(said)


def test_an_encoder_of_a_file(
    cluster: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "path", sys.path[:])
    copied = shutil.copy(encoder_files.__file__, tmp_path)
    reference = parse_reference(f"{copied}:WordHash")
    error = failure(build_encoder(reference, "sts", EncoderOptions()))
    assert type(error) is UsageError
    assert "No module named '_encoder_file_encoder_files'" in str(error)
    del sys.modules["_encoder_file_encoder_files"]


def test_more_copies_than_cpus(cluster: Any, log: None, caplog: pytest.LogCaptureFixture) -> None:
    """An actor that no node can take would wait for ever, and its job with it."""
    embeddings = embed(Tokens(), SENTENCES, engine=OnRay(workers=5))
    assert np.array_equal(embeddings[SENTENCES], vectors_of(SENTENCES))
    said = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert said == ["`workers` 5: the cluster has 2 CPUs, one for each copy; using 2"]


def test_copies_share_what_a_service_takes(cluster: Any, tmp_path: Path) -> None:
    """And ask again what fails for a while."""
    notes = tmp_path / "notes"
    limits = CallLimits(sentences=5, at_once=1, attempts=2, longest_wait=0.001)
    service = encoders.Limited(str(notes), limits, failures=1)
    embeddings = embed(service, SOME, engine=OnRay(workers=2))
    assert np.array_equal(embeddings[SOME], vectors_of(SOME))
    assert len({line.split(" ", 1)[0] for line in notes.read_text().splitlines()}) == 1


def test_a_cluster_without_gpus(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmark.embeddings.engines.ray.on_ray.device_name", lambda name: "cuda")
    error = failure(encoders.Placed(Tokens.card))
    assert type(error) is UsageError
    assert str(error) == "`engine` ray: the cluster has no GPU; choose another `device`"


def test_what_comes_is_stored(cluster: Any, tmp_path: Path) -> None:
    store = VectorCache(tmp_path).store('{"fingerprint": "x"}', "tokens")
    embed(Tokens(), SENTENCES, store=store, engine=OnRay(workers=2))
    assert not embed(Dies(), SENTENCES, store=store).report.encoded


def test_actors_do_not_stay(cluster: Any) -> None:
    """A cluster that goes on needs its CPUs for others."""
    embed(Tokens(), SOME, engine=OnRay(workers=2))
    deadline = time.monotonic() + END
    while cluster.available_resources().get("CPU") != 2:
        assert time.monotonic() < deadline
        time.sleep(0.2)
