"""What the names of a checkpoint's weights say about how it was trained.

DiffCSE's files carry a discriminator beside the encoder, SimCSE's training leaves its
projection as ``mlp.dense``. Neither says so in its configuration.
"""

from __future__ import annotations

import contextlib
import logging
import pickletools
import struct
import zipfile
from pathlib import Path

from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.foreign import open_plain, parse_json

logger = logging.getLogger(__name__)

_MOST_HEADER = 16 * 2**20
_MOST_PICKLE = 4 * 2**20
"""Bytes that describe weights: those of some ten thousand tensors take less."""

_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What torch reads; other compressions are inflated as a whole, whatever that takes."""


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

    A file that is unreadable, or odd in any way, gives no names: loading it will say what is
    wrong with it.
    """
    names: set[str] = set()
    for path in checkpoint.weights_files():
        # Whatever the libraries raise of a damaged, an encrypted or an oddly packed file.
        with contextlib.suppress(Exception):
            names |= _safetensors_names(path) if path.suffix == ".safetensors" else _bin_names(path)
    return names


def _safetensors_names(path: Path) -> set[str]:
    with open_plain(path) as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _MOST_HEADER:
            raise ValueError("longer than a header")
        header = parse_json(file.read(length))
        return {name for name in header if name != "__metadata__"}


def _bin_names(path: Path) -> set[str]:
    """List the strings of the pickle inside; its operations are read, never carried out."""
    with open_plain(path) as file, zipfile.ZipFile(file) as archive:
        [inside] = [name for name in archive.namelist() if name.endswith("data.pkl")]
        if archive.getinfo(inside).compress_type not in _BOUNDED:
            raise ValueError("a compression that torch does not write")
        with archive.open(inside) as member:
            content = member.read(_MOST_PICKLE + 1)
        if len(content) > _MOST_PICKLE:
            raise ValueError("longer than a description of weights")
        operations = pickletools.genops(content)
        return {value for _, value, _ in operations if isinstance(value, str) and "." in value}
