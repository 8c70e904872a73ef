"""The two sides of a comparison, from records and names somebody typed: models, or families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmark.comparisons.family_comparison import RunFamily
from benchmark.comparisons.models import (
    MODELS_OPTION,
    Collection,
    choose_families,
    choose_models,
    require_separate_runs,
)
from benchmark.errors import UsageError
from benchmark.globs import is_glob, matches
from benchmark.results import StoredRun, as_stored, joined_by_model
from benchmark.results.families import Family


def choose_sides(
    collections: Sequence[Collection], names: Sequence[str], families: Sequence[Family] = ()
) -> tuple[RunFamily, ...]:
    """Return the sides that are meant, a single model being a family of one run.

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
        UnreadableRecord: as `choose_families`.
    """
    places = len(collections)
    each = list(names) * places if len(names) == 1 and places == 2 else list(names)
    if places == 2 and not names:
        return tuple(_everything(*collection) for collection in collections)
    repeated = places == 1 and len(set(names)) < len(names)
    if not 1 <= places <= 2 or not 1 <= len(each) <= 2 or len(each) < places or repeated:
        # Two models without a name, or it says what is wrong.
        return tuple(RunFamily(run.label, (run,)) for run in choose_models(collections, names))
    of_each = list(collections) * len(each) if places == 1 else list(collections)
    return tuple(
        _side(name, place, runs, families)
        for name, (place, runs) in zip(each, of_each, strict=False)
    )


def _everything(place: str, runs: Sequence[StoredRun]) -> RunFamily:
    models = joined_by_model(runs)
    require_separate_runs(place, models)
    return RunFamily(models[0].label if len(models) == 1 else place, tuple(models))


def _side(
    name: str, place: str, runs: Sequence[StoredRun], families: Sequence[Family]
) -> RunFamily:
    models = joined_by_model(runs)
    named = any(name in (model.label, model.model) for model in models)
    if named or not (is_glob(name) or any(family.name == name for family in families)):
        [run] = choose_models([(place, runs)], [name], [family.name for family in families])
        return RunFamily(run.label, (run,))
    if "@" in name and is_glob(name):
        states = [
            model
            for model in models
            if matches(f"{model.model}@{model.fingerprint or 'unidentified'}", name)
        ]
        if states:
            require_separate_runs(f"{MODELS_OPTION} {name}", states)
            return RunFamily(name, tuple(states))
    [found] = choose_families(place, runs, families, [name])
    require_separate_runs(f"family {name}", found.runs)
    if found.unscored:
        raise UsageError(
            f"{MODELS_OPTION} {name}: {place} holds no records of its member "
            f"{found.unscored[0].label}; score it, or name the members"
        )
    members = tuple(
        replace(as_stored(run), label=label)
        for run, label in zip(found.runs, found.labels, strict=True)
    )
    names = [run.model for run in members]
    twice = [one for one in names if names.count(one) > 1]
    if twice and found.name not in [family.name for family in families]:
        raise UsageError(
            f"{MODELS_OPTION} {name}: {place} holds several states of {twice[0]}; name all as "
            f"{twice[0]}@*, or keep those that are meant in a folder of their own"
        )
    return RunFamily(members[0].label if len(members) == 1 else name, members, found.varied)
