"""MTEB's result tree: which files are results, and of which model."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import DataError
from benchmark.foreign import Fields, Unreadable, json_files, read_json
from benchmark.interchange.mteb_file import MtebScore, read_mteb_file
from benchmark.interchange.mteb_tasks import mteb_tasks
from benchmark.interchange.publication import NO_REVISION, Omission, is_commit

META = "model_meta.json"
EXTERNAL = "external"
"""MTEB's folder for scores that were copied from a model card: reported by the model's authors."""

_EXPERIMENTS = "experiments"
_NAMED = 3


@dataclass(frozen=True, slots=True, order=True)
class MtebModel:
    """Whose result a file is: name and revision as MTEB has them."""

    name: str
    revision: str


@dataclass(frozen=True, slots=True)
class MtebResult:
    """One score of a tree that is read: whose, and which.

    Attributes:
        model: whose it is.
        score: what the file says, of one subset.
        path: of the file.
    """

    model: MtebModel
    score: MtebScore
    path: Path


@dataclass(frozen=True, slots=True)
class MtebTree:
    """What a tree holds for us: scores, files that cannot be believed, and what is passed over."""

    results: tuple[MtebResult, ...]
    errors: tuple[DataError, ...]
    omissions: tuple[Omission, ...]


def read_tree(paths: Iterable[Path]) -> MtebTree:
    """Read every result below these paths; one bad file does not take the others along.

    Args:
        paths: files, or folders at any level of MTEB's tree.

    Raises:
        DataError: a path does not exist, or there is no result below any of them.
    """
    files = sorted({file for path in paths for file in _json_files(path)})
    known = [path for path in files if path.stem in mteb_tasks()]
    results = [path for path in known if path.parent.parent.name != _EXPERIMENTS]
    omissions = [
        *_unknown([path for path in files if path.stem not in mteb_tasks()]),
        *(
            Omission(str(path), "an experiment, not the model as published")
            for path in known
            if path not in results
        ),
    ]
    found: list[MtebResult] = []
    errors: list[DataError] = []
    for path in results:
        try:
            model = _model_of(path)
            found += [MtebResult(model, score, path) for score in read_mteb_file(path)]
        except DataError as error:
            errors.append(error)
    for path, score in {entry.path: entry.score for entry in found}.items():
        if score.other_splits:
            others = ", ".join(score.other_splits)
            omissions.append(Omission(f"{path}: {others}", "the column is of the test split"))
        if score.other_subsets:
            others = ", ".join(score.other_subsets)
            omissions.append(Omission(f"{path}: {others}", "subsets that have no column here"))
    return MtebTree(tuple(found), tuple(errors), tuple(omissions))


def _json_files(path: Path) -> Iterator[Path]:
    if not os.path.lexists(path):
        raise DataError(f"{path}: no such file or folder; name result files of MTEB or a folder")
    if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises of what is locked
        yield _absolute(path)
        return
    try:
        found = json_files(path)
    except OSError as error:
        raise DataError(
            f"{error.filename}: cannot be read ({error.strerror}), and may hold results; let it be "
            "read, or name other folders"
        ) from error
    yield from (_absolute(file) for file in found if file.name != META)


def _absolute(path: Path) -> Path:
    """Return where a file lies; its own name stays, which tells the task even of a link."""
    return Path(os.path.realpath(path.parent), path.name)


def _unknown(paths: list[Path]) -> list[Omission]:
    if not paths:
        return []
    names = sorted({path.stem for path in paths})
    shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" * (len(names) > _NAMED))
    what = f"{len(paths):,} file{'s' * (len(paths) > 1)} ({shown})"
    return [Omission(what, f"tasks that have no column here; these do: {', '.join(mteb_tasks())}")]


def _model_of(path: Path) -> MtebModel:
    """Return whose result a file is: as the model's description says, else as the folders do.

    Raises:
        DataError: the description is damaged, or there is none and the folders are not MTEB's.
    """
    folder, revision = path.parent.parent.name, path.parent.name
    meta = _description(path.parent / META)
    if name := meta.text("name"):
        return MtebModel(name, meta.text("revision") or revision)
    in_tree = is_commit(revision) or revision in (EXTERNAL, NO_REVISION)
    if not in_tree and "__" not in folder:
        raise DataError(
            f"{path}: cannot tell whose result this is; MTEB's place for it is "
            f"ORG__MODEL/REVISION/{path.name}, or {META} beside it names the model"
        )
    return MtebModel(folder.replace("__", "/"), revision)


def _description(path: Path) -> Fields:
    """Return ``model_meta.json``, by Python's JSON: MTEB writes ``Infinity`` into some."""
    try:
        meta = read_json(path) if os.path.lexists(path) else {}
    except Unreadable as error:
        raise DataError(f"{path}: no readable description of a model ({error})") from error
    return Fields(path, meta if isinstance(meta, dict) else {}, DataError)
