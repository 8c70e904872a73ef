"""One result file of MTEB, in any of the forms that its results repository holds.

The forms (a census of its STS files):

* ``{"task_name", "scores": {SPLIT: [ENTRY]}}``, with and without dates, CO2, phases, versions;
* the layout of 2022 and 2023, ``{"mteb_dataset_name", SPLIT: {"cos_sim": {"spearman"}}}``;
* hybrids of the two.

An entry states its score as ``cosine_spearman``, ``cos_sim_spearman``, ``cos_sim.spearman`` or only
as ``spearman`` (of the similarity that the model chose), some as ``[value, p-value]``, with and
without ``main_score``. What an entry states twice must agree: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any, Final

from benchmark.errors import DataError
from benchmark.foreign import Unreadable, parse_json, read_bytes
from benchmark.interchange.mteb_tasks import WHOLE, mteb_tasks
from benchmark.one_line import one_line

SPLIT = "test"

_LONGEST = 300
"""Characters of a message that quotes what stands in a file."""

_OLD_SPLITS = ("test", "dev", "validation", "train")
_ENGLISH = {"eng-Latn", "eng", "en"}
_OF_WHOLE = {WHOLE, "en"}

_AGREEMENT: Final = Decimal("1e-5")
"""How far two statements of one score may be apart: files round to six decimals, or not at all."""

_BLOCKS: Final = frozenset(
    {"cos_sim", "cosine", "manhattan", "euclidean", "dot", "max", "similarity"}
)
"""Keys of an entry that hold scores by metric, in the layout of 2022."""

_COSINE = (
    ("cosine_spearman",),
    ("cos_sim_spearman",),
    ("cosine", "spearman"),
    ("cos_sim", "spearman"),
)
_SMALLEST = Decimal("1e-20")
"""Below this a score is nothing but digits: ``1e-999999`` would be a million of them."""


@dataclass(frozen=True, slots=True)
class MtebScore:
    """What one file says about the test split of its task, or of one subset of it.

    Attributes:
        task: MTEB's name of it.
        spearman: of the cosine, as a fraction of 1, in the digits of the file.
        names_cosine: the file calls it that; some only have a ``spearman``, of the similarity
            that the model chose, or a ``main_score``.
        dataset_revision: commit of the data, None if the file does not tell.
        mteb_version: a version or a range of them, None if the file does not tell.
        other_splits: splits that are in the file too.
        subset: MTEB's name of the part that is scored by itself.
        other_subsets: those of the file that we do not have.
    """

    task: str
    spearman: Decimal
    names_cosine: bool = True
    dataset_revision: str | None = None
    mteb_version: str | None = None
    other_splits: tuple[str, ...] = ()
    subset: str = WHOLE
    other_subsets: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """The id of our task that asks the same, under which the figure stands."""
        return mteb_tasks()[self.task].scored[self.subset].task


def read_mteb_file(path: Path) -> tuple[MtebScore, ...]:
    """Read a result file of a task that has a column here.

    Returns:
        Its score; of a task that is scored subset by subset, those of the subsets that we have.

    Raises:
        DataError: unreadable, cut off, of another task than its name says, without a score for
            the whole test split (or any subset that we have), or with one that is no correlation
            or contradicts itself.
    """
    try:
        return _parse(_load(path), path.stem)
    except _Unusable as error:
        raise DataError(f"{path}: {one_line(str(error))[:_LONGEST]}") from error


class _Unusable(Exception):
    """Why a file is refused, for a message that names it."""


def _load(path: Path) -> dict[str, Any]:
    try:
        content = read_bytes(path)
    except Unreadable as error:
        raise _Unusable(f"cannot be read ({error})") from error
    try:
        value = parse_json(content, pairs=_without_repetition, real=Decimal)
    except Unreadable as error:
        raise _Unusable(f"no whole JSON file ({error})") from error
    if not isinstance(value, dict):
        raise _Unusable("no result of a task, which is a JSON object")
    return value


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Unusable("one of its keys stands twice in the same place")
    return made


def _parse(data: dict[str, Any], stem: str) -> tuple[MtebScore, ...]:
    names = {data[key] for key in ("task_name", "mteb_dataset_name") if _is_text(data.get(key))}
    if names != {stem}:
        said = " and ".join(sorted(names)) or "no task"
        raise _Unusable(f"the file name says {stem}, its content {said}")
    wanted = mteb_tasks()[stem].subsets if stem in mteb_tasks() else {}
    layouts, others = _entries(data)
    scored, passed_over = _wanted(layouts, wanted) if wanted else ({WHOLE: _whole(layouts)}, ())
    return tuple(
        MtebScore(
            stem,
            *_agreed_score(entries),
            dataset_revision=_text(data.get("dataset_revision")),
            mteb_version=_text(data.get("mteb_version")),
            other_splits=others,
            subset=subset,
            other_subsets=passed_over,
        )
        for subset, entries in scored.items()
    )


_Entry = Mapping[str, Any]


def _entries(data: Mapping[str, Any]) -> tuple[list[list[_Entry]], tuple[str, ...]]:
    """Return the entries of the test split, by layout (a hybrid has two), and the other splits."""
    layouts = [data["scores"]] if "scores" in data else []
    layouts.append({split: data[split] for split in _OLD_SPLITS if split in data})
    if not all(isinstance(layout, dict) for layout in layouts):
        raise _Unusable("scores are not ordered by split")
    splits = dict.fromkeys(split for layout in layouts for split in layout)
    if SPLIT not in splits:
        raise _Unusable(f"holds no score of the split {SPLIT}, only {', '.join(splits) or 'none'}")
    entries = [_listed(layout[SPLIT]) for layout in layouts if SPLIT in layout]
    return entries, tuple(split for split in splits if split != SPLIT)


def _whole(layouts: list[list[_Entry]]) -> list[_Entry]:
    """Return the entries of the whole English test split; any other is another question."""
    for entries in layouts:
        subsets = [_subset_of(entry) for entry in entries]
        if len(entries) != 1 or subsets[0] not in _OF_WHOLE:
            raise _Unusable(
                f"{SPLIT} has the subsets {', '.join(subsets) or 'none'}, not one whole"
            )
        languages = entries[0].get("languages", [])
        if not isinstance(languages, list) or not {str(name) for name in languages} <= _ENGLISH:
            raise _Unusable(f"of the languages {languages}, the task here is English")
        _require_fractions(entries[0])
    return [entries[0] for entries in layouts]


def _wanted(
    layouts: list[list[_Entry]], wanted: Collection[str]
) -> tuple[dict[str, list[_Entry]], tuple[str, ...]]:
    """Return the entries of each subset that we have, and the names of the others."""
    found: dict[str, list[_Entry]] = {}
    for entry in chain.from_iterable(layouts):
        found.setdefault(_subset_of(entry), []).append(entry)
    chosen = {subset: found[subset] for subset in wanted if subset in found}
    if not chosen:
        there = ", ".join(found) or "none"
        raise _Unusable(f"{SPLIT} has the subsets {there}, none of {', '.join(wanted)}")
    for entry in chain.from_iterable(chosen.values()):
        _require_fractions(entry)
    return chosen, tuple(subset for subset in found if subset not in chosen)


def _subset_of(entry: Mapping[str, Any]) -> str:
    return str(entry.get("hf_subset", WHOLE))


def _listed(found: Any) -> list[Mapping[str, Any]]:
    """Return the entries of a split, which some files have by the name of the subset."""
    if isinstance(found, dict):
        inner = {key for key, value in found.items() if isinstance(value, dict)} - _BLOCKS
        found = [{"hf_subset": k, **found[k]} for k in sorted(inner)] if inner else [found]
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise _Unusable(f"the scores of {SPLIT} are no list of entries")
    return found


def _require_fractions(entry: Mapping[str, Any], block: str = "") -> None:
    """Refuse an entry on the 0-100 scale, even where the score itself is below one point.

    Raises:
        _Unusable: one of its correlations is beyond 1.
    """
    for key, value in entry.items():
        if isinstance(value, dict) and key in _BLOCKS:
            _require_fractions(value, f"{key}.")
        elif _is_beyond_one(key, value):
            raise _Unusable(
                f"{block}{key} is {value!s:.12}, no correlation: MTEB's scores are fractions of 1; "
                "divide the file's by 100 if it holds points"
            )


def _is_beyond_one(key: str, value: Any) -> bool:
    is_number = isinstance(value, (int, Decimal))
    return key.endswith(("pearson", "spearman")) and is_number and bool(abs(value) > 1)


def _agreed_score(entries: list[Mapping[str, Any]]) -> tuple[Decimal, bool]:
    """Return the one score that all statements tell, and whether one calls it the cosine's.

    Args:
        entries: of one split; a hybrid file has two.

    Returns:
        The score, as a fraction of 1 in the digits of the file.

    Raises:
        _Unusable: there is none, it is no correlation, or two statements differ.
    """
    cosine = _statements(entries, _COSINE)
    stated = cosine or _statements(entries, (("spearman",),))
    stated += _statements(entries, (("main_score",),))
    if not stated:
        raise _Unusable("states no cosine_spearman")
    first, score = stated[0]
    for key, value in stated[1:]:
        if abs(value - score) > _AGREEMENT:
            raise _Unusable(f"contradicts itself: {first} is {score}, {key} is {value}")
    return score, bool(cosine)


def _statements(
    entries: list[Mapping[str, Any]], places: tuple[tuple[str, ...], ...]
) -> list[tuple[str, Decimal]]:
    """Return what stands in these places of the entries, each a key or a key inside a block."""
    found = []
    for entry in entries:
        for place in places:
            block = entry if len(place) == 1 else entry.get(place[0])
            value = block.get(place[-1]) if isinstance(block, dict) else None
            if value is not None:
                found.append((".".join(place), _number(".".join(place), value)))
    return found


def _number(key: str, value: Any) -> Decimal:
    if isinstance(value, list) and len(value) == 2:  # with its p-value, mteb 1.12
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise _Unusable(f"{key} is {value!r:.40}, no number")
    if not -1 <= value <= 1:  # NaN too
        raise _Unusable(f"{key} is {value!s:.12}, no correlation")
    number = Decimal(value)
    return number if abs(number) > _SMALLEST else Decimal(0)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
