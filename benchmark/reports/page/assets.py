"""What the page is made with: libraries, style, scripts, and the policy over what may run.

Jinja2 fills the templates. vl-convert brings the JavaScript of Vega-Lite, Vega and Vega-Embed:
it is put into the page that is made, and is in no file of ours.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from typing import Any, Literal

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
_OF_CURVES = ("theme.js",), ("tooltip.js", "plots.js")
"""The same of a page with plots alone."""

_COLOUR = re.compile(r"(--[\w-]+): light-dark\((#[0-9a-f]+), #[0-9a-f]+\)")
_VARIABLE = re.compile(r"var\(--[\w-]+\)")

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


def page_assets(library: str, *, plots_alone: bool = False) -> Assets:
    """Return style and scripts.

    Args:
        library: JavaScript that draws plots; empty for a page without any.
        plots_alone: whether the page has plots and no leaderboard.
    """
    style, groups = _read("assets/page.css"), _OF_CURVES if plots_alone else (_TABLES, _PLOTS)
    tables, plots = ([_read(f"assets/{name}") for name in names] for names in groups)
    scripts = tuple(_inline(text) for text in (*tables, library, *plots) if text)
    return Assets(style, scripts, _policy(scripts, style))


def specification(name: str) -> dict[str, Any]:
    """Return a plot's words and its form in Vega-Lite, still to be filled."""
    form: dict[str, Any] = json.loads(_read(f"specifications/{name}.json"))
    return form


_PAGE = "`format` html"
PICTURE = "a picture"


def require_libraries(wanted: str = _PAGE) -> None:
    """Look whether the libraries are there, before anything is computed.

    Args:
        wanted: what is to be made: a page, or ``PICTURE``.

    Raises:
        UsageError: one is not installed.
    """
    if wanted != PICTURE:
        _library("jinja2", "jinja2", wanted)
    _vl_convert(wanted)


def jinja2() -> Any:
    """Return the library that fills templates.

    Raises:
        UsageError: it is not installed.
    """
    return _library("jinja2", "jinja2", _PAGE)


def plot_library() -> str:
    """Return the JavaScript that draws plots; it defines ``window.vegaEmbed``.

    Raises:
        UsageError: vl-convert is not installed.
    """
    bundle: str = _vl_convert(_PAGE).javascript_bundle(_SNIPPET)
    return bundle


def _colours() -> dict[str, str]:
    """Return the colours of the style sheet by variable, as they are on a light page.

    A picture has no style sheet to ask.
    """
    found = _COLOUR.findall(_read("assets/page.css"))
    return {f"var({name})": light for name, light in found}


def picture(spec: Mapping[str, Any], form: Literal["svg", "png"]) -> bytes:
    """Return a plot as a picture, its colours those of a light page.

    Args:
        spec: of Vega-Lite.
        form: of the picture; a PNG has two pixels for each of the specification's.

    Raises:
        UsageError: vl-convert is not installed.
    """
    library, known = _vl_convert(PICTURE), _colours()
    light = json.loads(_VARIABLE.sub(lambda found: known.get(found[0], found[0]), json.dumps(spec)))
    if form == "png":
        png: bytes = library.vegalite_to_png(light, scale=2)
        return png
    svg: str = library.vegalite_to_svg(light)
    return f"{svg}\n".encode()


def _vl_convert(wanted: str) -> Any:
    return _library("vl_convert", "vl-convert-python", wanted)


def _library(module: str, package: str, wanted: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise UsageError(f"{wanted} needs {package}; {installing('page')}") from error


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
