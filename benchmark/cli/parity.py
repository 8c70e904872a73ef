"""The verb ``parity``: are these two the same encoder?"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from cyclopts import Parameter, validators

from benchmark.cli.console import (
    Console,
    Debug,
    Quiet,
    as_typed,
    emit,
    standard_output_diverted,
)
from benchmark.errors import UsageError
from benchmark.options import EncoderOptions
from benchmark.sheet import Format
from benchmark.suggestions import did_you_mean


@dataclass(frozen=True, kw_only=True)
class Options(EncoderOptions):
    """What may be asked of both encoders."""

    progress_bar: Annotated[Callable[..., Any] | None, Parameter(parse=False)] = None


Own = Annotated[list[str] | None, Parameter(negative=())]


def parity(
    first: str,
    second: str,
    /,
    *,
    sentences: Path | None = None,
    tolerance: float = 1e-4,
    directions: bool = False,
    top: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 5,
    a: Own = None,
    b: Own = None,
    options: Annotated[Options, Parameter(name="*")] = Options(),
    format: Format = "table",
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Tell whether two models are the same encoder, and if not, why.

    A folder and its export, a checkpoint and the server that serves it, two revisions. Both are
    asked the same sentences; where vectors differ, the usual causes are tried: the order of rows,
    dimensions, normalisation, batches, truncation, case and blanks, a prompt, special tokens,
    pooling, precision. docs/parity.md explains the output.

    **Examples**

    - `sebench parity all-minilm-l6-v2 all-minilm-l6-v2 --b backend=onnx`

    - `sebench parity path/to/checkpoint org/name --a pooler=cls --b revision=v1`

    - `sebench parity path/to/checkpoint path/to/file.py:Served --sentences mine.txt`

    **Exit codes**: 0 the same, 1 not the same, 2 usage, 3 data, 4 model.

    Parameters
    ----------
    first
        A: a catalogue name, a folder, a hub id, or path/to/file.py:Name, as for a run.
    second
        B.
    sentences
        What they are asked, one a line. Default: the embedded demonstration sentences, and some
        that encoders like to differ on (short, long, blank, capitals, accents, other scripts).
    tolerance
        The largest difference that is called none, as a part of the largest entry. Default: above
        what other kernels of one precision do, below float16.
    directions
        Scale the vectors of both to length one first: many servers do, and no cosine notices.
    top
        How many sentences to show, the worst first.
    a
        An option of A alone, as in --a pooler=cls; it may be given again for others.
    b
        An option of B alone.
    format
        Form of the report on standard output.
    """
    console = Console(quiet=quiet, debug=debug)
    from benchmark import equivalence
    from benchmark.reports.parity import render_parity

    given = replace(options, progress_bar=console.bar)
    common = {one.name: getattr(given, one.name) for one in fields(EncoderOptions)}
    with standard_output_diverted():
        found = equivalence.parity(
            first,
            second,
            sentences=sentences,
            tolerance=tolerance,
            directions=directions,
            a_options=_read(a or [], "--a"),
            b_options=_read(b or [], "--b"),
            **common,
        )
    if found.finding:
        advice = as_typed(found.finding.advice)
        found = replace(found, finding=replace(found.finding, advice=advice))
    emit(render_parity(found, format, top))
    return 0 if found.same else 1


def _read(words: list[str], typed: str) -> dict[str, Any]:
    """Return options that are given as ``name=value``."""
    kinds = get_type_hints(EncoderOptions)
    del kinds["progress_bar"]
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        key = name.removeprefix("--").replace("-", "_")
        if key not in kinds:
            raise UsageError(f"{typed} {word}: no option {name!r}{did_you_mean(key, kinds)}")
        if not equals:
            raise UsageError(f"{typed} {word}: a value belongs behind it, as in {name}=...")
        found[key] = _value(kinds[key], value, f"{typed} {word}")
    return found


def _value(kind: Any, text: str, where: str) -> Any:
    union = get_origin(kind) is types.UnionType
    kinds = get_args(kind) if union else (kind,)
    if bool in kinds:
        if text not in ("true", "false"):
            raise UsageError(f"{where}: true or false is needed")
        return text == "true"
    if int in kinds:
        if not text.removeprefix("-").isdecimal():
            raise UsageError(f"{where}: a whole number is needed")
        return int(text)
    return text
