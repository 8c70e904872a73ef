"""Which models are meant: from collections of records, and names somebody typed, to runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from benchmark.comparisons.family_comparison import RunFamily
from benchmark.errors import UsageError
from benchmark.results import StoredRun, joined_by_model
from benchmark.results.families import Family, Member
from benchmark.suggestions import did_you_mean

MODELS_OPTION = "`models`"
MOST = 2
"""Models that are looked at together."""

Collection = tuple[str, Sequence[StoredRun]]
"""Where records were found, and the runs of `benchmark.results.collect`."""


def choose_models(
    collections: Sequence[Collection], names: Sequence[str] = ()
) -> tuple[StoredRun, ...]:
    """Return the models that are meant, in the order they were named.

    One collection gives the models that are named, or all it has. Of several collections each
    gives one: its only one, or the one that is named (one name may stand for all, which
    compares two states of a model).

    Args:
        collections: one or several.
        names: of models or their labels, or ``NAME@FINGERPRINT`` with its first digits.

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
    return _within(*models[0], names) if len(models) == 1 else _one_each(models, names)


def choose_families(
    collections: Sequence[Collection], names: Sequence[str], families: Sequence[Family] = ()
) -> tuple[RunFamily, ...]:
    """Return the families that are meant, a single model being one of one run.

    As `choose_models`, but a name may also be that of a family, or a glob: ``seed-*`` stands for
    all models of such names, ``NAME@*`` for all states of a model. What is the name of a model is
    that model; then comes the family. Of two collections without a name each is a family.

    Args:
        collections: one or several.
        names: of models, families, or globs.
        families: those that are known.

    Returns:
        One or two.

    Raises:
        UsageError: as `choose_models`; a glob that no model matches, or several states of a
            model; a family of which a member has no record.
    """
    sides = len(collections) if len(collections) > 1 else len(names)
    if not 1 <= len(collections) <= MOST or sides > MOST or len(set(names)) < len(names):
        return tuple(RunFamily(run.label, (run,)) for run in choose_models(collections, names))
    if len(collections) == 1 and not names:
        return tuple(RunFamily(run.label, (run,)) for run in choose_models(collections))
    if len(collections) == 1:
        [(place, runs)] = collections
        return tuple(_family(name, place, runs, families) for name in names)
    if not names:
        return tuple(_everything(place, runs) for place, runs in collections)
    if len(names) not in (1, len(collections)):
        choose_models(collections, names)  # it says what is wrong
    of_each = names if len(names) == len(collections) else [names[0]] * len(collections)
    return tuple(
        _family(name, place, runs, families)
        for name, (place, runs) in zip(of_each, collections, strict=True)
    )


def _everything(place: str, runs: Sequence[StoredRun]) -> RunFamily:
    models = joined_by_model(runs)
    return RunFamily(models[0].label if len(models) == 1 else place, tuple(models))


def _family(
    name: str, place: str, runs: Sequence[StoredRun], families: Sequence[Family]
) -> RunFamily:
    models = joined_by_model(runs)
    if any(known(model, name) for model in models for known in _WAYS):
        run = _named(name, place, models)
        return RunFamily(run.label, (run,))
    for family in families:
        if family.name == name:
            members = tuple(_of_member(one, family, place, runs) for one in family.members)
            return RunFamily(name, members, family.varied)
    if not set(name) & set("*?["):
        return RunFamily(name, (_named(name, place, models),))  # it says what there is
    by_state = "@" in name
    found = [
        model
        for model in models
        if fnmatchcase(f"{model.model}@{_state(model)}" if by_state else model.model, name)
    ]
    states = [model for model in found if model.label != model.model]
    if states and not by_state:
        raise UsageError(
            f"{MODELS_OPTION} {name}: {place} holds several states of {states[0].model}; name all "
            f"as {states[0].model}@*, or keep those that are meant in a folder of their own"
        )
    if not found:
        raise UsageError(
            f"{MODELS_OPTION} {name}: no model of {place} matches; there are {_labels(models)}"
        )
    return RunFamily(found[0].label if len(found) == 1 else name, tuple(found))


def _of_member(member: Member, family: Family, place: str, runs: Sequence[StoredRun]) -> StoredRun:
    found = joined_by_model(run for run in runs if member.has(run.model, run.fingerprint))
    if len(found) != 1:
        raise UsageError(
            f"{MODELS_OPTION} {family.name}: {place} holds {'several' if found else 'no'} records "
            f"of its member {member.label}; score it again with `overwrite`, or name the members"
        )
    return replace(found[0], label=member.label)


def _within(place: str, models: Sequence[StoredRun], names: Sequence[str]) -> tuple[StoredRun, ...]:
    if not names and len(models) > MOST:
        raise UsageError(
            f"{place} holds {len(models)} models ({_labels(models)}); choose among them with "
            f"{MODELS_OPTION}"
        )
    if len(names) > MOST:
        raise UsageError(f"{MODELS_OPTION} names {len(names)} models, two are the most")
    if len(set(names)) < len(names):
        raise UsageError(f"{MODELS_OPTION} names {names[0]} twice; name two models")
    return tuple(_named(name, place, models) for name in names) if names else tuple(models)


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


def _named(name: str, place: str, models: Sequence[StoredRun]) -> StoredRun:
    for names_of in _WAYS:
        found = [model for model in models if names_of(model, name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                f"{MODELS_OPTION} {name}: {place} holds {len(found)} states of it "
                f"({_labels(found)}); name one of them as {name}@FINGERPRINT"
            )
    hint = did_you_mean(name, [known for model in models for known in (model.model, model.label)])
    raise UsageError(
        f"{MODELS_OPTION} {name}: {place} holds no such model{hint}; there are {_labels(models)}"
    )


def _by_label(model: StoredRun, name: str) -> bool:
    return model.label == name


def _by_model(model: StoredRun, name: str) -> bool:
    return model.model == name


def _by_fingerprint(model: StoredRun, name: str) -> bool:
    base, at, digits = name.rpartition("@")
    return bool(at and digits) and model.model == base and _state(model).startswith(digits)


def _state(model: StoredRun) -> str:
    return model.fingerprint or "unidentified"


_WAYS = (_by_label, _by_model, _by_fingerprint)
"""To name one model, in this order."""


def _labels(models: Sequence[StoredRun]) -> str:
    return ", ".join(model.label for model in models)
