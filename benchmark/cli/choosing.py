"""What `compare` and `explain` are asked about: models out of folders of records, and tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from benchmark.errors import UsageError

if TYPE_CHECKING:
    from benchmark.results import StoredRun

Words = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]
Flag = Annotated[bool, Parameter(negative="")]
Format = Literal["table", "markdown", "latex", "csv", "json"]


def chosen_models(
    verb: str, places: Sequence[Path], names: Sequence[str] | None
) -> tuple[StoredRun, ...]:
    """Return the models that are meant by places of records and ``--models``.

    Raises:
        UsageError: no place is named, or it is not clear which models are meant.
        UnreadableRecord: a place holds no record, or a damaged one.
    """
    from benchmark.comparisons import choose_models
    from benchmark.results import collect

    if not places:
        raise UsageError(f"{verb}: name records, or folders of them")
    listed = [part.strip() for name in names or () for part in name.split(",") if part.strip()]
    return choose_models([(str(place), collect([place])) for place in places], listed)


def chosen_tasks(names: Sequence[str] | None) -> frozenset[str] | None:
    """Return the ids of the tasks that are asked for, None for all.

    Raises:
        UsageError: an unknown name, or nothing left.
    """
    from benchmark.tasks import select_tasks

    return None if names is None else frozenset(task.id for task in select_tasks(names))
