"""Families: several runs that are one thing measured again, with another seed, prompt or setting.

A family is a list of members and nothing else: each member has records of its own, which know
nothing of it. It lies beside them, ``families/NAME.toml`` in the output folder, so that records
keep their bytes, and anybody can write one by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmark.atomic import locked, write_atomically
from benchmark.errors import RecordError, UnreadableRecord, UsageError
from benchmark.foreign import Unreadable, parse_toml, read_text
from benchmark.invocation import page
from benchmark.one_line import encodable, one_line
from benchmark.results.record import slug
from benchmark.toml_tables import converted

FOLDER = "families"
"""Where they lie, below an output folder."""

TRAINED_AGAIN = "seed"
"""What is varied in a family of models that differ in their training run."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the runs of a family.

    Attributes:
        model: the name that it was asked for by.
        fingerprints: of its states: one, or one for each kind of tasks where the model has a
            checkpoint for each; none for an encoder that does not say who it is.
        setting: what sets it apart from the other members, for a table (``template 2``); empty
            where the name says it.
    """

    model: str
    fingerprints: tuple[str, ...] = ()
    setting: str = ""

    @property
    def what(self) -> tuple[str, str]:
        """What it is, whatever state it is in."""
        return self.model, self.setting

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"{self.model} ({self.setting})" if self.setting else self.model

    def has(self, model: str, fingerprint: str | None) -> bool:
        """Tell whether records of a state of a model are this member's."""
        same = fingerprint in self.fingerprints if self.fingerprints else fingerprint is None
        return model == self.model and same


@dataclass(frozen=True, slots=True)
class Family:
    """Runs that are one thing, measured again.

    Attributes:
        name: for a table.
        varied: what is another in each member: ``seed`` (training again), ``template``,
            ``pooler`` or another option's name.
        members: in order, at least one.
    """

    name: str
    varied: str
    members: tuple[Member, ...]

    def member(self, model: str, fingerprint: str | None) -> Member | None:
        """Return the member that records of a state of a model belong to, if any."""
        return next((one for one in self.members if one.has(model, fingerprint)), None)


def merged(known: Family, other: Family) -> Family:
    """Return a family with the members of both; one that is in both is there once.

    That is one with a state in common, whatever it is called (it keeps the name that it has), or of
    the same model and setting, whose states are then those of both.

    Raises:
        UsageError: they vary different things, so that their members are no family.
    """
    if known.varied != other.varied:
        raise UsageError(
            f"`family` {one_line(known.name)}: its members differ in {one_line(known.varied)}, not "
            f"in {one_line(other.varied)}; choose another name"
        )
    members = list(known.members)
    for new in other.members:
        place = _place_of(new, members)
        if place is None:
            members.append(new)
        elif new.what == members[place].what:
            states = dict.fromkeys((*members[place].fingerprints, *new.fingerprints))
            members[place] = replace(new, fingerprints=tuple(states))
    return replace(known, members=tuple(members))


def _place_of(new: Member, members: Sequence[Member]) -> int | None:
    """Return where a member is among others, if it is; a state says more than a name."""
    same = [set(new.fingerprints) & set(one.fingerprints) for one in members]
    named = [one.what == new.what for one in members]
    return next((place for found in (same, named) for place, it in enumerate(found) if it), None)


def require_place(folder: Path, family: Family) -> None:
    """Refuse a family that could not be kept in a folder, before anything is measured.

    Raises:
        UnreadableRecord: the file of that name is damaged, or of a family of another name.
        UsageError: its members differ in something else.
    """
    merged(_kept(_path(folder, family.name), family), family)


def add_to_family(
    folder: Path, family: Family, is_replaced: Callable[[Member, str], bool] = lambda *_: False
) -> Family:
    """Keep a family beside its records, together with the members that it has there.

    Writers wait for each other, so that none loses what another one adds.

    Args:
        folder: of the records.
        family: with the members to add.
        is_replaced: tells of a member and one of its states whether that state is not the member's
            any more, since it was scored in another one.

    Returns:
        The whole family, as it was written.

    Raises:
        RecordError: it cannot be written.
        UnreadableRecord: the file that is there is damaged, or of a family of another name.
        UsageError: as `merged`.
    """
    path = _path(folder, family.name)
    try:
        with locked(path.parent / ".lock"):
            known = _kept(path, family)
            whole = merged(replace(known, members=_current(known, is_replaced)), family)
            if whole != known:
                write_family(folder, whole)
            return whole
    except OSError as error:
        raise _unwritable(path, error) from error


def _kept(path: Path, family: Family) -> Family:
    """Return what a file holds of a family; no members if there is no such file."""
    if not path.exists():
        return replace(family, members=())
    known = _read(path)
    if known.name != family.name:
        raise UnreadableRecord(
            f"{path}: holds the family {one_line(known.name)}, so that {one_line(family.name)} has "
            "no place; choose another `family`"
        )
    return known


def _current(family: Family, is_replaced: Callable[[Member, str], bool]) -> tuple[Member, ...]:
    return tuple(
        replace(one, fingerprints=tuple(f for f in one.fingerprints if not is_replaced(one, f)))
        for one in family.members
    )


def write_family(folder: Path, family: Family) -> Path:
    """Keep a family beside its records; one of that name is replaced.

    Args:
        folder: of the records.
        family: to keep.

    Raises:
        RecordError: it cannot be written.
    """
    path = _path(folder, family.name)
    try:
        write_atomically(path, _encoded(family).encode())
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def _path(folder: Path, name: str) -> Path:
    return folder / FOLDER / f"{slug(name)}.toml"


def _unwritable(path: Path, error: OSError) -> RecordError:
    return RecordError(
        f"{path}: the family cannot be written ({error.strerror or error}); make room, or give "
        "another `output_dir`"
    )


def read_families(folders: Iterable[Path]) -> list[Family]:
    """Return the families that lie in these folders or below them, by name.

    Raises:
        UnreadableRecord: a file is damaged, says something that is not understood, or two of
            them give one name to different members.
    """
    found: dict[str, tuple[Path, Family]] = {}
    for path in sorted({path.resolve() for folder in folders for path in _files(folder)}):
        family = _read(path)
        other, known = found.setdefault(family.name, (path, family))
        if known != family:
            raise UnreadableRecord(
                f"{path}: another family {one_line(family.name)} than that of {other}; rename or "
                "remove one of them"
            )
    return [family for _, (_, family) in sorted(found.items())]


def _files(folder: Path) -> list[Path]:
    """Return the files of families at any depth; a folder of one model has its output folder's."""
    return list(folder.glob(f"**/{FOLDER}/*.toml")) if folder.is_dir() else []


def _read(path: Path) -> Family:
    try:
        family = converted(parse_toml(read_text(path)), Family)
        if not family.members:
            raise ValueError("`members` is empty")
    except (ValueError, Unreadable) as error:
        raise UnreadableRecord(
            f"{path}: {one_line(str(error))}; {page('families')} explains the form"
        ) from error
    return family


def _encoded(family: Family) -> str:
    """Return it as TOML, whose strings between quotes are those of JSON."""
    lines = [f"name = {_text(family.name)}", f"varied = {_text(family.varied)}"]
    for member in family.members:
        fingerprints = ", ".join(map(_text, member.fingerprints))
        lines += ["", "[[members]]", f"model = {_text(member.model)}"]
        lines += [f"fingerprints = [{fingerprints}]"]
        lines += [f"setting = {_text(member.setting)}"] if member.setting else []
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    return json.dumps(encodable(value), ensure_ascii=False).replace("\x7f", "\\u007f")
