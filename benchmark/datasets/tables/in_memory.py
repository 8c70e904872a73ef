"""Data of a user's own that is in memory: lists, arrays, data frames and data sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from benchmark.datasets.tables.json_rows import table_of_objects
from benchmark.datasets.tables.own_data import OwnData, own_data
from benchmark.datasets.tables.table import MOST_ROWS, Form, Table, excerpt, require_rows_within
from benchmark.errors import DataError, UsageError


def own_pairs(
    first: Iterable[str],
    second: Iterable[str],
    gold: Iterable[float],
    *,
    name: str,
    subsets: Iterable[str] | None = None,
    kind: str | None = None,
) -> OwnData:
    """Take pairs with scores.

    Args:
        first: n texts; any iterable, which is gone through once.
        second: the other text of each pair.
        gold: n scores of any scale.
        name: what the data is called.
        subsets: n names of the part that a pair belongs to.
        kind: ``similarity`` or ``pair-classification``; the latter where all scores are 0 and 1 if
            it is not given.

    Raises:
        DataError: the lengths differ, a text or score cannot be read, or they cannot be scored.
    """
    if kind == "classification":
        raise UsageError(f"{name}: `kind` classification is for texts with labels")
    columns = {"first": first, "second": second, "score": gold}
    return own_data(
        _of_columns(columns | _given("subset", subsets), name, "lists"), name, None, kind
    )


def own_labelled(
    texts: Iterable[str],
    labels: Iterable[str | int],
    *,
    name: str,
    splits: Iterable[str] | None = None,
) -> OwnData:
    """Take texts with labels.

    Args:
        texts: n of them; any iterable, which is gone through once.
        labels: n names or whole numbers.
        name: what the data is called.
        splits: n names of splits (train, dev, test).

    Raises:
        DataError: the lengths differ, a text or label cannot be read, or the samples do not
            suffice.
    """
    columns = {"text": texts, "label": labels} | _given("split", splits)
    return own_data(_of_columns(columns, name, "lists"), name)


def own_frame(
    frame: Any,
    *,
    name: str,
    columns: Sequence[str | int] | str | None = None,
    kind: str | None = None,
) -> OwnData:
    """Take a table that is in memory.

    Args:
        frame: a DataFrame of pandas or polars, a ``Dataset`` or ``DatasetDict`` of the datasets
            library (whose keys are the parts), a table of pyarrow, a mapping of columns, or an
            iterable of mappings or tuples.
        name: what the data is called.
        columns: as `read_own_data`.
        kind: as `read_own_data`.

    Raises:
        DataError, UsageError: as `read_own_data`; or it is none of these.
    """
    return own_data(_table(frame, name), name, columns, kind)


def _given(name: str, values: Iterable[Any] | None) -> dict[str, Iterable[Any]]:
    return {} if values is None else {name: values}


def _table(frame: Any, name: str) -> Table:
    kind = type(frame).__name__
    if isinstance(frame, (str, bytes)):
        raise UsageError(f"{name}: a table is expected, not a text; read_own_data reads files")
    if _names(frame) is not None:
        return _of_frames({None: frame}, name, kind)
    if not isinstance(frame, Mapping):
        return _of_rows(_listed(frame, name, "the rows"), name, kind)
    if frame and all(_names(each) is not None for each in frame.values()):
        return _of_frames(frame, name, kind)
    return _of_columns(frame, name, kind)


def _names(frame: Any) -> list[str] | None:
    """Return the names of a frame's columns, as the libraries offer them; None if it is none."""
    if not hasattr(frame, "__getitem__"):  # a data set that is streamed has rows alone
        return None
    for attribute in ("column_names", "columns"):
        names = getattr(frame, attribute, None)
        if isinstance(names, Iterable) and not isinstance(names, (str, Mapping)):
            return [str(name) for name in names]
    return None


_SPLIT = "split"


def _of_frames(frames: Mapping[Any, Any], name: str, kind: str) -> Table:
    """Put frames one after another; a column says which split each is, if they have names.

    Other columns than those that are read are never asked for: a data set would open its images.
    """
    named = [_names(frame) or [] for frame in frames.values()]
    names = [each for each in named[0] if all(each in other for other in named)]
    split = None not in frames
    if split:
        names = [each for each in names if each != _SPLIT] + [_SPLIT]
    sizes = [len(frame) for frame in frames.values()]
    if not sum(sizes):
        raise DataError(f"{name}: nothing is in it")
    require_rows_within(sum(sizes), name)

    def cells(column: int) -> list[Any]:
        if split and column == len(names) - 1:
            return [str(key) for key, size in zip(frames, sizes, strict=True) for _ in range(size)]
        found = [
            _listed(
                _column(frame, theirs.index(names[column]) if split else column),
                name,
                names[column],
            )
            for frame, theirs in zip(frames.values(), named, strict=True)
        ]
        if [len(part) for part in found] != sizes:
            raise DataError(f"{name}: {excerpt(names[column])} has not the rows that the table has")
        return [cell for part in found for cell in part]

    return Table(
        name,
        Form(kind),
        tuple(names),
        len(names),
        sum(sizes),
        lambda wanted: [cells(column) for column in wanted],
        _place,
    )


def _column(frame: Any, place: int) -> Any:
    """Return a column; in pandas by its place, where several may have one name."""
    return frame.iloc[:, place] if hasattr(frame, "iloc") else frame[(_names(frame) or [])[place]]


def _of_columns(columns: Mapping[Any, Iterable[Any]], name: str, kind: str) -> Table:
    listed = {str(key): _listed(values, name, str(key)) for key, values in columns.items()}
    lengths = {key: len(values) for key, values in listed.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{count:,} of {excerpt(key)}" for key, count in lengths.items())
        raise DataError(f"{name}: columns of different lengths ({told})")
    cells = [*listed.values()]
    rows = next(iter(lengths.values()), 0)
    if not rows:
        raise DataError(f"{name}: nothing is in it")
    return Table(
        name,
        Form(kind),
        tuple(listed),
        len(cells),
        rows,
        lambda wanted: [cells[column] for column in wanted],
        _place,
    )


def _of_rows(rows: list[Any], name: str, kind: str) -> Table:
    if not rows:
        raise DataError(f"{name}: nothing is in it")
    if all(isinstance(row, Mapping) for row in rows):
        keyed = [{str(key): value for key, value in row.items()} for row in rows]
        return table_of_objects(keyed, name, Form(kind), _place)
    width = len(rows[0]) if isinstance(rows[0], Sequence) else 0
    for number, row in enumerate(rows, start=1):
        if isinstance(row, (str, bytes)) or not isinstance(row, Sequence) or len(row) != width:
            raise DataError(
                f"{name}, row {number:,}: {excerpt(row)}; each row is a mapping, or each a tuple "
                "of as many values as the first"
            )
    return Table(
        name,
        Form(kind),
        None,
        width,
        len(rows),
        lambda wanted: [[row[column] for row in rows] for column in wanted],
        _place,
    )


def _place(row: int) -> str:
    return f"row {row + 1:,}"


def _listed(values: Any, name: str, what: str) -> list[Any]:
    """Return the values of an iterable as Python's own, gone through once."""
    method = next((m for m in ("to_pylist", "to_list", "tolist") if hasattr(values, m)), None)
    found = values if method is None else getattr(values, method)()
    if isinstance(found, (str, bytes)) or not isinstance(found, Iterable):
        raise DataError(f"{name}: {what} is {excerpt(values)}, where a list is expected")
    found = list(islice(found, MOST_ROWS + 1))
    require_rows_within(len(found), name)
    return [value.item() if _is_scalar(value) else value for value in found]


def _is_scalar(value: Any) -> bool:
    """Tell whether a value is one of NumPy's or torch's own, which stand for Python's."""
    return hasattr(value, "item") and hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0
