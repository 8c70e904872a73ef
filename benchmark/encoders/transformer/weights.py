"""Load the encoder of a checkpoint: nothing missing, nothing left over, nothing executed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from benchmark.encoders.files.agreement import left_over, require_affordable, require_numbers
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.files.tensors import TensorInfo, list_tensors, read_tensors
from benchmark.encoders.transformer.architecture import (
    empty_model,
    is_constant,
    model_class,
    of_the_encoder,
    renamed,
    settle,
    shared_prefix,
)
from benchmark.encoders.transformer.peft_adapter import PeftAdapter
from benchmark.encoders.transformer.pooler_choice import NO_HEAD
from benchmark.errors import ModelError

logger = logging.getLogger(__name__)


def load_model(
    checkpoint: Checkpoint,
    *,
    needs_head: bool,
    trust_remote_code: bool,
    precision: str = "float32",
    **placement: Any,
) -> Any:
    """Return the transformer of a checkpoint in evaluation mode, on the CPU unless placed.

    Weights of heads are left aside (DiffCSE's published files also hold a discriminator and a
    generator), those of the encoder are not. The pooling head is the checkpoint's
    ``pooler.dense``; in a checkpoint as SimCSE's training writes it, ``mlp.dense``. Pickled code
    is never run. What is returned no longer depends on the files.

    Args:
        checkpoint: the folder.
        needs_head: whether the pooler goes through the pooling head.
        trust_remote_code: allow code that the checkpoint brings.
        precision: type of the weights, as torch names it; they are read into it at once.
        placement: what the loading library is told of devices and quantization.

    Raises:
        ModelError: weights of the encoder (or of a needed head) are missing, left over, of the
            wrong shape or no plain floating-point numbers; the files cannot be read, or are not
            what was hashed.
    """
    with checkpoint.seal.unchanged():
        base = checkpoint.base or checkpoint
        model = _loaded(base, needs_head, trust_remote_code, precision, placement).eval()
        if checkpoint.base is not None:
            PeftAdapter(checkpoint.folder, checkpoint).apply(model)
        detach(model)
    return model.eval()


def _loaded(
    checkpoint: Checkpoint,
    needs_head: bool,
    trust_remote_code: bool,
    precision: str,
    placement: Mapping[str, Any],
) -> Any:
    with quiet():
        try:
            tensors, config = _looked_at(checkpoint, trust_remote_code, precision)
            how = {"trust_remote_code": trust_remote_code, "dtype": precision, **placement}
            model, found = _fitting(checkpoint, tensors, config, how)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(refusal(checkpoint, error)) from error
    if found.wrong:
        _refuse_random(checkpoint, found)
    unexpected = of_the_encoder(config, found.unexpected)
    if left := left_over(model, unexpected):
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
        if found.head:
            _load_trained_head(checkpoint, model, unexpected)
    return model


def _looked_at(
    checkpoint: Checkpoint, trust_remote_code: bool, precision: str
) -> tuple[dict[str, TensorInfo], Any]:
    """Return what the files hold, and the configuration of a model that is not larger."""
    files = checkpoint.weights_files()
    tensors = {name: info for path in files for name, info in list_tensors(path).items()}
    require_numbers(checkpoint, tensors, precision)
    return tensors, settle(
        require_affordable(checkpoint, tensors, empty_model, trust_remote_code=trust_remote_code)
    )


class _Found(NamedTuple):
    """What the loading library says of the weights, by their names in the file without a prefix.

    Attributes:
        missing: of the encoder.
        misshapen: of the encoder.
        head: of a pooling head, missing or misshapen.
        unexpected: in the file, and not taken.
    """

    missing: set[str]
    misshapen: set[str]
    head: set[str]
    unexpected: set[str]

    @property
    def wrong(self) -> set[str]:
        """The weights of the encoder that would be random numbers."""
        return self.missing | self.misshapen


def _fitting(
    checkpoint: Checkpoint,
    tensors: Mapping[str, TensorInfo],
    config: Any,
    how: Mapping[str, Any],
) -> tuple[Any, _Found]:
    """Return the model and what was found, without a prefix of all names where it fits only so.

    Wrappers of training leave one (``module.``, ``_orig_mod.``, ``0.auto_model.``). The library
    would leave such weights random.
    """
    model, found = _from_files(checkpoint, config, "", how)
    for prefix in shared_prefix(tensors) if found.wrong else []:
        other, without = _from_files(checkpoint, config, prefix, how)
        if not without.wrong:
            logger.info(
                "%s: all its weights have the prefix %s, without which they fit; it is left out",
                checkpoint.name,
                prefix,
            )
            return other, without
    return model, found


def _from_files(
    checkpoint: Checkpoint, config: Any, prefix: str, how: Mapping[str, Any]
) -> tuple[Any, _Found]:
    cut = {f"^{re.escape(prefix)}": ""} if prefix else {}
    model, report = model_class(config, trust_remote_code=how["trust_remote_code"]).from_pretrained(
        checkpoint.folder,
        config=config,
        output_loading_info=True,
        use_safetensors=checkpoint.weights_files()[0].suffix == ".safetensors",
        ignore_mismatched_sizes=True,  # not ignored: refused by name
        local_files_only=True,
        key_mapping=(cut | renamed(config)) or None,
        **how,
    )
    missing = {key for key in report["missing_keys"] if not is_constant(model, key)}
    misshapen = {key for key, *_ in report["mismatched_keys"]}
    head = {key for key in missing | misshapen if key.startswith("pooler.")}
    return model, _Found(missing - head, misshapen - head, head, set(report["unexpected_keys"]))


def detach(model: Any) -> None:
    """Copy what may be mapped to a file: a write to the file would change it, or kill us.

    Args:
        model: a module of torch.
    """
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.device.type == "cpu":
            tensor.data = tensor.data.clone()


def _refuse_random(checkpoint: Checkpoint, found: _Found) -> None:
    wrong = sorted(found.missing or found.misshapen)
    what = "missing from" if found.missing else "of the wrong shape in"
    raise ModelError(
        f"{checkpoint.name}: weights of the encoder are {what} {checkpoint.folder} "
        f"({wrong[0]}, {len(wrong)} in all); scoring it would score random numbers"
    )


def _load_trained_head(checkpoint: Checkpoint, model: Any, unexpected: Any) -> None:
    if not {"mlp.dense.weight", "mlp.dense.bias"} <= set(unexpected):
        raise ModelError(f"{checkpoint.name}: {NO_HEAD}")
    head = {key.removeprefix("mlp."): value for key, value in _head_tensors(checkpoint).items()}
    try:
        model.pooler.load_state_dict(head)
    except RuntimeError as error:
        raise ModelError(f"{checkpoint.name}: its mlp.dense does not fit the encoder") from error
    model.pooler.to(model.dtype)
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
