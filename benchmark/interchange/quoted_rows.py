"""Imported scores as quoted rows, in the form of the published figures.

A quoted row is never a record: nobody here measured it. The files have the form of
``leaderboards/published``, one for each model: importing another one leaves them alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmark.errors import DataError
from benchmark.interchange.mteb_tasks import mteb_tasks
from benchmark.interchange.mteb_tree import EXTERNAL, MtebModel, MtebResult, MtebTree
from benchmark.interchange.publication import ExportedFile, is_commit
from benchmark.one_line import one_line
from benchmark.results.published_files import COLUMNS_FILE, SOURCES_FILE, published_folder
from benchmark.results.record import slug

_HEADER = (
    "# Imported from result files of MTEB by `sebench import`; quoted, not measured.\n"
    "# Their fractions times 100: the point is moved by two places, no digit added or dropped.\n\n"
)


def quoted_files(tree: MtebTree) -> tuple[list[ExportedFile], list[DataError]]:
    """Return one TOML file for each model of a tree, and the scores that contradict each other.

    A model has a row for each revision; what MTEB took over from a model card (``external``) is
    a row of its own, and so is a score whose data or similarity its file leaves open.
    """
    scores, errors = _without_contradictions(tree.results)
    models: dict[str, dict[_Row, list[MtebResult]]] = {}
    for entry in scores:
        path = f"imported-{slug(one_line(entry.model.name))}.toml"
        models.setdefault(path, {}).setdefault(_row_of(entry), []).append(entry)
    return [ExportedFile(path, _file(rows)) for path, rows in sorted(models.items())], errors


def names_of_figures(folder: Path) -> list[ExportedFile]:
    """Return what a folder of published figures lacks besides tables: its columns and sources."""
    return [
        ExportedFile(name, (published_folder() / name).read_bytes())
        for name in (COLUMNS_FILE, SOURCES_FILE)
        if not (folder / name).exists()
    ]


@dataclass(frozen=True, slots=True, order=True)
class _Row:
    """What scores share that stand in one row.

    Attributes:
        model: name and revision.
        known_data: whether the data's commit is one that is known to hold our rows.
        names_cosine: whether the file calls its score the cosine's.
    """

    model: MtebModel
    known_data: bool
    names_cosine: bool

    @property
    def unknown(self) -> dict[str, str]:
        """The rules that the files leave open: such a row is compared with nothing."""
        rules = {"data": self.known_data, "similarity": self.names_cosine}
        return {rule: "" for rule, known in rules.items() if not known}


def _without_contradictions(
    found: Sequence[MtebResult],
) -> tuple[list[MtebResult], list[DataError]]:
    first: dict[tuple[MtebModel, str], MtebResult] = {}
    refused: dict[tuple[MtebModel, str], DataError] = {}
    for entry in found:
        key = entry.model, entry.score.column
        other = first.setdefault(key, entry)
        if other.score.spearman != entry.score.spearman:
            refused[key] = DataError(
                f"{entry.path}: {entry.score.spearman}, but {other.score.spearman} in "
                f"{other.path}, for the same model, revision and task; name only one of them"
            )
    return [first[key] for key in first if key not in refused], list(refused.values())


def _file(rows: dict[_Row, list[MtebResult]]) -> bytes:
    import tomli_w

    names = ", ".join(sorted({one_line(row.model.name) for row in rows}))
    columns = _columns(entry for entries in rows.values() for entry in entries)
    content = {
        "title": f"MTEB's result files: {names}",
        "group": "sts",
        "source": "mteb-results",
        "status": "repository",
        "columns": columns,
        "protocol": {
            "aggregation": "all",
            "metric": "spearman",
            "similarity": "cos",
            "data": "senteval",
        },
        "rows": [_written(row, rows[row], rows, columns) for row in sorted(rows)],
    }
    return (_HEADER + tomli_w.dumps(content)).encode()


def _row_of(entry: MtebResult) -> _Row:
    """Return the row that a score stands in."""
    known = mteb_tasks()[entry.score.task].holds(entry.score.dataset_revision)
    return _Row(entry.model, known, entry.score.names_cosine)


def _written(
    row: _Row, entries: Sequence[MtebResult], rows: Iterable[_Row], all_columns: list[str]
) -> dict[str, Any]:
    """Return a row as its table in a file of published figures.

    Args:
        row: what its scores share.
        entries: its scores.
        rows: all rows of the file, from which a reader must tell it apart.
        all_columns: ids of the columns of the file.
    """
    columns = _columns(entries)
    scores = {entry.score.column: entry.score.spearman for entry in entries}
    external = row.model.revision == EXTERNAL
    table = {
        "model": one_line(row.model.name),
        "setting": _setting(row, rows),
        "where": one_line(f"{slug(row.model.name)}/{row.model.revision}"),
        "revision": row.model.revision if is_commit(row.model.revision) else "",
        "columns": columns if columns != all_columns else [],
        "scores": [_points(scores[column]) for column in columns],
        "external": columns if external else [],
        "protocol": row.unknown,
        "note": _note(entries),
    }
    return {key: value for key, value in table.items() if value}


def _setting(row: _Row, rows: Iterable[_Row]) -> str:
    """Say what sets a row apart from others of the model."""
    revisions = {other.model.revision for other in rows if other.model.name == row.model.name}
    said = []
    if row.model.revision == EXTERNAL:
        said.append("as its authors report it")
    elif len(revisions - {EXTERNAL}) > 1:
        revision = row.model.revision
        said.append(f"revision {revision[:12] if is_commit(revision) else one_line(revision)}")
    if not row.known_data:
        said.append("on unknown data")
    if not row.names_cosine:
        said.append("similarity not named")
    return ", ".join(said)


def _columns(entries: Iterable[MtebResult]) -> list[str]:
    """Return the columns of these scores, in the order of MTEB's tasks here."""
    there = {entry.score.column for entry in entries}
    scored = [subset.task for theirs in mteb_tasks().values() for subset in theirs.scored.values()]
    return [column for column in scored if column in there]


def _points(fraction: Decimal) -> Decimal:
    """Times 100, without rounding; ``0.5`` gives 50 and not ``5E+1``."""
    return Decimal(f"{fraction.scaleb(2):f}")


def _note(entries: Sequence[MtebResult]) -> str:
    versions = sorted({entry.score.mteb_version or "version not stated" for entry in entries})
    notes = [f"mteb {', '.join(versions)}"]
    for entry in entries:
        stated = entry.score.dataset_revision
        if not mteb_tasks()[entry.score.task].holds(stated):
            notes.append(f"{entry.score.task}: data revision {(stated or 'not stated')[:12]}")
    return one_line("; ".join(dict.fromkeys(notes)))
