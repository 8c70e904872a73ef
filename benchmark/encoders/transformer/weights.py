"""Load the encoder of a checkpoint: nothing missing, nothing left over, nothing executed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmark.encoders.files.agreement import left_over, require_affordable, require_numbers
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.files.tensors import list_tensors, read_tensors
from benchmark.errors import ModelError

logger = logging.getLogger(__name__)


def load_model(checkpoint: Checkpoint, *, needs_head: bool, trust_remote_code: bool) -> Any:
    """Return the transformer of a checkpoint in evaluation mode, float32, on the CPU.

    Weights of heads are left aside (DiffCSE's published files also hold a discriminator and a
    generator), those of the encoder are not. The pooling head is the checkpoint's
    ``pooler.dense``; in a checkpoint as SimCSE's training writes it, ``mlp.dense``. Pickled code
    is never run. What is returned no longer depends on the files.

    Args:
        checkpoint: the folder.
        needs_head: whether the pooler goes through the pooling head.
        trust_remote_code: allow code that the checkpoint brings.

    Raises:
        ModelError: weights of the encoder (or of a needed head) are missing, left over, of the
            wrong shape or no plain floating-point numbers; the files cannot be read, or are not
            what was hashed.
    """
    with checkpoint.seal.unchanged():
        model = _loaded(checkpoint, needs_head, trust_remote_code)
        detach(model)
    return model.eval()


def _loaded(checkpoint: Checkpoint, needs_head: bool, trust_remote_code: bool) -> Any:
    with quiet():
        try:
            model, report = _from_files(checkpoint, trust_remote_code)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(refusal(checkpoint, error)) from error
    missing = {key for key in report["missing_keys"] if not key.endswith("position_ids")}
    misshapen = {key for key, *_ in report["mismatched_keys"]}
    head = {key for key in missing | misshapen if key.startswith("pooler.")}
    _require_encoder(checkpoint, missing - head, misshapen - head)
    if left := left_over(model, report["unexpected_keys"]):
        raise ModelError(
            f"{checkpoint.name}: {checkpoint.folder} holds weights of the encoder that its "
            f"config.json leaves out ({left[0]}, {len(left)} in all); scoring it would score a "
            "part of the model"
        )
    if needs_head:
        if getattr(model, "pooler", None) is None:
            raise ModelError(
                f"{checkpoint.name}: this architecture ({model.config.model_type}) has no pooling "
                "head; use `pooler` cls_before_pooler or avg"
            )
        if head:
            _load_trained_head(checkpoint, model, report["unexpected_keys"])
    return model


def _from_files(checkpoint: Checkpoint, trust_remote_code: bool) -> tuple[Any, dict[str, Any]]:
    """Return the model, and what the loading library says of missing and other weights."""
    import torch
    from transformers import AutoModel

    files = checkpoint.weights_files()
    tensors = {name: info for path in files for name, info in list_tensors(path).items()}
    require_numbers(checkpoint, tensors)
    config = require_affordable(checkpoint, tensors, trust_remote_code=trust_remote_code)
    return AutoModel.from_pretrained(  # type: ignore[no-any-return]
        checkpoint.folder,
        config=config,
        output_loading_info=True,
        dtype=torch.float32,
        use_safetensors=files[0].suffix == ".safetensors",
        ignore_mismatched_sizes=True,  # not ignored: refused by name
        local_files_only=True,
        trust_remote_code=trust_remote_code,
    )


def detach(model: Any) -> None:
    """Copy what may be mapped to a file: a write to the file would change it, or kill us.

    Args:
        model: a module of torch.
    """
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.clone()


def _require_encoder(checkpoint: Checkpoint, missing: set[str], misshapen: set[str]) -> None:
    wrong = sorted(missing or misshapen)
    if wrong:
        what = "missing from" if missing else "of the wrong shape in"
        raise ModelError(
            f"{checkpoint.name}: weights of the encoder are {what} {checkpoint.folder} "
            f"({wrong[0]}, {len(wrong)} in all); scoring it would score random numbers"
        )


def _load_trained_head(checkpoint: Checkpoint, model: Any, unexpected: Any) -> None:
    if not {"mlp.dense.weight", "mlp.dense.bias"} <= set(unexpected):
        raise ModelError(
            f"{checkpoint.name}: the checkpoint has no pooling head, so pooler cls would score a "
            "random layer; use `pooler` cls_before_pooler"
        )
    import torch

    head = {key.removeprefix("mlp."): value for key, value in _head_tensors(checkpoint).items()}
    try:
        model.pooler.load_state_dict(head)
    except RuntimeError as error:
        raise ModelError(f"{checkpoint.name}: its mlp.dense does not fit the encoder") from error
    model.pooler.to(torch.float32)
    logger.info("%s: pooling head taken from mlp.dense (SimCSE's training layout)", checkpoint.name)


def _head_tensors(checkpoint: Checkpoint) -> dict[str, Any]:
    wanted = ("mlp.dense.weight", "mlp.dense.bias")
    found: dict[str, Any] = {}
    for path in checkpoint.weights_files():
        found |= read_tensors(path, wanted)
    return found


def refusal(checkpoint: Checkpoint, error: Exception) -> str:
    """Say in one line why the loading library did not load a checkpoint."""
    text = " ".join(str(error).split()) or type(error).__name__
    if "trust_remote_code" in text:
        return (
            f"{checkpoint.name}: runs code of its own from its repository; read that code, then "
            "pass `trust_remote_code`"
        )
    if "weights_only" in text or "Unsupported operand" in text or "WeightsUnpickler" in text:
        return (
            f"{checkpoint.name}: refused, the weights file is damaged or holds pickled code beside "
            "tensors; convert it to safetensors where you trust it"
        )
    return f"{checkpoint.name}: {checkpoint.folder} cannot be loaded ({text[:300]})"


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the loading library's own report and bars: what matters is checked here."""
    from transformers.utils import logging as library

    verbosity, bars = library.get_verbosity(), library.is_progress_bar_enabled()
    library.set_verbosity_error()
    library.disable_progress_bar()
    try:
        yield
    finally:
        library.set_verbosity(verbosity)
        if bars:
            library.enable_progress_bar()
