"""What ``openai:MODEL@http://host:port/v1`` and its like name, told without any network."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmark.errors import UsageError

FORMS = {
    "openai": "openai:MODEL@http://host:port/v1",
    "tei": "tei:http://host:port",
    "ollama": "ollama:MODEL@http://host:port",
}
"""How each kind of service is named."""

OPENAI = "https://api.openai.com/v1"
OLLAMA = "http://127.0.0.1:11434"

_NAMED = re.compile(rf"({'|'.join(FORMS)}):(.*)", re.DOTALL)
_MODEL_AND_ADDRESS = re.compile(r"(.*?)@(https?://.*)", re.DOTALL | re.IGNORECASE)
_HOST = re.compile(r"localhost|.*[:/].*", re.DOTALL)
"""What was meant as an address though it does not begin as one; LM Studio has names with an @."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that a service has.

    Attributes:
        kind: of service, a key of `FORMS`.
        model: its name there; empty for a service that has one model only.
        address: begins with a scheme, ends without a slash, and holds no secret.
    """

    kind: str
    model: str
    address: str

    @property
    def is_here(self) -> bool:
        """Whether the service is on this machine."""
        host = urlsplit(self.address).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def is_encrypted(self) -> bool:
        """Whether what is sent there can be read on the way."""
        return self.address.startswith("https:")


def served_model(text: str) -> ServedModel | None:
    """Return which model of which service is meant; None where no service is.

    Args:
        text: as `FORMS` has it. Without an address: what ``OPENAI_BASE_URL`` names, or else the
            public one of OpenAI; of Ollama the one that it has unless told otherwise.

    Raises:
        UsageError: no model, or an address that is none; it is not repeated, for it may hold a
            password.
    """
    found = _NAMED.fullmatch(text)
    if found is None:
        return None
    return model_of(*found.groups())


def model_of(kind: str, rest: str) -> ServedModel:
    """Return which model of a kind of service is meant.

    Args:
        kind: a key of `FORMS`.
        rest: what stands behind it and its colon.

    Raises:
        UsageError: as `served_model`.
    """
    if kind == "tei":
        return ServedModel(kind, "", _checked(rest, kind))
    split = _MODEL_AND_ADDRESS.fullmatch(rest)
    model, address = split.groups() if split else (rest, _usual_address(kind))
    if not model.strip() or not model.isprintable():
        raise UsageError(f"{kind}: names no model; write {FORMS[kind]}")
    if split is None and "@" in model and _HOST.fullmatch(model.rpartition("@")[2]):
        raise UsageError(f"{kind}: an address begins with http:// or https://; {_way_out(kind)}")
    return ServedModel(kind, model, _checked(address, kind))


def _usual_address(kind: str) -> str:
    return (os.environ.get("OPENAI_BASE_URL") or OPENAI) if kind == "openai" else OLLAMA


def _checked(address: str, kind: str) -> str:
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        named, parts = False, urlsplit("")
    if "@" in address:
        raise UsageError(
            f"{kind}: the address holds a user's name or a password; {_way_out(kind)}, and the key "
            "into the environment"
        )
    if "?" in address or "#" in address:
        raise UsageError(
            f"{kind}: the address has a part after ? or #, which may be a key; {_way_out(kind)}"
        )
    plain = address.isascii() and address.isprintable() and " " not in address
    if not (named and plain and parts.scheme in ("http", "https")):
        raise UsageError(f"{kind}: its address cannot be read; {_way_out(kind)}")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _way_out(kind: str) -> str:
    return f"write {FORMS[kind]}"
