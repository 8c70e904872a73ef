"""A model hub on 127.0.0.1 for tests: what the real client downloads through, and its failures.

`with HubServer() as hub`, `hub.add_repo(...)`, `hub.fail(...)`, then give the client `hub.url`.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple, Self, get_args
from urllib.parse import unquote, urlsplit

from tests.hub.repos import Repo, Response, Store, error

RepoType = Literal["model", "dataset"]
FaultKind = Literal[
    "401",  # the token is refused
    "403",  # the repository is gated and the caller not let in
    "404",  # the repository is not there
    "429",  # too many requests, Retry-After: 0
    "503",  # the hub is down
    "not a hub",  # some web server answers 200 with a page, none of the hub's headers
    "hangup",  # the connection is closed before any answer
    "slow",  # the answer comes after `HubServer.delay` seconds
    "cut",  # full Content-Length, then the connection is closed after half of the body
    "reset",  # the same, by a TCP reset
    "truncated",  # half of the body, with a Content-Length that says so
    "corrupt",  # one byte in the middle of the body is flipped
]
BODY_FAULTS = frozenset({"cut", "reset", "truncated", "corrupt"})
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Request(NamedTuple):
    """One request as the hub saw it: path unquoted, without query; status 0 for no answer."""

    method: str
    path: str
    status: int
    range: str | None


@dataclass
class Fault:
    """A failure for the next `times` (None: all) requests whose path matches a glob."""

    pattern: str
    kind: FaultKind
    times: int | None
    method: str | None

    def takes(self, method: str, path: str) -> bool:
        """Whether this request is to fail; faults of the body leave HEAD alone."""
        wanted = self.method or ("GET" if self.kind in BODY_FAULTS else method)
        return self.times != 0 and method == wanted and fnmatchcase(path, self.pattern)


FAULT_RESPONSES: dict[str, Response] = {
    "401": error(401, "Invalid credentials in Authorization header"),
    "403": error(403, "Access to this repository is restricted", "GatedRepo"),
    "404": error(404, "Repository not found", "RepoNotFound"),
    "429": error(429, "Too many requests", Retry_After="0"),
    "503": error(503, "Service unavailable"),
    "not a hub": Response(
        200, b"<html>Please sign in to this network</html>", {"Content-Type": "text/html"}
    ),
}


def _ranged(response: Response, header: str | None) -> Response:
    """The part of a file that a Range header asks for; all of it unless that is one range."""
    match = RANGE.fullmatch(header or "")
    if "Accept-Ranges" not in response.headers or not match or not any(match.groups()):
        return response
    size = len(response.body)
    first, last = match.groups()
    start = int(first) if first else max(size - int(last), 0)
    stop = min(int(last) + 1, size) if first and last else size
    if start >= stop:
        return error(416, "Range not satisfiable", Content_Range=f"bytes */{size}")
    headers = response.headers | {"Content-Range": f"bytes {start}-{stop - 1}/{size}"}
    return Response(206, response.body[start:stop], headers)


class _Handler(BaseHTTPRequestHandler):
    """Answers from the `HubServer` that its server carries."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer, with the body unless the method is HEAD."""
        hub, header = self.server.hub, self.headers.get("Range")
        path = unquote(urlsplit(self.path).path)
        fault = hub.take_fault(self.command, path)
        if fault == "hangup":
            hub.record(Request(self.command, path, 0, header))
            self.close_connection = True
            return
        if fault == "slow":
            hub.closing.wait(hub.delay)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        response = FAULT_RESPONSES.get(fault or "")
        if response is None:
            response = _ranged(hub.store.answer(self.path, token), header)
        hub.record(Request(self.command, path, response.status, header))
        body, middle = response.body, len(response.body) // 2
        if fault == "truncated":
            body = body[:middle]
        elif fault == "corrupt":
            flipped = bytes(byte ^ 0xFF for byte in body[middle : middle + 1])
            body = body[:middle] + flipped + body[middle + 1 :]
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[:middle] if fault in ("cut", "reset") else body)
        if fault in ("cut", "reset"):
            self.close_connection = True
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()

    do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing; tests read `HubServer.requests`."""


class _Server(ThreadingHTTPServer):
    """Knows its open connections, so that closing it also ends those that a client keeps alive."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, hub: HubServer) -> None:
        self.hub = hub
        self.connections: set[Any] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):  # gone already
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that gave up is no error
            super().handle_error(request, client_address)


@dataclass
class HubServer:
    """Listens while its context is entered; `url` is for `HF_ENDPOINT` or `endpoint=`."""

    delay: float = 1.0  # seconds that a "slow" answer takes
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    store: Store = field(default_factory=lambda: Store(token="letmein"))
    _requests: list[Request] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add_repo(
        self,
        repo_id: str,
        files: Mapping[str, bytes],
        repo_type: RepoType = "model",
        commit: str | None = None,
        branches: Mapping[str, str | None] | None = None,
        private: bool = False,
        gated: bool = False,
    ) -> str:
        """Add a repository, or a commit to one already there; return the commit.

        The commit is derived from the content if not given. `branches` maps names to commits,
        None meaning this one; by default `main` comes here. Without `store.token`, a gated
        repository lists its files but gives none away, and a private one is not there.
        """
        with self._lock:
            repo = self.store.repos.setdefault((repo_type, repo_id), Repo(repo_id, repo_type))
            repo.private, repo.gated = private, gated
            return repo.add_commit(files, commit, {"main": None} if branches is None else branches)

    def fail(
        self, pattern: str, kind: FaultKind, times: int | None = 1, method: str | None = None
    ) -> None:
        """Make the next `times` (None: all) requests fail whose path (and method) match."""
        if kind not in get_args(FaultKind):
            raise ValueError(f"unknown kind of fault: {kind!r}")
        with self._lock:
            self.faults.append(Fault(pattern, kind, times, method))

    @property
    def requests(self) -> list[Request]:
        """What was asked so far, in order of the answers."""
        with self._lock:
            return list(self._requests)

    def record(self, request: Request) -> None:
        """Append to `requests`; the handler does so before it answers."""
        with self._lock:
            self._requests.append(request)

    def take_fault(self, method: str, path: str) -> FaultKind | None:
        """The first pending fault for a request, used up once."""
        with self._lock:
            for fault in self.faults:
                if fault.takes(method, path):
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault.kind
        return None
