"""A service that sleeps instead of computing, with the interface of OpenAI's.

    python -m performance.tools.sleeping_service SECONDS

The first line that it prints is its address. It ends with its standard input.
"""

from __future__ import annotations

import functools
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from performance.tools.sleeping import WIDTH


@functools.cache
def answer(rows: int) -> bytes:
    """Return what is sent for so many sentences: the same vector for each."""
    numbers = np.random.default_rng(0).standard_normal(WIDTH).astype(np.float32)
    vector = [float(number) for number in numbers]
    data = [{"object": "embedding", "index": row, "embedding": vector} for row in range(rows)]
    return json.dumps({"object": "list", "model": "sleeping", "data": data}).encode()


class SleepingService(ThreadingHTTPServer):
    """Answers each request after so many seconds."""

    daemon_threads = True

    def __init__(self, seconds: float) -> None:
        """Listen on a free port of this machine."""
        super().__init__(("127.0.0.1", 0), _Requests)
        self.seconds = seconds


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    server: SleepingService

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = answer(len(asked["input"]))
        time.sleep(self.server.seconds)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the name it has there
        """Say nothing."""


def main() -> int:
    """Serve until whoever started it is gone."""
    service = SleepingService(float(sys.argv[1]))
    print(f"http://127.0.0.1:{service.server_port}/v1", flush=True)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
