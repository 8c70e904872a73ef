"""Load the encoder of a checkpoint: nothing missing, nothing random, nothing executed."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmark.encoders.checkpoint import Checkpoint
from benchmark.errors import ModelError

logger = logging.getLogger(__name__)


def load_model(checkpoint: Checkpoint, *, needs_head: bool, trust_remote_code: bool) -> Any:
    """Return the transformer of a checkpoint in evaluation mode, float32, on the CPU.

    Extra weights are left aside (DiffCSE's published files also hold a discriminator, a
    generator and heads). The pooling head is the checkpoint's ``pooler.dense``; in a
    checkpoint as SimCSE's training writes it, ``mlp.dense``. Pickled code is never run.

    Args:
        checkpoint: the folder.
        needs_head: whether the pooler goes through the pooling head.
        trust_remote_code: allow code that the checkpoint brings.

    Raises:
        ModelError: weights of the encoder (or of a needed head) are missing or of the wrong
            shape, or the files cannot be read.
    """
    import torch
    from transformers import AutoModel

    suffix = checkpoint.weights_files()[0].suffix
    with _quiet():
        try:
            model, report = AutoModel.from_pretrained(
                checkpoint.folder,
                output_loading_info=True,
                dtype=torch.float32,
                use_safetensors=suffix == ".safetensors",
                ignore_mismatched_sizes=True,  # not ignored: refused below, by name
                local_files_only=True,
                trust_remote_code=trust_remote_code,
            )
        except Exception as error:
            raise ModelError(_refusal(checkpoint, error)) from error
    missing = {key for key in report["missing_keys"] if not key.endswith("position_ids")}
    misshapen = {key for key, *_ in report["mismatched_keys"]}
    head = {key for key in missing | misshapen if key.startswith("pooler.")}
    _require_encoder(checkpoint, missing - head, misshapen - head)
    if needs_head:
        if getattr(model, "pooler", None) is None:
            raise ModelError(
                f"{checkpoint.name}: this architecture ({model.config.model_type}) has no pooling "
                "head; use --pooler cls_before_pooler or avg"
            )
        if head:
            _load_trained_head(checkpoint, model, report["unexpected_keys"])
    return model.eval()


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
            "random layer; use --pooler cls_before_pooler"
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


def read_tensors(path: Path, wanted: Collection[str] | None = None) -> dict[str, Any]:
    """Return the tensors of a weights file, or those of these names; pickled code is never run.

    Raises:
        Exception: whatever the library that reads it raises of a file that is damaged, or holds
            more than tensors.
    """
    if path.suffix == ".safetensors":
        from safetensors import safe_open

        with safe_open(path, framework="pt") as file:
            names = [key for key in file.keys() if wanted is None or key in wanted]  # noqa: SIM118
            return {key: file.get_tensor(key) for key in names}
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True, mmap=False)
    return {key: state[key] for key in state if wanted is None or key in wanted}


def _refusal(checkpoint: Checkpoint, error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if "trust_remote_code" in text:
        return (
            f"{checkpoint.name}: runs code of its own from its repository; read that code, then "
            "pass --trust-remote-code"
        )
    if "weights_only" in text or "Unsupported operand" in text or "WeightsUnpickler" in text:
        return (
            f"{checkpoint.name}: refused, the weights file is damaged or holds pickled code beside "
            "tensors; convert it to safetensors where you trust it"
        )
    return f"{checkpoint.name}: {checkpoint.folder} cannot be loaded ({text[:300]})"


@contextmanager
def _quiet() -> Iterator[None]:
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
