"""The verb ``cache``: what is stored, and how to make it less."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from benchmark.cli.console import Console, Debug, emit
from benchmark.errors import UsageError
from benchmark.one_line import one_line

if TYPE_CHECKING:
    from benchmark.embeddings.storage import StoreSummary, VectorCache

app = App(name="cache", help="Show, prune and clear the stored sentence vectors.")

Model = Annotated[str | None, Parameter(help="Only what is stored for this model.")]

_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


@app.default
def show(*, format: Literal["table", "json"] = "table", debug: Debug = False) -> int:
    """Show which models have stored vectors: sentences, bytes, last use.

    Parameters
    ----------
    format
        Form of the list.
    """
    from tabulate import tabulate

    from benchmark.embeddings.storage import default_cache

    Console(quiet=False, debug=debug)
    cache = default_cache()
    summaries = cache.summaries()
    if format == "json":
        emit(json.dumps(_document(cache, summaries), indent=2))  # in ASCII, as names may be odd
        return 0
    rows = [
        (
            one_line(summary.name),
            one_line(summary.fingerprint[:12]),
            f"{summary.sentences:,}",
            _readable(summary.bytes),
            _time(summary.used).strftime("%Y-%m-%d %H:%M"),
        )
        for summary in summaries
    ]
    if rows:
        headings = ("Model", "State", "Sentences", "Size", "Last used (UTC)")
        emit(
            tabulate(rows, headings, disable_numparse=True, colalign=("left",) * 2 + ("right",) * 3)
        )
        emit("")
    folder = one_line(str(cache.folder))
    emit(f"{_readable(cache.size())} of at most {_readable(cache.limit)} in {folder}")
    return 0


@app.command
def prune(*, max_size: str | None = None, debug: Debug = False) -> int:
    """Evict what was not used for longest until the rest fits.

    Parameters
    ----------
    max_size
        Such as 500M or 5G. Default: the limit of the cache (BENCHMARK_CACHE_BYTES, or 10G).
    """
    from benchmark.embeddings.storage import default_cache

    Console(quiet=False, debug=debug)
    cache = default_cache()
    freed = cache.shrink(None if max_size is None else _bytes(max_size))
    emit(f"{_readable(freed)} set free")
    return 0


@app.command
def clear(*, model: Model = None, debug: Debug = False) -> int:
    """Delete stored vectors: of one model, or all.

    Parameters
    ----------
    model
        Name as `cache` lists it, or the first digits of the state, six at least.
    """
    from benchmark.embeddings.storage import default_cache

    Console(quiet=False, debug=debug)
    cache = default_cache()
    chosen = None if model is None else _named(cache.summaries(), model)
    try:
        freed = cache.clear(chosen)
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be deleted ({error.strerror})") from error
    emit(f"{_readable(freed)} set free")
    return 0


def _named(summaries: list[StoreSummary], model: str) -> list[StoreSummary]:
    chosen = [summary for summary in summaries if summary.name == model]
    if not chosen and re.fullmatch(r"[0-9a-f]{6,64}", model):
        chosen = [summary for summary in summaries if summary.fingerprint.startswith(model)]
    if not chosen:
        raise UsageError(f"--model {model}: nothing is stored for it; `cache` lists what is")
    return chosen


def _document(cache: VectorCache, summaries: list[StoreSummary]) -> dict[str, object]:
    return {
        "folder": os.fsencode(cache.folder).decode(errors="backslashreplace"),
        "limit_bytes": cache.limit,
        "bytes": cache.size(),
        "stores": [
            {
                "model": summary.name,
                "fingerprint": summary.fingerprint,
                "sentences": summary.sentences,
                "bytes": summary.bytes,
                "last_used": _time(summary.used).isoformat(timespec="seconds"),
            }
            for summary in summaries
        ],
    }


def _time(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d{1,15}(?:\.\d+)?)\s*([kmgt]?)i?b?", text.strip().lower())
    if found is None:
        raise UsageError(f"--max-size {text}: not a size; write it like 500M or 5G")
    return int(float(found[1]) * _UNITS[found[2]])


def _readable(size: float) -> str:
    unit = "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
