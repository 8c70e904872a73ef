"""The folder under siege, what an undisturbed run gives, and what must hold after each blow."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import evaluate
from benchmark.cli import run_eval
from benchmark.embeddings.storage import database, store
from benchmark.embeddings.storage.rows import checksum, digest
from tests.campaign import toy
from tests.campaign.syscalls import Traced, forked, traced

MODELS = {"toy": toy.Toy, "second": toy.Second}
TASKS = ["--tasks", "DemoSTS"]
PASSING = ("timings", "effort", "created", "sha256")
"""Fields of a record that differ whenever it is computed."""

SMALL_PAGES = 512


@dataclass(frozen=True, slots=True)
class Blow:
    """What was done to a run or a file, and what was wrong afterwards.

    Attributes:
        what: in words.
        kind: ``kills``, ``flips`` or ``cuts``, for the count.
        wrong: what did not hold; empty if all is well.
        blows: how many in one.
    """

    what: str
    kind: str
    wrong: list[str]
    blows: int = 1


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: exit code (negative: a signal), what it printed, names of its calls."""

    code: int
    out: str
    err: str
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """A run that goes on in processes of its own: the command, and the one that watches it."""

    pid: int
    streams: Path

    def end(self) -> Ended:
        """Wait until it has ended."""
        os.waitpid(self.pid, 0)
        how: Traced = pickle.loads((self.streams / "how").read_bytes())
        out, err = ((self.streams / name).read_text("utf-8") for name in ("out", "err"))
        return Ended(how.code, out, err, how.calls)


class Scene:
    """A folder with the toy encoders; below it the output folder and the store under siege."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, and measure what an undisturbed run gives, without store or records."""
        self.folder = folder
        self.siege = folder / "siege"
        self.results, self.vectors = self.siege / "results", self.siege / "cache" / "vectors"
        self.exports = self.siege / "cache" / "exports"
        self._streams = 0
        shutil.copy(toy.__file__, folder / "toy.py")
        os.chdir(folder)
        self.asked = ["--model", *(f"toy.py:{kind.__name__}" for kind in MODELS.values()), *TASKS]
        evaluate("toy.py:Toy", "DemoSTS", cache=False)  # loads what each forked run needs
        alone = self.run("--no-cache", output=folder / "reference")
        assert (alone.code, alone.err) == (0, ""), alone
        self.wanted = lasting(alone.out)
        self.files = contents(folder / "reference")
        sentences = self._sentences()
        self.own = {
            name: dict(zip(map(digest, sentences), kind().encode(sentences), strict=True))
            for name, kind in MODELS.items()
        }
        self.rows = {
            f"{name} {ids}": digest(sentence)
            for name, kind in MODELS.items()
            for sentence, ids in zip(sentences, kind().tokenize(sentences).ids, strict=True)
        }

    def start(self, *more: str, output: Path | None = None, kill_at: int | None = None) -> Started:
        """Start a run of the command in a fork of this process; kill it at a system call."""
        self._streams += 1
        streams = self.folder / "streams" / str(self._streams % 10)
        shutil.rmtree(streams, ignore_errors=True)
        streams.mkdir(parents=True)
        arguments = [*self.asked, *more, "--output-dir", str(output or self.results)]
        arguments += ["--format", "json", "--quiet"]
        pid = os.fork()
        if pid == 0:
            try:
                for number, name in ((1, "out"), (2, "err")):
                    os.dup2(os.open(streams / name, os.O_CREAT | os.O_WRONLY), number)
                work = partial(self._command, arguments, streams)
                how = forked(work) if kill_at is None else traced(work, kill_at)
                (streams / "how").write_bytes(pickle.dumps(how))
            finally:
                os._exit(0)
        return Started(pid, streams)

    def run(self, *more: str, output: Path | None = None, kill_at: int | None = None) -> Ended:
        """Run the command to its end, or until it is killed."""
        return self.start(*more, output=output, kill_at=kill_at).end()

    def _command(self, arguments: list[str], streams: Path) -> int:
        os.environ["BENCHMARK_CACHE_DIR"] = str(self.vectors.parent)
        os.environ[toy.ASKED] = str(streams / "asked")
        store._SECONDS = -1.0  # each batch is written, so that there is much to disturb
        database._PAGE_BYTES = SMALL_PAGES
        return run_eval(arguments)

    # --- states -----------------------------------------------------------------------------------

    def reset(self, state: str | None = None) -> None:
        """Bring a kept state back, or start from nothing."""
        shutil.rmtree(self.siege, ignore_errors=True)
        if state:
            shutil.copytree(self.folder / "states" / state, self.siege)
        else:
            self.siege.mkdir()

    def keep(self, state: str) -> None:
        """Keep the state as it is."""
        kept = self.folder / "states" / state
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.siege, kept)

    def stored(self) -> dict[str, dict[bytes, np.ndarray]]:
        """Return the vectors in the store by model, as a run that comes next would find them.

        Read from a copy, for SQLite mends what it opens.
        """
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        found: dict[str, dict[bytes, np.ndarray]] = {name: {} for name in MODELS}
        if self.vectors.exists():
            shutil.copytree(self.vectors, copy)
            for path in copy.glob("*.sqlite"):
                with contextlib.suppress(sqlite3.Error, UnicodeDecodeError, ValueError):
                    name, vectors = _vectors_in(path)
                    found.setdefault(name, {}).update(vectors)
        return found

    def encoded(self) -> set[tuple[str, bytes]]:
        """Return what the encoders of the last run were asked: models and digests."""
        path = self.folder / "streams" / str(self._streams % 10) / "asked"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return {(line.partition(" ")[0], self.rows[line]) for line in lines}

    def _sentences(self) -> list[str]:
        from benchmark.options import DataOptions
        from benchmark.tasks import KINDS, select_tasks
        from benchmark.tasks.loading import load_data, locate_data

        sources = DataOptions()
        loaded, _ = load_data(locate_data(select_tasks("demo"), sources), sources)
        asked = [KINDS[entry.task.kind].sentences(entry.data.parts) for entry in loaded]
        return list(dict.fromkeys(sentence for sentences in asked for sentence in sentences))

    # --- what must hold ---------------------------------------------------------------------------

    def wrong_in(self, ended: Ended, *, quiet: bool = True) -> Iterator[str]:
        """Yield what is wrong with a run that was not killed."""
        if ended.code != 0:
            yield f"exit code {ended.code}: {ended.err.strip()[-300:]}"
        elif lasting(ended.out) != self.wanted:
            yield "other results than those of an undisturbed run"
        if "report what it shows" in ended.err or "Traceback" in ended.err:
            yield f"an unexpected error: {ended.err.strip()[-300:]}"
        elif quiet and ended.err:
            yield f"it warned: {ended.err.strip()[-300:]}"

    def wrong_vectors(self) -> Iterator[str]:
        """Yield stored vectors that are not the encoder's own."""
        stored = self.stored()
        for name, own in self.own.items():
            vectors = stored[name]
            bad = [key for key in vectors if vectors[key].tobytes() != own[key].tobytes()]
            if bad:
                yield f"{len(bad)} stored vectors of {name} are not the encoder's"

    def half_written(self) -> Iterator[str]:
        """Yield files that are not what an undisturbed run writes."""
        for name, content in contents(self.results).items():
            if not same_file(name, content, self.files.get(name, b"")):
                yield f"{name} is half written, or wrong"

    def wrong_after_kill(self) -> list[str]:
        """Run the command once more; return what is wrong before or after."""
        found = [*self.half_written(), *self.wrong_vectors()]
        finished, had = contents(self.results), self.stored()
        found += self.wrong_in(self.run())
        after = contents(self.results)
        lost = [name for name, content in finished.items() if after.get(name) != content]
        found += [f"{name} was finished, and has changed" for name in lost]
        twice = [(name, key) for name, key in self.encoded() if key in had[name]]
        found += [f"{len(twice)} stored sentences were encoded again"] if twice else []
        found += [f"there is no {name}" for name in self.files.keys() - after.keys()]
        found += [f"{path.name} is left in the store" for path in self._left_in_store()]
        return [*found, *self.half_written(), *self.wrong_vectors()]

    def _left_in_store(self) -> list[Path]:
        """Return what a later run leaves beside the vectors, when their writer is surely dead."""
        left = [path for path in self.vectors.glob("*") if path.suffix != ".sqlite"]
        for path in left:
            os.utime(path, (0, 0))
        if left:
            self.run(output=self.siege / "later")
        return [path for path in left if path.exists()]


def _vectors_in(path: Path) -> tuple[str, dict[bytes, np.ndarray]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        [(name,)] = connection.execute("SELECT name FROM encoder").fetchall()
        rows = connection.execute("SELECT checksum, digest, tokens, vector FROM vector").fetchall()
    found: dict[bytes, np.ndarray] = {}
    for checked, key, tokens, vector in rows:
        with contextlib.suppress(TypeError, AttributeError, OverflowError):
            if checksum(key, tokens, vector) == checked:
                found[key] = np.frombuffer(vector, "<f4")
    return name, found


def lasting(printed: str) -> list[Any]:
    """Return what must be the same of each run that a command printed."""
    return [
        [run["model"], {task: _lasting(record) for task, record in run["tasks"].items()},
         run["averages"], run["failures"]]
        for run in json.loads(printed)["runs"]
    ]  # fmt: skip


def _lasting(record: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in record.items() if field not in PASSING}


def contents(folder: Path) -> dict[str, bytes]:
    """Return the finished files below an output folder; those with a dot are being written."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in found
        if not path.name.startswith(".")
    }


def flip(path: Path, place: int, bit: int) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)


def same_file(name: str, content: bytes, wanted: bytes) -> bool:
    """Tell whether a file holds what it should; a record but for times."""
    if not name.endswith(".json"):
        return content == wanted
    try:
        return _lasting(json.loads(content)) == _lasting(json.loads(wanted))
    except ValueError:
        return False
