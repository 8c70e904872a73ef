"""Adapters (PEFT: LoRA and its kin): a few weights upon those of a base, which is named by them.

What goes wrong elsewhere is silent: where the names of an adapter's weights fit no layer, or PEFT
is not installed, the base answers in the adapter's name. Here every weight of the adapter must
find its place, and vectors with it must differ from those without.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark.encoders.files.checkpoint import Checkpoint, read_fields
from benchmark.encoders.files.tensors import read_tensors
from benchmark.encoders.files.weights_files import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from benchmark.errors import ModelError
from benchmark.extras import installing
from benchmark.foreign import Fields, shown

_TOKENIZERS = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "spiece.model")

_NAME = "default"
_WRAPPED = "base_model.model."
"""What PEFT's wrapper puts before the names of a model's parts."""

Fetch = Callable[[str, str | None], Checkpoint]
"""From a repository and a revision to its checkpoint."""


@dataclass(frozen=True, slots=True)
class PeftAdapter:
    """The files of an adapter.

    Attributes:
        folder: holds ``adapter_config.json`` and the weights.
        checkpoint: it belongs to, for its name and its seal.
    """

    folder: Path
    checkpoint: Checkpoint

    def sha256(self) -> list[str]:
        """Return the SHA-256 of its configuration and of its weights.

        Raises:
            ModelError: there are no weights, or they are not what was hashed before.
        """
        seal = self.checkpoint.seal
        return [seal.sha256(self.folder / ADAPTER_CONFIG), seal.sha256(self._weights)]

    @property
    def _weights(self) -> Path:
        for path in self.checkpoint.seal.listed(self.folder, ADAPTER_WEIGHTS):
            return path
        raise ModelError(
            f"{self.folder}: an adapter without weights ({' or '.join(ADAPTER_WEIGHTS)})"
        )

    def apply(self, model: Any) -> None:
        """Put the adapter into a model, which is then the one that it was trained to be.

        Args:
            model: its base, from the loading library, in evaluation mode.

        Raises:
            ModelError: it is of a kind that has no place in an encoder, its weights do not fit, or
                they change nothing.
        """
        from benchmark.encoders.transformer.backends.graph import example_ids

        config = self._config()
        name = self.checkpoint.name
        ids = example_ids(model)  # before the embeddings are wrapped, which hides their number
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # of one library to the other
                wrong = _injected(model, config, read_tensors(self._weights))
        except ModelError:
            raise
        except Exception as error:
            why = " ".join(str(error).split())[:300]
            raise ModelError(
                f"{name}: the adapter in {self.folder} does not fit its base ({why})"
            ) from error
        if wrong:
            raise ModelError(
                f"{name}: weights of the adapter in {self.folder} do not fit its base ({wrong[0]}, "
                f"{len(wrong)} in all); scoring it would score another model"
            )
        model.eval()
        self._require_effect(model, ids.to(model.device))

    def _config(self) -> Any:
        try:
            from peft import PeftConfig
        except ImportError as error:
            raise ModelError(
                f"{self.checkpoint.name}: an adapter, which needs peft; {installing('peft')}"
            ) from error
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # for it passes over settings that it does not know
                config = PeftConfig.from_pretrained(str(self.folder))
        except Exception as error:
            why = " ".join(str(error).split())[:300]
            raise ModelError(f"{self.folder / ADAPTER_CONFIG}: cannot be used ({why})") from error
        if getattr(config, "is_prompt_learning", False):
            raise ModelError(
                f"{self.checkpoint.name}: an adapter of prompts ({config.peft_type.value}) is not "
                "supported: only those that change weights (LoRA and its kin)"
            )
        return config

    def _require_effect(self, model: Any, ids: Any) -> None:
        """Compare one batch with and without: names that fit nothing would change nothing."""
        import torch
        from peft.tuners.tuners_utils import BaseTunerLayer

        layers = [layer for layer in model.modules() if isinstance(layer, BaseTunerLayer)]
        with torch.inference_mode():
            found = model(input_ids=ids, attention_mask=ids.new_ones(ids.shape))[0]
            for layer in layers:
                layer.enable_adapters(enabled=False)
            without = model(input_ids=ids, attention_mask=ids.new_ones(ids.shape))[0]
            for layer in layers:
                layer.enable_adapters(enabled=True)
        if torch.equal(found, without):
            raise ModelError(
                f"{self.checkpoint.name}: the adapter in {self.folder} changes nothing: vectors "
                "would be those of its base; it was not trained, or is of another model"
            )


def _injected(model: Any, config: Any, tensors: Mapping[str, Any]) -> list[str]:
    """Put an adapter's layers and weights into a model; return the names that do not fit it.

    The loading library's own way leaves some kinds of weights (the magnitudes of DoRA) as it made
    them, at a warning; PEFT's own functions know their kinds.
    """
    from peft import get_peft_model_state_dict, inject_adapter_in_model, set_peft_model_state_dict

    config.inference_mode = True
    inject_adapter_in_model(config, model, _NAME)
    # "auto" would ask the hub how large the base's vocabulary is.
    wanted = get_peft_model_state_dict(model, adapter_name=_NAME, save_embedding_layers=False)
    own = {name.removeprefix(_WRAPPED): value for name, value in tensors.items()}
    # Trained with the head of a language model, its names begin with that of the encoder.
    inner = f"{model.base_model_prefix}."
    if not own.keys() & wanted.keys() and all(name.startswith(inner) for name in own):
        own = {name.removeprefix(inner): value for name, value in own.items()}
    shapes = {name: tuple(value.shape) for name, value in wanted.items()}
    wrong = {name for name in shapes if name not in own}
    wrong |= {name for name in own if shapes.get(name) != tuple(own[name].shape)}
    if not wrong:
        set_peft_model_state_dict(model, own, adapter_name=_NAME)
    return sorted(wrong)


def adapter_sha256(checkpoint: Checkpoint) -> list[str]:
    """Return the SHA-256 of the files of an adapter; none for a checkpoint that is none."""
    return PeftAdapter(checkpoint.folder, checkpoint).sha256() if checkpoint.base else []


def name_of_base(checkpoint: Checkpoint) -> str | None:
    """Return what an adapter stands upon: hub id and commit, or folder; None if it is none."""
    base = checkpoint.base
    if base is None:
        return None
    return base.source + (f"@{base.revision[:12]}" if base.revision else "")


def with_base(checkpoint: Checkpoint, fetch: Fetch) -> Checkpoint:
    """Return a checkpoint with its base, if it is an adapter; any other as it is.

    Args:
        checkpoint: a folder that may hold an adapter.
        fetch: gets a base from the hub.

    Raises:
        ModelError: the base is not named, or is not to be found.
    """
    folder = checkpoint.folder
    if not os.path.lexists(folder / ADAPTER_CONFIG):
        return checkpoint
    checkpoint.seal.sha256(folder / ADAPTER_CONFIG)
    config = read_fields(folder / ADAPTER_CONFIG)
    base = _base(checkpoint, config, fetch)
    own = any((folder / name).is_file() for name in _TOKENIZERS)
    return replace(checkpoint, base=base, weights=None, tokenizer=folder if own else base.folder)


def _base(checkpoint: Checkpoint, config: Fields, fetch: Fetch) -> Checkpoint:
    named = config.text("base_model_name_or_path")
    if not named:
        raise ModelError(
            f"{config.path}: names no base (base_model_name_or_path); write there the folder or "
            "the hub id of the model that it was trained upon"
        )
    path = Path(named)
    near = [path] if path.is_absolute() else [checkpoint.folder / path, path]
    from_hub = checkpoint.revision is not None  # what a repository names is no folder of this disk
    for folder in [] if from_hub else near:
        if (folder / "config.json").is_file():
            return Checkpoint(folder, checkpoint.name, named, seal=checkpoint.seal)
    if path.is_absolute() or named.count("/") != 1 or named.startswith("."):
        raise ModelError(
            f"{config.path}: its base {shown(named)} is not there; write its folder or hub id into "
            "base_model_name_or_path"
        )
    found = fetch(named, config.text("revision"))
    return replace(found, name=checkpoint.name, seal=checkpoint.seal)
