"""The folder of a training run: it says what was asked, and nothing else is trained there.

``run.toml`` says with which options, model, generator and data (by hash) it was begun, with which
versions, and what came out. Beside it lie the checkpoints while it trains, and the trained encoder
when it has ended, with its losses and scores as they came (``log.jsonl``).
"""

from __future__ import annotations

import json
import logging
import math
import platform
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

import benchmark
from benchmark.atomic import write_atomically
from benchmark.errors import UnreadableRecord, UsageError
from benchmark.foreign import Unreadable, parse_toml, read_text
from benchmark.training.saved_states import SavedStates

logger = logging.getLogger(__name__)

STORY, LOG = "run.toml", "log.jsonl"
CHECKPOINTS = "checkpoints"
_LOCK = ".training"
_LIBRARIES = ("torch", "transformers", "tokenizers", "accelerate", "numpy")
_MOST_NAMED = 4

State = Literal["new", "begun", "finished"]


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where one run is kept.

    Attributes:
        path: of the folder.
    """

    path: Path

    @property
    def checkpoints(self) -> SavedStates:
        """What training leaves to go on from."""
        return SavedStates(self.path / CHECKPOINTS)

    def state(self, asked: Mapping[str, Any]) -> State:
        """Tell how far the run that is asked for has come here.

        Args:
            asked: options, hashes and names, as they are written.

        Raises:
            UsageError: another run, or something else, is here.
            UnreadableRecord: ``run.toml`` is damaged.
        """
        if not self.path.exists():
            return "new"
        if not self.path.is_dir():
            raise UsageError(f"`output_dir` {self.path}: a file has this name")
        story = self.story()
        if story is None:
            others = sorted(one.name for one in self.path.iterdir() if not one.name.startswith("."))
            if others:
                raise UsageError(
                    f"`output_dir` {self.path}: holds {others[0]!a:.60} and no {STORY}; give a "
                    "folder of its own, new or empty"
                )
            return "new"
        before = story.get("asked", {})
        if apart := list(_differences(before, asked)):
            said = ", ".join(apart[:_MOST_NAMED]) + (", ..." if len(apart) > _MOST_NAMED else "")
            raise UsageError(
                f"`output_dir` {self.path}: holds another run ({said}); give another folder, or "
                "the options of that run to go on with it"
            )
        return "finished" if "result" in story else "begun"

    def story(self) -> dict[str, Any] | None:
        """Return what ``run.toml`` says; None if there is none.

        Raises:
            UnreadableRecord: it is damaged.
        """
        path = self.path / STORY
        if not path.exists():
            return None
        try:
            return parse_toml(read_text(path))
        except Unreadable as error:
            raise UnreadableRecord(
                f"{path}: cannot be read ({error}); delete the folder, or give another"
            ) from error

    def begin(self, asked: Mapping[str, Any]) -> None:
        """Write down what is asked, and remove what a killed process was writing."""
        story = self.story()
        if story is None:
            self._write({"asked": asked, "versions": versions()})
        elif apart := list(_differences(story.get("versions", {}), versions())):
            logger.warning(
                "%s: begun with other versions (%s); from here on weights may be others",
                self.path,
                ", ".join(apart),
            )
        self.checkpoints.place.mkdir(exist_ok=True)
        self.checkpoints.remove_halves()

    def finish(self, result: Mapping[str, Any], log: Iterable[Mapping[str, float]]) -> None:
        """Write down what came out; from now on the run is finished.

        Args:
            result: of the run.
            log: losses and scores by name, as they came.
        """
        lines = (json.dumps({name: _number(value) for name, value in row.items()}) for row in log)
        self._write_file(LOG, "".join(f"{line}\n" for line in lines))
        self._write({**(self.story() or {}), "result": result})

    def clear(self) -> None:
        """Remove what a finished run needs no more."""
        (self.path / _LOCK).unlink(missing_ok=True)
        shutil.rmtree(self.checkpoints.place, ignore_errors=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other process train here meanwhile.

        Raises:
            UsageError: another one does, or the folder cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / _LOCK, timeout=0)
            lock.acquire()
        except Timeout:
            raise UsageError(f"`output_dir` {self.path}: another process trains there") from None
        except OSError as error:
            raise UsageError(
                f"`output_dir` {self.path}: cannot be written ({error.strerror or error})"
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _write(self, story: Mapping[str, Any]) -> None:
        import tomli_w

        self._write_file(STORY, tomli_w.dumps(story))

    def _write_file(self, name: str, text: str) -> None:
        try:
            write_atomically(self.path / name, text.encode())
        except OSError as error:
            raise UsageError(
                f"`output_dir` {self.path}: cannot be written ({error.strerror or error})"
            ) from error


def versions() -> dict[str, str]:
    """Return what computes."""
    found = {name: metadata.version(name) for name in _LIBRARIES}
    return {"benchmark": benchmark.__version__, "python": platform.python_version(), **found}


def _differences(before: Any, now: Any, name: str = "") -> Iterator[str]:
    """Yield what two tables differ in, by the names of the innermost."""
    if isinstance(before, dict) and isinstance(now, Mapping):
        for key in {**before, **now}:
            inner = (
                f"{name} {key}".strip() if isinstance(now.get(key, before.get(key)), str) else key
            )
            yield from _differences(before.get(key), now.get(key), inner)
    elif before != now:
        yield f"{name} {_shown(before)} there, {_shown(now)} now"


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _shown(value: Any) -> str:
    return "none" if value is None else f"{value!s:.40}"
