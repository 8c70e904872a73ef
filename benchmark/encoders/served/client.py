"""Requests to one service: bounded in time and size, and what fails as one line without the key."""

from __future__ import annotations

import email.utils
import functools
import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmark.encoders.protocol import TemporaryFailure
from benchmark.encoders.served.address import ServedModel
from benchmark.encoders.served.secret import Secret
from benchmark.errors import ModelError
from benchmark.foreign import Unreadable, parse_json

if TYPE_CHECKING:
    import httpx2

logger = logging.getLogger(__name__)

_SOON_BETTER = {408, 425, 429, 500, 502, 503, 504, 529}
"""Statuses worth another attempt; 529 is "overloaded" with some."""

_SPENT = "insufficient_quota"
"""What OpenAI calls a 429 that no waiting helps against."""

_CONNECT_SECONDS = 10.0
_MOST_ERROR_BYTES = 2**16
_BYTES_A_SENTENCE = 2**20
"""A vector of 16,384 numbers, written with 20 digits each, has a third of that."""


class Refused(ModelError):
    """The service will not do what it was asked.

    Attributes:
        status: of HTTP.
        reason: its own words, bounded, on one line and without the key.
    """

    def __init__(self, message: str, status: int, reason: str) -> None:
        """Say what was refused."""
        super().__init__(message)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Client:
    """Asks one service.

    Attributes:
        name: of the model, for messages.
        address: that every path is below.
        key_variable: environment variable that holds the key, if there is one. It is read with
            each request, so that it is no part of what goes to other processes.
        seconds: that the service may be silent.
        is_here: whether the service is on this machine, where no proxy leads.
    """

    name: str
    address: str
    key_variable: str
    seconds: float = 300.0
    is_here: bool = False

    @classmethod
    def of(cls, name: str, meant: ServedModel, key_variable: str) -> Client:
        """Return what asks for a model; a key that others could read on its way is worth a word."""
        client = cls(name, meant.address, key_variable, is_here=meant.is_here)
        if client.has_key and not (meant.is_encrypted or meant.is_here):
            logger.warning(
                "%s: the key of %s goes to %s unencrypted", name, key_variable, meant.address
            )
        return client

    @property
    def has_key(self) -> bool:
        """Whether the environment holds a key for it."""
        return bool(self._secret.headers)

    def require_key(self) -> None:
        """Refuse to ask without a key.

        Raises:
            ModelError: there is none.
        """
        if not self.has_key:
            raise ModelError(
                f"{self.name}: {self.address} wants a key; put it into {self.key_variable}"
            )

    def get(self, path: str) -> Any:
        """Return the JSON that a page of the service holds; its texts can be shown and kept.

        Raises:
            Refused: it has none for us.
            TemporaryFailure: busy, restarting, no connection.
            ModelError: what it answers cannot be read.
        """
        return _shown(self._answer("GET", path, None, 16), self.said)

    def post(self, path: str, body: Mapping[str, Any], sentences: int) -> Any:
        """Return the JSON that the service answers.

        Args:
            path: below the address.
            body: what is asked.
            sentences: for which vectors are asked.

        Raises:
            Refused, TemporaryFailure, ModelError: as `get`.
        """
        return self._answer("POST", path, body, 1 + sentences)

    def said(self, text: object, most: int = 400) -> str:
        """Return what the service says in a form that can be shown and kept."""
        return self._secret.hidden_in(str(text), most)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the connections here."""
        return {name: value for name, value in vars(self).items() if name != "_http"}

    @property
    def _secret(self) -> Secret:
        return Secret.of_environment(self.name, self.key_variable)

    @functools.cached_property
    def _http(self) -> httpx2.Client:
        import httpx2

        seconds = self.seconds
        host = urlsplit(self.address).hostname or ""
        direct = f"all://[{host}]" if ":" in host else f"all://{host}"
        try:
            return httpx2.Client(
                timeout=httpx2.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds), pool=None),
                mounts={direct: None} if self.is_here else None,
                headers={"User-Agent": "sentence-embedding-benchmark"},
                follow_redirects=False,
            )
        except Exception as error:
            raise ModelError(
                f"{self.name}: the proxy or certificate settings of the environment cannot be used "
                f"({type(error).__name__}); see HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE"
            ) from None

    def _answer(self, method: str, path: str, body: Any, units: int) -> Any:
        import httpx2

        # In ASCII: what is no UTF-8, half a surrogate pair, is for the service to refuse.
        sent = None if body is None else json.dumps(body).encode("ascii")
        headers = {"Content-Type": "application/json", **self._secret.headers}
        try:
            with self._http.stream(
                method, f"{self.address}{path}", content=sent, headers=headers
            ) as response:
                if not response.is_success:
                    content = self._bytes(response.iter_bytes(), _MOST_ERROR_BYTES, cut=True)
                    self._refuse(response, path, content)
                content = self._bytes(response.iter_bytes(), units * _BYTES_A_SENTENCE)
        except httpx2.TimeoutException:
            raise TemporaryFailure(f"no answer within {self.seconds:g} s") from None
        except httpx2.ConnectError as error:
            self._unconnected(error)
        except httpx2.TransportError as error:
            raise TemporaryFailure(f"the connection broke ({type(error).__name__})") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise ModelError(f"{self.name}: no answer ({type(error).__name__})") from None
        return self._parsed(content, whole=_tells_its_end(response.headers))

    def _bytes(self, chunks: Iterable[bytes], most: int, *, cut: bool = False) -> bytes:
        """Return what arrives, neither without end nor for ever."""
        deadline = time.monotonic() + 2 * self.seconds
        content = bytearray()
        for chunk in chunks:
            content += chunk
            if len(content) > most:
                if cut:
                    break
                raise ModelError(f"{self.name}: the service answers with more than {most:,} bytes")
            if time.monotonic() > deadline:
                raise TemporaryFailure(f"the answer took more than {2 * self.seconds:g} s")
        return bytes(content)

    def _parsed(self, content: bytes, *, whole: bool) -> Any:
        try:
            return parse_json(content)
        except Unreadable:
            if not whole:
                raise TemporaryFailure("its answer was cut short, or is no JSON") from None
            raise ModelError(
                f"{self.name}: what answers at {self.address} is no such service (its answer is no "
                "JSON)"
            ) from None

    def _refuse(self, response: httpx2.Response, path: str, content: bytes) -> None:
        status, where = response.status_code, f"{self.address}{path}"
        if response.is_redirect:
            there = re.match(r"https?://([\w.-]+)", response.headers.get("Location", ""))
            to = f"to {self.said(there[1])}, " if there else ""
            raise ModelError(
                f"{self.name}: {where} leads elsewhere ({to}{status}); name the address that "
                "answers itself"
            )
        code, words = _error_of(content)
        reason = self.said(words, 200)
        answered = f"the service answered {status}{f' ({reason})' if reason else ''}"
        too_large = is_too_large(status, reason)
        if status in _SOON_BETTER and code != _SPENT and not too_large:
            raise TemporaryFailure(answered, _pause(response.headers.get("Retry-After", "")))
        if status in (401, 403):
            answered += f"; the key is taken from {self.key_variable}"
        raise Refused(f"{self.name}: {where}: {answered}", status, reason)

    def _unconnected(self, error: Exception) -> None:
        if "CERTIFICATE_VERIFY" in str(error):
            raise ModelError(
                f"{self.name}: the certificate of {self.address} cannot be verified; SSL_CERT_FILE "
                "names a file of those to trust"
            ) from None
        raise TemporaryFailure(f"no connection to {self.address}") from None


_TOO_LARGE = re.compile(
    r"too (long|large|many|big)|exceed|at most \d+ (item|sentence)|must have less than|"
    r"(maximum|max)\W.{0,40}(context|token|batch|length|items)|"
    r"(larger|longer|greater) than|context (length|size|window)",
    re.IGNORECASE,
)
"""How services say that a call, or a sentence of it, is more than they take."""


def is_too_large(status: int, reason: str) -> bool:
    """Tell whether less of the same would have been answered; some say so with 500."""
    return status == 413 or (status in (400, 422, 500) and _TOO_LARGE.search(reason) is not None)


def _shown(value: Any, said: Callable[[str], str]) -> Any:
    """Return what a page holds with every text as it can be shown, the names of fields too."""
    if isinstance(value, str):
        return said(value)
    if isinstance(value, list):
        return [_shown(inner, said) for inner in value]
    if isinstance(value, dict):
        return {said(key): _shown(inner, said) for key, inner in value.items()}
    return value


def _tells_its_end(headers: Mapping[str, str]) -> bool:
    return "Content-Length" in headers or "Transfer-Encoding" in headers


def _pause(retry_after: str) -> float | None:
    """Return the seconds that a service asks for: a number, or until a date."""
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text := retry_after.strip()):
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return max(seconds, 0.0)


def _error_of(content: bytes) -> tuple[str, str]:
    """Return the code and the words of an error, in whichever of the usual forms it comes."""
    try:
        answer = parse_json(content)
    except Unreadable:
        return "", "" if b"<" in content[:200] else content.decode("utf-8", "replace")
    inner = answer.get("error", answer) if isinstance(answer, dict) else answer
    if not isinstance(inner, dict):
        return "", inner if isinstance(inner, str) else ""
    words = next((inner[key] for key in ("message", "detail", "error") if inner.get(key)), "")
    code = next((inner[key] for key in ("code", "type") if inner.get(key)), "")
    return str(code), words if isinstance(words, str) else ascii(words)
