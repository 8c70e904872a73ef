"""Code that a checkpoint brings: which classes its settings name, and whether they may be run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmark.errors import ModelError


def require_code_allowed(name: str, brought: Mapping[str, Sequence[str]], *, trusted: bool) -> None:
    """Refuse a checkpoint that brings code, unless it may be run and was hashed.

    The loading library passes over such code where it knows a model of that name, which may
    compute something else from the same weights (attention in one direction, say).

    Args:
        name: of the model.
        brought: the classes that each file of settings names.
        trusted: whether they may be run.

    Raises:
        ModelError: they may not, or they lie in another repository.
    """
    for file, names in brought.items():
        if names and not trusted:
            raise ModelError(
                f"{name}: runs code of its own from its repository (auto_map in {file} "
                f"names {names[0][:80]!r}); read that code, then pass `trust_remote_code`; or take "
                "auto_map out of a copy, which scores the loading library's own class of that name"
            )
        if away := [each for each in names if "--" in each]:
            raise ModelError(
                f"{name}: its code lies in another repository ({away[0][:80]!r} in "
                f"{file}), whose content no hash here covers; score a copy that holds the code "
                "and names it without that repository"
            )


def named_code(settings: Mapping[str, Any], wanted: Sequence[str] | None = None) -> list[str]:
    """Return the classes of its own that a file of settings names.

    Args:
        settings: of a model, a tokenizer or a processor.
        wanted: what they are for (``AutoModel``); None for anything.
    """
    named = settings.get("auto_map")
    keys = wanted if wanted is not None else list(named) if isinstance(named, dict) else []
    found = [named.get(key) for key in keys] if isinstance(named, dict) else [named]
    flat = [name for entry in found for name in (entry if isinstance(entry, list) else [entry])]
    return [name for name in flat if isinstance(name, str)]
