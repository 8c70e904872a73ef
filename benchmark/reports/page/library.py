"""The two libraries that make the page, loaded when one is made.

Jinja2 fills the templates. vl-convert brings the JavaScript of Vega-Lite, Vega and Vega-Embed:
it is put into the page that is made, and is in no file of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmark.errors import UsageError
from benchmark.extras import installing
from benchmark.reports.page.shown import finalize

if TYPE_CHECKING:
    import jinja2

_SNIPPET = "window.vegaEmbed = vegaEmbed;"
"""Only what this names, and what that needs, is put into the bundle."""


def require_libraries() -> None:
    """Look whether both libraries are there, before anything is computed.

    Raises:
        UsageError: one is not installed.
    """
    _jinja2()
    _vl_convert()


def templates() -> jinja2.Environment:
    """Return the templates of the page: everything they print is escaped and cleaned.

    Raises:
        UsageError: Jinja2 is not installed.
    """
    jinja = _jinja2()
    environment: jinja2.Environment = jinja.Environment(
        loader=jinja.PackageLoader("benchmark.reports.page", "templates"),
        autoescape=True,
        finalize=finalize,
        undefined=jinja.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment


def plot_library() -> str:
    """Return the JavaScript that draws plots; it defines ``window.vegaEmbed``.

    Raises:
        UsageError: vl-convert is not installed.
    """
    bundle: str = _vl_convert().javascript_bundle(_SNIPPET)
    return bundle


def _jinja2() -> Any:
    try:
        import jinja2
    except ImportError as error:
        raise _missing("jinja2") from error
    return jinja2


def _vl_convert() -> Any:
    try:
        import vl_convert
    except ImportError as error:
        raise _missing("vl-convert-python") from error
    return vl_convert


def _missing(package: str) -> UsageError:
    return UsageError(f"`format` html needs {package}; {installing('page')}")
