"""From a table to labelled texts, or labelled pairs, in the parts that a classifier asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmark.datasets.splits import Labelled
from benchmark.datasets.tables.columns import SPLITS, Layout
from benchmark.datasets.tables.pairs import WHOLE
from benchmark.datasets.tables.report import Facts, TableReport, report
from benchmark.datasets.tables.values import labels, part_names, texts
from benchmark.errors import DataError
from benchmark.suggestions import did_you_mean

FOLDS = 10
"""Of a cross-validation, SentEval's number: each class needs as many samples."""

SCHEMES = {
    ("train", "test"): "folds",
    ("train", "dev", "test"): "split",
    ("train",): "nested",
    ("dev",): "nested",
    ("test",): "nested",
}
"""How a classifier is chosen and tested, by the splits that there are."""

Read = tuple[tuple[Labelled, ...], str, tuple[str, ...], TableReport]


def read_labelled(layout: Layout) -> Read:
    """Return the parts of a table, the scheme they are for, the classes' names, and what was seen.

    The parts are train, dev and test where these are given, else all in one. Classes are numbered
    in the order of their names.

    Raises:
        DataError: a row cannot be read, or the samples do not suffice.
    """
    table = layout.table
    wanted = [layout.first, *([] if layout.second is None else [layout.second]), layout.value]
    cells = table.take([*wanted, *([] if layout.parts is None else [layout.parts])])
    columns = [texts(table, place, cells[at]) for at, place in enumerate(wanted[:-1])]
    found, classes = labels(table, layout.value, cells[len(columns)])
    if len(classes) < 2:
        raise DataError(
            f"{table.source}: all {table.rows:,} labels are {classes[0][:60]!r}; there is nothing "
            "to predict"
        )
    _require_agreement(layout, found, classes)
    splits = [WHOLE] * table.rows
    if layout.parts is not None:
        splits = _splits(layout, part_names(table, layout.parts, cells[-1]))
    names = sorted(set(splits), key=["train", "dev", "test", WHOLE].index)
    scheme = _scheme(layout, names)
    place_of = {name: place for place, name in enumerate(classes)}
    parts = tuple(
        _part(
            split,
            [row for row, name in enumerate(splits) if name == split],
            columns,
            found,
            place_of,
        )
        for split in names
    )
    _require_samples(layout, parts, scheme, classes)
    return parts, scheme, classes, _report(layout, parts, classes, cells, (columns, found, splits))


def _require_agreement(layout: Layout, found: Sequence[str], classes: Sequence[str]) -> None:
    """Refuse what stands for no label in sets of inferences, and would be learned as one."""
    none = "-" if "+" not in classes else ""
    if layout.second is not None and {"-1", "0", "1", "2"} <= set(classes):
        none = "-1"
    if none in classes:
        raise layout.table.wrong(
            found.index(none),
            f"its {layout.table.column_name(layout.value)} is {none!r}, which says that there is "
            "none; leave such rows out",
        )


def _splits(layout: Layout, names: Sequence[str]) -> list[str]:
    for row, name in enumerate(names):
        if name.lower() not in SPLITS:
            column = layout.table.column_name(layout.parts or 0)
            raise layout.table.wrong(
                row,
                f"its {column} is {name[:60]!r}{did_you_mean(name, SPLITS)}; those of labelled "
                "texts are train, dev and test",
            )
    return [SPLITS[name.lower()] for name in names]


def _scheme(layout: Layout, names: Sequence[str]) -> str:
    if layout.parts is None:
        return "nested"
    scheme = SCHEMES.get(tuple(names))
    if scheme is None:
        raise DataError(
            f"{layout.table.source}: there are the splits {' and '.join(names)}; a classifier "
            "needs train and test, or train, dev and test, or all rows in one"
        )
    return scheme


def _part(
    name: str,
    rows: Sequence[int],
    columns: Sequence[Sequence[str]],
    found: Sequence[str],
    place_of: dict[str, int],
) -> Labelled:
    taken = [tuple(column[row] for row in rows) for column in columns]
    return Labelled(
        name,
        taken[0],
        taken[1] if len(taken) > 1 else None,
        np.array([place_of[found[row]] for row in rows], np.int64),
    )


def _require_samples(
    layout: Layout, parts: Sequence[Labelled], scheme: str, classes: Sequence[str]
) -> None:
    """Make sure that each class can be learned: in every fold, and wherever it is asked for."""
    source = layout.table.source
    counts = np.bincount(parts[0].labels, minlength=len(classes))
    least = 1 if scheme == "split" else FOLDS
    place = int(counts.argmin())
    if counts[place] >= least:
        return
    name, count = classes[place][:60], int(counts[place])
    if not count:
        raise DataError(f"{source}: the label {name!r} is in no row of the split {parts[0].name}")
    hint = "; or it is a name of the column: give it as `columns`" if count == 1 else ""
    where = "" if scheme == "nested" else f" of the split {parts[0].name}"
    first = layout.table.place(_first_row(parts[0], place)) if len(parts) == 1 else ""
    raise DataError(
        f"{source}: the label {name!r} has {count} sample{'s'[: count > 1]}{where}"
        f"{f' (the first in {first})' if first else ''}, and {FOLDS}-fold cross-validation needs "
        f"{FOLDS} of each{hint}"
    )


def _first_row(part: Labelled, place: int) -> int:
    return int((part.labels == place).argmax())


def _report(
    layout: Layout,
    parts: Sequence[Labelled],
    classes: Sequence[str],
    cells: Sequence[Sequence[Any]],
    read: tuple[Sequence[Sequence[str]], Sequence[str], Sequence[str]],
) -> TableReport:
    columns, found, splits = read
    sizes = Counter(found)
    notes = []
    stripped = sum(isinstance(cell, str) and cell != cell.strip() for cell in cells[len(columns)])
    if stripped:
        notes.append(f"labels with white space around them, which is no part of them: {stripped:,}")
    cased = len(classes) - len({name.casefold() for name in classes})
    if cased:
        notes.append(f"classes that differ from another by case alone: {cased:,}")
    if len(parts) == 1 and layout.parts is not None:
        notes.append(f"{parts[0].name} is the only split: {FOLDS} folds of it are tested in turn")
    shared = _also_in_train(parts)
    if shared:
        notes.append(f"texts of {parts[-1].name} that are in train as well: {shared:,}")
    return report(
        layout,
        kind="classification",
        parts=[(part.name, len(part)) for part in parts],
        columns=columns,
        cells=cells,
        facts=Facts.of(list(zip(splits, *columns, strict=True)), found, columns),
        classes=[(name, sizes[name]) for name in classes],
        notes=notes,
    )


def _also_in_train(parts: Sequence[Labelled]) -> int:
    """Count the tested samples whose texts are trained on, whatever their label."""
    if len(parts) < 2:
        return 0
    train, test = (list(zip(*_columns(part), strict=True)) for part in (parts[0], parts[-1]))
    return sum(map(set(train).__contains__, test))


def _columns(part: Labelled) -> list[tuple[str, ...]]:
    return [part.first] if part.second is None else [part.first, part.second]
