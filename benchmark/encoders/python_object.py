"""Encoders that a user wrote: ``path/to/file.py:Name``, or an object already in memory."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.library.in_memory import (
    InMemoryEncoder,
    is_of_library,
    known_by_content,
)
from benchmark.encoders.neighbours import file_of_class, finding_its_own
from benchmark.encoders.protocol import Encoder
from benchmark.encoders.python_file import no_such_name
from benchmark.encoders.raising import answers_for_itself
from benchmark.encoders.static.in_memory import is_static_model, of_static_model
from benchmark.errors import ModelError

_HOME = Path(__file__).resolve().parents[2]
"""Where this package lies."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UncardedEncoder:
    """An object that encodes but does not say who it is, with a card made for it."""

    encoder: Any
    card: EncoderCard

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Return what the object returns."""
        return self.encoder.encode(sentences)  # type: ignore[no-any-return]


def as_encoder(candidate: Any, name: str | None = None) -> Encoder:
    """Return an encoder with a card for any object that has an ``encode`` method.

    A ``SentenceTransformer`` is known by its content, taken anew in each call; one of which a part
    cannot be seen is known by its name alone, like every other object without a card.

    Args:
        candidate: the object; its ``card``, if any, must be an `EncoderCard`.
        name: for the card of an object that has none; its class is the default, or where a
            ``SentenceTransformer`` comes from.

    Raises:
        ModelError: it cannot encode, or its card is something else.
    """
    if isinstance(candidate, type):
        kind = candidate.__name__
        raise ModelError(f"{kind}: a class, not an encoder; give an object of it, like {kind}()")
    called = name or type(candidate).__name__
    if is_static_model(candidate):
        with answers_for_itself(called):
            return of_static_model(candidate, called)
    if isinstance(candidate, InMemoryEncoder):
        candidate, name = candidate.model, candidate.card.name
    if is_of_library(candidate) and (known := known_by_content(candidate, name)):
        return known
    with answers_for_itself(called):
        encode, card = getattr(candidate, "encode", None), getattr(candidate, "card", None)
    if not callable(encode):
        raise ModelError(
            f"{called}: an encoder needs a method encode(sentences) "
            "that returns an (n, d) array of float32"
        )
    if card is None:
        return UncardedEncoder(candidate, EncoderCard(name=called))
    if not isinstance(card, EncoderCard):
        raise ModelError(
            f"{called}: its card is a {type(card).__name__}, not a benchmark.EncoderCard"
        )
    with answers_for_itself(called):
        _require_types(called, card)
    return candidate  # type: ignore[no-any-return]


def _require_types(called: str, card: EncoderCard) -> None:
    """Refuse what could neither be hashed nor written into a record."""
    for field, kind in get_type_hints(EncoderCard).items():
        value = getattr(card, field)
        if kind == tuple[str, ...]:
            if not (isinstance(value, tuple) and all(isinstance(word, str) for word in value)):
                raise ModelError(f"{called}: {field} in its card are {value!r}, not a tuple of str")
            continue
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            wanted = getattr(kind, "__name__", str(kind))
            raise ModelError(
                f"{called}: {field} in its card is a {type(value).__name__}, not {wanted}"
            )


def load_object(reference: str) -> Encoder:
    """Return the encoder that ``path/to/file.py:Name`` names.

    ``Name`` may be an object with an ``encode`` method, a class, or a function without
    arguments that returns such an object.

    Raises:
        ModelError: the file or the name is not there, or running it fails.
    """
    return open_object(reference)()


def open_object(reference: str) -> Callable[[], Encoder]:
    """Run the file that ``path/to/file.py:Name`` names; return what makes the encoder.

    That is where its weights are loaded, mostly: of several, one after another.

    Raises:
        ModelError: the file is not there, or running it fails.
        NotThere: it defines nothing of that name.
    """
    file, _, name = reference.rpartition(":")
    path = Path(file).resolve()
    folder = path.parent
    with finding_its_own(path, reference):
        module = _run(Path(file))
    with answers_for_itself(reference):
        if not hasattr(module, name):
            raise no_such_name(file, name, _candidates(module))
        candidate = getattr(module, name)

    def made() -> Encoder:
        # Its neighbours come before those of a file that was run after it.
        if str(folder) in sys.path[1:] and _namesake(folder) is None:
            sys.path.remove(str(folder))
            sys.path.insert(0, str(folder))
        with finding_its_own(path, reference), answers_for_itself(reference):
            built = candidate
            if isinstance(candidate, type) or not hasattr(candidate, "encode"):
                built = candidate()
        return as_encoder(built, name)

    return made


def file_of(encoder: Encoder) -> Path | None:
    """Return the user's file that an encoder is from; None for others."""
    return file_of_class(type(encoder.encoder if isinstance(encoder, UncardedEncoder) else encoder))


def _candidates(module: Any) -> list[str]:
    """Return the names in a file that could be encoders: what it defines, and what can encode."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (
            (hasattr(value, "encode") and not isinstance(value, str | type))
            or (callable(value) and getattr(value, "__module__", "") == module.__name__)
        )
    ]


def _run(path: Path) -> Any:
    if not path.is_file():
        raise ModelError(f"{path}: no such file")
    # A name of its own, so that a file called like a library does not take its place, nor one
    # called like it in another folder, which would be taken for it by what looks up a module.
    name = f"_encoder_file_{path.stem}"
    while Path(getattr(sys.modules.get(name), "__file__", path)).resolve() != path.resolve():
        name += "_"
    loader = _FromSource(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if path.suffix != ".py" or spec is None:
        raise ModelError(f"{path}: no Python file; it must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    _reach_neighbours(path.resolve().parent)
    with answers_for_itself(str(path)):
        loader.exec_module(module)
    return module


def _reach_neighbours(folder: Path) -> None:
    """Let a file import what lies beside it, also later, as for a script.

    One of them may be called as this package is. It has long been imported here, but processes that
    are started inherit the path, and must find what they are sent.
    """
    namesake = _namesake(folder)
    if namesake is None:
        sys.path.insert(0, str(folder))
        return
    sys.path.append(str(folder))
    _log.warning(
        "%s is passed over: `import benchmark` gives the package in %s; rename yours",
        *(namesake, _HOME),
    )


def _namesake(folder: Path) -> Path | None:
    """Return what in a folder is called as this package is, and is another one."""
    forms = (folder / "benchmark.py", folder / "benchmark" / "__init__.py")
    return next((form for form in forms if form.is_file() and folder != _HOME), None)


class _FromSource(importlib.machinery.SourceFileLoader):
    """Runs what the file holds.

    Python's bytecode beside it is known by size and second alone: an encoder that is edited twice
    within one would give the vectors of the code before, under the hash of the code now.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)
