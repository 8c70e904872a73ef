"""What a sentence-transformers folder says of its transformer: ``sentence_bert_config.json``.

Only what is done here is let through. The rest is read as in the library's version 6.2
(``base/modules/transformer.py``).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.encoders.files.checkpoint import read_fields
from benchmark.errors import ModelError, NotComputedHere
from benchmark.foreign import Fields, shown, shown_name

logger = logging.getLogger(__name__)

_OF_TRANSFORMER = "sentence_*_config.json"
_READ_BY_LIBRARY = [
    f"sentence_{kind}_config.json"
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
]
"""In its order: the first that is there and says anything counts alone."""

_KEPT = {
    "max_seq_length",
    "do_lower_case",
    "processing_kwargs",
    "modality_config",
    "tokenizer_name_or_path",
}
_FIXED: Mapping[str, Collection[object]] = {
    "transformer_task": (None, "feature-extraction"),
    "module_output_name": (None, "token_embeddings"),
}
"""What is done here alone, of what the library can do."""

_FOR_OTHERS = {"unpad_inputs", "query_length", "document_length", "query_expansion"}
"""Settings for searching, and for a kernel: they change no sentence's vector."""

_ARGUMENTS = {"model": "model", "tokenizer": "processor", "config": "config"}
"""Whose arguments may be given, and what the library calls them since its version 5.4: ``args``
became ``kwargs``. Where both are there the old one counts."""

_MOST_LAYERS = 1000

_REPLACED = {
    "cache_dir",
    "local_files_only",
    "revision",
    "subfolder",
    "token",
    "trust_remote_code",
}
"""Arguments of the loading library that the library sets itself, whatever the file says."""

_ROUNDING = {"dtype", "torch_dtype", "attn_implementation"}
_HARMLESS = {
    "model": {*_REPLACED, *_ROUNDING, "add_pooling_layer", "device_map", "low_cpu_mem_usage"},
    "tokenizer": {*_REPLACED, "use_fast", "clean_up_tokenization_spaces", "model_max_length"},
    "config": {*_REPLACED, *_ROUNDING, "use_cache", "output_hidden_states", "output_attentions"},
}
"""Arguments that change no vector, that we set ourselves, or that are read here."""


@dataclass(frozen=True, slots=True)
class TransformerSettings:
    """What the settings of a transformer say beside its own configuration.

    Attributes:
        max_length: limit in tokens, which overrules the tokenizer's and the configuration's.
        lower_case: whether sentences are lower-cased before the tokenizer sees them.
        layer: hidden state that is pooled instead of the last one, counted as in `Pooler`.
        dtype: type that the library is told to compute in; None for that of the files.
    """

    max_length: int | None
    lower_case: bool
    layer: int | None
    dtype: str | None


def read_transformer_settings(folder: Path) -> TransformerSettings:
    """Return the settings of the transformer in a folder.

    Raises:
        ModelError: they cannot be read, or the library could not use them either.
        NotComputedHere: they ask for what only the library does.
    """
    settings = _file(folder)
    _require_known(settings)
    tokenizer = _arguments(settings, "tokenizer")
    types = [_dtype(_arguments(settings, what)) for what in ("model", "config")]
    return TransformerSettings(
        max_length=_called_length(settings)
        or tokenizer.number("model_max_length", least=1)
        or settings.number("max_seq_length", least=1),
        lower_case=settings.flag("do_lower_case", False),
        layer=_layer(settings),
        dtype=next(filter(None, types), None),
    )


def _file(folder: Path) -> Fields:
    for path in sorted(folder.glob(_OF_TRANSFORMER)):
        if path.name not in _READ_BY_LIBRARY:
            logger.warning("%s: not a file that sentence-transformers reads; passed over", path)
    there = (folder / name for name in _READ_BY_LIBRARY if os.path.lexists(folder / name))
    read = (read_fields(path) for path in there)
    return next((each for each in read if each.values), Fields(folder, {}, ModelError))


def _require_known(settings: Fields) -> None:
    """Refuse what is not done here, and what the library itself would stumble over."""
    arguments = {f"{name}_args" for name in _ARGUMENTS}
    arguments |= {f"{name}_kwargs" for name in _ARGUMENTS.values()}
    known = {*_KEPT, *_FIXED, *_FOR_OTHERS, *arguments}
    if other := next((key for key in settings.values if key not in known), None):
        raise ModelError(
            f"{settings.path}: has a setting {shown_name(other)}, which sentence-transformers 6.2 "
            "does not know either; written by a later version, or by mistake"
        )
    for key, done in _FIXED.items():
        if settings.values.get(key) not in done:
            raise not_done(settings.path, key)
    if (elsewhere := settings.values.get("tokenizer_name_or_path")) is not None:
        raise ModelError(
            f"{settings.path}: tokenizer_name_or_path is {shown(elsewhere)}, whose content no hash "
            "here covers; copy that tokenizer into the folder, and take the setting out"
        )


def _arguments(settings: Fields, what: str) -> Fields:
    """Return the arguments for a part; those that may change a vector are refused."""
    old, new = f"{what}_args", f"{_ARGUMENTS[what]}_kwargs"
    for key in (new, old):
        given = settings.inner(key)
        for name, value in given.values.items():
            if name not in _HARMLESS[what] or (name == "model_max_length" and value is None):
                raise not_done(settings.path, f"{key} with {shown_name(name)}")
    return given if old in settings.values else settings.inner(new)


def _dtype(arguments: Fields) -> str | None:
    asked = arguments.text("dtype") or arguments.text("torch_dtype")
    return None if asked == "auto" else asked


def _called_length(settings: Fields) -> int | None:
    """Return the limit that is given to each call of the tokenizer."""
    called = settings.inner("processing_kwargs")
    text = called.inner("text")
    for inside, known in ((called, "text"), (text, "max_length")):
        if other := next((key for key in inside.values if key != known), None):
            raise not_done(settings.path, f"{inside.inside}{shown_name(other)}")
    return text.number("max_length", least=1)


def _layer(settings: Fields) -> int | None:
    """Return the hidden state that the text's vectors are of; None for the last one."""
    ways: Any = settings.inner("modality_config").values
    output: Any = ways["text"]["method_output_name"] if _is_text_alone(ways) else None
    if settings.values.get("modality_config") is None or output == "last_hidden_state":
        return None
    layer: Any = output[1] if isinstance(output, list) and len(output) == 2 else None
    # The last one by number is that before a norm in some architectures.
    numbered = isinstance(layer, int) and not isinstance(layer, bool) and layer != -1
    if not numbered or output[0] != "hidden_states" or abs(layer) > _MOST_LAYERS:
        raise not_done(settings.path, "modality_config")
    return int(layer)


def _is_text_alone(ways: Any) -> bool:
    """Tell whether text is all that is taken, by the model's ordinary call."""
    text = ways.get("text")
    return (
        list(ways) == ["text"]
        and isinstance(text, dict)
        and set(text) == {"method", "method_output_name"}
        and text["method"] == "forward"
    )


def not_done(path: Path, what: str) -> NotComputedHere:
    """Return the refusal of a file that asks for something."""
    return NotComputedHere(f"{path}: asks for {what}, which is not done here; {WAY_OUT}")


WAY_OUT = "`adapter` sentence-transformers lets the library compute it"
"""What to do about a folder that is not computed here."""
