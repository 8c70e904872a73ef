"""Whether the weights of a checkpoint and its configuration are of one and the same model.

The loading library builds what the configuration asks for before it looks at the weights. A
configuration that asks for a million layers would keep it busy for hours, one that asks for a
matrix of terabytes would take the machine's memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.errors import ModelError
from benchmark.foreign import Fields

if TYPE_CHECKING:
    from benchmark.encoders.files.tensors import TensorInfo

_MOST_LAYERS = 1000
"""Several times what the deepest encoders have."""

_LAYERS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "encoder_layers")
_SHARED_LAYERS = {"albert"}
_WIDTHS = ("hidden_size", "dim", "d_model", "n_embd", "emb_dim")
_INNER = ("intermediate_size", "hidden_dim", "d_ff", "n_inner")
_LENGTHS = ("vocab_size", "type_vocab_size")
_POSITIONS = "max_position_embeddings"
_LEARNED_POSITIONS = {"albert", "bert", "camembert", "distilbert", "electra", "mpnet"} | {
    "roberta",
    "xlm-roberta",
}
"""Architectures with a row of weights for each position; others state lengths that cost nothing."""

_FIT_ANYWHERE = 2**28
"""So many weights fit every machine; what they lack is then told by name."""

_MARGIN = 4
"""Weights for each byte, far more than any form of storage holds."""

_NUMBERS = {"float64", "float32", "float16", "bfloat16"}

_HARMLESS = re.compile(
    r"(position_ids|token_type_ids|inv_freq|cos_cached|sin_cached|num_batches_tracked"
    r"|masked_bias|(attn|attention)\.bias)$"
)
"""Constants that older versions of the loading library wrote into the file."""

_COUNT = re.compile(r"(^(num|n)_.*|.*_)(layers?|blocks?|experts|groups)$")
"""Settings that say how often a part is repeated."""

_MOST_COUNT = 512
"""Experts lie in one weight for all of them: a model of a few layers may have many."""

_MOST_ASKED = 100_000_000
"""Numbers (400 MB) that a model may ask for whatever its weights hold: masks, a missing head."""


def require_sensible_sizes(checkpoint: Checkpoint, config: Fields) -> None:
    """Refuse sizes that are no numbers, or far beyond what the weights files could fill.

    Args:
        checkpoint: whose weights are looked at, but not read.
        config: its ``config.json``.

    Raises:
        ModelError: such sizes, or there are no weights.
    """
    for key in _LAYERS:
        if (config.number(key) or 0) > _MOST_LAYERS:
            raise config.wrong(key, f"a whole number up to {_MOST_LAYERS}")
    asked = _fewest_weights(config)
    if asked > _FIT_ANYWHERE:
        stored = sum(map(_size, checkpoint.weights_files()))
        if asked > _MARGIN * stored:
            raise ModelError(
                f"{config.path}: its sizes ask for {asked:,} weights or more, and the files have "
                f"{stored:,} bytes; it is the configuration of another model"
            )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error


def _fewest_weights(config: Fields) -> int:
    """Return how many weights a model of these sizes has at least."""
    kind = config.text("model_type")
    width = _first(config, _WIDTHS)
    layers = 1 if kind in _SHARED_LAYERS else _first(config, _LAYERS)
    rows = sum(config.number(key) or 0 for key in _LENGTHS)
    positions = config.number(_POSITIONS, least=-1) or 0
    rows += max(positions, 0) if kind in _LEARNED_POSITIONS else 0
    across = config.number("embedding_size", least=1) or width
    return rows * across + layers * width * (width + _first(config, _INNER))


def _first(config: Fields, keys: tuple[str, ...]) -> int:
    return next((number for key in keys if (number := config.number(key))), 0)


def require_numbers(
    checkpoint: Checkpoint, tensors: Mapping[str, TensorInfo], precision: str = "float32"
) -> None:
    """Refuse weights that are no plain floating-point numbers.

    Without their scales int8 and the like are other weights. What bitsandbytes quantized is
    computed as it is, by that library.

    Args:
        checkpoint: the folder.
        tensors: what its weights files hold.
        precision: that is asked for.

    Raises:
        ModelError: some are not, or config.json says that they are quantized.
    """
    config = checkpoint.config()
    form = _bits(config)
    if form is not None and form != precision:
        raise ModelError(
            f"{checkpoint.name}: its weights are quantized by bitsandbytes; `precision` {form} on "
            "a GPU scores them as they are"
        )
    for key in ("quantization_config", "compression_config"):
        if form is None and any(part.get(key) for part in _parts(config)):
            raise ModelError(
                f"{checkpoint.name}: its weights are quantized ({key} in config.json), which is "
                "not supported; score the checkpoint that they were made from"
            )
    if form is not None:
        return
    odd = [name for name, info in tensors.items() if _is_weight(name) and not _is_number(info)]
    if odd:
        raise ModelError(
            f"{checkpoint.name}: {odd[0]} in {checkpoint.folder} is {tensors[odd[0]].dtype} "
            f"({len(odd)} in all), not float32, float16, bfloat16 or float64; scoring it would "
            "score other numbers than it was trained with"
        )


def _bits(config: Mapping[str, Any]) -> str | None:
    """Return in which precision bitsandbytes quantized the weights, None if it did not."""
    said = config.get("quantization_config")
    if not isinstance(said, dict) or said.get("quant_method") != "bitsandbytes":
        return None
    return "4bit" if said.get("load_in_4bit") else "8bit"


def _is_weight(name: str) -> bool:
    return not _HARMLESS.search(name) and name.rpartition(".")[2] in (
        "weight",
        "bias",
        "gamma",
        "beta",
    )


def _is_number(info: TensorInfo) -> bool:
    return info.dtype in _NUMBERS


def require_affordable(
    checkpoint: Checkpoint,
    tensors: Mapping[str, TensorInfo],
    empty: Callable[[Any], Any],
    *,
    trust_remote_code: bool,
) -> Any:
    """Return the library's configuration of a model that is not larger than its weights.

    Asked for before anything is allocated: weights that are missing would be made at random, as
    many as config.json says.

    Args:
        checkpoint: the folder.
        tensors: what its weights files hold.
        empty: makes the model of a configuration.
        trust_remote_code: allow code that the checkpoint brings.

    Raises:
        ModelError: config.json asks for far more than there is.
        Exception: whatever the loading library raises of a configuration that it cannot use.
    """
    settings = checkpoint.config()
    for part in _parts(settings):
        for key, value in part.items():
            if isinstance(value, int) and _COUNT.match(key) and value > _most(tensors):
                raise ModelError(
                    f"{checkpoint.name}: config.json asks for {key} {value:,}, and "
                    f"{checkpoint.folder} holds {len(tensors):,} weights; they are not of one model"
                )
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(
        checkpoint.folder, local_files_only=True, trust_remote_code=trust_remote_code
    )
    asked = 0 if trust_remote_code else _asked(config, empty)
    held = sum(info.elements for info in tensors.values())
    if asked > 2 * held + _MOST_ASKED:
        raise ModelError(
            f"{checkpoint.name}: config.json asks for a model of {asked:,} numbers, and "
            f"{checkpoint.folder} holds {held:,}; they are not of one model"
        )
    return config


def _most(tensors: Mapping[str, TensorInfo]) -> int:
    return max(len(tensors), _MOST_COUNT)


def _asked(config: Any, empty: Callable[[Any], Any]) -> int:
    """Return how many numbers a model would hold; 0 if only making it in earnest can tell."""
    import torch

    try:
        with torch.device("meta"):
            model = empty(config)
    except Exception:
        return 0
    return sum(tensor.numel() for tensor in (*model.parameters(), *model.buffers()))


def _parts(settings: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the settings, and those of the parts of a model that has several."""
    yield settings
    yield from (value for value in settings.values() if isinstance(value, dict))


def left_over(model: Any, unexpected: Collection[str]) -> list[str]:
    """Return which weights that a model did not take are of the encoder, not of a head upon it.

    A checkpoint with a head has the encoder's weights under the encoder's name (``bert.``), one
    without has them under the names of its parts (``encoder.``); those of a head have names of
    their own (``cls.``, ``lm_head.``, ``discriminator.``). The pooler is a head here: what needs
    it asks for it.

    Args:
        model: from the loading library.
        unexpected: names as they are in the file.
    """
    prefix = f"{model.base_model_prefix}."
    parts = {name.partition(".")[0] for name in model.state_dict()} - {"pooler"}
    found = []
    for name in sorted(unexpected):
        inner = name.removeprefix(prefix)
        part = inner.partition(".")[0]
        of_encoder = part in parts or (inner != name and not part.startswith("pooler"))
        if of_encoder and not _HARMLESS.search(name):
            found.append(name)
    return found
