"""The sizes that ``config.json`` states: numbers, and no larger than the weights can fill.

The loading library builds what the configuration asks for before it looks at the weights. A
configuration that asks for a million layers would keep it busy for hours, one that asks for a
matrix of terabytes would take the machine's memory.
"""

from __future__ import annotations

from pathlib import Path

from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.errors import ModelError
from benchmark.foreign import Fields

MOST_LAYERS = 1000
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

_HARMLESS = 2**28
"""So many weights fit every machine; what they lack is then told by name."""

_MARGIN = 4
"""Weights for each byte, far more than any form of storage holds."""


def require_sensible_sizes(checkpoint: Checkpoint, config: Fields) -> None:
    """Refuse sizes that are no numbers, or far beyond what the weights files could fill.

    Args:
        checkpoint: whose weights are looked at, but not read.
        config: its ``config.json``.

    Raises:
        ModelError: such sizes, or there are no weights.
    """
    for key in _LAYERS:
        if (config.number(key) or 0) > MOST_LAYERS:
            raise config.wrong(key, f"a whole number up to {MOST_LAYERS}")
    asked = _fewest_weights(config)
    if asked > _HARMLESS:
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
