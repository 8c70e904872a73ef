"""What the page is made with: libraries, style, scripts, and the policy over what may run.

Jinja2 fills the templates. vl-convert brings the JavaScript of Vega-Lite, Vega and Vega-Embed:
it is put into the page that is made, and is in no file of ours.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from typing import Any

from benchmark.errors import UsageError
from benchmark.extras import installing

_TABLES = (
    "theme.js",
    "view.js",
    "filter.js",
    "table.js",
    "details.js",
    "methods.js",
    "address.js",
)
"""In the order they run."""
_PLOTS = ("tooltip.js", "plots.js", "pairs.js")
"""They follow the library that draws; tables do not wait for it."""

_SNIPPET = "window.vegaEmbed = vegaEmbed;"
"""Only what this names, and what that needs, is put into the bundle."""


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
    style = _read("assets/page.css")
    tables, plots = ([_read(f"assets/{name}") for name in names] for names in (_TABLES, _PLOTS))
    scripts = tuple(_inline(text) for text in (*tables, library, *plots) if text)
    return Assets(style, scripts, _policy(scripts, style))


def specification(name: str) -> dict[str, Any]:
    """Return a plot's words and its form in Vega-Lite, still to be filled."""
    form: dict[str, Any] = json.loads(_read(f"specifications/{name}.json"))
    return form


def require_libraries() -> None:
    """Look whether both libraries are there, before anything is computed.

    Raises:
        UsageError: one is not installed.
    """
    jinja2()
    _vl_convert()


def jinja2() -> Any:
    """Return the library that fills templates.

    Raises:
        UsageError: it is not installed.
    """
    return _library("jinja2", "jinja2")


def plot_library() -> str:
    """Return the JavaScript that draws plots; it defines ``window.vegaEmbed``.

    Raises:
        UsageError: vl-convert is not installed.
    """
    bundle: str = _vl_convert().javascript_bundle(_SNIPPET)
    return bundle


def _vl_convert() -> Any:
    return _library("vl_convert", "vl-convert-python")


def _library(module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise UsageError(f"`format` html needs {package}; {installing('page')}") from error


def _read(name: str) -> str:
    return (files("benchmark.reports.page") / name).read_text("utf-8")


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
