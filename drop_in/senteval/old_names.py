"""Methods of tokenizers that transformers 5 has dropped, and evaluation scripts call.

What they did is what calling the tokenizer does; transformers 4 documents it so. They are put back
in the process of a script that is run, and nowhere else.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from senteval import identity

HOME = "transformers.tokenization_utils_base"
"""The module of the class."""

_told: set[str] = set()


def put_back(module: ModuleType) -> None:
    """Give the tokenizers' base class the methods that it lacks."""
    base = module.PreTrainedTokenizerBase
    for method in (batch_encode_plus, encode_plus):
        if not hasattr(base, method.__name__):
            setattr(base, method.__name__, method)


def batch_encode_plus(
    self: Any,
    batch_text_or_text_pairs: Any,
    add_special_tokens: bool = True,
    padding: Any = False,
    truncation: Any = None,
    max_length: int | None = None,
    **options: Any,
) -> Any:
    """Return what ``tokenizer(texts)`` does for a list of texts, or of pairs of texts."""
    _tell("batch_encode_plus")
    return self(
        list(batch_text_or_text_pairs),
        add_special_tokens=add_special_tokens,
        max_length=max_length,
        **_lengths(padding, truncation, options),
    )


def encode_plus(
    self: Any,
    text: Any,
    text_pair: Any = None,
    add_special_tokens: bool = True,
    padding: Any = False,
    truncation: Any = None,
    max_length: int | None = None,
    **options: Any,
) -> Any:
    """Return what ``tokenizer(text)`` does for one text, or one pair."""
    _tell("encode_plus")
    return self(
        text,
        text_pair,
        add_special_tokens=add_special_tokens,
        max_length=max_length,
        **_lengths(padding, truncation, options),
    )


def _lengths(padding: Any, truncation: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with what stood for padding before transformers 3 translated."""
    if options.pop("pad_to_max_length", False) and padding is False:
        padding = "max_length"
    return {**options, "padding": padding, "truncation": truncation}


def _tell(method: str) -> None:
    if method in _told:
        return
    _told.add(method)
    import transformers

    identity.tell(
        f"transformers {transformers.__version__} has no {method} any more: put back for this run, "
        "as what calling the tokenizer does"
    )
