"""One result file of MTEB, in any of the forms that its results repository holds.

The forms (a census of its STS files):

* ``{"task_name", "scores": {SPLIT: [ENTRY]}}``, with and without dates, CO2, phases, versions;
* the layout of 2022 and 2023, ``{"mteb_dataset_name", SPLIT: {"cos_sim": {"spearman"}}}``;
* hybrids of the two.

`benchmark.interchange.mteb_entry` reads what stands inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmark.errors import DataError
from benchmark.foreign import Unreadable, parse_json, read_bytes
from benchmark.interchange.mteb_entry import BLOCKS, Unusable, agreed_score, require_fractions
from benchmark.one_line import one_line

SPLIT = "test"

_LONGEST = 300
"""Characters of a message that quotes what stands in a file."""

_OLD_SPLITS = ("test", "dev", "validation", "train")
_ENGLISH = {"eng-Latn", "eng", "en"}
_WHOLE = {"default", "en"}


@dataclass(frozen=True, slots=True)
class MtebScore:
    """What one file says about the test split of its task.

    Attributes:
        task: MTEB's name of it.
        spearman: of the cosine, as a fraction of 1, in the digits of the file.
        names_cosine: the file calls it that; some only have a ``spearman``, of the similarity
            that the model chose, or a ``main_score``.
        dataset_revision: commit of the data, None if the file does not tell.
        mteb_version: a version or a range of them, None if the file does not tell.
        other_splits: splits that are in the file too.
    """

    task: str
    spearman: Decimal
    names_cosine: bool = True
    dataset_revision: str | None = None
    mteb_version: str | None = None
    other_splits: tuple[str, ...] = ()


def read_mteb_file(path: Path) -> MtebScore:
    """Read a result file.

    Raises:
        DataError: unreadable, cut off, of another task than its name says, without a score for
            the whole test split, or with one that is no correlation or contradicts itself.
    """
    try:
        return _parse(_load(path), path.stem)
    except Unusable as error:
        raise DataError(f"{path}: {one_line(str(error))[:_LONGEST]}") from error


def _load(path: Path) -> dict[str, Any]:
    try:
        content = read_bytes(path)
    except Unreadable as error:
        raise Unusable(f"cannot be read ({error})") from error
    try:
        value = parse_json(content, pairs=_without_repetition, real=Decimal)
    except Unreadable as error:
        raise Unusable(f"no whole JSON file ({error})") from error
    if not isinstance(value, dict):
        raise Unusable("no result of a task, which is a JSON object")
    return value


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise Unusable("one of its keys stands twice in the same place")
    return made


def _parse(data: dict[str, Any], stem: str) -> MtebScore:
    names = {data[key] for key in ("task_name", "mteb_dataset_name") if _is_text(data.get(key))}
    if names != {stem}:
        said = " and ".join(sorted(names)) or "no task"
        raise Unusable(f"the file name says {stem}, its content {said}")
    entries, others = _entries(data)
    spearman, names_cosine = agreed_score(entries)
    return MtebScore(
        task=stem,
        spearman=spearman,
        names_cosine=names_cosine,
        dataset_revision=_text(data.get("dataset_revision")),
        mteb_version=_text(data.get("mteb_version")),
        other_splits=others,
    )


def _entries(data: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], tuple[str, ...]]:
    """Return every entry for the test split (two in a hybrid), and the other splits."""
    layouts = [data["scores"]] if "scores" in data else []
    layouts.append({split: data[split] for split in _OLD_SPLITS if split in data})
    if not all(isinstance(layout, dict) for layout in layouts):
        raise Unusable("scores are not ordered by split")
    splits = dict.fromkeys(split for layout in layouts for split in layout)
    if SPLIT not in splits:
        raise Unusable(f"holds no score of the split {SPLIT}, only {', '.join(splits) or 'none'}")
    entries = [_only_entry(layout[SPLIT]) for layout in layouts if SPLIT in layout]
    return entries, tuple(split for split in splits if split != SPLIT)


def _only_entry(found: Any) -> Mapping[str, Any]:
    """Return the entry of the whole English test split; any other is another question."""
    if isinstance(found, dict):
        inner = {key for key, value in found.items() if isinstance(value, dict)} - BLOCKS
        found = [{"hf_subset": k, **found[k]} for k in sorted(inner)] if inner else [found]
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise Unusable(f"the scores of {SPLIT} are no list of entries")
    subsets = [str(entry.get("hf_subset", "default")) for entry in found]
    if len(found) != 1 or subsets[0] not in _WHOLE:
        raise Unusable(f"{SPLIT} has the subsets {', '.join(subsets) or 'none'}, not one whole")
    languages = found[0].get("languages", [])
    if not isinstance(languages, list) or not {str(name) for name in languages} <= _ENGLISH:
        raise Unusable(f"of the languages {languages}, the task here is English")
    entry: Mapping[str, Any] = found[0]
    require_fractions(entry)
    return entry


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
