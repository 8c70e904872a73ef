"""Which class of the loading library computes a checkpoint, and what its names are in the file.

Of T5 and its like sentence-transformers takes the encoder alone (version 6.2,
``base/modules/transformer.py``), of BART and mBART what ``AutoModel`` gives, the decoder's states.
For those of `_BARE` it looks for the encoder's weights under names that only a file of the encoder
alone has, and scores random numbers where the file holds the whole model; here the encoder's
weights are found in both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib import import_module
from typing import Any

_WITH_EMBEDDINGS = {
    "longt5": "LongT5EncoderModel",
    "mt5": "MT5EncoderModel",
    "switch_transformers": "SwitchTransformersEncoderModel",
    "t5": "T5EncoderModel",
    "t5gemma": "T5GemmaEncoderModel",
    "umt5": "UMT5EncoderModel",
}
"""Classes with the names of the whole model."""

_BARE = {
    "blenderbot": "BlenderbotEncoder",
    "blenderbot-small": "BlenderbotSmallEncoder",
    "m2m_100": "M2M100Encoder",
    "marian": "MarianEncoder",
    "pegasus": "PegasusEncoder",
    "pegasus_x": "PegasusXEncoder",
    "prophetnet": "ProphetNetEncoder",
}
"""Classes whose weights the whole model has as a part of it."""

_EMBEDDINGS = {"prophetnet": ("word_embeddings", "word_embeddings")}
_SHARED = ("shared", "embed_tokens")
"""What the whole model calls the words that both of its halves share, and what the encoder does."""

_DECODER = ("decoder.", "model.decoder.", "prophetnet.decoder.")
_CACHE = "use_cache"


def model_class(config: Any, *, trust_remote_code: bool = False) -> Any:
    """Return the class of the loading library that computes a checkpoint of this configuration."""
    from transformers import AutoModel

    kind = config.model_type
    name = (_WITH_EMBEDDINGS | _BARE).get(kind)
    if name is None or (trust_remote_code and getattr(config, "auto_map", None)):
        return AutoModel
    module = kind.replace("-", "_")
    return getattr(import_module(f"transformers.models.{module}.modeling_{module}"), name)


def empty_model(config: Any) -> Any:
    """Return a model of a configuration, its weights not loaded."""
    made = model_class(config)
    return made.from_config(config) if hasattr(made, "from_config") else made(config)


def settle(config: Any) -> Any:
    """Return a configuration, changed where the library changes it: vectors are all that is wanted.

    Keys and values kept for a text to go on would only take memory.
    """
    config.return_dict = True  # what is asked of a model is asked at each call, whatever it says
    config.output_hidden_states = False
    if config.model_type == "t5gemma":
        config.is_encoder_decoder = False
    parts = [config, *(getattr(config, name, None) for name in config.sub_configs)]
    for part in parts:
        if hasattr(part, _CACHE):
            setattr(part, _CACHE, False)
    return config


def renamed(config: Any) -> dict[str, str]:
    """Return patterns of names in a file of the whole model, and what they are in its encoder."""
    kind = config.model_type
    if kind not in _BARE:
        return {}
    theirs, ours = _EMBEDDINGS.get(kind, _SHARED)
    of_whole = "prophetnet" if kind == "prophetnet" else "model"
    return {
        rf"^({of_whole}\.)?encoder\.": "",
        rf"^({of_whole}\.)?{theirs}\.": f"{ours}.",
    }


def of_the_encoder(config: Any, names: Collection[str]) -> list[str]:
    """Return the names of weights that are none of a decoder that is left out."""
    if config.model_type not in _WITH_EMBEDDINGS | _BARE:
        return list(names)
    return [name for name in names if not name.startswith(_DECODER)]


def is_constant(model: Any, name: str) -> bool:
    """Tell whether a weight is made by a rule, whatever a file says: numbers and waves of places.

    Marian's are not in the files that the library writes.
    """
    owner, _, own = name.rpartition(".")
    return own == "position_ids" or "Sinusoidal" in type(model.get_submodule(owner)).__name__


def shared_prefix(names: Mapping[str, Any]) -> list[str]:
    """Return what could be cut off from all names of a file, the least first.

    >>> shared_prefix(dict.fromkeys(["module.bert.a.x", "module.bert.b.y"]))
    ['module.', 'module.bert.']
    """
    split = [name.split(".")[:-1] for name in names]
    same = 0
    while split and all(len(parts) > same for parts in split):
        if len({parts[same] for parts in split}) > 1:
            break
        same += 1
    return [".".join(split[0][:count]) + "." for count in range(1, same + 1)]
