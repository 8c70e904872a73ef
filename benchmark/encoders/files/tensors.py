"""What a weights file holds: names, types and sizes, without reading a weight or running code."""

from __future__ import annotations

import contextlib
import math
import pickle
import struct
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.errors import ModelError
from benchmark.foreign import open_plain, parse_json, shown_name

_LEGACY_PICKLES = 5
"""A file of torch's first format starts with so many: magic, protocol, system, names, storages."""

_MOST_HEADER = 16 * 2**20
_MOST_PICKLE = 4 * 2**20
"""Bytes that describe weights: those of some ten thousand tensors take less."""

_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What torch reads; other compressions are inflated as a whole, whatever that takes."""


class TensorInfo(NamedTuple):
    """A tensor of a file.

    Attributes:
        dtype: its type as torch names it (``float32``), or what else it is (``sparse``).
        elements: how many numbers it holds.
    """

    dtype: str
    elements: int


_SAFETENSORS_TYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I8": "int8",
    "U8": "uint8",
    "I16": "int16",
    "I32": "int32",
    "I64": "int64",
    "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}

_STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
}
"""As the pickles of torch name types."""

_FLOATING = set(_STORAGES.values())

_NUMPY_TYPES = {"float64", "float32", "float16"}
_WHOLE = {"int8", "uint8", "int16", "int32", "int64"}


def list_tensors(path: Path) -> dict[str, TensorInfo]:
    """Return the tensors of a weights file by name.

    Raises:
        ModelError: it would take far more memory than the file is long, or holds pickled code.
        Exception: whatever the library that reads it raises of a file that is damaged.
    """
    if path.suffix == ".safetensors":
        return dict(_safetensors(path))
    import torch

    state = _unpickled(path, "meta")
    tensors = {str(name): value for name, value in state.items() if torch.is_tensor(value)}
    return {name: _described(path, tensor) for name, tensor in tensors.items()}


def read_tensors(path: Path, wanted: Collection[str] | None = None) -> dict[str, Any]:
    """Return the tensors of a weights file, or those of these names; pickled code is never run.

    Raises:
        ModelError: it would take far more memory than the file is long, or holds pickled code.
        Exception: whatever the library that reads it raises of a file that is damaged.
    """
    if path.suffix == ".safetensors":
        from safetensors import safe_open

        with safe_open(path, framework="pt") as file:
            names = [key for key in file.keys() if wanted is None or key in wanted]  # noqa: SIM118
            return {key: file.get_tensor(key) for key in names}
    state = _unpickled(path, "cpu")
    return {key: state[key] for key in state if wanted is None or key in wanted}


def _unpickled(path: Path, device: str) -> Any:
    """Read a file of torch's own form; its words on one that holds code would have it run."""
    require_no_bomb(path)
    import torch

    try:
        return torch.load(path, map_location=device, weights_only=True, mmap=False)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{path}: refused, the weights file is damaged or holds pickled code beside tensors; "
            "convert it to safetensors where you trust it"
        ) from error


def read_arrays(path: Path) -> dict[str, NDArray[np.float64]]:
    """Return the tensors of a weights file as float64, as numpy alone reads them where it can.

    They are copies: what is mapped to a file changes with the file.

    Raises:
        ModelError, Exception: as `read_tensors`.
    """
    types = {info.dtype for info in list_tensors(path).values()}
    if path.suffix == ".safetensors" and types <= _NUMPY_TYPES:
        from safetensors import safe_open

        with safe_open(path, framework="np") as file:
            return {key: file.get_tensor(key).astype(np.float64) for key in file.keys()}  # noqa: SIM118
    import torch

    tensors = read_tensors(path)
    return {name: tensor.to(torch.float64, copy=True).numpy() for name, tensor in tensors.items()}


def read_as_stored(path: Path) -> dict[str, NDArray[Any]]:
    """Return the tensors of a safetensors file in the types that they are stored in, as copies.

    Raises:
        ModelError: a type that numpy does not have.
        Exception: whatever the library raises of a file that is damaged.
    """
    from safetensors import safe_open

    for name, info in list_tensors(path).items():
        if info.dtype not in _NUMPY_TYPES | _WHOLE:
            raise ModelError(f"{path}: {shown_name(name)} is {info.dtype}, which numpy has not")
    with safe_open(path, framework="np") as file:
        return {key: np.array(file.get_tensor(key)) for key in file.keys()}  # noqa: SIM118


class Layout(NamedTuple):
    """How a safetensors file lies: what it begins with, then the bytes of tensors.

    Attributes:
        head: the bytes before those of the first tensor.
        names: of the tensors, in the order of their bytes.
    """

    head: bytes
    names: tuple[str, ...]


def safetensors_layout(path: Path) -> Layout:
    """Return how a safetensors file lies, reading no weight.

    Raises:
        Unreadable, ValueError, KeyError, struct.error: it is damaged.
    """
    with open_plain(path) as file:
        first = file.read(8)
        (length,) = struct.unpack("<Q", first)
        if length > _MOST_HEADER:
            raise ValueError("longer than a header")
        header = file.read(length)
    places = {
        name: said["data_offsets"][0]
        for name, said in parse_json(header).items()
        if name != "__metadata__"
    }
    return Layout(first + header, tuple(sorted(places, key=places.__getitem__)))


def _safetensors(path: Path) -> Iterator[tuple[str, TensorInfo]]:
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        for name in file.keys():  # noqa: SIM118 - no mapping
            tensor = file.get_slice(name)
            dtype = tensor.get_dtype()
            elements = math.prod(tensor.get_shape())
            yield name, TensorInfo(_SAFETENSORS_TYPES.get(dtype, dtype.lower()), elements)


def _described(path: Path, tensor: Any) -> TensorInfo:
    """A view that repeats its numbers would become as large as it says when it is converted."""
    import torch

    if tensor.layout != torch.strided or tensor.is_quantized:
        return TensorInfo("sparse" if tensor.layout != torch.strided else "quantized", 0)
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise _bomb(path, f"a tensor of {tensor.numel():,} numbers that are not there")
    return TensorInfo(str(tensor.dtype).removeprefix("torch."), tensor.numel())


def require_no_bomb(path: Path) -> None:
    """Refuse a pickle or an archive that becomes much larger than its file.

    torch writes archives without compression; a pickle holds names, and nothing that is
    made by a call: an array of bytes is made as long as a number says.

    Raises:
        ModelError: it would.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            file.seek(0)
            _scan_pickles(path, file, _LEGACY_PICKLES)
            return
        with zipfile.ZipFile(file) as archive:
            inflated = sum(entry.file_size for entry in archive.infolist())
            if inflated > size:
                raise _bomb(path, f"an archive of {inflated:,} bytes in {size:,}")
            for name in archive.namelist():
                if name.endswith("data.pkl"):
                    with archive.open(name) as inside:
                        _scan_pickles(path, inside, 1)


def _scan_pickles(path: Path, file: Any, count: int) -> None:
    """Read the operations of some pickles, carrying none out."""
    import pickletools

    try:
        for _ in range(count):
            for _operation, value, _position in pickletools.genops(file):
                if isinstance(value, str) and value.rpartition(" ")[2] == "bytearray":
                    raise _bomb(path, "bytes made by a call")
    except (ValueError, IndexError, EOFError, OverflowError, UnicodeDecodeError):
        return  # what is no pickle is refused by the library, in its own words


def _bomb(path: Path, what: str) -> ModelError:
    return ModelError(
        f"{path}: refused, it holds {what}; damaged, or meant to do harm (convert it to "
        "safetensors where you trust it)"
    )


def weight_names(checkpoint: Checkpoint) -> set[str]:
    """Return the names of the weights of a checkpoint, reading no weight.

    A file that is unreadable, or odd in any way, gives no names: loading it will say what is
    wrong with it.
    """
    return {name for name, _ in _listed(checkpoint) if name}


def stored_types(checkpoint: Checkpoint) -> list[str]:
    """Return the types of floating point that the weights of a checkpoint are in, in order of name.

    They are named as torch does (``bfloat16``). No weight is read. A file that is unreadable, odd
    in any way, or a pickle as torch wrote them before 2020 gives none.
    """
    return sorted({kind for _, kind in _listed(checkpoint) if kind in _FLOATING})


def stored_in(*checkpoints: Checkpoint) -> str | None:
    """Return what weights are stored in, for a card; None for float32 alone, and if none tell.

    Args:
        checkpoints: with weights.
    """
    found = "+".join(sorted({kind for one in checkpoints for kind in stored_types(one)}))
    return None if found in ("", "float32") else found


def _listed(checkpoint: Checkpoint) -> Iterator[tuple[str, str]]:
    """Yield names and types of weights: pairs, or each beside an empty text."""
    for path in checkpoint.weights_files():
        # Whatever the libraries raise of a damaged, an encrypted or an oddly packed file.
        with contextlib.suppress(Exception):
            yield from _header(path) if path.suffix == ".safetensors" else _pickle(path)


def _header(path: Path) -> list[tuple[str, str]]:
    with open_plain(path) as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _MOST_HEADER:
            raise ValueError("longer than a header")
        header = parse_json(file.read(length))
    return [
        (name, _SAFETENSORS_TYPES.get(str(said["dtype"]), ""))
        for name, said in header.items()
        if name != "__metadata__"
    ]


def _pickle(path: Path) -> list[tuple[str, str]]:
    """List the strings of the pickle inside; its operations are read, never carried out."""
    import pickletools

    with open_plain(path) as file, zipfile.ZipFile(file) as archive:
        [inside] = [name for name in archive.namelist() if name.endswith("data.pkl")]
        if archive.getinfo(inside).compress_type not in _BOUNDED:
            raise ValueError("a compression that torch does not write")
        with archive.open(inside) as member:
            content = member.read(_MOST_PICKLE + 1)
        if len(content) > _MOST_PICKLE:
            raise ValueError("longer than a description of weights")
        operations = pickletools.genops(content)
        texts = {value for _, value, _ in operations if isinstance(value, str)}
    kinds = [_STORAGES[last] for text in texts if (last := text.rpartition(" ")[2]) in _STORAGES]
    return [*((text, "") for text in texts if "." in text), *(("", kind) for kind in kinds)]
