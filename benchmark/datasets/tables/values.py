"""What stands in a cell: a text, a score, a label; whatever is not is refused with its row."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

from benchmark.datasets.tables.table import Table, excerpt
from benchmark.errors import DataError

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.0+)?")
_WORDS = {"true": 1.0, "false": 0.0}
_ANSWERS = {"yes": "1", "no": "0"}
_WITH_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")


def is_number(cell: object) -> bool:
    """Tell whether a cell holds a number as programs or spreadsheets write it, or true or false."""
    if isinstance(cell, str):
        word = cell.strip().lower()
        if word in _WORDS or word in _ANSWERS:
            return True
        bare = _without_percent(cell)
        return bool(_NUMBER.fullmatch(bare) or _WITH_COMMA.fullmatch(bare))
    return isinstance(cell, (Real, Decimal))


def _digits(cell: str) -> str | None:
    stripped = cell.strip()
    return stripped if _NUMBER.fullmatch(stripped) else None


def texts(table: Table, column: int, cells: Sequence[Any]) -> tuple[str, ...]:
    """Return the cells of a column as texts, each as it is.

    Raises:
        DataError: a cell is missing or no text, or holds what no text can hold.
    """
    name = table.column_name(column)
    for row, cell in enumerate(cells):
        if not isinstance(cell, str):
            told = "missing" if _is_missing(cell) else f"{excerpt(cell)}, where a text is expected"
            raise table.wrong(row, f"its {name} is {told}")
    try:
        if "\0" not in "".join(cells):
            "".join(cells).encode()
            return tuple(cells)
    except UnicodeEncodeError:
        pass
    row = next(row for row, cell in enumerate(cells) if not _is_writable(cell))
    raise table.wrong(row, f"its {name} holds a NUL character, or half of a surrogate pair")


def _is_writable(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in cell


def _is_missing(cell: object) -> bool:
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(cell, float) and math.isnan(cell)


def _without_percent(cell: str) -> str:
    return cell.strip().removesuffix("%").rstrip()


def plainly_spelled(cells: Sequence[Any]) -> tuple[Sequence[Any], list[str]]:
    """Return scores as programs write them where all of a column are spelled otherwise, and say it.

    Yes and no are 1 and 0; a sign of percent that is behind each number is left out; and a comma is
    for decimals where no number has a point and one at least cannot be thousands (``1,100``).
    """
    if not all(isinstance(cell, str) for cell in cells):
        return cells, []
    bare = [cell.strip() for cell in cells]
    if {cell.lower() for cell in bare} <= _ANSWERS.keys():
        return [_ANSWERS[cell.lower()] for cell in bare], ["yes and no are taken for 1 and 0"]
    notes = []
    if all(cell.endswith("%") for cell in bare):
        bare = [_without_percent(cell) for cell in bare]
        notes.append("scores are in percent, the sign is left out")
    comma = [cell for cell in bare if _WITH_COMMA.fullmatch(cell)]
    if not any("." in cell for cell in bare) and not all(map(_THOUSANDS.fullmatch, comma)):
        bare = [cell.replace(",", ".") if _WITH_COMMA.fullmatch(cell) else cell for cell in bare]
        notes.append("scores are written with a decimal comma")
    return (bare if notes else cells), notes


def scores(table: Table, column: int, cells: Sequence[Any], header: bool | None) -> list[float]:
    """Return the cells of a column as finite numbers; true and false are 1 and 0 among these two.

    Raises:
        DataError: a cell is missing or no finite number, or true stands among other numbers.
    """
    found, worded = [], None
    for row, cell in enumerate(cells):
        try:
            score = _score(cell)
        except ValueError as error:
            hint = ""
            if row == 0 and isinstance(cell, str) and any(map(str.isalpha, cell)):
                hint = _about_names(cells, header)
            name = table.column_name(column)
            raise table.wrong(row, f"its {name} is {error}{hint}") from error
        worded = row if worded is None and _is_word(cell) else worded
        found.append(score)
    if worded is not None and not set(found) <= {0.0, 1.0}:
        told = excerpt(cells[worded])
        raise table.wrong(
            worded, f"its {table.column_name(column)} is {told}, and others are numbers"
        )
    return found


def _about_names(cells: Sequence[Any], header: bool | None) -> str:
    if header is False:
        return "; if this line holds names, give these as `columns`"
    hint = "; labels that are names are for `kind` classification"
    if len({str(cell).strip() for cell in cells}) == 2:
        hint += ", and pairs that are the same or not have 1 and 0, or yes and no"
    return hint


def _is_word(cell: object) -> bool:
    return isinstance(cell, (bool, str)) and str(cell).strip().lower() in _WORDS


def _score(cell: Any) -> float:
    if isinstance(cell, str):
        score = _score_of_text(cell)
    elif _is_missing(cell) and not isinstance(cell, float):
        raise ValueError("missing")
    elif isinstance(cell, (Real, Decimal)):
        try:
            score = float(cell)
        except OverflowError:
            score = math.inf
    else:
        raise ValueError(f"{excerpt(cell)}, where a number is expected")
    if not math.isfinite(score):
        raise ValueError(f"{excerpt(cell)}, which is no finite number")
    return score + 0.0  # there is one zero


def _score_of_text(cell: str) -> float:
    if not cell.strip():
        raise ValueError("empty")
    word = _WORDS.get(cell.strip().lower())
    if word is not None:
        return word
    digits = _digits(cell)
    if digits is not None:
        return float(digits)
    if _digits(cell.replace(",", ".", 1)) is not None:
        raise ValueError(f"{excerpt(cell)}; decimals are written with a point")
    raise ValueError(f"{excerpt(cell)}, where a number is expected")


def labels(table: Table, column: int, cells: Sequence[Any]) -> tuple[list[str], tuple[str, ...]]:
    """Return the name of each cell's class, and the names of all classes in their order.

    White space around a name is no part of it. Names that are all whole numbers, ``1.0`` for 1
    among them, are in the order of these numbers; true and false in any case are lower case; all
    others are in the order of their characters' code points.

    Raises:
        DataError: a cell is missing or empty, or the labels are numbers with fractions.
    """
    name = table.column_name(column)
    found = []
    for row, cell in enumerate(cells):
        label = _label(cell)
        if not label:
            empty = isinstance(cell, str) or _is_missing(cell)
            told = "missing" if empty else f"{excerpt(cell)}, where a name or number is expected"
            raise table.wrong(row, f"its {name} is {told}")
        found.append(label)
    different = set(found)
    if {label.lower() for label in different} <= _WORDS.keys():
        found = [label.lower() for label in found]
        return found, tuple(sorted(set(found)))
    if all(map(_WHOLE.fullmatch, different)):
        found = [str(int(label.partition(".")[0])) for label in found]
        return found, tuple(sorted(set(found), key=int))
    if all(map(_NUMBER.fullmatch, different)) and not all(map(_is_whole, different)):
        row = next(row for row, label in enumerate(found) if not _is_whole(label))
        raise table.wrong(
            row, f"its {name} is {excerpt(cells[row])}: labels are names or whole numbers"
        )
    return found, tuple(sorted(different))


def _is_whole(label: str) -> bool:
    return float(label).is_integer()


def _label(cell: Any) -> str:
    """Return the name of a class, an empty one where there is none."""
    if isinstance(cell, str):
        return cell.strip() if _is_writable(cell) else ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, (int, float)) and math.isfinite(cell):
        return str(int(cell)) if cell == int(cell) else repr(float(cell))
    return ""


def part_names(table: Table, column: int, cells: Sequence[Any]) -> list[str]:
    """Return the subset or split of each row, white space around it left out.

    Raises:
        DataError: a cell is missing, empty, or neither a text nor a whole number.
    """
    found = []
    for row, cell in enumerate(cells):
        part = _label(cell)
        if not part:
            raise table.wrong(row, f"its {table.column_name(column)} is missing or no name")
        found.append(part)
    return found


def require_rows(table: Table) -> None:
    """Make sure that there is something to read.

    Raises:
        DataError: a table has no rows behind its names.
    """
    if not table.rows:
        raise DataError(f"{table.source}: no row follows the names of its columns")
