"""A service that gives embeddings over HTTP on this machine, and fails as services do.

It speaks as OpenAI's, as TEI and as Ollama, each under the paths that these have.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import numpy as np

KEY = "sk-of-nobody-0123456789"
WIDTH = 16

Fault = Callable[["Requests", Any], object]
"""What happens to a request instead of its answer, which is given."""

Vectors = Callable[[list[str]], Any]
"""Makes an (n, d) array of n sentences."""


def vector_of(sentence: str, seed: int = 1) -> Any:
    """Return what the service gives for a sentence: the sum of what it gives for its words."""
    words = [_of_word(word, seed) for word in sentence.split()]
    return np.sum([np.zeros(WIDTH, np.float32), *words], axis=0)


def _of_word(word: str, seed: int) -> Any:
    digest = hashlib.sha256(f"{seed} {word}".encode("utf-8", "surrogatepass")).digest()[:WIDTH]
    return np.frombuffer(digest, np.uint8).astype(np.float32) - 127.5


class Service(ThreadingHTTPServer):
    """Answers while the block lasts.

    Attributes:
        most: sentences that it takes in a request; 413 for more.
        key: that it wants; None for none. A wrong one is repeated in the answer, as some do.
        failures: statuses that the next requests get instead of an answer, with ``Retry-After``.
        faults: befall the next requests that would be answered.
        short: requests, counted from the first, that get one row too few.
        dead_after: requests that are answered before all others get 503.
        silent_after: requests that are answered before all others wait for the end.
        together: requests that wait for each other before the first is answered.
        seed: of the model that it runs.
        vectors: what it runs instead of that.
        pages: what ``GET`` gives, by path.
        named: what it calls its model; None for what it was asked by.
        sizes: sentences in each request that was answered.
        answered: those sentences.
        bodies: of all requests.
        headers: of all requests.
        asked: requests for vectors in all.
        ended: that nobody waits any more.
    """

    daemon_threads = True

    def __init__(
        self, most: int = 64, key: str | None = KEY, vectors: Vectors | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), Requests)
        self.most = most
        self.key = key
        self.vectors = vectors
        self.failures: deque[tuple[int, str | None]] = deque()
        self.faults: deque[Fault] = deque()
        self.short: set[int] = set()
        self.dead_after: float = float("inf")
        self.silent_after: float = float("inf")
        self.together: threading.Barrier | None = None
        self.seed = 1
        self.pages: dict[str, Any] = {}
        self.named: str | None = None
        self.sizes: list[int] = []
        self.answered: list[str] = []
        self.bodies: list[Any] = []
        self.headers: list[Any] = []
        self.asked = 0
        self.ended = threading.Event()
        self.lock = threading.Lock()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def address(self) -> str:
        return f"{self.base}/v1/embeddings"

    def rows(self, texts: list[str]) -> list[list[float]]:
        if self.vectors is not None:
            return [np.asarray(row).tolist() for row in self.vectors(texts)]
        return [vector_of(text, self.seed).tolist() for text in texts]

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # whoever asked has gone
            super().handle_error(request, client_address)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.ended.set()
        self.shutdown()
        self.server_close()


class Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def do_GET(self) -> None:
        self.server.headers.append(self.headers)
        if self.path not in self.server.pages:
            return self.fail(404, None)
        self.send(200, self.server.pages[self.path])
        return None

    def do_POST(self) -> None:
        service = self.server
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service.headers.append(self.headers)
        service.bodies.append(asked)
        texts = asked["inputs" if self.path == "/embed" else "input"]
        with service.lock:
            number, service.asked = service.asked, service.asked + 1
            failure = service.failures.popleft() if service.failures else None
            dead = len(service.sizes) >= service.dead_after
        if failure is not None:
            return self.fail(*failure)
        if dead:
            return self.fail(503, None)
        if service.key is not None and self.headers["Authorization"] != f"Bearer {service.key}":
            return self.fail(401, None)
        if len(texts) > service.most:
            return self.fail(413, None)
        if service.together is not None and number < service.together.parties:
            service.together.wait()  # breaks unless so many requests are here
        with service.lock:
            silent = len(service.sizes) >= service.silent_after
            fault = service.faults.popleft() if service.faults else None
            if not silent and fault is None:
                service.sizes.append(len(texts))
                service.answered.extend(texts)
        if silent:
            service.ended.wait()
            return None
        rows = service.rows(texts)
        answer = self._answer(asked, rows[:-1] if number in service.short else rows)
        if fault is None:
            self.send(200, answer)
        else:
            fault(self, answer)
        return None

    def _answer(self, asked: Any, rows: list[list[float]]) -> Any:
        if self.path == "/embed":
            return rows
        named = {"model": self.server.named or asked.get("model")}
        if self.path == "/api/embed":
            return {"embeddings": rows, **named}
        data = [{"index": place, "embedding": row} for place, row in enumerate(rows)]
        return {"data": data[::-1], **named}

    def fail(self, status: int, retry_after: str | None, words: str | None = None) -> None:
        said = words or f"your key {self.headers['Authorization']} does not help"
        self.send(status, {"error": said}, retry_after)

    def send(self, status: int, answer: Any, retry_after: str | None = None) -> None:
        self.send_bytes(json.dumps(answer).encode(), status, {"Retry-After": retry_after})

    def send_bytes(
        self, body: bytes, status: int = 200, headers: dict[str, str | None] | None = None
    ) -> None:
        given = {"Content-Length": str(len(body)), **(headers or {})}
        self.send_response(status)
        for name, value in given.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


# --- faults ---------------------------------------------------------------------------------------


def cut(request: Requests, answer: Any) -> None:
    """Hang up in the middle of the answer."""
    body = json.dumps(answer).encode()
    request.send_bytes(body[: len(body) // 2], headers={"Content-Length": str(len(body))})
    request.close_connection = True


def cut_without_a_length(request: Requests, answer: Any) -> None:
    """Hang up in the middle of an answer that does not say how long it is."""
    body = json.dumps(answer).encode()
    no_length = {"Content-Length": None, "Connection": "close"}
    request.send_bytes(body[: len(body) // 2], headers=no_length)
    request.close_connection = True


def hung_up(request: Requests, _: Any) -> None:
    """Hang up without a word."""
    request.close_connection = True


def stalled(request: Requests, _: Any) -> None:
    """Say nothing."""
    request.server.ended.wait()
    request.close_connection = True


def trickled(request: Requests, _: Any) -> None:
    """Send a blank now and then, for ever."""
    request.send_bytes(b"", headers={"Content-Length": "100000"})
    while not request.server.ended.wait(0.02):
        request.wfile.write(b" ")


def endless(request: Requests, _: Any) -> None:
    """Send without end."""
    request.send_bytes(b"[", headers={"Content-Length": None, "Connection": "close"})
    request.close_connection = True
    while not request.server.ended.is_set():
        request.wfile.write(b"1, " * 2**18)


def failed(status: int, retry_after: str | None = None, words: str | None = None) -> Fault:
    """Answer with a status, ``Retry-After`` and an error."""
    return lambda request, _: request.fail(status, retry_after, words)


def said(body: bytes, **headers: str) -> Fault:
    """Answer with these bytes."""
    return lambda request, _: request.send_bytes(body, headers=dict(headers))


def changed(change: Callable[[Any], object]) -> Fault:
    """Answer after something was done to the answer."""

    def fault(request: Requests, answer: Any) -> None:
        change(answer)
        request.send(200, answer)

    return fault


def moved(to: str) -> Fault:
    """Lead elsewhere."""
    return lambda request, _: request.send_bytes(b"", 307, {"Location": to})
