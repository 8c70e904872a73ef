"""The output folder: one record for each model and task, written whole or not at all."""

from __future__ import annotations

import errno
import glob
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmark.atomic import remove_halves, write_atomically
from benchmark.encoders import EncoderCard
from benchmark.errors import RecordError, UnreadableRecord, UsageError
from benchmark.places import absolute
from benchmark.results.predictions import encode_predicted, write_gold
from benchmark.results.record import AGAIN, TaskResult, slug
from benchmark.results.soundness import encode_sealed, read_record
from benchmark.tasks import TaskScores

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ResultStore:
    """Records below a folder: ``MODEL/FINGERPRINT/TASK.json``, predictions in ``TASK.npy``.

    The fingerprint tells apart two states of one model (other weights, another pooler), so
    that none overwrites the other.
    """

    folder: Path

    def __post_init__(self) -> None:
        """Say once where that is: the code of an encoder may change the working directory."""
        object.__setattr__(self, "folder", absolute(self.folder))

    def prepare(self) -> None:
        """Make sure that records can be written, before any work is done.

        What killed runs left half written is removed.

        Raises:
            UsageError: the folder cannot be made or written.
        """
        probe = self.folder / ".writable"
        try:
            write_atomically(probe, b"")
            probe.unlink(missing_ok=True)
            remove_halves(self.folder)
        except OSError as error:
            raise self._unwritable(error.strerror or str(error)) from error

    def require_place(self) -> None:
        """Make sure of the same as far as can be without writing anything.

        Raises:
            UsageError: as `prepare`.
        """
        there = next(one for one in (self.folder, *self.folder.parents) if os.path.lexists(one))
        if not os.path.isdir(there):  # noqa: PTH112 - Path.is_dir raises of what is locked
            code = errno.ENOTDIR
        elif not os.access(there, os.W_OK | os.X_OK):
            code = errno.EACCES
        else:
            return
        raise self._unwritable(os.strerror(code))

    def _unwritable(self, why: str) -> UsageError:
        return UsageError(
            f"`output_dir` {self.folder}: cannot be written ({why}); choose another folder"
        )

    def path(self, name: str, card: EncoderCard, task_id: str) -> Path:
        """Return where the record of a model and a task lies."""
        state = (card.fingerprint or "unidentified")[:12]
        return self.folder / slug(name) / state / f"{slug(task_id)}.json"

    def records_of(self, name: str) -> Iterator[TaskResult]:
        """Yield the sound records of all states of a model, in the order of their files."""
        for path in sorted((self.folder / slug(name)).glob("*/*.json")):
            try:
                yield read_record(path)
            except UnreadableRecord:  # who wants its score will say so
                continue

    def holds(self, name: str, fingerprint: str, task_id: str) -> bool:
        """Tell whether a record of a model's state and a task is there."""
        return (self.folder / slug(name) / fingerprint[:12] / f"{slug(task_id)}.json").is_file()

    def finished(
        self, name: str, card: EncoderCard, task_id: str, signature: str
    ) -> TaskResult | None:
        """Return the record of an earlier run that answers exactly this question, if any.

        A record of an encoder that does not say who it is never counts, nor one whose
        predictions are gone; one that is not sound is reported and computed again.
        """
        path = self.path(name, card, task_id)
        if card.fingerprint is None or not path.is_file():
            return None
        try:
            record = read_record(path)
        except UnreadableRecord as error:
            logger.warning("%s; computing it again", str(error).removesuffix(AGAIN))
            return None
        answers = (record.task, record.signature, record.model.fingerprint)
        whole = record.predictions_sha256 is None or path.with_suffix(".npy").is_file()
        return record if whole and answers == (task_id, signature, card.fingerprint) else None

    def write(
        self, name: str, card: EncoderCard, result: TaskResult, scores: TaskScores | None = None
    ) -> Path:
        """Write a record, and the predictions it was made of, each atomically.

        The record comes last and names the hash of the predictions: a record that is there
        is whole.

        Args:
            name: the model as it was asked for.
            card: its identity.
            result: the record.
            scores: holds the predictions; None keeps none.

        Raises:
            RecordError: full disk, or the folder is gone.
        """
        path = self.path(name, card, result.task)
        try:
            if scores is not None and len(scores.predicted):
                write_gold(self.folder, slug(result.task), result.data.sha256, scores.gold)
                write_atomically(path.with_suffix(".npy"), encode_predicted(scores.predicted))
            write_atomically(path, encode_record(result))
        except OSError as error:
            raise RecordError(
                f"{path}: the record cannot be written ({error.strerror or error}); make room, or "
                "give another `output_dir`"
            ) from error
        return path

    def remove_other_states(self, name: str, card: EncoderCard, task_id: str) -> None:
        """Remove the records of a task that other states of a model left under the same name.

        Raises:
            RecordError: they cannot be removed.
        """
        mine = self.path(name, card, task_id)
        try:
            for path in mine.parent.parent.glob(f"*/{glob.escape(mine.name)}"):
                if path != mine:
                    path.unlink(missing_ok=True)
                    path.with_suffix(".npy").unlink(missing_ok=True)
        except OSError as error:
            raise RecordError(f"{error.filename}: cannot be removed ({error.strerror})") from error


def encode_record(result: TaskResult) -> bytes:
    """Return a record as JSON with its checksum: sorted keys, two blanks of indent."""
    return encode_sealed(result, indent=2)
