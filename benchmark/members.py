"""Which rows a run makes, and which family each of them is a member of."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmark.encoders import Encoder, ModelReference
from benchmark.encoders.asked.folders import folders_of_glob
from benchmark.errors import BenchmarkError, UsageError
from benchmark.globs import is_glob
from benchmark.one_line import encodable, one_line
from benchmark.options import RunOptions
from benchmark.places import folder_name
from benchmark.results import Family, Member, ResultStore, Run, fingerprints_of
from benchmark.results.families import TRAINED_AGAIN, add_to_family, require_place
from benchmark.steps import AnyStep, chains_of, read_steps
from benchmark.variants import Variant, variants, varied_values

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AskedModel:
    """One encoder in one setting: a row, or one for each chain of steps.

    Attributes:
        model: a parsed reference, or an encoder in memory.
        options: what is asked of it.
        chains: what is done to its vectors; a row for each.
        setting: what sets it apart from the other members of its family; empty where its name
            says it.
        family: what it is a member of, without members; None for none.
    """

    model: ModelReference | Encoder
    options: RunOptions
    chains: tuple[tuple[AnyStep, ...], ...] = ((),)
    setting: str = ""
    family: Family | None = None


def asked_models(
    models: Sequence[Any],
    options: RunOptions,
    refer: Callable[[Any, RunOptions], ModelReference | Encoder],
) -> list[AskedModel]:
    """Return what a run is to score, in order, with all that is varied.

    Args:
        models: names, globs of folders among them, and encoders in memory.
        options: what is asked; ``vary`` and ``family`` say what the families are.
        refer: gives a reference, or an encoder in memory.

    Raises:
        UsageError: a name means nothing, a setting cannot be asked for, or the family has no name.
        ModelError: a folder is not there.
    """
    expanded = _expanded(models)
    name = _own_name("family", options.family)
    title = _own_name("name", options.name)
    if title and (options.vary or len(expanded) != 1):
        raise UsageError(
            f"`name` {title} is for one model; several are called NAME=MODEL, and a family `family`"
        )
    if options.vary:
        settings, varied = variants(options), list(varied_values(options.vary))
    else:
        settings, varied = [Variant("", options)], [TRAINED_AGAIN]
    chains = [tuple(map(read_steps, chains_of(setting.options.steps))) for setting in settings]
    asked = []
    for model, glob in expanded:
        for setting, steps in zip(settings, chains, strict=True):
            reference = refer(model, setting.options)
            if title and isinstance(reference, ModelReference):
                reference = replace(reference, title=title)
            called = name or glob
            if options.vary and not (name and len(expanded) == 1):
                called = f"{_name_of(reference)} by {name or ' and '.join(varied)}"
            family = Family(encodable(called), ", ".join(varied), ()) if called else None
            asked.append(AskedModel(reference, setting.options, steps, setting.setting, family))
    if any(len(one.chains) > 1 for one in asked if one.family):
        raise UsageError(
            "`steps` names several chains, a row each, and a family is one row; vary `steps` to "
            "have a member for each chain"
        )
    return asked


def _name_of(model: ModelReference | Encoder) -> str:
    return model.called if isinstance(model, ModelReference) else model.card.name


def _own_name(option: str, name: str | None) -> str:
    if name is None:
        return ""
    if not name.strip() or "," in name:
        raise UsageError(f"`{option}` {name!a}: a name without commas is needed")
    return encodable(one_line(name.strip()))


def _expanded(models: Iterable[Any]) -> list[tuple[Any, str]]:
    """Return models, and those that globs stand for, each once and with its glob."""
    found: list[tuple[Any, str]] = []
    matched: dict[str, str] = {}
    for model in models:
        folders = folders_of_glob(model) if isinstance(model, str) else None
        if folders is None:
            found.append((model, ""))
            continue
        new = [folder for folder in folders if folder not in matched]
        called = model.rstrip("/") if is_glob(model) else folder_name(model)
        matched |= dict.fromkeys(new, encodable(called))
        found += [(folder, matched[folder]) for folder in new]
    return [
        (model, glob)
        for model, glob in found
        if glob or not isinstance(model, str) or model not in matched
    ]


@dataclass
class Kin:
    """The families of a run, as their members are scored.

    Attributes:
        store: where records and families are kept; None keeps none.
        families: with the members that this run has scored, by name.
        errors: why members could not be kept; a run goes on without.
    """

    store: ResultStore | None
    families: dict[str, Family] = field(default_factory=dict)
    errors: list[BenchmarkError] = field(default_factory=list)

    def prepare(self, asked: Sequence[AskedModel]) -> None:
        """Make sure that every family has its place, before any work is done.

        Raises:
            UsageError: a file has that name and holds a family that varies something else.
            UnreadableRecord: a file is damaged.
        """
        for family in {one.family.name: one.family for one in asked if one.family}.values():
            members = [one for one in asked if one.family == family]
            found = ", ".join(one.setting or _name_of(one.model) for one in members)
            logger.info("family %s: %d, %s", one_line(family.name), len(members), one_line(found))
            if self.store:
                require_place(self.store.folder, family)

    def with_members(self, asked: AskedModel, runs: Sequence[Run]) -> Sequence[Run]:
        """Return runs of what was asked for, kept as members of its family where it has one."""
        if asked.family:
            for run in runs:
                try:
                    self._add(asked.family, asked.setting, run)
                except BenchmarkError as error:
                    self.errors.append(error)
        return runs

    def _add(self, asked: Family, setting: str, run: Run) -> None:
        family = self.families.setdefault(asked.name, asked)
        reason = self._reason(run, family, setting)
        if reason:
            logger.warning(
                "family %s: %s is no member, %s", one_line(family.name), one_line(run.label), reason
            )
            return
        member = Member(run.model, fingerprints_of(run), setting)
        self.families[family.name] = replace(family, members=(*family.members, member))
        if self.store:
            store = self.store
            add_to_family(
                store.folder,
                replace(family, members=(member,)),
                lambda one, state: _is_replaced(one, state, member, run, store),
            )

    def _reason(self, run: Run, family: Family, setting: str) -> str:
        """Say why a run is no member of a family; empty if it is."""
        states = fingerprints_of(run)
        if not run.results:
            return "nothing of it was scored"
        if setting and not states:
            return "it has no version, so that nothing tells its settings apart"
        for known in family.members:
            if set(known.fingerprints) & set(states):
                return f"it is what {one_line(known.label)} is, in every bit"
            if known.what == (run.model, setting):
                return "another one has its name"
        return ""


def _is_replaced(known: Member, state: str, new: Member, run: Run, store: ResultStore) -> bool:
    """Tell whether a state of a member was scored again, in another state, on one of its tasks."""
    if known.what != new.what or state in new.fingerprints:
        return False
    return any(store.holds(known.model, state, task) for task in run.results)
