"""Load a model by the library, and see to it that every weight it scores is of its files."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmark.encoders.files.agreement import left_over, require_affordable, require_numbers
from benchmark.encoders.files.checkpoint import Checkpoint, read_object
from benchmark.encoders.files.tensors import list_tensors
from benchmark.encoders.library.folder import TRANSFORMERS, LibraryFolder
from benchmark.encoders.transformer.architecture import empty_model
from benchmark.encoders.transformer.weights import detach, quiet, refusal
from benchmark.errors import ModelError

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""Of the library's own modules."""

_SIZED = {
    **dict.fromkeys(("Dense", "LayerNorm", "WeightedLayerPooling"), "config.json"),
    "CNN": "cnn_config.json",
    "LSTM": "lstm_config.json",
}
"""Where the library's modules say their sizes."""

_SMALL = 10_000_000
"""Numbers that every machine has room for."""

_ONE_AT_A_TIME = threading.Lock()

Report = tuple[Any, Mapping[str, Any]]
"""A model of transformers, and what was missing in its files or left over."""


def load_by_library(
    checkpoint: Checkpoint, asked: LibraryFolder, precision: str, *, trust_remote_code: bool
) -> Any:
    """Return the ``SentenceTransformer`` of a folder in evaluation mode, on the CPU.

    The library warns of weights that it did not find, and scores random ones: here the loading of
    transformers is listened to, and a weight that is missing, misshapen or left over refused.
    Pickled code is never run. What is returned no longer depends on the files.

    Args:
        checkpoint: the folder.
        asked: what the folder asks for.
        precision: type of the weights, as torch names it.
        trust_remote_code: allow code that the checkpoint brings.

    Raises:
        ModelError: it cannot be loaded as it was hashed, or not all of it is of the files.
    """
    with checkpoint.seal.unchanged():
        try:
            _require_sound(checkpoint, asked, trust_remote_code)
            with quiet(), _listening() as reports:
                model = _loaded(checkpoint, precision, trust_remote_code)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(refusal(checkpoint, error)) from error
        for report in reports:
            _require_whole(checkpoint, model, asked, report)
        _require_reported(checkpoint, model, reports)
        _settle(model, precision)
        detach(model)
    return model.eval()


def _loaded(checkpoint: Checkpoint, precision: str, trust_remote_code: bool) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        str(checkpoint.folder),
        device="cpu",
        local_files_only=True,
        trust_remote_code=trust_remote_code,
        # These overrule what the folder says: its settings may ask for pickled code.
        model_kwargs={"dtype": getattr(torch, precision), "weights_only": True},
    )


def _require_sound(checkpoint: Checkpoint, asked: LibraryFolder, trust_remote_code: bool) -> None:
    """Refuse weights that are no plain numbers, and sizes that they could not fill."""
    for module in asked.modules:
        part = replace(checkpoint, folder=checkpoint.folder / module.path, weights=None)
        if module.kind in TRANSFORMERS:
            files = part.weights_files()
            tensors = {name: info for path in files for name, info in list_tensors(path).items()}
            require_numbers(part, tensors)
            require_affordable(part, tensors, empty_model, trust_remote_code=trust_remote_code)
            continue
        held = 0
        for name in _WEIGHTS:
            if (part.folder / name).is_file():
                held += sum(info.elements for info in list_tensors(part.folder / name).values())
        if module.kind in _SIZED:
            _require_fitting(part.folder / _SIZED[module.kind], held)


def _require_fitting(path: Path, held: int) -> None:
    """Refuse sizes that the weights of a module could not fill: it would be made before they load.

    Each of them has a matrix of two of its sizes, or is small.
    """
    sizes = [1, 1]
    for value in read_object(path).values() if path.is_file() else ():
        numbers = [*value, len(value)] if isinstance(value, list) else [value]
        sizes += [number for number in numbers if isinstance(number, int)]
    largest, second = sorted(sizes)[:-3:-1]
    if largest * second > held + _SMALL:
        raise ModelError(
            f"{path}: its sizes ask for {largest * second:,} weights or more, and there are "
            f"{held:,}; it is the configuration of another module"
        )


@contextmanager
def _listening() -> Iterator[list[Report]]:
    """Note what transformers says of each model that is loaded: the library does not ask for it."""
    from transformers import PreTrainedModel

    reports: list[Report] = []
    with _ONE_AT_A_TIME:
        original = vars(PreTrainedModel)["from_pretrained"]

        @functools.wraps(original.__func__)
        def from_pretrained(kind: type, *args: Any, **options: Any) -> Any:
            wanted = options.pop("output_loading_info", False)
            found = original.__func__(kind, *args, output_loading_info=True, **options)
            reports.append(found)
            return found if wanted else found[0]

        setattr(PreTrainedModel, "from_pretrained", classmethod(from_pretrained))  # noqa: B010
        try:
            yield reports
        finally:
            setattr(PreTrainedModel, "from_pretrained", original)  # noqa: B010


def _require_whole(
    checkpoint: Checkpoint, model: Any, asked: LibraryFolder, report: Report
) -> None:
    """Refuse random weights, and a part that is scored for the whole."""
    inner, said = report
    missing = [key for key in said["missing_keys"] if not key.endswith("position_ids")]
    if not _reads_pooler(model, inner):
        missing = [key for key in missing if not key.startswith("pooler.")]
    wrong = sorted([*missing, *(key for key, *_ in said["mismatched_keys"])])
    if wrong:
        raise ModelError(
            f"{checkpoint.name}: weights of the encoder are missing from {checkpoint.folder} "
            f"({wrong[0]}, {len(wrong)} in all); the library would score random numbers"
        )
    left = left_over(inner, said["unexpected_keys"])
    if left and not any(module.fewer_layers for module in asked.modules):
        raise ModelError(
            f"{checkpoint.name}: {checkpoint.folder} holds weights of the encoder that its "
            f"config.json leaves out ({left[0]}, {len(left)} in all); scoring it would score a "
            "part of the model"
        )


def _reads_pooler(model: Any, inner: Any) -> bool:
    """Tell whether what is read of a transformer goes through its pooling head, or may do."""
    homes = [module for module in model.modules() if getattr(module, "model", None) is inner]
    outputs = [
        way["method_output_name"]
        for home in homes
        for way in getattr(home, "modality_config", {}).values()
    ]
    return not outputs or any("pooler" in str(output) for output in outputs)


def _require_reported(checkpoint: Checkpoint, model: Any, reports: Sequence[Report]) -> None:
    """Refuse a transformer that was made in a way that nobody listened to."""
    from transformers import PreTrainedModel

    known = {id(part) for inner, _ in reports for part in inner.modules()}
    for module in model.modules():
        if isinstance(module, PreTrainedModel) and id(module) not in known:
            raise ModelError(
                f"{checkpoint.name}: nothing tells whether the weights of its "
                f"{type(module).__name__} are those of {checkpoint.folder}; they may be random"
            )


def _settle(model: Any, precision: str) -> None:
    """Bring to a precision what the library leaves in the type of its file.

    Not what transformers has loaded: it keeps parts of a model in float32 on purpose.
    """
    import torch
    from transformers import PreTrainedModel

    theirs = {
        id(tensor)
        for module in model.modules()
        if isinstance(module, PreTrainedModel)
        for tensor in (*module.parameters(), *module.buffers())
    }
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.is_floating_point() and id(tensor) not in theirs:
            tensor.data = tensor.data.to(getattr(torch, precision))
