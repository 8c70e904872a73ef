"""Small tokenizers of the kinds that models come with, fast ones of the owning library."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import PreTrainedTokenizerFast

from tests.checkpoints import SENTENCES

Kind = Literal["wordpiece", "bytes", "qwen2", "bytes-eos", "unigram", "spm-bos", "spm-eos"]

_MOST = 384

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>")


def write_tokenizer(folder: Path, kind: Kind) -> None:
    """Save a tokenizer as the library does: ``tokenizer.json`` and what belongs to it."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "qwen2":
        from transformers import Qwen2Tokenizer

        model = json.loads(_trained("bytes").to_str())["model"]
        merges = [tuple(pair) for pair in model["merges"]]
        special = dict.fromkeys(("unk_token", "eos_token", "pad_token"), "</s>")
        Qwen2Tokenizer(vocab=model["vocab"], merges=merges, **special).save_pretrained(folder)
        return
    ends = "</s>" if kind in ("bytes", "bytes-eos", "unigram", "spm-bos", "spm-eos") else "[SEP]"
    first = "[CLS]" if kind == "wordpiece" else "<s>"
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(_trained(kind).to_str()),
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token=first,
        bos_token=first,
        sep_token=ends,
        eos_token=ends,
        mask_token="[MASK]",
        model_max_length=10**30,
    )
    wrapped.save_pretrained(folder)


def size_of(kind: Kind) -> int:
    """Return how many tokens there are, and so embeddings in a model."""
    return int(_trained("bytes" if kind == "qwen2" else kind).get_vocab_size())


@cache
def _trained(kind: Kind) -> Tokenizer:
    made: Any
    if kind == "wordpiece":
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer(lowercase=True)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer: Any = trainers.WordPieceTrainer(
            vocab_size=_MOST, special_tokens=list(_SPECIAL), show_progress=False
        )
    elif kind.startswith("bytes"):
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=_MOST,
            special_tokens=list(_SPECIAL),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
    else:
        made = Tokenizer(models.Unigram())
        made.pre_tokenizer = pre_tokenizers.Metaspace()
        made.decoder = decoders.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=_MOST,
            special_tokens=list(_SPECIAL),
            unk_token="[UNK]",
            show_progress=False,
        )
    made.train_from_iterator(SENTENCES, trainer)
    made.add_special_tokens([AddedToken(token, special=True) for token in _SPECIAL])
    template = {
        "wordpiece": "[CLS] $A [SEP]",
        "unigram": "<s> $A </s>",
        "bytes-eos": "$A </s>",
        "spm-bos": "<s> $A",
        "spm-eos": "$A </s>",
    }.get(kind)
    if template:
        used = [token for token in _SPECIAL if token in template.split()]
        made.post_processor = processors.TemplateProcessing(
            single=template, special_tokens=[(token, made.token_to_id(token)) for token in used]
        )
    return made
