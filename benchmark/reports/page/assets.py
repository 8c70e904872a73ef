"""Style and scripts of the page, and the policy that lets a browser run these and no others."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

_SCRIPTS = ("theme.js", "table.js", "tooltip.js", "plots.js", "pairs.js")
"""In the order they run; they follow the library that draws."""


@dataclass(frozen=True, slots=True)
class Assets:
    """What stands in the page's script and style elements, and the policy over them.

    Attributes:
        style: one style sheet.
        scripts: in the order they run.
        policy: value of ``Content-Security-Policy``: nothing is loaded from anywhere, and only
            these scripts and this style are taken.
    """

    style: str
    scripts: tuple[str, ...]
    policy: str


def page_assets(library: str) -> Assets:
    """Return style and scripts.

    Args:
        library: JavaScript that draws plots; empty for a page without any.
    """
    style = _read("page.css")
    scripts = tuple(_inline(text) for text in (library, *map(_read, _SCRIPTS)) if text)
    return Assets(style, scripts, _policy(scripts, style))


def _read(name: str) -> str:
    return (files("benchmark.reports.page") / "assets" / name).read_text("utf-8")


def _inline(script: str) -> str:
    """Make a script fit for the inside of a script element.

    Both replacements change no string or regular expression of JavaScript, and neither text can
    stand anywhere else in a script that means something.
    """
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _policy(scripts: Sequence[str], style: str) -> str:
    rules = {
        "default-src": ["'none'"],
        "script-src": [_digest(script) for script in scripts],
        "style-src": [_digest(style)],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in rules.items())


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
