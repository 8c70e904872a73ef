"""What each pair or sample got, kept beside the record; gold is kept once for all models.

``TASK.npy`` beside ``TASK.json`` holds cosines or classes; the record carries its hash.
``gold/TASK-DATA12.npz`` below the output folder holds what they are compared with, named by
task and hash of the data, so that the records of a hundred models share one copy, and a folder
of records can be published without the data: of the sentences it holds hashes.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.atomic import write_atomically
from benchmark.errors import BenchmarkError, UnreadableRecord
from benchmark.foreign import Unreadable, read_bytes
from benchmark.options import DataOptions
from benchmark.results.record import AGAIN, TaskResult, slug
from benchmark.tasks import KINDS, Gold, task_by_id
from benchmark.tasks.loading import is_here, locate_data, read_data

GOLD_FOLDER = "gold"

MOST_BYTES = 2**28
"""Of a file of predictions or gold: 67 million cosines."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """What each pair or sample of a task got, beside its gold.

    Attributes:
        predicted: (n,) float32 cosines, int64 classes, or what the task's kind gives.
        gold: (n,) values in the same order, and the subsets they come from.
    """

    predicted: NDArray[Any]
    gold: Gold


@dataclass(frozen=True)
class StoredRecord:
    """A record, and where it lies.

    Attributes:
        path: of the JSON file; for a record that no folder holds, what messages call it.
        result: its content.
        held: what each pair or sample got, where that is in memory.
    """

    path: Path
    result: TaskResult
    held: Predictions | None = field(default=None, compare=False, repr=False)

    def predictions(self, sources: DataOptions | None = None) -> Predictions:
        """Return what each pair or sample got, see `read_predictions`.

        Raises:
            UnreadableRecord: the record keeps none, or they are damaged.
        """
        return self.held or read_predictions(self.path, self.result, sources)

    def predicted(self) -> NDArray[Any]:
        """Return the same without gold, see `read_predicted`.

        Raises:
            UnreadableRecord: the record keeps none, or they are damaged.
        """
        return self.held.predicted if self.held else read_predicted(self.path, self.result)

    def gold(self) -> Gold | None:
        """Return gold, where it is in memory or beside the record, see `kept_gold`.

        Raises:
            UnreadableRecord: it is there and cannot be read.
        """
        return self.held.gold if self.held else kept_gold(self.path, self.result)


def encode_predicted(predicted: NDArray[Any]) -> bytes:
    """Return predictions as an ``.npy`` file; whole numbers are kept as int16 if they fit."""
    if np.issubdtype(predicted.dtype, np.signedinteger):
        small = predicted.astype(np.int16)
        predicted = small if np.array_equal(small, predicted) else predicted.astype(np.int64)
    return _npy(predicted)


def write_gold(folder: Path, task_slug: str, data_sha256: str, gold: Gold) -> None:
    """Keep gold for all models of an output folder, unless it is there.

    Raises:
        OSError: it cannot be written.
    """
    path = _gold_path(folder, task_slug, data_sha256)
    if path.is_file():
        return
    names, sizes = zip(*gold.subsets, strict=True) if gold.subsets else ((), ())
    arrays = {
        "values": gold.values,
        "names": np.array(names, np.str_),
        "sizes": np.array(sizes, np.int64),
    }
    if gold.texts is not None:
        hashes = [text for row in gold.texts for text in row]
        arrays |= {
            "texts": np.array(hashes, np.uint64),
            "texts_of_row": np.array([len(row) for row in gold.texts], np.int64),
        }
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_atomically(path, content.getvalue())


def read_predictions(
    path: Path, result: TaskResult, sources: DataOptions | None = None
) -> Predictions:
    """Return what each pair or sample of a record got.

    Gold comes from the output folder the record lies in, else from the data itself.

    Args:
        path: of the record.
        result: the record.
        sources: where the data may be; by default where a run would look, without a download.

    Raises:
        UnreadableRecord: the record keeps none, it is damaged, or gold is nowhere.
    """
    predicted = read_predicted(path, result)
    gold = kept_gold(path, result) or _gold_of_data(result, sources or DataOptions())
    if gold is None:
        raise UnreadableRecord(
            f"{path}: the gold scores of {result.task} are neither kept beside the records nor is "
            "the data at hand; name its folder with `data_dir`"
        )
    in_subsets = sum(size for _, size in gold.subsets)
    if not len(gold.values) == in_subsets == len(predicted):
        raise UnreadableRecord(
            f"{path}: {len(predicted):,} predictions for {len(gold.values):,} gold scores; "
            "score it again with `overwrite`"
        )
    return Predictions(predicted, gold)


def read_predicted(path: Path, result: TaskResult) -> NDArray[Any]:
    """Return what a record keeps for each pair or sample, without gold.

    Raises:
        UnreadableRecord: the record keeps none, or they are damaged.
    """
    if result.predictions_sha256 is None:
        raise UnreadableRecord(
            f"{path}: keeps no predictions (written by an older version, or imported); "
            "score it again with `overwrite`"
        )
    content = _own(path, result)
    beside = path.with_suffix(".npy")
    try:
        predicted = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except ValueError as error:
        raise UnreadableRecord(
            f"{beside}: holds no predictions ({error}); score {result.task} again with `overwrite`"
        ) from error
    whole = np.issubdtype(predicted.dtype, np.signedinteger)
    return predicted.astype(np.int64) if whole else predicted


def require_own_predictions(path: Path, result: TaskResult) -> None:
    """Refuse a record whose predictions are beside it, but are not its own.

    A record may be published without them; who needs them asks `read_predicted`.

    Raises:
        UnreadableRecord: they are damaged, or of another record.
    """
    if result.predictions_sha256 is not None and os.path.lexists(path.with_suffix(".npy")):
        _own(path, result)


def _own(path: Path, result: TaskResult) -> bytes:
    beside = path.with_suffix(".npy")
    try:
        content = read_bytes(beside, MOST_BYTES)
    except Unreadable as error:
        raise UnreadableRecord(
            f"{beside}: the predictions of this record cannot be read "
            f"({error}); copy them along with the record{AGAIN}"
        ) from error
    if hashlib.sha256(content).hexdigest() != result.predictions_sha256:
        raise UnreadableRecord(f"{beside}: damaged, or of another record{AGAIN}")
    return content


def kept_gold(path: Path, result: TaskResult) -> Gold | None:
    """Return the gold that lies in the output folder of a record, None if there is none.

    Raises:
        UnreadableRecord: it is there and cannot be read.
    """
    for folder in path.resolve().parents[1:4]:
        kept = _gold_path(folder, slug(result.task), result.data.sha256)
        if kept.is_file():
            try:
                content = io.BytesIO(read_bytes(kept, MOST_BYTES))
                with np.load(content, allow_pickle=False) as arrays:
                    if sum(member.file_size for member in arrays.zip.infolist()) > MOST_BYTES:
                        raise ValueError(f"unpacks to more than {MOST_BYTES:,} bytes")
                    sizes = [int(size) for size in arrays["sizes"]]
                    names = [str(name) for name in arrays["names"]]
                    subsets = tuple(zip(names, sizes, strict=True))
                    return Gold(arrays["values"], subsets, _kept_texts(arrays))
            except Exception as error:
                raise UnreadableRecord(
                    f"{kept}: cannot be read ({error}); delete it, then score "
                    f"{result.task} again with `overwrite`"
                ) from error
    return None


def _kept_texts(arrays: Mapping[str, NDArray[Any]]) -> tuple[tuple[int, ...], ...] | None:
    """Return the hashes of each row's sentences; older folders hold none."""
    if "texts" not in arrays:
        return None
    hashes, lengths = arrays["texts"].tolist(), arrays["texts_of_row"].tolist()
    if len(lengths) != len(arrays["values"]) or min(lengths, default=0) < 0:
        raise ValueError("its hashes are those of other rows")
    if sum(lengths) != len(hashes):
        raise ValueError("it holds too few hashes, or too many")
    left = iter(hashes)
    return tuple(tuple(itertools.islice(left, length)) for length in lengths)


def _gold_of_data(result: TaskResult, sources: DataOptions) -> Gold | None:
    try:
        located = locate_data([task_by_id(result.task)], sources)
        here = [place for place in located if is_here(place)]
        loaded, _ = read_data(here, sources)
    except BenchmarkError:
        return None
    for entry in loaded:
        if entry.data.sha256 == result.data.sha256:
            return KINDS[entry.task.kind].gold(entry.data.parts)
    return None


def _gold_path(folder: Path, task_slug: str, data_sha256: str) -> Path:
    return folder / GOLD_FOLDER / f"{task_slug}-{data_sha256[:12]}.npz"


def _npy(array: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
    return content.getvalue()
