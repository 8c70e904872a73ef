"""ONNX Runtime and OpenVINO: the model and its pooler as one graph, exported once, then kept."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.checkpoint import read_object
from benchmark.encoders.files.seal import sha256_of_file
from benchmark.encoders.transformer.backends.backend import Computation, Compute, decides
from benchmark.encoders.transformer.backends.graph import (
    calibration_sentences,
    difference,
    example_ids,
    pooled_module,
    probes,
    reference,
    with_masks,
)
from benchmark.encoders.transformer.heads import add_transform
from benchmark.errors import BenchmarkError, ModelError
from benchmark.places import cache_folder

logger = logging.getLogger(__name__)

Export = Callable[..., None]
"""From a module, an example of its ids, a folder to write into, and ids to calibrate int8 with."""

Opened = Callable[[Path, str], Compute]
"""Loads what was written, to compute in a precision."""

_COMPLETE = "complete.json"
"""Written last; names the other files and their SHA-256."""

_LOCK = ".lock"
_ANY_KEY = "[0-9a-f]" * 32

_REPORTER = "openvino_telemetry"


def exported_compute(computation: Computation, export: Export, opened: Opened) -> Compute:
    """Export a checkpoint unless that was done before; return what computes vectors with it.

    Args:
        computation: what is to be computed.
        export: of the backend: writes a module into a folder.
        opened: of the backend: loads what was written.

    Raises:
        ModelError: the export or the quantization fails, or the export cannot be loaded.
    """
    card = computation.card
    folder = cache_folder() / "exports" / _key(card)
    with _told(card, f"cannot be exported to {card.backend} in {card.precision}"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(folder.parent)
        # Several worker processes may want it at once: one makes it, the others wait.
        with _locked(folder):
            if not _is_sound(folder):
                logger.info("%s: exporting to %s, %s", card.name, card.backend, card.precision)
                _export(computation, folder, export, opened)
    with _told(card, f"its export in {folder} cannot be loaded"):
        return opened(folder, card.precision)


def _export(computation: Computation, folder: Path, export: Export, opened: Opened) -> None:
    """Export into a folder of its own, which takes its name only when it is complete."""
    from benchmark.encoders.transformer.weights import load_model

    card, pooler = computation.card, computation.pooler
    model = load_model(
        computation.checkpoint,
        needs_head=pooler.needs_head,
        trust_remote_code=computation.trust_remote_code,
    )
    if pooler.needs_transform:
        add_transform(model, computation.checkpoint)
    calibration = None
    if card.precision == "int8":
        rows = computation.tokenize(calibration_sentences())
        calibration = [np.array([row], np.int64) for row in rows]
    marks = computation.marks
    module = pooled_module(model, pooler, marks)
    known = model.get_input_embeddings().num_embeddings
    asked = probes(known, card.max_length, calibration, marks)
    if marks.mask is not None:
        asked = with_masks(asked, marks.mask)
    wanted = reference(module, asked)  # before: exporters may change a model
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        with _silence():
            export(module, example_ids(model), temporary, calibration)
            found = opened(temporary, card.precision)
            differs = difference(found, asked, wanted, card.precision)
        if differs:
            raise ModelError(
                f"{card.name}: its export to {card.backend} in {card.precision} gives other "
                f"vectors than torch ({differs}); use `backend` torch"
            )
        files = {path.name: sha256_of_file(path) for path in sorted(temporary.iterdir())}
        content = {"model": card.name, "files": files}
        (temporary / _COMPLETE).write_text(json.dumps(content), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _locked(folder: Path, *, wait: float = -1) -> Iterator[None]:
    """Keep others from an export.

    The lock file goes while it is held: who waits for it then makes another (filelock 3.21).
    """
    path = Path(f"{folder}{_LOCK}")
    with FileLock(path, timeout=wait):
        try:
            yield
        finally:
            with suppress(OSError):  # where a file that is open cannot be deleted, it stays
                path.unlink()


def _clear_leftovers(exports: Path) -> None:
    """Delete what killed exporters of any model left; who lives holds the lock of its export."""
    left_over = [*exports.glob(f".{_ANY_KEY}.*"), *exports.glob(f"{_ANY_KEY}{_LOCK}")]
    for name in {path.name.strip(".").partition(".")[0] for path in left_over}:
        with suppress(Timeout, OSError), _locked(exports / name, wait=0):
            for left in exports.glob(f".{name}.*"):
                shutil.rmtree(left, ignore_errors=True)


def _is_sound(folder: Path) -> bool:
    """Tell whether an export is there, to the last bit: a weight that flipped is a wrong score."""
    if not folder.is_dir():
        return False
    try:
        files = read_object(folder / _COMPLETE)["files"]
        damaged = [name for name in files if sha256_of_file(folder / name) != files[name]]
    except (KeyError, TypeError, ModelError):
        damaged = [_COMPLETE]
    if damaged:
        logger.warning("%s: %s is damaged; exporting again", folder, damaged[0])
    return not damaged


def _key(card: EncoderCard) -> str:
    """Content-addressed like vectors: an export is never taken for that of another model."""
    what = {"fingerprint": card.fingerprint, **decides(card.backend or "", card.precision)}
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:32]


@contextmanager
def _told(card: EncoderCard, failure: str) -> Iterator[None]:
    """Say in one line what failed, and what can be done."""
    try:
        yield
    except (BenchmarkError, MemoryError):
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:300]
        raise ModelError(
            f"{card.name}: {failure} ({type(error).__name__}: {text}); use `backend` torch"
        ) from error


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the exporters' bars and remarks from the user: failures are raised, not printed."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            with redirect_stderr(io.StringIO()):
                yield
    finally:
        logging.disable(before)


@contextmanager
def without_telemetry() -> Iterator[None]:
    """Import OpenVINO and NNCF inside: they then do without the package that reports their use.

    No request is made that nobody asked for. Both report, without asking, whenever they are
    imported or used, unless a file in the home folder says otherwise; both can do without it.
    """
    there = sys.modules.get(_REPORTER)
    sys.modules[_REPORTER] = None  # type: ignore[assignment] # an import of it then fails
    try:
        yield
    finally:
        del sys.modules[_REPORTER]
        if there is not None:
            sys.modules[_REPORTER] = there
