"""Folders that sentence-transformers saved, with prompts, for each kind of tokenizer."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import (
    SentencePieceBPETokenizer,
    SentencePieceUnigramTokenizer,
    Tokenizer,
    processors,
)
from transformers import (
    LlamaConfig,
    LlamaModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from tests import checkpoints
from tests.checkpoints import AFTER_PADDING, HIDDEN, SENTENCES, SIZES

KINDS = ("word_pieces", "byte_pairs", "unigram", "begins", "begins_and_ends", "ends")
"""WordPiece, byte-level BPE and Unigram between two special tokens; BPE as Llama's, which puts one
before the text, before and behind it, or behind it alone."""

LIMIT = 40
"""In tokens; of every folder."""

_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
_TEMPLATES = {
    "unigram": "<s> $A </s>",
    "begins": "<s> $A",
    "begins_and_ends": "<s> $A </s>",
    "ends": "$A </s>",
}


def write_prompted(
    folder: Path,
    kind: str,
    modes: Sequence[str] = ("mean",),
    *,
    include_prompt: bool = False,
    prompts: Mapping[str, str] | None = None,
    default: str | None = None,
) -> Path:
    """Write a folder by the library's own methods."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    checkpoint = write_checkpoint(folder / "plain", kind)
    transformer = Transformer(str(checkpoint), max_seq_length=LIMIT)
    pooling = Pooling(HIDDEN, list(modes), include_prompt=include_prompt)
    SentenceTransformer(
        modules=[transformer, pooling],
        device="cpu",
        prompts=dict(prompts or {}),
        default_prompt_name=default,
    ).save(str(folder / "saved"))
    return folder / "saved"


def write_checkpoint(folder: Path, kind: str) -> Path:
    """Write a small encoder (the first three kinds) or decoder with random weights."""
    if kind in ("word_pieces", "byte_pairs"):
        return checkpoints.write_plain(folder, "bert" if kind == "word_pieces" else "roberta")
    tokenizer = _pieces(kind)
    sizes: dict[str, Any] = SIZES | {"vocab_size": tokenizer.get_vocab_size()}
    special = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
    model: Any
    if kind == "unigram":
        config: Any = XLMRobertaConfig(**sizes | AFTER_PADDING | special | {"type_vocab_size": 1})
        model = XLMRobertaModel(config)
    else:
        config = LlamaConfig(**sizes | special | {"num_key_value_heads": 2})
        model = LlamaModel(config)
    model.load_state_dict(checkpoints.random_state(model, 0), strict=False)
    with torch.no_grad():
        model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=checkpoints.MOST_TOKENS,
    ).save_pretrained(folder)
    return folder


@functools.cache
def _trained(unigram: bool) -> str:
    made: Any
    if unigram:
        made = SentencePieceUnigramTokenizer()
        made.train_from_iterator(SENTENCES, 200, False, special_tokens=_SPECIAL, unk_token="<unk>")
    else:
        made = SentencePieceBPETokenizer(unk_token="<unk>")
        made.train_from_iterator(SENTENCES, 330, 1, show_progress=False, special_tokens=_SPECIAL)
    text: str = made.to_str()
    return text


def _pieces(kind: str) -> Tokenizer:
    tokenizer = Tokenizer.from_str(_trained(kind == "unigram"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=_TEMPLATES[kind], special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer
