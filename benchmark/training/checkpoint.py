"""What training leaves: a folder that this program, sentence-transformers and SimCSE's tool load.

It holds the encoder as transformers saves one, the tokenizer, the settings of sentence-transformers
that say how a vector is made, and a model card. Where the head of SimCSE belongs to the vector
(its supervised models), it is in the folder twice: as the encoder's own pooling layer, as SimCSE's
published models have it, and as a dense layer behind the pooling.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from benchmark.atomic import finish_whole, written_whole
from benchmark.encoders.files.checkpoint import Checkpoint, read_fields
from benchmark.encoders.transformer.length import length_limit
from benchmark.encoders.transformer.poolers import POOLERS, pooler_by_name
from benchmark.encoders.transformer.weights import quiet
from benchmark.errors import ModelError, TrainingError, UsageError
from benchmark.training.model_card import CheckpointStory, model_card
from benchmark.training.objectives.heads import DenseHead
from benchmark.training.subject import Subject

LAST = "config.json"
"""The file without which a folder is no checkpoint; it is written last."""

_HEAD = "cls"
_POOLED = ("pooler.dense.weight", "pooler.dense.bias")
_DENSE = "2_Dense"
_MODULES = "sentence_transformers.models"
"""Where all versions of that library find its modules."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a vector is made, as the files say it.

    Attributes:
        state: weights of the encoder, with its pooling layer if there is one.
        mode: what sentence-transformers calls the pooling.
        dense: weight and bias of the layer behind the pooling, followed by tanh; None for none.
        pooled: whether ``pooler_output`` of the loaded encoder is what the head gives.
    """

    state: dict[str, Tensor]
    mode: str
    dense: tuple[Tensor, Tensor] | None
    pooled: bool


@dataclass(frozen=True)
class AsWritten(Subject):
    """A model in training that is evaluated by the road of the checkpoint it will be.

    Attributes:
        module: a model of transformers without a pooling layer.
        pooler: as for `write_checkpoint`.
        head: likewise.
    """

    pooler: str = "cls_before_pooler"
    head: nn.Module | None = None

    def save(self, folder: Path) -> None:
        """Write all but the model card."""
        layout = _layout(self.module, self.pooler, self.head)
        _fill(folder, self.module, self.tokenizer, layout, None)

    def save_behind_transformer(self, folder: Path) -> None:
        """Write the layer behind the pooling anew."""
        if isinstance(self.head, DenseHead):
            _write_dense(folder, _weights_of(self.head))

    def tensors(self) -> dict[str, Tensor]:
        """Return those of the encoder, with the head as its pooling layer."""
        found = super().tensors()
        if isinstance(self.head, DenseHead):
            found |= dict(zip(_POOLED, (self.head.dense.weight, self.head.dense.bias), strict=True))
        return found


def write_checkpoint(
    folder: str | Path,
    encoder: Any,
    tokenizer: Any,
    *,
    pooler: str,
    head: nn.Module | None = None,
    story: CheckpointStory,
    max_length: int | None = None,
) -> None:
    """Write a trained encoder whole or not at all; other files of the folder stay.

    Args:
        folder: made if it is not there. An earlier checkpoint in it is replaced.
        encoder: a model of transformers without anything around it.
        tokenizer: its own.
        pooler: how a sentence's vector is made of what the encoder gives: ``cls_before_pooler``,
            ``avg`` or another that sentence-transformers knows, or ``cls``, through the head.
        head: what stood on the vectors in training. A `DenseHead` becomes the encoder's pooling
            layer; another one is in no file, since no library knows it.
        story: what the model card tells.
        max_length: most tokens of a sentence at evaluation; what the encoder takes if not given.

    Raises:
        TrainingError: it cannot be written; what was there is as it was.
        UsageError: a pooler that is unknown, or that the files cannot say.
    """
    layout = _layout(encoder, pooler, head)
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: it is no folder; give another one for the checkpoint")
    try:
        with written_whole(folder, LAST) as half:
            tokens = _fill(half, encoder, tokenizer, layout, max_length)
            card = model_card(story, pooler=pooler, head=layout.pooled, tokens=tokens)
            (half / "README.md").write_text(card, "utf-8")
    except (TrainingError, UsageError, ModelError):
        raise
    except Exception as error:  # the libraries that write have errors of their own
        told = (isinstance(error, OSError) and error.strerror) or " ".join(str(error).split())[:200]
        raise TrainingError(
            f"{folder}: the checkpoint cannot be written ({told or type(error).__name__}); make "
            "room, or give another folder"
        ) from error


def finish_checkpoint(folder: str | Path) -> None:
    """Put a checkpoint in its place that was whole beside it when its writer was killed.

    Raises:
        TrainingError: a file cannot be moved.
    """
    try:
        finish_whole(Path(folder), LAST)
    except OSError as error:
        raise TrainingError(
            f"{folder}: the checkpoint cannot be written ({error.strerror or error}); make room, "
            "or give another folder"
        ) from error


def _layout(encoder: Any, pooler: str, head: nn.Module | None) -> _Layout:
    known = pooler_by_name(pooler)
    state = {name: tensor.detach().cpu() for name, tensor in encoder.state_dict().items()}
    dense: tuple[Tensor, Tensor] | None = None
    if isinstance(head, DenseHead):
        dense = _weights_of(head)
    elif head is None and known.name == _HEAD and set(_POOLED) <= state.keys():
        dense = (state[_POOLED[0]], state[_POOLED[1]])
    pooled = dense is not None and _has_pooling_layer(encoder)
    if dense is not None and pooled:
        state |= dict(zip(_POOLED, (tensor.clone() for tensor in dense), strict=True))
    if known.name == _HEAD:
        if dense is None:
            raise UsageError(
                "`pooler` cls: vectors go through a head of a dense layer and tanh, and this "
                "training has no such head; take cls_before_pooler"
            )
        mode = POOLERS["cls_before_pooler"].library_mode
    else:
        dense, mode = None, known.library_mode
    if mode is None:
        modes = ", ".join(name for name, one in POOLERS.items() if one.library_mode)
        raise UsageError(
            f"`pooler` {pooler}: sentence-transformers has no such pooling, so its files cannot "
            f"say it; there are {_HEAD}, {modes}"
        )
    return _Layout(state, mode, dense, pooled)


def _weights_of(head: DenseHead) -> tuple[Tensor, Tensor]:
    return head.dense.weight.detach().cpu(), head.dense.bias.detach().cpu()


def _has_pooling_layer(encoder: Any) -> bool:
    """Tell whether ``AutoModel`` gives this architecture a pooling layer such as BERT's."""
    from transformers import AutoModel

    with torch.device("meta"):
        whole: nn.Module = AutoModel.from_config(encoder.config)
    return set(_POOLED) <= whole.state_dict().keys()


def _fill(
    folder: Path, encoder: Any, tokenizer: Any, layout: _Layout, max_length: int | None
) -> int | None:
    """Write all but the model card; return how many tokens of a sentence are read."""
    with quiet():
        encoder.save_pretrained(folder, state_dict=layout.state)
        plain = copy.deepcopy(tokenizer)
        if plain.is_fast:  # how long texts were in training is no property of the tokenizer
            plain.backend_tokenizer.no_truncation()
            plain.backend_tokenizer.no_padding()
        plain.save_pretrained(folder)
    width = encoder.config.get_text_config().hidden_size
    modules = ["Transformer", "Pooling", *(["Dense"] if layout.dense else [])]
    _write(
        folder / "modules.json",
        [
            {
                "idx": place,
                "name": str(place),
                "path": f"{place}_{kind}" if place else "",
                "type": f"{_MODULES}.{kind}",
            }
            for place, kind in enumerate(modules)
        ],
    )
    _write(folder / "1_Pooling" / "config.json", _pooling(width, layout.mode))
    if layout.dense:
        dense = {"in_features": width, "out_features": width, "bias": True}
        tanh = {"activation_function": "torch.nn.modules.activation.Tanh"}
        _write(folder / _DENSE / "config.json", dense | tanh)
        _write_dense(folder, layout.dense)
    settings: dict[str, Any] = {
        "prompts": {},
        "default_prompt_name": None,
        "similarity_fn_name": "cosine",
    }
    _write(folder / "config_sentence_transformers.json", settings)
    checkpoint = Checkpoint(folder, folder.name, folder.name)
    limit = length_limit(checkpoint, read_fields(folder / LAST), None, max_length)
    length = {"max_seq_length": limit, "do_lower_case": False}
    _write(folder / "sentence_bert_config.json", length)
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)  # its library lets nobody else read what it writes
    return limit


def _write_dense(folder: Path, dense: tuple[Tensor, Tensor]) -> None:
    weights = dict(zip(("linear.weight", "linear.bias"), dense, strict=True))
    save_file(
        {name: tensor.contiguous() for name, tensor in weights.items()},
        folder / _DENSE / "model.safetensors",
        {"format": "pt"},
    )


def _pooling(width: int, mode: str) -> dict[str, Any]:
    """Return the settings of the pooling in the form that old versions of the library read too."""
    flags = {
        "pooling_mode_cls_token": "cls",
        "pooling_mode_mean_tokens": "mean",
        "pooling_mode_max_tokens": "max",
        "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
        "pooling_mode_weightedmean_tokens": "weightedmean",
        "pooling_mode_lasttoken": "lasttoken",
    }
    on = {flag: mode == one for flag, one in flags.items()}
    return {"word_embedding_dimension": width, **on, "include_prompt": True}


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", "utf-8")
