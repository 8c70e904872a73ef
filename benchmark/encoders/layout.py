"""What the names of a checkpoint's weights say about how it was trained.

DiffCSE's files carry a discriminator beside the encoder, SimCSE's training leaves its
projection as ``mlp.dense``. Neither says so in its configuration.
"""

from __future__ import annotations

import json
import logging
import pickletools
import struct
import zipfile
from pathlib import Path

from benchmark.encoders.checkpoint import Checkpoint

logger = logging.getLogger(__name__)


def documented_pooler(checkpoint: Checkpoint) -> str | None:
    """Return the pooler that goes with the checkpoint's own layout, None when it tells none.

    DiffCSE (``discriminator.*``): ``cls_before_pooler``, as its authors evaluate. SimCSE's
    unconverted training output (``mlp.dense.*``): ``cls_before_pooler`` too, which is right
    for the unsupervised kind; the supervised kind wants ``cls``, so a note says so.
    """
    names = weight_names(checkpoint)
    if any(name.startswith("discriminator.") for name in names):
        return "cls_before_pooler"
    if "mlp.dense.weight" in names:
        logger.info(
            "%s: SimCSE's training layout; using cls_before_pooler (unsupervised models), for a "
            "supervised one give --pooler cls",
            checkpoint.name,
        )
        return "cls_before_pooler"
    return None


def weight_names(checkpoint: Checkpoint) -> set[str]:
    """Return the names of the weights of a checkpoint, reading no weight.

    An unreadable file gives no names: loading it will say what is wrong with it.
    """
    names: set[str] = set()
    for path in checkpoint.weights_files():
        try:
            names |= _safetensors_names(path) if path.suffix == ".safetensors" else _bin_names(path)
        except (OSError, ValueError, KeyError, struct.error, zipfile.BadZipFile):
            continue
    return names


def _safetensors_names(path: Path) -> set[str]:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > path.stat().st_size:
            raise ValueError("header longer than the file")
        return set(json.loads(file.read(length))) - {"__metadata__"}


def _bin_names(path: Path) -> set[str]:
    """List the strings of the pickle inside; its operations are read, never carried out."""
    with zipfile.ZipFile(path) as archive:
        [inside] = [name for name in archive.namelist() if name.endswith("data.pkl")]
        operations = pickletools.genops(archive.read(inside))
        return {value for _, value, _ in operations if isinstance(value, str) and "." in value}
