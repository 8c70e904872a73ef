"""ONNX Runtime and OpenVINO: the model and its pooler as one graph, exported once, then kept."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import metadata, util
from pathlib import Path
from typing import Any

from benchmark.encoders.backends.backend import QUANTIZER, Compute, libraries
from benchmark.encoders.card import EncoderCard
from benchmark.encoders.checkpoint import Checkpoint
from benchmark.encoders.poolers import Pooler
from benchmark.errors import ModelError, UsageError
from benchmark.places import cache_folder

logger = logging.getLogger(__name__)

_COMPLETE = "complete"


def exported_compute(
    checkpoint: Checkpoint, pooler: Pooler, card: EncoderCard, *, trust_remote_code: bool
) -> Compute:
    """Export a checkpoint unless that was done before; return what computes vectors with it.

    Raises:
        UsageError: a library is not installed.
        ModelError: the export or the quantization fails.
    """
    _require_libraries(card)
    folder = cache_folder() / "exports" / _key(card)
    if not (folder / _COMPLETE).is_file():
        logger.info("%s: exporting to %s, %s", card.name, card.backend, card.precision)
        try:
            _export(checkpoint, pooler, card, folder, trust_remote_code=trust_remote_code)
        except ModelError:
            raise
        except Exception as error:
            text = " ".join(str(error).split())[:300]
            raise ModelError(
                f"{card.name}: cannot be exported to {card.backend} in {card.precision} "
                f"({type(error).__name__}: {text}); use --backend torch"
            ) from error
    if card.backend == "onnx":
        from benchmark.encoders.backends.in_onnx import load_session

        return load_session(folder)
    from benchmark.encoders.backends.in_openvino import load_compiled

    return load_compiled(folder, card.precision)


def _export(
    checkpoint: Checkpoint,
    pooler: Pooler,
    card: EncoderCard,
    folder: Path,
    *,
    trust_remote_code: bool,
) -> None:
    """Export into a folder of its own, which takes its name only when it is complete."""
    from benchmark.encoders.backends import in_onnx, in_openvino
    from benchmark.encoders.backends.graph import calibration_ids, pooled_module
    from benchmark.encoders.weights import load_model

    model = load_model(
        checkpoint, needs_head=pooler.reduction == "head", trust_remote_code=trust_remote_code
    )
    graph = pooled_module(model, pooler)
    calibration = calibration_ids(checkpoint) if card.precision == "int8" else None
    export = in_onnx.export if card.backend == "onnx" else in_openvino.export
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        with _silence():
            export(graph, temporary, calibration)
        (temporary / _COMPLETE).write_text(json.dumps({"model": card.name}))
        if folder.exists():  # left by an interrupted export of an older version
            shutil.rmtree(folder)
        temporary.rename(folder)
    except OSError:
        # Another process was first, with the same content.
        if not (folder / _COMPLETE).is_file():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _key(card: EncoderCard) -> str:
    """Content-addressed like vectors: an export is never taken for that of another model."""
    decides: dict[str, Any] = {"fingerprint": card.fingerprint}
    decides |= {name: metadata.version(name) for name in libraries(card.backend, card.precision)}
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:32]


def _require_libraries(card: EncoderCard) -> None:
    modules = {"onnxruntime": "onnxruntime", "onnxscript": "onnxscript", "openvino": "openvino"}
    modules[QUANTIZER] = QUANTIZER
    wanted = [name for name in libraries(card.backend, card.precision) if name in modules]
    missing = [name for name in wanted if util.find_spec(modules[name]) is None]
    if missing:
        raise UsageError(
            f"--backend {card.backend} needs {', '.join(missing)}; pip install '.[{card.backend}]'"
        )


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the exporters' bars and remarks from the user: failures are raised, not printed."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            with redirect_stderr(io.StringIO()):
                yield
    finally:
        logging.disable(logging.NOTSET)
