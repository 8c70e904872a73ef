"""The transform of a prediction head: what a masked language model does before it looks up words.

A dense layer, an activation and a layer norm. Methods that pool at a mask token use it as a head:
as the language model's training left it, or trained further (PromptBERT's supervised models).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.files.tensors import read_tensors, weight_names
from benchmark.errors import ModelError


class _Layout(NamedTuple):
    """Names of the two layers; the activation, None for that of the configuration."""

    dense: str
    norm: str
    activation: str | None = None


_LAYOUTS = (
    _Layout("mlp.dense", "mlp.LayerNorm"),  # PromptBERT's training output
    _Layout("pooler.dense", "pooler.LayerNorm"),  # the same, as its run.sh renames it
    _Layout("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm"),
    _Layout("lm_head.dense", "lm_head.layer_norm", "gelu"),
)
"""What was trained further comes first."""

_OLD_NAMES = {"weight": "gamma", "bias": "beta"}


def add_transform(model: Any, checkpoint: Checkpoint) -> None:
    """Give a model the transform of its checkpoint's prediction head, ``prediction_transform``.

    Args:
        model: of the checkpoint.
        checkpoint: the folder.

    Raises:
        ModelError: the weights of it are missing, or do not fit.
    """
    with checkpoint.seal.unchanged():
        model.prediction_transform = _transform(model, checkpoint).eval()


def _transform(model: Any, checkpoint: Checkpoint) -> Any:
    import torch
    from transformers.activations import ACT2FN

    names = weight_names(checkpoint)
    for layout in _LAYOUTS:
        wanted = _wanted(layout, names)
        if not names.issuperset(wanted.values()):
            continue
        tensors: dict[str, Any] = {}
        for path in checkpoint.weights_files():
            tensors |= read_tensors(path, set(wanted.values()))
        config = model.config.get_text_config()
        width = config.hidden_size
        transform = torch.nn.Sequential(
            torch.nn.Linear(width, width),
            ACT2FN[layout.activation or config.hidden_act],
            torch.nn.LayerNorm(width, eps=config.layer_norm_eps),
        )
        try:
            transform.load_state_dict({own: tensors[name] for own, name in wanted.items()})
        except RuntimeError as error:
            raise ModelError(
                f"{checkpoint.name}: its {layout.dense} does not fit the encoder"
            ) from error
        return transform
    raise ModelError(
        f"{checkpoint.name}: the checkpoint has no prediction head, so :transform would score a "
        f"random layer; weights like {_LAYOUTS[2].dense}.weight are missing"
    )


def _wanted(layout: _Layout, names: set[str]) -> dict[str, str]:
    """Return the weights of a layout by their names in the transform."""
    old = f"{layout.norm}.gamma" in names
    found = {f"0.{part}": f"{layout.dense}.{part}" for part in ("weight", "bias")}
    for part, before in _OLD_NAMES.items():
        found[f"2.{part}"] = f"{layout.norm}.{before if old else part}"
    return found
