"""What of the Ray engine can be told without a cluster."""

from __future__ import annotations

import importlib.util
import json
import socket
from typing import Any

import pytest

from benchmark.embeddings import OnRay
from benchmark.embeddings.engines.ray import cluster
from benchmark.embeddings.engines.ray.actor import Actor, require_same
from benchmark.embeddings.engines.replica import sent
from benchmark.encoders import vector_identity
from benchmark.errors import UsageError
from tests.embeddings.engines.encoders import Plain, vectors_of


def test_ray_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    hidden = {"ray"}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in hidden else found(name)
    )
    with pytest.raises(UsageError, match=r"`engine` ray needs Ray; pip install '\.\[ray\]'"):
        OnRay()


def test_an_actor_answers() -> None:
    encoder = Plain()
    actor = Actor(sent(encoder), vector_identity(encoder))
    job, [first, second] = actor.answer([[4, 5], [6]], [["a", "b"], ["c"]])
    assert job == [[4, 5], [6]]
    assert (first == vectors_of(["a", "b"])).all()
    assert (second == vectors_of(["c"])).all()


def test_an_actor_that_would_give_other_vectors() -> None:
    """They would be stored as those of the versions that are here."""
    encoder = Plain()
    ours = json.loads(vector_identity(encoder) or "")
    actor = Actor(sent(encoder), json.dumps(ours | {"machine": "abacus"}, sort_keys=True))
    with pytest.raises(UsageError, match="a node of the cluster would give other vectors"):
        actor.answer([[0]], [["a"]])


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ({"torch": "2.13"}, {"torch": "2.12"}, "torch is 2.12, not 2.13"),
        ({"a": "1", "device": "cuda"}, {"a": "1", "device": "cpu"}, "device is cpu, not cuda"),
        ({"a": "1", "b": "2"}, {"a": "1"}, "b is None, not 2"),
        (None, {"a": "1"}, "a is 1, not None"),
    ],
)
def test_what_differs_is_named(ours: Any, theirs: Any, said: str) -> None:
    def text(identity: Any) -> str | None:
        return None if identity is None else json.dumps(identity)

    require_same(text(ours), text(ours))
    with pytest.raises(UsageError) as caught:
        require_same(text(ours), text(theirs))
    assert f"({said})" in str(caught.value)
    assert str(caught.value).endswith("install the same versions on all nodes")


def test_a_port_that_is_closed_is_told_at_once() -> None:
    """Ray itself tries it for minutes, and writes about each try."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            cluster._require_answer(f"127.0.0.1:{unused.getsockname()[1]}")


@pytest.mark.parametrize("address", ["local", "auto", "ray://somewhere:1", "host:port", ":5"])
def test_other_addresses_are_left_to_ray(address: str) -> None:
    cluster._require_answer(address)


def test_an_open_port_is_left_to_ray() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        cluster._require_answer(f"127.0.0.1:{server.getsockname()[1]}")
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        cluster._require_answer(f"[::1]:{server.getsockname()[1]}")


def test_workers_of_our_own_cluster_import_from_where_we_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.path", ["", "/somewhere/else"])
    monkeypatch.setenv("OMP_NUM_THREADS", "6")
    settings = cluster._started(2)
    assert settings["num_cpus"] == 2
    variables = settings["runtime_env"]["env_vars"]
    assert variables["PYTHONPATH"].split(":")[1] == "/somewhere/else"
    assert variables["OMP_NUM_THREADS"] == "3"
