r"""Rows of separated columns: what separates them, and whether quotes mean anything.

Both are decided once for a file, by what reads every row of it alike. Rows end at ``\n``, ``\r\n``
or ``\r``. Quotes are those of RFC 4180, around a whole cell and doubled inside it, where every row
has its columns so; between tabs only if each quote is one of these. Else none means anything
(SentEval's and the STS Benchmark's files are like that), unless other cells show that quotes do:
then it is an error. Python's ``csv`` does not tell which cells were quoted, and takes all that
follows a lone quote for one cell; so the cells are found here, and its rows are what the tests
compare with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmark.datasets.tables.columns import is_header
from benchmark.datasets.tables.decoding import LINE_END, Decoded, split_lines
from benchmark.datasets.tables.sts_benchmark import is_sts_benchmark, sts_benchmark
from benchmark.datasets.tables.table import Form, Table, excerpt, require_rows_within
from benchmark.errors import DataError

DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon"}

_SOME = 3
"""Cells that make a rule: two may be so by chance."""

_INSIDE = "a quote stands inside a cell that does not begin with one"
_SPACED = re.compile(r' +".*" *', re.DOTALL)
_ANNOUNCED = re.compile(r'"?sep=([\t,;])"?(?=\r\n|\n|\r)', re.IGNORECASE)
"""A first line by which Excel is told what separates the columns."""

_QUOTED = re.compile(r'"(?:[^"]++|"")*+"')


@dataclass(slots=True)
class _Reading:
    """One way to read a file; a flaw is where it fails, as a line and a clause.

    ``evident`` says that quotes do what only quotes can, ``sure`` that some do in a row of one
    line, ``irregular`` that a quote cannot be one of RFC 4180's; ``inside`` is the first line with
    one in a cell that does not begin with one.
    """

    delimiter: str
    rows: list[Sequence[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    flaw: tuple[int, str] | None = None
    evident: bool = False
    sure: bool = False
    irregular: bool = False
    inside: int | None = None
    trailing: list[int] = field(default_factory=list)
    quoting: str = ""

    def add(self, line: int, row: Sequence[str]) -> None:
        """Add a row; the first one of another width than the first of all is the flaw.

        A row of empty cells, as spreadsheets leave them below a table, is a blank line; empty cells
        behind the last column are none.
        """
        if not any(row):
            self.blank.append(line)
            return
        if self.rows and len(row) > (width := len(self.rows[0])) and not any(row[width:]):
            self.trailing.append(line)
            row = row[:width]
        if self.flaw is None and self.rows and len(row) != len(self.rows[0]):
            word = DELIMITERS[self.delimiter]
            self.flaw = (
                line,
                (
                    f"{len(row)} {word}-separated columns where line {self.lines[0]:,} has "
                    f"{len(self.rows[0])} ({excerpt(self.delimiter.join(row))})"
                ),
            )
        self.rows.append(row)
        self.lines.append(line)


def delimited_table(decoded: Decoded, source: str, name: str, only: str = "") -> Table:
    """Return the rows of a text.

    Args:
        decoded: the text.
        source: what messages call it.
        name: of its form.
        only: what separates its columns; detected where it is not said.

    Raises:
        DataError: there is no row, a row has other columns than the first, or it is not clear
            what quotes mean.
    """
    text, notes = decoded.text, decoded.notes
    announced = _ANNOUNCED.match(text)
    if announced and only in ("", announced[1]):
        only, text = announced[1], text[announced.end() :]
        notes += ("line 1 says what separates the columns",)
    else:
        announced = None
    lines = split_lines(text, source)
    if only in ("", "\t") and is_sts_benchmark(lines):
        return sts_benchmark(lines, source, name, decoded.encoding, _line_ends(text), notes)
    if not any(line.strip("".join(DELIMITERS)) for line in lines):
        raise DataError(f"{source}: nothing is in it")
    reading = _chosen(lines, text, source, _candidates(lines, text, source, only))
    if announced:
        reading.blank.remove(1)
    if reading.blank:
        more = "s" if len(reading.blank) > 1 else ""
        notes += (
            f"{len(reading.blank):,} blank line{more} passed over (line {reading.blank[0]:,})",
        )
    if reading.trailing:
        where = f"{len(reading.trailing):,} (the first in line {reading.trailing[0]:,})"
        notes += (f"rows with empty cells behind the last column, which are left out: {where}",)
    form = Form(
        name,
        decoded.encoding,
        _line_ends(text),
        DELIMITERS[reading.delimiter],
        reading.quoting,
        notes,
    )
    rows, numbers = reading.rows, reading.lines
    require_rows_within(len(rows), source)
    return Table(
        source,
        form,
        None,
        len(rows[0]),
        len(rows),
        lambda wanted: [[row[column] for row in rows] for column in wanted],
        lambda row: f"line {numbers[row]:,}",
    )


def _candidates(lines: Sequence[str], text: str, source: str, only: str) -> list[str]:
    first = next(line for line in lines if line)
    found = [delimiter for delimiter in only or DELIMITERS if delimiter in first]
    if not found and first.startswith('"'):  # a cell that goes on in the next line
        found = [delimiter for delimiter in only or DELIMITERS if delimiter in text]
    if found:
        return found
    if only and ("," in first or ";" in first):
        raise DataError(
            f"{source}, line 1: no {DELIMITERS[only]} in it ({excerpt(first)}); a file with "
            "commas or semicolons between its columns is named .csv"
        )
    wanted = DELIMITERS[only] if only else "tab, comma or semicolon"
    raise DataError(f"{source}, line 1: one column, there is no {wanted} in it ({excerpt(first)})")


def _chosen(lines: Sequence[str], text: str, source: str, candidates: Sequence[str]) -> _Reading:
    """Return the reading by the one delimiter that has a known header, or reads every row."""
    headed = [each for each in candidates if is_header(_first_row(text, each))]
    if len(headed) == 1 or len(candidates) == 1:
        return _read(lines, text, source, (headed or candidates)[0])
    readings, refusals = [], []
    for delimiter in candidates:  # tabs stand first
        try:
            readings.append(_read(lines, text, source, delimiter))
        except DataError as error:
            refusals.append(error)
    if not readings:
        raise refusals[0]
    if len(readings) == 1 or readings[0].delimiter == "\t":
        return readings[0]
    sure = [reading for reading in readings if reading.sure]
    if len(sure) == 1:
        return sure[0]
    raise DataError(
        f"{source}: every line can be read with commas and with semicolons between its columns; "
        "separate them by tabs, or write JSON lines"
    )


def _first_row(text: str, delimiter: str) -> Sequence[str]:
    start = LINE_END.split(text.lstrip("\r\n"), maxsplit=1)[0]
    quoted = _quoted(start, delimiter)
    return start.split(delimiter) if quoted.flaw or not quoted.rows else quoted.rows[0]


def _read(lines: Sequence[str], text: str, source: str, delimiter: str) -> _Reading:
    plain = _plain(lines, delimiter)
    if '"' not in text:
        plain.quoting = "there are no quotes"
        return _flawless(plain, source)
    quoted = _quoted(text, delimiter)
    quoted.quoting = "quotes are those of RFC 4180"
    if quoted.inside is not None:
        quoted.quoting += ", and text inside a cell that does not begin with one"
    if quoted.flaw is None and not quoted.rows:
        raise DataError(f"{source}: nothing is in it")
    if delimiter != "\t":
        _require_no_spaces(quoted, source)
    if quoted.flaw is None:
        return quoted if plain.flaw is not None else _of_two(plain, quoted, source)
    if plain.flaw is None:
        return _unquoted(plain, quoted.flaw, source)
    if not quoted.irregular:
        return _flawless(quoted, source)
    if delimiter == "\t" and not quoted.evident:
        return _flawless(plain, source)
    line, reason = quoted.flaw
    raise DataError(
        f"{source}, line {line:,}: {reason}; and if quotes meant nothing, line "
        f"{plain.flaw[0]:,}: {plain.flaw[1]}"
    )


def _require_no_spaces(quoted: _Reading, source: str) -> None:
    """Refuse cells whose quotes a space in front of them makes text, where a column is so."""
    spaced = [row for row in quoted.rows if any(map(_SPACED.fullmatch, row))]
    if quoted.inside is not None and len(spaced) * 2 > len(quoted.rows) - 1:
        raise DataError(
            f"{source}, line {quoted.inside:,}: a space stands before quotes that are around a "
            "cell, so they would be text; write none behind what separates the columns"
        )


def _flawless(reading: _Reading, source: str) -> _Reading:
    if reading.flaw is not None:
        raise DataError(f"{source}, line {reading.flaw[0]:,}: {reading.flaw[1]}")
    return reading


def _of_two(plain: _Reading, quoted: _Reading, source: str) -> _Reading:
    """Decide for a file whose rows are complete whether or not quotes mean something."""
    starts = [sorted((*reading.lines, *reading.blank)) for reading in (plain, quoted)]
    if starts[0] != starts[1] and not quoted.sure:
        pairs = zip(*starts, strict=False)
        before = [line for line, other in pairs if line == other][-1]
        raise DataError(
            f"{source}, line {before:,}: a quote opens here and closes on another line, and each "
            "of these lines is a complete row as well; which is meant is not clear: write JSON "
            "lines"
        )
    if plain.delimiter != "\t":
        return quoted
    if quoted.inside is not None:
        return _unquoted(plain, (quoted.inside, _INSIDE), source)
    return quoted if quoted.evident or _as_spreadsheets(plain) else _as_text(plain)


def _as_spreadsheets(plain: _Reading) -> bool:
    """Tell whether it is the cells with commas that are quoted, as Excel writes tabbed text."""
    commas = [_is_wrapped(cell) for row in plain.rows for cell in row if "," in cell]
    return len(commas) >= _SOME and all(commas)


def _unquoted(plain: _Reading, flaw: tuple[int, str], source: str) -> _Reading:
    """Return the rows of a file with a quote that is none of RFC 4180's, if no other is."""
    line, reason = flaw
    columns = range(len(plain.rows[0]))
    wrapped = [sum(_is_wrapped(row[column]) for row in plain.rows) for column in columns]
    doubled = next(
        (
            number
            for number, row in zip(plain.lines, plain.rows, strict=True)
            if any('""' in cell[1:-1] and _QUOTED.fullmatch(cell) for cell in row)
        ),
        None,
    )
    if max(wrapped) * 2 >= len(plain.rows) or doubled is not None:
        other = f" (as in line {doubled:,})" if doubled is not None else ""
        raise DataError(f"{source}, line {line:,}: {reason}, where cells are quoted{other}")
    return _as_text(plain)


def _as_text(plain: _Reading) -> _Reading:
    plain.quoting = "quotes mean nothing, they are text"
    wrapped = sum(_is_wrapped(cell) for row in plain.rows for cell in row)
    if wrapped:
        plain.quoting += f" ({wrapped:,} cells begin and end with one)"
    return plain


def _is_wrapped(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == cell[-1] == '"'


def _plain(lines: Sequence[str], delimiter: str) -> _Reading:
    reading = _Reading(delimiter)
    for number, line in enumerate(lines, start=1):
        reading.add(number, line.split(delimiter))
    return reading


def _quoted(text: str, delimiter: str) -> _Reading:
    reading = _Reading(delimiter)
    cell = re.compile(
        rf'(?:("(?:[^"]++|"")*+")|((?!")[^{delimiter}\r\n]*+))({delimiter}|\r\n|\n|\r|\Z)'
    )
    place, line, started = 0, 1, 1
    row: list[str] = []
    needed = False
    in_quotes: dict[int, int] = {}
    while place < len(text) or row:
        found = cell.match(text, place)
        if found is None:
            reading.flaw, reading.irregular = (line, _irregularity(text, place)), True
            return reading
        place = found.end()
        inner, outer, end = found.groups()
        if inner is not None:
            in_quotes[len(row)] = in_quotes.get(len(row), 0) + 1
            line += len(LINE_END.findall(inner))
            inner, raw = inner[1:-1].replace('""', '"'), inner[1:-1]
            needed |= '"' in raw or delimiter in raw
            reading.evident |= needed or line > started
        elif reading.inside is None and '"' in outer:
            reading.inside = started
        row.append(outer if inner is None else inner)
        if end == delimiter:
            continue
        reading.add(started, row)
        reading.sure |= needed and line == started
        row, needed = [], False
        line += 1
        started = line
    body = len(reading.rows) - 1
    reading.evident |= body > 0 and max(in_quotes.values(), default=0) >= body
    return reading


def _irregularity(text: str, place: int) -> str:
    closed = _QUOTED.match(text, place)
    if closed is None:
        return "a quote opens here and is never closed"
    if text[closed.end() - 2] == "\\":
        return "a quote behind a backslash (inside quotes it is doubled)"
    return f"text follows the quote that closes a cell ({excerpt(text[place : closed.end() + 9])})"


def _line_ends(text: str) -> str:
    both = text.count("\r\n")
    counts = {"LF": text.count("\n") - both, "CRLF": both, "CR": text.count("\r") - both}
    found = {name: count for name, count in counts.items() if count}
    if len(found) < 2:
        return next(iter(found), "none")
    return "mixed: " + ", ".join(f"{count:,} {name}" for name, count in found.items())
