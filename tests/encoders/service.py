"""A service that gives embeddings over HTTP on this machine, and fails as services do."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import numpy as np

KEY = "sk-of-nobody-0123456789"
WIDTH = 16


def vector_of(sentence: str, seed: int = 1) -> Any:
    """Return what the service gives for a sentence: the sum of what it gives for its words."""
    return np.sum([_of_word(word, seed) for word in sentence.split()], axis=0)


def _of_word(word: str, seed: int) -> Any:
    digest = hashlib.sha256(f"{seed} {word}".encode()).digest()[:WIDTH]
    return np.frombuffer(digest, np.uint8).astype(np.float32) - 127.5


class Service(ThreadingHTTPServer):
    """Answers while the block lasts.

    Attributes:
        most: sentences that it takes in a request; 413 for more.
        key: that it wants; None for none. A wrong one is repeated in the answer, as some do.
        failures: statuses that the next requests get instead of an answer, with ``Retry-After``.
        short: requests, counted from the first, that get one row too few.
        dead_after: requests that are answered before all others get 503.
        together: requests that wait for each other before the first is answered.
        seed: of the model that it runs.
        sizes: sentences in each request that was answered.
        asked: requests in all.
    """

    daemon_threads = True

    def __init__(self, most: int = 64, key: str | None = KEY) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.most = most
        self.key = key
        self.failures: deque[tuple[int, str | None]] = deque()
        self.short: set[int] = set()
        self.dead_after: float = float("inf")
        self.together: threading.Barrier | None = None
        self.seed = 1
        self.sizes: list[int] = []
        self.asked = 0
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/embeddings"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()


class _Requests(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        service = self.server
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = asked["input"]
        with service.lock:
            number, service.asked = service.asked, service.asked + 1
            failure = service.failures.popleft() if service.failures else None
            dead = len(service.sizes) >= service.dead_after
        if failure is not None:
            return self._fail(*failure)
        if dead:
            return self._fail(503, None)
        if service.key is not None and self.headers["Authorization"] != f"Bearer {service.key}":
            return self._fail(401, None)
        if len(texts) > service.most:
            return self._fail(413, None)
        if service.together is not None and number < service.together.parties:
            service.together.wait()  # breaks unless so many requests are here
        with service.lock:
            service.sizes.append(len(texts))
        rows = [vector_of(text, service.seed).tolist() for text in texts]
        data = [{"index": place, "embedding": row} for place, row in enumerate(rows)]
        self._send(200, {"data": data[:-1] if number in service.short else data[::-1]})
        return None

    def _fail(self, status: int, retry_after: str | None) -> None:
        said = {"error": f"your key {self.headers['Authorization']} does not help"}
        self._send(status, said, retry_after)

    def _send(self, status: int, answer: dict[str, Any], retry_after: str | None = None) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...
