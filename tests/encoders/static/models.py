"""Token vectors with random numbers, written and computed by the libraries that own the forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from model2vec import StaticModel
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from tests.checkpoints import SENTENCES, byte_pairs, word_pieces

ODD = (
    *SENTENCES,
    "",
    " ",
    "\t\n",
    "zzz qqq",
    "zzz the cat qqq",
    "the cat " * 400,
    "x" * 5000,
    "guitar A playing is man a .",
    "Ünïcödé 你好 the 🎸 cat",
    "[UNK] [CLS] the [PAD]",
    "a\0b",
)
"""Ordinary, empty, long, unknown and odd sentences."""

WIDTH = 24


def tokenizer_of(kind: str) -> Tokenizer:
    """Return a tokenizer of a kind, with the settings that published ones bring along."""
    words = {word: place for place, word in enumerate(word_pieces())}
    if kind == "word pieces":
        made = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer(lowercase=True)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.enable_padding(pad_id=0, pad_token="[PAD]")
        made.enable_truncation(9)
    elif kind == "words":
        made = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
        made.normalizer = normalizers.Lowercase()
        made.pre_tokenizer = pre_tokenizers.Whitespace()
        made.add_special_tokens(["[PAD]", "[UNK]", "[CLS]"])
    elif kind == "unigram":
        pieces = [("<unk>", 0.0), *((f"▁{word}", -1.0 - place) for word, place in words.items())]
        made = Tokenizer(models.Unigram(pieces, unk_id=0))
        made.pre_tokenizer = pre_tokenizers.Metaspace()
    else:
        vocabulary, merges = byte_pairs()
        made = Tokenizer(models.BPE(vocabulary, merges))
        made.pre_tokenizer = pre_tokenizers.ByteLevel()
        made.decoder = decoders.ByteLevel()
    return made


def vectors_for(tokenizer: Tokenizer, kind: Any = np.float32, seed: int = 0) -> NDArray[Any]:
    """Return random vectors for all tokens of a tokenizer."""
    numbers = np.random.default_rng(seed).normal(size=(tokenizer.get_vocab_size(), WIDTH))
    return (numbers * (40 if np.dtype(kind) == np.int8 else 1)).astype(kind)


def model2vec_model(kind: str = "word pieces", dtype: Any = np.float32, **settings: Any) -> Any:
    """Return a model of model2vec."""
    tokenizer = tokenizer_of(kind)
    return StaticModel(vectors_for(tokenizer, dtype), tokenizer, **settings)


def quantized(dtype: Any = np.float32, weights: Any = np.float32, **settings: Any) -> Any:
    """Return a model of model2vec whose tokens share vectors, as vocabulary quantization has it."""
    tokenizer, made = tokenizer_of("words"), np.random.default_rng(3)
    tokens = tokenizer.get_vocab_size()
    return StaticModel(
        vectors_for(tokenizer, dtype)[:10],
        tokenizer,
        weights=None if weights is None else made.uniform(0.1, 2, tokens).astype(weights),
        token_mapping=made.integers(0, 10, tokens),
        **settings,
    )


def write_library(
    folder: Path, kind: str = "word pieces", dtype: Any = torch.float32, *more: Any
) -> Any:
    """Write token vectors as sentence-transformers does; return its model, read from there."""
    tokenizer = tokenizer_of(kind)
    weights = torch.from_numpy(vectors_for(tokenizer)).to(dtype)
    modules = [StaticEmbedding(tokenizer, embedding_weights=weights), *more]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    return SentenceTransformer(str(folder), device="cpu")
