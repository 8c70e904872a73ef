"""Which models and families are meant: from records, and names somebody typed, to runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmark.errors import UsageError
from benchmark.globs import is_glob, matches, natural
from benchmark.invocation import command, page
from benchmark.one_line import one_line
from benchmark.places import folder_name
from benchmark.results import (
    Results,
    ScoredFamily,
    StoredRun,
    fingerprints_of,
    joined_by_model,
    score_families,
)
from benchmark.results.families import TRAINED_AGAIN, Family, Member
from benchmark.results.history import steps_of_one_run
from benchmark.suggestions import did_you_mean

MODELS_OPTION = "`models`"
MOST = 2
"""Models that are looked at together."""

Collection = tuple[str, Sequence[StoredRun]]
"""Where records were found, and the runs of `benchmark.results.collect`."""


def choose_models(
    collections: Sequence[Collection], names: Sequence[str] = (), families: Sequence[str] = ()
) -> tuple[StoredRun, ...]:
    """Return the models that are meant, in the order they were named.

    One collection gives the models that are named, or all it has. Of several collections each
    gives one: its only one, or the one that is named (one name may stand for all, which
    compares two states of a model).

    Args:
        collections: one or several.
        names: of models or their labels, or ``NAME@FINGERPRINT`` with its first digits.
        families: names that would have been taken, too, for messages.

    Returns:
        One or two.

    Raises:
        UsageError: the names do not say which models are meant, or name one twice.
    """
    if not 1 <= len(collections) <= MOST:
        raise UsageError(
            f"{len(collections)} places of records were named, two are the most; choose models "
            f"within one by {MODELS_OPTION}"
        )
    models = [(place, joined_by_model(runs)) for place, runs in collections]
    return _within(*models[0], names, families) if len(models) == 1 else _one_each(models, names)


def _within(
    place: str, models: Sequence[StoredRun], names: Sequence[str], families: Sequence[str]
) -> tuple[StoredRun, ...]:
    if not names and len(models) > MOST:
        raise UsageError(
            f"{place} holds {len(models)} models ({_labels(models)}); choose among them with "
            f"{MODELS_OPTION}"
        )
    if len(names) > MOST:
        raise UsageError(
            f"{MODELS_OPTION} names {len(names)} models, two are the most; compare gives several "
            "beside one that is named as `baseline`"
        )
    if len(set(names)) < len(names):
        raise UsageError(f"{MODELS_OPTION} names {names[0]} twice; name two models")
    if not names:
        return tuple(models)
    return tuple(_named(name, place, models, families) for name in names)


def _one_each(models: Sequence[Collection], names: Sequence[str]) -> tuple[StoredRun, ...]:
    if len(names) not in (0, 1, len(models)):
        raise UsageError(
            f"{MODELS_OPTION} names {len(names)} models for {len(models)} places of records; "
            "name one for each, or one for all"
        )
    if not names:
        return tuple(_only(place, found) for place, found in models)
    of_each = names if len(names) == len(models) else [names[0]] * len(models)
    return tuple(
        _named(name, place, found) for name, (place, found) in zip(of_each, models, strict=True)
    )


def _only(place: str, models: Sequence[StoredRun]) -> StoredRun:
    if len(models) > 1:
        raise UsageError(
            f"{place} holds {len(models)} models ({_labels(models)}); say which one is meant "
            f"with {MODELS_OPTION}"
        )
    return models[0]


def _named(
    name: str, place: str, models: Sequence[StoredRun], families: Iterable[str] = ()
) -> StoredRun:
    for names_of in (_by_label, _by_model, _by_fingerprint, _by_folder):
        found = [model for model in models if names_of(model, name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                f"{MODELS_OPTION} {name}: {place} holds {len(found)} states of it "
                f"({_labels(found)}); name one of them as {name}@FINGERPRINT"
            )
    known = [*families, *(known for model in models for known in (model.model, model.label))]
    there = ", ".join([*families, *(model.label for model in models)])
    raise UsageError(
        f"{MODELS_OPTION} {name}: {place} holds no such model{did_you_mean(name, known)}; there "
        f"are {there}"
    )


def _by_label(model: StoredRun, name: str) -> bool:
    return model.label == name


def _by_model(model: StoredRun, name: str) -> bool:
    return model.model == name


def _by_fingerprint(model: StoredRun, name: str) -> bool:
    base, at, digits = name.rpartition("@")
    state = model.fingerprint or "unidentified"
    return bool(at and digits) and model.model == base and state.startswith(digits)


def _by_folder(model: StoredRun, name: str) -> bool:
    """A folder has one name, however it is typed."""
    return any(mark in name for mark in "./\\") and model.model == folder_name(name)


def _labels(models: Sequence[StoredRun]) -> str:
    shown = [model.label for model in models[:_MOST_NAMED]]
    more = len(models) - len(shown)
    return ", ".join([*shown, *([f"and {more} more"] if more else [])])


_MOST_NAMED = 20
"""Models that a message lists: a training run may have a hundred steps."""


# --- families -------------------------------------------------------------------------------------


def choose_families(
    place: str,
    runs: Sequence[StoredRun],
    families: Sequence[Family],
    names: Sequence[str] = (),
) -> tuple[ScoredFamily, ...]:
    """Return the families that are meant, in the order they were named.

    A name is that of a family; or of a model (`choose_models`), which is then the only member of
    one; or a glob of models' names (``runs/seed-*``), whose models are then its members.

    Args:
        place: where the records were found, for messages.
        runs: of `benchmark.results.collect`.
        families: of `benchmark.results.read_families`.
        names: what somebody typed; none for all families that are there.

    Raises:
        UsageError: a name means nothing, or is there twice, or there is no family at all.
        UnreadableRecord: a family takes two states that have scores of one task for one member.
    """
    scored = score_families(families, runs)
    if not names and not scored:
        raise UsageError(
            f"{place} holds no family ({page('families')}); name models with {MODELS_OPTION}"
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"{MODELS_OPTION} names {twice} twice; name each family once")
    for family in scored:
        if family.varied == TRAINED_AGAIN and family.name in (names or [family.name]):
            require_separate_runs(f"family {one_line(family.name)}", family.runs)
    known = {family.name: family for family in scored}
    absent = {family.name for family in families} - known.keys()
    for name in names:
        if name in absent:
            raise UsageError(f"family {name}: {place} holds no record of any of its members")
    return tuple(known.get(name) or _family_of(name, place, runs, known) for name in names or known)


def require_separate_runs(what: str, runs: Sequence[Results]) -> None:
    """Refuse steps of one training run where runs are meant: they are no seeds of a method.

    Raises:
        UsageError: two of these models are such steps.
    """
    found = steps_of_one_run(runs)
    if found is not None:
        run, (first, second, *_) = found
        raise UsageError(
            f"{what}: steps {first} and {second} of one training run "
            f"({one_line(run)}) are no runs of a family; name one step of each run, two steps, or "
            f"see them all by {command('curve')}"
        )


def _family_of(
    name: str, place: str, runs: Sequence[StoredRun], known: Iterable[str]
) -> ScoredFamily:
    """Return the family that models make whose names are that one, or match it."""
    models = joined_by_model(runs)
    matching = [model for model in models if is_glob(name) and matches(model.model, name)]
    if not matching:
        matching = [_named(name, place, models, known)]
    require_separate_runs(f"{MODELS_OPTION} {name}", matching)
    ordered = sorted(matching, key=lambda model: (natural(model.model), model.label))
    members = tuple(Member(model.model, fingerprints_of(model)) for model in ordered)
    return ScoredFamily(Family(name, TRAINED_AGAIN, members), members, tuple(ordered))
