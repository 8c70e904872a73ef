"""What of a model in training is evaluated: its encoder, without wrappers and objectives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmark.encoders.files.checkpoint import read_json
from benchmark.encoders.library.content import settings_sha256, tokenizer_sha256
from benchmark.encoders.library.in_memory import is_of_library
from benchmark.errors import ModelError, UsageError

_WRAPPERS = ("DistributedDataParallel", "DataParallel", "DeepSpeedEngine")
_COMPILED = "_orig_mod"
_SHARDS = ("FullyShardedDataParallel", "FSDPModule")

EncoderOf = Callable[[Any], Any]
"""From a model to the part of it that is evaluated."""


@dataclass(frozen=True)
class Subject:
    """A model whose own library can write it: what is evaluated, as training has it.

    Attributes:
        module: a ``SentenceTransformer``, a model of transformers, or one with PEFT's adapter.
        tokenizer: of transformers; None where the module has its own.
    """

    module: nn.Module
    tokenizer: Any = None

    @property
    def device(self) -> torch.device:
        """Where its first weights are."""
        return next(chain(self.module.parameters(), self.module.buffers())).device

    def save(self, folder: Path) -> None:
        """Write everything, as the owning library does."""
        module: Any = self.module
        if self.tokenizer is None:
            module.save_pretrained(str(folder), create_model_card=False)
            return
        module.save_pretrained(str(folder))
        self.tokenizer.save_pretrained(str(folder))

    def save_behind_transformer(self, folder: Path) -> None:
        """Write the modules of a ``SentenceTransformer`` behind its first one anew.

        Args:
            folder: that `save` filled.
        """
        listed = read_json(folder / "modules.json")
        modules: list[Any] = list(self.module.children())
        for entry, module in list(zip(listed, modules, strict=True))[1:]:
            module.save(str(folder / entry["path"]))

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return its weights and buffers by name, themselves and no copies."""
        state = self.module.state_dict(keep_vars=True)
        return {name.replace(f"{_COMPILED}.", ""): tensor for name, tensor in state.items()}

    def settings_sha256(self) -> str:
        """Return a hash of all that decides vectors beside the tensors."""
        said = settings_sha256(self.module)
        if self.tokenizer is not None:
            said += tokenizer_sha256(self.tokenizer)
        return hashlib.sha256(said.encode()).hexdigest()


def subject_of(model: Any, tokenizer: Any = None, encoder: EncoderOf | None = None) -> Subject:
    """Return what of a model in training is evaluated.

    Args:
        model: in whatever wrapper; or what is evaluated, said already.
        tokenizer: for a model of transformers.
        encoder: finds the encoder in a model of one's own; by default it is the model, or its
            ``encoder`` (`SimCSE`, `DiffCSE`).

    Raises:
        ModelError: its weights are spread over processes, or not in memory.
        UsageError: there is no encoder that its library could write, or no tokenizer.
    """
    if isinstance(model, Subject):
        _require_in_one_place(model.module)
        return model
    _require_in_one_place(model)
    module = _unwrapped(encoder(_unwrapped(model)) if encoder else _unwrapped(model))
    if is_of_library(module):
        return Subject(module)
    if not _can_be_written(module):
        inner = _unwrapped(getattr(module, "encoder", None))
        if encoder or not (_can_be_written(inner) or is_of_library(inner)):
            raise UsageError(
                f"{type(module).__name__}: no model of transformers or sentence-transformers, and "
                "its `encoder` is none; give `encoder`, a function from the model to that part"
            )
        return subject_of(inner, tokenizer)
    if tokenizer is None:
        raise UsageError(f"{type(module).__name__}: its tokenizer is needed; give `tokenizer`")
    return Subject(module, tokenizer)


def _can_be_written(module: Any) -> bool:
    return isinstance(module, nn.Module) and hasattr(module, "save_pretrained")


def _unwrapped(model: Any) -> Any:
    while True:
        if isinstance(inner := getattr(model, _COMPILED, None), nn.Module):
            model = inner
        elif type(model).__name__ in _WRAPPERS:
            model = model.module
        else:
            return model


def _require_in_one_place(model: Any) -> None:
    if not isinstance(model, nn.Module):
        raise UsageError(f"a {type(model).__name__} is no model of torch")
    kinds = {kind.__name__ for module in model.modules() for kind in type(module).__mro__}
    tensors = list(model.parameters())
    # Of DeepSpeed's stage 3, of FSDP's first version, and of its second one.
    spread = any(hasattr(tensor, mark) for tensor in tensors for mark in _MARKS)
    if spread or not kinds.isdisjoint(_SHARDS):
        raise ModelError(
            f"{type(model).__name__}: its weights are spread over processes (FSDP, DeepSpeed ZeRO "
            "stage 3), and no process has all of them; score its checkpoints"
        )
    if any(tensor.is_meta for tensor in tensors):
        raise ModelError(f"{type(model).__name__}: its weights are not in memory")


_MARKS = ("ds_id", "_is_flat_param", "device_mesh")
