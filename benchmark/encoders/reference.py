"""What somebody typed after ``--model``, understood but not yet touched."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from benchmark.encoders.catalogue import named_models
from benchmark.errors import ModelError, UsageError
from benchmark.suggestions import did_you_mean

Kind = Literal["catalogue", "folder", "hub", "object"]

_OBJECT = re.compile(r".+\.py:[A-Za-z_]\w*")
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A model as it was asked for.

    Attributes:
        kind: a catalogue name, a folder, a hub id, or an object in a Python file.
        name: that name, folder, id or reference, without a revision.
        revision: branch, tag or commit, for hub models.
    """

    kind: Kind
    name: str
    revision: str | None = None

    def checkpoint(self, kind: str) -> str:
        """Return which checkpoint answers for a kind of task: its own, or ``any``, the only one."""
        several = self.kind == "catalogue" and kind in named_models()[self.name].checkpoints
        return kind if several else "any"


def parse_reference(text: str, revision: str | None = None) -> ModelReference:
    """Tell what kind of model is meant, without any network.

    Args:
        text: ``NAME``, ``path/to/folder``, ``org/name``, ``org/name@revision`` or
            ``path/to/file.py:Name``.
        revision: the same as ``@revision``.

    Raises:
        UsageError: nothing of the kind, or two revisions.
        ModelError: a file where a folder is meant.
    """
    reference = _parse(text.strip())
    if revision is None:
        return reference
    if reference.revision not in (None, revision):
        raise UsageError(f"--model {text} and --revision {revision} name two revisions")
    if reference.kind in ("folder", "object"):
        raise UsageError(f"--revision is for models of the hub; {text} is on this disk")
    return replace(reference, revision=revision)


def _parse(text: str) -> ModelReference:
    name, _, revision = text.partition("@")
    if name in named_models():
        return ModelReference("catalogue", name, revision or None)
    if _OBJECT.fullmatch(text):
        if _on_disk(text.rpartition(":")[0]) != "file":
            raise ModelError(f"{text}: no such file")
        return ModelReference("object", text)
    if _on_disk(text) == "folder":
        return ModelReference("folder", text)
    if _on_disk(text) == "file":
        hint = f"; name the object in it, {text}:Name" if text.endswith(".py") else ""
        raise ModelError(f"{text}: a file, not the folder of a checkpoint{hint}")
    if _HUB.fullmatch(name) and not text.startswith((".", "/", "~")):
        return ModelReference("hub", name, revision or None)
    if "/" in text or text.startswith((".", "~")):
        raise ModelError(f"{text}: no such folder")
    raise UsageError(
        f"unknown model {text!r}{_meant(text)}; see --list-models, or give "
        "a folder, a hub id (org/name) or path/to/file.py:Name"
    )


def _on_disk(text: str) -> Literal["folder", "file"] | None:
    path = Path(text)
    try:
        if text and path.is_dir():
            return "folder"
        return "file" if path.is_file() else None
    except OSError:  # too long for a name
        return None


def _meant(text: str) -> str:
    """Suggest the full id of a known repository that was named without its organisation."""
    models = named_models().values()
    repos = [source.repo for model in models for source in model.checkpoints.values()]
    full = next((repo for repo in repos if repo and repo.partition("/")[2] == text), None)
    return f" (did you mean {full}?)" if full else did_you_mean(text, named_models())
