"""Data on this machine: where it may lie, whether it is what was published, and reading it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmark.datasets.catalogue import Dataset, FileEntry, Part, digest_of_digests
from benchmark.datasets.readers import READERS
from benchmark.datasets.splits import Samples
from benchmark.errors import DataError
from benchmark.foreign import Unreadable, read_bytes
from benchmark.places import embedded_folder

DATA_VARIABLE = "BENCHMARK_DATA_DIR"
"""Environment variable that names a folder of evaluation data, or several as PATH does."""

_PACKAGE = Path(__file__).resolve().parents[1]
_LAYOUTS = ("senteval", "", "downstream", "data/downstream")


@dataclass(frozen=True, slots=True)
class Folder:
    """A candidate folder.

    Attributes:
        root: that holds ``STS/``, ``SICK/`` ...
        label: for messages.
        elsewhere: where files lie that are known by their content, by their catalogued paths.
    """

    root: Path
    label: str
    elsewhere: Mapping[str, Path] = field(default_factory=dict, hash=False)

    def path(self, entry: FileEntry) -> Path:
        """Return where a file is, or would be; ``probing/`` lies beside SentEval's other data."""
        beside = self.root.name == "downstream" and entry.path.startswith("probing/")
        root = self.root.parent if beside else self.root
        return self.elsewhere.get(entry.path) or root / entry.path

    def holds(self, part: Part) -> bool:
        """Tell whether any file of this part is here, even one that cannot be read."""
        return any(map(self.has, part.files))

    def has(self, entry: FileEntry) -> bool:
        """Tell whether there is something in the place of a file."""
        path = self.path(entry)
        return os.path.lexists(path) and not path.is_dir()


def named_folders(data_dirs: Sequence[Path], *, with_environment: bool = True) -> list[Folder]:
    """Return where to look: the folders asked for, the environment's, the project's own.

    Args:
        data_dirs: the folders asked for.
        with_environment: whether the environment's count; they were not named for this run.
    """
    named = [Folder(path, f"`data_dir` {path}") for path in data_dirs]
    if with_environment:
        named += [Folder(path, f"{DATA_VARIABLE}={path}") for path in _of_environment()]
    kept = download_folder().parent
    return [*named, *([Folder(kept, str(kept))] if kept.is_dir() else [])]


def _of_environment() -> list[Path]:
    value = os.environ.get(DATA_VARIABLE, "")
    whole = bool(value) and os.path.isdir(value)  # noqa: PTH112 - Path.is_dir raises of long names
    names = [value] if whole else value.split(os.pathsep)
    return [Path(name) for name in names if name]


def candidate_folders(named: Sequence[Folder]) -> list[Folder]:
    """Return what may be laid out as SentEval's data is, of each named folder in turn.

    Raises:
        DataError: a folder that was named on purpose does not exist.
    """
    return [layout for folder in named for layout in _layouts_of(folder)]


def _layouts_of(named: Folder) -> list[Folder]:
    root, label = named.root, named.label
    try:
        if not root.is_dir():
            raise DataError(
                f"{label}: no such folder; give the SentEval folder that holds STS/ and SICK/"
            )
        layouts = [root / layout for layout in _LAYOUTS if (root / layout).is_dir()]
        for layout in layouts:  # what is locked is not data that lies elsewhere
            next(layout.iterdir(), None)
        return [Folder(layout, label) for layout in layouts]
    except OSError as error:
        raise DataError(f"{label}: cannot be read ({error.strerror})") from error


def download_folder() -> Path:
    """Return the folder that downloaded data is kept in, in SentEval's layout.

    ``data/senteval`` at the top of a checkout; for an installed package a folder of the
    user's cache (``XDG_CACHE_HOME`` is respected).
    """
    if (_PACKAGE.parent / "pyproject.toml").is_file():
        return _PACKAGE.parent / "data" / "senteval"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "sentence-embedding-benchmark" / "senteval"


MAX_FILE_BYTES = 64 * 2**20
"""No file of the catalogue comes near this; a larger one is an attack or a mistake."""


def normalise_line_ends(content: bytes) -> bytes:
    """Turn CRLF into LF: copies of SICK's test file differ in nothing else."""
    return content.replace(b"\r\n", b"\n")


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of the content, line ends normalised, in hexadecimal."""
    return hashlib.sha256(normalise_line_ends(content)).hexdigest()


def read_content(path: Path) -> bytes:
    """Return the bytes of a file with line ends normalised.

    Raises:
        DataError: the file cannot be read, is no plain file, or larger than any that is wanted.
    """
    return normalise_line_ends(_read_bytes(path))


def _read_bytes(path: Path) -> bytes:
    try:
        return read_bytes(path, MAX_FILE_BYTES)
    except Unreadable as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def blob_id(content: bytes) -> str:
    """Return the id that git knows a content by, in hexadecimal."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324


def difference(content: bytes, entry: FileEntry) -> str | None:
    """Say in words how a content differs from its entry; CRLF or LF is the same.

    Returns:
        None when it is the catalogue's content, else a clause such as
        ``"20 lines where 5,000 are expected: the file is cut short"``.
    """
    if _is_original(content, entry):
        return None
    text = normalise_line_ends(content)
    if not text:
        expected = f" where {entry.lines:,} lines are expected" if entry.lines else ""
        return f"the file is empty{expected}"
    return impostor(text) or _other_text(text, entry)


def _is_original(content: bytes, entry: FileEntry) -> bool:
    if entry.blob:
        return entry.blob in (blob_id(content), blob_id(normalise_line_ends(content)))
    return sha256_of(content) == entry.sha256


def _other_text(text: bytes, entry: FileEntry) -> str:
    lines = text.count(b"\n") + int(not text.endswith(b"\n"))
    if entry.blob:
        return (
            f"{lines:,} lines of other text than the original's: cut short, re-tokenised or edited "
            f"(git blob id {blob_id(text)[:12]}…, expected {entry.blob[:12]}…)"
        )
    if not entry.sha256:
        return "no hash of the original is known to tell whether this is it"
    if lines < entry.lines:
        return f"{lines:,} lines where {entry.lines:,} are expected: the file is cut short"
    if lines > entry.lines:
        return f"{lines:,} lines where {entry.lines:,} are expected"
    return (
        f"{lines:,} lines as expected, but other text: a re-tokenised, translated or edited copy "
        f"(sha256 {sha256_of(text)[:12]}…, expected {entry.sha256[:12]}…)"
    )


def impostor(content: bytes) -> str | None:
    """Say what stands in the place of data as it does after a download; None where nothing does."""
    if content.startswith(b"version https://git-lfs"):
        return "the file is a Git LFS pointer, not the data: run `git lfs pull` where it comes from"
    if content.lstrip()[:1] == b"<" and b"<html" in content[:2000].lower():
        return "the file is a web page, not the data: a download went wrong"
    return None


@dataclass(frozen=True, slots=True)
class LoadedData:
    """The parts of a data set that a task asked for.

    Attributes:
        parts: pairs, labelled sentences or what a kind of task scores, in the catalogue's order.
        sha256: identifies the content that was read, verified or not.
        verified: False when a file differs from the catalogue and was let through.
        folder: where the files lie.
    """

    parts: tuple[Samples, ...]
    sha256: str
    verified: bool
    folder: str


def find_folder(
    dataset: Dataset, parts: Sequence[Part], folders: Sequence[Folder]
) -> Folder | None:
    """Return the first folder that holds any file of these parts, or None."""
    if dataset.embedded:
        return Folder(embedded_folder(), "embedded")
    return next((folder for folder in folders if any(map(folder.holds, parts))), None)


def load_parts(
    dataset: Dataset, parts: Sequence[Part], folder: Folder, *, unverified: bool = False
) -> LoadedData:
    """Read these parts of a data set from a folder.

    Args:
        dataset: says which reader.
        parts: of that data set.
        folder: holds their files.
        unverified: let content through that is not the catalogue's (it stays marked).

    Raises:
        DataError: a file is missing, differs from the catalogue or cannot be read.
    """
    digests: list[str] = []
    verified = True
    loaded = []
    for part in parts:
        contents, paths = [], []
        for entry in part.files:
            path = folder.path(entry)
            content = _read(path)
            differs = difference(content, entry)
            if differs and not unverified:
                raise DataError(_refusal(path, differs))
            verified = verified and differs is None
            digests.append(sha256_of(content) if differs else entry.digest)
            contents.append(normalise_line_ends(content))
            paths.append(str(path))
        samples = READERS[dataset.reader](part.name, contents, paths)
        if not unverified and part.scored and len(samples) != part.scored:
            raise DataError(f"{paths[0]}: {len(samples):,} samples, expected {part.scored:,}")
        if not len(samples):
            raise DataError(f"{paths[0]}: nothing in it can be scored")
        loaded.append(samples)
    return LoadedData(tuple(loaded), digest_of_digests(digests), verified, str(folder.root))


def _read(path: Path) -> bytes:
    if not os.path.lexists(path):
        raise DataError(f"{path}: missing, though other files of the set are there; copy it too")
    return _read_bytes(path)


def _refusal(path: Path, differs: str) -> str:
    return (
        f"{path}: refused, {differs}; get the original, "
        "or pass `unverified_data` to score it all the same, marked as such"
    )
