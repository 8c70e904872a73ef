"""How many tokens a checkpoint takes: what is asked, what it says, what it has positions for.

Without a word of their own, sentences are cut at the tokenizer's limit or at the configuration's
number of positions, whichever is less; a limit in the settings of a sentence-transformers folder
overrules both. That is the library's rule. What has a row of weights for each position takes no
more than these, whatever is said: the library fails on a longer sentence, here it is cut.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from benchmark.encoders.files.checkpoint import Checkpoint, read_fields
from benchmark.errors import UsageError
from benchmark.foreign import Fields

_BEYOND_ANY_TEXT = 10**6
"""Numbers from here on are written where there is no limit."""

_POSITIONS = "max_position_embeddings"
_OTHER_NAMES = {
    **dict.fromkeys(
        ("gpt2", "gpt-sw3", "openai-gpt", "ctrl", "codegen", "gptj", "gpt_bigcode"), "n_positions"
    ),
    **dict.fromkeys(("bailing_hybrid", "kimi_linear"), "model_max_length"),
    "dbrx": "max_seq_len",
    "rwkv": "context_length",
}
"""What configurations of some architectures call their positions."""

_SHIFTED = {
    "camembert",
    "data2vec-text",
    "esm",
    "ibert",
    "layoutlmv3",
    "lilt",
    "longformer",
    "luke",
    "markuplm",
    "mpnet",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
    "xmod",
}
"""Architectures that count positions from the padding id on."""

_PADDED_BY_1 = {"mpnet"}
"""Of these, the one that does so from 1 on, whatever its configuration says."""

_ROWS = re.compile(r"(^|\.)(wpe|positions_embed|embed_positions|\w*position_embeddings?)\.weight$")
"""Weights with a row for each position."""


def length_limit(
    checkpoint: Checkpoint, config: Fields, stated: int | None, asked: int | None
) -> int | None:
    """Return the limit in tokens, special ones included; None for none.

    Args:
        checkpoint: whose tokenizer and weights count.
        config: its ``config.json``.
        stated: by the settings of a sentence-transformers folder.
        asked: by the user.

    Raises:
        ModelError: a limit that is none.
        UsageError: more is asked than there are positions for, or than the model says.
    """
    positions = _positions(checkpoint, config)
    usual = _least(tokenizer_limit(checkpoint.tokenizer_folder), positions)
    own = stated if stated is not None else usual
    beyond = max(own or 0, asked or 0)
    if positions is not None and beyond > positions and _has_rows(checkpoint, config):
        own = _least(own, positions)
    most = max((limit for limit in (own, usual) if limit is not None), default=None)
    if asked is None:
        return own
    if most is not None and asked > most and _has_rows(checkpoint, config):
        raise UsageError(f"`max_length` {asked}: {checkpoint.name} takes at most {most} tokens")
    return asked


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _positions(checkpoint: Checkpoint, config: Fields) -> int | None:
    """Return how many positions a configuration has for tokens; None if it does not say."""
    kind = config.text("model_type") or ""
    # XLNet writes -1 for positions without limit.
    positions = config.number(_POSITIONS, least=-1)
    if positions is None and kind in _OTHER_NAMES:
        positions = config.number(_OTHER_NAMES[kind], least=1)
    if positions is None:
        positions = _usual_positions(kind)
    if not positions or positions < 1:
        return None
    if kind in _SHIFTED and _has_rows(checkpoint, config):
        padding = None if kind in _PADDED_BY_1 else config.number("pad_token_id", least=-1)
        positions -= (1 if padding is None else padding) + 1
        if positions < 1:
            raise config.wrong(_POSITIONS, "more than the padding id")
    return positions


def _usual_positions(kind: str) -> int | None:
    """Return what the loading library takes where the configuration says nothing."""
    from transformers import AutoConfig

    try:
        found = getattr(AutoConfig.for_model(kind), _POSITIONS, None)
    except Exception:  # not an architecture of that library, or one that must be told more
        return None
    return found if isinstance(found, int) else None


def _has_rows(checkpoint: Checkpoint, config: Fields) -> bool:
    """Tell whether positions have weights, as far as the file shows; else it is taken to be so."""
    from benchmark.encoders.files.tensors import weight_names

    names = weight_names(checkpoint)
    unused = config.values.get("position_biased_input") is False  # relative ones alone (DeBERTa)
    return not names or (not unused and any(_ROWS.search(name) for name in names))


def tokenizer_limit(folder: Path) -> int | None:
    """Return the limit in tokens that the tokenizer of a folder states; None if it states none.

    Raises:
        ModelError: it cannot be read, or is no number of tokens.
    """
    path = folder / "tokenizer_config.json"
    if not os.path.lexists(path):
        return None
    settings = read_fields(path)
    # Of old the key was ``max_len``.
    key = "model_max_length" if "model_max_length" in settings.values else "max_len"
    limit = settings.values.get(key)
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not limit > 0:
        raise settings.wrong(key, "a number of tokens")
    return int(limit) if limit < _BEYOND_ANY_TEXT else None
