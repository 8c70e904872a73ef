"""Imported scores as quoted rows, in the form of the published figures.

A quoted row is never a record: nobody here measured it. The files have the form of
``leaderboards/published``, one for each model: importing another one leaves them alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmark.errors import DataError
from benchmark.interchange.mteb_tree import Found, MtebModel, Tree
from benchmark.interchange.publication import ExportedFile
from benchmark.interchange.quoted_row import QuotedRow, columns_of, quoted, row_of
from benchmark.one_line import one_line
from benchmark.results.published_files import COLUMNS_FILE, SOURCES_FILE, published_folder
from benchmark.results.slug import slug

_HEADER = (
    "# Imported from result files of MTEB by `python -m benchmark import`; quoted, not measured.\n"
    "# Their fractions times 100: the point is moved by two places, no digit added or dropped.\n\n"
)


def quoted_files(tree: Tree) -> tuple[list[ExportedFile], list[DataError]]:
    """Return one TOML file for each model of a tree, and the scores that contradict each other.

    A model has a row for each revision; what MTEB took over from a model card (``external``) is
    a row of its own, and so is a score whose data or similarity its file leaves open.
    """
    scores, errors = _without_contradictions(tree.found)
    models: dict[str, dict[QuotedRow, list[Found]]] = {}
    for entry in scores:
        path = f"imported-{slug(one_line(entry.model.name))}.toml"
        models.setdefault(path, {}).setdefault(row_of(entry), []).append(entry)
    return [ExportedFile(path, _file(rows)) for path, rows in sorted(models.items())], errors


def names_of_figures(folder: Path) -> list[ExportedFile]:
    """Return what a folder of published figures lacks besides tables: its columns and sources."""
    return [
        ExportedFile(name, (published_folder() / name).read_bytes())
        for name in (COLUMNS_FILE, SOURCES_FILE)
        if not (folder / name).exists()
    ]


def _without_contradictions(found: Sequence[Found]) -> tuple[list[Found], list[DataError]]:
    first: dict[tuple[MtebModel, str], Found] = {}
    refused: dict[tuple[MtebModel, str], DataError] = {}
    for entry in found:
        key = entry.model, entry.score.task
        other = first.setdefault(key, entry)
        if other.score.spearman != entry.score.spearman:
            refused[key] = DataError(
                f"{entry.path}: {entry.score.spearman}, but {other.score.spearman} in "
                f"{other.path}, for the same model, revision and task; name only one of them"
            )
    return [first[key] for key in first if key not in refused], list(refused.values())


def _file(rows: dict[QuotedRow, list[Found]]) -> bytes:
    import tomli_w

    names = ", ".join(sorted({one_line(row.model.name) for row in rows}))
    columns = columns_of(entry for entries in rows.values() for entry in entries)
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
        "rows": [quoted(row, rows[row], rows, columns) for row in sorted(rows)],
    }
    return (_HEADER + tomli_w.dumps(content)).encode()
